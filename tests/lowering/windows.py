"""Convolutions and pools by their sums, tap by tap, with settings for each axis."""

from collections.abc import Callable, Sequence
from itertools import product
from math import inf
from typing import TypeAlias

import torch
from attrs import frozen
from torch import Tensor

from tests.lowering.apply import Case

Settings: TypeAlias = tuple[tuple[str, int], ...]
AXES = {1: "w", 2: "hw", 3: "dhw"}


def per_axis(**values: Sequence[int]) -> Settings:
    """Settings of each axis by their names."""
    return tuple(
        (name if k == 0 else f"{name}_{AXES[len(given)][k]}", value)
        for name, given in values.items()
        for k, value in enumerate(given)
    )


@frozen
class Steps:
    """How a window moves along each axis."""

    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int = 1

    @property
    def settings(self) -> Settings:
        each = per_axis(stride=self.stride, pad=self.pad, dilation=self.dilation)
        return (*each, ("groups", self.groups))

    def source(self, window: Sequence[int], place: Sequence[int]) -> tuple[int, ...]:
        """Which element of the image an element of a window sees."""
        every = zip(place, window, self.stride, self.dilation, self.pad, strict=True)
        return tuple(s * q + d * k - pad for q, k, s, d, pad in every)


def steps(n: int, stride: int, pad: int, dilation: int, groups: int) -> Steps:
    """The same for all axes."""
    return Steps((stride,) * n, (pad,) * n, (dilation,) * n, groups)


def taps(
    window: Sequence[int], places: Sequence[int], image: Sequence[int], by: Steps
) -> Sequence[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
    """Elements of a window, places of it, and what is seen there inside of the image."""
    found = []
    for tap, place in product(product(*map(range, window)), product(*map(range, places))):
        seen = by.source(tap, place)
        if all(0 <= p < n for p, n in zip(seen, image, strict=True)):
            found.append((tap, place, seen))
    return found


def unit(shape: Sequence[int], place: Sequence[int]) -> Tensor:
    found = torch.zeros(tuple(shape), dtype=torch.float64)
    found[tuple(place)] = 1
    return found


def convolution(by: Steps) -> Callable[..., Tensor]:
    """y_(o, q) = sum over taps k and channels i of w_(o, i, k) x_(i, stride q + dilation k - pad) + b_o."""

    def formula(x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
        outs, ins, *window = kernel.shape
        sizes = zip(x.shape[1:], window, by.stride, by.pad, by.dilation, strict=True)
        places = [len(range(-p, n + p - d * (k - 1), s)) for n, k, s, p, d in sizes]
        rows = [torch.zeros(places, dtype=x.dtype) for _ in range(outs)]
        for tap, place, seen in taps(window, places, x.shape[1:], by):
            spot = unit(places, place)
            for o in range(outs):
                first = o // (outs // by.groups) * ins
                part = (
                    kernel[(o, slice(None), *tap)] * x[(slice(first, first + ins), *seen)]
                ).sum()
                rows[o] = rows[o] + spot * part
        found = torch.stack(rows)
        return found if bias is None else found + bias.reshape(outs, *[1] * len(window))

    return formula


def image(by: Steps, sizes: tuple[int, ...]) -> Callable[..., Tensor]:
    """The adjoint by its own sum: x_(j, p) = sum of w_(o, j, k) y_(o, q) over p = stride q + dilation k - pad."""

    def formula(y: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
        outs, ins, *window = kernel.shape
        rows = [torch.zeros(sizes, dtype=y.dtype) for _ in range(by.groups * ins)]
        for tap, place, seen in taps(window, y.shape[1:], sizes, by):
            spot = unit(sizes, seen)
            for o in range(outs):
                for i in range(ins):
                    channel = o // (outs // by.groups) * ins + i
                    rows[channel] = rows[channel] + spot * kernel[(o, i, *tap)] * y[(o, *place)]
        found = torch.stack(rows)
        return found if bias is None else found + bias.reshape(-1, *[1] * len(sizes))

    return formula


# ---- pools ------------------------------------------------------------------------------------


@frozen
class Window:
    """The window of a pool along each axis; `ceil` has those that only begin in the image too."""

    k: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    ceil: bool = False

    def starts(self, axis: int, size: int) -> list[int]:
        k, stride, pad = self.k[axis], self.stride[axis], self.pad[axis]
        last = size + pad - 1 if self.ceil else size + pad - k
        reached = size + pad - k
        found = []
        for start in range(-pad, last + 1, stride):
            found.append(start)
            if start >= reached:
                break
        return found


def pooled(
    by: Window, reduce: Callable[[Tensor], Tensor], outside: float
) -> Callable[[Tensor], Tensor]:
    """One axis after the other."""

    def formula(x: Tensor) -> Tensor:
        for axis, (k, pad) in enumerate(zip(by.k, by.pad, strict=True)):
            starts = by.starts(axis, x.shape[axis])
            moved = x.movedim(axis, -1)
            edge = torch.full((*moved.shape[:-1], pad), outside, dtype=x.dtype)
            far = torch.full((*moved.shape[:-1], pad + k), outside, dtype=x.dtype)
            wide = torch.cat((edge, moved, far), -1)
            parts = [reduce(wide[..., start + pad : start + pad + k]) for start in starts]
            x = torch.stack(parts, axis)
        return x

    return formula


def pool(op: str, size: str, result: str, *sets: Sequence[int]) -> Case:
    """A pool with windows, strides and padding of each axis."""
    by = Window(*map(tuple, sets), ceil=op.endswith("_ceil"))
    settings = per_axis(k=by.k, stride=by.stride, pad=by.pad)
    total = pooled(by, lambda x: x.sum(-1), 0.0)
    formulas = {
        "max": pooled(by, lambda x: x.amax(-1), -inf),
        "avg": pooled(by, lambda x: x.sum(-1) / x.shape[-1], 0.0),
        "inner": lambda x: total(x) / total(torch.ones_like(x)),
    }
    return Case(op, (size,), result, formulas[op.partition("_")[0]], settings)


# ---- cases ------------------------------------------------------------------------------------

ODD = {n: steps(n, 2, 1, 2, 2) for n in (1, 2, 3)}
PLAIN = {n: steps(n, 1, 0, 1, 1) for n in (1, 2, 3)}
DEEP = steps(2, 1, 2, 1, 4)
WIDE = Steps((1, 2), (0, 1), (2, 1))
THICK = Steps((1, 2, 1), (1, 0, 1), (1, 1, 2), 2)
THREE = ((3,), (2,), (1,))
TURNED = ((1, 2, 3), (1, 1, 2), (0, 0, 1))
EVEN = ((1, 2, 3), (1, 2, 2), (0, 0, 0))


def convolve(n: int, by: Steps, result: str, *arguments: str) -> Case:
    end = "_bias" if len(arguments) == 3 else ""
    return Case(f"convolve{n}d{end}", arguments, result, convolution(by), by.settings)


def adjoint(n: int, by: Steps, sizes: tuple[int, ...], result: str, *arguments: str) -> Case:
    whole = tuple(zip(AXES[n], sizes, strict=True))
    formula = image(by, sizes)
    end = "_bias" if len(arguments) == 3 else ""
    return Case(f"convolve{n}d_adjoint{end}", arguments, result, formula, (*whole, *by.settings))


CONVOLUTIONS = [
    convolve(1, ODD[1], "2,3", "4,7", "2,2,3"),
    convolve(1, PLAIN[1], "3,3", "2,4", "3,2,2"),
    convolve(1, ODD[1], "2,3", "4,7", "2,2,3", "2"),
    convolve(2, PLAIN[2], "3,2,3", "2,3,4", "3,2,2,2"),
    convolve(2, WIDE, "2,3,2", "2,5,4", "2,2,2,3"),
    convolve(2, ODD[2], "2,3,2", "4,5,4", "2,2,2,2", "2"),
    convolve(2, DEEP, "4,4,4", "4,2,2", "4,1,3,3", "4"),
    convolve(3, PLAIN[3], "1,1,1,1", "1,2,2,2", "1,1,2,2,2"),
    convolve(3, THICK, "2,2,2,2", "2,1,3,2", "2,1,2,1,2"),
    convolve(3, THICK, "2,2,2,2", "2,1,3,2", "2,1,2,1,2", "2"),
    adjoint(1, ODD[1], (7,), "4,7", "2,3", "2,2,3"),
    adjoint(1, PLAIN[1], (4,), "2,4", "3,3", "3,2,2"),
    adjoint(2, ODD[2], (5, 4), "4,5,4", "2,3,2", "2,2,2,2"),
    adjoint(2, DEEP, (2, 2), "4,2,2", "4,4,4", "4,1,3,3"),
    adjoint(2, WIDE, (5, 4), "2,5,4", "2,3,2", "2,2,2,3"),
    adjoint(3, THICK, (1, 3, 2), "2,1,3,2", "2,2,2,2", "2,1,2,1,2"),
    adjoint(1, ODD[1], (7,), "4,7", "2,3", "2,2,3", "4"),
    adjoint(2, WIDE, (5, 4), "2,5,4", "2,3,2", "2,2,2,3", "2"),
    adjoint(3, THICK, (1, 3, 2), "2,1,3,2", "2,2,2,2", "2,1,2,1,2", "2"),
]

POOLS = [
    pool("max_pool1d", "7", "4", *THREE),
    pool("max_pool1d_ceil", "6", "3", (2,), (2,), (0,)),
    pool("max_pool1d_ceil", "8", "4", (3,), (2,), (0,)),
    pool("max_pool2d", "5,4", "3,3", (3, 2), (2, 2), (1, 1)),
    pool("max_pool2d_ceil", "4,5", "2,3", (3, 3), (2, 2), (0, 1)),
    pool("max_pool3d", "2,3,4", "2,2,2", *TURNED),
    pool("max_pool3d_ceil", "2,3,4", "2,2,2", *EVEN),
    pool("avg_pool1d", "7", "4", *THREE),
    pool("avg_pool2d", "5,4", "3,3", (3, 2), (2, 2), (1, 1)),
    pool("avg_pool3d", "2,3,4", "2,2,2", *TURNED),
    pool("inner_pool1d", "7", "4", *THREE),
    pool("inner_pool1d_ceil", "6", "4", *THREE),
    pool("inner_pool2d", "5,4", "3,3", (3, 2), (2, 2), (1, 1)),
    pool("inner_pool2d_ceil", "4,5", "2,3", (3, 3), (2, 2), (0, 1)),
    pool("inner_pool3d", "2,3,4", "2,2,2", *TURNED),
    pool("inner_pool3d_ceil", "2,3,4", "2,2,2", *EVEN),
]
