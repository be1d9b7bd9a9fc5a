"""MobileNetV2 against timm."""

from collections.abc import Sequence

from torch import nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.mobile import block, network
from tests.references.renaming import conv_norm, staged

EXPAND, STRIDES = (1, 6, 6, 6, 6, 6, 6), (1, 2, 2, 2, 1, 2, 1)
CHANNELS, DEPTHS = (32, 16, 24, 32, 64, 96, 160, 320), (1, 2, 3, 4, 3, 3, 1)


def rules(depths: Sequence[int]) -> list[Rule]:
    found = [
        *conv_norm("conv_stem", "bn1", "stem"),
        *conv_norm("conv_head", "bn2", "last"),
        Rule(r"classifier\.(\w+)", r"head.\1"),
    ]
    for theirs, ours in staged(depths, r"blocks\.{stage}\.{block}"):
        found += block(theirs, ours, not theirs.startswith(r"blocks\.0"))
    return found


def reference(channels: Sequence[int], depths: Sequence[int], last: int, classes: int) -> Module:
    arch = [
        [f"{'ir' if e > 1 else 'ds'}_r{depth}_k3_s{stride}_e{e}_c{width}"]
        for e, depth, stride, width in zip(EXPAND, depths, STRIDES, channels[1:], strict=True)
    ]
    return network(
        arch, stem_size=channels[0], num_features=last, num_classes=classes, act_layer=nn.ReLU6
    )


def at(
    batch: int,
    h: int,
    w: int,
    channels: Sequence[int] = CHANNELS,
    depths: Sequence[int] = DEPTHS,
    last: int = 1280,
    classes: int = 1000,
) -> At:
    return At(
        {"channels": channels, "depths": depths, "last": last, "classes": classes},
        lambda: reference(channels, depths, last, classes),
        lambda: [reals(batch, 3, h, w)],
        rules(depths),
    )


CASE = Case(
    small=[at(2, 41, 67, (16, 8, 16, 16, 24, 24, 32, 40), (1, 2, 1, 2, 1, 3, 1), 48, 10)],
    published=3_504_872,
    own=at(1, 224, 224),
    speed=at(2, 192, 192),
)
