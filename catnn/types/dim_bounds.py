"""Is a size at least 0? Bounds of symbols and floors, then linear reasoning over facts.

A size has the sign of its numerator over positive denominators. Every atom is
shifted by its least value, so that most sizes are seen to be sums of what is
not negative; where that fails, the facts that share atoms with the size, and
their products with what its terms need, go to Fourier and Motzkin.
"""

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import permutations
from typing import TYPE_CHECKING, TypeAlias

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
)
from catnn.types.dim_core import Dim
from catnn.types.dim_integral import whole_term
from catnn.types.dim_limits import SizeError, SizeLimit
from catnn.types.dim_linear import infeasible, row
from catnn.types.dim_relations import Compare
from catnn.types.dim_terms import ONE, Monomial, Terms

if TYPE_CHECKING:
    from catnn.types.dim_theory import Theory

Premise: TypeAlias = tuple[Terms, bool]
MAX_CASES = 64
MAX_CASE_DEPTH = 2
MAX_SYSTEM = 24
MAX_PRODUCTS = 16
SYSTEM_COST = 20
MAX_SHIFT = 6


def nonnegative(theory: "Theory", dim: Dim, strict: bool) -> bool:
    """Whether `dim >= 0` (or `dim > 0`) for all values that the facts allow."""
    dim = theory.normalise(dim)
    value = dim.as_fraction()
    if value is not None:
        return value > 0 if strict else value >= 0
    return theory.ask(theory.signs, (dim, strict), False, lambda: _proved(theory, dim, strict))


def _proved(theory: "Theory", dim: Dim, strict: bool) -> bool:
    low = _termwise(theory, dim)
    if low is not None and (low > 0 or (low == 0 and not strict)):
        return True
    if not theory.fuel.spend(1):
        return False
    unrounded = _unrounded(theory, dim, strict)
    if unrounded is not None:
        return nonnegative(theory, *unrounded)
    split = _alternatives(theory, dim, strict)
    if split is not None:
        return split
    terms = _numerator(theory, dim)
    if terms is None:
        return False
    shifted = _shifted(theory, terms)
    if _plainly(theory, shifted, strict):
        return True
    return _by_facts(theory, terms, strict)


# ---- least values ---------------------------------------------------------------------


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
            return theory.least.get(family)
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
            if (low is not None and low >= bound) or nonnegative(theory, argument - bound, False):
                return bound
    return None if low is None else low // 1


def lower(theory: "Theory", dim: Dim) -> Number | None:
    """A number that `dim` is not below, found without looking at relations between atoms."""
    low = _termwise(theory, dim)
    if dim.mixed or any(e < 0 for monomial in dim.terms for _, e in monomial):
        return low
    shifted = _shifted(theory, dim.terms)
    if all(c > 0 and _not_negative(theory, m) for m, c in shifted.items() if m):
        constant = shifted.get(ONE, 0)
        return constant if low is None else max(low, constant)
    return low


def _termwise(theory: "Theory", dim: Dim) -> Number | None:
    """The sum of what each term is at least: a positive whole term is at least 1."""
    total: Number = 0
    for monomial, coefficient in dim.terms.items():
        if not monomial:
            total = total + coefficient
        elif coefficient > 0:
            low = _least_monomial(theory, monomial, coefficient)
            if low is None:
                return None
            total = total + low
        else:
            high = _greatest_reciprocal(theory, monomial)
            if high is None:
                return None
            total = total + coefficient * high
    return total


def _least_monomial(theory: "Theory", monomial: Monomial, coefficient: Number) -> Number | None:
    product: Number | None = coefficient
    for atom, exponent in monomial:
        low = least(theory, atom)
        if low is None or low < 0:
            return None
        if exponent < 0:
            if low <= 0 and not _positive(theory, atom):
                return None
            product = None
        elif product is not None:
            product = product * low**exponent if exponent <= 64 else None
    if product is not None and product > 0:
        return product
    if all(_positive(theory, atom) for atom, _ in monomial) and theory.integral(
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


def _positive(theory: "Theory", atom: Atom) -> bool:
    if isinstance(atom, Power):
        return True
    if isinstance(atom, Inverse):
        return theory.positive(atom.divisor)
    low = least(theory, atom)
    return low is not None and low > 0


def _not_negative(theory: "Theory", monomial: Monomial) -> bool:
    """Whether a monomial of shifted atoms is at least 0."""
    return all(exponent % 2 == 0 or least(theory, atom) is not None for atom, exponent in monomial)


def _plainly(theory: "Theory", shifted: Terms, strict: bool) -> bool:
    constant = shifted.get(ONE, 0)
    if constant < 0 or (strict and constant == 0):
        return False
    return all(c > 0 and _not_negative(theory, m) for m, c in shifted.items() if m)


# ---- numerators and shifts ------------------------------------------------------------


def _numerator(theory: "Theory", dim: Dim) -> Terms | None:
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
        (atom, exponent if exponent % 2 == 0 or _positive(theory, atom) else exponent + 1)
        for atom, exponent in dim_terms.denominator(dim.terms)
    )
    return dim_terms.shifted(dim.terms, unit)


def _shifted(theory: "Theory", terms: Terms) -> Terms:
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


# ---- cases ----------------------------------------------------------------------------


def _unrounded(theory: "Theory", dim: Dim, strict: bool) -> tuple[Dim, bool] | None:
    """`floor(x) >= t` is `x >= t`, and `floor(x) <= t` is `x < t + 1`, for a whole number `t`."""
    for monomial, coefficient in dim.terms.items():
        if len(monomial) == 1 and monomial[0][1] == 1 and isinstance(monomial[0][0], Floor):
            atom = monomial[0][0]
            rest = (dim - Dim({monomial: coefficient})) / dim_terms.magnitude(coefficient)
            if atom in rest.atoms() or not theory.integral(rest):
                continue
            rest = rest - 1 if strict else rest
            if coefficient > 0:
                return rest + atom.argument, False
            return rest + 1 - atom.argument, True
    return None


def _alternatives(theory: "Theory", dim: Dim, strict: bool) -> bool | None:
    """A proof by cases over extrema, lists and conditions; None if there are none to split."""
    for atom in sorted(dim.atoms(), key=lambda a: a.uid):
        if isinstance(atom, Listing) and len(atom.values) <= MAX_CASES:
            places = range(len(atom.values))
            return all(nonnegative(theory, at_place(dim, atom.index, j), strict) for j in places)
        if isinstance(atom, Extremum) and _pulls_down(theory, dim, atom):
            return all(nonnegative(theory, _put(dim, atom, v), strict) for v in atom.arguments)
        if isinstance(atom, Conditional) and theory.depth < MAX_CASE_DEPTH:
            return by_cases(
                theory,
                atom,
                lambda branch, value, atom=atom: nonnegative(  # type: ignore[misc]
                    branch, _put(dim, atom, value), strict
                ),
            )
    return None


def at_place(dim: Dim, index: Dim, place: int) -> Dim:
    """`dim` where `index` is `place`, as far as its lists show it."""

    def image(one: Atom) -> Dim | None:
        if isinstance(one, Listing) and one.index == index and place < len(one.values):
            return one.values[place]
        return None

    return dim.rebuild(image)


def _put(dim: Dim, atom: Atom, value: Dim) -> Dim:
    return dim.rebuild(lambda one: value if one is atom else None)


def _pulls_down(theory: "Theory", dim: Dim, atom: Extremum) -> bool:
    """Whether `dim` is least where the extremum takes its worst argument, so that all must do."""
    for monomial, coefficient in dim.terms.items():
        exponent, rest = dim_terms.without(monomial, atom)
        if exponent:
            worst = (coefficient < 0) == atom.greatest
            if exponent != 1 or not worst or _least_monomial(theory, rest, 1) is None:
                return False
    return True


def by_cases(
    theory: "Theory", atom: Conditional, check: Callable[["Theory", Dim], bool]
) -> bool:
    """Whether `check` holds for the branch that is taken, knowing that it is taken."""
    known = theory.branch(atom.fact)
    if not known.contradictory and not check(known, atom.then):
        return False
    other = theory.branch(atom.fact.negated()) if isinstance(atom.fact, Compare) else theory.branch()
    return other.contradictory or check(other, atom.otherwise)


# ---- facts ----------------------------------------------------------------------------


def contradictory(theory: "Theory") -> bool:
    """Whether the bounds contradict each other."""
    premises = [found for dim, strict in theory.bounds if (found := _premise(theory, dim, strict))]
    for atom in {atom for dim, _ in theory.bounds for atom in dim.atoms()}:
        premises += _own_premises(theory, atom)
    return _infeasible(theory, premises)


def _by_facts(theory: "Theory", terms: Terms, strict: bool) -> bool:
    """Whether the facts leave no values at which `terms` is negative."""
    if not theory.fuel.spend(SYSTEM_COST):
        return False
    goal = _shifted(theory, terms)
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
    positive = [number for monomial, number in numbers.items() if _not_negative(theory, monomial)]
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
        terms = _numerator(theory, dim)
        return None if terms is None else (_shifted(theory, terms), strict)
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
    return all(exponent > 0 for _, exponent in cofactor) and _not_negative(theory, cofactor)
