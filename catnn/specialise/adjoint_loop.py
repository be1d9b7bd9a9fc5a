"""The adjoint of a loop: the transposed body, turn by turn from the last to the first.

For `s' = F_k(s, x_k, z)` and `y_k = G_k(s, x_k, z)`, linear in the state s, the
items x and what the body captures, z, the adjoint runs backwards with state
`(a, b)`: from the cotangents of y_k and s' come those of x_k, s (the next a)
and z (added to b). What of the state is fixed is computed forwards first.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias, cast

from attrs import define, evolve

from catnn.errors import InternalError
from catnn.ir.terms import Loop, Region, Term, Var
from catnn.ir.views import shape_of
from catnn.specialise.adjoint import (
    Cotangent,
    Dependence,
    Pulling,
    Transposer,
    component,
    some,
)
from catnn.types.dims import Dim
from catnn.types.types import Index, Product, Tensor, Type

ZERO, ONE = Dim.of(0), Dim.of(1)

Order: TypeAlias = Literal["", "ascending", "descending"]


def tensors(type_: Type) -> list[Tensor]:
    """The leaves of a type, in order."""
    if isinstance(type_, Product):
        return [leaf for item in type_.items for leaf in tensors(item)]
    if not isinstance(type_, Tensor):
        raise InternalError(f"the state of a loop has the type {type_}")
    return [type_]


def flat_dependence(dependence: Dependence, type_: Type) -> list[bool]:
    if isinstance(type_, Product):
        pairs = enumerate(type_.items)
        return [f for k, item in pairs for f in flat_dependence(component(dependence, k), item)]
    return [some(dependence)]


def flat_cotangent(cotangent: Cotangent, type_: Type) -> list[Term | None]:
    if isinstance(type_, Product):
        parts = [None] * len(type_.items) if cotangent is None else cotangent
        assert isinstance(parts, tuple | list)
        pairs = zip(parts, type_.items, strict=True)
        return [leaf for part, item in pairs for leaf in flat_cotangent(part, item)]
    return [cast("Term | None", cotangent)]


@define(eq=False)
class Packing:
    """Leaves as one value, and back."""

    transposer: Transposer

    def leaves(self, term: Term) -> list[Term]:
        if not isinstance(term.type, Product):
            return [term]
        project = self.transposer.builder.project
        parts = (project(term, k) for k in range(len(term.type.items)))
        return [leaf for part in parts for leaf in self.leaves(part)]

    def tree(self, leaves: Sequence[Term], type_: Type) -> Term:
        """Leaves as a value of a type."""
        rest = list(leaves)

        def take(type_: Type) -> Term:
            if isinstance(type_, Product):
                return self.transposer.builder.tuple([take(item) for item in type_.items], type_)
            return rest.pop(0)

        return take(type_)

    def cotangents(self, leaves: Sequence[Term | None], type_: Type) -> Cotangent:
        rest = list(leaves)

        def take(type_: Type) -> Cotangent:
            if isinstance(type_, Product):
                return tuple(take(item) for item in type_.items)
            return rest.pop(0)

        return take(type_)

    def row(self, leaves: Sequence[Term]) -> Term:
        """Leaves as a tuple, one as itself."""
        if len(leaves) == 1:
            return leaves[0]
        types = tuple(leaf.type for leaf in leaves)
        return self.transposer.builder.tuple(leaves, Product(types))

    def fresh(self, name: str, types: Sequence[Type]) -> tuple[Var, list[Term]]:
        """A variable for such a row, and its leaves."""
        type_ = types[0] if len(types) == 1 else Product(tuple(types))
        var = self.transposer.fresh(name, type_)
        if len(types) == 1:
            return var, [var]
        return var, [self.transposer.builder.project(var, k) for k in range(len(types))]


def transpose_loop(pulling: Pulling, loop: Loop, cotangent: Cotangent) -> None:
    """Hand the cotangent of a loop's value on to its start, its items and what it captures."""
    LoopAdjoint(pulling, loop).hand_on(cotangent)


class LoopAdjoint:
    """The transposition of one loop."""

    def __init__(self, pulling: Pulling, loop: Loop) -> None:
        self.pulling, self.loop = pulling, loop
        self.transposer = pulling.transposer
        self.builder = self.transposer.builder
        self.algebra = self.transposer.algebra
        self.packing = Packing(self.transposer)
        self.is_scan = loop.kind == "scan"
        *indices, last = loop.body.parameters
        self.state = indices.pop() if self.is_scan else last
        self.item = last if self.is_scan else None
        self.index = indices[0] if indices else None
        self.ahead: Order = loop.order or "ascending"
        self.back: Order = "ascending" if loop.order == "descending" else "descending"
        dependence = pulling.dependences.state(loop)
        self.moves = flat_dependence(dependence, loop.init.type)
        self.items_move = (
            flat_dependence(pulling.dependences.of(loop.xs), loop.xs.type)
            if loop.xs is not None
            else []
        )
        self.open_body()

    def open_body(self) -> None:
        """The body over one variable for each leaf of what it reads."""
        fresh = self.transposer.fresh
        self.states = [fresh("state", type_) for type_ in tensors(self.state.type)]
        mapping: dict[Term, Term] = {self.state: self.packing.tree(self.states, self.state.type)}
        self.items: list[Var] = []
        if self.item is not None:
            self.items = [fresh("item", type_) for type_ in tensors(self.item.type)]
            mapping[self.item] = self.packing.tree(self.items, self.item.type)
        dependences = self.pulling.dependences
        self.captured = self.transposer.captured(self.loop, dependences)
        self.held: list[list[Var]] = []
        self.holds: list[list[bool]] = []
        for term in self.captured:
            own = [fresh("held", type_) for type_ in tensors(term.type)]
            mapping[term] = self.packing.tree(own, term.type)
            self.held.append(own)
            self.holds.append(flat_dependence(dependences.of(term), term.type))
        result = self.transposer.substitute(self.loop.body.result, mapping)
        after = self.builder.project(result, 0) if self.is_scan else result
        self.after = self.packing.leaves(after)
        self.outputs = self.packing.leaves(self.builder.project(result, 1)) if self.is_scan else []

    # ---- which leaves ---------------------------------------------------------------------

    def moving(self, leaves: Sequence[Term]) -> list[Term]:
        return [leaf for leaf, moves in zip(leaves, self.moves, strict=True) if moves]

    def resting(self, leaves: Sequence[Term]) -> list[Term]:
        return [leaf for leaf, moves in zip(leaves, self.moves, strict=True) if not moves]

    def moving_items(self) -> list[Var]:
        return [x for x, moves in zip(self.items, self.items_move, strict=True) if moves]

    def linear_held(self) -> list[Var]:
        pairs = zip(self.held, self.holds, strict=True)
        return [v for own, flags in pairs for v, flag in zip(own, flags, strict=True) if flag]

    # ---- the whole -------------------------------------------------------------------------

    def hand_on(self, cotangent: Cotangent) -> None:
        start, each, outputs = self.cotangents(cotangent)
        starts = [
            self.algebra.zeros(cast(Tensor, s.type)) if c is None else c
            for s, c in zip(self.moving(self.states), start, strict=True)
        ]
        # The cotangents of a turn: what comes from behind, and what this turn gives outside.
        behind = [self.transposer.fresh("a", s.type) for s in self.moving(self.states)]
        given = [(k, c) for k, c in enumerate(outputs) if c is not None]
        outside = [self.transposer.fresh("c", self.outputs[k].type) for k, _ in given]
        roots: list[tuple[Term, Cotangent]] = list(
            zip(self.moving(self.after), behind, strict=True)
        )
        roots += [(self.outputs[k], own) for (k, _), own in zip(given, outside, strict=True)]
        sources = [
            *cast("list[Var]", self.moving(self.states)),
            *self.moving_items(),
            *self.linear_held(),
        ]
        pulled = self.transposer.pull(roots, sources)
        data = dict(zip(outside, (c for _, c in given), strict=True))
        self.run(starts, behind, pulled, data, each)

    def cotangents(
        self, cotangent: Cotangent
    ) -> tuple[list[Term | None], list[Term | None], list[Term | None]]:
        """Of the last state, of the state before each turn (`trail`), of the outputs."""
        if self.is_scan:
            assert isinstance(cotangent, tuple)
            state = flat_cotangent(cotangent[0], self.state.type)
            types = cast(Product, self.loop.type).items[1]
            last = [c for c, moves in zip(state, self.moves, strict=True) if moves]
            return last, [None] * len(last), flat_cotangent(cotangent[1], types)
        state = flat_cotangent(cotangent, self.loop.type)
        last = [c for c, moves in zip(state, self.moves, strict=True) if moves]
        if self.loop.kind != "trail":
            return last, [None] * len(last), []
        count = self.loop.count
        each = [None if c is None else self.builder.slice(c, 0, ZERO, count) for c in last]
        ends = [
            None if c is None else self.first(self.builder.slice(c, 0, count, ONE)) for c in last
        ]
        return ends, each, []

    def first(self, term: Term) -> Term:
        return self.builder.reshape(term, shape_of(term)[1:])

    def run(
        self,
        starts: Sequence[Term],
        behind: Sequence[Var],
        pulled: Sequence[Term | None],
        data: dict[Var, Term],
        each: Sequence[Term | None],
    ) -> None:
        """Build the backward loop and give what comes out of it."""
        count = len(starts)
        xs, held = self.moving_items(), self.linear_held()
        before = [self.or_zeros(p, a) for p, a in zip(pulled[:count], behind, strict=True)]
        for k, own in enumerate(each):  # a state of a trail is a result as well
            if own is not None:
                extra = self.transposer.fresh("c", behind[k].type)
                data[extra] = own
                before[k] = self.algebra.pointwise("add", (before[k], extra), shape_of(before[k]))
        of_items = [
            self.or_zeros(p, x) for p, x in zip(pulled[count : count + len(xs)], xs, strict=True)
        ]
        sums = [self.transposer.fresh("sum", v.type) for v in held]
        after_sums = [
            s if p is None else self.algebra.pointwise("add", (s, p), shape_of(s))
            for s, p in zip(sums, pulled[count + len(xs) :], strict=True)
        ]
        begin = [*starts, *(self.algebra.zeros(cast(Tensor, v.type)) for v in held)]
        ended, outputs = self.backwards(
            begin, [*behind, *sums], [*before, *after_sums], of_items, data
        )
        self.give_all(ended[:count], outputs, ended[count:])

    def or_zeros(self, cotangent: Term | None, like: Var) -> Term:
        return self.algebra.zeros(cast(Tensor, like.type)) if cotangent is None else cotangent

    def give_all(self, states: Sequence[Term], items: Sequence[Term], held: Sequence[Term]) -> None:
        loop, give = self.loop, self.pulling.give
        rest = list(states)
        give(
            loop.init,
            self.packing.cotangents(
                [rest.pop(0) if m else None for m in self.moves], loop.init.type
            ),
        )
        if loop.xs is not None:
            rest = list(items)
            leaves = [rest.pop(0) if m else None for m in self.items_move]
            give(loop.xs, self.packing.cotangents(leaves, loop.xs.type))
        rest = list(held)
        for term, flags in zip(self.captured, self.holds, strict=True):
            leaves = [rest.pop(0) if flag else None for flag in flags]
            give(term, self.packing.cotangents(leaves, term.type))

    # ---- loops ------------------------------------------------------------------------------

    def backwards(
        self,
        begin: Sequence[Term],
        states: Sequence[Var],
        after: Sequence[Term],
        outputs: Sequence[Term],
        data: dict[Var, Term],
    ) -> tuple[list[Term], list[Term]]:
        """The last states of the backward loop, and its outputs in the order of the items."""
        data = {**data, **self.known_in_turns([*after, *outputs])}
        if outputs and not data:
            data[self.transposer.fresh("i", Tensor(Index(self.loop.count)))] = self.arange()
        state, parts = self.packing.fresh("cotangent", [var.type for var in states])
        mapping: dict[Term, Term] = dict(zip(states, parts, strict=True))
        init = self.packing.row(begin)
        if not data:
            body = Region((state,), self.packing.row(self.replaced(after, mapping)))
            kind: Literal["iterate", "repeat"] = (
                "iterate" if self.loop.kind == "iterate" else "repeat"
            )
            turned = Loop(
                kind, self.loop.count, self.loop.index, body, init, init.type,
                path=self.loop.path, order=self.back,
            )  # fmt: skip
            return self.parts(self.builder.loop(turned), len(begin)), []
        item, items = self.packing.fresh("item", [var.type for var in data])
        mapping |= dict(zip(data, items, strict=True))
        rows = [self.algebra.flipped(term) for term in data.values()]
        loop = self.scan(
            (state, item), self.replaced(after, mapping), self.replaced(outputs, mapping),
            init, self.packing.row(rows), self.back,
        )  # fmt: skip
        last = self.parts(self.builder.project(loop, 0), len(begin))
        found = self.builder.project(loop, 1)
        return last, [self.algebra.flipped(y) for y in self.parts(found, len(outputs))]

    def parts(self, term: Term, count: int) -> list[Term]:
        if count == 1:
            return [term]
        return [self.builder.project(term, k) for k in range(count)]

    def replaced(self, terms: Sequence[Term], mapping: dict[Term, Term]) -> list[Term]:
        return [self.transposer.substitute(term, mapping) for term in terms]

    def scan(
        self,
        parameters: tuple[Var, Var],
        after: Sequence[Term],
        outputs: Sequence[Term],
        init: Term,
        xs: Term,
        order: Order,
    ) -> Term:
        output = self.packing.row(outputs)
        types = [
            evolve(leaf, shape=(self.loop.count, *leaf.shape)) for leaf in tensors(output.type)
        ]
        stacked = types[0] if len(outputs) == 1 else Product(tuple(types))
        after_term = self.packing.row(after)
        result = self.builder.tuple((after_term, output), Product((after_term.type, output.type)))
        loop = Loop(
            "scan", self.loop.count, self.loop.index, Region(parameters, result), init,
            Product((init.type, stacked)), xs, self.loop.path, order,
        )  # fmt: skip
        return self.builder.loop(loop)

    def arange(self) -> Term:
        count = self.loop.count
        return self.builder.apply("arange", (), Tensor(Index(count), (count,)))

    def known_in_turns(self, terms: Sequence[Term]) -> dict[Var, Term]:
        """What a backward turn reads of the forward one: fixed states, fixed items, the index."""
        needed = frozenset[object]().union(*(self.transposer.bound.free(term) for term in terms))
        found: dict[Var, Term] = {}
        resting = cast("list[Var]", self.resting(self.states))
        if any(state.uid in needed for state in resting):
            found.update(zip(resting, self.fixed_states(), strict=True))
        if self.loop.xs is not None:
            pairs = zip(self.items, self.packing.leaves(self.loop.xs), strict=True)
            found.update((x, term) for x, term in pairs if x.uid in needed)
        if self.index is not None and self.index.uid in needed:
            found[self.index] = self.arange()
        return {var: term for var, term in found.items() if var.uid in needed}

    def fixed_states(self) -> list[Term]:
        """The fixed leaves of the state before each turn, on a leading axis."""
        resting = cast("list[Var]", self.resting(self.states))
        starts = self.resting(self.packing.leaves(self.loop.init))
        after = self.resting(self.after)
        state, parts = self.packing.fresh("state", [var.type for var in resting])
        mapping: dict[Term, Term] = dict(zip(resting, parts, strict=True))
        data = {
            x: term
            for x, term, moves in zip(
                self.items,
                [] if self.loop.xs is None else self.packing.leaves(self.loop.xs),
                self.items_move,
                strict=True,
            )
            if not moves
        }
        if self.index is not None:
            data[self.index] = self.arange()
        if not data:
            data[self.transposer.fresh("i", Tensor(Index(self.loop.count)))] = self.arange()
        item, items = self.packing.fresh("item", [var.type for var in data])
        mapping |= dict(zip(data, items, strict=True))
        loop = self.scan(
            (state, item), self.replaced(after, mapping), parts,
            self.packing.row(starts), self.packing.row(list(data.values())), self.ahead,
        )  # fmt: skip
        return self.parts(self.builder.project(loop, 1), len(resting))


__all__ = ["transpose_loop"]
