"""Fourier transforms by their sums: a matrix of roots of unity for each axis."""

from collections.abc import Callable
from math import pi

import torch
from torch import Tensor

from tests.lowering.apply import Case


def roots(n: int, sign: int) -> Tensor:
    """exp(sign * 2 pi i j k / n) at (j, k)."""
    grid = torch.arange(n, dtype=torch.float64)
    return torch.polar(
        torch.ones(n, n, dtype=torch.float64), sign * 2 * pi * torch.outer(grid, grid) / n
    )


def along(n: int, sign: int) -> Callable[[Tensor], Tensor]:
    """The transform of the last n axes; inverse ones divide."""

    def formula(x: Tensor) -> Tensor:
        y = x.to(torch.complex128)
        for axis in range(-n, 0):
            size = x.shape[axis]
            turned = y.movedim(axis, -1) @ roots(size, sign)
            y = (turned / size if sign > 0 else turned).movedim(-1, axis)
        return y

    return formula


def half(n: int) -> Callable[[Tensor], Tensor]:
    whole = along(n, -1)
    return lambda x: whole(x)[..., : x.shape[-1] // 2 + 1]


def from_half(n: int, size: int) -> Callable[[Tensor], Tensor]:
    """Frequencies that are not given are conjugates: each weighs twice but for 0 and a middle one."""
    inverse = along(n - 1, 1)

    def formula(y: Tensor) -> Tensor:
        first = y.movedim(-1, 0)
        columns = torch.stack([inverse(column) if n > 1 else column for column in first], -1)
        k = torch.arange(columns.shape[-1], dtype=torch.float64)
        turns = 2 * pi * torch.outer(k, torch.arange(size, dtype=torch.float64)) / size
        weight = torch.where((k == 0) | (2 * k == size), 1.0, 2.0)[:, None].double() / size
        return columns.real @ (weight * turns.cos()) - columns.imag @ (weight * turns.sin())

    return formula


FOURIER = [
    Case("rfft", ("5",), "complex:3", half(1)),
    Case("rfft", ("1",), "complex:1", half(1)),
    Case("rfft2", ("3,4",), "complex:3,3", half(2)),
    Case("fft", ("complex:5",), "complex:5", along(1, -1)),
    Case("fft", ("4",), "complex:4", along(1, -1)),
    Case("ifft", ("complex:3",), "complex:3", along(1, 1)),
    Case("fft2", ("complex:3,2",), "complex:3,2", along(2, -1)),
    Case("ifft2", ("complex:1,5",), "complex:1,5", along(2, 1)),
    Case("irfft", ("complex:3",), "5", from_half(1, 5), (("n", 5),)),
    Case("irfft", ("complex:3",), "4", from_half(1, 4), (("n", 4),)),
    Case("irfft", ("complex:1",), "1", from_half(1, 1), (("n", 1),)),
    Case("irfft2", ("complex:3,3",), "3,4", from_half(2, 4), (("h", 3), ("w", 4))),
    Case("irfft2", ("complex:2,2",), "2,3", from_half(2, 3), (("h", 2), ("w", 3))),
    Case("real_part", ("complex:",), "", lambda z: (z + z.conj()).real / 2),
    Case("imaginary_part", ("complex:",), "", lambda z: (-0.5j * (z - z.conj())).real),
    Case("as_complex", ("2",), "complex:", lambda x: x[0] + 1j * x[1]),
    Case("as_reals", ("complex:",), "2", lambda z: torch.stack((z.real, z.imag))),
]
