"""The loss of a batch term by term: a softmax over its items with corrected scores (equations 3 to 6)."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


def tower(i: int, w: int, d: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(i, w), nn.ReLU(), nn.Linear(w, w), nn.ReLU(), nn.Linear(w, d))


class TwoTower(Module):
    def __init__(self, query: int, item: int, w: int, d: int, tau: float) -> None:
        super().__init__()
        self.query, self.item, self.tau = tower(query, w, d), tower(item, w, d), tau

    def loss(self, x: Tensor, y: Tensor, log_q: Tensor, reward: Tensor) -> Tensor:
        u, v = (z / z.norm(dim=1, keepdim=True) for z in (self.query(x), self.item(y)))
        total = torch.zeros((), dtype=x.dtype)
        for i in range(len(u)):
            scores = [u[i] @ v[j] / self.tau - log_q[j] for j in range(len(v))]
            chance = scores[i].exp() / sum(score.exp() for score in scores)
            total = total - reward[i] * chance.log()
        return total / len(u)

    def forward(self, *batches: Tensor) -> Tensor:
        return torch.stack([self.loss(*one) for one in zip(*batches, strict=True)])


RULES = [
    Rule(r"(query|item)\.0\.(\w+)", r"\1.first.\2"),
    Rule(r"(query|item)\.2\.(\w+)", r"\1.second.\2"),
    Rule(r"(query|item)\.4\.(\w+)", r"\1.last.\2"),
]


def at(batches: int, pairs: int, query: int, item: int, w: int, d: int, tau: float) -> At:
    sizes = {"query": query, "item": item, "w": w, "d": d, "tau": tau}
    inputs = [
        reals(batches, pairs, query), reals(batches, pairs, item, seed=4),
        reals(batches, pairs, seed=5), reals(batches, pairs, seed=6).exp(),
    ]  # fmt: skip
    return At(sizes, lambda: TwoTower(query, item, w, d, tau), lambda: inputs, RULES)


# By hand: three layers for each tower.
CASE = Case(
    small=[at(2, 6, 5, 4, 9, 3, 0.5)],
    published=(129 + 257) * 512 + 2 * 513 * 512 + 2 * 513 * 128,
    wide=at(1, 3, 90, 80, 300, 70, 0.5),
)
