"""What is made of Fourier transforms, against torch.fft used by hand."""

import math

import pytest
import torch
from torch import Tensor, nn

from tests.references.harness import Rule
from tests.std.support import NO_AND_TWO, Case, Function, compare, model

pytestmark = pytest.mark.torch


class Spectral(nn.Module):
    """The layer as its authors write it: an empty spectrum, in which the corners are filled."""

    def __init__(self, i: int, o: int, k: int, axes: int) -> None:
        super().__init__()
        self.o, self.k, self.axes = o, k, axes
        if axes == 1:
            self.weight = nn.Parameter(torch.rand(i, o, k, 2))
        else:
            self.weight1 = nn.Parameter(torch.rand(i, o, k, k, 2))
            self.weight2 = nn.Parameter(torch.rand(i, o, k, k, 2))

    def forward(self, x: Tensor) -> Tensor:
        k, sizes = self.k, x.shape[2:]
        places = [*sizes[:-1], sizes[-1] // 2 + 1]
        found = torch.zeros(len(x), self.o, *places, dtype=torch.complex128)
        if self.axes == 1:
            f = torch.fft.rfft(x)
            found[..., :k] = torch.einsum(
                "bik,iok->bok", f[..., :k], torch.view_as_complex(self.weight)
            )
            return torch.fft.irfft(found, n=sizes[0])
        f = torch.fft.rfft2(x)
        one, two = (torch.view_as_complex(w) for w in (self.weight1, self.weight2))
        found[..., :k, :k] = torch.einsum("bixy,ioxy->boxy", f[..., :k, :k], one)
        found[..., -k:, :k] = torch.einsum("bixy,ioxy->boxy", f[..., -k:, :k], two)
        return torch.fft.irfft2(found, s=tuple(sizes))


class Random(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weight", torch.randn(3, 2))

    def forward(self, x: Tensor) -> Tensor:
        turns = 2 * math.pi * x @ self.weight.mT
        return torch.cat((torch.cos(turns), torch.sin(turns)), -1)


def octaves(x: Tensor) -> Tensor:
    return torch.cat([f(2.0**j * x) for j in range(3) for f in (torch.sin, torch.cos)], -1)


def same(name: str) -> list[Rule]:
    return [Rule(r"(\w+)", rf"{name}.\1")]


CASES = [
    Case("fourier_mixing", "fourier_mixing", [("", (5, 4))], (5, 4), lambda: Function(lambda x: torch.fft.fft2(x).real)),
    Case("fourier_mixing of one", "fourier_mixing", [("", (1, 1))], (1, 1), lambda: Function(lambda x: x)),
    Case("spectral_conv1d", "spectral_conv1d[4, 2]", [("", (3, 7))], (4, 7), lambda: Spectral(3, 4, 2, 1), same("spectral_conv1d")),
    Case("spectral_conv1d up to the middle", "spectral_conv1d[2, 2]", [("", (3, 4))], (2, 4), lambda: Spectral(3, 2, 2, 1), same("spectral_conv1d")),
    Case("spectral_conv", "spectral_conv[4, 2]", [("", (3, 7, 5))], (4, 7, 5), lambda: Spectral(3, 4, 2, 2), same("spectral_conv")),
    Case("spectral_conv of even sizes", "spectral_conv[2, 1]", [("", (1, 4, 6))], (2, 4, 6), lambda: Spectral(1, 2, 1, 2), same("spectral_conv")),
    Case("random_fourier_features", "random_fourier_features[3]", [("", (2,))], (6,), Random, same("random_fourier_features")),
    Case("octaves", "octaves[3]", [("", (2,))], (12,), lambda: Function(octaves)),
]  # fmt: skip


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees_with_torch(case: Case, lead: str) -> None:
    compare(case, lead)


def test_transforms_are_those_of_numpy() -> None:
    """And there is no scaling but in the inverse."""
    import numpy as np

    text = "model m : [h, w] -> (complex[h, w // 2 + 1], [h, w]) = x => let y = rfft2(x); (y, irfft2[h, w](y))"
    x = torch.randn(5, 6, dtype=torch.float64)
    y, again = model(text).torch().double()(x)
    np.testing.assert_allclose(y.numpy(), np.fft.rfft2(x.numpy()), atol=1e-12)
    torch.testing.assert_close(again, x)


def test_costs_of_products_of_complex_numbers_are_those_of_torch() -> None:
    from torch.utils.flop_counter import FlopCounterMode

    ours = model("model m : [3, 8, 8] -> [4, 8, 8] = spectral_conv[4, 2]")
    with FlopCounterMode(display=False) as counter:
        ours.torch()(torch.randn(5, 3, 8, 8))
    assert ours.cost(batch=5).flops == counter.get_total_flops()
    assert ours.cost().parameters == 2 * 3 * 4 * 2 * 2 * 2
