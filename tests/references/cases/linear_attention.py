"""Linear attention, transcribed as the recurrent network of the paper: equations (16) to (20)."""

import torch
from torch import Tensor, nn

from tests.references.case import At, Case, indices
from tests.references.harness import Rule

RULES = [
    Rule(r"(embed|position)\.weight", r"\1.weight"),
    Rule(r"((?:blocks|norm|head)\.[\w.]+)", r"\1"),
]


def feature(x: Tensor) -> Tensor:
    return torch.where(x > 0, x + 1, torch.exp(x))


class Attention(nn.Module):
    """The state s and the normaliser z, one token after the other."""

    def __init__(self, d: int, h: int) -> None:
        super().__init__()
        self.h = h
        self.q, self.k, self.v, self.out = (nn.Linear(d, d) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        heads = []
        for q, k, v in zip(
            *(part(x).chunk(self.h, -1) for part in (self.q, self.k, self.v)), strict=True
        ):
            s = torch.zeros(*k[:, 0].shape, v.shape[-1], dtype=x.dtype)
            z = torch.zeros_like(k[:, 0])
            rows = []
            for i in range(x.shape[1]):
                s = s + feature(k[:, i])[:, :, None] * v[:, i][:, None, :]
                z = z + feature(k[:, i])
                top = (feature(q[:, i])[:, None] @ s)[:, 0]
                rows.append(top / ((feature(q[:, i]) * z).sum(-1, keepdim=True) + 1e-6))
            heads.append(torch.stack(rows, 1))
        found: Tensor = self.out(torch.cat(heads, -1))
        return found


class Block(nn.Module):
    def __init__(self, d: int, h: int, w: int) -> None:
        super().__init__()
        self.attn = Attention(d, h)
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.mlp = nn.ModuleDict({"up": nn.Linear(d, w), "down": nn.Linear(w, d)})

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self.attn(x))
        y = self.mlp["down"](nn.functional.gelu(self.mlp["up"](x)))
        found: Tensor = self.norm2(x + y)
        return found


class Model(nn.Module):
    def __init__(self, layers: int, d: int, h: int, w: int, levels: int, context: int) -> None:
        super().__init__()
        self.embed, self.position = nn.Embedding(levels, d), nn.Embedding(context, d)
        self.blocks = nn.Sequential(*(Block(d, h, w) for _ in range(layers)))
        self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, levels)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens) + self.position.weight[: tokens.shape[1]]
        found: Tensor = self.head(self.norm(self.blocks(x)))
        return found


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = indices(sizes["levels"], batch, tokens)
    return At(sizes, lambda: Model(**sizes), lambda: [inputs], RULES)


CASE = Case(
    small=[
        at(2, 7, layers=2, d=12, h=3, w=20, levels=31, context=9),
        at(1, 1, layers=1, d=4, h=1, w=3, levels=5, context=1),
    ],
    published=6_650_624,  # of the equations at these sizes
    own=at(1, 49, layers=8, d=256, h=8, w=1024, levels=256, context=784),
    speed=at(1, 196, layers=2, d=128, h=8, w=512, levels=256, context=784),
)
