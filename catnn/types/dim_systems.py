"""What the facts say about the atoms of a size, as a system of linear inequalities.

The unknowns are monomials of atoms that are shifted by their least values, so
that most of them are at least 0. Products of a premise with a monomial that is
not negative are premises too; only those are made that the goal can use.
"""

from collections.abc import Iterable
from itertools import permutations
from typing import TYPE_CHECKING, TypeAlias

from catnn.types import dim_terms
from catnn.types.atoms import Atom, Extremum, Floor, Inverse, Power
from catnn.types.dim_core import Dim
from catnn.types.dim_integral import whole_term
from catnn.types.dim_least import least, lower, not_negative, positive, shift
from catnn.types.dim_limits import SizeError, SizeLimit
from catnn.types.dim_linear import infeasible, row
from catnn.types.dim_terms import ONE, Monomial, Terms

if TYPE_CHECKING:
    from catnn.types.dim_theory import Theory

Premise: TypeAlias = tuple[Terms, bool]  # `terms >= 0`, or `> 0`
MAX_SYSTEM = 24
MAX_PRODUCTS = 16
SYSTEM_COST = 20


def contradictory(theory: "Theory") -> bool:
    """Whether the bounds contradict each other."""
    premises = [found for dim, strict in theory.bounds if (found := _premise(theory, dim, strict))]
    for atom in {atom for dim, _ in theory.bounds for atom in dim.atoms()}:
        premises += _own_premises(theory, atom)
    return _infeasible(theory, premises)


def follows(theory: "Theory", terms: Terms, strict: bool) -> bool:
    """Whether the facts leave no values at which `terms` is negative."""
    if not theory.fuel.spend(SYSTEM_COST):
        return False
    goal = shift(theory, terms)
    premises = _premises(theory, terms)
    premises += _products(theory, goal, premises)
    refuted = {monomial: -coefficient for monomial, coefficient in goal.items()}
    return _infeasible(theory, [*premises, (refuted, not strict)])


def _infeasible(theory: "Theory", premises: Iterable[Premise]) -> bool:
    known = list(premises)
    numbers: dict[Monomial, int] = {}
    for terms, _ in known:
        for monomial in terms:
            numbers.setdefault(monomial, len(numbers))
    numbers.pop(ONE, None)
    whole = frozenset(number for monomial, number in numbers.items() if _whole(theory, monomial))
    positive = [number for monomial, number in numbers.items() if not_negative(theory, monomial)]
    rows = []
    for terms, strict in known:
        coefficients = {numbers[monomial]: value for monomial, value in terms.items() if monomial}
        over_whole = whole.issuperset(coefficients)
        rows.append(row(coefficients, terms.get(ONE, 0), strict, over_whole))
    return infeasible(rows, positive, whole)


def _whole(theory: "Theory", monomial: Monomial) -> bool:
    """Whether a monomial of shifted atoms is a whole number."""
    lows = [least(theory, atom) for atom, _ in monomial]
    return all(low is None or low.denominator == 1 for low in lows) and all(
        whole_term(theory, ((atom, exponent),), 1) for atom, exponent in monomial
    )


def _premises(theory: "Theory", terms: Terms) -> list[Premise]:
    """What the facts and the atoms' own nature say about the atoms of `terms`."""
    found: list[Premise] = []
    waiting = list(theory.bounds)
    seen: set[Atom] = set()
    fresh = _atoms(terms)
    while fresh and len(found) < MAX_SYSTEM:
        seen.update(fresh)
        added = [premise for atom in fresh for premise in _own_premises(theory, atom)]
        near = [entry for entry in waiting if not entry[0].atoms().isdisjoint(seen)]
        waiting = [entry for entry in waiting if entry not in near]
        added += [premise for dim, strict in near if (premise := _premise(theory, dim, strict))]
        found += added
        fresh = [atom for terms, _ in added for atom in _atoms(terms) if atom not in seen]
        fresh = list(dict.fromkeys(fresh))
    return found + _power_premises(theory, seen)


def _atoms(terms: Terms) -> list[Atom]:
    return list(dict.fromkeys(atom for monomial in terms for atom, _ in monomial))


def _premise(theory: "Theory", dim: Dim, strict: bool) -> Premise | None:
    """A bound as an inequality of shifted atoms."""
    try:
        terms = numerator_of(theory, dim)
        return None if terms is None else (shift(theory, terms), strict)
    except (SizeError, SizeLimit):
        return None


def _own_premises(theory: "Theory", atom: Atom) -> list[Premise]:
    """Floors lie below their arguments, a maximum above, `2^k` is at least `k + 1`."""
    own = Dim.atom(atom)
    bounds: list[tuple[Dim, bool]] = []
    match atom:
        case Floor(argument=argument):
            bounds = [(argument - own, False), (own + 1 - argument, True)]
        case Extremum(greatest=True, arguments=arguments):
            bounds = [(own - argument, False) for argument in arguments]
        case Extremum(arguments=arguments):
            bounds = [(argument - own, False) for argument in arguments]
        case Power(base=base, exponent=exponent) if (lower(theory, exponent) or -1) >= 0:
            bounds = [(own - 1 - exponent * (base - 1), False)]
    return [premise for dim, strict in bounds if (premise := _premise(theory, dim, strict))]


def _power_premises(theory: "Theory", atoms: Iterable[Atom]) -> list[Premise]:
    """`2^i <= 2^n` where `i <= n`."""
    powers = sorted((a for a in atoms if isinstance(a, Power)), key=lambda a: a.uid)
    found = []
    for low, high in permutations(powers, 2):
        if low.base == high.base and theory.nonnegative(high.exponent - low.exponent):
            premise = _premise(theory, Dim.atom(high) - Dim.atom(low), False)
            found += [premise] if premise else []
    return found


def _products(theory: "Theory", goal: Terms, premises: list[Premise]) -> list[Premise]:
    """Premises times what turns their negative monomials into those that the goal must lose."""
    targets = [m for m, c in goal.items() if c < 0 and dim_terms.degree(m) > 1]
    found: dict[tuple[int, Monomial], Premise] = {}
    asked: set[Monomial] = set()
    while targets and len(found) < MAX_PRODUCTS:
        target = targets.pop()
        asked.add(target)
        for place, (terms, _) in enumerate(premises):
            for monomial, coefficient in terms.items():
                cofactor = dim_terms.times(target, dim_terms.raised(monomial, -1))
                if coefficient >= 0 or not monomial or (place, cofactor) in found:
                    continue
                if not cofactor or not _multiplies(theory, cofactor):
                    continue
                product = dim_terms.shifted(terms, cofactor)
                found[place, cofactor] = (product, False)
                targets += [m for m, c in product.items() if c > 0 and m not in asked and m]
    return list(found.values())


def _multiplies(theory: "Theory", cofactor: Monomial) -> bool:
    return all(exponent > 0 for _, exponent in cofactor) and not_negative(theory, cofactor)


# ---- numerators -----------------------------------------------------------------------


def numerator_of(theory: "Theory", dim: Dim) -> Terms | None:
    """A polynomial of the sign of `dim`: denominators of unknown sign are squared away."""
    for _ in range(4):
        inverses = sorted((a for a in dim.atoms() if isinstance(a, Inverse)), key=lambda a: a.uid)
        if not inverses:
            break
        divisor = inverses[0].divisor
        highest = max(dim_terms.without(m, inverses[0])[0] for m in dim.terms)
        if not theory.positive(divisor):
            highest += highest % 2
        dim = dim * divisor.raised(highest)
    if dim.mixed:
        return None
    unit = tuple(
        (atom, exponent if exponent % 2 == 0 or positive(theory, atom) else exponent + 1)
        for atom, exponent in dim_terms.denominator(dim.terms)
    )
    return dim_terms.shifted(dim.terms, unit)
