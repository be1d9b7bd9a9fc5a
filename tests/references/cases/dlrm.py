"""DLRM with the products of pairs picked by `tril_indices`, as in the authors' `dlrm_s_pytorch.py`."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, indices, reals
from tests.references.harness import Rule


class DLRM(Module):
    def __init__(
        self, fields: int, rows: int, d: int, bottom: tuple[int, ...], top: tuple[int, ...], dense: int
    ) -> None:  # fmt: skip
        super().__init__()
        self.table = nn.Embedding(rows, d)
        nn.init.normal_(self.table.weight, std=0.01)
        low = [dense, *bottom, d]
        high = [d + (fields + 1) * fields // 2, *top, 1]
        self.low = nn.ModuleList(nn.Linear(i, o) for i, o in pairwise(low))
        self.high = nn.ModuleList(nn.Linear(i, o) for i, o in pairwise(high))

    def forward(self, x: Tensor, ids: Tensor) -> Tensor:
        for layer in self.low:
            x = torch.relu(layer(x))
        t = torch.cat((x.unsqueeze(1), self.table(ids)), 1)
        z = torch.bmm(t, t.transpose(1, 2))
        i, j = torch.tril_indices(t.shape[1], t.shape[1], -1)
        h = torch.cat((x, z[:, i, j]), 1)
        for layer in self.high[:-1]:
            h = torch.relu(layer(h))
        return torch.sigmoid(self.high[-1](h)).squeeze(1)


RULES = [
    Rule(r"table\.weight", "table.weight"),
    Rule(r"low\.([012])\.(\w+)", r"bottom.\1.\2"),
    Rule(r"low\.3\.(\w+)", r"dense.\1"),
    Rule(r"high\.([01])\.(\w+)", r"top.\1.\2"),
    Rule(r"high\.2\.(\w+)", r"head.\1"),
]


def at(batch: int, fields: int, rows: int, d: int, bottom: tuple[int, ...], top: tuple[int, ...], dense: int) -> At:  # fmt: skip
    sizes = {
        "fields": fields, "rows": rows, "d": d, "bottom": bottom, "top": top, "dense": dense,
    }  # fmt: skip
    inputs = [reals(batch, dense), indices(rows, batch, fields)]
    return At(
        sizes, lambda: DLRM(fields, rows, d, bottom, top, dense), lambda: inputs, RULES
    )  # fmt: skip


# By hand, with the counts of the tables of the authors' Kaggle script: 33 762 577 rows of 16 numbers.
CASE = Case(
    small=[at(3, 5, 23, 3, (7, 6, 5), (9, 4), 6)],
    published=33_762_577 * 16
    + (13 + 1) * 512 + (512 + 1) * 256 + (256 + 1) * 64 + (64 + 1) * 16
    + (16 + 27 * 26 // 2 + 1) * 512 + (512 + 1) * 256 + 256 + 1,
    speed=at(2048, 26, 10000, 16, (512, 256, 64), (512, 256), 13),
    wide=at(2, 6, 997, 24, (300, 200, 100), (200, 90), 13),
    begins_otherwise=r"head\.bias",  # a single number has no spread
)  # fmt: skip
