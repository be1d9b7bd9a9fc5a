"""Fourier features as in the paper: gamma(v) = (cos 2 pi b_j v, sin 2 pi b_j v), then a perceptron."""

import math

import torch
from torch import Tensor, nn

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class Mapped(nn.Module):
    def __init__(self, features: int, std: float, layers: int, d: int, colours: int) -> None:
        super().__init__()
        self.register_buffer("b", std * torch.randn(features, 2))
        widths = [2 * features, *[d] * layers]
        self.hidden = nn.ModuleList(map(nn.Linear, widths[:-1], widths[1:]))
        self.out = nn.Linear(d, colours)

    def forward(self, v: Tensor) -> Tensor:
        cosines = [torch.cos(2 * math.pi * (v * b).sum(-1)) for b in self.b]
        sines = [torch.sin(2 * math.pi * (v * b).sum(-1)) for b in self.b]
        x = torch.stack(cosines + sines, -1)
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return torch.sigmoid(self.out(x))


def at(batch: int, features: int, std: float, layers: int, d: int, colours: int) -> At:
    sizes = {"features": features, "std": std, "layers": layers, "d": d, "colours": colours}
    rules = [
        Rule(r"b", "encode.weight"),
        Rule(r"hidden\.0\.(\w+)", r"first.\1"),
        Rule(r"out\.(\w+)", r"head.\1"),
        *(Rule(rf"hidden\.{k + 1}\.(\w+)", rf"hidden.{k}.\1") for k in range(layers - 1)),
    ]
    return At(
        sizes,
        lambda: Mapped(features, std, layers, d, colours),
        lambda: [reals(batch, 2)],
        rules,
    )


# By hand: 256 random directions, three hidden layers of 256, three colours (the authors' image regression).
CASE = Case(
    small=[at(5, 3, 2.0, 3, 7, 3), at(1, 1, 1.0, 1, 2, 1)],
    published=512 * 256 + 256 + 2 * (256 * 256 + 256) + 256 * 3 + 3,
    own=at(9, 256, 10.0, 3, 256, 3),
    speed=at(16384, 256, 10.0, 3, 256, 3),
    wide=at(2, 240, 10.0, 3, 240, 30),
)
