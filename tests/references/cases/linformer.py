"""Linformer, transcribed head by head: softmax(Q (E K)^T / sqrt(e)) F V."""

import math

import torch
from torch import Tensor, nn

from tests.references.case import At, Case, indices
from tests.references.harness import Rule

RULES = [
    Rule(r"(embed|position)\.weight", r"\1.weight"),
    Rule(r"((?:blocks|norm)\.[\w.]+)", r"\1"),
]


class Attention(nn.Module):
    def __init__(self, n: int, d: int, h: int, m: int) -> None:
        super().__init__()
        self.h = h
        self.q, self.k, self.v, self.out = (nn.Linear(d, d) for _ in range(4))
        self.k_mix, self.v_mix = nn.Linear(n, m, bias=False), nn.Linear(n, m, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        heads = []
        for q, k, v in zip(
            *(part(x).chunk(self.h, -1) for part in (self.q, self.k, self.v)), strict=True
        ):
            fewer = self.k_mix.weight @ k
            weights = (q @ fewer.mT / math.sqrt(q.shape[-1])).softmax(-1)
            heads.append(weights @ (self.v_mix.weight @ v))
        found: Tensor = self.out(torch.cat(heads, -1))
        return found


class Block(nn.Module):
    def __init__(self, n: int, d: int, h: int, w: int, m: int) -> None:
        super().__init__()
        self.attn = Attention(n, d, h, m)
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.mlp = nn.ModuleDict({"up": nn.Linear(d, w), "down": nn.Linear(w, d)})

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self.attn(x))
        y = self.mlp["down"](nn.functional.gelu(self.mlp["up"](x)))
        found: Tensor = self.norm2(x + y)
        return found


class Model(nn.Module):
    def __init__(self, layers: int, d: int, h: int, w: int, m: int, vocab: int, n: int) -> None:
        super().__init__()
        self.embed, self.position = nn.Embedding(vocab, d), nn.Embedding(n, d)
        self.norm = nn.LayerNorm(d)
        self.blocks = nn.Sequential(*(Block(n, d, h, w, m) for _ in range(layers)))

    def forward(self, tokens: Tensor) -> Tensor:
        found: Tensor = self.blocks(self.norm(self.embed(tokens) + self.position.weight))
        return found


def at(batch: int, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, sizes["n"])
    return At(sizes, lambda: Model(**sizes), lambda: [inputs], RULES)


CASE = Case(
    small=[
        at(2, layers=2, d=12, h=3, w=20, m=4, vocab=31, n=9),
        at(1, layers=1, d=4, h=1, w=3, m=1, vocab=7, n=1),
    ],
    published=125_625_600,  # RoBERTa-base without its pooler, with two 128 x 512 maps a layer
    own=at(1, layers=3, d=768, h=12, w=3072, m=128, vocab=50265, n=512),
    speed=at(1, layers=2, d=512, h=8, w=2048, m=64, vocab=4096, n=512),
)
