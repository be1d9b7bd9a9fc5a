"""Normalisations of values and of weights, against torch.nn, torch.nn.utils.parametrizations and timm."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from tests.references.harness import Rule
from tests.references.vision import timm
from tests.std.support import NO_AND_TWO, Case, compare, model
from tests.std.test_layers import same

pytestmark = pytest.mark.torch

ROW, IMAGE, BODY = [("", (4, 5))], [("", (4, 3, 5))], [("", (4, 2, 3, 2))]
OUT = {1: (4, 5), 2: (4, 3, 5), 3: (4, 2, 3, 2)}

VALUES = [
    Case("batchnorm without parameters", "batchnorm[affine = false]", IMAGE, OUT[2],
         lambda: nn.BatchNorm2d(4, affine=False), same("batchnorm")),
    Case("batchnorm1d without parameters", "batchnorm1d[0.1, 0.3, false]", [("", (5,))], (5,),
         lambda: nn.BatchNorm1d(5, 0.1, 0.3, affine=False), same("batchnorm1d")),
    Case("batchnorm_sequence", "batchnorm_sequence", ROW, OUT[1], lambda: nn.BatchNorm1d(4), same("batchnorm_sequence")),
    Case("batchnorm3d", "batchnorm3d[0.1, 0.3]", BODY, OUT[3], lambda: nn.BatchNorm3d(4, 0.1, 0.3), same("batchnorm3d")),
    Case("groupnorm1d", "groupnorm1d[2]", ROW, OUT[1], lambda: nn.GroupNorm(2, 4), same("groupnorm1d")),
    Case("groupnorm3d", "groupnorm3d[4, 0.1]", BODY, OUT[3], lambda: nn.GroupNorm(4, 4, 0.1), same("groupnorm3d")),
    Case("instancenorm1d", "instancenorm1d", ROW, OUT[1], lambda: nn.InstanceNorm1d(4)),
    Case("instancenorm1d, affine", "instancenorm1d[affine = true]", ROW, OUT[1],
         lambda: nn.InstanceNorm1d(4, affine=True), same("instancenorm1d")),
    Case("instancenorm, affine", "instancenorm[0.1, true]", IMAGE, OUT[2],
         lambda: nn.InstanceNorm2d(4, 0.1, affine=True), same("instancenorm")),
    Case("instancenorm3d", "instancenorm3d", BODY, OUT[3], lambda: nn.InstanceNorm3d(4)),
    Case("instancenorm3d, affine", "instancenorm3d[affine = true]", BODY, OUT[3],
         lambda: nn.InstanceNorm3d(4, affine=True), same("instancenorm3d")),
    Case("local_response_norm", "local_response_norm[3, 0.1, 0.5, 2.0]", IMAGE, OUT[2],
         lambda: nn.LocalResponseNorm(3, 0.1, 0.5, 2.0)),
    Case("local_response_norm of an even number", "local_response_norm[2]", IMAGE, OUT[2], lambda: nn.LocalResponseNorm(2)),
    Case("local_response_norm of more than all", "local_response_norm[9]", IMAGE, OUT[2], lambda: nn.LocalResponseNorm(9)),
]  # fmt: skip


def of_timm(name: str, *settings: object, **more: object) -> nn.Module:
    timm()
    from timm import layers
    from timm.layers import grn

    found = getattr(grn if name == "GlobalResponseNorm" else layers, name)(*settings, **more)
    assert isinstance(found, nn.Module)
    return found


def normed_weights(name: str) -> list[Rule]:
    """A length for each row, which torch keeps with axes of size 1."""
    return [
        Rule(
            r"parametrizations\.weight\.original0", f"{name}.weight_g", lambda leaf: leaf.flatten()
        ),
        Rule(r"parametrizations\.weight\.original1", f"{name}.weight_v"),
        Rule(r"bias", f"{name}.bias"),
    ]


def spectral(name: str) -> list[Rule]:
    return [
        Rule(r"parametrizations\.weight\.original", f"{name}.weight"),
        Rule(r"parametrizations\.weight\.0\._([uv])", rf"{name}.\1"),
        Rule(r"bias", f"{name}.bias"),
    ]


def gained(name: str) -> list[Rule]:
    return [
        Rule(r"gain", f"{name}.gain", lambda leaf: leaf.flatten()),
        Rule(r"(weight|bias)", rf"{name}.\1"),
    ]


OTHERS = [
    Case("layernorm2d", "layernorm2d", IMAGE, OUT[2], lambda: of_timm("LayerNorm2d", 4), same("layernorm2d")),
    Case("global_response_norm", "global_response_norm", IMAGE, OUT[2],
         lambda: of_timm("GlobalResponseNorm", 4, channels_last=False), same("global_response_norm")),
    Case("weightnorm_linear", "weightnorm_linear[3]", [("", (4,))], (3,),
         lambda: parametrizations.weight_norm(nn.Linear(4, 3)), normed_weights("weightnorm_linear")),
    Case("weightnorm_conv1d", "weightnorm_conv1d[6, 3, pad = 2, dilation = 2, groups = 2]", ROW, (6, 5),
         lambda: parametrizations.weight_norm(nn.Conv1d(4, 6, 3, padding=2, dilation=2, groups=2)), normed_weights("weightnorm_conv1d")),
    Case("weightnorm_conv", "weightnorm_conv[6, 3, 2, 1]", IMAGE, (6, 2, 3),
         lambda: parametrizations.weight_norm(nn.Conv2d(4, 6, 3, 2, 1)), normed_weights("weightnorm_conv")),
    Case("spectralnorm_linear", "spectralnorm_linear[3]", [("", (4,))], (3,),
         lambda: parametrizations.spectral_norm(nn.Linear(4, 3)), spectral("spectralnorm_linear")),
    Case("spectralnorm_conv", "spectralnorm_conv[6, 3, 2, 1, groups = 2]", IMAGE, (6, 2, 3),
         lambda: parametrizations.spectral_norm(nn.Conv2d(4, 6, 3, 2, 1, groups=2)), spectral("spectralnorm_conv")),
    Case("std_conv", "std_conv[6, 3, 2, 1]", IMAGE, (6, 2, 3),
         lambda: of_timm("StdConv2d", 4, 6, 3, stride=2, padding=1, bias=True), same("std_conv")),
    Case("scaled_std_conv", "scaled_std_conv[6, 3, 2, 1, groups = 2, gamma = 1.7]", IMAGE, (6, 2, 3),
         lambda: of_timm("ScaledStdConv2d", 4, 6, 3, stride=2, padding=1, groups=2, gamma=1.7), gained("scaled_std_conv")),
]  # fmt: skip


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("case", [*VALUES, *OTHERS], ids=lambda case: case.name)
def test_agrees(case: Case, lead: str) -> None:
    compare(case, lead)


def test_the_power_iteration_finds_the_greatest_singular_value() -> None:
    module = model("model m : [7] -> [5] = spectralnorm_linear[5, bias = false]").torch().double()
    with torch.no_grad():
        for _ in range(200):
            module(torch.zeros(1, 7, dtype=torch.float64))
        module.eval()
        found = module(torch.eye(7, dtype=torch.float64))
    assert torch.linalg.matrix_norm(found, 2) == pytest.approx(1.0, abs=1e-9)


def test_lengths_begin_where_directions_have_them() -> None:
    """`weight_g` is one number, the root mean square of |v| as `kaiming` draws v."""
    state = model("model m : [300] -> [200] = weightnorm_linear[200]").torch(seed=1).state_dict()
    lengths = state["weightnorm_linear.weight_v"].norm(dim=1)
    assert float(lengths.square().mean()) ** 0.5 == pytest.approx(
        float(state["weightnorm_linear.weight_g"][0]), rel=0.02
    )


def test_standardised_kernels_have_mean_zero() -> None:
    """A constant image, away from its border, gives the bias alone."""
    module = model("model m : [3, 5, 5] -> [4, 3, 3] = scaled_std_conv[4, 3]").torch().double()
    y: Tensor = module(torch.ones(2, 3, 5, 5, dtype=torch.float64))
    bias = module.state_dict()["scaled_std_conv.bias"]
    torch.testing.assert_close(y, bias[:, None, None].expand(2, 4, 3, 3))
