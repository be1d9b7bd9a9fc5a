"""Equations between sizes with unknowns: used once they read `unknown = known`, never searched."""

from typing import TypeAlias

from attrs import frozen

from catnn.types.atoms import Symbol
from catnn.types.dim_core import Dim, by_exponent
from catnn.types.dim_limits import SizeError
from catnn.types.dim_text import fraction
from catnn.types.facts import Compare, Divides, Fact, Facts


@frozen
class Solved:
    """Both sides are provably the same."""


@frozen
class Solution:
    """`symbol` must be `value`; each of the obligations must hold for that to be a size."""

    symbol: Symbol
    value: Dim
    obligations: tuple[Fact, ...] = ()


@frozen
class Clash:
    """Both sides differ, or nothing shows that they agree."""


@frozen
class Waiting:
    """No unknown stands alone yet."""


Outcome: TypeAlias = Solved | Solution | Clash | Waiting


def solve(left: Dim, right: Dim, facts: Facts) -> Outcome:
    """What `left = right` says about the unknowns in it.

    `Solution` where one unknown `m` is linear, `m * cofactor = rest`, with a cofactor
    that is free of unknowns and not 0. The rest may have other unknowns if the cofactor
    is 1 and they only add to the value: `e1 = e2` is used, `e1 + e2 = 5` waits.
    `Clash` where no unknown is left and nothing shows that both sides agree, or where
    they differ whatever the unknowns are; a size is never negative.
    """
    if left == right:
        return Solved()
    difference = left - right
    normal = facts.normalise(difference)
    if facts.equal(normal, Dim.of(0)):
        return Solved()
    if not normal.metas() or facts.apart(normal, Dim.of(0)):
        return Clash()
    # As it stands first: a value without the facts of a branch also serves outside it.
    for equation in dict.fromkeys((difference, normal)):
        metas = sorted(equation.metas(), key=lambda symbol: symbol.uid, reverse=True)
        for meta in metas:
            found = _solved_for(meta, equation, facts, alone=len(metas) == 1)
            if found is not None:
                return found
    return Waiting()


def _solved_for(meta: Symbol, equation: Dim, facts: Facts, alone: bool) -> Solution | Clash | None:
    parts = _linear(meta, equation)
    if parts is None:
        return None
    cofactor, rest, inverted = parts
    if cofactor.metas() or not facts.apart(cofactor, Dim.of(0)):
        return None
    if inverted and not facts.apart(rest, Dim.of(0)):
        return None
    value = -rest / cofactor
    if not alone and not (cofactor.as_int() in (1, -1) and _adds(value)):
        return None
    if facts.prove(Compare("<", value, Dim.of(0))):
        return Clash()
    try:
        return Solution(meta, value, _obligations(meta, value, facts))
    except SizeError:
        return Clash()  # what is known about the unknown has no value there


def _linear(meta: Symbol, difference: Dim) -> tuple[Dim, Dim, bool] | None:
    """`difference = meta * cofactor + rest`, or (True) that over `meta`; None if it is not linear."""
    levels = by_exponent(difference.terms, meta)
    if set(levels) not in ({0, 1}, {1}, {0, -1}):
        return None
    first, second = (1, 0) if 1 in levels else (0, -1)
    cofactor = Dim(levels[first], difference.mixed)
    rest = Dim(levels.get(second, {}), difference.mixed)
    if meta in cofactor.symbols() | rest.symbols():
        return None
    return cofactor, rest, second == -1


def _adds(value: Dim) -> bool:
    """Whether unknowns only add to a value."""
    return all(
        coefficient > 0 or not Dim({monomial: 1}, value.mixed).metas()
        for monomial, coefficient in value.terms.items()
    )


def _obligations(meta: Symbol, value: Dim, facts: Facts) -> tuple[Fact, ...]:
    """The division that must be exact, and what the facts say about the unknown itself."""
    wanted: list[Fact] = []
    if not facts.integral(value):
        numerator, divisor = fraction(value)
        wanted.append(Divides(divisor, numerator))
    about = facts.about(meta)
    wanted += [found for fact in about if not facts.prove(found := fact.substitute({meta: value}))]
    return tuple(wanted)
