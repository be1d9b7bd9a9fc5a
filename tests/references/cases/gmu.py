"""The gated unit for two inputs as in the paper, a gate and two hidden states from whole matrices; maxout by maxima."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class GMU(Module):
    def __init__(self, o: int, genres: int, picture: int, text: int) -> None:
        super().__init__()
        self.wv = nn.Parameter(torch.randn(o, picture))
        self.wt = nn.Parameter(torch.randn(o, text))
        self.wz = nn.Parameter(torch.randn(o, picture + text))
        self.hidden = nn.ModuleList([nn.Linear(o, 2 * o) for _ in range(2)])
        self.head = nn.Linear(o, genres)

    def forward(self, picture: Tensor, text: Tensor) -> Tensor:
        z = (torch.cat((picture, text), 1) @ self.wz.T).sigmoid()
        h = torch.lerp((text @ self.wt.T).tanh(), (picture @ self.wv.T).tanh(), z)
        for layer in self.hidden:
            y = layer(h)
            h = torch.maximum(y[:, 0::2], y[:, 1::2])
        found: Tensor = self.head(h).sigmoid()
        return found


RULES = [
    Rule("wv", "fusion.picture.weight"),
    Rule("wt", "fusion.text.weight"),
    Rule("wz", "fusion.gate.weight"),
    Rule(r"hidden\.(\d)\.(\w+)", r"hidden.\1.\2"),
    Rule(r"head\.(\w+)", r"head.\1"),
]


def at(batch: int, o: int, genres: int, picture: int, text: int) -> At:
    sizes = {"o": o, "genres": genres, "picture": picture, "text": text}
    inputs = [reals(batch, picture), reals(batch, text, seed=4)]
    return At(sizes, lambda: GMU(**sizes), lambda: inputs, RULES)


# By hand: 2 o (picture + text) for the unit, as the paper counts, and the classifier.
CASE = Case(
    small=[at(3, 6, 5, 9, 4)],
    published=2 * 512 * (4096 + 300) + 2 * (512 * 1024 + 1024) + 512 * 23 + 23,
    own=at(2, 512, 23, 4096, 300),
    speed=at(1024, 512, 23, 4096, 300),
)
