"""A conditional neural process, one place and one observation at a time."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


def layers(*widths: int) -> nn.Sequential:
    maps = [nn.Linear(i, o) for i, o in pairwise(widths)]
    found: list[Module] = []
    for one in maps:
        found += [one, nn.ReLU()]
    return nn.Sequential(*found[:-1])


class CNP(Module):
    def __init__(self, w: int, i: int, o: int) -> None:
        super().__init__()
        self.encode, self.decode = layers(i + o, w, w, w, w), layers(i + w, w, w, 2 * o)

    def forward(self, x: Tensor, y: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
        seen = [
            self.encode(torch.cat(pair, 1)) for pair in zip(x.unbind(1), y.unbind(1), strict=True)
        ]
        r = sum(seen) / len(seen)
        both = [self.decode(torch.cat((place, r), 1)).chunk(2, 1) for place in at.unbind(1)]
        widths = torch.stack([width for _, width in both], 1)
        return torch.stack([mean for mean, _ in both], 1), 0.1 + 0.9 * (1 + widths.exp()).log()


RULES = [
    Rule(r"(en|de)code\.0\.(\w+)", r"\1coder.first.\2"),
    Rule(r"(en|de)code\.2\.(\w+)", r"\1coder.rest.0.\2"),
    Rule(r"encode\.4\.(\w+)", r"encoder.rest.1.\1"),
    Rule(r"decode\.4\.(\w+)", r"decoder.last.\1"),
    Rule(r"encode\.6\.(\w+)", r"encoder.last.\1"),
]


def at(batch: int, n: int, m: int, w: int, i: int, o: int) -> At:
    inputs = [reals(batch, n, i), reals(batch, n, o, seed=4), reals(batch, m, i, seed=5)]
    sizes = {"w": w, "i": i, "o": o}
    return At(sizes, lambda: CNP(**sizes), lambda: inputs, RULES)


# By hand: four layers of 128 for observations, two and the outputs for places.
CASE = Case(
    small=[at(2, 5, 3, 7, 2, 3)],
    published=(2 + 1) * 128 + 3 * 129 * 128 + (1 + 128 + 1) * 128 + 129 * 128 + 129 * 2,
    own=at(2, 6, 4, 128, 1, 1),
    wide=at(2, 3, 3, 200, 9, 8),
)
