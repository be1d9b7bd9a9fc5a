"""The loss of a bilinear autoencoder with the d x d matrices that it is about."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class Bilinear(Module):
    def __init__(self, latents: int, d: int) -> None:
        super().__init__()
        self.left = nn.Parameter(torch.randn(latents, d) / d**0.5)
        self.right = nn.Parameter(torch.randn(latents, d) / d**0.5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        forms = [torch.outer(a, b) for a, b in zip(self.left, self.right, strict=True)]
        found, lost = [], []
        for one in x:
            square = torch.outer(one, one)
            f = torch.stack([(form * square).sum() for form in forms])
            made = sum(v * (form + form.T) / 2 for v, form in zip(f, forms, strict=True))
            found.append(f)
            lost.append(((square - made) ** 2).sum())
        return torch.stack(found), torch.stack(lost)


RULES = [Rule("(left|right)", r"\1")]


def at(batch: int, latents: int, d: int) -> At:
    sizes = {"latents": latents, "d": d}
    return At(sizes, lambda: Bilinear(**sizes), lambda: [reals(batch, d)], RULES)


CASE = Case(
    small=[at(3, 7, 4), at(2, 3, 5)],
    published=2 * 2048 * 512,
    wide=at(2, 200, 90),
)
