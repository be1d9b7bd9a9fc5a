"""Qwen3 against transformers, which computes norms and angles in float32: in comparisons it does so in float64."""

from torch.nn import Module

from catnn.api import Setting
from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule
from tests.references.wide import wide

LAYER = r"model\.layers\.(\d+)"
RULES = [
    Rule(r"model\.embed_tokens\.weight", "embed"),
    Rule(rf"{LAYER}\.self_attn\.([qkv])_proj\.weight", r"blocks.\1.attn.\2.weight"),
    Rule(rf"{LAYER}\.self_attn\.([qk])_norm\.weight", r"blocks.\1.attn.\2_norm.weight"),
    Rule(rf"{LAYER}\.self_attn\.o_proj\.weight", r"blocks.\1.attn.out.weight"),
    Rule(rf"{LAYER}\.mlp\.(gate|up|down)_proj\.weight", r"blocks.\1.mlp.\2.weight"),
    Rule(rf"{LAYER}\.input_layernorm\.weight", r"blocks.\1.norm1.weight"),
    Rule(rf"{LAYER}\.post_attention_layernorm\.weight", r"blocks.\1.norm2.weight"),
    Rule(r"model\.norm\.weight", "norm.weight"),
]


def reference(
    layers: int, d: int, h: int, kv: int, e: int, w: int, vocab: int, base: float
) -> Module:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(
        num_hidden_layers=layers, hidden_size=d, num_attention_heads=h, num_key_value_heads=kv,
        head_dim=e, intermediate_size=w, vocab_size=vocab, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": base},
    )  # fmt: skip
    return Qwen3ForCausalLM(config)


def call(module: Module, inputs: Inputs) -> object:
    return module(*inputs, use_cache=False).logits


def at(batch: int, tokens: int, base: float = 1e6, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, tokens)
    given: dict[str, Setting] = {**sizes, "base": base}
    return At(given, lambda: reference(**sizes, base=base), lambda: [inputs], RULES)


CASE = Case(
    small=[at(2, 11, 500.0, layers=2, d=20, h=4, kv=kv, e=6, w=40, vocab=97) for kv in (1, 2, 4)],
    call=call,
    published=596_049_920,
    # Four layers of 28, half as wide: the whole would need 10 GB.
    own=at(1, 64, layers=4, d=512, h=8, kv=4, e=128, w=1536, vocab=8192),
    speed=at(2, 256, layers=2, d=512, h=8, kv=4, e=64, w=1536, vocab=4096),
    wide=at(2, 8, layers=2, d=240, h=6, kv=2, e=40, w=480, vocab=997),
    exact=wide("transformers", "Qwen3ForCausalLM"),
)
