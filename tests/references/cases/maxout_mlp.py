"""Maxout layers as in section 2 of the paper: h_i = max_j (x W_ij + b_ij), with W of three axes."""

import torch
from torch import Tensor, nn
from torch.nn import Module
from torch.nn import functional as F

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class Maxout(Module):
    def __init__(self, units: int, pieces: int, pixels: int, classes: int) -> None:
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(units, pieces, pixels))
        self.b1 = nn.Parameter(torch.randn(units, pieces))
        self.w2 = nn.Parameter(torch.randn(units, pieces, units))
        self.b2 = nn.Parameter(torch.randn(units, pieces))
        self.head = nn.Linear(units, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.dropout(x, 0.2, self.training)
        x = (torch.einsum("bi,uki->buk", x, self.w1) + self.b1).max(-1).values
        x = F.dropout(x, 0.5, self.training)
        x = (torch.einsum("bi,uki->buk", x, self.w2) + self.b2).max(-1).values
        found: Tensor = self.head(F.dropout(x, 0.5, self.training))
        return found


def merged(leaf: Tensor) -> Tensor:
    return leaf.flatten(0, 1)


RULES = [
    Rule("w1", "first.weight", merged),
    Rule("b1", "first.bias", merged),
    Rule("w2", "second.weight", merged),
    Rule("b2", "second.bias", merged),
    Rule(r"head\.(\w+)", r"head.\1"),
]


def at(batch: int, units: int, pieces: int, pixels: int, classes: int) -> At:
    sizes = {"units": units, "pieces": pieces, "pixels": pixels, "classes": classes}
    return At(sizes, lambda: Maxout(**sizes), lambda: [reals(batch, pixels)], RULES)


# By hand: the layers of 240 units of 5 pieces of the authors' `mnist_pi.yaml`.
CASE = Case(
    small=[at(3, 6, 3, 11, 5)],
    published=784 * 1200 + 1200 + 240 * 1200 + 1200 + 240 * 10 + 10,
    own=at(2, 240, 5, 784, 10),
    speed=at(1024, 240, 5, 784, 10),
)
