"""Mistral against transformers, which computes norms and angles in float32: in comparisons it does so in float64."""

from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule
from tests.references.wide import wide

RULES = [
    Rule(r"model\.embed_tokens\.weight", "embed.weight"),
    Rule(r"model\.layers\.(\d+)\.self_attn\.([qkv])_proj\.weight", r"blocks.\1.attn.\2.weight"),
    Rule(r"model\.layers\.(\d+)\.self_attn\.o_proj\.weight", r"blocks.\1.attn.out.weight"),
    Rule(r"model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj\.weight", r"blocks.\1.mlp.\2.weight"),
    Rule(r"model\.layers\.(\d+)\.input_layernorm\.weight", r"blocks.\1.norm1.weight"),
    Rule(r"model\.layers\.(\d+)\.post_attention_layernorm\.weight", r"blocks.\1.norm2.weight"),
    Rule(r"model\.norm\.weight", "norm.weight"),
    Rule(r"lm_head\.weight", "head.weight"),
]


def reference(
    layers: int, d: int, h: int, kv: int, e: int, w: int, window: int, vocab: int
) -> Module:
    from transformers import MistralConfig, MistralForCausalLM

    config = MistralConfig(
        num_hidden_layers=layers, hidden_size=d, num_attention_heads=h, num_key_value_heads=kv,
        head_dim=e, intermediate_size=w, vocab_size=vocab, sliding_window=window, rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
    )  # fmt: skip
    return MistralForCausalLM(config)


def call(module: Module, inputs: Inputs) -> object:
    return module(*inputs, use_cache=False).logits


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, tokens)
    return At(sizes, lambda: reference(**sizes), lambda: [inputs], RULES)


CASE = Case(
    small=[
        at(2, 11, layers=2, d=20, h=4, kv=kv, e=6, w=40, window=window, vocab=97)
        for kv, window in ((1, 4), (2, 1), (4, 32))
    ],
    call=call,
    published=7_241_732_096,
    # Two layers of thirty-two, a quarter as wide: the whole would need 58 GB.
    own=at(1, 64, layers=2, d=1024, h=8, kv=2, e=128, w=3584, window=16, vocab=4096),
    speed=at(2, 256, layers=2, d=512, h=8, kv=2, e=64, w=1536, window=64, vocab=4096),
    wide=at(2, 8, layers=2, d=240, h=6, kv=2, e=40, w=480, window=4, vocab=997),
    exact=wide("transformers", "MistralForCausalLM"),
)
