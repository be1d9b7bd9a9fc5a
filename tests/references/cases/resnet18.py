"""ResNet-18 against timm."""

from collections.abc import Sequence

from tests.references.case import At, Case, reals
from tests.references.residual import BASIC, resnet, rules


def at(batch: int, h: int, w: int, depths: Sequence[int] = (2, 2, 2, 2), classes: int = 1000) -> At:
    return At(
        {"depths": depths, "classes": classes},
        lambda: resnet("BasicBlock", depths, num_classes=classes),
        lambda: [reals(batch, 3, h, w)],
        rules(depths, BASIC),
    )


CASE = Case(
    small=[at(2, 37, 45, (1, 2, 1, 1), 10)],
    published=11_689_512,
    own=at(1, 224, 224),
    speed=at(2, 160, 160),
    wide=at(2, 32, 32, (1, 2, 1, 1), 100),
    # One in the paper and in torchvision, zero in timm.
    begins_otherwise=r".*two\.norm\.weight",
)
