"""RWKV-4 against transformers, which runs its sums in float32: in comparisons it does so in float64."""

from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule
from tests.references.wide import wide

LAYER = r"rwkv\.blocks\.(\d+)"
NAMES = {"receptance": "r", "key": "k", "value": "v", "output": "out"}
RULES = [
    Rule(r"rwkv\.embeddings\.weight", "embed.weight"),
    Rule(rf"{LAYER}\.pre_ln\.(\w+)", r"start.\2"),
    Rule(rf"{LAYER}\.ln1\.(\w+)", r"blocks.\1.norm1.\2"),
    Rule(rf"{LAYER}\.ln2\.(\w+)", r"blocks.\1.norm2.\2"),
    *(
        Rule(rf"{LAYER}\.{part}\.{theirs}\.weight", rf"blocks.\1.{mix}.{ours}.weight")
        for part, mix in (("attention", "time_mix"), ("feed_forward", "channel_mix"))
        for theirs, ours in NAMES.items()
    ),
    *(
        Rule(
            rf"{LAYER}\.{part}\.time_mix_{theirs}",
            rf"blocks.\1.{mix}.mix_{ours}.weight",
            lambda leaf: leaf.flatten(),
        )
        for part, mix in (("attention", "time_mix"), ("feed_forward", "channel_mix"))
        for theirs, ours in NAMES.items()
    ),
    Rule(rf"{LAYER}\.attention\.time_(decay|first)", r"blocks.\1.time_mix.\2"),
    Rule(r"rwkv\.ln_out\.(\w+)", r"norm.\1"),
    Rule(r"head\.weight", "head.weight"),
]


def reference(layers: int, d: int, w: int, vocab: int) -> Module:
    from transformers import RwkvConfig, RwkvForCausalLM

    # Layers are rescaled for half precision only: without changing the result.
    config = RwkvConfig(
        num_hidden_layers=layers, hidden_size=d, attention_hidden_size=d, intermediate_size=w,
        vocab_size=vocab, rescale_every=0,
    )  # fmt: skip
    return RwkvForCausalLM(config)


def call(module: Module, inputs: Inputs) -> object:
    return module(*inputs, use_cache=False).logits


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, tokens)
    return At(sizes, lambda: reference(**sizes), lambda: [inputs], RULES)


CASE = Case(
    small=[
        at(2, 5, layers=2, d=12, w=31, vocab=97),
        at(1, 2, layers=2, d=5, w=3, vocab=11),
    ],
    call=call,
    published=169_342_464,
    # Four layers of twelve and a smaller vocabulary: the whole takes minutes.
    own=at(1, 12, layers=4, d=768, w=3072, vocab=8192),
    speed=at(1, 64, layers=2, d=256, w=1024, vocab=1024),
    exact=wide("transformers", "RwkvForCausalLM"),
)
