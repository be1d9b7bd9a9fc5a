"""Convolutions and pools with settings for each axis, in one to three dimensions, against torch.nn."""

import re

import pytest
import torch
from torch import nn

import catnn
from tests.std.support import NO_AND_TWO, Case, compare, model
from tests.std.test_layers import same

pytestmark = pytest.mark.torch

ROW, IMAGE, BODY = [("", (4, 7))], [("", (4, 5, 7))], [("", (2, 3, 5, 4))]

LAYERS = [
    Case("conv, a wide window", "conv[6, 1, k_w = 7, pad_w = 3]", IMAGE, (6, 5, 7),
         lambda: nn.Conv2d(4, 6, (1, 7), padding=(0, 3)), same("conv")),
    Case("conv, each setting of each axis",
         "conv[6, 3, 2, 1, 2, 2, false, k_w = 2, stride_w = 1, pad_w = 0, dilation_w = 3]", IMAGE, (6, 2, 4),
         lambda: nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 0), (2, 3), 2, bias=False), same("conv")),
    Case("conv3d", "conv3d[4, 2]", BODY, (4, 2, 4, 3), lambda: nn.Conv3d(2, 4, 2), same("conv3d")),
    Case("conv3d, over space alone", "conv3d[4, 1, k_h = 3, k_w = 3, pad_h = 1, pad_w = 1, bias = false]", BODY,
         (4, 3, 5, 4), lambda: nn.Conv3d(2, 4, (1, 3, 3), padding=(0, 1, 1), bias=False), same("conv3d")),
    Case("conv3d, all its arguments", "conv3d[4, 2, 2, 1, 1, 2, stride_h = 3, dilation_w = 2]", BODY, (4, 2, 2, 2),
         lambda: nn.Conv3d(2, 4, 2, (2, 3, 2), 1, (1, 1, 2), 2), same("conv3d")),
    Case("conv_transpose1d", "conv_transpose1d[6, 3, 2, 1, 1]", ROW, (6, 14),
         lambda: nn.ConvTranspose1d(4, 6, 3, 2, 1, 1), same("conv_transpose1d")),
    Case("conv_transpose1d of one element", "conv_transpose1d[2, 2, 2, bias = false]", [("", (3, 1))], (2, 2),
         lambda: nn.ConvTranspose1d(3, 2, 2, 2, bias=False), same("conv_transpose1d")),
    Case("conv_transpose", "conv_transpose[6, 2, 2]", IMAGE, (6, 10, 14),
         lambda: nn.ConvTranspose2d(4, 6, 2, 2), same("conv_transpose")),
    Case("conv_transpose, all its arguments",
         "conv_transpose[6, 3, 3, 1, 2, 2, false, 2, k_w = 2, stride_w = 2, pad_w = 0, out_pad_w = 1, dilation_w = 1]",
         IMAGE, (6, 17, 15),
         lambda: nn.ConvTranspose2d(4, 6, (3, 2), (3, 2), (1, 0), (2, 1), 2, False, (2, 1)), same("conv_transpose")),
    Case("conv_transpose3d", "conv_transpose3d[4, 2, 2, 1, 1, 2]", BODY, (4, 5, 9, 7),
         lambda: nn.ConvTranspose3d(2, 4, 2, 2, 1, 1, 2), same("conv_transpose3d")),
    Case("depthwise", "depthwise[3, 2, 1]", IMAGE, (4, 3, 4), lambda: nn.Conv2d(4, 4, 3, 2, 1, groups=4),
         same("depthwise.conv")),
    Case("depthwise, two of each", "depthwise[3, pad = 1, m = 2, bias = false]", IMAGE, (8, 5, 7),
         lambda: nn.Conv2d(4, 8, 3, 1, 1, groups=4, bias=False), same("depthwise.conv")),
    Case("pointwise", "pointwise[3]", IMAGE, (3, 5, 7), lambda: nn.Conv2d(4, 3, 1), same("pointwise.conv")),
]  # fmt: skip

ONE, TALL, CUBE = [("", (3, 7))], [("", (3, 6, 7))], [("", (2, 3, 5, 4))]
POOLS = [
    Case("maxpool, a wide window", "maxpool[1, k_w = 3, stride_w = 2, pad_w = 1]", TALL, (3, 6, 4),
         lambda: nn.MaxPool2d((1, 3), (1, 2), (0, 1))),
    Case("maxpool3d", "maxpool3d[2, 1, k_w = 3, pad_w = 1]", CUBE, (2, 2, 4, 4),
         lambda: nn.MaxPool3d((2, 2, 3), 1, (0, 0, 1))),
    Case("maxpool1d_ceil", "maxpool1d_ceil[3, 2]", [("", (3, 6))], (3, 3), lambda: nn.MaxPool1d(3, 2, ceil_mode=True)),
    Case("maxpool_ceil", "maxpool_ceil[3, 2]", TALL, (3, 3, 3), lambda: nn.MaxPool2d(3, 2, ceil_mode=True)),
    Case("maxpool_ceil, padded", "maxpool_ceil[3, 2, 1]", TALL, (3, 4, 4), lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True)),
    Case("maxpool3d_ceil", "maxpool3d_ceil[2]", CUBE, (2, 2, 3, 2), lambda: nn.MaxPool3d(2, ceil_mode=True)),
    Case("avgpool, a wide window", "avgpool[1, k_w = 3, pad_w = 1]", TALL, (3, 6, 7),
         lambda: nn.AvgPool2d((1, 3), 1, (0, 1))),
    Case("avgpool3d", "avgpool3d[2, pad = 1]", CUBE, (2, 2, 3, 3), lambda: nn.AvgPool3d(2, padding=1)),
    Case("inner_avgpool1d", "inner_avgpool1d[3, 2, 1]", ONE, (3, 4),
         lambda: nn.AvgPool1d(3, 2, 1, count_include_pad=False)),
    Case("inner_avgpool", "inner_avgpool[3, 1, 1]", TALL, (3, 6, 7),
         lambda: nn.AvgPool2d(3, 1, 1, count_include_pad=False)),
    Case("inner_avgpool3d", "inner_avgpool3d[3, 2, 1]", CUBE, (2, 2, 3, 2),
         lambda: nn.AvgPool3d(3, 2, 1, count_include_pad=False)),
    Case("inner_avgpool1d_ceil", "inner_avgpool1d_ceil[2]", ONE, (3, 4),
         lambda: nn.AvgPool1d(2, ceil_mode=True, count_include_pad=False)),
    Case("inner_avgpool_ceil", "inner_avgpool_ceil[2]", TALL, (3, 3, 4),
         lambda: nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False)),
    Case("inner_avgpool_ceil of a pixel", "inner_avgpool_ceil[2]", [("", (3, 1, 1))], (3, 1, 1),
         lambda: nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False)),
    Case("inner_avgpool3d_ceil", "inner_avgpool3d_ceil[2]", CUBE, (2, 2, 3, 2),
         lambda: nn.AvgPool3d(2, ceil_mode=True, count_include_pad=False)),
]  # fmt: skip


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("case", [*LAYERS, *POOLS], ids=lambda case: case.name)
def test_agrees_with_torch(case: Case, lead: str) -> None:
    compare(case, lead)


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
def test_counts_are_those_of_torch(case: Case) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    axes = case.inputs[0][1]
    ours = model(
        f"model m : [{', '.join(map(str, axes))}] -> [{', '.join(map(str, case.output))}] = {case.term}"
    )
    theirs, cost = case.reference(), ours.cost(batch=3)
    with FlopCounterMode(display=False) as counter:
        theirs(torch.randn(3, *axes))
    assert cost.flops == counter.get_total_flops()
    assert cost.parameters == sum(leaf.numel() for leaf in theirs.parameters())


OUTSIDE = {
    "a window as wide as the image and more": ("model m : [2, h, w] -> [3, h - 2, w - 2] where h >= 3, w >= 3 = conv[3, 3]", (2, 3, 2)),
    "a body": ("model m : [2, t, h, w] -> [3, t - 1, h - 1, w - 1] where t >= 2, h >= 2, w >= 2 = conv3d[3, 2]", (2, 1, 3, 3)),
    "a pool": ("model m : [w] -> [(w - 3) // 2 + 1] where w >= 3 = maxpool1d[3, 2]", (2,)),
    "a transposed one that is all padding": ("model m : [2, w] -> [3, w - 1] where w >= 2 = conv_transpose1d[3, 2, pad = 1]", (2, 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_window_falls_outside(name: str) -> None:
    """The module refuses by the facts of the program; no kernel is reached."""
    text, shape = OUTSIDE[name]
    module = catnn.loads(text)["m"].torch()
    with pytest.raises(catnn.ShapeError, match="does not hold"):
        module(torch.randn(shape))


@pytest.mark.parametrize("name", OUTSIDE)
def test_the_fact_has_to_be_stated(name: str) -> None:
    text = OUTSIDE[name][0]
    without = re.sub(r" where .*?(?= = (?:conv|maxpool))", "", text)
    assert without != text
    with pytest.raises(catnn.CatError) as error:
        catnn.loads(without)
    assert {d.code for d in error.value.diagnostics} <= {"E0207", "E0208"}
