"""BART against transformers."""

from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule

LAYER = r"(\w+)\.layers\.(\d+)"
LATER = r"decoder\.layers\.(\d+)"
RULES = [
    Rule(r"shared\.weight", "embed"),
    Rule(r"encoder\.embed_positions\.weight", "source.position.weight"),
    Rule(r"decoder\.embed_positions\.weight", "target.position.weight"),
    Rule(r"encoder\.layernorm_embedding\.(\w+)", r"source.norm.\1"),
    Rule(r"decoder\.layernorm_embedding\.(\w+)", r"target.norm.\1"),
    Rule(rf"{LAYER}\.self_attn\.([qkv])_proj\.(\w+)", r"\1.\2.attn.\3.\4"),
    Rule(rf"{LAYER}\.self_attn\.out_proj\.(\w+)", r"\1.\2.attn.out.\3"),
    Rule(rf"{LAYER}\.self_attn_layer_norm\.(\w+)", r"\1.\2.norm1.\3"),
    Rule(rf"{LATER}\.encoder_attn\.([qkv])_proj\.(\w+)", r"decoder.\1.cross.\2.\3"),
    Rule(rf"{LATER}\.encoder_attn\.out_proj\.(\w+)", r"decoder.\1.cross.out.\2"),
    Rule(rf"{LATER}\.encoder_attn_layer_norm\.(\w+)", r"decoder.\1.norm2.\2"),
    Rule(rf"{LAYER}\.fc1\.(\w+)", r"\1.\2.mlp.up.\3"),
    Rule(rf"{LAYER}\.fc2\.(\w+)", r"\1.\2.mlp.down.\3"),
    Rule(r"encoder\.layers\.(\d+)\.final_layer_norm\.(\w+)", r"encoder.\1.norm2.\2"),
    Rule(rf"{LATER}\.final_layer_norm\.(\w+)", r"decoder.\1.norm3.\2"),
]


def reference(layers: int, d: int, h: int, w: int, vocab: int, context: int) -> Module:
    from transformers import BartConfig, BartModel

    config = BartConfig(
        encoder_layers=layers, decoder_layers=layers, d_model=d, vocab_size=vocab,
        encoder_attention_heads=h, decoder_attention_heads=h, encoder_ffn_dim=w, decoder_ffn_dim=w,
        max_position_embeddings=context, dropout=0.0, attention_dropout=0.0, pad_token_id=None,
    )  # fmt: skip
    return BartModel(config)


def call(module: Module, inputs: Inputs) -> object:
    source, target = inputs
    found = module(input_ids=source, decoder_input_ids=target, use_cache=False)
    return found.last_hidden_state


def at(batch: int, m: int, n: int, **sizes: int) -> At:
    inputs = [indices(sizes["vocab"], batch, length, seed=length) for length in (m, n)]
    return At(sizes, lambda: reference(**sizes), lambda: inputs, RULES)


CASE = Case(
    small=[at(2, 11, 7, layers=2, d=24, h=3, w=40, vocab=97, context=32)],
    call=call,
    published=139_420_416,
    own=at(1, 48, 40, layers=6, d=768, h=12, w=3072, vocab=50265, context=1024),
    speed=at(2, 128, 64, layers=2, d=512, h=8, w=2048, vocab=4096, context=256),
    wide=at(2, 8, 7, layers=2, d=240, h=3, w=480, vocab=997, context=256),
)
