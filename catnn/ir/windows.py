"""Windows over the spatial axes of an image, and their settings for each axis.

A setting of the first axis has a plain name; those of the others carry the name
of the axis: `stride`, `stride_w`.
"""

import re
from collections.abc import Sequence
from typing import cast

from catnn.ir.terms import Apply
from catnn.types.dims import Dim

AXES: dict[int, tuple[str, ...]] = {1: ("w",), 2: ("h", "w"), 3: ("d", "h", "w")}
"""The spatial axes of an image with so many of them, outermost first."""

POOLS = tuple(
    f"{name}{n}d{end}"
    for n in AXES
    for name, ends in (
        ("max_pool", ("", "_ceil")),
        ("avg_pool", ("",)),
        ("inner_pool", ("", "_ceil")),
    )
    for end in ends
)
"""All means and maxima of windows; `_ceil` has windows that only begin in the image too."""

RESAMPLED = (
    *(f"{name}{n}d" for n in AXES for name in ("linear_resize", "adaptive_avg_pool")),
    "bicubic_resize2d",
)
"""Linear maps to another number of elements, along each axis by itself."""
ADAPTIVE = (*RESAMPLED, *(f"adaptive_max_pool{n}d" for n in AXES))
"""What gives the number of elements that its settings say."""

PADS = tuple(
    f"{kind}_padding{n}d" for n in AXES for kind in ("zero", "reflect", "replicate", "circular")
)
"""More elements around an image; `zero`, or what the image has elsewhere."""


def named(setting: str, axes: Sequence[str]) -> list[str]:
    """A setting of each axis by its name."""
    return [setting, *(f"{setting}_{axis}" for axis in axes[1:])]


def count(apply: Apply) -> int:
    """How many axes the windows of a primitive run over: 2 for `convolve2d_bias`."""
    found = re.search(r"(\d)d", apply.op)
    assert found is not None, apply.op
    return int(found[1])


def setting(apply: Apply, name: str) -> Dim:
    """A size among the attributes."""
    return Dim.of(cast("Dim | int", apply.attr(name)))


def each(apply: Apply, name: str) -> list[Dim]:
    """A setting of all axes."""
    return [setting(apply, key) for key in named(name, AXES[count(apply)])]


def convolved(apply: Apply, sizes: Sequence[Dim], window: Sequence[Dim]) -> list[Dim]:
    """The sizes that a convolution makes of some: (n + 2 pad - dilation (k - 1) - 1) // stride + 1."""
    settings = (each(apply, name) for name in ("stride", "pad", "dilation"))
    return [
        (n + 2 * pad - dilation * (k - 1) - 1) // stride + 1
        for n, k, stride, pad, dilation in zip(sizes, window, *settings, strict=True)
    ]


def pooled(apply: Apply, sizes: Sequence[Dim]) -> list[Dim]:
    """The sizes that pooling makes of some; of `_ceil`, windows that only begin inside count too."""
    settings = (each(apply, name) for name in ("k", "stride", "pad"))
    ceil = apply.op.endswith("_ceil")
    return [
        (n + 2 * pad - k + (stride - 1 if ceil else 0)) // stride + 1
        for n, k, stride, pad in zip(sizes, *settings, strict=True)
    ]


__all__ = [
    "ADAPTIVE",
    "AXES",
    "PADS",
    "POOLS",
    "RESAMPLED",
    "convolved",
    "count",
    "each",
    "named",
    "pooled",
    "setting",
]
