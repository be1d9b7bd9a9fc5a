"""EfficientNet-B0 against timm."""

from collections.abc import Sequence

from torch import nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.mobile import block, network
from tests.references.renaming import conv_norm, staged

EXPAND, STRIDES, KERNELS = (1, 6, 6, 6, 6, 6, 6), (1, 2, 2, 2, 1, 2, 1), (3, 3, 5, 3, 5, 5, 3)
CHANNELS, DEPTHS = (32, 16, 24, 40, 80, 112, 192, 320), (1, 2, 2, 3, 3, 4, 1)


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
    settings = zip(EXPAND, depths, STRIDES, KERNELS, channels[1:], strict=True)
    arch = [
        [f"{'ir' if e > 1 else 'ds'}_r{depth}_k{k}_s{stride}_e{e}_c{width}_se0.25"]
        for e, depth, stride, k, width in settings
    ]
    return network(
        arch, stem_size=channels[0], num_features=last, num_classes=classes, act_layer=nn.SiLU
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
    published=5_288_548,
    own=at(1, 224, 224),
    speed=at(2, 192, 192),
)
