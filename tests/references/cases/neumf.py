"""NeuMF as equations (7) to (12) of the paper."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, indices
from tests.references.harness import Rule


class NeuMF(Module):
    def __init__(self, users: int, items: int, d: int, w: tuple[int, int, int]) -> None:
        super().__init__()
        self.p, self.q = nn.Embedding(users, d), nn.Embedding(items, d)
        self.pm, self.qm = nn.Embedding(users, w[0]), nn.Embedding(items, w[0])
        for table in (self.p, self.q, self.pm, self.qm):
            nn.init.normal_(table.weight, std=0.01)
        self.mlp = nn.Sequential(
            nn.Linear(2 * w[0], w[0]), nn.ReLU(), nn.Linear(w[0], w[1]), nn.ReLU(),
            nn.Linear(w[1], w[2]), nn.ReLU(),
        )  # fmt: skip
        self.h = nn.Linear(d + w[2], 1)

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        deep = self.mlp(torch.cat((self.pm(user), self.qm(item)), -1))
        return torch.sigmoid(self.h(torch.cat((self.p(user) * self.q(item), deep), -1))).squeeze(-1)


RULES = [
    Rule(r"p\.weight", "user.weight"),
    Rule(r"q\.weight", "item.weight"),
    Rule(r"pm\.weight", "deep_user.weight"),
    Rule(r"qm\.weight", "deep_item.weight"),
    Rule(r"mlp\.0\.(\w+)", r"layers.0.\1"),
    Rule(r"mlp\.2\.(\w+)", r"layers.1.\1"),
    Rule(r"mlp\.4\.(\w+)", r"layers.2.\1"),
    Rule(r"h\.(\w+)", r"head.\1"),
]


def at(batch: int, users: int, items: int, d: int, w: tuple[int, int, int]) -> At:
    sizes = {"users": users, "items": items, "d": d, "w": w}
    inputs = [indices(users, batch), indices(items, batch, seed=4)]
    return At(sizes, lambda: NeuMF(users, items, d, w), lambda: inputs, RULES)


# By hand: 8 + 32 factors for each of 6040 users and 3706 items of MovieLens-1M.
CASE = Case(
    small=[at(6, 11, 13, 4, (7, 5, 3))],
    published=(6040 + 3706) * (8 + 32) + 65 * 32 + 33 * 16 + 17 * 8 + 17,
    own=at(3, 6040, 3706, 8, (32, 16, 8)),
    wide=at(2, 300, 400, 20, (300, 200, 90)),
    begins_otherwise=r"head\.bias",  # a single number has no spread
)
