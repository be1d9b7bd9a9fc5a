"""`cost`: add up what a program's leaves and applications cost, by factor."""

from collections.abc import Iterable, Iterator, Mapping

from catnn.cost.counts import COLUMNS, Column, Cost, Counts, product
from catnn.cost.operations import flops, sizes
from catnn.cost.saved import base, gradients, kept, size_in_bytes
from catnn.cost.walk import Placed, ordered, placed
from catnn.ir.terms import (
    Apply,
    Leaf,
    Loop,
    Program,
    Project,
    Segment,
    Term,
    TupleTerm,
    Var,
)
from catnn.ir.walk import results
from catnn.types.dims import Dim, Symbol
from catnn.types.types import Product, Tensor, Type

REAL = 4
"""Bytes of a real number in single precision."""

ZERO = Dim.of(0)


class Tally:
    """Counts by factor, in the order in which the factors appear."""

    def __init__(self) -> None:
        self.factors: dict[str, Counts] = {}

    def add(self, factor: str, column: Column, amount: Dim) -> None:
        self.factors[factor] = self.factors.get(factor, Counts()).plus(column, amount)


def cost(program: Program, real: int = REAL) -> Cost:
    """What a program costs, as formulas in the sizes that it leaves open.

    `real` is the number of bytes of a real number. A term in a loop counts once
    for each turn; a value that is used twice counts once.
    """
    tally = Tally()
    terms = list(placed(program.region))
    counts = {p.term.index: p.term.count for p in terms if isinstance(p.term, Loop)}
    for leaf in program.leaves:
        _count_leaf(tally, leaf, counts, real)
    for place in terms:
        if isinstance(place.term, Apply):
            tally.add(place.term.factor, "flops", flops(place.term) * place.times)
    _count_saved(tally, terms, real)
    return Cost(program.name, tally.factors, tuple(_symbols(tally.factors.values(), program)))


def dotted(path: tuple[Segment, ...]) -> str:
    """A path as text, the index of a loop as `*`."""
    return ".".join("*" if isinstance(step, Symbol) else step for step in path)


def elements(type_: Type) -> Dim:
    """How many numbers a value holds."""
    if isinstance(type_, Product):
        return sum((elements(item) for item in type_.items), Dim.of(0))
    return product(sizes(type_)) if isinstance(type_, Tensor) else Dim.of(0)


def _count_leaf(tally: Tally, leaf: Leaf, counts: dict[Symbol, Dim], real: int) -> None:
    """A leaf under a loop is there once for each turn."""
    factor = dotted(leaf.path[:-1])
    times = product(counts[step] for step in leaf.path if isinstance(step, Symbol))
    if leaf.kind == "param":
        tally.add(factor, "parameters", elements(leaf.type) * times)
        tally.add(factor, "parameter_bytes", size_in_bytes(leaf.type, real) * times)
    else:
        tally.add(factor, "buffers", elements(leaf.type) * times)


def _count_saved(tally: Tally, terms: list[Placed], real: int) -> None:
    """Every value that some application keeps, once, where the first one keeps it."""
    times = {place.term: place.times for place in terms}
    loops = [place.term for place in terms if isinstance(place.term, Loop)]
    owners = {var.uid: loop for loop in loops for var in loop.body.parameters}
    needs = gradients([place.term for place in terms], owners, _trained(terms))
    keepers: dict[Term, str] = {}
    for place in terms:
        if isinstance(place.term, Apply):
            keeps = kept(place.term, needs, real)
            tally.add(place.term.factor, "activation_bytes", keeps.own * place.times)
            for value in keeps.values:
                keepers.setdefault(value, place.term.factor)
    for value, factor in keepers.items():
        again = sum((times[same] * share for same, share in _same(value, owners, keepers)), ZERO)
        amount = size_in_bytes(value.type, real) * (times[value] - again)
        tally.add(factor, "activation_bytes", amount)


def _same(
    value: Term, owners: Mapping[int, Loop], keepers: Mapping[Term, str]
) -> Iterator[tuple[Loop, Dim]]:
    """Kept values that are this one too, as shares of the times that a loop runs.

    The state of a turn is the result of the turn before, or where the loop
    started; the value of a loop is the result of its last turn; what a scan
    reads is a part of its input.
    """
    whole = value.tuple if isinstance(value, Project) else value
    if isinstance(whole, Loop) and whole.kind in ("repeat", "iterate"):
        if base(component(whole.body.result, value)) in keepers:
            yield whole, Dim.of(1)
    elif isinstance(whole, Var) and whole.uid in owners:
        loop = owners[whole.uid]
        if loop.xs is not None and whole == loop.body.parameters[-1]:
            if base(component(loop.xs, value)) in keepers:
                yield loop, loop.count
            return
        result = loop.body.result
        if loop.kind == "scan":
            result = component_at(result, 0)
        if base(component(result, value)) in keepers:
            yield loop, loop.count - 1
        if base(component(loop.init, value)) in keepers:
            yield loop, Dim.of(1)


def component(of: Term, like: Term) -> Term:
    """The part of a product that `like` takes of a variable, or all of it."""
    return component_at(of, like.index) if isinstance(like, Project) else of


def component_at(of: Term, index: int) -> Term:
    return of.items[index] if isinstance(of, TupleTerm) else of


def _trained(terms: list[Placed]) -> set[Loop]:
    """The loops whose bodies read a parameter; inner loops come first in `terms`."""
    trained: set[Loop] = set()
    for place in terms:
        if isinstance(place.term, Loop):
            body = ordered(results(place.term.body))
            if any((isinstance(t, Leaf) and t.kind == "param") or t in trained for t in body):
                trained.add(place.term)
    return trained


def _symbols(counts: Iterable[Counts], program: Program) -> list[Symbol]:
    """The sizes left open: run-time sizes in their order, then the batch and others by name."""
    left = {symbol for c in counts for column in COLUMNS for symbol in c[column].symbols()}
    if program.batch is not None:
        left.add(program.batch)
    others = left.difference(program.sizes)
    return [*program.sizes, *sorted(others, key=lambda symbol: symbol.name)]
