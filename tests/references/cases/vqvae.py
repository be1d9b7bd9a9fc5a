"""A vector-quantised autoencoder with `torch.cdist` and the gradient of the codes put through by hand."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class Block(Module):
    def __init__(self, d: int) -> None:
        super().__init__()
        self.wide, self.point = nn.Conv2d(d, d, 3, padding=1), nn.Conv2d(d, d, 1)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.point(self.wide(x.relu()).relu())
        return found


class Through(torch.autograd.Function):
    """The code on the way there, its gradient to what it stands for on the way back."""

    @staticmethod
    def forward(ctx: object, z: Tensor, q: Tensor) -> Tensor:
        return q.clone()

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


class VQVAE(Module):
    def __init__(self, d: int, k: int, beta: float) -> None:
        super().__init__()
        self.beta = beta
        self.down = nn.ModuleList([nn.Conv2d(3, d, 4, 2, 1), nn.Conv2d(d, d, 4, 2, 1)])
        self.encode = nn.ModuleList([Block(d), Block(d)])
        self.codes = nn.Parameter(torch.empty(k, d).uniform_(-1 / k, 1 / k))
        self.decode = nn.ModuleList([Block(d), Block(d)])
        self.up = nn.ModuleList(
            [nn.ConvTranspose2d(d, d, 4, 2, 1), nn.ConvTranspose2d(d, 3, 4, 2, 1)]
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        z = self.down[1](self.down[0](x).relu())
        for block in self.encode:
            z = block(z)
        rows = z.permute(0, 2, 3, 1)
        nearest = torch.cdist(rows.flatten(0, 2), self.codes).argmin(1)
        q = self.codes[nearest].view_as(rows)
        apart = ((rows.detach() - q) ** 2 + self.beta * (rows - q.detach()) ** 2).flatten(1).sum(1)
        y = Through.apply(rows, q).permute(0, 3, 1, 2)
        for block in self.decode:
            y = block(y)
        y = self.up[1](self.up[0](y).relu())
        return y, ((y - x) ** 2).flatten(1).sum(1) + apart


RULES = [
    Rule(r"down\.0\.(\w+)", r"down1.\1"),
    Rule(r"down\.1\.(\w+)", r"down2.\1"),
    Rule(r"up\.0\.(\w+)", r"up1.\1"),
    Rule(r"up\.1\.(\w+)", r"up2.\1"),
    Rule("codes", "quantise.codes"),
    Rule(r"(en|de)code\.(\d)\.wide\.(\w+)", r"\1coder.\2.first.\3"),
    Rule(r"(en|de)code\.(\d)\.point\.(\w+)", r"\1coder.\2.second.\3"),
]


def at(batch: int, h: int, w: int, d: int, k: int, beta: float) -> At:
    sizes = {"d": d, "k": k, "beta": beta}
    return At(sizes, lambda: VQVAE(d, k, beta), lambda: [reals(batch, 3, h, w)], RULES)


# By hand: 4 x 4 maps down and up, four residual blocks of a 3 x 3 and a 1 x 1 map, and the codes.
CASE = Case(
    small=[at(2, 12, 8, 6, 5, 0.4)],
    published=(3 * 16 + 1) * 256 + 2 * (256 * 16 + 1) * 256 + 4 * (256 * 9 + 1 + 256 + 1) * 256
    + 512 * 256 + 256 * 16 * 3 + 3,
    own=at(1, 32, 32, 256, 512, 0.25),
    speed=at(1, 64, 64, 256, 512, 0.25),
    wide=at(1, 8, 8, 60, 90, 0.25),
)  # fmt: skip
