"""The atoms that monomials are made of: symbols, and what is no polynomial of them.

Atoms are shared: two atoms of the same kind with the same parts are one
object, so monomials compare by identity. Only `dim_forms` makes compound
atoms; it brings their parts into normal form first.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from fractions import Fraction
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Literal, ParamSpec, TypeAlias, TypeVar
from weakref import WeakValueDictionary

from catnn.types.dim_limits import MAX_DEPTH, SizeError, SizeLimit, check_power

if TYPE_CHECKING:
    from catnn.types.dim_core import Dim
    from catnn.types.dim_relations import Fact

Number: TypeAlias = int | Fraction
SymbolKind: TypeAlias = Literal["size", "meta", "index", "number"]
Env: TypeAlias = Mapping["Symbol", Number | Sequence[int]]

_uids = count()


class Assignment:
    """Values of symbols, and of the atoms that were computed from them so far."""

    __slots__ = ("env", "known")

    def __init__(self, env: Env) -> None:
        self.env = env
        self.known: dict[Atom, Number] = {}

    def of(self, atom: "Atom") -> Number:
        """The value of an atom; `SizeError` where there is none."""
        found = self.known.get(atom)
        if found is None:
            found = self.known[atom] = atom.value(self)
        return found


class Atom:
    """A factor of monomials that the polynomial arithmetic does not look into.

    `integral` says that the value is a whole number for all values of the
    symbols, without any facts. The order of `uid` is the order in monomials.
    """

    __slots__ = ("__weakref__", "depth", "integral", "uid")

    depth: int
    integral: bool
    uid: int

    def value(self, at: Assignment) -> Number:
        """The value at an assignment, worked out afresh; `SizeError` where there is none."""
        raise NotImplementedError


class Symbol(Atom):
    """A named unknown, equal only to itself.

    `size`: a quantified size or a size argument; `meta`: to be solved by
    unification; `index`: a static index, at least 0; `number`: a rational.
    """

    __slots__ = ("kind", "name")

    def __init__(self, name: str, kind: SymbolKind = "size") -> None:
        self.name = name
        self.kind = kind
        self.uid = next(_uids)
        self.depth = 0
        self.integral = kind != "number"

    def value(self, at: Assignment) -> Number:
        try:
            found = at.env[self]
        except KeyError:
            raise SizeError(f"`{self.name}` has no value") from None
        if isinstance(found, int | Fraction):
            return found
        raise SizeError(f"`{self.name}` is a list, not a size")

    def __repr__(self) -> str:
        return f"Symbol({self.name}#{self.uid})"


def fresh(name: str, kind: SymbolKind = "size") -> Symbol:
    """A new symbol, different from every other."""
    return Symbol(name, kind)


class Compound(Atom):
    """An atom with sizes inside it; `children` are all of them."""

    __slots__ = ("_symbols", "children", "text")

    def __init__(self, children: tuple["Dim", ...], integral: bool) -> None:
        self.children = children
        self.text: tuple[str, int] | None = None  # how `dim_text` shows it
        self.uid = next(_uids)
        self.integral = integral
        self.depth = 1 + max(child.depth() for child in children)
        self._symbols: frozenset[Symbol] | None = None
        if self.depth > MAX_DEPTH:
            raise SizeLimit(f"a size nested more than {MAX_DEPTH} levels deep")

    def symbols(self) -> frozenset[Symbol]:
        """The free symbols of all parts."""
        if self._symbols is None:
            self._symbols = frozenset[Symbol]().union(*(c.symbols() for c in self.children))
        return self._symbols


class Floor(Compound):
    """The greatest integer that is at most `argument`."""

    __slots__ = ("argument",)

    def __init__(self, argument: "Dim") -> None:
        self.argument = argument
        super().__init__((argument,), True)

    def value(self, at: Assignment) -> Number:
        return self.argument.value(at) // 1


class Extremum(Compound):
    """The greatest (or the least) of several sizes."""

    __slots__ = ("arguments", "greatest")

    def __init__(self, greatest: bool, arguments: tuple["Dim", ...]) -> None:
        self.greatest = greatest
        self.arguments = arguments
        super().__init__(arguments, all(argument.plainly_integral() for argument in arguments))

    def value(self, at: Assignment) -> Number:
        values = [argument.value(at) for argument in self.arguments]
        return max(values) if self.greatest else min(values)


class Power(Compound):
    """A literal base to a symbolic exponent; `base` is at least 2."""

    __slots__ = ("base", "exponent")

    def __init__(self, base: int, exponent: "Dim") -> None:
        self.base = base
        self.exponent = exponent
        super().__init__((exponent,), False)

    def value(self, at: Assignment) -> Number:
        exponent = self.exponent.value(at)
        if exponent.denominator != 1:
            raise SizeError(f"the exponent of {self.base}^({self.exponent}) is no whole number")
        check_power(self.base, exponent.numerator)
        return Fraction(self.base) ** exponent.numerator


class Inverse(Compound):
    """One over a polynomial of several terms, primitive and with a positive first coefficient."""

    __slots__ = ("divisor",)

    def __init__(self, divisor: "Dim") -> None:
        self.divisor = divisor
        super().__init__((divisor,), False)

    def value(self, at: Assignment) -> Number:
        divisor = self.divisor.value(at)
        if divisor == 0:
            raise SizeError(f"division by zero: `{self.divisor}` is 0")
        return 1 / Fraction(divisor)


class Member(Compound):
    """Member `index` of a family of sizes that is not known: `d[i]`."""

    __slots__ = ("family", "index")

    def __init__(self, family: Symbol | str, index: "Dim") -> None:
        self.family = family
        self.index = index
        super().__init__((index,), True)

    def symbols(self) -> frozenset[Symbol]:
        inner = super().symbols()
        return inner | {self.family} if isinstance(self.family, Symbol) else inner

    def value(self, at: Assignment) -> Number:
        members = at.env.get(self.family) if isinstance(self.family, Symbol) else None
        if members is None or isinstance(members, int | Fraction):
            raise SizeError(f"the list `{family_name(self.family)}` has no value")
        return members[position(self.index.value(at), len(members))]


class Listing(Compound):
    """Member `index` of a list of sizes: `(3, 4, 6, 3)[i]`."""

    __slots__ = ("index", "values")

    def __init__(self, values: tuple["Dim", ...], index: "Dim") -> None:
        self.values = values
        self.index = index
        super().__init__((*values, index), all(value.plainly_integral() for value in values))

    def value(self, at: Assignment) -> Number:
        return self.values[position(self.index.value(at), len(self.values))].value(at)


class Conditional(Compound):
    """One size where a fact holds, another where it does not."""

    __slots__ = ("fact", "otherwise", "then")

    def __init__(self, fact: "Fact", then: "Dim", otherwise: "Dim") -> None:
        self.fact = fact
        self.then = then
        self.otherwise = otherwise
        integral = then.plainly_integral() and otherwise.plainly_integral()
        super().__init__((*fact.dims(), then, otherwise), integral)

    def value(self, at: Assignment) -> Number:
        return (self.then if self.fact.holds(at) else self.otherwise).value(at)


class Total(Compound):
    """The sum of `term` for `BOUND` from 0 up to `count`: `(+ i < k) d[i]`."""

    __slots__ = ("count", "term")

    def __init__(self, count: "Dim", term: "Dim") -> None:
        self.count = count
        self.term = term
        super().__init__((count, term), term.plainly_integral())

    def symbols(self) -> frozenset[Symbol]:
        return super().symbols() - {BOUND}

    def value(self, at: Assignment) -> Number:
        count = self.count.value(at)
        if count.denominator != 1 or count > MAX_COUNT:
            raise SizeError(f"a sum of {count} sizes")
        total: Number = 0
        for turn in range(count.numerator):
            total = total + self.term.value(Assignment({**at.env, BOUND: turn}))
        return total


BOUND = Symbol("i", "index")
MAX_COUNT = 512


def family_name(family: Symbol | str) -> str:
    """The name to show for a family."""
    return family.name if isinstance(family, Symbol) else family


def position(index: Number, length: int) -> int:
    """`index` as a position in a list of `length` members, or `SizeError`."""
    if index.denominator != 1 or not 0 <= index < length:
        raise SizeError(f"there is no member {index} in a list of {length}")
    return index.numerator


# ---- sharing --------------------------------------------------------------------------

_P = ParamSpec("_P")
_A = TypeVar("_A", bound=Compound)
_shared: WeakValueDictionary[tuple[Hashable, ...], Compound] = WeakValueDictionary()
_lock = Lock()


def _sharing(make: Callable[_P, _A]) -> Callable[_P, _A]:
    """`make`, but equal parts give the same object as long as it lives."""

    def find(*args: _P.args, **kwargs: _P.kwargs) -> _A:
        key = (make, *args)
        with _lock:
            found = _shared.get(key)
            if found is None:
                found = _shared[key] = make(*args, **kwargs)
        return found  # type: ignore[return-value]  # the key holds the class

    return find


floor_atom = _sharing(Floor)
extremum_atom = _sharing(Extremum)
power_atom = _sharing(Power)
inverse_atom = _sharing(Inverse)
member_atom = _sharing(Member)
listing_atom = _sharing(Listing)
conditional_atom = _sharing(Conditional)
total_atom = _sharing(Total)
