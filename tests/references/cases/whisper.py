"""Whisper against transformers. Its sinusoids, which it makes in float32 and counts as parameters, are a table here."""

import math

import torch
from torch import Tensor
from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices, reals
from tests.references.harness import Rule

LAYER = r"model\.(\w+)\.layers\.(\d+)"
LATER = r"model\.decoder\.layers\.(\d+)"
RULES = [
    Rule(r"model\.decoder\.embed_tokens\.weight", "embed"),
    Rule(r"model\.decoder\.embed_positions\.weight", "position.weight"),
    Rule(r"model\.encoder\.(conv[12])\.(\w+)", r"\1.\2"),
    Rule(rf"{LAYER}\.self_attn\.([qkv])_proj\.(\w+)", r"\1.\2.attn.\3.\4"),
    Rule(rf"{LAYER}\.self_attn\.out_proj\.(\w+)", r"\1.\2.attn.out.\3"),
    Rule(rf"{LAYER}\.self_attn_layer_norm\.(\w+)", r"\1.\2.norm1.\3"),
    Rule(rf"{LATER}\.encoder_attn\.([qkv])_proj\.(\w+)", r"decoder.\1.cross.\2.\3"),
    Rule(rf"{LATER}\.encoder_attn\.out_proj\.(\w+)", r"decoder.\1.cross.out.\2"),
    Rule(rf"{LATER}\.encoder_attn_layer_norm\.(\w+)", r"decoder.\1.norm2.\2"),
    Rule(rf"{LAYER}\.fc1\.(\w+)", r"\1.\2.mlp.up.\3"),
    Rule(rf"{LAYER}\.fc2\.(\w+)", r"\1.\2.mlp.down.\3"),
    Rule(r"model\.encoder\.layers\.(\d+)\.final_layer_norm\.(\w+)", r"encoder.\1.norm2.\2"),
    Rule(rf"{LATER}\.final_layer_norm\.(\w+)", r"decoder.\1.norm3.\2"),
    Rule(r"model\.(en|de)coder\.layer_norm\.(\w+)", r"\1coded.\2"),
]


class Sinusoids(Module):
    """The positions of the encoder, an element at a time."""

    def __init__(self, length: int, d: int) -> None:
        super().__init__()
        self.num_embeddings = length
        step = math.log(10000.0) / (d // 2 - 1)
        angles = [[i * math.exp(-step * j) for j in range(d // 2)] for i in range(length)]
        rows = [[*map(math.sin, row), *map(math.cos, row)] for row in angles]
        self.rows = torch.tensor(rows, dtype=torch.float64)
        self.register_buffer("like", torch.zeros(()), persistent=False)

    def forward(self, places: Tensor) -> Tensor:
        return self.rows[places].to(self.like.dtype)


def reference(
    frames: int, layers: int, d: int, h: int, w: int, vocab: int, context: int, mels: int
) -> Module:
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    config = WhisperConfig(
        encoder_layers=layers, decoder_layers=layers, d_model=d, vocab_size=vocab,
        encoder_attention_heads=h, decoder_attention_heads=h, encoder_ffn_dim=w, decoder_ffn_dim=w,
        max_source_positions=frames, max_target_positions=context, num_mel_bins=mels,
        pad_token_id=None, bos_token_id=0, eos_token_id=0, decoder_start_token_id=0,
    )  # fmt: skip
    found = WhisperForConditionalGeneration(config)
    found.model.encoder.embed_positions = Sinusoids(frames, d)
    return found


def call(module: Module, inputs: Inputs) -> object:
    sound, tokens = inputs
    return module(input_features=sound, decoder_input_ids=tokens, use_cache=False).logits


def at(batch: int, frames: int, tokens: int, **sizes: int) -> At:
    inputs = [reals(batch, sizes["mels"], 2 * frames), indices(sizes["vocab"], batch, tokens)]
    return At(sizes, lambda: reference(frames, **sizes), lambda: inputs, RULES)


CASE = Case(
    small=[at(2, 9, 7, layers=2, d=24, h=3, w=40, vocab=97, context=32, mels=5)],
    call=call,
    published=37_760_640 - 1500 * 384,  # without the sinusoids
    own=at(1, 300, 40, layers=4, d=384, h=6, w=1536, vocab=51865, context=448, mels=80),
    speed=at(1, 300, 40, layers=2, d=384, h=6, w=1536, vocab=4096, context=448, mels=80),
)
