"""Resampling, padding, blocks of pixels and windows as torch.nn and torch.nn.functional have them."""

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import catnn
from tests.references.vision import timm
from tests.std.support import NO_AND_TWO, Case, Function, compare
from tests.std.test_layers import same

pytestmark = pytest.mark.torch

ROW, IMAGE, BODY = [("", (3, 5))], [("", (3, 4, 5))], [("", (2, 3, 4, 2))]
DEEP = [("", (8, 3, 2))]


def resized(mode: str, *size: int, corners: bool | None = False) -> Callable[[], nn.Module]:
    return lambda: Function(lambda x: F.interpolate(x, size=size, mode=mode, align_corners=corners))


def padded(mode: str, *pads: int) -> Callable[[], nn.Module]:
    return lambda: Function(lambda x: F.pad(x, pads, mode=mode))


def pad_same(x: Tensor, *settings: Sequence[int]) -> Tensor:
    timm()
    from timm.layers.padding import pad_same as reference

    found: Tensor = reference(x, *settings)
    return found


def halo(x: Tensor) -> Tensor:
    """Blocks of 2 x 2 pixels cut out of a wider image one by one."""
    wide = F.pad(x, (1, 1, 1, 1))
    rows = [[wide[:, :, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] for j in range(3)] for i in range(2)]
    return torch.stack([torch.stack(row, 1) for row in rows], 1)


def plain(
    name: str,
    term: str,
    given: list[tuple[str, tuple[int, ...]]],
    out: tuple[int, ...],
    f: Callable[[Tensor], Tensor],
) -> Case:
    return Case(name, term, given, out, lambda: Function(f))


CASES = [
    Case("resize1d", "resize1d[7]", ROW, (3, 7), resized("linear", 7)),
    Case("resize", "resize[7, 3]", IMAGE, (3, 7, 3), resized("bilinear", 7, 3)),
    Case("resize with corners", "resize[7, 3, corners = true]", IMAGE, (3, 7, 3), resized("bilinear", 7, 3, corners=True)),
    Case("resize3d", "resize3d[2, 5, 4]", BODY, (2, 2, 5, 4), resized("trilinear", 2, 5, 4)),
    Case("resize of a pixel", "resize[3, 2]", [("", (2, 1, 1))], (2, 3, 2), resized("bilinear", 3, 2)),
    Case("resize_bicubic", "resize_bicubic[7, 3]", IMAGE, (3, 7, 3), resized("bicubic", 7, 3)),
    Case("resize_bicubic with corners", "resize_bicubic[2, 9, true]", IMAGE, (3, 2, 9), resized("bicubic", 2, 9, corners=True)),
    Case("resize_nearest", "resize_nearest[7, 3]", IMAGE, (3, 7, 3), resized("nearest", 7, 3, corners=None)),
    Case("resize_area", "resize_area[3, 2]", IMAGE, (3, 3, 2), resized("area", 3, 2, corners=None)),
    Case("upsample1d", "upsample1d[3]", ROW, (3, 15), lambda: nn.Upsample(scale_factor=3)),
    Case("upsample3d", "upsample3d[2]", BODY, (2, 6, 8, 4), lambda: nn.Upsample(scale_factor=2)),
    Case("pixel_shuffle", "pixel_shuffle[2]", DEEP, (2, 6, 4), lambda: nn.PixelShuffle(2)),
    Case("pixel_unshuffle", "pixel_unshuffle[2]", [("", (3, 4, 6))], (12, 2, 3), lambda: nn.PixelUnshuffle(2)),
    Case("channel_shuffle", "channel_shuffle[4]", DEEP, (8, 3, 2), lambda: nn.ChannelShuffle(4)),
    Case("pad1d", "pad1d[1, 2]", ROW, (3, 8), padded("constant", 1, 2)),
    Case("pad", "pad[0, 1]", IMAGE, (3, 5, 6), padded("constant", 0, 1, 0, 1)),
    Case("pad, each side", "pad[1, 2, 0, 3]", IMAGE, (3, 7, 8), padded("constant", 0, 3, 1, 2)),
    Case("pad3d", "pad3d[1]", BODY, (2, 5, 6, 4), padded("constant", 1, 1, 1, 1, 1, 1)),
    Case("reflect_pad1d", "reflect_pad1d[4, 2]", ROW, (3, 11), padded("reflect", 4, 2)),
    Case("reflect_pad", "reflect_pad[3]", IMAGE, (3, 10, 11), lambda: nn.ReflectionPad2d(3)),
    Case("reflect_pad3d", "reflect_pad3d[1, after_w = 0]", BODY, (2, 5, 6, 3), lambda: nn.ReflectionPad3d((1, 0, 1, 1, 1, 1))),
    Case("replicate_pad1d", "replicate_pad1d[7, 0]", ROW, (3, 12), padded("replicate", 7, 0)),
    Case("replicate_pad", "replicate_pad[3]", IMAGE, (3, 10, 11), lambda: nn.ReplicationPad2d(3)),
    Case("replicate_pad3d", "replicate_pad3d[1]", BODY, (2, 5, 6, 4), lambda: nn.ReplicationPad3d(1)),
    Case("circular_pad1d", "circular_pad1d[5, 2]", ROW, (3, 12), padded("circular", 5, 2)),
    Case("circular_pad", "circular_pad[1, 2]", IMAGE, (3, 7, 8), lambda: nn.CircularPad2d((1, 2, 1, 2))),
    Case("circular_pad3d", "circular_pad3d[1]", BODY, (2, 5, 6, 4), lambda: nn.CircularPad3d(1)),
    Case("unfold2", "unfold2[3, 2, 1] >> {c i j y x -> (c i j) (y x)}", IMAGE, (27, 6), lambda: nn.Unfold(3, stride=2, padding=1)),
    Case("fold2", "{(c i j) (y x) -> c i j y x}[c = 2, i = 3, j = 3, y = 2, x = 3] >> fold2[4, 5, 3, 2, 1]", [("", (18, 6))], (2, 4, 5),
         lambda: nn.Fold((4, 5), 3, stride=2, padding=1)),
    plain("same_pad", "same_pad[3, 2] >> avgpool[3, 2]", IMAGE, (3, 2, 3), lambda x: F.avg_pool2d(pad_same(x, [3, 3], [2, 2]), 3, 2)),
    plain("same_pad, an even window", "same_pad[4, dilation = 2]", IMAGE, (3, 10, 11), lambda x: pad_same(x, [4, 4], [1, 1], (2, 2))),
    plain("same_pad where nothing is due", "same_pad[1, 3]", IMAGE, IMAGE[0][1], lambda x: pad_same(x, [1, 1], [3, 3])),
    plain("crop1d", "crop1d[1, 2]", ROW, (3, 2), lambda x: F.pad(x, (-1, -2))),
    plain("crop", "crop[1, 0]", IMAGE, (3, 3, 4), lambda x: F.pad(x, (-1, 0, -1, 0))),
    plain("halo_patches", "halo_patches[2, 1]", [("", (3, 4, 6))], (2, 3, 3, 4, 4), halo),
    # pools
    Case("adaptive_avgpool1d", "adaptive_avgpool1d[3]", ROW, (3, 3), lambda: nn.AdaptiveAvgPool1d(3)),
    Case("adaptive_avgpool", "adaptive_avgpool[3, 7]", IMAGE, (3, 3, 7), lambda: nn.AdaptiveAvgPool2d((3, 7))),
    Case("adaptive_avgpool3d", "adaptive_avgpool3d[2, 3, 1]", BODY, (2, 2, 3, 1), lambda: nn.AdaptiveAvgPool3d((2, 3, 1))),
    Case("adaptive_maxpool1d", "adaptive_maxpool1d[3]", ROW, (3, 3), lambda: nn.AdaptiveMaxPool1d(3)),
    Case("adaptive_maxpool", "adaptive_maxpool[3, 7]", IMAGE, (3, 3, 7), lambda: nn.AdaptiveMaxPool2d((3, 7))),
    Case("adaptive_maxpool3d", "adaptive_maxpool3d[2, 3, 1]", BODY, (2, 2, 3, 1), lambda: nn.AdaptiveMaxPool3d((2, 3, 1))),
    plain("global_avgpool", "global_avgpool", IMAGE, (3,), lambda x: F.adaptive_avg_pool2d(x, 1)[..., 0, 0]),
    plain("global_maxpool", "global_maxpool", IMAGE, (3,), lambda x: F.adaptive_max_pool2d(x, 1)[..., 0, 0]),
    Case("lp_pool1d", "lp_pool1d[2, 3, stride = 2]", ROW, (3, 2), lambda: nn.LPPool1d(2, 3, 2)),
    Case("lp_pool", "lp_pool[3, 2, 1, k_w = 3]", IMAGE, (3, 3, 3), lambda: nn.LPPool2d(3.0, (2, 3), 1), positive=True),
]  # fmt: skip


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees_with_torch(case: Case, lead: str) -> None:
    compare(case, lead)


class Generalised(nn.Module):
    """Generalised-mean pooling, as its authors write it."""

    def __init__(self) -> None:
        super().__init__()
        self.power = nn.Parameter(torch.ones(()) * 3)

    def forward(self, x: Tensor) -> Tensor:
        mean = F.avg_pool2d(x.clamp(min=1e-6).pow(self.power), x.shape[-2:])
        return mean.pow(1.0 / self.power)[..., 0, 0]


@pytest.mark.parametrize("lead", NO_AND_TWO)
def test_gem_pool(lead: str) -> None:
    compare(
        Case("gem", "gem_pool", IMAGE, (3,), Generalised, same("gem_pool"), positive=True), lead
    )


REFUSED = {
    "a mirror that is too small": ("model m : [h, w] -> [h + 6, w + 6] = reflect_pad[3]", "E0207", "3 < h"),
    "a circle that is too short": ("model m : [n] -> [n + 4] = circular_pad1d[2]", "E0207", "2 <= n"),
    "blocks that leave a rest": ("model m : [12, h, w] -> [3, 2 * h, w] = pixel_shuffle[2]", "E0201", "2 * w"),
    "channels that make no blocks": ("model m : [c, h, w] -> [c, h, w] = pixel_shuffle[2] >> pixel_unshuffle[2]", "E0207", "4 divides c"),
    "channels that make no groups": ("model m : [c, h, w] -> [c, h, w] = channel_shuffle[4]", "E0207", "4 divides c"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_the_missing_fact_is_named(name: str) -> None:
    text, code, words = REFUSED[name]
    with pytest.raises(catnn.CatError) as error:
        catnn.loads(text)
    found = [
        f"{d.code} {d.message} {' '.join((*d.notes, *d.help))}" for d in error.value.diagnostics
    ]
    assert any(line.startswith(code) and words in line for line in found), found
