"""AlexNet, transcribed from section 3 of the paper as a stack of torch's layers."""

from collections.abc import Sequence

from torch import nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule

NAMES = {0: "one", 4: "two", 8: "three", 10: "four", 12: "five", 16: "six", 19: "seven", 22: "head"}
RULES = [Rule(rf"{place}\.(\w+)", rf"{name}.\1") for place, name in NAMES.items()]


def reference(widths: Sequence[int], hidden: int, classes: int, drop: float) -> Module:
    a, b, c, d, e = widths

    def damped() -> Module:
        return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)  # torch divides alpha by 5

    return nn.Sequential(
        nn.Conv2d(3, a, 11, 4), nn.ReLU(), damped(), nn.MaxPool2d(3, 2),
        nn.Conv2d(a, b, 5, padding=2, groups=2), nn.ReLU(), damped(), nn.MaxPool2d(3, 2),
        nn.Conv2d(b, c, 3, padding=1), nn.ReLU(),
        nn.Conv2d(c, d, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(d, e, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Linear(36 * e, hidden), nn.ReLU(), nn.Dropout(drop),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(drop),
        nn.Linear(hidden, classes),
    )  # fmt: skip


def at(
    batch: int,
    widths: Sequence[int] = (96, 256, 384, 384, 256),
    hidden: int = 4096,
    classes: int = 1000,
    drop: float = 0.5,
) -> At:
    sizes = {"widths": widths, "hidden": hidden, "classes": classes, "drop": drop}
    return At(
        sizes,
        lambda: reference(widths, hidden, classes, drop),
        lambda: [reals(batch, 3, 227, 227)],
        RULES,
    )


CASE = Case(
    small=[at(1, (6, 8, 10, 12, 6), 14, 5, 0.0)],
    published=60_965_224,
    own=at(1),
    speed=at(2),
)
