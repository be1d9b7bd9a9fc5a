"""Matrix subspace projection as equations (5) to (9) of the paper, with the projectors as matrices."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class Subspace(Module):
    def __init__(self, labels: int, latent: int, w: int, pixels: int) -> None:
        super().__init__()
        self.m = nn.Parameter(nn.init.xavier_uniform_(torch.empty(labels, latent)))
        self.encode = nn.Sequential(nn.Linear(pixels, w), nn.ReLU(), nn.Linear(w, latent))
        self.decode = nn.Sequential(nn.Linear(latent, w), nn.ReLU(), nn.Linear(w, pixels))

    def forward(self, x: Tensor, y: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        z = self.encode(x)
        rest = z @ (torch.eye(z.shape[1], dtype=z.dtype) - self.m.T @ self.m)
        lost = (self.decode(z) - x).norm(dim=1) ** 2
        lost = lost + (z @ self.m.T - y).norm(dim=1) ** 2 + (z - y @ self.m).norm(dim=1) ** 2
        return self.decode(rest + wanted @ self.m), lost


RULES = [
    Rule("m", "m"),
    Rule(r"encode\.0\.(\w+)", r"down.\1"),
    Rule(r"encode\.2\.(\w+)", r"code.\1"),
    Rule(r"decode\.0\.(\w+)", r"decode.up.\1"),
    Rule(r"decode\.2\.(\w+)", r"decode.out.\1"),
]


def at(batch: int, labels: int, latent: int, w: int, pixels: int) -> At:
    sizes = {"labels": labels, "latent": latent, "w": w, "pixels": pixels}
    inputs = [reals(batch, pixels), reals(batch, labels, seed=4), reals(batch, labels, seed=5)]
    return At(sizes, lambda: Subspace(**sizes), lambda: inputs, RULES)


CASE = Case(
    small=[at(4, 3, 7, 9, 11)],
    published=40 * 256 + 785 * 512 + 513 * 256 + 257 * 512 + 513 * 784,
    own=at(2, 40, 256, 512, 784),
    wide=at(2, 30, 90, 200, 100),
)
