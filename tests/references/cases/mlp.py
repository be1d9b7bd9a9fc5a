"""The perceptron against torch.nn."""

from torch import nn

from tests.references.case import At, Case, reals
from tests.references.harness import Rule

NAMES = {"1": "linear", "3": "linear_2", "5": "linear_3"}
RULES = [Rule(rf"{theirs}\.(\w+)", rf"{ours}.\1") for theirs, ours in NAMES.items()]


def reference(hidden: int, classes: int) -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
        nn.Linear(hidden, classes),
    )  # fmt: skip


def at(batch: int, hidden: int, classes: int) -> At:
    sizes = {"hidden": hidden, "classes": classes}
    return At(sizes, lambda: reference(**sizes), lambda: [reals(batch, 28, 28)], RULES)


CASE = Case(small=[at(3, 16, 5)], speed=at(256, 2048, 10))
