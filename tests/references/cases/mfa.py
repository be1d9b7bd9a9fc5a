"""Multi-matrix factorization attention, transcribed head by head, with the rotation as a matrix."""

import math

import torch
from torch import Tensor, nn

from catnn.api import Setting
from tests.references.case import At, Case, reals
from tests.references.harness import Rule

RULES = [Rule(r"(\w+(?:\.weight)?)", r"\1")]


def rotation(place: int, c: int) -> Tensor:
    """The c x c matrix that turns the pairs (j, j + c / 2)."""
    found = torch.zeros(c, c, dtype=torch.float64)
    for j in range(c // 2):
        angle = place / 10000 ** (2 * j / c)
        found[j, j] = found[j + c // 2, j + c // 2] = math.cos(angle)
        found[j, j + c // 2] = -math.sin(angle)
        found[j + c // 2, j] = math.sin(angle)
    return found


class Layer(nn.Module):
    """o_i = sum over heads of softmax(q_i . k / sqrt(c)) v O_head, q = norm(x S) Q_head."""

    def __init__(self, d: int, h: int, c: int, rank: int, reuse: bool) -> None:
        super().__init__()
        self.h, self.c = h, c
        self.q_down = nn.Linear(d, rank, bias=False)
        self.q_norm = nn.RMSNorm(rank, 1e-6)
        self.q_up = nn.Linear(rank, h * c, bias=False)
        self.k = nn.Linear(d, c, bias=False)
        if reuse:
            self.gate = nn.Parameter(torch.randn(c))
            self.mix = nn.Linear(c, c, bias=False)
        else:
            self.v = nn.Linear(d, c, bias=False)
        self.out = nn.Linear(h * c, d, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        n = x.shape[1]
        turns = torch.stack([rotation(i, self.c) for i in range(n)]).to(x.dtype)
        plain = self.k(x)
        if hasattr(self, "gate"):
            eye = torch.eye(self.c, dtype=x.dtype)
            v = plain @ (eye + torch.diag(self.gate) @ self.mix.weight).T
        else:
            v = self.v(x)
        k = torch.einsum("nij,bnj->bni", turns, plain)
        hidden = torch.ones(n, n, dtype=torch.bool).triu(1)
        total = torch.zeros_like(x)
        ranked = self.q_norm(self.q_down(x))
        for head in range(self.h):
            rows = slice(head * self.c, (head + 1) * self.c)
            q = torch.einsum("nij,bnj->bni", turns, ranked @ self.q_up.weight[rows].T)
            scores = (q @ k.mT / math.sqrt(self.c)).masked_fill(hidden, -math.inf)
            total = total + scores.softmax(-1) @ v @ self.out.weight[:, rows].T
        return total


def at(batch: int, tokens: int, reuse: bool, **sizes: int) -> At:
    inputs = [reals(batch, tokens, sizes["d"])]
    given: dict[str, Setting] = {**sizes, "reuse": reuse}
    return At(given, lambda: Layer(**sizes, reuse=reuse), lambda: inputs, RULES)


CASE = Case(
    small=[at(2, 6, reuse, d=10, h=3, c=4, rank=5) for reuse in (False, True)],
    published=169_347_072,  # d q + q + q h C + 2 d C + h C d
    own=at(1, 16, False, d=1792, h=16, c=128, rank=512),
    speed=at(1, 256, False, d=1024, h=16, c=64, rank=256),
)
