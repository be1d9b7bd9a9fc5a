"""Blocks that torch.nn does not have, against transformers and timm."""

import pytest
import torch
from torch import Tensor, nn

from tests.references.harness import Rule
from tests.references.vision import timm
from tests.std.support import NO_AND_TWO, Case, compare

pytestmark = [pytest.mark.torch, pytest.mark.reference]


def llama_mlp() -> nn.Module:
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaMLP

    return LlamaMLP(LlamaConfig(hidden_size=6, intermediate_size=7, num_attention_heads=1))


def t5_mlp() -> nn.Module:
    from transformers import T5Config
    from transformers.models.t5.modeling_t5 import T5DenseGatedActDense

    config = T5Config(d_model=5, d_ff=7, dropout_rate=0.0, feed_forward_proj="gated-gelu")
    config.dense_act_fn = "gelu"
    return T5DenseGatedActDense(config)


T5 = [
    Rule(rf"{theirs}\.weight", f"geglu.{ours}.weight")
    for theirs, ours in (("wi_0", "gate"), ("wi_1", "up"), ("wo", "down"))
]


def squeeze() -> nn.Module:
    timm()
    from timm.layers import SEModule

    return SEModule(6, rd_channels=2)


def flat(leaf: Tensor) -> Tensor:
    """The kernel of a 1 x 1 convolution as a matrix."""
    return leaf.flatten(1) if leaf.dim() == 4 else leaf


SQUEEZE = [
    Rule(r"fc1\.(\w+)", r"squeeze_excite.reduce.\1", flat),
    Rule(r"fc2\.(\w+)", r"squeeze_excite.expand.\1", flat),
]

CASES = [
    Case(
        "swiglu",
        "swiglu[7]",
        [("", (6,))],
        (6,),
        llama_mlp,
        [Rule(r"(\w+)_proj\.weight", r"swiglu.\1.weight")],
    ),
    Case("geglu", "geglu[7]", [("", (5,))], (5,), t5_mlp, T5),
    Case("squeeze_excite", "squeeze_excite[2]", [("", (6, 4, 3))], (6, 4, 3), squeeze, SQUEEZE),
]


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees(case: Case, lead: str) -> None:
    compare(case, lead)


class Grouped(nn.Module):
    """transformers' Llama attention at positions 0, 1, .., causal."""

    def __init__(self, h: int, kv: int) -> None:
        super().__init__()
        from transformers import LlamaConfig
        from transformers.models.llama.modeling_llama import LlamaAttention

        config = LlamaConfig(hidden_size=16, num_attention_heads=h, num_key_value_heads=kv)
        config._attn_implementation = "sdpa"  # the eager one takes its softmax in float32
        self.inner = LlamaAttention(config, 0)
        self.e = 16 // h

    def forward(self, x: Tensor) -> Tensor:
        n = x.shape[1]
        turns = torch.outer(
            torch.arange(n, dtype=x.dtype),
            10000.0 ** -(torch.arange(0, self.e, 2, dtype=x.dtype) / self.e),
        )
        both = torch.cat((turns, turns), -1)[None]
        mask = torch.full((n, n), -torch.inf, dtype=x.dtype).triu(1)[None, None]
        found: Tensor = self.inner(x, (both.cos(), both.sin()), mask)[0]
        return found


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize(("h", "kv"), [(4, 2), (4, 1), (2, 2)])
def test_grouped_attention_agrees_with_llama(h: int, kv: int, lead: str) -> None:
    rules = [
        Rule(r"inner\.([qkv])_proj\.weight", r"grouped_attention.\1.weight"),
        Rule(r"inner\.o_proj\.weight", "grouped_attention.out.weight"),
    ]
    term = f"grouped_attention[{h}, {kv}]"
    compare(Case("grouped", term, [("", (5, 16))], (5, 16), lambda: Grouped(h, kv), rules), lead)
