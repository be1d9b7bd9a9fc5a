"""OPT against transformers."""

from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule

LAYER = r"model\.decoder\.layers\.(\d+)"
RULES = [
    Rule(r"model\.decoder\.embed_tokens\.weight", "embed"),
    Rule(r"model\.decoder\.embed_positions\.weight", "position.weight"),
    Rule(rf"{LAYER}\.self_attn\.([qkv])_proj\.(\w+)", r"blocks.\1.attn.\2.\3"),
    Rule(rf"{LAYER}\.self_attn\.out_proj\.(\w+)", r"blocks.\1.attn.out.\2"),
    Rule(rf"{LAYER}\.self_attn_layer_norm\.(\w+)", r"blocks.\1.norm1.\2"),
    Rule(rf"{LAYER}\.final_layer_norm\.(\w+)", r"blocks.\1.norm2.\2"),
    Rule(rf"{LAYER}\.fc1\.(\w+)", r"blocks.\1.mlp.up.\2"),
    Rule(rf"{LAYER}\.fc2\.(\w+)", r"blocks.\1.mlp.down.\2"),
    Rule(r"model\.decoder\.final_layer_norm\.(\w+)", r"norm.\1"),
]


def reference(layers: int, d: int, h: int, w: int, vocab: int, context: int) -> Module:
    from transformers import OPTConfig, OPTForCausalLM

    config = OPTConfig(
        num_hidden_layers=layers, hidden_size=d, word_embed_proj_dim=d, num_attention_heads=h,
        ffn_dim=w, vocab_size=vocab, max_position_embeddings=context,
        dropout=0.0, attention_dropout=0.0, pad_token_id=None,
    )  # fmt: skip
    return OPTForCausalLM(config)


def call(module: Module, inputs: Inputs) -> object:
    return module(*inputs, use_cache=False).logits


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, tokens)
    return At(sizes, lambda: reference(**sizes), lambda: [inputs], RULES)


CASE = Case(
    small=[at(2, 11, layers=2, d=24, h=3, w=40, vocab=97, context=32)],
    call=call,
    published=125_239_296,
    own=at(1, 48, layers=12, d=768, h=12, w=3072, vocab=50272, context=2048),
    speed=at(2, 128, layers=4, d=512, h=8, w=2048, vocab=4096, context=256),
    wide=at(2, 8, layers=2, d=240, h=3, w=480, vocab=997, context=256),
)
