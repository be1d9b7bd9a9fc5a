"""BLOOM against transformers, which computes slopes and softmax in float32: in comparisons it does so in float64."""

from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule
from tests.references.wide import wide

LAYER = r"transformer\.h\.(\d+)"
RULES = [
    Rule(r"transformer\.word_embeddings\.weight", "embed"),
    Rule(r"transformer\.word_embeddings_layernorm\.(\w+)", r"embed_norm.\1"),
    Rule(rf"{LAYER}\.self_attention\.query_key_value\.(\w+)", r"blocks.\1.attn.qkv.\2"),
    Rule(rf"{LAYER}\.self_attention\.dense\.(\w+)", r"blocks.\1.attn.out.\2"),
    Rule(rf"{LAYER}\.input_layernorm\.(\w+)", r"blocks.\1.norm1.\2"),
    Rule(rf"{LAYER}\.post_attention_layernorm\.(\w+)", r"blocks.\1.norm2.\2"),
    Rule(rf"{LAYER}\.mlp\.dense_h_to_4h\.(\w+)", r"blocks.\1.mlp.up.\2"),
    Rule(rf"{LAYER}\.mlp\.dense_4h_to_h\.(\w+)", r"blocks.\1.mlp.down.\2"),
    Rule(r"transformer\.ln_f\.(\w+)", r"norm.\1"),
]


def reference(layers: int, d: int, h: int, vocab: int) -> Module:
    from transformers import BloomConfig, BloomForCausalLM

    config = BloomConfig(
        n_layer=layers, hidden_size=d, n_head=h, vocab_size=vocab,
        hidden_dropout=0.0, attention_dropout=0.0, bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    return BloomForCausalLM(config)


def call(module: Module, inputs: Inputs) -> object:
    return module(*inputs, use_cache=False).logits


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, tokens)
    return At(sizes, lambda: reference(**sizes), lambda: [inputs], RULES)


CASE = Case(
    small=[at(2, 11, layers=2, d=24, h=h, vocab=97) for h in (1, 4)],
    call=call,
    published=559_214_592,
    # Four layers of 24, half as wide: the whole would need 9 GB.
    own=at(1, 64, layers=4, d=512, h=8, vocab=8192),
    speed=at(2, 256, layers=2, d=512, h=8, vocab=4096),
    wide=at(2, 8, layers=2, d=240, h=4, vocab=997),
    exact=wide("transformers", "BloomForCausalLM"),
)
