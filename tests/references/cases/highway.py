"""Highway layers as in equation (3) of the paper, written with matrices of the batch."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class Highway(Module):
    def __init__(self, layers: int, d: int, pixels: int, classes: int) -> None:
        super().__init__()
        self.stem, self.head = nn.Linear(pixels, d), nn.Linear(d, classes)
        self.h = nn.ModuleList([nn.Linear(d, d) for _ in range(layers)])
        self.t = nn.ModuleList([nn.Linear(d, d) for _ in range(layers)])
        for gate in self.t:
            nn.init.constant_(gate.bias, -1.0)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.stem(x))
        for plain, gate in zip(self.h, self.t, strict=True):
            t = torch.sigmoid(gate(x))
            x = torch.relu(plain(x)) * t + x * (1 - t)
        found: Tensor = self.head(x)
        return found


RULES = [
    Rule(r"(stem|head)\.(\w+)", r"\1.\2"),
    Rule(r"h\.(\d+)\.(\w+)", r"layers.\1.plain.\2"),
    Rule(r"t\.(\d+)\.(\w+)", r"layers.\1.gate.\2"),
]


def at(batch: int, layers: int, d: int, pixels: int, classes: int) -> At:
    sizes = {"layers": layers, "d": d, "pixels": pixels, "classes": classes}
    return At(sizes, lambda: Highway(**sizes), lambda: [reals(batch, pixels)], RULES)


# By hand: a plain layer, nine with a gate each, and the output.
CASE = Case(
    small=[at(3, 4, 6, 11, 5)],
    published=784 * 50 + 50 + 9 * 2 * (50 * 50 + 50) + 50 * 10 + 10,
    own=at(2, 9, 50, 784, 10),
    speed=at(4096, 9, 50, 784, 10),
    wide=at(2, 2, 200, 300, 20),
)
