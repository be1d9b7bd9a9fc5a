"""Sizes as sympy expressions, for those who want to go on computing with them.

Importing sympy takes longer than checking a program, so nothing but `formula`
imports it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from catnn.types.atoms import (
    BOUND,
    Atom,
    Conditional,
    Extremum,
    Floor,
    Inverse,
    Listing,
    Member,
    Power,
    Symbol,
    Total,
    family_name,
)
from catnn.types.dims import Dim
from catnn.types.facts import Compare, Divides, Fact

if TYPE_CHECKING:
    import sympy


def formula(dim: Dim) -> "sympy.Expr":
    """The size as a sympy expression in symbols that are positive integers.

    Sizes that have one name but are different get numbers: `n`, `n_2`.
    """
    return _Formula(_names(sorted(dim.symbols(), key=lambda symbol: symbol.uid))).expression(dim)


def _names(symbols: Sequence[Symbol]) -> dict[Symbol, str]:
    names: dict[Symbol, str] = {}
    for symbol in symbols:
        name, number = symbol.name, 1
        while name in names.values():
            number += 1
            name = f"{symbol.name}_{number}"
        names[symbol] = name
    return names


class _Formula:
    def __init__(self, names: Mapping[Symbol, str]) -> None:
        self.names = names

    def expression(self, dim: Dim) -> "sympy.Expr":
        import sympy

        terms = []
        for monomial, coefficient in dim.terms.items():
            powers = (self.atom(atom) ** exponent for atom, exponent in monomial)
            number = sympy.Rational(coefficient.numerator, coefficient.denominator)
            terms.append(sympy.Mul(number, *powers))
        return sympy.Add(*terms)

    def atom(self, atom: Atom) -> "sympy.Expr":
        import sympy

        match atom:
            case Symbol(kind="number"):
                return sympy.Symbol(self.names[atom], real=True)
            case Symbol(kind="index"):
                return sympy.Symbol(self.names[atom], integer=True, nonnegative=True)
            case Symbol():
                return sympy.Symbol(self.names[atom], integer=True, positive=True)
            case Floor(argument=argument):
                return sympy.floor(self.expression(argument))
            case Extremum(greatest=greatest, arguments=arguments):
                of = map(self.expression, arguments)
                return sympy.Max(*of) if greatest else sympy.Min(*of)
            case Power(base=base, exponent=exponent):
                return sympy.Integer(base) ** self.expression(exponent)
            case Inverse(divisor=divisor):
                return 1 / self.expression(divisor)
            case Member(family=family, index=index):
                return sympy.IndexedBase(family_name(family))[self.expression(index)]
            case Total(count=count, term=term):
                inner = _Formula({**self.names, BOUND: BOUND.name})
                last = self.expression(count) - 1
                return sympy.Sum(inner.expression(term), (inner.atom(BOUND), 0, last))
            case Listing(values=values, index=index):
                place = self.expression(index)
                pairs = ((self.expression(v), sympy.Eq(place, i)) for i, v in enumerate(values))
                return sympy.Piecewise(*pairs)
            case Conditional(fact=fact, then=then, otherwise=otherwise):
                return sympy.Piecewise(
                    (self.expression(then), self.condition(fact)),
                    (self.expression(otherwise), True),
                )
            case _:
                raise AssertionError(f"bug in catnn: no formula for {atom!r}")

    def condition(self, fact: Fact) -> "sympy.Basic":
        """A fact as a relation of sympy."""
        import sympy

        match fact:
            case Divides(divisor=divisor, dividend=dividend):
                return sympy.Eq(sympy.Mod(self.expression(dividend), self.expression(divisor)), 0)
            case Compare(op=op, left=left, right=right):
                return sympy.Rel(self.expression(left), self.expression(right), op)
