"""The primitives on images: convolutions, pooling, resampling.

They are for one, two or three axes: `w`, `h w` and `d h w`. A setting of the
first axis is the default of the others, which carry the name of the axis:
`stride`, `stride_w`.
"""

import re
from collections.abc import Iterator, Sequence

from catnn.ir.windows import AXES, POOLS, named
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


SPATIAL: tuple[Primitive, ...] = (
    *(row for n in AXES for row in _convolution(n)),
    *map(_pool, POOLS),
    Primitive(
        "nearest_upsample2d",
        "nearest_upsample2d[k] : [h, w] -> [k * h, k * w] where k >= 1",
        "each element k x k times",
        {"linear"},
        "torch.nn.Upsample",
    ),
)
