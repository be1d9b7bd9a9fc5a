"""Network In Network, transcribed from section 3 of the paper as a stack of torch's layers."""

from torch import nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule

PARTS = {0: "first.one", 2: "first.two", 4: "first.three", 8: "second.one", 10: "second.two",
         12: "second.three", 16: "last.one", 18: "last.two", 20: "last.three"}  # fmt: skip
RULES = [Rule(rf"{place}\.(weight|bias)", rf"{part}.\g<1>") for place, part in PARTS.items()]


def reference(width: int, narrow: int, third: int, classes: int, drop: float) -> Module:
    layers: list[Module] = []
    before = 3
    for stage, (kernel, widths) in enumerate(
        [(5, (width, narrow, third)), (5, (width,) * 3), (3, (width, width, classes))]
    ):
        for place, after in enumerate(widths):
            size = kernel if place == 0 else 1
            layers += [nn.Conv2d(before, after, size, padding=(size - 1) // 2), nn.ReLU()]
            before = after
        if stage < 2:
            layers += [nn.MaxPool2d(3, 2, 1), nn.Dropout(drop)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def at(
    batch: int,
    h: int,
    w: int,
    width: int = 192,
    narrow: int = 160,
    third: int = 96,
    classes: int = 10,
    drop: float = 0.5,
) -> At:
    sizes = {"width": width, "narrow": narrow, "third": third, "classes": classes, "drop": drop}
    return At(
        sizes,
        lambda: reference(width, narrow, third, classes, drop),
        lambda: [reals(batch, 3, h, w)],
        RULES,
    )


CASE = Case(
    small=[at(2, 9, 14, 8, 7, 6, 5, drop=0.0)],
    published=966_986,
    own=at(2, 32, 32),
    speed=at(8, 32, 32),
)
