"""The network of a radiance field, layer by layer as in Figure 7 of the paper.

Coordinates stand beside their sines and cosines, as in the authors' program, whose
network has 595 844 parameters.
"""

import torch
from torch import Tensor, nn

from tests.references.case import At, Case, reals
from tests.references.harness import Rule

RULES = [
    Rule(r"points\.0\.(\w+)", r"below.first.\1"),
    *(Rule(rf"points\.{k}\.(\w+)", rf"below.rest.{k - 1}.\1") for k in range(1, 5)),
    Rule(r"points\.5\.(\w+)", r"above.first.\1"),
    *(Rule(rf"points\.{k}\.(\w+)", rf"above.rest.{k - 6}.\1") for k in range(6, 8)),
    Rule(r"feature\.(\w+)", r"feature.\1"),
    Rule(r"alpha\.(\w+)", r"density.\1"),
    Rule(r"view\.(\w+)", r"mix.\1"),
    Rule(r"rgb\.(\w+)", r"colour.\1"),
]


class Field(nn.Module):
    def __init__(self, w: int, place: int, view: int) -> None:
        super().__init__()
        self.octaves = place, view
        p, v = 3 + 6 * place, 3 + 6 * view
        inputs = [p, w, w, w, w, w + p, w, w]
        self.points = nn.ModuleList(nn.Linear(i, w) for i in inputs)
        self.feature, self.alpha = nn.Linear(w, w), nn.Linear(w, 1)
        self.view, self.rgb = nn.Linear(w + v, w // 2), nn.Linear(w // 2, 3)

    def encode(self, x: Tensor, octaves: int) -> Tensor:
        parts = [x]
        for j in range(octaves):
            parts += [torch.sin(x * 2.0**j), torch.cos(x * 2.0**j)]
        return torch.cat(parts, -1)

    def forward(self, place: Tensor, view: Tensor) -> tuple[Tensor, Tensor]:
        p, v = self.encode(place, self.octaves[0]), self.encode(view, self.octaves[1])
        h = p
        for k, layer in enumerate(self.points):
            h = torch.relu(layer(torch.cat((p, h), -1) if k == 5 else h))
        mixed = torch.relu(self.view(torch.cat((self.feature(h), v), -1)))
        return torch.sigmoid(self.rgb(mixed)), self.alpha(h)[..., 0]


def at(batch: int, w: int, place: int, view: int) -> At:
    sizes = {"w": w, "octaves_of_place": place, "octaves_of_view": view}
    return At(
        sizes,
        lambda: Field(w, place, view),
        lambda: [reals(batch, 3), reals(batch, 3, seed=4)],
        RULES,
    )


CASE = Case(
    small=[at(5, 6, 3, 2), at(1, 3, 1, 1)],
    published=595_844,
    own=at(7, 256, 10, 4),
    speed=at(8192, 256, 10, 4),
    wide=at(2, 240, 10, 4),
    begins_otherwise=r"density\.bias",  # one number, which has no spread
)
