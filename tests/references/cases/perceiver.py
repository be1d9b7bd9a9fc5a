"""Perceiver's encoder against transformers."""

from torch.nn import Module

from tests.references.case import At, Case, Inputs, reals
from tests.references.harness import Rule

CROSS = r"encoder\.cross_attention"
BLOCK = r"encoder\.self_attends\.(\d+)"
MAPS = {"query": "q", "key": "k", "value": "v"}
RULES = [
    Rule(r"embeddings\.latents", "latent"),
    Rule(rf"{CROSS}\.attention\.self\.layernorm1\.(\w+)", r"norm1.\1"),
    Rule(rf"{CROSS}\.attention\.self\.layernorm2\.(\w+)", r"norm.\1"),
    Rule(rf"{CROSS}\.attention\.output\.dense\.(\w+)", r"attn.out.\1"),
    Rule(rf"{CROSS}\.layernorm\.(\w+)", r"norm2.\1"),
    Rule(rf"{CROSS}\.mlp\.dense1\.(\w+)", r"mlp.up.\1"),
    Rule(rf"{CROSS}\.mlp\.dense2\.(\w+)", r"mlp.down.\1"),
    Rule(rf"{BLOCK}\.attention\.self\.layernorm1\.(\w+)", r"blocks.\1.norm1.\2"),
    Rule(rf"{BLOCK}\.attention\.output\.dense\.(\w+)", r"blocks.\1.attn.out.\2"),
    Rule(rf"{BLOCK}\.layernorm\.(\w+)", r"blocks.\1.norm2.\2"),
    Rule(rf"{BLOCK}\.mlp\.dense1\.(\w+)", r"blocks.\1.mlp.up.\2"),
    Rule(rf"{BLOCK}\.mlp\.dense2\.(\w+)", r"blocks.\1.mlp.down.\2"),
    *(
        rule
        for theirs, ours in MAPS.items()
        for rule in (
            Rule(rf"{CROSS}\.attention\.self\.{theirs}\.(\w+)", rf"attn.{ours}.\1"),
            Rule(rf"{BLOCK}\.attention\.self\.{theirs}\.(\w+)", rf"blocks.\1.attn.{ours}.\2"),
        )
    ),
]


def reference(latents: int, d: int, c: int, layers: int, h: int, k: int, v: int, w: int) -> Module:
    from transformers import PerceiverConfig, PerceiverModel

    assert w % d == 0
    config = PerceiverConfig(
        num_latents=latents, d_latents=d, d_model=c, num_blocks=1, num_self_attends_per_block=layers,
        num_self_attention_heads=h, num_cross_attention_heads=h, qk_channels=k, v_channels=v,
        self_attention_widening_factor=w // d, cross_attention_widening_factor=w // d,
        attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    return PerceiverModel(config)


def call(module: Module, inputs: Inputs) -> object:
    return module(inputs=inputs[0]).last_hidden_state


def at(batch: int, m: int, **sizes: int) -> At:
    inputs = [reals(batch, m, sizes["c"])]
    return At(sizes, lambda: reference(**sizes), lambda: inputs, RULES)


CASE = Case(
    small=[at(2, 11, latents=5, d=12, c=7, layers=2, h=3, k=9, v=12, w=24)],
    call=call,
    published=194_475_008,
    own=at(1, 64, latents=64, d=640, c=384, layers=6, h=8, k=128, v=640, w=640),
    speed=at(1, 256, latents=64, d=640, c=384, layers=6, h=8, k=128, v=640, w=640),
    wide=at(2, 8, latents=64, d=240, c=120, layers=2, h=3, k=120, v=240, w=240),
    begins_otherwise="latent",  # standard normal there
)
