"""Whole numbers under facts: what may be taken out of a floor, which divisions are exact.

Facts give expressions that are whole numbers: `h divides d` gives `d / h`,
`k % 2 == 1` gives `(k - 1) / 2`. A term is whole if it is a product of such
single terms and of whole atoms: `d * k / h` is. A sum is split by subtracting
whole multiples of such sums, first terms first: `k / 2 = (k - 1) / 2 + 1 / 2`.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING

from catnn.types import dim_terms
from catnn.types.atoms import (
    Atom,
    Conditional,
    Extremum,
    Inverse,
    Listing,
    Number,
    Power,
)
from catnn.types.dim_core import Dim, plainly_integral
from catnn.types.dim_forms import integer_valued_groups
from catnn.types.dim_terms import ONE, Monomial

if TYPE_CHECKING:
    from catnn.types.dim_theory import Theory

MAX_ROUNDS = 40
MAX_STEPS = 60
MAX_UNITS = 64
SMALL_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31)


def split(theory: "Theory", dim: Dim) -> tuple[Dim, Dim]:
    """`dim = whole + part`, `whole` provably a whole number, `part` in a normal form."""
    whole: dict[Monomial, Number] = {}
    part = _sieved(theory, dict(dim.terms), whole)
    for _ in range(MAX_ROUNDS):
        step = _step(theory, part)
        if step is None:
            break
        whole = dim_terms.added(whole, step.terms)
        part = _sieved(theory, dim_terms.added(part, step.terms, -1), whole)
    for group in integer_valued_groups(part):
        taken = {monomial: part.pop(monomial) for monomial in group}
        whole = dim_terms.added(whole, taken)
    return Dim(whole, dim.mixed), Dim(part, dim.mixed)


def _sieved(
    theory: "Theory", terms: dict[Monomial, Number], whole: dict[Monomial, Number]
) -> dict[Monomial, Number]:
    """Terms without their whole parts, which are added to `whole` in place."""
    part: dict[Monomial, Number] = {}
    for monomial, coefficient in terms.items():
        units: Number = 0
        if whole_term(theory, monomial, coefficient):
            units = coefficient
        elif whole_term(theory, monomial, 1):
            units = coefficient // 1
        if units:
            total = whole.get(monomial, 0) + units
            if total:
                whole[monomial] = dim_terms.reduced(total)
            else:
                del whole[monomial]
        if coefficient != units:
            part[monomial] = coefficient - units
    return part


def _step(theory: "Theory", part: dict[Monomial, Number]) -> Dim | None:
    """A whole multiple of a known sum that takes a first term of `part` away or down."""
    for known, first in _sums(theory):
        scale = known.terms[first]
        for monomial, coefficient in part.items():
            count = coefficient / Fraction(scale) // 1
            cofactor = dim_terms.times(monomial, dim_terms.raised(first, -1))
            if count and whole_term(theory, cofactor, 1):
                return Dim(dim_terms.shifted(known.terms, cofactor, count), known.mixed)
    return None


def _sums(theory: "Theory") -> list[tuple[Dim, Monomial]]:
    if theory.sums is None:
        theory.sums = [(dim, dim_terms.leading(dim.terms)) for dim in theory.whole]
    return theory.sums


# ---- single terms ---------------------------------------------------------------------


def whole_term(theory: "Theory", monomial: Monomial, coefficient: Number) -> bool:
    """Whether `coefficient * monomial` is provably a whole number."""
    if not monomial:
        return coefficient.denominator == 1
    if coefficient.denominator == 1 and plainly_integral(monomial):
        return True
    question = (monomial, coefficient)
    return theory.ask(
        theory.whole_terms, question, False, lambda: _search(theory, monomial, coefficient)
    )


def _search(theory: "Theory", monomial: Monomial, coefficient: Number) -> bool:
    """Divide by known whole terms until nothing is left under the line."""
    seen = {(monomial, coefficient)}
    queue = [(monomial, coefficient)]
    for _ in range(MAX_STEPS):
        if not queue:
            return False
        monomial, coefficient = queue.pop()
        missing = _missing(theory, monomial, coefficient)
        if missing is None:
            return True
        for unit, scale, supplies in _units(theory):
            if missing in supplies:
                rest = dim_terms.times(monomial, dim_terms.raised(unit, -1))
                found = (rest, dim_terms.reduced(Fraction(coefficient) / scale))
                if found not in seen:
                    seen.add(found)
                    queue.append(found)
    return False


def _missing(theory: "Theory", monomial: Monomial, coefficient: Number) -> object | None:
    """An atom or a prime that keeps a term from being whole; None if there is none."""
    exponents: dict[int, Dim] = {}
    for atom, exponent in monomial:
        if isinstance(atom, Power):
            exponents[atom.base] = exponents.get(atom.base, Dim({})) + atom.exponent * exponent
        elif exponent < 0 or not _whole_atom(theory, atom):
            return atom
    below = coefficient.denominator
    for base, exponent_ in exponents.items():
        places, below = dim_terms.places(below, base)
        above = dim_terms.places(coefficient.numerator, base)[0]
        total = exponent_ + (above - places)
        if not (theory.nonnegative(total) and theory.integral(total)):
            return base
    return None if below == 1 else _prime(below)


def _prime(number: int) -> int:
    return next((prime for prime in SMALL_PRIMES if number % prime == 0), number)


def _whole_atom(theory: "Theory", atom: Atom) -> bool:
    if atom.integral:
        return True
    match atom:
        case Extremum(arguments=parts) | Listing(values=parts):
            return all(theory.integral(part) for part in parts)
        case Conditional(then=then, otherwise=otherwise):
            return theory.integral(then) and theory.integral(otherwise)
    return False


def _units(theory: "Theory") -> list[tuple[Monomial, Number, frozenset[object]]]:
    """The known whole single terms, with what each can supply."""
    if theory.units is None:
        theory.units = []
        for dim in theory.whole:
            if len(dim.terms) == 1 and len(theory.units) < MAX_UNITS:
                ((monomial, coefficient),) = dim.terms.items()
                theory.units.append((monomial, coefficient, _supplies(monomial, coefficient)))
    return theory.units


def _supplies(monomial: Monomial, coefficient: Number) -> frozenset[object]:
    found: set[object] = set()
    for atom, exponent in monomial:
        if isinstance(atom, Inverse) or exponent < 0 or not atom.integral:
            found.add(atom.base if isinstance(atom, Power) else atom)
    below = coefficient.denominator
    while below > 1:
        prime = _prime(below)
        found.add(prime)
        below = dim_terms.places(below, prime)[1]
    return frozenset(found)


# ---- congruences ----------------------------------------------------------------------


def simplest(theory: "Theory", part: Dim) -> Dim:
    """A whole number that says as much: `3 * n / 2` and `n / 2` are whole together.

    Where all monomials are whole, the first coefficient becomes `1 / m`.
    """
    if not all(whole_term(theory, monomial, 1) for monomial in part.terms):
        return part
    below = lcm(*(coefficient.denominator for coefficient in part.terms.values()))
    first = part.terms[dim_terms.leading(part.terms)] * below
    if gcd(first.numerator, below) != 1:
        return part
    scaled = part * pow(first.numerator, -1, below)
    terms = {m: dim_terms.reduced(c % 1) for m, c in scaled.terms.items() if c % 1}
    return Dim(terms, part.mixed)


def joint(known: Iterable[Dim], part: Dim) -> list[Dim] | None:
    """Congruences of one expression joined: `n / 2` and `n / 3` give `n / 6`.

    None if no number satisfies both.
    """
    found = []
    first, below, rest = _congruence(part)
    for other in known:
        other_first, other_below, other_rest = _congruence(other)
        if first != other_first:
            continue
        shared = gcd(below, other_below)
        if (rest - other_rest) % shared:
            return None
        modulus = below // shared * other_below
        if modulus not in (below, other_below):
            steps = (other_rest - rest) // shared * pow(below // shared, -1, other_below // shared)
            found.append((first + (rest + below * steps) % modulus) / modulus)
    return found


def _congruence(part: Dim) -> tuple[Dim, int, int]:
    """`part = (first + rest) / below`, with `first` of integers and without constant."""
    below = lcm(*(coefficient.denominator for coefficient in part.terms.values()))
    scaled = part * below
    rest = scaled.terms.get(ONE, 0)
    return scaled - Dim.of(rest), below, rest.numerator
