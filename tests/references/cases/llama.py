"""Llama against transformers, which computes norms and angles in float32: in comparisons they keep the model's precision."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import torch
from torch import Tensor
from torch.nn import Module

from catnn.api import Setting
from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule

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


def reference(layers: int, d: int, h: int, kv: int, w: int, vocab: int, base: float) -> Module:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        num_hidden_layers=layers, hidden_size=d, num_attention_heads=h, num_key_value_heads=kv,
        intermediate_size=w, vocab_size=vocab, rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": base},
    )  # fmt: skip
    return LlamaForCausalLM(config)


def call(module: Module, inputs: Inputs) -> object:
    return module(*inputs, use_cache=False).logits


@contextmanager
def exact() -> Iterator[None]:
    from transformers.models.llama import modeling_llama

    def norm(self: Module, x: Tensor) -> Tensor:
        return self.weight * (
            x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon)
        )

    def angles(self: Module, x: Tensor, position_ids: Tensor) -> tuple[Tensor, Tensor]:
        base = self.config.rope_parameters["rope_theta"]
        e = self.config.hidden_size // self.config.num_attention_heads
        frequencies = base ** -(torch.arange(0, e, 2, dtype=x.dtype) / e)
        turns = position_ids[..., None].to(x.dtype) * frequencies
        both = torch.cat((turns, turns), dim=-1)
        return both.cos(), both.sin()

    with (
        patch.object(modeling_llama.LlamaRMSNorm, "forward", norm),
        patch.object(modeling_llama.LlamaRotaryEmbedding, "forward", angles),
    ):
        yield


def at(
    batch: int, tokens: int, d: int, h: int, kv: int, w: int, vocab: int, base: float = 500000.0
) -> At:
    sizes = {"layers": 2, "d": d, "h": h, "kv": kv, "w": w, "vocab": vocab}
    inputs = indices(vocab, batch, tokens)
    given: dict[str, Setting] = {**sizes, "base": base}
    return At(given, lambda: reference(**sizes, base=base), lambda: [inputs], RULES)


CASE = Case(
    small=[at(2, 11, 24, 4, kv, 40, 97, 500.0) for kv in (1, 2, 4)],
    call=call,
    published=8_030_261_248,
    # Two layers of thirty-two, a quarter as wide: the whole would need 64 GB.
    own=at(1, 64, 1024, 8, 2, 3584, 4096),
    speed=at(2, 256, 512, 8, 2, 1536, 4096),
    wide=at(2, 8, 240, 6, 2, 480, 997),
    exact=exact,
)
