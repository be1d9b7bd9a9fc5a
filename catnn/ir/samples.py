"""Whether sizes agree: by their normal form, else at sample values that the facts allow.

What a program's author had to prove may rest on facts that are gone once the
program is specialised. So what cannot be seen at once is tried out: a difference
at a sample is a difference, agreement at all of them is taken for one.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product

from attrs import define, field

from catnn.types.dims import Dim, SizeError, Symbol
from catnn.types.facts import Fact

MAX_TRIED, MAX_KEPT = 4000, 4
VALUES = (6, 7, 5, 12, 4, 8, 3, 2, 1, 16, 35, 30)


@define(eq=False)
class Samples:
    """Equality and order of sizes under facts."""

    facts: Sequence[Fact] = ()
    known: dict[frozenset[Symbol], list[dict[Symbol, int]]] = field(factory=dict)

    def same(self, one: Dim, other: Dim) -> bool:
        if one == other:
            return True
        return not any(self.value(one - other, at) for at in self.of(one, other))

    def at_most(self, one: Dim, other: Dim) -> bool:
        difference = other - one
        known = difference.as_fraction()
        if known is not None:
            return known >= 0
        return all(self.value(difference, at) >= 0 for at in self.of(one, other))

    def value(self, dim: Dim, at: dict[Symbol, int]) -> Fraction:
        """The value at a sample; 0 where there is none, as of a quotient by zero."""
        try:
            return dim.evaluate(at)
        except SizeError:
            return Fraction(0)

    def of(self, *dims: Dim) -> list[dict[Symbol, int]]:
        """A few assignments to the symbols of sizes under which the facts hold."""
        symbols = frozenset[Symbol]().union(*(dim.symbols() for dim in dims))
        for _ in self.facts:  # what facts relate to these symbols
            related = [f.symbols() for f in self.facts if f.symbols() & symbols]
            symbols = symbols.union(*related)
        found = self.known.get(symbols)
        if found is None:
            found = self.known[symbols] = list(self.tried(sorted(symbols, key=lambda s: s.uid)))
        return found

    def tried(self, symbols: list[Symbol]) -> Iterator[dict[Symbol, int]]:
        kept = 0
        facts = [f for f in self.facts if f.symbols() <= set(symbols)]
        for number, values in enumerate(product(VALUES, repeat=len(symbols))):
            at = dict(zip(symbols, rotated(values), strict=True))
            if all(holds(fact, at) for fact in facts):
                yield at
                kept += 1
            if kept == MAX_KEPT or number == MAX_TRIED:
                return


def rotated(values: tuple[int, ...]) -> tuple[int, ...]:
    """Different values for different symbols come first."""
    size = len(VALUES)
    return tuple(VALUES[(VALUES.index(value) + k) % size] for k, value in enumerate(values))


def holds(fact: Fact, at: dict[Symbol, int]) -> bool:
    try:
        return fact.evaluate(at)
    except SizeError:
        return False


__all__ = ["Samples"]
