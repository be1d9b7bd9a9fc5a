"""Laurent polynomials over atoms as plain dictionaries: monomial to rational coefficient.

A monomial is a tuple of `(atom, exponent)` sorted by `uid`, exponents being
any integers but 0; `()` is 1. No coefficient is 0. Products of few factors are
by far the most common case and take the short ways.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import TypeAlias

from catnn.types.atoms import Atom, Number
from catnn.types.dim_limits import (
    SizeLimit,
    check_exponent,
    check_number,
    check_power,
    check_terms,
)

Monomial: TypeAlias = tuple[tuple[Atom, int], ...]
Terms: TypeAlias = Mapping[Monomial, Number]

ONE: Monomial = ()
MAX_DIVISION_STEPS = 400
_SMALL = 1 << 4096


def _uid(factor: tuple[Atom, int]) -> int:
    return factor[0].uid


def reduced(value: Number) -> Number:
    """An `int` wherever the value is one."""
    return value.numerator if value.denominator == 1 else value


def magnitude(value: Number) -> Number:
    return -value if value < 0 else value


def places(number: int, base: int) -> tuple[int, int]:
    """How often `base` divides a number, and what is left."""
    count = 0
    while number and number % base == 0:
        number, count = number // base, count + 1
    return count, number


# ---- monomials ------------------------------------------------------------------------


def times(left: Monomial, right: Monomial) -> Monomial:
    """The product of two monomials."""
    if not left:
        return right
    if not right:
        return left
    if len(left) == 1 and len(right) == 1:
        (one, i), (other, j) = left[0], right[0]
        if one is not other:
            return left + right if one.uid < other.uid else right + left
        return ((one, i + j),) if i + j else ONE
    exponents = dict(left)
    for atom, exponent in right:
        total = exponents.get(atom, 0) + exponent
        if total:
            exponents[atom] = total
        else:
            del exponents[atom]
    return tuple(sorted(exponents.items(), key=_uid))


def raised(monomial: Monomial, exponent: int) -> Monomial:
    """A monomial to an integer power."""
    if exponent == 0:
        return ONE
    for _, own in monomial:
        check_exponent(own * exponent)
    return tuple((atom, own * exponent) for atom, own in monomial)


def without(monomial: Monomial, atom: Atom) -> tuple[int, Monomial]:
    """The exponent of `atom`, and what is left of the monomial."""
    for place, (one, exponent) in enumerate(monomial):
        if one is atom:
            return exponent, monomial[:place] + monomial[place + 1 :]
    return 0, monomial


def degree(monomial: Monomial) -> int:
    return sum(exponent for _, exponent in monomial)


def denominator(monomials: Iterable[Monomial]) -> Monomial:
    """The least monomial that clears every negative exponent."""
    lowest: dict[Atom, int] = {}
    for monomial in monomials:
        for atom, exponent in monomial:
            if exponent < lowest.get(atom, 0):
                lowest[atom] = exponent
    return tuple(sorted(((atom, -least) for atom, least in lowest.items()), key=_uid))


# ---- polynomials ----------------------------------------------------------------------


def added(left: Terms, right: Terms, scale: Number = 1) -> dict[Monomial, Number]:
    """`left + scale * right`."""
    terms = dict(left)
    for monomial, coefficient in right.items():
        value = terms.get(monomial, 0) + scale * coefficient
        if value:
            terms[monomial] = reduced(value) if type(value) is Fraction else value
        else:
            terms.pop(monomial, None)
    if len(terms) > len(left):
        check_terms(len(terms))
    return terms


def shifted(terms: Terms, monomial: Monomial, scale: Number = 1) -> dict[Monomial, Number]:
    """`scale * monomial * terms`, the cheap product."""
    if scale == 1:
        return {times(own, monomial): coefficient for own, coefficient in terms.items()}
    check_number(scale)
    product: dict[Monomial, Number] = {}
    for own, coefficient in terms.items():
        value = coefficient * scale
        if type(value) is Fraction:
            value = reduced(value)
        if not -_SMALL < value < _SMALL or type(value) is Fraction:
            check_number(value)
        product[times(own, monomial)] = value
    return product


def multiplied(left: Terms, right: Terms) -> dict[Monomial, Number]:
    """The product of two polynomials."""
    if len(right) == 1:
        ((monomial, scale),) = right.items()
        return shifted(left, monomial, scale)
    if len(left) == 1:
        ((monomial, scale),) = left.items()
        return shifted(right, monomial, scale)
    if len(left) * len(right) > 100_000:
        raise SizeLimit("a product of too many terms")
    product: dict[Monomial, Number] = {}
    for monomial, scale in left.items():
        product = added(product, shifted(right, monomial, scale))
    for coefficient in product.values():
        check_number(coefficient)
    return product


def power(terms: Terms, exponent: int) -> dict[Monomial, Number]:
    """A polynomial to a power; negative ones need a single term."""
    if len(terms) == 1:
        ((monomial, coefficient),) = terms.items()
        if coefficient == 1:
            return {raised(monomial, exponent): 1}
        check_power(coefficient, exponent)
        return {raised(monomial, exponent): reduced(Fraction(coefficient) ** exponent)}
    if not terms:
        return {ONE: 1} if exponent == 0 else {}
    check_exponent(exponent)
    result: dict[Monomial, Number] = {ONE: 1}
    square: Terms = terms
    while exponent:
        if exponent & 1:
            result = multiplied(result, square)
        exponent >>= 1
        if exponent:
            square = multiplied(square, square)
    return result


def content(values: Iterable[Number]) -> Fraction:
    """The greatest rational of which all values are integer multiples; 0 for none."""
    numerator, below = 0, 1
    for value in values:
        numerator = gcd(numerator, value.numerator)
        below = lcm(below, value.denominator)
    return Fraction(numerator, below)


def leading(terms: Terms) -> Monomial:
    """The monomial that comes first: of highest degree, then by the order of atoms."""
    return max(
        terms, key=lambda m: (degree(m), tuple((-atom.uid, exponent) for atom, exponent in m))
    )


def primitive(terms: Terms) -> tuple[Fraction, Monomial, dict[Monomial, Number]]:
    """`terms = c * m * p`: `p` of coprime integers, no common atom, positive first coefficient."""
    scale = content(terms.values())
    if terms[leading(terms)] < 0:
        scale = -scale
    lowest: dict[Atom, int] = {}
    for atom in {atom for monomial in terms for atom, _ in monomial}:
        lowest[atom] = min(without(monomial, atom)[0] for monomial in terms)
    common = tuple(sorted(((a, e) for a, e in lowest.items() if e), key=_uid))
    return scale, common, shifted(terms, raised(common, -1), 1 / scale)


def exact_quotient(dividend: Terms, divisor: Terms) -> dict[Monomial, Number] | None:
    """`dividend / divisor` if it is a Laurent polynomial; `divisor` is primitive."""
    atoms = sorted({a for m in dividend for a, _ in m}, key=lambda atom: atom.uid)
    known = set(atoms)
    if any(atom not in known for m in divisor for atom, _ in m):
        return None
    rest, quotient = _vectors(dividend, atoms), dict[tuple[int, ...], Number]()
    below = _vectors(divisor, atoms)
    first = max(below)
    lowest = tuple(min(column) for column in zip(*rest, strict=True))
    for _ in range(MAX_DIVISION_STEPS):
        if not rest:
            return {_monomial(vector, atoms): reduced(c) for vector, c in quotient.items()}
        top = max(rest)
        step = tuple(i - j for i, j in zip(top, first, strict=True))
        if any(i < low for i, low in zip(step, lowest, strict=True)):
            return None
        scale = Fraction(rest[top]) / below[first]
        quotient[step] = scale
        for vector, coefficient in below.items():
            place = tuple(i + j for i, j in zip(step, vector, strict=True))
            value = rest.get(place, 0) - scale * coefficient
            if value:
                rest[place] = value
            else:
                rest.pop(place, None)
    return None


def _vectors(terms: Terms, atoms: list[Atom]) -> dict[tuple[int, ...], Number]:
    found: dict[tuple[int, ...], Number] = {}
    for monomial, coefficient in terms.items():
        exponents = dict(monomial)
        found[tuple(exponents.get(atom, 0) for atom in atoms)] = coefficient
    return found


def _monomial(vector: tuple[int, ...], atoms: list[Atom]) -> Monomial:
    return tuple((atom, exponent) for atom, exponent in zip(atoms, vector, strict=True) if exponent)
