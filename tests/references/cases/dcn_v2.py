"""DCN V2, the parallel form: each cross as an outer product by hand."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, indices, reals
from tests.references.harness import Rule


class DCN(Module):
    def __init__(self, dense: int, fields: int, vocab: int, e: int, crosses: int, w: int) -> None:
        super().__init__()
        d = dense + fields * e
        self.table = nn.Embedding(vocab, e)
        nn.init.normal_(self.table.weight, std=0.01)
        self.crosses = nn.ModuleList([nn.Linear(d, d) for _ in range(crosses)])
        self.deep = nn.Sequential(nn.Linear(d, w), nn.ReLU(), nn.Linear(w, w), nn.ReLU())
        self.head = nn.Linear(d + w, 1)

    def forward(self, x: Tensor, ids: Tensor) -> Tensor:
        x0 = torch.cat((x, *(self.table(one) for one in ids.unbind(1))), 1)
        x = x0
        for cross in self.crosses:
            outer = torch.einsum("bi,bj->bij", x0, x)
            x = (outer * cross.weight).sum(-1) + x0 * cross.bias + x
        return self.head(torch.cat((x, self.deep(x0)), 1)).squeeze(1)  # type: ignore[no-any-return]


RULES = [
    Rule(r"(table|head)\.(\w+)", r"\1.\2"),
    Rule(r"crosses\.(\d+)\.(\w+)", r"crosses.\1.linear.\2"),
    Rule(r"deep\.0\.(\w+)", r"first.\1"),
    Rule(r"deep\.2\.(\w+)", r"second.\1"),
]


def at(batch: int, dense: int, fields: int, vocab: int, e: int, crosses: int, w: int) -> At:
    sizes = {
        "dense": dense, "fields": fields, "vocab": vocab, "e": e, "crosses": crosses, "w": w,
    }  # fmt: skip
    inputs = [reals(batch, dense), indices(vocab, batch, fields)]
    return At(sizes, lambda: DCN(**sizes), lambda: inputs, RULES)


# By hand, for an input of 13 + 26 * 16 = 429 numbers.
CASE = Case(
    small=[at(3, 4, 5, 19, 3, 3, 7)],
    published=100_000 * 16 + 3 * 430 * 429 + 430 * 512 + 513 * 512 + 429 + 512 + 1,
    own=at(2, 13, 26, 100000, 16, 3, 512),
    wide=at(2, 13, 6, 997, 24, 2, 300),
    begins_otherwise=r"head\.bias",  # a single number has no spread
)
