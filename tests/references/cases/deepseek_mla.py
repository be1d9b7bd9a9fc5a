"""Latent attention against transformers' DeepSeek-V3, whose norms and angles are float32: here in float64."""

import torch
from torch import Tensor
from torch.nn import Module

from catnn.api import Setting
from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.wide import wide

OURS = {
    "q_a_proj": "q_down", "q_a_layernorm": "q_norm", "q_b_proj": "q_up",
    "kv_a_proj_with_mqa": "down", "kv_a_layernorm": "norm", "kv_b_proj": "up", "o_proj": "out",
}  # fmt: skip
RULES = [
    Rule(rf"layer\.{theirs}\.weight", f"latent_attention.{ours}.weight")
    for theirs, ours in OURS.items()
]


class Layer(Module):
    """The attention of one layer, with its own rotary angles."""

    def __init__(
        self, d: int, h: int, q_rank: int, rank: int, e: int, r: int, c: int, base: float
    ) -> None:
        super().__init__()
        from transformers import DeepseekV3Config
        from transformers.models.deepseek_v3 import modeling_deepseek_v3 as library

        config = DeepseekV3Config(
            hidden_size=d, num_attention_heads=h, num_key_value_heads=h, q_lora_rank=q_rank,
            kv_lora_rank=rank, qk_nope_head_dim=e, qk_rope_head_dim=r, v_head_dim=c,
            attention_bias=False, attn_implementation="sdpa",
            rope_parameters={"rope_type": "default", "rope_theta": base},
        )  # fmt: skip
        self.layer = library.DeepseekV3Attention(config, 0)
        self.rotary = library.DeepseekV3RotaryEmbedding(config)

    def forward(self, x: Tensor) -> Tensor:
        places = torch.arange(x.shape[1])[None]
        found: Tensor = self.layer(x, self.rotary(x, places), None)[0]
        return found


def at(batch: int, tokens: int, base: float, **sizes: int) -> At:
    inputs = [reals(batch, tokens, sizes["d"])]
    given: dict[str, Setting] = {**sizes, "base": base}
    return At(given, lambda: Layer(**sizes, base=base), lambda: inputs, RULES)


CASE = Case(
    small=[
        at(2, 7, 10000.0, d=10, h=3, q_rank=8, rank=6, e=5, r=4, c=7),
        at(2, 7, 50.0, d=10, h=2, q_rank=3, rank=2, e=3, r=6, c=3),
    ],
    published=187_107_328,
    # A quarter as wide: the whole would need 6 GB in float64.
    own=at(1, 64, 10000.0, d=1792, h=32, q_rank=384, rank=128, e=128, r=64, c=128),
    speed=at(1, 256, 10000.0, d=1792, h=16, q_rank=384, rank=128, e=128, r=64, c=128),
    exact=wide("tests.references.cases.deepseek_mla", "Layer"),
)
