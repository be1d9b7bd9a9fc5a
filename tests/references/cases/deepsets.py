"""Deep Sets for point clouds: sums over points in loops, with `nn.Linear` for the maps."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class DeepSets(Module):
    def __init__(self, d: int, classes: int) -> None:
        super().__init__()
        self.gamma = nn.ModuleList([nn.Linear(3, d), nn.Linear(d, d), nn.Linear(d, d)])
        self.rho = nn.Sequential(
            nn.Dropout(0.5), nn.Linear(d, d), nn.Tanh(), nn.Dropout(0.5), nn.Linear(d, classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        points = list(x.unbind(1))
        for gamma in self.gamma:
            greatest = points[0]
            for point in points[1:]:
                greatest = torch.maximum(greatest, point)
            points = [gamma(point - greatest).tanh() for point in points]
        pooled: Tensor = self.rho(torch.stack(points, 1).max(1).values)
        return pooled


RULES = [
    Rule(r"gamma\.0\.(\w+)", r"first.linear.\1"),
    Rule(r"gamma\.1\.(\w+)", r"rest.0.linear.\1"),
    Rule(r"gamma\.2\.(\w+)", r"rest.1.linear.\1"),
    Rule(r"rho\.1\.(\w+)", r"hidden.\1"),
    Rule(r"rho\.4\.(\w+)", r"head.\1"),
]


def at(batch: int, points: int, d: int, classes: int) -> At:
    sizes = {"d": d, "classes": classes}
    return At(sizes, lambda: DeepSets(**sizes), lambda: [reals(batch, points, 3)], RULES)


# By hand: the layers of the authors' `classifier.py` for ModelNet40.
CASE = Case(
    small=[at(3, 7, 10, 5)],
    published=3 * 256 + 256 + 3 * (256 * 256 + 256) + 256 * 40 + 40,
    own=at(2, 100, 256, 40),
    speed=at(32, 1000, 256, 40),
    wide=at(2, 5, 240, 40),
)
