"""The primitives on images: convolutions, pooling, resampling.

They are for one, two or three axes: `w`, `h w` and `d h w`. A setting of the
first axis is the default of the others, which carry the name of the axis:
`stride`, `stride_w`.
"""

import re
from collections.abc import Iterator, Sequence

from catnn.ir.windows import ADAPTIVE, AXES, PADS, POOLS, named
from catnn.prims.primitive import Primitive


def _rest(axes: Sequence[str], *settings: str) -> list[str]:
    """The settings of the other axes, which follow those of the first."""
    return [f"{name} = {s}" for axis in axes[1:] for s in settings for name in (f"{s}_{axis}",)]


def _convolution(n: int) -> Iterator[Primitive]:
    axes = AXES[n]
    own, window = ", ".join(axes), [f"k{axis}" for axis in axes]
    names = [named(setting, axes) for setting in ("stride", "pad", "dilation")]
    out = ", ".join(
        f"({axis} + 2 * {pad} - {dilation} * ({k} - 1) - 1) // {stride} + 1"
        for axis, k, stride, pad, dilation in zip(axes, window, *names, strict=True)
    )
    first = ["stride = 1", "pad = 0", "dilation = 1", "groups = 1"]
    settings = ", ".join([*first, *_rest(axes, "stride", "pad", "dilation")])
    positive = ", ".join(f"{name} >= 1" for name in (*names[0], *names[2]))
    kernel = ", ".join(window)
    given = f"[i, {own}], [o, i / groups, {kernel}]"
    facts = f"groups divides i, groups divides o, {positive}"
    source = f"torch.nn.Conv{n}d"
    yield Primitive(
        f"convolve{n}d",
        f"convolve{n}d[{settings}] : ({given}) -> [o, {out}] where {facts}",
        "cross-correlation of x with the kernel, zeros outside",
        {"multilinear"},
        source,
    )
    yield Primitive(
        f"convolve{n}d_bias",
        f"convolve{n}d_bias[{settings}] : ({given}, [o]) -> [o, {out}] where {facts}",
        f"convolve{n}d plus a bias per output channel",
        (),
        source,
    )
    yield Primitive(
        f"convolve{n}d_adjoint",
        f"convolve{n}d_adjoint[{own}, {settings}] : ([o, {out}], [o, j, {kernel}])"
        f" -> [groups * j, {own}] where groups divides o, groups >= 1, {positive}",
        f"the adjoint of convolve{n}d in its input: <convolve(x, w), y> = <x, this(y, w)>",
        {"multilinear"},
        f"torch.nn.ConvTranspose{n}d",
    )
    yield Primitive(
        f"convolve{n}d_adjoint_bias",
        f"convolve{n}d_adjoint_bias[{own}, {settings}] : ([o, {out}], [o, j, {kernel}], [groups * j])"
        f" -> [groups * j, {own}] where groups divides o, groups >= 1, {positive}",
        f"convolve{n}d_adjoint plus a bias per output channel",
        (),
        f"torch.nn.ConvTranspose{n}d",
    )


POOLED: dict[str, tuple[str, tuple[str, ...], str]] = {
    "max_pool": ("greatest element of each window, nothing outside", ("monotone",), "MaxPool"),
    "avg_pool": ("mean of each window, zeros outside", ("linear",), "AvgPool"),
    "inner_pool": (
        "mean of what each window has inside of the image",
        (),
        "AvgPool, count_include_pad = False",
    ),
}


def _pool(full: str) -> Primitive:
    """One of `POOLS`."""
    found = re.fullmatch(r"(\w+)(\d)d(_ceil)?", full)
    assert found is not None
    axes, ceil = AXES[int(found[2])], found[3] is not None
    parts = list(zip(axes, *(named(s, axes) for s in ("k", "stride", "pad")), strict=True))
    settings = ", ".join(["k", "stride = k", "pad = 0", *_rest(axes, "k", "stride", "pad")])
    facts = [f"{stride} >= 1, 2 * {pad} <= {k}" for _, k, stride, pad in parts]
    more = ""
    if ceil:
        more = " + {stride} - 1"
        facts += [f"{stride} + {pad} <= {k}" for _, k, stride, pad in parts]
    out = ", ".join(
        f"({axis} + 2 * {pad} - {k}{more.format(stride=stride)}) // {stride} + 1"
        for axis, k, stride, pad in parts
    )
    doc, tags, source = POOLED[found[1]]
    return Primitive(
        full,
        f"{full}[{settings}] : [{', '.join(axes)}] -> [{out}] where {', '.join(facts)}",
        doc + (", also of those that begin in the image and end outside" if ceil else ""),
        tags,
        f"torch.nn.{source}".replace("Pool", f"Pool{found[2]}d")
        + (", ceil_mode = True" if ceil else ""),
    )


RESAMPLED: dict[str, tuple[str, tuple[str, ...], str]] = {
    "linear_resize": (
        "by lines between the two nearest elements; element i of the result stands at (i + 1/2) n / m - 1/2, "
        "or at i (n - 1) / (m - 1) if the corners stay",
        ("linear",),
        "interpolate",
    ),
    "bicubic_resize": (
        "by cubic splines (a = -3/4) through four elements; places as in linear_resize",
        ("linear",),
        "interpolate",
    ),
    "adaptive_avg_pool": (
        "mean of the elements from floor(i n / m) to ceil((i + 1) n / m)",
        ("linear",),
        "adaptive_avg_pool",
    ),
    "adaptive_max_pool": (
        "greatest of the elements from floor(i n / m) to ceil((i + 1) n / m)",
        ("monotone",),
        "adaptive_max_pool",
    ),
}


def _resampling(full: str) -> Primitive:
    """One of `ADAPTIVE`: from axes x, y, z to those of its settings."""
    found = re.fullmatch(r"(\w+)(\d)d", full)
    assert found is not None
    axes = AXES[int(found[2])]
    doc, tags, source = RESAMPLED[found[1]]
    settings = ", ".join([*axes, *(["corners = false"] if "resize" in full else [])])
    given = ", ".join(reversed("xyz"[: len(axes)]))
    end = "" if "resize" in full else f"{found[2]}d"
    return Primitive(
        full,
        f"{full}[{settings}] : [{given}] -> [{', '.join(axes)}]",
        doc,
        tags,
        f"torch.nn.functional.{source}{end}",
    )


PADDED = {
    "zero": ("zeros before and after each axis", "", "constant"),
    "reflect": (
        "mirrored at the first and the last element, which are not repeated",
        "{n} > {pad}",
        "reflect",
    ),
    "replicate": ("the first and the last element again", "", "replicate"),
    "circular": ("from the other end", "{n} >= {pad}", "circular"),
}


def _padding(full: str) -> Primitive:
    """One of `PADS`."""
    found = re.fullmatch(r"(\w+)_padding(\d)d", full)
    assert found is not None
    axes = AXES[int(found[2])]
    doc, fact, mode = PADDED[found[1]]
    settings = ", ".join(["before", "after = before", *_rest(axes, "before", "after")])
    parts = list(zip(axes, named("before", axes), named("after", axes), strict=True))
    out = ", ".join(f"{axis} + {before} + {after}" for axis, before, after in parts)
    facts = [f"{pad} >= 0" for _, *pads in parts for pad in pads]
    facts += [fact.format(n=axis, pad=pad) for axis, *pads in parts for pad in pads if fact]
    return Primitive(
        full,
        f"{full}[{settings}] : [{', '.join(axes)}] -> [{out}] where {', '.join(facts)}",
        doc,
        {"linear"},
        f'torch.nn.functional.pad(mode = "{mode}")',
    )


def _columns() -> Iterator[Primitive]:
    parts = zip("hw", *(named(s, "hw") for s in ("k", "stride", "pad", "dilation")), strict=True)
    places = ", ".join(
        f"({axis} + 2 * {pad} - {dilation} * ({k} - 1) - 1) // {stride} + 1"
        for axis, k, stride, pad, dilation in parts
    )
    first = ["k", "stride = 1", "pad = 0", "dilation = 1"]
    settings = ", ".join([*first, *_rest("hw", "k", "stride", "pad", "dilation")])
    facts = "stride >= 1, stride_w >= 1, dilation >= 1, dilation_w >= 1"
    yield Primitive(
        "unfold2d",
        f"unfold2d[{settings}] : [c, h, w] -> [c, k, k_w, {places}] where {facts}",
        "the elements of each window, then its place; zeros outside",
        {"linear"},
        "torch.nn.Unfold",
    )
    yield Primitive(
        "fold2d",
        f"fold2d[h, w, {settings}] : [c, k, k_w, {places}] -> [c, h, w] where {facts}",
        "the adjoint of unfold2d: windows summed where they stand",
        {"linear"},
        "torch.nn.Fold",
    )


SPATIAL: tuple[Primitive, ...] = (
    *(row for n in AXES for row in _convolution(n)),
    *map(_pool, POOLS),
    *map(_resampling, ADAPTIVE),
    *map(_padding, PADS),
    *_columns(),
    Primitive(
        "nearest_upsample2d",
        "nearest_upsample2d[k] : [h, w] -> [k * h, k * w] where k >= 1",
        "each element k x k times",
        {"linear"},
        "torch.nn.Upsample",
    ),
)
