"""Parts of networks for images: timm's own, numpy, and what is left out at random."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import Module

import catnn
from tests.references.harness import Rule, close, redraw
from tests.references.mobile import block
from tests.references.renaming import conv_norm, gate
from tests.references.vision import timm
from tests.std.support import NO_AND_TWO, Case, Function, compare, model

pytestmark = pytest.mark.torch

SIZE = (12, 7, 10)
"""Channels, height and width of what goes in."""


def squeezed(**given: object) -> Module:
    timm()
    from timm.models._efficientnet_blocks import SqueezeExcite

    return SqueezeExcite(12, rd_channels=3, **given)


def widened(out: int, **given: object) -> Module:
    timm()
    from timm.models._efficientnet_blocks import InvertedResidual

    return InvertedResidual(12, out, exp_ratio=2.0, act_layer=nn.ReLU6, **given)


def separable() -> Module:
    timm()
    from timm.models._efficientnet_blocks import DepthwiseSeparableConv

    return DepthwiseSeparableConv(12, 12, act_layer=nn.ReLU6)


def named(found: list[Rule]) -> list[Rule]:
    """The rules of a block that stands alone: its prefix falls away."""
    return [Rule(rule.theirs.removeprefix(r"it\."), rule.ours, rule.change) for rule in found]


def inverted(is_wider: bool) -> list[Rule]:
    return named(block("it", "inverted_residual", is_wider))


CASES = [
    Case("conv_norm", "conv_norm[8, 3, 2]", [("", SIZE)], (8, 4, 5),
         lambda: nn.Sequential(nn.Conv2d(12, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8)),
         conv_norm("0", "1", "conv_norm")),
    Case("conv_norm in groups", "conv_norm[8, 5, groups = 4, eps = 0.1]", [("", SIZE)], (8, 7, 10),
         lambda: nn.Sequential(nn.Conv2d(12, 8, 5, 1, 2, groups=4, bias=False), nn.BatchNorm2d(8, 0.1)),
         conv_norm("0", "1", "conv_norm")),
    Case("depthwise_norm", "depthwise_norm[5, 2]", [("", SIZE)], (12, 4, 5),
         lambda: nn.Sequential(nn.Conv2d(12, 12, 5, 2, 2, groups=12, bias=False), nn.BatchNorm2d(12)),
         conv_norm("0", "1", "depthwise_norm")),
    Case("squeeze_excite", "squeeze_excite[3, silu, hardsigmoid]", [("", SIZE)], SIZE,
         lambda: squeezed(act_layer=nn.SiLU, gate_layer="hard_sigmoid"),
         named(gate("it", "squeeze_excite", "conv_reduce", "conv_expand"))),
    Case("inverted_residual", "inverted_residual[12, 24]", [("", SIZE)], SIZE,
         lambda: widened(12), inverted(True)),
    Case("inverted_residual without a shortcut", "inverted_residual[8, 24, 5, 2]", [("", SIZE)], (8, 4, 5),
         lambda: widened(8, dw_kernel_size=5, stride=2), inverted(True)),
    Case("inverted_residual that widens nothing", "inverted_residual[12, 12]", [("", SIZE)], SIZE,
         separable, inverted(False)),
    Case("layer_scale", "layer_scale", [("", (5,))], (5,), lambda: layer_scale(5),
         [Rule("gamma", "layer_scale.weight")]),
    Case("windows", "windows[2]", [("", (4, 6, 3))], (6, 4, 3), lambda: Function(cut)),
    Case("windows and back", "windows[2] >> dagger windows[2]", [("", (4, 6, 3))], (4, 6, 3),
         lambda: Function(lambda x: x * 1)),
    Case("rolled", "rolled[2]", [("", (4, 5, 3))], (4, 5, 3),
         lambda: Function(lambda x: torch.roll(x, (-2, -2), (-3, -2)))),
    Case("rolled by nothing", "rolled[0]", [("", (4, 5, 3))], (4, 5, 3), lambda: Function(lambda x: x * 1)),
    Case("rolled back", "dagger rolled[2]", [("", (4, 5, 3))], (4, 5, 3),
         lambda: Function(lambda x: torch.roll(x, (2, 2), (-3, -2)))),
]  # fmt: skip


def layer_scale(width: int) -> Module:
    timm()
    from timm.layers import LayerScale

    found: Module = LayerScale(width)
    return found


def cut(x: Tensor) -> Tensor:
    """Windows of 2 x 2 one after the other."""
    return torch.stack(
        [
            x[..., y : y + 2, z : z + 2, :].flatten(-3, -2)
            for y in range(0, x.shape[-3], 2)
            for z in range(0, x.shape[-2], 2)
        ],
        -3,
    )


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees(case: Case, lead: str) -> None:
    compare(case, lead)


def test_relative_bias_is_that_of_swin() -> None:
    timm()
    from timm.models.swin_transformer import WindowAttention

    theirs = WindowAttention(12, num_heads=3, window_size=(4, 4)).double()
    redraw(theirs, 0)
    ours = model("model m : [3, 16, 16] -> [3, 16, 16] = x => x + relative_bias[4, 3]()\n").torch()
    ours.double().load_state_dict(
        {"relative_bias.weight": theirs.relative_position_bias_table.detach()}
    )
    zeros = torch.zeros(2, 3, 16, 16, dtype=torch.float64)
    with torch.no_grad():
        close("bias", ours(zeros)[1], theirs._get_rel_pos_bias()[0])


# ---- branches that are left out ----------------------------------------------------------


def dropped(p: float) -> Module:
    return catnn.loads(f"model m : [c, 3] -> [c, 3] = drop_path[{p}]\n")["m"].torch(seed=1)


def test_drop_path_is_the_identity_outside_of_training() -> None:
    x = torch.randn(5, 2, 3)
    assert torch.equal(dropped(0.4).eval()(x), x)
    assert torch.equal(dropped(0.0).train()(x), x)


def test_drop_path_drops_whole_items_as_often_as_timm_does() -> None:
    """The same two values for an item as in timm, and the same share of items up to 5 standard errors."""
    timm()
    from timm.layers import DropPath

    items, p = 4000, 0.3
    x = torch.randn(items, 2, 3, dtype=torch.float64)
    torch.manual_seed(3)
    for module in (dropped(p).train(), DropPath(p).train()):
        factors = module(x) / x
        each = factors.flatten(1)
        torch.testing.assert_close(each, each[:, :1].expand_as(each))
        kept = each[:, 0] > 0
        torch.testing.assert_close(each[kept], torch.full_like(each[kept], 1 / (1 - p)))
        spread = np.sqrt(p * (1 - p) / items)
        assert abs(float(kept.double().mean()) - (1 - p)) < 5 * spread


def test_drop_path_lets_gradients_pass_through_what_is_kept() -> None:
    x = torch.randn(50, 2, 3, requires_grad=True)
    y = dropped(0.5).train()(x)
    y.sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, (y / x).detach())


# ---- stages ------------------------------------------------------------------------------


def test_a_stage_changes_its_shape_once() -> None:
    text = """
model m[depth = 3] : [4, h, w] -> [6, (h + 1) // 2, (w + 1) // 2] where depth >= 1 =
  stage[depth, conv_norm[6, 3, 2], conv_norm[6, 3]]
"""
    for depth in (1, 3):
        module = catnn.loads(text)["m"].bind(depth=depth).torch()
        assert module(torch.randn(2, 4, 7, 10)).shape == (2, 6, 4, 5)
        names = {
            name.partition(".conv.")[0] for name, _ in module.named_parameters() if "conv.w" in name
        }
        assert names == {"stage.first", *(f"stage.rest.{k}" for k in range(depth - 1))}
