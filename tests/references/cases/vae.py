"""A variational autoencoder as equations (8) to (12) of its paper, with one sample of `torch.randn`."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, Inputs
from tests.references.harness import Rule


class VAE(Module):
    """Bernoulli decoder, Gaussian encoder; each density is written out."""

    def __init__(self, hidden: int, latent: int, pixels: int) -> None:
        super().__init__()
        sizes = {
            "w3": (pixels, hidden), "w4": (hidden, latent), "w5": (hidden, latent),
            "w1": (latent, hidden), "w2": (hidden, pixels),
        }  # fmt: skip
        self.weights = nn.ParameterDict({k: 0.1 * torch.randn(o, i) for k, (i, o) in sizes.items()})
        self.biases = nn.ParameterDict({k: 0.1 * torch.randn(o) for k, (_, o) in sizes.items()})

    def affine(self, name: str, x: Tensor) -> Tensor:
        return torch.einsum("bi,oi->bo", x, self.weights[name]) + self.biases[name]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.affine("w3", x).tanh()
        mean, deviation = self.affine("w4", h), (0.5 * self.affine("w5", h)).exp()
        z = mean + deviation * torch.randn_like(mean)
        y = 1 / (1 + (-self.affine("w2", self.affine("w1", z).tanh())).exp())
        likelihood = (x * y.log() + (1 - x) * (1 - y).log()).sum(1)
        divergence = -0.5 * (1 + 2 * deviation.log() - mean**2 - deviation**2).sum(1)
        return y, divergence - likelihood


RULES = [
    Rule(rf"{kind}\.{theirs}", f"{ours}.{leaf}")
    for kind, leaf in (("weights", "weight"), ("biases", "bias"))
    for theirs, ours in {
        "w1": "decoder", "w2": "head", "w3": "encoder", "w4": "mean", "w5": "log_variance"
    }.items()
]  # fmt: skip


def images(batch: int, pixels: int) -> Inputs:
    """Pixels between 0 and 1."""
    draw = torch.Generator().manual_seed(3)
    return [torch.rand(batch, pixels, generator=draw, dtype=torch.float64)]


def at(batch: int, hidden: int, latent: int, pixels: int) -> At:
    sizes = {"hidden": hidden, "latent": latent, "pixels": pixels}
    return At(sizes, lambda: VAE(**sizes), lambda: images(batch, pixels), RULES)


CASE = Case(
    small=[at(5, 11, 3, 14)],
    published=784 * 500 + 500 + 2 * (500 * 20 + 20) + 20 * 500 + 500 + 500 * 784 + 784,
    own=at(2, 500, 20, 784),
    speed=at(4096, 500, 20, 784),
    wide=at(2, 300, 30, 400),
)
