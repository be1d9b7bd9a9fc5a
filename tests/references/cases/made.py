"""MADE with masks made of degrees in loops, as equations (8) to (13) of the paper count them, from 1."""

import torch
from torch import Tensor, nn
from torch.nn import Module
from torch.nn import functional as F

from tests.references.case import At, Case, Inputs
from tests.references.harness import Rule


class MADE(Module):
    def __init__(self, hidden: int, d: int) -> None:
        super().__init__()
        self.w, self.b = nn.Parameter(torch.randn(hidden, d)), nn.Parameter(torch.zeros(hidden))
        self.v, self.c = nn.Parameter(torch.randn(d, hidden)), nn.Parameter(torch.zeros(d))
        degrees = [1 + k % (d - 1) for k in range(hidden)]
        into = [[float(m >= j) for j in range(1, d + 1)] for m in degrees]
        out = [[float(j > m) for m in degrees] for j in range(1, d + 1)]
        self.into, self.out = torch.tensor(into), torch.tensor(out)

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(F.linear(x, self.w * self.into.to(x), self.b))
        p = torch.sigmoid(F.linear(h, self.v * self.out.to(x), self.c))
        return F.binary_cross_entropy(p, x, reduction="none").sum(1)


RULES = [Rule("w", "first"), Rule("b", "bias"), Rule("v", "second"), Rule("c", "start")]


def bits(batch: int, d: int) -> Inputs:
    draw = torch.Generator().manual_seed(3)
    return [torch.rand(batch, d, generator=draw, dtype=torch.float64).round()]


def at(batch: int, hidden: int, d: int) -> At:
    sizes = {"hidden": hidden, "d": d}
    return At(sizes, lambda: MADE(**sizes), lambda: bits(batch, d), RULES)


CASE = Case(
    small=[at(4, 17, 6), at(3, 5, 9)],
    published=2 * 500 * 784 + 500 + 784,
    own=at(2, 500, 784),
    speed=at(1024, 500, 784),
)
