"""Sizes as text in the syntax of the language, with as few parentheses as it allows."""

from collections.abc import Iterable
from fractions import Fraction
from math import lcm
from typing import TypeAlias

from catnn.types import dim_terms
from catnn.types.atoms import (
    BOUND,
    Atom,
    Compound,
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
    family_name,
)
from catnn.types.dim_core import Dim, over
from catnn.types.dim_terms import ONE, Monomial, Terms

MAX_LENGTH = 2000
DIGITS = 12
CONDITION, SUM, ROUNDED, PRODUCT, POWER, ATOM = range(6)
Text: TypeAlias = tuple[str, int]
SignedText: TypeAlias = tuple[bool, str, int]
TermKey: TypeAlias = tuple[bool, int, tuple[tuple[int, int, str], ...]]


def show(dim: Dim) -> str:
    """The size in the syntax of the language: `(h - 1) // stride + 1`, `d / h`, `2^i * width`."""
    return _dim(dim)[0]


def fraction(dim: Dim) -> tuple[Dim, Dim]:
    """`dim = numerator / denominator`, both with integer coefficients and no negative exponents."""
    numerator, below = over(dim)
    cleared = dim_terms.denominator(numerator.terms)
    scale = lcm(*(coefficient.denominator for coefficient in numerator.terms.values()))
    if numerator.terms and all(coefficient < 0 for coefficient in numerator.terms.values()):
        scale = -scale if below.terms != {ONE: 1} else scale
    unit = Dim({cleared: scale})
    return numerator * unit, below * unit


# ---- sums -----------------------------------------------------------------------------


def _dim(dim: Dim) -> Text:
    if dim.is_constant():
        return _number(dim.terms.get(ONE, 0))
    shifted = _shifted_extremum(dim)
    if shifted is not None:
        return shifted
    terms, texts = _remainders(dim)
    groups: dict[tuple[int, Monomial], dict[Monomial, Number]] = {}
    for monomial in sorted(terms, key=_term_key):
        bits, below = terms[monomial].denominator, _below(monomial)
        key = (bits, below) if below or (bits > 1 and not _powers(monomial)) else (0, monomial)
        groups.setdefault(key, {})[monomial] = terms[monomial]
    return _joined([*map(_group, groups.values()), *texts])


def places(number: int, base: int) -> tuple[int, int]:
    """How often `base` divides, and what is left."""
    count = 0
    while number and number % base == 0:
        number, count = number // base, count + 1
    return count, number


def _number(value: Number) -> Text:
    """A constant; as a decimal where that is exact."""
    level = ATOM if value >= 0 else SUM
    if value.denominator == 1:
        return str(value), level
    scaled = value * 10**DIGITS
    if scaled.denominator == 1:
        digits = f"{abs(scaled.numerator):0{DIGITS + 1}d}"
        decimals = digits[-DIGITS:].rstrip("0")
        return f"{'-' if value < 0 else ''}{digits[:-DIGITS]}.{decimals}", level
    return f"{value.numerator} / {value.denominator}", PRODUCT if value > 0 else SUM


def _joined(texts: list[SignedText]) -> Text:
    first = next((place for place, text in enumerate(texts) if not text[0]), 0)
    (negative, text, level), *others = [texts[first], *texts[:first], *texts[first + 1 :]]
    if negative:
        text, level = f"-{_within(text, level, PRODUCT)}", SUM
    if not others:
        return text, level
    text = _within(text, level, SUM)
    for negative, other, other_level in others:
        text += f" {'-' if negative else '+'} {_within(other, other_level, ROUNDED)}"
    return text, SUM


def _within(text: str, level: int, least: int) -> str:
    return text if level >= least else f"({text})"


def _inner(dim: Dim, least: int) -> str:
    return _within(*_dim(dim), least)


def _term_key(monomial: Monomial) -> TermKey:
    """Higher degrees first, the constant last, symbols in the order of their making."""
    factors = sorted(_factor_key(atom) for atom, _ in monomial)
    size = sum(exponent for atom, exponent in monomial if not isinstance(atom, Power))
    return (not monomial, -size, tuple(factors))


def _factor_key(atom: Atom) -> tuple[int, int, str]:
    if isinstance(atom, Symbol):
        return (1, atom.uid, "")
    return (0 if isinstance(atom, Power) else 2, 0, _atom(atom)[0])


def _below(monomial: Monomial) -> Monomial:
    """The factors under the line, powers of literals aside."""
    return tuple(
        (atom, exponent)
        for atom, exponent in monomial
        if isinstance(atom, Inverse) or (exponent < 0 and not isinstance(atom, Power))
    )


def _powers(monomial: Monomial) -> bool:
    return any(isinstance(atom, Power) for atom, _ in monomial)


def _shifted_extremum(dim: Dim) -> Text | None:
    """A negative constant goes into a lone extremum: `max(1, n - 2)`, not `max(3, n) - 2`."""
    constant = dim.terms.get(ONE, 0)
    if constant >= 0 or len(dim.terms) != 2:
        return None
    monomial, coefficient = next((m, c) for m, c in dim.terms.items() if m)
    if coefficient != 1 or len(monomial) != 1 or monomial[0][1] != 1:
        return None
    atom = monomial[0][0]
    if not isinstance(atom, Extremum):
        return None
    return _extremum(atom.greatest, (dim + Dim.of(constant) for dim in atom.arguments))


# ---- remainders -----------------------------------------------------------------------


def _remainders(dim: Dim) -> tuple[dict[Monomial, Number], list[SignedText]]:
    """Take every `c * (a - b * (a // b))` out of a sum, as the text `c * (a % b)`."""
    terms, texts = dict(dim.terms), list[SignedText]()
    for monomial, coefficient in dim.terms.items():
        floors = [atom for atom, exponent in monomial if isinstance(atom, Floor) and exponent == 1]
        for atom in floors[:1]:
            numerator, divisor = fraction(atom.argument)
            rest = dim_terms.without(monomial, atom)[1]
            scale = (Dim({rest: -coefficient}, dim.mixed) / divisor).as_fraction()
            if scale is None or not _contained(terms, numerator * scale):
                continue
            terms = dim_terms.added(terms, (numerator * scale).terms, -1)
            del terms[monomial]
            text = f"{_inner(numerator, ROUNDED)} % {_inner(divisor, POWER)}"
            texts.append(_scaled(dim_terms.magnitude(scale), scale < 0, (text, ROUNDED)))
    return terms, texts


def _contained(terms: Terms, part: Dim) -> bool:
    return all(terms.get(monomial) == coefficient for monomial, coefficient in part.terms.items())


def _scaled(scale: Number, negative: bool, text: Text) -> SignedText:
    if scale == 1:
        return (negative, *text)
    below = f" / {scale.denominator}" if scale.denominator > 1 else ""
    above = [str(scale.numerator)] if scale.numerator != 1 or not below else []
    return (negative, " * ".join([*above, _within(*text, POWER)]) + below, PRODUCT)


# ---- terms ----------------------------------------------------------------------------


def _group(terms: Terms) -> SignedText:
    """One term, or several over one denominator: `(h - 1) / s`."""
    if len(terms) == 1:
        ((monomial, coefficient),) = terms.items()
        return _term(monomial, coefficient)
    ((monomial, coefficient), *_) = terms.items()
    unit = dim_terms.raised(_below(monomial), -1)
    scale = coefficient.denominator
    above, level = _dim(Dim(dim_terms.shifted(terms, unit, scale)))
    below = _product(scale, [_factor(*factor) for factor in _upright(_below(monomial))])
    return (False, f"{_within(above, level, ROUNDED)} / {_within(*below, POWER)}", PRODUCT)


def _upright(below: Monomial) -> list[tuple[Atom, int]]:
    return [(a, e if isinstance(a, Inverse) else -e) for a, e in below]


def _term(monomial: Monomial, coefficient: Number) -> SignedText:
    negative = coefficient < 0
    for atom, exponent in monomial:
        if negative and isinstance(atom, Floor) and exponent == 1 and _falls(atom.argument):
            rest = dim_terms.without(monomial, atom)[1]
            text = (f"ceil({_dim(-atom.argument)[0]})", ATOM)
            return _quotient(rest, -coefficient, False, [text])
    return _quotient(monomial, dim_terms.magnitude(coefficient), negative, [])


def _falls(dim: Dim) -> bool:
    """Whether a floor reads better as the negative of a `ceil`."""
    return dim.terms[dim_terms.leading(dim.terms)] < 0


def _quotient(
    monomial: Monomial, coefficient: Number, negative: bool, extra: list[Text]
) -> SignedText:
    coefficient, above, below = _power_texts(monomial, coefficient)
    under = _below(monomial)
    rest = [
        factor for factor in monomial if factor not in under and not isinstance(factor[0], Power)
    ]
    rest.sort(key=lambda factor: _factor_key(factor[0]))
    above += [_factor(atom, exponent) for atom, exponent in rest] + extra
    for atom, exponent in _upright(under):
        if negative and isinstance(atom, Inverse) and exponent == 1:
            negative = False  # `n / (h - d)`, not `-n / (d - h)`
            below.append(_dim(-atom.divisor))
        else:
            below.append(_factor(atom, exponent))
    text, level = _product(coefficient.numerator, above)
    if coefficient.denominator > 1 or below:
        under_text = _within(*_product(coefficient.denominator, below), POWER)
        text, level = f"{_within(text, level, ROUNDED)} / {under_text}", PRODUCT
    return (negative, text, level)


def _product(scale: int, factors: list[Text]) -> Text:
    if scale != 1 or not factors:
        factors = [(str(scale), ATOM), *factors]
    if len(factors) == 1:
        return factors[0]
    return " * ".join(_within(*factor, POWER) for factor in factors), PRODUCT


def _power_texts(monomial: Monomial, coefficient: Number) -> tuple[Number, list[Text], list[Text]]:
    """Powers of literals, by base: `2^i * 2^j` is `2^(i + j)`, `2^k / 2` is `2^(k - 1)`."""
    exponents: dict[int, Dim] = {}
    for atom, exponent in monomial:
        if isinstance(atom, Power):
            known = exponents.get(atom.base, Dim({}))
            exponents[atom.base] = known + atom.exponent * exponent
    merged: dict[Dim, int] = {}
    for base, total in exponents.items():
        coefficient, constant = _absorbed(base, total, coefficient)
        total = total + constant
        merged[total] = merged.get(total, 1) * base
    above, below = list[Text](), list[Text]()
    for total, base in merged.items():
        falls = all(value < 0 for monomial, value in total.terms.items() if monomial)
        shown = _inner(-total if falls else total, ATOM)
        (below if falls else above).append((f"{base}^{shown}", POWER))
    return coefficient, above, below


def _absorbed(base: int, exponent: Dim, coefficient: Number) -> tuple[Number, int]:
    """Factors of `base` in the coefficient that read better in the exponent."""
    falls = all(value < 0 for value in exponent.terms.values())
    count = 0
    while coefficient.denominator % base == 0:
        coefficient, count = coefficient * base, count - 1
    if falls or coefficient == base:
        while coefficient.numerator % base == 0:
            coefficient, count = Fraction(coefficient, base), count + 1
    return dim_terms.reduced(coefficient), count


# ---- atoms ----------------------------------------------------------------------------


def _factor(atom: Atom, exponent: int) -> Text:
    text, level = _atom(atom)
    if exponent == 1:
        return text, level
    return f"{_within(text, level, ATOM)}^{exponent}", POWER


def _atom(atom: Atom) -> Text:
    """The text of an atom; one that would fill a page is elided."""
    if not isinstance(atom, Compound):
        return _fresh_atom(atom)
    if atom.text is None:
        text, level = _fresh_atom(atom)
        atom.text = (text, level) if len(text) <= MAX_LENGTH else ("...", ATOM)
    return atom.text


def _fresh_atom(atom: Atom) -> Text:
    match atom:
        case Symbol(name=name):
            return name, ATOM
        case Floor(argument=argument):
            numerator, divisor = fraction(argument)
            return f"{_inner(numerator, ROUNDED)} // {_inner(divisor, POWER)}", ROUNDED
        case Extremum(greatest=greatest, arguments=arguments):
            return _extremum(greatest, arguments)
        case Power(base=base, exponent=exponent):
            return f"{base}^{_inner(exponent, ATOM)}", POWER
        case Inverse(divisor=divisor):
            return _dim(divisor)
        case Member(family=family, index=index):
            return f"{family_name(family)}[{_dim(index)[0]}]", ATOM
        case Total(count=count, term=term):
            return f"((+ {BOUND.name} < {_dim(count)[0]}) {_dim(term)[0]})", ATOM
        case Listing(values=values, index=index):
            return f"({', '.join(_dim(value)[0] for value in values)})[{_dim(index)[0]}]", ATOM
        case Conditional(fact=fact, then=then, otherwise=otherwise):
            branches = f"then {_dim(then)[0]} else {_dim(otherwise)[0]}"
            return f"if {fact} {branches}", CONDITION
    raise TypeError(f"no atom: {atom!r}")


def _extremum(greatest: bool, arguments: Iterable[Dim]) -> Text:
    texts = (_dim(argument)[0] for argument in arguments)
    return f"{'max' if greatest else 'min'}({', '.join(texts)})", ATOM
