"""Least values of atoms and sizes, found without looking at relations between atoms."""

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from catnn.types import dim_terms
from catnn.types.atoms import (
    Atom,
    Conditional,
    Extremum,
    Floor,
    Inverse,
    Listing,
    Member,
    Number,
    Power,
    Symbol,
    Total,
)
from catnn.types.dim_core import Dim
from catnn.types.dim_limits import SizeLimit
from catnn.types.dim_terms import ONE, Monomial, Terms

if TYPE_CHECKING:
    from catnn.types.dim_theory import Theory

MAX_SHIFT = 6

# ---- atoms ----------------------------------------------------------------------------


def least(theory: "Theory", atom: Atom) -> Number | None:
    """A number that the atom is provably not below."""
    if isinstance(atom, Symbol):
        found = theory.least.get(atom)
        return 0 if found is None and atom.kind == "index" else found
    return theory.ask(theory.lows, atom, None, lambda: _least_compound(theory, atom))


def _least_compound(theory: "Theory", atom: Atom) -> Number | None:
    low = _least(theory, atom)
    return -(-low // 1) if low is not None and atom.integral else low


def _least(theory: "Theory", atom: Atom) -> Number | None:
    match atom:
        case Floor(argument=argument):
            return _least_floor(theory, argument)
        case Extremum(greatest=greatest, arguments=arguments):
            found = [lower(theory, argument) for argument in arguments]
            known = [low for low in found if low is not None]
            if greatest:
                return max(known, default=None)
            return min(known) if len(known) == len(found) else None
        case Power(base=base, exponent=exponent):
            low = lower(theory, exponent)
            if low is not None and -256 <= low <= 256:
                return dim_terms.reduced(Fraction(base) ** (-(-low // 1)))
            return 0
        case Member(family=Symbol() as family):
            known = [theory.least[key] for key in (atom, family) if key in theory.least]
            return max(known, default=None)
        case Total(count=count, term=term):
            turns, each = lower(theory, count), lower(theory, term)
            return None if turns is None or each is None or min(turns, each) < 0 else turns * each
        case Listing(values=parts):
            return _least_of(theory, parts)
        case Conditional(then=then, otherwise=otherwise):
            return _least_of(theory, (then, otherwise))
        case Inverse(divisor=divisor):
            return 0 if theory.positive(divisor) else None
    return None


def _least_of(theory: "Theory", parts: Iterable[Dim]) -> Number | None:
    found = [lower(theory, part) for part in parts]
    known = [low for low in found if low is not None]
    return min(known) if len(known) == len(found) else None


def _least_floor(theory: "Theory", argument: Dim) -> Number | None:
    low = lower(theory, argument)
    if low is None or low < 1:
        for bound in (1, 0):
            if (low is not None and low >= bound) or theory.nonnegative(argument - bound):
                return bound
    return None if low is None else low // 1


def lower(theory: "Theory", dim: Dim) -> Number | None:
    """A number that `dim` is not below, found without looking at relations between atoms."""
    low = termwise(theory, dim)
    if dim.mixed or any(e < 0 for monomial in dim.terms for _, e in monomial):
        return low
    shifted = shift(theory, dim.terms)
    if all(c > 0 and not_negative(theory, m) for m, c in shifted.items() if m):
        constant = shifted.get(ONE, 0)
        return constant if low is None else max(low, constant)
    return low


def termwise(theory: "Theory", dim: Dim) -> Number | None:
    """The sum of what each term is at least: a positive whole term is at least 1."""
    total: Number = 0
    for monomial, coefficient in dim.terms.items():
        if not monomial:
            total = total + coefficient
        elif coefficient > 0:
            low = least_monomial(theory, monomial, coefficient)
            if low is None:
                return None
            total = total + low
        else:
            high = _greatest_reciprocal(theory, monomial)
            if high is None:
                return None
            total = total + coefficient * high
    return total


def least_monomial(theory: "Theory", monomial: Monomial, coefficient: Number) -> Number | None:
    product: Number | None = coefficient
    for atom, exponent in monomial:
        low = least(theory, atom)
        if low is None or low < 0:
            return None
        if exponent < 0:
            product = None  # positive wherever it has a value
        elif product is not None:
            product = product * low**exponent if exponent <= 64 else None
    if product is not None and product > 0:
        return product
    if all(positive(theory, atom) for atom, _ in monomial) and theory.integral(
        Dim({monomial: coefficient})
    ):
        return 1
    return 0 if product is None else product


def _greatest_reciprocal(theory: "Theory", monomial: Monomial) -> Number | None:
    """What `1 / (a * b)` is at most."""
    product: Number = 1
    for atom, exponent in monomial:
        low = least(theory, atom)
        if exponent > 0 or low is None or low <= 0 or exponent < -64:
            return None
        product = product * Fraction(low) ** exponent
    return product


def positive(theory: "Theory", atom: Atom) -> bool:
    if isinstance(atom, Power):
        return True
    if isinstance(atom, Inverse):
        return theory.positive(atom.divisor)
    low = least(theory, atom)
    return low is not None and low > 0


def not_negative(theory: "Theory", monomial: Monomial) -> bool:
    """Whether a monomial of shifted atoms is at least 0."""
    return all(exponent % 2 == 0 or least(theory, atom) is not None for atom, exponent in monomial)


def shift(theory: "Theory", terms: Terms) -> Terms:
    """The polynomial with every atom `a` replaced by `a + least(a)`; the new atoms are at least 0."""
    lows = {atom: least(theory, atom) for monomial in terms for atom, _ in monomial}
    if not any(lows.values()):
        return terms
    result: dict[Monomial, Number] = {}
    for monomial, coefficient in terms.items():
        product: dict[Monomial, Number] = {ONE: coefficient}
        for atom, exponent in monomial:
            low = lows[atom]
            if low and exponent > MAX_SHIFT:
                raise SizeLimit(f"an exponent beyond {MAX_SHIFT} in a bound")
            factor: Terms = {((atom, 1),): 1, ONE: low} if low else {((atom, exponent),): 1}
            product = dim_terms.multiplied(
                product, dim_terms.power(factor, exponent) if low else factor
            )
        result = dim_terms.added(result, product)
    return result
