"""What a theory proves: equality, difference, divisibility, comparisons.

A `True` is a proof: the statement holds wherever the facts hold and both sides
have a value. A `False` only says that no proof was found.
"""

from math import lcm
from typing import TYPE_CHECKING

from catnn.types import dim_terms
from catnn.types.atoms import Atom, Compound, Conditional, Extremum, Floor, Inverse, Listing
from catnn.types.dim_bounds import at_place, by_cases
from catnn.types.dim_core import Dim, over, plainly_integral
from catnn.types.dim_forms import extremum, floor, floor_parts, order
from catnn.types.dim_relations import Compare, Divides, Fact
from catnn.types.dim_terms import ONE

if TYPE_CHECKING:
    from catnn.types.dim_theory import Theory

MAX_CASE_DEPTH = 2
MAX_MODULUS = 1 << 32
MAX_PLACES = 64


def prove(theory: "Theory", fact: Fact) -> bool:
    """Whether the fact follows."""
    left, right = fact.dims()
    if isinstance(fact, Divides):
        return divides(theory, left, right)
    match fact.op:
        case "==":
            return equal(theory, left, right)
        case "!=":
            return apart(theory, left, right)
        case "<=":
            return theory.nonnegative(right - left)
        case "<":
            return theory.positive(right - left)
        case ">=":
            return theory.nonnegative(left - right)
        case ">":
            return theory.positive(left - right)


def refute(theory: "Theory", fact: Fact) -> bool:
    """Whether the fact is false wherever the theory holds."""
    if isinstance(fact, Compare):
        return prove(theory, fact.negated())
    divisor, dividend = (theory.normalise(dim) for dim in fact.dims())
    if not divisor.terms:
        return True
    if _fractional(theory, dividend / divisor):
        return True
    if theory.positive(dividend):
        return theory.positive(divisor - dividend)
    return False


def divides(theory: "Theory", divisor: Dim, dividend: Dim) -> bool:
    """Whether `dividend / divisor` is a whole number, and `divisor` is not 0."""
    divisor, dividend = theory.normalise(divisor), theory.normalise(dividend)
    if not divisor.terms or not theory.integral(dividend / divisor):
        return False
    return nonzero(theory, divisor)


# ---- equality -------------------------------------------------------------------------


def equal(theory: "Theory", left: Dim, right: Dim) -> bool:
    """Whether two sizes are the same: decided for polynomials, sound for the rest."""
    return left == right or vanishes(theory, theory.normalise(left - right))


def vanishes(theory: "Theory", dim: Dim) -> bool:
    """Whether a normalised size is 0."""
    if dim.mixed:
        dim = theory.normalise(over(dim)[0])
    if dim.is_constant():
        return not dim.terms
    compound = any(isinstance(atom, Compound) for atom in dim.atoms())
    if compound:
        paired = theory.normalise(dim.rebuild(_paired))
        if not paired.terms:
            return True
        for atom in sorted(dim.atoms(), key=lambda a: a.uid):
            if isinstance(atom, Listing) and len(atom.values) <= MAX_PLACES:
                places = range(len(atom.values))
                return all(
                    vanishes(theory, theory.normalise(at_place(dim, atom.index, j))) for j in places
                )
            if isinstance(atom, Conditional) and theory.depth < MAX_CASE_DEPTH:
                return by_cases(theory, atom, lambda branch, v, a=atom: _zero(branch, dim, a, v))  # type: ignore[misc]
    if compound or theory.bounds:
        return theory.nonnegative(dim) and theory.nonnegative(-dim)
    return False


def _zero(theory: "Theory", dim: Dim, atom: Atom, value: Dim) -> bool:
    put = dim.rebuild(lambda one: value if one is atom else None)
    return vanishes(theory, theory.normalise(put))


def _paired(atom: Atom) -> Dim | None:
    """One form for what has two: `min` by `max`, and `floor(x)` by `-floor(-x)`."""
    if isinstance(atom, Extremum) and not atom.greatest:
        return -extremum(True, [-argument for argument in atom.arguments])
    if isinstance(atom, Floor) and all(map(plainly_integral, atom.argument.terms)):
        below = lcm(*(c.denominator for c in atom.argument.terms.values()))
        whole, part = floor_parts(-atom.argument + Dim.of(below - 1) / below)
        return -whole - floor(part) if order(part) < order(atom.argument) else None
    return None


# ---- difference -----------------------------------------------------------------------


def apart(theory: "Theory", left: Dim, right: Dim) -> bool:
    """Whether two sizes differ for all values of the symbols."""
    return nonzero(theory, theory.normalise(left - right))


def nonzero(theory: "Theory", dim: Dim) -> bool:
    """Whether a normalised size is never 0: by its sign, as a product, or by a remainder."""
    if dim.is_constant():
        return bool(dim.terms)
    if theory.positive(dim) or theory.positive(-dim):
        return True
    if any((dim / known).as_fraction() for known in theory.nonzero):
        return True
    if len(dim.terms) == 1:
        ((monomial, _),) = dim.terms.items()
        return all(_nonzero_atom(theory, atom) for atom, exponent in monomial if exponent > 0)
    return any(_fractional(theory, dim / modulus) for modulus in _moduli(theory, dim))


def _nonzero_atom(theory: "Theory", atom: Atom) -> bool:
    if isinstance(atom, Inverse):
        return True
    own = Dim.atom(atom)
    return theory.positive(own) or theory.positive(-own) or own in theory.nonzero


def _fractional(theory: "Theory", dim: Dim) -> bool:
    """Whether a size is never a whole number."""
    part = theory.split(theory.normalise(dim))[1].as_fraction()
    return part is not None and part.denominator != 1


def _moduli(theory: "Theory", dim: Dim) -> list[int]:
    """Numbers modulo which a difference might show: of the facts, and of the coefficients."""
    shared = dim_terms.content(c for monomial, c in dim.terms.items() if monomial)
    found = {lcm(*(c.denominator for c in known.terms.values())) for known in theory.whole}
    if shared.denominator == 1 and ONE in dim.terms:
        found.add(shared.numerator)
    return sorted(modulus for modulus in found if 1 < modulus < MAX_MODULUS)
