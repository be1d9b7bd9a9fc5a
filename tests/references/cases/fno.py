"""The Fourier neural operator of two dimensions, written as its authors write it: channels last, spectra that are filled.

Its parameters are counted as they count them, a complex number as one: 1 188 353.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.references.case import At, Case, reals
from tests.references.harness import Rule

RULES = [
    Rule(r"fc0\.(\w+)", r"lift.conv.\1", lambda leaf: leaf[..., None, None] if leaf.dim() == 2 else leaf),
    Rule(r"fc1\.(\w+)", r"up.conv.\1", lambda leaf: leaf[..., None, None] if leaf.dim() == 2 else leaf),
    Rule(r"fc2\.(\w+)", r"down.conv.\1", lambda leaf: leaf[..., None, None] if leaf.dim() == 2 else leaf),
]  # fmt: skip


class Fourier(nn.Module):
    def __init__(self, layers: int, width: int, modes: int, beyond: int, hidden: int) -> None:
        super().__init__()
        self.modes, self.beyond = modes, beyond
        self.fc0 = nn.Linear(3, width)
        shape = (layers, 2, width, width, modes, modes, 2)
        self.spectra = nn.ParameterList(
            nn.Parameter(torch.rand(shape[2:]) / width**2) for _ in range(2 * layers)
        )
        self.w = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in range(layers))
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, 1)

    def spectral(self, x: Tensor, first: Tensor, second: Tensor) -> Tensor:
        k, spectrum = self.modes, torch.fft.rfft2(x)
        found = torch.zeros_like(spectrum)
        one, two = torch.view_as_complex(first), torch.view_as_complex(second)
        found[:, :, :k, :k] = torch.einsum("bixy,ioxy->boxy", spectrum[:, :, :k, :k], one)
        found[:, :, -k:, :k] = torch.einsum("bixy,ioxy->boxy", spectrum[:, :, -k:, :k], two)
        return torch.fft.irfft2(found, s=x.shape[-2:])

    def forward(self, a: Tensor) -> Tensor:
        rows, columns = (torch.linspace(0, 1, n, dtype=a.dtype) for n in a.shape[-2:])
        grid = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), -1)
        x = torch.cat((a[..., None], grid.expand(len(a), -1, -1, -1)), -1)
        x = F.pad(self.fc0(x).permute(0, 3, 1, 2), [0, self.beyond, 0, self.beyond])
        for k, local in enumerate(self.w):
            x = self.spectral(x, self.spectra[2 * k], self.spectra[2 * k + 1]) + local(x)
            x = F.gelu(x) if k + 1 < len(self.w) else x
        x = x[..., : a.shape[-2], : a.shape[-1]].permute(0, 2, 3, 1)
        found: Tensor = self.fc2(F.gelu(self.fc1(x)))[..., 0]
        return found


def at(batch: int, h: int, w: int, **sizes: int) -> At:
    rules = [*RULES]
    for k in range(sizes["layers"]):
        layer = "last" if k + 1 == sizes["layers"] else f"blocks.{k}"
        rules.append(Rule(rf"w\.{k}\.(\w+)", rf"{layer}.local.conv.\1"))
        for j in range(2):
            rules.append(Rule(rf"spectra\.{2 * k + j}", f"{layer}.spectral.weight{j + 1}"))
    return At(sizes, lambda: Fourier(**sizes), lambda: [reals(batch, h, w)], rules)


SIZES = {"layers": 4, "width": 32, "modes": 12, "beyond": 9, "hidden": 128}

CASE = Case(
    small=[
        at(2, 6, 5, layers=3, width=4, modes=2, beyond=2, hidden=5),
        at(1, 7, 4, layers=1, width=2, modes=1, beyond=1, hidden=3),
    ],
    # Pairs of reals: each of the 4 * 2 * 32 * 32 * 12 * 12 complex numbers is two.
    published=1_188_353 + 4 * 2 * 32 * 32 * 12 * 12,
    own=at(1, 85, 85, **SIZES),
    speed=at(2, 85, 85, **SIZES),
    wide=at(1, 16, 16, layers=2, width=48, modes=5, beyond=3, hidden=64),
    begins_otherwise=r"down\.conv\.bias",  # one number, which has no spread
)
