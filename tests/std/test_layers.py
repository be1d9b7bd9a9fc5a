"""Layers with leaves: each is the module of torch.nn (or another library) that its comment names."""

import pytest
import torch
from torch import Tensor, nn

from tests.references.harness import Rule
from tests.std.support import NO_AND_TWO, Case, compare

pytestmark = pytest.mark.torch


def same(name: str) -> list[Rule]:
    """The leaves of one layer keep their names below the factor's."""
    return [Rule(r"(\w+)", rf"{name}.\1")]


CASES = [
    Case("linear", "linear[4]", [("", (5,))], (4,), lambda: nn.Linear(5, 4), same("linear")),
    Case("linear without bias", "linear[4, bias = false]", [("", (5,))], (4,),
         lambda: nn.Linear(5, 4, bias=False), same("linear")),
    Case("embedding", "embedding[7, 4]", [("ix(7)", ())], (4,), lambda: nn.Embedding(7, 4), same("embedding")),
    Case("bilinear", "bilinear[4]", [("", (5,)), ("", (3,))], (4,), lambda: nn.Bilinear(5, 3, 4), same("bilinear")),
    Case("bilinear without bias", "bilinear[4, bias = false]", [("", (5,)), ("", (3,))], (4,),
         lambda: nn.Bilinear(5, 3, 4, bias=False), same("bilinear")),
    Case("conv1d", "conv1d[6, 3, pad = 1]", [("", (4, 7))], (6, 7), lambda: nn.Conv1d(4, 6, 3, padding=1), same("conv1d")),
    Case("conv1d, all its arguments", "conv1d[6, 3, 2, 2, 2, 2, false]", [("", (4, 11))], (6, 6),
         lambda: nn.Conv1d(4, 6, 3, 2, 2, 2, 2, bias=False), same("conv1d")),
    Case("conv", "conv[6, 3]", [("", (4, 7, 5))], (6, 5, 3), lambda: nn.Conv2d(4, 6, 3), same("conv")),
    Case("conv, strided and padded", "conv[6, 3, stride = 2, pad = 1]", [("", (4, 7, 6))], (6, 4, 3),
         lambda: nn.Conv2d(4, 6, 3, 2, 1), same("conv")),
    Case("conv, all its arguments", "conv[6, 3, 2, 2, 2, 2, false]", [("", (4, 9, 8))], (6, 5, 4),
         lambda: nn.Conv2d(4, 6, 3, 2, 2, 2, 2, bias=False), same("conv")),
    Case("conv, a channel each", "conv[4, 3, pad = 1, groups = 4]", [("", (4, 5, 5))], (4, 5, 5),
         lambda: nn.Conv2d(4, 4, 3, padding=1, groups=4), same("conv")),
    Case("layernorm", "layernorm", [("", (5,))], (5,), lambda: nn.LayerNorm(5), same("layernorm")),
    Case("layernorm with its eps", "layernorm[eps = 0.1]", [("", (5,))], (5,), lambda: nn.LayerNorm(5, 0.1), same("layernorm")),
    Case("layernorm without bias", "layernorm[bias = false]", [("", (5,))], (5,),
         lambda: nn.LayerNorm(5, bias=False), same("layernorm")),
    Case("rmsnorm", "rmsnorm[eps = 0.1]", [("", (5,))], (5,), lambda: nn.RMSNorm(5, 0.1), same("rmsnorm")),
    Case("batchnorm", "batchnorm", [("", (3, 4, 5))], (3, 4, 5), lambda: nn.BatchNorm2d(3), same("batchnorm")),
    Case("batchnorm, all its arguments", "batchnorm[0.1, 0.3]", [("", (3, 4, 5))], (3, 4, 5),
         lambda: nn.BatchNorm2d(3, 0.1, 0.3), same("batchnorm")),
    Case("batchnorm1d", "batchnorm1d", [("", (5,))], (5,), lambda: nn.BatchNorm1d(5), same("batchnorm1d")),
    Case("groupnorm", "groupnorm[2]", [("", (6, 4, 5))], (6, 4, 5), lambda: nn.GroupNorm(2, 6), same("groupnorm")),
    Case("prelu", "prelu", [("", (5,))], (5,), lambda: nn.PReLU(5), same("prelu")),
]  # fmt: skip


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees_with_torch(case: Case, lead: str) -> None:
    compare(case, lead)


# ---- attention ----------------------------------------------------------------------------

PARTS = ("q", "k", "v")


class Attention(nn.Module):
    """torch.nn.MultiheadAttention without what it does not return."""

    def __init__(
        self, d: int, h: int, c: int | None = None, bias: bool = True, causal: bool = False
    ) -> None:
        super().__init__()
        self.inner = nn.MultiheadAttention(d, h, bias=bias, kdim=c, vdim=c, batch_first=True)
        self.causal = causal

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        y = x if y is None else y
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1) if self.causal else None
        found: Tensor = self.inner(x, y, y, need_weights=False, attn_mask=mask, is_causal=False)[0]
        return found


def heads(name: str) -> list[Rule]:
    """torch joins the maps of queries, keys and values."""
    return [
        Rule(r"inner\.in_proj_(\w+)", tuple(rf"{name}.{part}.\1" for part in PARTS)),
        Rule(r"inner\.out_proj\.(\w+)", rf"{name}.out.\1"),
    ]


JOINED = [
    Rule(r"inner\.in_proj_(\w+)", r"self_attention.qkv.\1"),
    Rule(r"inner\.out_proj\.(\w+)", r"self_attention.out.\1"),
]
CROSS = [
    Rule(r"inner\.([qkv])_proj_weight", r"cross_attention.\1.weight"),
    Rule(r"inner\.in_proj_bias", tuple(f"cross_attention.{part}.bias" for part in PARTS)),
    Rule(r"inner\.out_proj\.(\w+)", r"cross_attention.out.\1"),
]

ATTENTION = [
    Case("attention", "attention[2]", [("", (5, 8))], (5, 8), lambda: Attention(8, 2), heads("attention")),
    Case("attention, causal", "attention[2, causal = true]", [("", (5, 8))], (5, 8),
         lambda: Attention(8, 2, causal=True), heads("attention")),
    Case("attention without bias", "attention[4, bias = false]", [("", (5, 8))], (5, 8),
         lambda: Attention(8, 4, bias=False), heads("attention")),
    Case("self_attention", "self_attention[2]", [("", (5, 8))], (5, 8), lambda: Attention(8, 2), JOINED),
    Case("self_attention, causal", "self_attention[2, true, false]", [("", (5, 8))], (5, 8),
         lambda: Attention(8, 2, bias=False, causal=True), JOINED),
    Case("cross_attention", "cross_attention[2]", [("", (5, 8)), ("", (3, 6))], (5, 8),
         lambda: Attention(8, 2, 6), CROSS),
]  # fmt: skip


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("case", ATTENTION, ids=lambda case: case.name)
def test_attention_agrees_with_torch(case: Case, lead: str) -> None:
    compare(case, lead)


class Padded(nn.Module):
    """torch hides keys where the mask holds; ours keeps them."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor, length: Tensor) -> Tensor:
        hidden = torch.arange(x.shape[1]) > length[:, None]
        found: Tensor = self.inner(x, x, x, need_weights=False, key_padding_mask=hidden)[0]
        return found


@pytest.mark.parametrize("lead", NO_AND_TWO)
def test_padded_attention_agrees_with_torch(lead: str) -> None:
    term = "(x, last) => over keep = [i <= last for i < 5]; x >> padded_attention[2]"
    name = "padded_attention"
    if lead:
        name = "each.padded_attention"
        term = "each\nmorph each : ([5, 8], ix(5)) -> [5, 8] = " + term
    case = Case("padded", term, [("", (5, 8)), ("ix(5)", ())], (5, 8), Padded, heads(name))
    compare(case, lead)


# ---- blocks ---------------------------------------------------------------------------------


def transformer(name: str) -> list[Rule]:
    return [
        Rule(r"self_attn\.in_proj_(\w+)", tuple(rf"{name}.attn.{part}.\1" for part in PARTS)),
        Rule(r"self_attn\.out_proj\.(\w+)", rf"{name}.attn.out.\1"),
        Rule(r"linear1\.(\w+)", rf"{name}.mlp.up.\1"),
        Rule(r"linear2\.(\w+)", rf"{name}.mlp.down.\1"),
        Rule(r"norm([12])\.(\w+)", rf"{name}.norm\1.\2"),
    ]


def layer(first: bool, act: str) -> nn.Module:
    return nn.TransformerEncoderLayer(8, 2, 12, 0.0, act, batch_first=True, norm_first=first)


def perceptron() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 7), nn.GELU(), nn.Linear(7, 5))


SEQUENCE = [("", (5, 8))]
BLOCKS = [
    Case("mlp", "mlp[7]", [("", (5,))], (5,), perceptron,
         [Rule(r"0\.(\w+)", r"mlp.up.\1"), Rule(r"2\.(\w+)", r"mlp.down.\1")]),
    Case("prenorm_layer", "prenorm_layer[2, 12]", SEQUENCE, (5, 8),
         lambda: layer(True, "gelu"), transformer("prenorm_layer")),
    Case("prenorm_layer with relu", "prenorm_layer[2, 12, relu]", SEQUENCE, (5, 8),
         lambda: layer(True, "relu"), transformer("prenorm_layer")),
    Case("postnorm_layer", "postnorm_layer[2, 12]", SEQUENCE, (5, 8),
         lambda: layer(False, "relu"), transformer("postnorm_layer")),
    Case("patch_embedding", "patch_embedding[6, 2]", [("", (3, 4, 6))], (6, 6),
         lambda: nn.Sequential(nn.Conv2d(3, 6, 2, 2), nn.Flatten(2), nn.Unflatten(1, (1, 6)), Turn()),
         [Rule(r"0\.(\w+)", r"patch_embedding.conv.\1")]),
]  # fmt: skip


class Turn(nn.Module):
    """[b, 1, d, n] as [b, n, d]."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, 0].transpose(1, 2)


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("case", BLOCKS, ids=lambda case: case.name)
def test_block_agrees_with_torch(case: Case, lead: str) -> None:
    compare(case, lead)
