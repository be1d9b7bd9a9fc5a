"""Normal forms under facts: floors split, extrema and conditions decided, equations used."""

from collections.abc import Callable
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from catnn.types import dim_terms
from catnn.types.atoms import Atom, Compound, Conditional, Extremum, Floor, Symbol
from catnn.types.dim_core import Dim, by_exponent
from catnn.types.dim_forms import conditional, extremum, flattened, floor, spread
from catnn.types.dim_integral import whole_term
from catnn.types.dim_least import least
from catnn.types.dim_limits import SizeError, SizeLimit
from catnn.types.dim_replace import rebuilt
from catnn.types.dim_terms import ONE, Monomial
from catnn.types.prove import prove, refute

if TYPE_CHECKING:
    from catnn.types.dim_theory import Theory

MAX_ROUNDS = 8


def normalise(theory: "Theory", dim: Dim) -> Dim:
    """The normal form of a size where the facts hold."""
    if not theory.rewrites and not any(isinstance(atom, Compound) for atom in dim.atoms()):
        return dim
    known = theory.normal_forms.get(dim)
    if known is None:
        try:
            known = dim.rebuild(lambda atom: _image(theory, atom))
        except (SizeError, SizeLimit):
            known = dim
        theory.normal_forms[dim] = known
    return known


def _image(theory: "Theory", atom: Atom) -> Dim | None:
    """What an atom reads under the facts; None if it stays."""
    if isinstance(atom, Symbol):
        return theory.rewrites.get(atom)
    if atom in theory.atom_forms:
        return theory.atom_forms[atom]
    assert isinstance(atom, Compound)
    if atom in theory.forming:
        return None
    theory.forming.add(atom)
    try:
        found = _compound(theory, atom).rebuild(theory.rewrites.get)
    finally:
        theory.forming.discard(atom)
    kept = None if found == Dim.atom(atom) else found
    theory.atom_forms[atom] = kept
    return kept


def _compound(theory: "Theory", atom: Compound) -> Dim:
    def inner(dim: Dim) -> Dim:
        return normalise(theory, dim)

    match atom:
        case Floor(argument=argument):
            return floored(theory, inner(argument))
        case Extremum(greatest=greatest, arguments=arguments):
            return _decided(theory, greatest, [inner(argument) for argument in arguments])
        case Conditional(fact=fact, then=then, otherwise=otherwise):
            fact = fact.map(inner)
            if prove(theory, fact):
                return inner(then)
            if refute(theory, fact):
                return inner(otherwise)
            return conditional(fact, inner(then), inner(otherwise))
        case _:
            return rebuilt(atom, inner)


# ---- floors ---------------------------------------------------------------------------


def floored(theory: "Theory", argument: Dim, inner: bool = False) -> Dim:
    """The floor of a normalised size, with every provably whole part taken out.

    An `inner` one is a step on the way to another: it leaves denominators alone.
    """
    whole, part = theory.split(argument)
    for _ in range(MAX_ROUNDS):
        simpler = _simpler(theory, part, inner)
        if simpler is None or simpler == part:
            break
        more, part = theory.split(simpler)
        whole = whole + more
    if part.is_constant():
        return whole + floor(part)
    for bound in (0, -1):
        if theory.nonnegative(part - bound) and theory.positive(bound + 1 - part):
            return whole + bound
    return whole + (floor(part) if inner else _upright(theory, part))


def _simpler(theory: "Theory", part: Dim, inner: bool) -> Dim | None:
    """A part with the same floor: without a floor inside, or with less of a constant."""

    def whole(monomial: Monomial) -> bool:
        return whole_term(theory, monomial, 1)

    below = None if inner else _denominator(theory, part)
    if below is None:
        return flattened(part, whole) or _rounded(part, whole)
    rounded = floored(theory, part * below, inner=True)
    nearer = flattened(rounded / below, whole, below)
    if nearer is not None:
        return nearer
    fresh = rounded.atoms() - part.atoms()
    return None if any(isinstance(atom, Floor) for atom in fresh) else rounded / below


def _rounded(part: Dim, whole: Callable[[Monomial], bool]) -> Dim | None:
    """The part with its constant rounded down to a multiple of what the rest is a multiple of."""
    constant = part.terms.get(ONE, 0)
    rest = {monomial: c for monomial, c in part.terms.items() if monomial}
    if not constant or not all(map(whole, rest)):
        return None
    below = lcm(*(coefficient.denominator for coefficient in rest.values()))
    return Dim(rest, part.mixed) + Fraction(constant * below // 1, below)


def _denominator(theory: "Theory", part: Dim) -> Dim | None:
    """The product of symbols under the line, if it is a whole number of at least 1.

    Only then is `floor(n / d)` the same as `floor(floor(n) / d)`.
    """
    below = dim_terms.denominator(part.terms)
    if not below or part.mixed or not whole_term(theory, below, 1):
        return None
    unit = Dim({below: 1})
    return unit if theory.positive(unit) else None


def _upright(theory: "Theory", part: Dim) -> Dim:
    """`floor(-n / d) = -((n - 1) // d) - 1` for whole `n` and a positive whole `d`."""
    below = _denominator(theory, part)
    if below is not None:
        numerator = part * below
        first = numerator.terms[dim_terms.leading(numerator.terms)]
        if first < 0 and theory.integral(numerator):
            whole, rest = theory.split((-numerator - 1) / below)
            return -whole - floor(rest) - 1
    return floor(part)


# ---- extrema --------------------------------------------------------------------------


def _decided(theory: "Theory", greatest: bool, arguments: list[Dim]) -> Dim:
    """The extremum of those arguments that no other one provably beats."""
    kept: list[Dim] = []
    for argument in [part for dim in arguments for part in spread(greatest, dim)]:
        if not any(_beats(theory, greatest, other, argument) for other in kept):
            kept = [other for other in kept if not _beats(theory, greatest, argument, other)]
            kept.append(argument)
    common = _common_factor(theory, kept) if len(kept) > 1 else Dim.of(1)
    return extremum(greatest, [dim / common for dim in kept]) * common


def _beats(theory: "Theory", greatest: bool, one: Dim, other: Dim) -> bool:
    return theory.nonnegative(one - other if greatest else other - one)


def _common_factor(theory: "Theory", dims: list[Dim]) -> Dim:
    """What divides every term and is at least 0: `max(c * a, c * b) = c * max(a, b)`."""
    monomials = [monomial for dim in dims for monomial in dim.terms]
    if not all(dim.terms for dim in dims):
        return Dim.of(1)
    shared = []
    for atom, exponent in monomials[0]:
        lowest = min(dim_terms.without(monomial, atom)[0] for monomial in monomials)
        low = least(theory, atom)
        if lowest > 0 and low is not None and low > 0:
            shared.append((atom, min(lowest, exponent)))
    return Dim({tuple(shared): 1})


# ---- equations ------------------------------------------------------------------------


def oriented(theory: "Theory", difference: Dim, left: Dim, right: Dim) -> tuple[Atom, Dim] | None:
    """An atom and the value that `difference == 0` gives it; None if none stands alone.

    Symbols come before compound atoms, and a symbol that is a side by itself first.
    """
    sides = [symbol for dim in (left, right) if (symbol := dim.as_symbol()) is not None]
    atoms = sorted(difference.atoms(), key=lambda a: (isinstance(a, Compound), -a.uid))
    for constant in (True, False):
        for atom in dict.fromkeys([*sides, *atoms]):
            value = solved_for(theory, difference, atom, constant)
            if value is not None:
                return atom, value
    return None


def solved_for(theory: "Theory", difference: Dim, atom: Atom, constant: bool) -> Dim | None:
    """The value of `atom` where `difference` is 0, if it is linear in it.

    The cofactor is a constant, or else a term that is provably not 0.
    """
    levels = by_exponent(difference.terms, atom)
    if set(levels) not in ({0, 1}, {1}, {0, -1}):
        return None
    first, second = (1, 0) if 1 in levels else (0, -1)
    cofactor = Dim(levels[first], difference.mixed)
    rest = Dim(levels.get(second, {}), difference.mixed)
    if len(cofactor.terms) != 1 or (constant and not cofactor.is_constant()):
        return None
    if _occurs(atom, cofactor) or _occurs(atom, rest):
        return None
    if not (cofactor.is_constant() or theory.positive(cofactor) or theory.positive(-cofactor)):
        return None
    return -rest / cofactor


def _occurs(atom: Atom, dim: Dim) -> bool:
    """Whether an atom occurs in a size, also inside its atoms."""
    if isinstance(atom, Symbol):
        return atom in dim.symbols()
    seen: set[Atom] = set()
    waiting = [*dim.atoms()]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            if isinstance(one, Compound):
                waiting += [inner for child in one.children for inner in child.atoms()]
    return atom in seen
