"""The error of a mixture density network by torch.distributions: a mixture of isotropic normals."""

import torch
from torch import Tensor, distributions, nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class MDN(Module):
    def __init__(self, hidden: int, kernels: int, inputs: int, targets: int) -> None:
        super().__init__()
        self.kernels = kernels
        self.hidden = nn.Linear(inputs, hidden)
        self.weights, self.widths = nn.Linear(hidden, kernels), nn.Linear(hidden, kernels)
        self.centres = nn.Linear(hidden, kernels * targets)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        h = torch.tanh(self.hidden(x))
        centres = self.centres(h).reshape(len(x), self.kernels, -1)
        normals = distributions.Normal(centres, self.widths(h).exp().unsqueeze(-1))
        law = distributions.MixtureSameFamily(
            distributions.Categorical(logits=self.weights(h)), distributions.Independent(normals, 1)
        )
        return -law.log_prob(t)


RULES = [Rule(r"(\w+)\.(\w+)", r"\1.\2")]


def at(batch: int, hidden: int, kernels: int, inputs: int, targets: int) -> At:
    sizes = {"hidden": hidden, "kernels": kernels, "inputs": inputs, "targets": targets}
    given = [reals(batch, inputs), reals(batch, targets, seed=4)]
    return At(sizes, lambda: MDN(**sizes), lambda: given, RULES)


# By hand: (c + 2) m outputs for m kernels over c targets, as the paper counts.
CASE = Case(
    small=[at(5, 7, 3, 2, 4), at(5, 4, 2, 1, 1)],
    published=20 + 20 + 3 * (1 + 2) * (20 + 1),
    own=at(9, 20, 3, 1, 1),
    speed=at(16384, 20, 3, 1, 1),
)
