"""Sparse transformers, transcribed: masks from the sets of the paper, torch.nn.MultiheadAttention."""

import torch
from torch import Tensor, nn

from tests.references.case import At, Case, indices
from tests.references.harness import Rule

PART = r"blocks\.(\d+)\.(near|far)"
QKV = tuple(rf"blocks.\1.\2.attn.{part}.\3" for part in "qkv")
RULES = [
    Rule(r"(embed|row|column)\.weight", r"\1"),
    Rule(rf"{PART}\.attn\.in_proj_(\w+)", QKV),
    Rule(rf"{PART}\.attn\.out_proj\.(\w+)", r"blocks.\1.\2.attn.out.\3"),
    Rule(rf"{PART}\.(norm\d|mlp\.\w+)\.(\w+)", r"blocks.\1.\2.\3.\4"),
    Rule(r"(norm|head)\.(\w+)", r"\1.\2"),
]


def near(i: int, size: int) -> set[int]:
    return {j for j in range(i + 1) if j // size == i // size}


def far(i: int, size: int, c: int) -> set[int]:
    """The summaries of all blocks so far, and the place itself."""
    return {j for j in range(i + 1) if j % size in range(size - c, size)} | {i}


def hidden(seen: list[set[int]]) -> Tensor:
    """True where a key is not seen, as MultiheadAttention wants it."""
    return torch.tensor([[j not in keys for j in range(len(seen))] for keys in seen])


class Wide(nn.Module):
    def __init__(self, d: int, w: int) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(d, w), nn.Linear(w, d)

    def forward(self, x: Tensor) -> Tensor:
        y = self.up(x)
        found: Tensor = self.down(y / (1 + torch.exp(-1.702 * y)))
        return found


class Block(nn.Module):
    def __init__(self, d: int, h: int, w: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.attn = nn.MultiheadAttention(d, h, batch_first=True)
        self.mlp = Wide(d, w)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        y = self.norm1(x)
        x = x + self.attn(y, y, y, attn_mask=mask, need_weights=False)[0]
        found: Tensor = x + self.mlp(self.norm2(x))
        return found


class Model(nn.Module):
    def __init__(
        self, pairs: int, d: int, h: int, w: int, vocab: int, size: int, c: int, rows: int
    ) -> None:
        super().__init__()
        self.size, self.c = size, c
        self.embed, self.row = nn.Embedding(vocab, d), nn.Embedding(rows, d)
        self.column = nn.Embedding(size, d)
        self.blocks = nn.ModuleList(
            nn.ModuleDict({"near": Block(d, h, w), "far": Block(d, h, w)}) for _ in range(pairs)
        )
        self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, vocab)

    def forward(self, tokens: Tensor) -> Tensor:
        n = tokens.shape[1]
        masks = {
            "near": hidden([near(i, self.size) for i in range(n)]),
            "far": hidden([far(i, self.size, self.c) for i in range(n)]),
        }
        places = torch.arange(n)
        x = self.embed(tokens) + self.row(places // self.size) + self.column(places % self.size)
        for pair in self.blocks:
            for name, mask in masks.items():
                x = pair[name](x, mask)  # type: ignore[index]
        found: Tensor = self.head(self.norm(x))
        return found


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, tokens)
    return At(sizes, lambda: Model(**sizes), lambda: [inputs], RULES)


CASE = Case(
    small=[
        at(2, 11, pairs=2, d=12, h=3, w=20, vocab=31, size=4, c=1, rows=3),
        at(1, 9, pairs=1, d=6, h=2, w=9, vocab=7, size=3, c=2, rows=5),
    ],
    published=94_949_632,  # 95 million in the paper
    own=at(1, 200, pairs=4, d=512, h=8, w=2048, vocab=256, size=128, c=32, rows=96),
    speed=at(1, 256, pairs=2, d=256, h=8, w=1024, vocab=256, size=32, c=8, rows=8),
)
