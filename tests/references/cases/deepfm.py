"""DeepFM with the sum over all pairs of features, one after the other (equation 2 of the paper)."""

from itertools import combinations, pairwise

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, indices
from tests.references.harness import Rule


class DeepFM(Module):
    def __init__(self, fields: int, vocab: int, d: int, w: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(()))
        self.factors, self.weights = nn.Embedding(vocab, d), nn.Embedding(vocab, 1)
        for table in (self.factors, self.weights):
            nn.init.normal_(table.weight, std=0.01)
        widths = [fields * d, w, w, w]
        self.deep = nn.ModuleList([nn.Linear(i, o) for i, o in pairwise(widths)])
        self.head = nn.Linear(w, 1)

    def forward(self, ids: Tensor) -> Tensor:
        v = self.factors(ids)
        score = self.bias + self.weights(ids).sum((1, 2))
        for i, j in combinations(range(v.shape[1]), 2):
            score = score + (v[:, i] * v[:, j]).sum(1)
        h = v.flatten(1)
        for layer in self.deep:
            h = torch.relu(layer(h))
        return torch.sigmoid(score + self.head(h).squeeze(1))


RULES = [
    Rule("bias", "bias"),
    Rule(r"(factors|weights|head)\.(\w+)", r"\1.\2"),
    Rule(r"deep\.0\.(\w+)", r"stem.\1"),
    Rule(r"deep\.1\.(\w+)", r"hidden.0.\1"),
    Rule(r"deep\.2\.(\w+)", r"hidden.1.\1"),
]


def at(batch: int, fields: int, vocab: int, d: int, w: int) -> At:
    sizes = {"fields": fields, "vocab": vocab, "d": d, "w": w}
    ids = indices(vocab, batch, fields)
    return At(sizes, lambda: DeepFM(**sizes), lambda: [ids], RULES)


# By hand: a bias, a weight and ten factors for each row, three layers and their output.
CASE = Case(
    small=[at(3, 5, 19, 4, 7)],
    published=1 + 100_000 * 11 + 391 * 400 + 2 * 401 * 400 + 401,
    own=at(2, 39, 100000, 10, 400),
    wide=at(2, 9, 997, 12, 300),
    begins_otherwise=r"(head\.)?bias",  # a single number has no spread
)
