"""Facts in the user's words, for help lines."""

from catnn.types.dims import Dim


def at_least_one(shown: Dim) -> str:
    """The fact that makes `shown` at least 1: solved for the size where it reads `a + n`."""
    symbols = sorted(shown.symbols(), key=lambda symbol: symbol.name)
    if len(symbols) == 1:
        rest = (shown - Dim.of(symbols[0])).as_int()
        if rest is not None:
            return f"{symbols[0].name} >= {1 - rest}"
    return f"{shown} >= 1"


def missing_divisibility(left: Dim, right: Dim) -> str | None:
    """`2 divides n` where two sizes differ only because a division was rounded down."""
    for dim in (left, right):
        for numerator, denominator in dim.floors():
            symbols = numerator.symbols()
            if len(symbols) == 1:
                (symbol,) = symbols
                return f"{denominator} divides {symbol.name}"
    return None
