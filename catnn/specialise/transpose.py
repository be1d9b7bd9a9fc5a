"""The transposition of each linear primitive: from a cotangent of its result to one of an argument.

For a primitive that is linear in argument `k`, the others fixed, the rule gives
`c -> x` with `<f(x), c> = <x, rule(c)>` at every index of the lead, then summed
over the lead axes that the argument does not carry.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

from attrs import define, frozen

from catnn.errors import InternalError
from catnn.ir.build import Builder, tensor_type
from catnn.ir.terms import Apply, Attrs, Term
from catnn.ir.views import shape_of
from catnn.types.dims import Dim
from catnn.types.types import BOOL, INT, REAL, Index, Tensor

ZERO, ONE = Dim.of(0), Dim.of(1)


@frozen
class Window:
    """A cotangent that is zero but for `length` elements from `start` along `axis`."""

    term: Term
    axis: int
    start: Dim
    length: Dim


Piece: TypeAlias = Term | Window


@define(eq=False)
class Algebra:
    """Sums, products and views of whole tensors."""

    builder: Builder

    def pointwise(self, op: str, terms: Sequence[Term], shape: Sequence[Dim]) -> Term:
        """An operator on terms of one shape; scalars stretch."""
        full = tuple(range(len(shape)))
        carries = [full if shape_of(term) else () for term in terms]
        return self.carried(op, terms, carries, shape)

    def carried(
        self,
        op: str,
        terms: Sequence[Term],
        carries: Sequence[tuple[int, ...]],
        shape: Sequence[Dim],
    ) -> Term:
        element = BOOL if op == "le" else REAL
        type_ = Tensor(element, tuple(shape))
        return self.builder.apply(op, terms, type_, (), shape, carries)

    def zeros(self, type_: Tensor) -> Term:
        return self.builder.apply("zeros", (), type_)

    def number(self, dim: Dim) -> Term:
        return self.builder.number(dim, Tensor(REAL))

    def total(self, term: Term, positions: Sequence[int]) -> Term:
        """The sum over some axes."""
        if not positions:
            return term
        shape = shape_of(term)
        kept = [k for k in range(len(shape)) if k not in positions]
        moved = self.builder.permute(term, [*kept, *positions])
        lead = tuple(shape[k] for k in kept)
        axes: Attrs = (("axes", tuple(range(-len(positions), 0))),)
        type_ = Tensor(tensor_type(term).element, lead)
        return self.builder.apply(
            "sum", (moved,), type_, axes, lead, (tuple(range(len(lead))),), hint="total"
        )

    def flipped(self, term: Term, axis: int = 0) -> Term:
        """In reverse order along an axis."""
        shape = shape_of(term)
        others = [k for k in range(len(shape)) if k != axis]
        moved = self.builder.permute(term, [*others, axis])
        lead = tuple(shape[k] for k in others)
        carries = (tuple(range(len(lead))),)
        axes: Attrs = (("axes", (-1,)),)
        turned = self.builder.apply("flip", (moved,), moved.type, axes, lead, carries)
        return self.builder.permute(turned, [*range(axis), len(others), *range(axis, len(others))])

    def summed(self, type_: Tensor, pieces: Sequence[Piece]) -> Term:
        """The sum of some cotangents; windows that tile an axis are joined."""
        whole = [piece for piece in pieces if not isinstance(piece, Window)]
        windows = [piece for piece in pieces if isinstance(piece, Window)]
        joined = self.tiled(type_, windows)
        whole += [self.padded(type_, w) for w in windows] if joined is None else [joined]
        if not whole:
            raise InternalError("no cotangent to sum")
        result = whole[0]
        for term in whole[1:]:
            result = self.pointwise("add", (result, term), shape_of(result))
        return result

    def tiled(self, type_: Tensor, windows: Sequence[Window]) -> Term | None:
        if len({window.axis for window in windows}) != 1:
            return None
        axis, place, parts = windows[0].axis, ZERO, []
        for _ in windows:
            following = [window for window in windows if window.start == place]
            if len(following) != 1:
                return None
            parts.append(following[0].term)
            place = place + following[0].length
        return self.builder.concat(parts, axis) if place == type_.shape[axis] else None

    def padded(self, type_: Tensor, window: Window) -> Term:
        """A window with zeros around it."""
        shape = [item for item in type_.shape if isinstance(item, Dim)]
        after = shape[window.axis] - window.start - window.length

        def edge(size: Dim) -> list[Term]:
            own = (*shape[: window.axis], size, *shape[window.axis + 1 :])
            return [] if size == ZERO else [self.zeros(Tensor(type_.element, own))]

        return self.builder.concat([*edge(window.start), window.term, *edge(after)], window.axis)

    def collapsed(self, apply: Apply, position: int, full: Term) -> Term:
        """Summed over the lead axes that the argument lacks."""
        carried = apply.carries[position]
        return self.total(full, [k for k in range(len(apply.lead)) if k not in carried])


Rule: TypeAlias = Callable[[Algebra, Apply, Term, int], Piece]


# ---- pointwise --------------------------------------------------------------------------------


def _same(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    return a.collapsed(apply, k, c)


def _negated(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    return a.collapsed(apply, k, a.pointwise("neg", (c,), shape_of(c)))


def _subtracted(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    return _negated(a, apply, c, k) if k == 1 else _same(a, apply, c, k)


def _again(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """Its own adjoint: `stop`, `at_least_float32`."""
    return a.collapsed(apply, k, a.pointwise(apply.op, (c,), shape_of(c)))


def _scaled(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """Times, or divided by, the other operand."""
    shape = shape_of(c)
    full = tuple(range(len(shape)))
    terms, carries = (c, apply.arguments[1 - k]), (full, apply.carries[1 - k])
    return a.collapsed(apply, k, a.carried(apply.op, terms, carries, shape))


def _selected(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    shape = shape_of(c)
    full = tuple(range(len(shape)))
    zero = a.builder.constant(0.0, Tensor(REAL))
    branches, carries = ((c, zero), (full, ())) if k == 1 else ((zero, c), ((), full))
    terms = (apply.arguments[0], *branches)
    found = a.carried("select", terms, (apply.carries[0], *carries), shape)
    return a.collapsed(apply, k, found)


# ---- along axes -------------------------------------------------------------------------------


def _own_axes(apply: Apply) -> list[int]:
    rank = len(shape_of(apply.arguments[0]))
    return [rank + axis for axis in cast("tuple[int, ...]", apply.attr("axes"))]


def _spread(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    return a.builder.expand(c, _own_axes(apply), shape_of(apply.arguments[0]))


def _averaged(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    before = shape_of(apply.arguments[0])
    count = ONE
    for axis in _own_axes(apply):
        count = count * before[axis]
    c = c if count == ONE else a.pointwise("div", (c, a.number(count)), shape_of(c))
    return _spread(a, apply, c, k)


def _like(a: Algebra, apply: Apply, op: str, c: Term) -> Term:
    """Another primitive along the same axis."""
    return a.builder.apply(op, (c,), c.type, apply.attrs, apply.lead, apply.carries)


def _reversed(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    return _like(a, apply, "flip", c)


def _summed_after(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """`y_i = sum_{j <= i} x_j` becomes `x_j = sum_{i >= j} y_i`."""
    return _reversed(a, apply, _like(a, apply, "cumsum", _reversed(a, apply, c, k)), k)


# ---- structure --------------------------------------------------------------------------------


def _reshaped(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    return a.builder.reshape(c, shape_of(apply.arguments[0]))


def _permuted(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    axes = cast("tuple[int, ...]", apply.attr("axes"))
    return a.builder.permute(c, [axes.index(axis) for axis in range(len(axes))])


def _unexpanded(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    return a.total(c, cast("tuple[int, ...]", apply.attr("axes")))


def _on_diagonal(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """A diagonal back in its place, zeros beside it."""
    first, second = cast("tuple[int, int]", apply.attr("axes"))
    shape = shape_of(apply.arguments[0])
    labels = tuple(axis for axis in range(len(shape)) if axis != second)
    eye = a.builder.apply("eye", (), Tensor(REAL, (shape[first], shape[first])))
    result = tuple(range(len(shape)))
    return a.builder.contract((c, eye), [labels, (first, second)], result, Tensor(REAL, shape))


def _cut(a: Algebra, apply: Apply, c: Term, k: int) -> Piece:
    axis, start = cast(int, apply.attr("axis")), cast(Dim, apply.attr("start"))
    return Window(c, axis, start, cast(Dim, apply.attr("length")))


def _taken(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """The part of a concatenation that argument `k` is."""
    axis = cast(int, apply.attr("axis"))
    start = ZERO
    for argument in apply.arguments[:k]:
        start = start + shape_of(argument)[axis]
    return a.builder.slice(c, axis, start, shape_of(apply.arguments[k])[axis])


def _picked(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    cut = a.builder.slice(c, cast(int, apply.attr("axis")), Dim.of(k), ONE)
    return a.builder.reshape(cut, shape_of(apply.arguments[k]))


def _contracted(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """The cotangent against the other operands; a label of this operand alone repeats."""
    labels = [tuple(own) for own in cast("tuple[tuple[int, ...], ...]", apply.attr("operands"))]
    result = cast("tuple[int, ...]", apply.attr("result"))
    shape = shape_of(apply.arguments[k])
    others = [place for place in range(len(labels)) if place != k]
    terms = [c, *(apply.arguments[place] for place in others)]
    names = [result, *(labels[place] for place in others)]
    present = {label for own in names for label in own}
    kept = [axis for axis, label in enumerate(labels[k]) if label in present]
    type_ = Tensor(REAL, tuple(shape[axis] for axis in kept))
    found = a.builder.contract(terms, names, [labels[k][axis] for axis in kept], type_)
    missing = [axis for axis in range(len(shape)) if axis not in kept]
    return a.builder.expand(found, missing, shape)


# ---- indices -----------------------------------------------------------------------------------


def _pushed(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """The adjoint of `x(i, ..)`: cotangents are added up at their indices."""
    count = cast(int, apply.attr("count"))
    lead, carried = apply.lead, apply.carries[0]
    table = shape_of(apply.arguments[0])[len(carried) :]
    indices, own_axes = _one_index(a, apply, table[:count])
    shape = shape_of(c)
    rest = shape[len(lead) + len(own_axes) :]
    # What the table lacks is summed: before, or with the items if the indices differ there.
    held = sorted({place for own in apply.carries[1:] for place in own})
    alone = [k for k in range(len(lead)) if k not in carried and k not in held]
    c = a.total(c, alone)
    kept = [k for k in range(len(lead)) if k not in alone]
    among = [k for k in held if k not in carried]
    front = [kept.index(k) for k in (*carried, *among)]
    c = a.builder.permute(c, [*front, *range(len(kept), len(shape_of(c)))])
    items = ONE
    for size in (*(lead[k] for k in among), *own_axes):
        items = items * size
    at = tuple(lead[k] for k in carried)
    c = a.builder.reshape(c, (*at, items, *rest))
    own = [k for k in held if k in carried]
    order = [held.index(k) for k in (*own, *among)]
    indices = a.builder.permute(indices, [*order, *range(len(held), len(shape_of(indices)))])
    indices = a.builder.reshape(indices, (*(lead[k] for k in own), items))
    total = ONE
    for size in table[:count]:
        total = total * size
    places = tuple(carried.index(k) for k in own)
    type_ = Tensor(REAL, (*at, total, *rest))
    everywhere = tuple(range(len(at)))
    found = a.builder.apply("push_sum", (indices, c), type_, (), at, (places, everywhere))
    return a.builder.reshape(found, (*at, *table))


def _one_index(a: Algebra, apply: Apply, sizes: Sequence[Dim]) -> tuple[Term, tuple[Dim, ...]]:
    """The indices of a lookup as one into all that they count, with every lead axis that one has."""
    indices, carries = apply.arguments[1:], apply.carries[1:]
    owns = [shape_of(i)[len(own) :] for i, own in zip(indices, carries, strict=True)]
    longest = max(owns, key=len)
    if len(indices) == 1:
        return indices[0], longest
    held = sorted({place for own in carries for place in own})
    shape = (*(apply.lead[k] for k in held), *longest)
    places = [
        (
            *(held.index(k) for k in carried),
            *range(len(shape) - len(own), len(shape)),
        )
        for carried, own in zip(carries, owns, strict=True)
    ]
    full = tuple(range(len(shape)))
    found, at = indices[0], places[0]
    type_ = Tensor(INT, shape)
    for index, place, size in zip(indices[1:], places[1:], sizes[1:], strict=True):
        step = a.builder.number(size, Tensor(INT))
        found = a.builder.apply("mul", (found, step), type_, (), shape, (at, ()))
        found = a.builder.apply("add", (found, index), type_, (), shape, (full, place))
        at = full
    return found, longest


def _fetched(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """The adjoint of `push[sum]`: each item takes the cotangent of its place."""
    index, values = apply.arguments
    everywhere = tuple(range(len(apply.lead)))
    own = shape_of(values)[len(apply.carries[1]) :]
    type_ = Tensor(REAL, (*apply.lead, *own))
    carries = (everywhere, apply.carries[0])
    found = a.builder.apply("gather", (c, index), type_, (("count", 1),), apply.lead, carries)
    return a.collapsed(apply, k, found)


def _fetched_mean(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """The same with each place divided by how many items it has."""
    index, carried = apply.arguments[0], apply.carries[0]
    at = tuple(apply.lead[k] for k in carried)
    items = shape_of(index)[-1]
    ones = a.builder.apply("ones", (), Tensor(REAL, (items,)))
    shape = shape_of(c)
    places = shape[len(apply.lead)]
    own = tuple(range(len(at)))
    type_ = Tensor(REAL, (*at, places))
    count = a.builder.apply("push_sum", (index, ones), type_, (), at, (own, ()), hint="count")
    one = a.builder.constant(1.0, Tensor(REAL))
    count = a.pointwise("maximum", (count, one), type_.shape)  # type: ignore[arg-type]
    carries = (tuple(range(len(shape))), (*carried, len(apply.lead)))
    return _fetched(a, apply, a.carried("div", (c, count), carries, shape), k)


# ---- norms and attention, in what they multiply ----------------------------------------------------


def _norm(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """In the scale: the cotangent times the value normalised; in the shift: the cotangent itself."""
    shape = shape_of(c)
    own = shape_of(apply.arguments[k])[len(apply.carries[k]) :]
    if k == 1:
        ones = a.builder.apply("ones", (), Tensor(REAL, own))
        plain = (apply.arguments[0], ones, a.zeros(Tensor(REAL, own)))[: len(apply.arguments)]
        carried = apply.carries[0]
        held = tuple(apply.lead[k] for k in carried)
        carries = (tuple(range(len(held))), (), ())[: len(apply.arguments)]
        type_ = Tensor(REAL, (*held, *shape[len(apply.lead) :]))
        normal = a.builder.apply(apply.op, plain, type_, apply.attrs, held, carries)
        places = (tuple(range(len(shape))), (*carried, *range(len(apply.lead), len(shape))))
        c = a.carried("mul", (c, normal), places, shape)
    first = len(apply.lead) + (1 if apply.op == "group_norm" else len(own))
    return a.collapsed(apply, k, a.total(c, range(first, len(shape))))


def _attended(a: Algebra, apply: Apply, c: Term, k: int) -> Term:
    """In the values: with the same weights, from queries to keys."""
    rank = len(apply.lead)
    n, e = shape_of(apply.arguments[0])[-2:]
    m = shape_of(apply.arguments[1])[-2]
    shape = (*apply.lead, n, m)
    lead = tuple(range(rank))
    query, key, inner, channel = range(rank, rank + 4)
    held = sorted({*apply.carries[0], *apply.carries[1]})
    labels = [(*apply.carries[0], query, inner), (*apply.carries[1], key, inner)]
    own = Tensor(REAL, (*(apply.lead[k] for k in held), n, m))
    scores = a.builder.contract(apply.arguments[:2], labels, (*held, query, key), own)
    root = a.builder.apply("sqrt", (a.number(e),), Tensor(REAL))
    places = (*held, rank, rank + 1)
    scores = a.carried("div", (scores, root), (places, ()), shape)
    if len(apply.arguments) == 4:
        at = (*apply.carries[3], rank, rank + 1)
        scores = _masked(a, apply.op, scores, apply.arguments[3], at, shape)
    elif dict(apply.attrs).get("causal"):
        rows, columns = (
            a.builder.apply("arange", (), Tensor(Index(size), (size,))) for size in (n, m)
        )
        seen = a.carried("le", (columns, rows), ((1,), (0,)), (n, m))
        scores = _masked(a, "masked_attention", scores, seen, (rank, rank + 1), shape)
    axes: Attrs = (("axes", (-1,)),)
    over, every = shape[:-1], tuple(range(rank + 1))
    weights = a.builder.apply("softmax", (scores,), scores.type, axes, over, (every,))
    kept = apply.carries[2]
    result = (*kept, key, channel)
    type_ = apply.arguments[2].type
    return a.builder.contract(
        (weights, c), [(*lead, query, key), (*lead, query, channel)], result, cast(Tensor, type_)
    )


def _masked(
    a: Algebra, op: str, scores: Term, mask: Term, at: tuple[int, ...], shape: Sequence[Dim]
) -> Term:
    full = tuple(range(len(shape)))
    if op == "biased_attention":
        return a.carried("add", (scores, mask), (full, at), shape)
    never = a.builder.constant(float("-inf"), Tensor(REAL))
    return a.carried("select", (mask, scores, never), (at, full, ()), shape)


RULES: dict[str, Rule] = {
    "neg": _negated,
    "add": _same,
    "sub": _subtracted,
    "mul": _scaled,
    "div": _scaled,
    "select": _selected,
    "stop": _again,
    "at_least_float32": _again,
    "sum": _spread,
    "mean": _averaged,
    "cumsum": _summed_after,
    "flip": _reversed,
    "reshape": _reshaped,
    "permute": _permuted,
    "expand": _unexpanded,
    "diagonal": _on_diagonal,
    "slice": _cut,
    "concat": _taken,
    "stack": _picked,
    "contract": _contracted,
    "gather": _pushed,
    "push_sum": _fetched,
    "push_mean": _fetched_mean,
    **dict.fromkeys(("layer_norm", "rms_norm", "group_norm"), _norm),
    **dict.fromkeys(
        ("scaled_dot_product_attention", "masked_attention", "biased_attention"), _attended
    ),
}
"""Those of convolutions and other windows are in `transpose_windows`."""
