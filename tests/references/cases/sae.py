"""A k-sparse autoencoder that scatters its latents and multiplies by the whole dictionary."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class SAE(Module):
    def __init__(self, latents: int, k: int, d: int) -> None:
        super().__init__()
        self.k, self.b = k, nn.Parameter(torch.zeros(d))
        self.encode = nn.Linear(d, latents, bias=False)
        self.decode = nn.Linear(latents, d, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        before = self.encode(x - self.b)
        least = before.sort(1).values[:, -self.k].unsqueeze(1)
        z = torch.where(before >= least, before.relu(), torch.zeros_like(before))
        y = self.decode(z) + self.b
        return y, ((y - x) ** 2).mean(1)


RULES = [
    Rule("b", "centre"),
    Rule(r"encode\.weight", "encoder.weight"),
    Rule(r"decode\.weight", "directions", torch.t),
]


def at(batch: int, latents: int, k: int, d: int) -> At:
    sizes = {"latents": latents, "k": k, "d": d}
    return At(sizes, lambda: SAE(**sizes), lambda: [reals(batch, d)], RULES)


CASE = Case(
    small=[at(4, 13, 3, 5)],
    published=768 + 2 * 32768 * 768,
    own=at(3, 32768, 32, 768),
    speed=at(64, 32768, 32, 768),
)
