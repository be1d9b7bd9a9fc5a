"""A siren as in the paper: layers of `nn.Linear` with its scheme of first weights."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class Siren(Module):
    def __init__(self, layers: int, d: int, colours: int, w: float) -> None:
        super().__init__()
        self.w = w
        widths = [2] + [d] * (layers + 1)
        self.maps = nn.ModuleList(
            nn.Linear(i, o) for i, o in zip(widths, [*widths[1:], colours], strict=True)
        )
        with torch.no_grad():
            for k, layer in enumerate(self.maps):
                n = layer.in_features
                bound = 1 / n if k == 0 else (6 / n) ** 0.5 / w
                layer.weight.uniform_(-bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        *sines, last = self.maps
        for layer in sines:
            x = torch.sin(self.w * layer(x))
        found: Tensor = last(x)
        return found


def at(batch: int, layers: int, d: int, colours: int, w: float) -> At:
    sizes = {"layers": layers, "d": d, "colours": colours, "w": w}
    rules = [Rule(r"maps\.0\.(\w+)", r"first.\1"), Rule(rf"maps\.{layers + 1}\.(\w+)", r"head.\1")]
    rules += [
        Rule(rf"maps\.{k + 1}\.(\w+)", rf"hidden.{k}.linear.\1") for k in range(layers)
    ]  # fmt: skip
    return At(sizes, lambda: Siren(layers, d, colours, w), lambda: [reals(batch, 2)], rules)


# By hand: the network of the authors' notebook for an image (256 wide, three hidden layers).
CASE = Case(
    small=[at(5, 2, 7, 3, 3.0)],
    published=2 * 256 + 256 + 3 * (256 * 256 + 256) + 256 + 1,
    own=at(9, 3, 256, 1, 30.0),
    speed=at(16384, 3, 256, 1, 30.0),
    wide=at(2, 3, 240, 30, 30.0),
)
