"""`Dim`: a symbolic size in normal form.

A size is a Laurent polynomial over atoms: exact division by a monomial is a
negative exponent, so `h * (d / h)` *is* `d`, and no fact is needed to compute
with quotients. That `d / h` is a whole number is another question, which
`Facts` answers. What is no Laurent polynomial (floors, extrema, powers of a
literal, quotients by sums) is an atom; `dim_forms` builds those.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias, Union

from catnn.types import dim_terms
from catnn.types.atoms import Assignment, Atom, Compound, Env, Inverse, Number, Symbol, inverse_atom
from catnn.types.dim_limits import SizeError, check_exponent, check_number, check_power
from catnn.types.dim_terms import ONE, Monomial, Terms

Sizelike: TypeAlias = Union[int, Fraction, Symbol, "Dim"]


class Dim:
    """An immutable symbolic size; equal objects are equal for all values of the symbols.

    The converse holds for rational functions of symbols up to quotients by
    sums; `Facts.equal` decides those too and knows about the other atoms.
    """

    __slots__ = ("_atoms", "_depth", "_hash", "_symbols", "mixed", "terms")

    terms: Terms
    mixed: bool

    def __init__(self, terms: Terms, mixed: bool = False) -> None:
        """Internal: `terms` in normal form; `mixed` if an `Inverse` may be among the atoms."""
        self.terms = terms
        self.mixed = mixed
        self._hash: int | None = None
        self._symbols: frozenset[Symbol] | None = None
        self._atoms: frozenset[Atom] | None = None
        self._depth: int | None = None

    @staticmethod
    def of(value: Sizelike) -> "Dim":
        """The size that is this number, symbol or size."""
        if isinstance(value, Dim):
            return value
        if isinstance(value, Atom):
            return Dim({((value, 1),): 1})
        if isinstance(value, int | Fraction):
            check_number(value)
            return Dim({ONE: dim_terms.reduced(value)} if value else {})
        raise TypeError(f"no size: {value!r}")

    @staticmethod
    def atom(atom: Atom) -> "Dim":
        """The size that is one atom."""
        return Dim({((atom, 1),): 1}, isinstance(atom, Inverse))

    # ---- questions --------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Dim) and self.terms == other.terms

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def atoms(self) -> frozenset[Atom]:
        """The atoms of the monomials, not those inside atoms."""
        if self._atoms is None:
            self._atoms = frozenset(atom for monomial in self.terms for atom, _ in monomial)
        return self._atoms

    def symbols(self) -> frozenset[Symbol]:
        """All free symbols, also those inside atoms."""
        if self._symbols is None:
            found: set[Symbol] = set()
            for atom in self.atoms():
                if isinstance(atom, Symbol):
                    found.add(atom)
                elif isinstance(atom, Compound):
                    found |= atom.symbols()
            self._symbols = frozenset(found)
        return self._symbols

    def metas(self) -> frozenset[Symbol]:
        """The free symbols that unification has still to find."""
        return frozenset(symbol for symbol in self.symbols() if symbol.kind == "meta")

    def depth(self) -> int:
        """How deeply atoms are nested in each other."""
        if self._depth is None:
            self._depth = max((atom.depth for atom in self.atoms()), default=0)
        return self._depth

    def is_constant(self) -> bool:
        return not self.terms or (len(self.terms) == 1 and ONE in self.terms)

    def as_fraction(self) -> Fraction | None:
        """The value if it is a constant."""
        return Fraction(self.terms.get(ONE, 0)) if self.is_constant() else None

    def as_int(self) -> int | None:
        """The value if it is a constant whole number."""
        value = self.terms.get(ONE, 0) if self.is_constant() else None
        return value if isinstance(value, int) else None

    def as_symbol(self) -> Symbol | None:
        """The symbol if it is nothing else."""
        if len(self.terms) == 1:
            ((monomial, coefficient),) = self.terms.items()
            if coefficient == 1 and len(monomial) == 1 and monomial[0][1] == 1:
                atom = monomial[0][0]
                return atom if isinstance(atom, Symbol) else None
        return None

    def plainly_integral(self) -> bool:
        """Whether every term is a whole number for all values of the symbols."""
        return all(
            coefficient.denominator == 1 and plainly_integral(monomial)
            for monomial, coefficient in self.terms.items()
        )

    def evaluate(self, env: Env) -> Fraction:
        """The value at an assignment of integers to symbols.

        Raises `SizeError` on a division by zero or a symbol without a value.
        """
        return Fraction(self.value(Assignment(env)))

    def value(self, at: Assignment) -> Number:
        """`evaluate`, with whole numbers as `int`."""
        total: Number = 0
        for monomial, coefficient in self.terms.items():
            product = coefficient
            for atom, exponent in monomial:
                base = at.of(atom)
                if exponent == 1:
                    product = product * base
                    continue
                if exponent < 0:
                    if base == 0:
                        raise SizeError(f"division by zero: `{Dim.atom(atom)}` is 0")
                    base = Fraction(base)
                check_power(base, exponent)
                product = product * base**exponent
            total = total + product
        return dim_terms.reduced(total)

    # ---- arithmetic -------------------------------------------------------------------

    def __add__(self, other: Sizelike) -> "Dim":
        other = Dim.of(other)
        terms = dim_terms.added(self.terms, other.terms)
        return settled(terms) if self.mixed or other.mixed else Dim(terms)

    def __sub__(self, other: Sizelike) -> "Dim":
        other = Dim.of(other)
        terms = dim_terms.added(self.terms, other.terms, -1)
        return settled(terms) if self.mixed or other.mixed else Dim(terms)

    def __mul__(self, other: Sizelike) -> "Dim":
        other = Dim.of(other)
        terms = dim_terms.multiplied(self.terms, other.terms)
        return settled(terms) if self.mixed or other.mixed else Dim(terms)

    def __truediv__(self, other: Sizelike) -> "Dim":
        """Exact division; no rounding, so the value may be a fraction."""
        other = Dim.of(other)
        if not other.terms:
            raise SizeError(f"division by zero: `{self} / 0`")
        if other.mixed:
            other, below = over(other)
            return self * below / other
        if len(other.terms) == 1:
            terms = dim_terms.multiplied(self.terms, dim_terms.power(other.terms, -1))
            return Dim(terms, self.mixed)
        return self._over_sum(other)

    def _over_sum(self, other: "Dim") -> "Dim":
        scale, common, divisor = dim_terms.primitive(other.terms)
        quotient = dim_terms.exact_quotient(self.terms, divisor) if self.terms else {}
        if quotient is None:
            inverse = ((inverse_atom(Dim(divisor)), 1),)
            unit = dim_terms.times(inverse, dim_terms.raised(common, -1))
            return settled(dim_terms.shifted(self.terms, unit, 1 / scale))
        terms = dim_terms.shifted(quotient, dim_terms.raised(common, -1), 1 / scale)
        return Dim(terms, self.mixed)

    def __floordiv__(self, other: Sizelike) -> "Dim":
        from catnn.types.dim_forms import floor

        return floor(self / other)

    def __mod__(self, other: Sizelike) -> "Dim":
        """`a % b = a - b * (a // b)`."""
        other = Dim.of(other)
        return self - other * (self // other)

    def __pow__(self, exponent: Sizelike) -> "Dim":
        from catnn.types.dim_forms import power

        return power(self, Dim.of(exponent))

    def raised(self, exponent: int) -> "Dim":
        """An integer power; negative ones divide."""
        if exponent < 0:
            return Dim.of(1) / self.raised(-exponent)
        check_exponent(exponent)
        terms = dim_terms.power(self.terms, exponent)
        return settled(terms) if self.mixed else Dim(terms)

    def __neg__(self) -> "Dim":
        return Dim({monomial: -c for monomial, c in self.terms.items()}, self.mixed)

    def __radd__(self, other: Sizelike) -> "Dim":
        return Dim.of(other) + self

    def __rsub__(self, other: Sizelike) -> "Dim":
        return Dim.of(other) - self

    def __rmul__(self, other: Sizelike) -> "Dim":
        return Dim.of(other) * self

    def __rtruediv__(self, other: Sizelike) -> "Dim":
        return Dim.of(other) / self

    def __rfloordiv__(self, other: Sizelike) -> "Dim":
        return Dim.of(other) // self

    def __rmod__(self, other: Sizelike) -> "Dim":
        return Dim.of(other) % self

    def __rpow__(self, other: Sizelike) -> "Dim":
        return Dim.of(other) ** self

    # ---- substitution -----------------------------------------------------------------

    def substitute(self, mapping: Mapping[Symbol, "Dim"]) -> "Dim":
        """The size with symbols replaced, in normal form again."""
        if self.symbols().isdisjoint(mapping):
            return self
        from catnn.types.dim_replace import Replacement

        return Replacement(mapping.items(), mapping)(self)

    def rebuild(self, image: Callable[[Atom], "Dim | None"]) -> "Dim":
        """The size with atoms replaced; an image of `None` keeps the atom."""
        images = {atom: image(atom) for atom in sorted(self.atoms(), key=lambda atom: atom.uid)}
        changed = {atom: found for atom, found in images.items() if found is not None}
        if not changed:
            return self
        kept = {m: c for m, c in self.terms.items() if not any(atom in changed for atom, _ in m)}
        total = Dim(kept, self.mixed)
        for monomial, coefficient in self.terms.items():
            if monomial not in kept:
                rest = tuple(factor for factor in monomial if factor[0] not in changed)
                product = Dim({rest: coefficient}, self.mixed)
                for atom, exponent in monomial:
                    if atom in changed:
                        product = product * changed[atom].raised(exponent)
                total = total + product
        return total

    # ---- display ----------------------------------------------------------------------

    def __str__(self) -> str:
        from catnn.types.dim_text import show

        return show(self)

    def __repr__(self) -> str:
        return f"Dim({self})"


def plainly_integral(monomial: Monomial) -> bool:
    """Whether a monomial is a product of atoms that are whole numbers."""
    return all(exponent > 0 and atom.integral for atom, exponent in monomial)


# ---- quotients by sums ----------------------------------------------------------------


def settled(terms: dict[Monomial, Number]) -> Dim:
    """The size with every `Inverse` cancelled where the division is exact."""
    inverses = {a for monomial in terms for a, _ in monomial if isinstance(a, Inverse)}
    for inverse in sorted(inverses, key=lambda atom: atom.uid):
        terms = _cancelled(terms, inverse)
    mixed = any(isinstance(a, Inverse) for monomial in terms for a, _ in monomial)
    return Dim(terms, mixed)


def _cancelled(terms: dict[Monomial, Number], inverse: Inverse) -> dict[Monomial, Number]:
    levels = by_exponent(terms, inverse)
    divisor = inverse.divisor.terms
    for exponent in sorted(levels, reverse=True):
        while exponent > 0 and levels[exponent]:
            quotient = dim_terms.exact_quotient(levels[exponent], divisor)
            if quotient is None:
                break
            levels[exponent] = {}
            exponent -= 1
            levels[exponent] = dim_terms.added(levels.get(exponent, {}), quotient)
    if min(levels) < 0:
        return _multiplied_out(levels, inverse)
    result: dict[Monomial, Number] = {}
    for exponent, part in levels.items():
        if part:
            unit = ((inverse, exponent),) if exponent else ONE
            result = dim_terms.added(result, dim_terms.shifted(part, unit))
    return result


def _multiplied_out(levels: Mapping[int, Terms], inverse: Inverse) -> dict[Monomial, Number]:
    result: dict[Monomial, Number] = {}
    for exponent, part in levels.items():
        if exponent > 0:
            part = dim_terms.shifted(part, ((inverse, exponent),))
        elif exponent < 0:
            part = dim_terms.multiplied(part, dim_terms.power(inverse.divisor.terms, -exponent))
        result = dim_terms.added(result, part)
    return result


def by_exponent(terms: Terms, atom: Atom) -> dict[int, dict[Monomial, Number]]:
    """The terms sorted by the exponent of `atom`, with the atom taken out."""
    levels: dict[int, dict[Monomial, Number]] = {}
    for monomial, coefficient in terms.items():
        exponent, rest = dim_terms.without(monomial, atom)
        levels.setdefault(exponent, {})[rest] = coefficient
    return levels


def over(dim: Dim) -> tuple[Dim, Dim]:
    """`dim = numerator / denominator`, both without quotients by sums.

    The numerator is 0 exactly if `dim` is 0 as a rational function of its atoms.
    """
    numerator, below = dim, Dim.of(1)
    while numerator.mixed:
        inverses = [atom for atom in numerator.atoms() if isinstance(atom, Inverse)]
        if not inverses:
            return Dim(numerator.terms), below
        inverse = min(inverses, key=lambda atom: atom.uid)
        levels = by_exponent(numerator.terms, inverse)
        top = max(levels)
        terms: dict[Monomial, Number] = {}
        for exponent, part in levels.items():
            factor = dim_terms.power(inverse.divisor.terms, top - exponent)
            terms = dim_terms.added(terms, dim_terms.multiplied(part, factor))
        mixed = any(isinstance(a, Inverse) for monomial in terms for a, _ in monomial)
        numerator = Dim(terms, mixed)
        below = below * inverse.divisor.raised(top)
    return numerator, below
