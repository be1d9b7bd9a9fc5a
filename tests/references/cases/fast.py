"""Fastmax, transcribed with its dense matrix: f(q . k) / sum f(q . k), f(s) = 1 + s + s^2 / 2."""

import torch
from torch import Tensor, nn

from tests.references.case import At, Case, indices
from tests.references.harness import Rule

RULES = [
    Rule(r"(embed|position)\.weight", r"\1.weight"),
    Rule(r"((?:blocks|norm|head)\.[\w.]+)", r"\1"),
]


def standard(x: Tensor) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    return centred / torch.sqrt(centred.pow(2).mean(-1, keepdim=True) + 1e-5)


class Attention(nn.Module):
    def __init__(self, d: int, h: int) -> None:
        super().__init__()
        self.h = h
        self.q, self.k, self.v, self.out = (nn.Linear(d, d) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        heads = []
        for q, k, v in zip(
            *(part(x).chunk(self.h, -1) for part in (self.q, self.k, self.v)), strict=True
        ):
            s = standard(q) @ standard(k).mT
            f = 1 + s + s * s / 2
            heads.append(f @ v / (f.sum(-1, keepdim=True) + 1e-6))
        found: Tensor = self.out(torch.cat(heads, -1))
        return found


class Block(nn.Module):
    def __init__(self, d: int, h: int, w: int) -> None:
        super().__init__()
        self.attn = Attention(d, h)
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.mlp = nn.ModuleDict({"up": nn.Linear(d, w), "down": nn.Linear(w, d)})

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        found: Tensor = x + self.mlp["down"](nn.functional.gelu(self.mlp["up"](self.norm2(x))))
        return found


class Model(nn.Module):
    def __init__(
        self, layers: int, d: int, h: int, w: int, vocab: int, context: int, classes: int
    ) -> None:
        super().__init__()
        self.embed, self.position = nn.Embedding(vocab, d), nn.Embedding(context, d)
        self.blocks = nn.Sequential(*(Block(d, h, w) for _ in range(layers)))
        self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens) + self.position.weight[: tokens.shape[1]]
        found: Tensor = self.head(self.norm(self.blocks(x)).mean(1))
        return found


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, tokens)
    return At(sizes, lambda: Model(**sizes), lambda: [inputs], RULES)


CASE = Case(
    small=[
        at(2, 7, layers=2, d=12, h=3, w=20, vocab=31, context=9, classes=4),
        at(1, 1, layers=1, d=4, h=1, w=3, vocab=5, context=1, classes=2),
    ],
    published=958_474,  # of the equations at these sizes
    own=at(1, 128, layers=4, d=128, h=4, w=512, vocab=256, context=1024, classes=10),
    speed=at(1, 512, layers=2, d=128, h=8, w=512, vocab=256, context=1024, classes=10),
)
