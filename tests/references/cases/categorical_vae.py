"""A categorical autoencoder with `F.gumbel_softmax`, which draws exponential noise too; the divergence by torch.distributions."""

import torch
from torch import Tensor, distributions, nn
from torch.nn import Module
from torch.nn import functional as F

from tests.references.case import At, Case, Inputs
from tests.references.harness import Rule


class CategoricalVAE(Module):
    def __init__(
        self, variables: int, classes: int, w: tuple[int, int], tau: float, pixels: int
    ) -> None:
        super().__init__()
        self.shape, self.tau = (variables, classes), tau
        size = variables * classes
        self.encode = nn.Sequential(
            nn.Linear(pixels, w[0]), nn.ReLU(), nn.Linear(w[0], w[1]), nn.ReLU(), nn.Linear(w[1], size)
        )  # fmt: skip
        self.decode = nn.Sequential(
            nn.Linear(size, w[1]), nn.ReLU(), nn.Linear(w[1], w[0]), nn.ReLU(), nn.Linear(w[0], pixels)
        )  # fmt: skip

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.encode(x).unflatten(1, self.shape)
        sample = F.gumbel_softmax(logits, self.tau)
        y = self.decode(sample.flatten(1))
        uniform = distributions.Categorical(logits=torch.zeros_like(logits))
        divergence = distributions.kl_divergence(distributions.Categorical(logits=logits), uniform)
        lost = F.binary_cross_entropy_with_logits(y, x, reduction="none").sum(1)
        return y.sigmoid(), lost + divergence.sum(1)


RULES = [
    Rule(r"encode\.0\.(\w+)", r"encoder.0.\1"),
    Rule(r"encode\.2\.(\w+)", r"encoder.1.\1"),
    Rule(r"encode\.4\.(\w+)", r"logits.\1"),
    Rule(r"decode\.0\.(\w+)", r"decoder.0.\1"),
    Rule(r"decode\.2\.(\w+)", r"decoder.1.\1"),
    Rule(r"decode\.4\.(\w+)", r"head.\1"),
]


def images(batch: int, pixels: int) -> Inputs:
    draw = torch.Generator().manual_seed(3)
    return [torch.rand(batch, pixels, generator=draw, dtype=torch.float64)]


def at(batch: int, variables: int, classes: int, w: tuple[int, int], tau: float, pixels: int) -> At:
    sizes = {"variables": variables, "classes": classes, "w": w, "tau": tau, "pixels": pixels}
    return At(
        sizes,
        lambda: CategoricalVAE(variables, classes, w, tau, pixels),
        lambda: images(batch, pixels),
        RULES,
    )


# By hand: 784, 512, 256 and 300 numbers, and back.
CASE = Case(
    small=[at(4, 3, 5, (9, 7), 0.7, 11)],
    published=785 * 512 + 513 * 256 + 257 * 300 + 301 * 256 + 257 * 512 + 513 * 784,
    own=at(2, 30, 10, (512, 256), 1.0, 784),
    speed=at(2048, 30, 10, (512, 256), 1.0, 784),
    wide=at(2, 9, 10, (300, 200), 1.0, 90),
)
