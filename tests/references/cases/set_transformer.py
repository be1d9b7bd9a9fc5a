"""The blocks of the paper (equations 6 to 11) with `nn.MultiheadAttention`."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class MAB(Module):
    def __init__(self, d: int, c: int, h: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(d, h, batch_first=True, kdim=c, vdim=c)
        self.same = c == d
        self.ln0, self.ln1, self.rff = nn.LayerNorm(d), nn.LayerNorm(d), nn.Linear(d, d)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        hidden = self.ln0(x + self.attention(x, y, y, need_weights=False)[0])
        found: Tensor = self.ln1(hidden + torch.relu(self.rff(hidden)))
        return found


class ISAB(Module):
    def __init__(self, c: int, d: int, h: int, m: int) -> None:
        super().__init__()
        self.points = nn.Parameter(nn.init.xavier_uniform_(torch.empty(m, d)))
        self.embed = nn.Linear(c, d)
        self.inner, self.outer = MAB(d, c, h), MAB(d, d, h)

    def forward(self, x: Tensor) -> Tensor:
        induced = self.inner(self.points.expand(len(x), -1, -1), x)
        found: Tensor = self.outer(self.embed(x), induced)
        return found


class SetTransformer(Module):
    def __init__(self, d: int, h: int, m: int, classes: int) -> None:
        super().__init__()
        self.first, self.second = ISAB(3, d, h, m), ISAB(d, d, h, m)
        self.seeds = nn.Parameter(nn.init.xavier_uniform_(torch.empty(1, d)))
        self.linear, self.pool = nn.Linear(d, d), MAB(d, d, h)
        self.head = nn.Linear(d, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.nn.functional.dropout(self.second(self.first(x)), 0.5, self.training)
        seeds = self.seeds.expand(len(x), -1, -1)
        pooled = self.pool(seeds, torch.relu(self.linear(x))).flatten(1)
        found: Tensor = self.head(torch.nn.functional.dropout(pooled, 0.5, self.training))
        return found


QKV = ("q", "k", "v")


def block(theirs: str, ours: str) -> list[Rule]:
    """q, k and v are one matrix where their widths agree."""
    one = [f"{ours}.attention.{part}" for part in QKV]
    return [
        Rule(rf"{theirs}\.attention\.in_proj_weight", tuple(f"{name}.weight" for name in one)),
        Rule(rf"{theirs}\.attention\.in_proj_bias", tuple(f"{name}.bias" for name in one)),
        *(Rule(rf"{theirs}\.attention\.{part}_proj_weight", f"{ours}.attention.{part}.weight") for part in QKV),
        Rule(rf"{theirs}\.attention\.out_proj\.(\w+)", rf"{ours}.attention.out.\1"),
        Rule(rf"{theirs}\.ln0\.(\w+)", rf"{ours}.norm1.\1"),
        Rule(rf"{theirs}\.ln1\.(\w+)", rf"{ours}.norm2.\1"),
        Rule(rf"{theirs}\.rff\.(\w+)", rf"{ours}.linear.\1"),
    ]  # fmt: skip


RULES = [
    *(
        rule
        for name in ("first", "second")
        for part in ("inner", "outer")
        for rule in block(rf"{name}\.{part}", f"{name}.{part}")
    ),
    *block("pool", "pool.mab"),
    Rule(r"(first|second)\.points", r"\1.points"),
    Rule(r"(first|second)\.embed\.(\w+)", r"\1.embed.\2"),
    Rule("seeds", "pool.seeds"),
    Rule(r"linear\.(\w+)", r"pool.linear.\1"),
    Rule(r"head\.(\w+)", r"head.\1"),
]


def at(batch: int, points: int, d: int, h: int, m: int, classes: int) -> At:
    sizes = {"d": d, "h": h, "m": m, "classes": classes}
    return At(sizes, lambda: SetTransformer(**sizes), lambda: [reals(batch, points, 3)], RULES)


def mab(c: int, d: int = 256) -> int:
    """The parameters of a block over memories of width c, by hand."""
    return 3 * d * d + 2 * c * d + 9 * d


CASE = Case(
    small=[at(2, 7, 12, 3, 5, 4)],
    published=mab(3) + 4 * mab(256) + (2 * 16 + 1 + 3 + 1) * 256 + 2 * 257 * 256 + 257 * 40,
    own=at(2, 100, 256, 4, 16, 40),
    speed=at(16, 500, 256, 4, 16, 40),
)
