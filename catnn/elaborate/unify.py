"""Unification of sizes, shapes and types, and the matching of arguments to ports.

Sizes unify by `solve`: an equation is used once it reads `u = known`; others
wait. A `Row` of kind `meta` stands for axes not yet seen: with a *backing* it
is the unread front of a known shape, without one it is quite unknown. Reading
one more axis of such a row (`reveal`) is how a morphism's own rank is found.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from attrs import define, field, frozen

from catnn.errors import Diagnostic
from catnn.source import Span
from catnn.types.dims import Dim, Symbol, fresh
from catnn.types.facts import Compare, Fact, Facts
from catnn.types.solve import Clash, Solution, Solved, solve
from catnn.types.types import (
    Abstract,
    Arrow,
    Complex,
    Element,
    Index,
    Int,
    Product,
    Real,
    Row,
    Several,
    Shape,
    ShapeItem,
    SizeType,
    Tensor,
    Type,
    at,
    several,
)


@frozen
class Mismatch(Exception):
    """Two things that should agree and do not; `kind` says what they are."""

    kind: str
    left: object
    right: object
    detail: str = ""


Report = Callable[[Mismatch], Diagnostic]


@frozen
class Equation:
    left: Dim
    right: Dim
    facts: Facts
    report: Report


@frozen
class Obligation:
    """A fact that must hold where a definition is instantiated."""

    fact: Fact
    facts: Facts
    report: Callable[[Fact], Diagnostic]


@define
class Unifier:
    """The state of inference in one definition."""

    facts: Facts
    dims: dict[Symbol, Dim] = field(factory=dict)
    rows: dict[Symbol, Shape] = field(factory=dict)
    types: dict[Symbol, Type] = field(factory=dict)
    backing: dict[Symbol, Shape] = field(factory=dict)
    origins: dict[Symbol, Span] = field(factory=dict)
    waiting: list[Equation] = field(factory=list)
    obligations: list[Obligation] = field(factory=list)

    # ---- resolving --------------------------------------------------------------------

    def dim(self, dim: Dim) -> Dim:
        """`dim` with every solved meta replaced."""
        metas = dim.metas()
        while metas:
            known = {meta: self.dims[meta] for meta in metas if meta in self.dims}
            if not known:
                return dim
            dim = dim.substitute(known)
            metas = dim.metas()
        return dim

    def shape(self, shape: Shape) -> Shape:
        items: list[ShapeItem] = []
        for item in shape:
            if isinstance(item, Row):
                solved = self.rows.get(item.symbol)
                items.extend([item] if solved is None else self.shape(solved))
            else:
                items.append(self.dim(item))
        return tuple(items)

    def element(self, element: Element) -> Element:
        return Index(self.dim(element.size)) if isinstance(element, Index) else element

    def type(self, type_: Type) -> Type:
        """`type_` with everything that is solved so far filled in."""
        match type_:
            case Tensor(element, shape):
                return Tensor(self.element(element), self.shape(shape))
            case Product(items, labels):
                return Product(tuple(map(self.type, items)), labels)
            case SizeType(size):
                return SizeType(self.dim(size))
            case Several(index, count, item):
                return several(index, self.dim(count), self.type(item))
            case Abstract(symbol, lead):
                solved = self.types.get(symbol)
                lead = self.shape(lead)
                if solved is None:
                    return Abstract(symbol, lead)
                return prefixed(lead, self.type(solved))

    def arrow(self, arrow: Arrow) -> Arrow:
        contexts = tuple((name, self.type(context)) for name, context in arrow.contexts)
        source, target = self.type(arrow.source), self.type(arrow.target)
        return Arrow(source, target, contexts, arrow.is_linear)

    # ---- sizes ------------------------------------------------------------------------

    def unify_dim(self, left: Dim, right: Dim, report: Report) -> None:
        """Make two sizes equal; `Mismatch` if they provably or possibly differ."""
        left, right = self.dim(left), self.dim(right)
        if left == right or self._bind_plain(left, right) or self._bind_plain(right, left):
            return
        outcome = solve(left, right, self.facts)
        if isinstance(outcome, Clash):
            raise Mismatch("size", left, right)
        if isinstance(outcome, Solution):
            self.solve_dim(outcome, report)
        elif not isinstance(outcome, Solved):
            self.waiting.append(Equation(left, right, self.facts, report))

    def _bind_plain(self, left: Dim, right: Dim) -> bool:
        """`u = known` for a bare meta, the common case: nothing is to be shown for it."""
        symbol = left.as_symbol()
        if symbol is None or symbol.kind != "meta" or symbol in right.symbols():
            return False
        self.dims[symbol] = right
        if self.waiting:
            self.retry()
        return True

    def solve_dim(self, solution: Solution, report: Report) -> None:
        self.dims[solution.symbol] = solution.value
        for fact in solution.obligations:
            if not self.facts.prove(fact):
                self.obligations.append(
                    Obligation(fact, self.facts, _division(report, solution.value))
                )
        self.retry()

    def retry(self) -> None:
        """Look again at the equations that wait, until none moves."""
        moved = True
        while moved and self.waiting:
            moved = False
            equations, self.waiting = self.waiting, []
            for equation in equations:
                left, right = self.dim(equation.left), self.dim(equation.right)
                outcome = solve(left, right, equation.facts)
                if isinstance(outcome, Clash):
                    raise Pending(equation.report(Mismatch("size", left, right)))
                if isinstance(outcome, Solution):
                    self.dims[outcome.symbol] = outcome.value
                    self._oblige(outcome, equation)
                    moved = True
                elif not isinstance(outcome, Solved):
                    self.waiting.append(Equation(left, right, equation.facts, equation.report))

    def _oblige(self, solution: Solution, equation: Equation) -> None:
        for fact in solution.obligations:
            if not equation.facts.prove(fact):
                self.obligations.append(
                    Obligation(fact, equation.facts, _division(equation.report, solution.value))
                )

    # ---- rows -------------------------------------------------------------------------

    def fresh_row(self, backing: Shape | None = None, name: str = "lead") -> Row:
        symbol = fresh(name, "meta")
        if backing is not None:
            self.backing[symbol] = backing
        return Row(symbol)

    def reveal(self, row: Row) -> bool:
        """Read one more axis off the end of an open row; False if there is none."""
        symbol = row.symbol
        if symbol.kind != "meta":
            return False
        backing = self.backing.get(symbol)
        if backing is None:
            self.rows[symbol] = (self.fresh_row(), Dim.of(fresh("n", "meta")))
            return True
        backing = self.shape(backing)
        if not backing:
            return False
        last = backing[-1]
        if isinstance(last, Row):
            if not self.reveal(last):
                return False
            self.backing[symbol] = self.shape(backing)
            return self.reveal(row)
        self.rows[symbol] = (self.fresh_row(backing[:-1]), last)
        return True

    def reveal_all(self, shape: Shape) -> Shape:
        """Read every axis of a known shape; an unknown row stays."""
        shape = self.shape(shape)
        for item in shape:
            if isinstance(item, Row) and item.symbol in self.backing:
                self.rows[item.symbol] = self.shape(self.backing[item.symbol])
        return self.shape(shape)

    def close(self, row: Row) -> Shape:
        """What was never read of a row: the lead. An unknown one is empty."""
        (*front,) = self.shape((row,))
        if not front or not isinstance(front[0], Row):
            return ()
        symbol = front[0].symbol
        lead = self.backing.get(symbol)
        if lead is None:
            if symbol.kind == "meta":
                self.rows[symbol] = ()
            return ()
        return self.shape(lead)

    def trailing(self, shape: Shape, count: int) -> tuple[Shape, tuple[Dim, ...]] | None:
        """Split a shape before its last `count` axes, reading them if need be."""
        shape = self.shape(shape)
        while True:
            tail = shape[len(shape) - count :] if count else ()
            if len(tail) == count and not any(isinstance(item, Row) for item in tail):
                return shape[: len(shape) - count], tuple(d for d in tail if isinstance(d, Dim))
            rows = [item for item in shape if isinstance(item, Row)]
            if not rows:
                return None
            if not self.reveal(rows[-1]):
                if self.backing.get(rows[-1].symbol) != ():
                    return None
                self.rows[rows[-1].symbol] = ()  # all that the input has is read: nothing is left to lead
            shape = self.shape(shape)

    # ---- types ------------------------------------------------------------------------

    def unify_shape(self, left: Shape, right: Shape, report: Report) -> None:
        left, right = self.shape(left), self.shape(right)
        while left and right and not isinstance(left[-1], Row) and not isinstance(right[-1], Row):
            self.unify_dim(left[-1], right[-1], report)
            left, right = left[:-1], right[:-1]
        while left and right and not isinstance(left[0], Row) and not isinstance(right[0], Row):
            self.unify_dim(left[0], right[0], report)
            left, right = left[1:], right[1:]
        left, right = self.shape(left), self.shape(right)
        if left == right:
            return
        for one, other in ((left, right), (right, left)):
            if len(one) == 1 and isinstance(one[0], Row) and self._bind_row(one[0], other, report):
                return
        raise Mismatch("rank", left, right)

    def _bind_row(self, row: Row, shape: Shape, report: Report) -> bool:
        symbol = row.symbol
        if symbol.kind != "meta" or any(i == row for i in shape):
            return False
        backing = self.backing.get(symbol)
        self.rows[symbol] = shape
        if backing is not None:
            self.unify_shape(backing, shape, report)
        return True

    def unify_element(self, left: Element, right: Element, report: Report) -> None:
        if isinstance(left, Index) and isinstance(right, Index):
            self.unify_dim(left.size, right.size, report)
        elif type(left) is not type(right):
            raise Mismatch("element", left, right)

    def unify(self, left: Type, right: Type, report: Report) -> None:
        """Make two types equal."""
        left, right = self.type(left), self.type(right)
        if left == right:
            return
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Abstract) and one.symbol.kind == "meta":
                self._bind_type(one, other, report)
                return
        match left, right:
            case Tensor(), Tensor():
                self.unify_element(left.element, right.element, report)
                self.unify_shape(left.shape, right.shape, report)
            case Product(), Product() if len(left.items) == len(right.items):
                for one_item, other_item in zip(left.items, right.items, strict=True):
                    self.unify(one_item, other_item, report)
            case SizeType(), SizeType():
                self.unify_dim(left.size, right.size, report)
            case Several(), Several():
                self.unify_dim(left.count, right.count, report)
                known = set(self.dims)
                with self.within(left.index, left.count):
                    other = at(right.item, {right.index: Dim.of(left.index)})
                    self.unify(left.item, other, report)
                for meta in self.dims.keys() - known:  # one size is not another for each component
                    if left.index in self.dim(Dim.of(meta)).symbols():
                        raise Mismatch("size", Dim.of(meta), self.dims[meta])
            case (Several(), Product(items)) | (Product(items), Several()):
                tuple_ = left if isinstance(left, Several) else right
                self.written_out(tuple_, len(items), report)
                self.unify(left, right, report)
            case Abstract(), Abstract() if left.symbol is right.symbol:
                self.unify_shape(left.lead, right.lead, report)
            case _:
                raise Mismatch("type", left, right)

    @contextmanager
    def within(self, index: Symbol, count: Dim) -> Iterator[None]:
        """What is known of the index of a tuple or a big operator inside its terms."""
        outer = self.facts
        self.facts = outer.declare(index, 0).assume(Compare("<", Dim.of(index), count))
        try:
            yield
        finally:
            self.facts = outer

    def written_out(self, type_: Type, count: int, report: Report) -> None:
        """A tuple of unknown length that has `count` components."""
        assert isinstance(type_, Several)
        self.unify_dim(type_.count, Dim.of(count), report)
        if self.dim(type_.count).as_int() != count:
            raise Mismatch("type", type_, count)

    def _bind_type(self, variable: Abstract, other: Type, report: Report) -> None:
        if not variable.lead:
            self.types[variable.symbol] = other
            return
        stripped = self.strip(other, len(variable.lead))
        if stripped is None:
            raise Mismatch("type", variable, other)
        lead, rest = stripped
        self.unify_shape(variable.lead, lead, report)
        self.types[variable.symbol] = rest

    def strip(self, type_: Type, count: int) -> tuple[Shape, Type] | None:
        """Take the first `count` axes off every leaf; None if a leaf has fewer."""
        match self.type(type_):
            case Tensor(element, shape):
                if len(shape) < count or any(isinstance(i, Row) for i in shape[:count]):
                    return None
                return shape[:count], Tensor(element, shape[count:])
            case Abstract(symbol, lead):
                if len(lead) < count or any(isinstance(i, Row) for i in lead[:count]):
                    return None
                return lead[:count], Abstract(symbol, lead[count:])
            case Several(index, length, item):
                found = self.strip(item, count)
                if found is None or any(_mentions(axis, index) for axis in found[0]):
                    return None
                return found[0], Several(index, length, found[1])
            case Product(items, labels) if items:
                parts = [self.strip(item, count) for item in items]
                if any(part is None for part in parts):
                    return None
                known = [part for part in parts if part is not None]
                return known[0][0], Product(tuple(rest for _, rest in known), labels)
            case _:
                return None


def _division(report: Report, value: Dim) -> Callable[[Fact], Diagnostic]:
    return lambda fact: report(Mismatch("division", fact, value))


class Pending(Exception):
    """An equation that had waited turned out false; carries its diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.message)


def prefixed(lead: Shape, type_: Type) -> Type:
    """`[lead; A]`: the lead in front of every leaf."""
    if not lead:
        return type_
    match type_:
        case Tensor(element, shape):
            return Tensor(element, lead + shape)
        case Abstract(symbol, own):
            return Abstract(symbol, lead + own)
        case Product(items, labels):
            return Product(tuple(prefixed(lead, item) for item in items), labels)
        case Several(index, count, item):
            return Several(index, count, prefixed(lead, item))
        case SizeType():
            return type_


def _mentions(axis: ShapeItem, index: Symbol) -> bool:
    return isinstance(axis, Dim) and index in axis.symbols()


def promotes(given: Element, due: Element) -> bool:
    """Whether a value of `given` goes where `due` is due without being asked."""
    match given, due:
        case (Index(), Int()) | (Int(), Real()) | (Real(), Complex()):
            return True
        case _:
            return False


def positive(dim: Dim) -> Fact:
    return Compare(">=", dim, Dim.of(1))


def leaves(type_: Type) -> Iterable[Tensor | Abstract | SizeType]:
    """The components of a type that are no products, in order; one for those of a symbolic number."""
    if isinstance(type_, Product):
        for item in type_.items:
            yield from leaves(item)
    elif isinstance(type_, Several):
        yield from leaves(type_.item)
    else:
        yield type_


__all__ = [
    "Equation",
    "Mismatch",
    "Obligation",
    "Pending",
    "Report",
    "Unifier",
    "leaves",
    "positive",
    "prefixed",
    "promotes",
]
