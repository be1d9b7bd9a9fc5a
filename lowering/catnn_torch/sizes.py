"""Sizes as Python expressions over the names that hold run-time sizes."""

from collections.abc import Mapping
from fractions import Fraction

from catnn.errors import InternalError
from catnn.types.atoms import (
    Atom,
    Conditional,
    Extremum,
    Floor,
    Inverse,
    Listing,
    Power,
    Symbol,
)
from catnn.types.dim_relations import NEGATED
from catnn.types.dims import Dim
from catnn.types.facts import Compare, Divides, Fact


def size_text(dim: Dim, names: Mapping[Atom, str]) -> str:
    """A whole number as Python text; every quotient in it is exact."""
    number = dim.as_int()
    if number is not None:
        return str(number)
    return _stripped(_sum(dim, names))


def real_text(dim: Dim, names: Mapping[Atom, str]) -> str:
    """A size or number where a real one is due; divisions are real."""
    number = dim.as_fraction()
    if number is not None:
        return repr(float(number))
    return _stripped(_sum(dim, names, real=True))


def _stripped(text: str) -> str:
    return text[1:-1] if text.startswith("(") and _closes_at_end(text) else text


def _closes_at_end(text: str) -> bool:
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return position == len(text) - 1
    return False


def _sum(dim: Dim, names: Mapping[Atom, str], real: bool = False) -> str:
    """The whole over one denominator: `(h * w) // 4`."""
    denominator = Dim.of(1)
    for monomial, coefficient in dim.terms.items():
        for atom, exponent in monomial:
            if exponent < 0:
                below = _exponent(denominator, atom)
                denominator = denominator * Dim.atom(atom) ** max(0, -exponent - below)
        scale = Fraction(coefficient).denominator
        factor = (denominator * 1).terms
        known = next(iter(factor.values()), 1)
        if Fraction(known).numerator % scale:
            denominator = denominator * scale
    numerator = dim * denominator
    top = _terms(numerator, names)
    if denominator == Dim.of(1):
        return top
    return f"({top} {'/' if real else '//'} {_terms(denominator, names)})"


def _exponent(dim: Dim, atom: Atom) -> int:
    ((monomial, _),) = dim.terms.items()
    return dict(monomial).get(atom, 0)


def _terms(dim: Dim, names: Mapping[Atom, str]) -> str:
    parts: list[str] = []
    for monomial, coefficient in sorted(dim.terms.items(), key=lambda item: -len(item[0])):
        factors = [_power(atom, exponent, names) for atom, exponent in monomial]
        size = abs(Fraction(coefficient))
        if size != 1 or not factors:
            factors.insert(0, str(size))
        text = " * ".join(factors)
        if not parts:
            parts.append(text if coefficient > 0 else f"-{text}")
        else:
            parts.append(f"+ {text}" if coefficient > 0 else f"- {text}")
    if not parts:
        return "0"
    joined = " ".join(parts)
    return f"({joined})" if len(parts) > 1 or (joined.startswith("-")) else joined


def _power(atom: Atom, exponent: int, names: Mapping[Atom, str]) -> str:
    text = _atom(atom, names)
    if exponent == 1:
        return text
    return f"{text}**{exponent}" if text.isidentifier() else f"{text} ** {exponent}"


def _atom(atom: Atom, names: Mapping[Atom, str]) -> str:
    if atom in names:
        return names[atom]
    match atom:
        case Symbol():
            raise InternalError(f"the size {atom.name} has no value in the emitted code")
        case Floor(argument=argument):
            return _sum(argument, names)
        case Extremum(arguments=arguments, greatest=greatest):
            listed = ", ".join(size_text(argument, names) for argument in arguments)
            return f"{'max' if greatest else 'min'}({listed})"
        case Power():
            return f"{atom.base} ** ({size_text(atom.exponent, names)})"
        case Inverse():
            raise InternalError("a quotient by a sum in the emitted code")
        case Conditional() | Listing() | _:
            raise InternalError(f"a size that is still open in the emitted code: {atom}")


def failing_text(fact: Fact, names: Mapping[Atom, str]) -> str:
    """The Python condition that a fact does not hold."""
    match fact:
        case Divides(divisor, dividend):
            above, below = (_sum(dim, names) for dim in (dividend, divisor))
            return f"{above} % {below} != 0"
        case Compare(op, left, right):
            return f"{size_text(left, names)} {NEGATED[op]} {size_text(right, names)}"
