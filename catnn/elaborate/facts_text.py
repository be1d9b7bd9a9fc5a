"""Facts in the user's words, for help lines."""

from collections.abc import Iterator

from catnn.types.atoms import Atom, Floor, Symbol
from catnn.types.dims import Dim
from catnn.types.facts import Compare, Divides, Fact, Facts

ONE, ZERO = Dim.of(1), Dim.of(0)


def floors(dim: Dim) -> Iterator[Floor]:
    """The rounded divisions of a size."""
    for atom in sorted(dim.atoms(), key=_uid):
        if isinstance(atom, Floor):
            yield atom


def _uid(atom: Atom) -> int:
    return atom.uid


def at_least_one(shown: Dim) -> str:
    """The fact that makes `shown` at least 1, solved: `n >= 3`, `k <= h + 2 * pad`."""
    for floor in floors(shown):
        rest = (shown - Dim.atom(floor)).as_int()
        if rest is not None:
            # floor(x) + c >= 1 says x >= 1 - c.
            return _ordered(_cleared(floor.argument - (1 - rest)))
    return _ordered(shown - ONE)


def at_least_zero(shown: Dim) -> str:
    """The fact that makes `shown` at least 0, solved: `depth >= 1`."""
    return _ordered(_cleared(shown))


def _cleared(dim: Dim) -> Dim:
    """The same sign without denominators: divisors of sizes are at least 1."""
    for monomial, coefficient in dim.terms.items():
        for atom, exponent in monomial:
            if exponent < 0:
                return _cleared(dim * Dim.atom(atom) ** -exponent)
        if coefficient.denominator != 1:
            return _cleared(dim * coefficient.denominator)
    return dim


def _ordered(difference: Dim) -> str:
    """`difference >= 0` with what is subtracted on the other side."""
    symbols = difference.symbols()
    if len(symbols) == 1:
        (symbol,) = symbols
        rest = (difference - Dim.of(symbol)).as_int()
        if rest is not None:
            return f"{symbol.name} >= {-rest}"
    positive = Dim({m: c for m, c in difference.terms.items() if c > 0}, difference.mixed)
    return f"{positive - difference} <= {positive}"


def missing_fact(facts: Facts, left: Dim, right: Dim) -> Fact | None:
    """A divisibility or remainder that would make two sizes equal, found by trying."""
    for candidate in _candidates(left, right):
        extended = facts.assume(candidate)
        if extended.consistent() and extended.equal(left, right):
            return candidate
    return None


def _candidates(left: Dim, right: Dim) -> Iterator[Fact]:
    for floor in (*floors(left), *floors(right)):
        denominators = {c.denominator for c in floor.argument.terms.values()} - {1}
        below = {a for m in floor.argument.terms for a, n in m if n < 0 and isinstance(a, Symbol)}
        for symbol in sorted(floor.symbols() - below, key=_uid):
            size = Dim.of(symbol)
            for divisor in sorted(below, key=_uid):
                yield Divides(Dim.of(divisor), size)
            for denominator in sorted(denominators):
                yield Divides(Dim.of(denominator), size)
                if denominator <= 8:
                    for rest in range(1, denominator):
                        yield Compare("==", size % denominator, Dim.of(rest))


def near_divisors(fact: Fact) -> tuple[str, ...]:
    """A help line with numbers that divide, where one of two known numbers does not."""
    if not isinstance(fact, Divides):
        return ()
    divisor, dividend = fact.divisor.as_int(), fact.dividend.as_int()
    if divisor is None or dividend is None or not 0 < divisor <= dividend <= 10**6:
        return ()
    below = next(k for k in range(divisor, 0, -1) if dividend % k == 0)
    above = next(k for k in range(divisor, dividend + 1) if dividend % k == 0)
    return (f"near {divisor}, `{below}` and `{above}` divide {dividend}",)


def needed(fact: Fact) -> str:
    """A fact to add, solved where it says that a size is at least 1."""
    if isinstance(fact, Compare) and fact.op == ">=" and fact.right == ONE:
        return at_least_one(fact.left)
    return str(fact)
