"""The small CNN against torch.nn."""

from torch import nn

from tests.references.case import At, Case, reals
from tests.references.harness import Rule

NAMES = {"0": "conv", "2": "conv_2", "5": "conv_3", "9": "head"}
RULES = [Rule(rf"{theirs}\.(\w+)", rf"{ours}.\1") for theirs, ours in NAMES.items()]


def reference(width: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1), nn.ReLU(),
        nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(2 * width, 2 * width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(8 * width, 10),
    )  # fmt: skip


def at(batch: int, width: int) -> At:
    return At({"width": width}, lambda: reference(width), lambda: [reals(batch, 1, 8, 8)], RULES)


CASE = Case(small=[at(3, 4)], speed=at(512, 32))
