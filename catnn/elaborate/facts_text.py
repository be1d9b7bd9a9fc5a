"""Facts in the user's words, for help lines."""

from collections.abc import Iterator

from catnn.types.atoms import Atom, Floor
from catnn.types.dims import Dim
from catnn.types.facts import Compare, Fact

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


def missing_divisibility(left: Dim, right: Dim) -> str | None:
    """`2 divides n` where two sizes differ only because a division was rounded down."""
    for dim in (left, right):
        for floor in floors(dim):
            symbols = floor.symbols()
            denominators = {c.denominator for c in floor.argument.terms.values()} - {1}
            if len(symbols) == 1 and len(denominators) == 1:
                (symbol,), (denominator,) = symbols, denominators
                return f"{denominator} divides {symbol.name}"
    return None


def needed(fact: Fact) -> str:
    """A fact to add, solved where it says that a size is at least 1."""
    if isinstance(fact, Compare) and fact.op == ">=" and fact.right == ONE:
        return at_least_one(fact.left)
    return str(fact)
