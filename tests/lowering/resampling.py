"""Resampling by the matrix of each axis, made from its definition."""

from collections.abc import Callable, Sequence
from math import ceil, floor

import torch
from torch import Tensor

from tests.lowering.apply import Case
from tests.lowering.windows import AXES, Steps, convolution, per_axis

Weights = Callable[[int, int, bool], Tensor]


def place(i: int, n: int, m: int, corners: bool) -> float:
    """Where element i of m stands among n."""
    if corners:
        return i * (n - 1) / (m - 1) if m > 1 else 0.0
    return (i + 0.5) * n / m - 0.5


def linear(n: int, m: int, corners: bool) -> Tensor:
    rows = torch.zeros(m, n, dtype=torch.float64)
    for i in range(m):
        at = max(place(i, n, m, corners), 0.0)
        low = min(floor(at), n - 1)
        rows[i, low] += 1 - (at - low)
        rows[i, min(low + 1, n - 1)] += at - low
    return rows


def cubic(n: int, m: int, corners: bool) -> Tensor:
    """Keys 1981, a = -3/4; places outside are those of the border."""
    a = -0.75

    def weight(t: float) -> float:
        t = abs(t)
        if t <= 1:
            return (a + 2) * t**3 - (a + 3) * t**2 + 1
        return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a

    rows = torch.zeros(m, n, dtype=torch.float64)
    for i in range(m):
        at = place(i, n, m, corners)
        for tap in range(floor(at) - 1, floor(at) + 3):
            rows[i, min(max(tap, 0), n - 1)] += weight(at - tap)
    return rows


def runs(n: int, m: int) -> list[range]:
    return [range(floor(i * n / m), ceil((i + 1) * n / m)) for i in range(m)]


def averages(n: int, m: int, corners: bool) -> Tensor:
    rows = torch.zeros(m, n, dtype=torch.float64)
    for i, run in enumerate(runs(n, m)):
        rows[i, list(run)] = 1 / len(run)
    return rows


def by_matrices(
    weights: Weights, sizes: Sequence[int], corners: bool
) -> Callable[[Tensor], Tensor]:
    def formula(x: Tensor) -> Tensor:
        for axis, m in enumerate(sizes):
            x = (x.movedim(axis, -1) @ weights(x.shape[axis], m, corners).mT).movedim(-1, axis)
        return x

    return formula


def greatest(sizes: Sequence[int]) -> Callable[[Tensor], Tensor]:
    def formula(x: Tensor) -> Tensor:
        for axis, m in enumerate(sizes):
            parts = [x.movedim(axis, 0)[list(run)].amax(0) for run in runs(x.shape[axis], m)]
            x = torch.stack(parts, axis)
        return x

    return formula


def case(op: str, given: str, *sizes: int, corners: bool = False) -> Case:
    attrs: tuple[tuple[str, int | bool], ...] = tuple(zip(AXES[len(sizes)], sizes, strict=True))
    weights = {"linear": linear, "bicubic": cubic, "adaptive": averages}[op.partition("_")[0]]
    formula = greatest(sizes) if "max" in op else by_matrices(weights, sizes, corners)
    if "resize" in op:
        attrs = (*attrs, ("corners", corners))
    return Case(op, (given,), ",".join(map(str, sizes)), formula, attrs)


def source(kind: str, p: int, n: int) -> int | None:
    """Which of n elements stands at p, which may be outside."""
    if kind == "zero":
        return p if 0 <= p < n else None
    if kind == "circular":
        return p % n
    if kind == "replicate":
        return min(max(p, 0), n - 1)
    return abs(p) if p < n else 2 * (n - 1) - p


def padded(kind: str, pairs: Sequence[tuple[int, int]]) -> Callable[[Tensor], Tensor]:
    def formula(x: Tensor) -> Tensor:
        for axis, (before, after) in enumerate(pairs):
            rows = x.movedim(axis, 0)
            places = [source(kind, p, len(rows)) for p in range(-before, len(rows) + after)]
            none = torch.zeros_like(rows[0])
            x = torch.stack([none if p is None else rows[p] for p in places], axis)
        return x

    return formula


def padding(op: str, given: str, result: str, *pairs: tuple[int, int]) -> Case:
    befores, afters = zip(*pairs, strict=True)
    settings = per_axis(before=befores, after=afters)
    return Case(op, (given,), result, padded(op.partition("_")[0], pairs), settings)


def columns(by: Steps, window: tuple[int, int]) -> Callable[[Tensor], Tensor]:
    """Channels, elements of a window, then its places."""

    def formula(x: Tensor) -> Tensor:
        identity = torch.eye(len(x) * window[0] * window[1], dtype=x.dtype)
        y = convolution(by)(x, identity.reshape(-1, len(x), *window))
        return y.reshape(len(x), *window, *y.shape[1:])

    return formula


def folded(
    by: Steps, window: tuple[int, int], sizes: tuple[int, ...]
) -> Callable[[Tensor], Tensor]:
    """The adjoint, from the columns of every unit image."""

    def formula(y: Tensor) -> Tensor:
        units = torch.eye(int(torch.tensor(sizes).prod()), dtype=y.dtype)
        each = [(columns(by, window)(u.reshape(sizes)) * y).sum() for u in units]
        return torch.stack(each).reshape(sizes)

    return formula


NEAR, FAR = Steps((1, 2), (0, 1), (2, 1)), Steps((1, 1), (0, 0), (1, 1))
SETS = (("k", 2), ("k_w", 3), *NEAR.settings[:-1])
PLAIN = (("k", 1), ("k_w", 2), *FAR.settings[:-1])

RESAMPLING = [
    padding("zero_padding1d", "3", "6", (1, 2)),
    padding("zero_padding2d", "2,3", "3,6", (0, 1), (1, 2)),
    padding("zero_padding3d", "2,1,3", "3,3,6", (0, 1), (1, 1), (1, 2)),
    padding("reflect_padding1d", "3", "6", (1, 2)),
    padding("reflect_padding2d", "2,3", "3,6", (0, 1), (1, 2)),
    padding("reflect_padding3d", "2,1,3", "3,1,6", (0, 1), (0, 0), (1, 2)),
    padding("replicate_padding1d", "1", "4", (1, 2)),
    padding("replicate_padding2d", "2,3", "3,6", (0, 1), (1, 2)),
    padding("replicate_padding3d", "2,1,3", "3,4,6", (0, 1), (2, 1), (1, 2)),
    padding("circular_padding1d", "3", "8", (2, 3)),
    padding("circular_padding2d", "2,3", "3,6", (0, 1), (1, 2)),
    padding("circular_padding3d", "2,1,3", "3,3,6", (0, 1), (1, 1), (1, 2)),
    Case("unfold2d", ("2,3,4",), "2,2,3,1,2", columns(NEAR, (2, 3)), SETS),
    Case("unfold2d", ("1,1,2",), "1,1,2,1,1", columns(FAR, (1, 2)), PLAIN),
    Case(
        "fold2d",
        ("2,2,3,1,2",),
        "2,3,4",
        folded(NEAR, (2, 3), (2, 3, 4)),
        (("h", 3), ("w", 4), *SETS),
    ),
    case("linear_resize1d", "5", 3),
    case("linear_resize1d", "1", 3, corners=True),
    case("linear_resize1d", "3", 1, corners=True),
    case("linear_resize2d", "3,4", 5, 2),
    case("linear_resize2d", "3,4", 5, 7, corners=True),
    case("linear_resize3d", "2,3,1", 3, 2, 2),
    case("bicubic_resize2d", "3,5", 7, 4),
    case("bicubic_resize2d", "5,3", 2, 7, corners=True),
    case("adaptive_avg_pool1d", "7", 3),
    case("adaptive_avg_pool2d", "5,3", 2, 4),
    case("adaptive_avg_pool3d", "3,2,5", 2, 1, 3),
    case("adaptive_max_pool1d", "7", 3),
    case("adaptive_max_pool2d", "5,3", 2, 4),
    case("adaptive_max_pool3d", "3,2,5", 2, 1, 3),
]
