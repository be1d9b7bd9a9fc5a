"""Is a size at least 0? Bounds of symbols and floors, then linear reasoning over facts.

A size has the sign of its numerator over positive denominators. Every atom is
shifted by its least value, so that most sizes are seen to be sums of what is
not negative; where that fails, the facts that share atoms with the size, and
their products with what its terms need, go to Fourier and Motzkin.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from catnn.types import dim_terms
from catnn.types.atoms import Atom, Compound, Conditional, Extremum, Floor, Listing
from catnn.types.dim_core import Dim
from catnn.types.dim_least import least_monomial, not_negative, shift, termwise
from catnn.types.dim_relations import Compare
from catnn.types.dim_replace import rebuilt
from catnn.types.dim_systems import follows, numerator_of
from catnn.types.dim_terms import ONE, Terms

if TYPE_CHECKING:
    from catnn.types.dim_theory import Theory

MAX_CASES = 64
MAX_CASE_DEPTH = 2


def nonnegative(theory: "Theory", dim: Dim, strict: bool) -> bool:
    """Whether `dim >= 0` (or `dim > 0`) for all values that the facts allow."""
    dim = theory.normalise(dim)
    value = dim.as_fraction()
    if value is not None:
        return value > 0 if strict else value >= 0
    return theory.ask(theory.signs, (dim, strict), False, lambda: _proved(theory, dim, strict))


def _proved(theory: "Theory", dim: Dim, strict: bool) -> bool:
    low = termwise(theory, dim)
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
    terms = numerator_of(theory, dim)
    if terms is None:
        return False
    shifted = shift(theory, terms)
    if _plainly(theory, shifted, strict):
        return True
    return follows(theory, terms, strict)


def _plainly(theory: "Theory", shifted: Terms, strict: bool) -> bool:
    constant = shifted.get(ONE, 0)
    if constant < 0 or (strict and constant == 0):
        return False
    return all(c > 0 and not_negative(theory, m) for m, c in shifted.items() if m)


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
    """`dim` where `index` is `place`, as its lists show it: in floors and other atoms too."""

    def image(one: Atom) -> Dim | None:
        if isinstance(one, Listing) and one.index == index and place < len(one.values):
            return one.values[place]
        if not isinstance(one, Compound):
            return None
        found = rebuilt(one, lambda part: part.rebuild(image))
        return None if found == Dim.atom(one) else found

    return dim.rebuild(image)


def _put(dim: Dim, atom: Atom, value: Dim) -> Dim:
    return dim.rebuild(lambda one: value if one is atom else None)


def _pulls_down(theory: "Theory", dim: Dim, atom: Extremum) -> bool:
    """Whether `dim` is least where the extremum takes its worst argument, so that all must do."""
    for monomial, coefficient in dim.terms.items():
        exponent, rest = dim_terms.without(monomial, atom)
        if exponent:
            worst = (coefficient < 0) == atom.greatest
            if exponent != 1 or not worst or least_monomial(theory, rest, 1) is None:
                return False
    return True


def by_cases(theory: "Theory", atom: Conditional, check: Callable[["Theory", Dim], bool]) -> bool:
    """Whether `check` holds for the branch that is taken, knowing that it is taken."""
    known = theory.branch(atom.fact)
    if not known.contradictory and not check(known, atom.then):
        return False
    other = (
        theory.branch(atom.fact.negated()) if isinstance(atom.fact, Compare) else theory.branch()
    )
    return other.contradictory or check(other, atom.otherwise)
