"""SqueezeNet 1.1 as a list of layers of torch.nn; 1 235 496 parameters, as torchvision has it."""

import torch
from torch import Tensor, nn

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class Fire(nn.Module):
    def __init__(self, i: int, narrow: int, wide: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(i, narrow, 1)
        self.expand1x1 = nn.Conv2d(narrow, wide, 1)
        self.expand3x3 = nn.Conv2d(narrow, wide, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x).relu(), self.expand3x3(x).relu()], 1)


def reference(width: int, classes: int, drop: float) -> nn.Module:
    def pool() -> nn.Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    w = width
    return nn.Sequential(
        nn.Conv2d(3, 4 * w, 3, 2), nn.ReLU(), pool(),
        Fire(4 * w, w, 4 * w), Fire(8 * w, w, 4 * w), pool(),
        Fire(8 * w, 2 * w, 8 * w), Fire(16 * w, 2 * w, 8 * w), pool(),
        Fire(16 * w, 3 * w, 12 * w), Fire(24 * w, 3 * w, 12 * w),
        Fire(24 * w, 4 * w, 16 * w), Fire(32 * w, 4 * w, 16 * w),
        nn.Dropout(drop), nn.Conv2d(32 * w, classes, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )  # fmt: skip


FIRES = (3, 4, 6, 7, 9, 10, 11, 12)
RULES = [
    Rule(r"0\.(\w+)", r"stem.\1"),
    Rule(r"14\.(\w+)", r"head.conv.\1"),
    *(
        Rule(rf"{place}\.{theirs}\.(\w+)", rf"fire{k + 1}.{ours}.\1")
        for k, place in enumerate(FIRES)
        for theirs, ours in (("squeeze", "squeeze"), ("expand1x1", "small"), ("expand3x3", "large"))
    ),
]


def at(batch: int, h: int, w: int, width: int = 16, classes: int = 1000, drop: float = 0.5) -> At:
    sizes = {"width": width, "classes": classes, "drop": drop}
    return At(
        sizes,
        lambda: reference(width, classes, drop),
        lambda: [reals(batch, 3, h, w)],
        RULES,
    )


CASE = Case(
    small=[at(2, 37, 46, 2, 5, 0.0), at(1, 31, 33, 1, 3, 0.0)],
    published=1_235_496,
    own=at(1, 224, 224),
    speed=at(4, 224, 224),
)
