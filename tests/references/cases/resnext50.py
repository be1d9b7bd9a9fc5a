"""ResNeXt-50 (32x4d) against timm."""

from collections.abc import Sequence

from tests.references.case import At, Case, reals
from tests.references.residual import resnet, rules


def at(
    batch: int,
    h: int,
    w: int,
    depths: Sequence[int] = (3, 4, 6, 3),
    groups: int = 32,
    classes: int = 1000,
) -> At:
    return At(
        {"depths": depths, "groups": groups, "classes": classes},
        lambda: resnet(
            "Bottleneck", depths, cardinality=groups, base_width=128 // groups, num_classes=classes
        ),
        lambda: [reals(batch, 3, h, w)],
        rules(depths),
    )


CASE = Case(
    small=[at(2, 37, 45, (1, 2, 1, 1), 16, 10)],
    published=25_028_904,
    own=at(1, 224, 224),
    speed=at(2, 128, 128),
)
