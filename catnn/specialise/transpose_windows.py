"""Transpositions of what runs windows over an image: convolutions, means of windows, repetition."""

from collections.abc import Sequence

from catnn.ir.terms import Apply, Attrs, AttrValue, Term
from catnn.ir.views import shape_of
from catnn.ir.windows import AXES, PADS, RESAMPLED, count, each, named, setting
from catnn.specialise.transpose import Algebra, Rule
from catnn.types.dims import Dim
from catnn.types.types import REAL, Tensor

ZERO, ONE = Dim.of(0), Dim.of(1)


def _plain(dim: Dim) -> AttrValue:
    known = dim.as_int()
    return dim if known is None else known


def _settings(**values: Dim) -> Attrs:
    return tuple((name, _plain(dim)) for name, dim in values.items())


def _per_axis(n: int, **values: Sequence[Dim]) -> Attrs:
    """Settings of each axis, and what is one for all."""
    return tuple(
        (key, _plain(dim))
        for name, dims in values.items()
        for key, dim in zip(named(name, AXES[n]), dims, strict=True)
    )


def _image(a: Algebra, apply: Apply, c: Term, kernel: Term, carried: tuple[int, ...]) -> Term:
    """The adjoint of a convolution in its input, at every lead axis."""
    n = count(apply)
    own = shape_of(apply.arguments[0])[len(apply.carries[0]) :]
    attrs: Attrs = (*_settings(**dict(zip(AXES[n], own[1:], strict=True))), *apply.attrs)
    everywhere = tuple(range(len(apply.lead)))
    type_ = Tensor(REAL, (*apply.lead, *own))
    return a.builder.apply(
        f"convolve{n}d_adjoint", (c, kernel), type_, attrs, apply.lead, (everywhere, carried)
    )


def _kernel(
    a: Algebra,
    apply: Apply,
    image: tuple[Term, tuple[int, ...]],
    result: tuple[Term, tuple[int, ...]],
) -> Term:
    """The adjoint of a convolution in its kernel, at every lead axis.

    A convolution of each channel with the result as kernel, steps and gaps
    exchanged: `w_(o, j, k) = sum_y x_(j, stride y + dilation k - pad) c_(o, y)`.
    """
    n, lead = count(apply), apply.lead
    groups = setting(apply, "groups")
    stride, pad, dilation = (each(apply, name) for name in ("stride", "pad", "dilation"))
    outs, ins, *window = shape_of(apply.arguments[1])[len(apply.carries[1]) :]
    (x, in_lead), (c, out_lead) = image, result
    sizes, places = shape_of(x)[-n:], shape_of(c)[-n:]
    part = outs / groups
    x = a.builder.reshape(x, (*(lead[k] for k in in_lead), groups, ins, ONE, *sizes))
    c = a.builder.reshape(c, (*(lead[k] for k in out_lead), groups, part, ONE, *places))
    rank = len(lead)
    found = [
        (size + 2 * p - s * (place - 1) - 1) // d + 1
        for size, place, s, p, d in zip(sizes, places, stride, pad, dilation, strict=True)
    ]
    over = (*lead, groups, ins)
    attrs = (
        *_per_axis(n, stride=dilation, pad=pad, dilation=stride),
        *_settings(groups=ONE),
    )
    carries = ((*in_lead, rank, rank + 1), (*out_lead, rank))
    type_ = Tensor(REAL, (*over, part, *found))
    full = a.builder.apply(f"convolve{n}d", (x, c), type_, attrs, over, carries)
    for axis, size in enumerate(window):
        full = a.builder.slice(full, rank + 3 + axis, Dim.of(0), size)
    order = [*range(rank), rank, rank + 2, rank + 1, *range(rank + 3, rank + 3 + n)]
    return a.builder.reshape(a.builder.permute(full, order), (*lead, outs, ins, *window))


def _convolved(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    everywhere = tuple(range(len(apply.lead)))
    if k == 0:
        found = _image(a, apply, c, apply.arguments[1], apply.carries[1])
    elif k == 1:
        found = _kernel(a, apply, (apply.arguments[0], apply.carries[0]), (c, everywhere))
    else:
        first = len(apply.lead) + 1
        found = a.total(c, range(first, len(shape_of(c))))
    return a.collapsed(apply, k, found)


def _deconvolved(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """The adjoint of the adjoint is the convolution."""
    everywhere = tuple(range(len(apply.lead)))
    if k == 2:
        return a.collapsed(apply, k, a.total(c, range(len(apply.lead) + 1, len(shape_of(c)))))
    if k == 1:
        found = _kernel(a, apply, (c, everywhere), (apply.arguments[0], apply.carries[0]))
        return a.collapsed(apply, k, found)
    n = count(apply)
    attrs = tuple((name, value) for name, value in apply.attrs if name not in AXES[n])
    own = shape_of(apply.arguments[0])[len(apply.carries[0]) :]
    type_ = Tensor(REAL, (*apply.lead, *own))
    terms, carries = (c, apply.arguments[1]), (everywhere, apply.carries[1])
    found = a.builder.apply(f"convolve{n}d", terms, type_, attrs, apply.lead, carries)
    return a.collapsed(apply, k, found)


def _pooled(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """The adjoint of a convolution with the constant kernel 1 / k^n."""
    n, lead = count(apply), apply.lead
    windows = each(apply, "k")
    area = ONE
    for window in windows:
        area = area * window
    one = a.builder.constant(1.0, Tensor(REAL))
    weight = a.builder.apply("div", (one, a.number(area)), Tensor(REAL))
    kernel = a.builder.expand(weight, range(n + 2), (ONE, ONE, *windows))
    own = shape_of(apply.arguments[0])[len(lead) :]
    attrs = (
        *_settings(**dict(zip(AXES[n], own, strict=True))),
        *_per_axis(n, stride=each(apply, "stride"), pad=each(apply, "pad"), dilation=[ONE] * n),
        *_settings(groups=ONE),
    )
    c = a.builder.reshape(c, (*lead, ONE, *shape_of(c)[len(lead) :]))
    everywhere = tuple(range(len(lead)))
    type_ = Tensor(REAL, (*lead, ONE, *own))
    name = f"convolve{n}d_adjoint"
    found = a.builder.apply(name, (c, kernel), type_, attrs, lead, (everywhere, ()))
    return a.builder.reshape(found, (*lead, *own))


def _downsampled(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """The sum over each block."""
    factor = setting(apply, "k")
    h, w = shape_of(apply.arguments[0])[-2:]
    rank = len(apply.lead)
    blocks = a.builder.reshape(c, (*apply.lead, h, factor, w, factor))
    return a.total(blocks, (rank + 1, rank + 3))


def _resampled(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """Along each axis the transposed matrix of the map, which is its value at the unit vectors."""
    n, rank = count(apply), len(apply.lead)
    sizes = shape_of(apply.arguments[0])[rank:]
    outs = shape_of(c)[rank:]
    matrices = [
        _matrix(a, apply, axis, size, out)
        for axis, (size, out) in enumerate(zip(sizes, outs, strict=True))
    ]
    lead = tuple(range(rank))
    labels = [
        (*lead, *range(rank, rank + n)),
        *((rank + n + axis, rank + axis) for axis in range(n)),
    ]
    result = (*lead, *range(rank + n, rank + 2 * n))
    type_ = Tensor(REAL, (*apply.lead, *sizes))
    return a.builder.contract((c, *matrices), labels, result, type_)


def _alone(apply: Apply, axis: int, out: Dim) -> Attrs:
    """The attributes that leave the other axes as they are, at a size of 1."""
    n = count(apply)
    keeps: dict[str, Dim] = {}
    for j, name in enumerate(AXES[n]):
        if apply.op in PADS:
            keeps |= {named(s, AXES[n])[j]: ZERO for s in ("before", "after") if j != axis}
        else:
            keeps[name] = out if j == axis else ONE
    return tuple((key, _plain(keeps[key]) if key in keeps else value) for key, value in apply.attrs)


def _inner(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """What stands between the zeros."""
    rank = len(apply.lead)
    sizes = shape_of(apply.arguments[0])[rank:]
    for axis, (size, before) in enumerate(zip(sizes, each(apply, "before"), strict=True)):
        c = a.builder.slice(c, rank + axis, before, size)
    return c


def _folded(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """Unfolding and folding are adjoint to each other."""
    type_, sizes = apply.arguments[0].type, AXES[2]
    everywhere = (tuple(range(len(apply.lead))),)
    if apply.op == "fold2d":
        attrs = tuple(pair for pair in apply.attrs if pair[0] not in sizes)
        return a.builder.apply("unfold2d", (c,), type_, attrs, apply.lead, everywhere)
    own = shape_of(apply.arguments[0])[-2:]
    attrs = (*_settings(**dict(zip(sizes, own, strict=True))), *apply.attrs)
    return a.builder.apply("fold2d", (c,), type_, attrs, apply.lead, everywhere)


def _matrix(a: Algebra, apply: Apply, axis: int, size: Dim, out: Dim) -> Term:
    """What a map makes of each unit vector along an axis."""
    n = count(apply)
    eye = a.builder.apply("eye", (), Tensor(REAL, (size, size)))
    units = a.builder.reshape(eye, (size, *(size if j == axis else ONE for j in range(n))))
    whole = [out if j == axis else ONE for j in range(n)]
    attrs = _alone(apply, axis, out)
    type_ = Tensor(REAL, (size, *whole))
    rows = a.builder.apply(apply.op, (units,), type_, attrs, (size,), ((0,),))
    return a.builder.reshape(rows, (size, out))


def _named(names: Sequence[str], rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(names, rule)


WINDOWS: dict[str, Rule] = {
    **_named([f"convolve{n}d{end}" for n in AXES for end in ("", "_bias")], _convolved),
    **_named([f"convolve{n}d_adjoint{end}" for n in AXES for end in ("", "_bias")], _deconvolved),
    **_named([f"avg_pool{n}d" for n in AXES], _pooled),
    **_named(RESAMPLED, _resampled),
    **_named(PADS, _resampled),
    **_named([name for name in PADS if name.startswith("zero")], _inner),
    **_named(["unfold2d", "fold2d"], _folded),
    "nearest_upsample2d": _downsampled,
}
