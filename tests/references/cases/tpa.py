"""Tensor product attention, transcribed token by token: each head of each token is a mean of scaled vectors."""

import math

import torch
from torch import Tensor, nn

from tests.references.case import At, Case, indices
from tests.references.harness import Rule

RULES = [
    Rule(r"embed\.weight", "embed"),
    Rule(r"(blocks\.\d+\.\w+\.weight|norm\.weight)", r"\1"),
    Rule(r"(blocks\.\d+\.(?:attn|mlp)\.[\w.]+)", r"\1"),
]


def turned(vector: Tensor, place: int) -> Tensor:
    """Pairs (j, j + e / 2) turned by place / 10000^(2 j / e)."""
    e = len(vector)
    whole = torch.complex(vector[: e // 2], vector[e // 2 :])
    angles = [place * 10000 ** (-2 * j / e) for j in range(e // 2)]
    turns = [complex(math.cos(a), math.sin(a)) for a in angles]
    whole = whole * torch.tensor(turns, dtype=torch.complex128).to(whole.dtype)
    return torch.cat((whole.real, whole.imag))


class Factors(nn.Module):
    def __init__(self, d: int, h: int, e: int, r: int) -> None:
        super().__init__()
        self.a = nn.Linear(d, r * h, bias=False)
        self.b = nn.Linear(d, r * e, bias=False)
        self.h, self.e, self.r = h, e, r

    def forward(self, token: Tensor, place: int | None) -> Tensor:
        """[h, e] for one token."""
        a, b = self.a(token), self.b(token)
        heads = []
        for head in range(self.h):
            parts = []
            for k in range(self.r):
                vector = b[k * self.e : (k + 1) * self.e]
                vector = vector if place is None else turned(vector, place)
                parts.append(a[k * self.h + head] * vector)
            heads.append(torch.stack(parts).mean(0))
        return torch.stack(heads)


class Attention(nn.Module):
    def __init__(self, d: int, h: int, e: int, rq: int, r: int) -> None:
        super().__init__()
        self.q, self.k, self.v = Factors(d, h, e, rq), Factors(d, h, e, r), Factors(d, h, e, r)
        self.out = nn.Linear(h * e, d, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        q, k = (
            torch.stack([f(token, i) for i, token in enumerate(x)]).transpose(0, 1)
            for f in (self.q, self.k)
        )
        v = torch.stack([self.v(token, None) for token in x]).transpose(0, 1)
        seen = nn.functional.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)
        found: Tensor = self.out(seen[0].transpose(0, 1).flatten(1))
        return found


class Gated(nn.Module):
    def __init__(self, d: int, w: int) -> None:
        super().__init__()
        self.gate, self.up = nn.Linear(d, w, bias=False), nn.Linear(d, w, bias=False)
        self.down = nn.Linear(w, d, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.down(nn.functional.silu(self.gate(x)) * self.up(x))
        return found


class Block(nn.Module):
    def __init__(self, d: int, h: int, e: int, rq: int, r: int, w: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.RMSNorm(d, 1e-6), nn.RMSNorm(d, 1e-6)
        self.attn, self.mlp = Attention(d, h, e, rq, r), Gated(d, w)

    def forward(self, x: Tensor) -> Tensor:
        x = x + torch.stack([self.attn(item) for item in self.norm1(x)])
        found: Tensor = x + self.mlp(self.norm2(x))
        return found


class Model(nn.Module):
    def __init__(
        self, layers: int, d: int, h: int, e: int, rq: int, r: int, w: int, vocab: int
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, d)
        self.blocks = nn.Sequential(*(Block(d, h, e, rq, r, w) for _ in range(layers)))
        self.norm = nn.RMSNorm(d, 1e-6)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.norm(self.blocks(self.embed(tokens))) @ self.embed.weight.T


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, tokens)
    return At(sizes, lambda: Model(**sizes), lambda: [inputs], RULES)


CASE = Case(
    small=[
        at(2, 5, layers=2, d=10, h=3, e=4, rq=5, r=2, w=13, vocab=31),
        at(1, 1, layers=1, d=4, h=1, e=2, rq=1, r=1, w=3, vocab=7),
    ],
    published=109_357_824,  # of the equations at these sizes
    speed=at(2, 32, layers=2, d=128, h=4, e=32, rq=6, r=2, w=256, vocab=512),
)
