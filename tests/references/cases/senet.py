"""SE-ResNet-50 against timm."""

from collections.abc import Sequence

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.residual import resnet, rules
from tests.references.vision import timm


def reference(depths: Sequence[int], classes: int) -> Module:
    timm()
    from timm.layers import SEModule

    return resnet("Bottleneck", depths, num_classes=classes, block_args={"attn_layer": SEModule})


def at(batch: int, h: int, w: int, depths: Sequence[int] = (3, 4, 6, 3), classes: int = 1000) -> At:
    return At(
        {"depths": depths, "classes": classes},
        lambda: reference(depths, classes),
        lambda: [reals(batch, 3, h, w)],
        rules(depths),
    )


CASE = Case(
    small=[at(2, 37, 45, (1, 2, 1, 1), 10)],
    published=28_088_024,
    own=at(1, 224, 224),
    speed=at(2, 128, 128),
)
