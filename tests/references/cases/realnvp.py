"""Affine couplings one vector at a time, and the density by the determinant of the Jacobian of the whole map."""

import torch
from torch import Tensor, distributions, nn
from torch.func import jacrev, vmap
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


def net(i: int, w: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(i, w), nn.ReLU(), nn.Linear(w, w), nn.ReLU(), nn.Linear(w, i))


class RealNVP(Module):
    """The determinant is that of a matrix: nothing is known of triangles."""

    def __init__(self, layers: int, w: int, d: int) -> None:
        super().__init__()
        self.d = d
        self.scales = nn.ModuleList([net(d, w) for _ in range(layers)])
        self.shifts = nn.ModuleList([net(d, w) for _ in range(layers)])

    def noise(self, x: Tensor) -> Tensor:
        for scale, shift in zip(self.scales, self.shifts, strict=True):
            kept = x[: self.d]
            moved = x[self.d :] * torch.exp(torch.tanh(scale(kept))) + shift(kept)
            x = torch.cat((moved, kept))
        return x

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        z = vmap(self.noise)(x)
        volume = torch.linalg.slogdet(vmap(jacrev(self.noise))(x)).logabsdet
        return z, distributions.Normal(0.0, 1.0).log_prob(z).sum(1) + volume


NAMES = {"0": "first", "2": "second", "4": "last"}
RULES = [
    Rule(rf"{theirs}\.(\d+)\.{number}\.(\w+)", rf"layers.\1.{ours}.{name}.\2")
    for theirs, ours in (("scales", "scale"), ("shifts", "shift"))
    for number, name in NAMES.items()
]


def at(batch: int, layers: int, w: int, d: int) -> At:
    sizes = {"layers": layers, "w": w, "d": d}
    return At(sizes, lambda: RealNVP(**sizes), lambda: [reals(batch, 2 * d)], RULES)


CASE = Case(
    small=[at(4, 3, 6, 2), at(3, 4, 5, 1)],
    published=8 * 2 * (256 + 256 + 256 * 256 + 256 + 256 + 1),
    own=at(5, 8, 256, 1),
    wide=at(2, 2, 240, 30),
)
