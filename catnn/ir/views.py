"""The algebra of views: what a view of a view, of a join or of a repetition is.

Every function gives the simpler term, or None where nothing is simpler. The
normal form has repetitions outermost, then permutations, then reshapes, then
slices next to what they read; two views of one kind are one.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol, cast

from catnn.ir.terms import Apply, Term
from catnn.types.dims import Dim
from catnn.types.types import Tensor

ZERO, ONE = Dim.of(0), Dim.of(1)


class Views(Protocol):
    """What makes views: `Builder`."""

    def reshape(self, term: Term, shape: Sequence[Dim]) -> Term: ...

    def permute(self, term: Term, axes: Sequence[int]) -> Term: ...

    def expand(self, term: Term, axes: Sequence[int], shape: Sequence[Dim]) -> Term: ...

    def slice(self, term: Term, axis: int, start: Dim, length: Dim) -> Term: ...


def shape_of(term: Term) -> tuple[Dim, ...]:
    assert isinstance(term.type, Tensor)
    return tuple(item for item in term.type.shape if isinstance(item, Dim))


def axes_of(term: Apply) -> tuple[int, ...]:
    return cast("tuple[int, ...]", term.attr("axes"))


# ---- slices -----------------------------------------------------------------------------


def sliced(views: Views, term: Term, axis: int, start: Dim, length: Dim) -> Term | None:
    """`length` elements from `start` along `axis` of a view or join."""
    match term:
        case Apply(op="permute", arguments=(inner,)):
            axes = axes_of(term)
            return views.permute(views.slice(inner, axes[axis], start, length), axes)
        case Apply(op="slice", arguments=(inner,)) if term.attr("axis") == axis:
            return views.slice(inner, axis, cast(Dim, term.attr("start")) + start, length)
        case Apply(op="expand", arguments=(inner,)):
            shape = shape_of(term)
            shape = (*shape[:axis], length, *shape[axis + 1 :])
            axes = axes_of(term)
            if axis not in axes:
                own = axis - sum(new < axis for new in axes)
                inner = views.slice(inner, own, start, length)
            return views.expand(inner, axes, shape)
        case Apply(op="concat", arguments=parts) if term.attr("axis") == axis:
            sizes = [shape_of(part)[axis] for part in parts]
            for part, size, offset in zip(parts, sizes, accumulate([ZERO, *sizes]), strict=False):
                if start == offset and length == size:
                    return part
            return None
        case Apply(op="stack", arguments=parts) if term.attr("axis") == axis and length == ONE:
            place = start.as_int()
            shape = shape_of(term)
            if place is None:
                return None
            return views.reshape(parts[place], (*shape[:axis], ONE, *shape[axis + 1 :]))
        case _:
            return None


# ---- permutations and repetitions -----------------------------------------------------------


def permuted(views: Views, term: Term, axes: Sequence[int]) -> Term | None:
    """Result axis k is argument axis `axes[k]`, of a view."""
    match term:
        case Apply(op="permute", arguments=(inner,)):
            return views.permute(inner, [axes_of(term)[axis] for axis in axes])
        case Apply(op="expand", arguments=(inner,)):
            new = axes_of(term)
            shape = shape_of(term)
            order = [axis - sum(k < axis for k in new) for axis in axes if axis not in new]
            places = [k for k, axis in enumerate(axes) if axis in new]
            return views.expand(views.permute(inner, order), places, [shape[axis] for axis in axes])
        case _:
            return None


def expanded(views: Views, term: Term, axes: Sequence[int], shape: Sequence[Dim]) -> Term | None:
    """A repetition of a repetition."""
    match term:
        case Apply(op="expand", arguments=(inner,)):
            kept = [k for k in range(len(shape)) if k not in axes]
            return views.expand(inner, sorted([*axes, *(kept[k] for k in axes_of(term))]), shape)
        case _:
            return None


# ---- reshapes -------------------------------------------------------------------------------


def reshaped(views: Views, term: Term, shape: Sequence[Dim]) -> Term | None:
    """A reshape of a reshape, or one that drops axes of size 1 of a moved or repeated value."""
    match term:
        case Apply(op="reshape", arguments=(inner,)):
            return views.reshape(inner, shape)
        case Apply(op="permute", arguments=(inner,)):
            axes = axes_of(term)
            dropped = dropped_units(shape_of(term), shape)
            if not dropped:
                return None
            gone = [axes[k] for k in dropped]
            kept = [axis for k, axis in enumerate(axes) if k not in dropped]
            own = shape_of(inner)
            inner = views.reshape(inner, [size for k, size in enumerate(own) if k not in gone])
            return views.permute(inner, [axis - sum(k < axis for k in gone) for axis in kept])
        case Apply(op="expand", arguments=(inner,)):
            new = axes_of(term)
            dropped = dropped_units(shape_of(term), shape)
            if not dropped or not set(dropped) <= set(new):
                return None
            places = [axis - sum(k < axis for k in dropped) for axis in new if axis not in dropped]
            return views.expand(inner, places, shape)
        case _:
            return None


def dropped_units(before: Sequence[Dim], after: Sequence[Dim]) -> list[int]:
    """The axes of size 1 without which `before` is `after`; none if that is not all the change."""
    dropped: list[int] = []
    place = 0
    for k, size in enumerate(before):
        if place < len(after) and after[place] == size:
            place += 1
        elif size == ONE:
            dropped.append(k)
        else:
            return []
    return dropped if place == len(after) else []
