"""Small systems of linear inequalities: Fourier and Motzkin's elimination, exact.

A row says `sum of coefficient * unknown + constant >= 0` (or `> 0`) for unknowns
that are numbered. Rows over whole unknowns are tightened: `2 * x - 1 >= 0` is
`x - 1 >= 0`.
"""

from collections.abc import Iterable, Mapping
from math import gcd, lcm
from typing import NamedTuple

from catnn.types.atoms import Number

MAX_ROWS = 80


class Row(NamedTuple):
    """`sum(c * x) + constant >= 0`, or `> 0` if `strict`."""

    coefficients: dict[int, int]
    constant: int
    strict: bool


def row(coefficients: Mapping[int, Number], constant: Number, strict: bool, whole: bool) -> Row:
    """The inequality with coprime integers; `whole` if every unknown in it is an integer."""
    scale = lcm(constant.denominator, *(value.denominator for value in coefficients.values()))
    integers = {unknown: (value * scale).numerator for unknown, value in coefficients.items()}
    return _tight(Row(integers, (constant * scale).numerator, strict), whole)


def _tight(given: Row, whole: bool) -> Row:
    coefficients, constant, strict = given
    shared = gcd(*coefficients.values())
    if whole:
        if strict:
            constant, strict = constant - 1, False
        if shared > 1:
            constant //= shared
    elif shared > 1:
        shared = gcd(shared, constant)
        constant //= shared
    if shared > 1:
        coefficients = {unknown: value // shared for unknown, value in coefficients.items()}
    return Row(coefficients, constant, strict)


def infeasible(rows: Iterable[Row], at_least_0: Iterable[int], whole: frozenset[int]) -> bool:
    """Whether no values satisfy all rows; False also where that is too long to find out.

    `at_least_0` are the unknowns that are not negative, `whole` those that are integers.
    """
    system = [*rows, *(Row({unknown: 1}, 0, False) for unknown in at_least_0)]
    while True:
        tightest = _tightest(system)
        if tightest is None:
            return True
        if not tightest or len(tightest) > MAX_ROWS:
            return False
        system = _eliminated(tightest, whole)


def _tightest(rows: Iterable[Row]) -> list[Row] | None:
    """Rows without those that others imply; None if one of them is false."""
    best: dict[frozenset[tuple[int, int]], Row] = {}
    for one in rows:
        if not one.coefficients:
            if one.constant < 0 or (one.strict and one.constant == 0):
                return None
            continue
        key = frozenset(one.coefficients.items())
        known = best.get(key)
        if known is None or (one.constant, not one.strict) < (known.constant, not known.strict):
            best[key] = one
    return list(best.values())


def _eliminated(rows: list[Row], whole: frozenset[int]) -> list[Row]:
    """The rows with one unknown combined away, the one that leaves the fewest."""
    lows: dict[int, int] = {}
    highs: dict[int, int] = {}
    for one in rows:
        for unknown, coefficient in one.coefficients.items():
            counts = lows if coefficient > 0 else highs
            counts[unknown] = counts.get(unknown, 0) + 1

    def cost(unknown: int) -> tuple[int, int]:
        low, high = lows.get(unknown, 0), highs.get(unknown, 0)
        return low * high - low - high, unknown

    chosen = min({**lows, **highs}, key=cost)
    kept = [one for one in rows if chosen not in one.coefficients]
    below = [one for one in rows if one.coefficients.get(chosen, 0) > 0]
    above = [one for one in rows if one.coefficients.get(chosen, 0) < 0]
    if len(below) * len(above) > MAX_ROWS:
        return kept
    return kept + [_combined(low, high, chosen, whole) for low in below for high in above]


def _combined(low: Row, high: Row, chosen: int, whole: frozenset[int]) -> Row:
    first, second = -high.coefficients[chosen], low.coefficients[chosen]
    coefficients = {unknown: first * value for unknown, value in low.coefficients.items()}
    for unknown, value in high.coefficients.items():
        total = coefficients.get(unknown, 0) + second * value
        if total:
            coefficients[unknown] = total
        else:
            coefficients.pop(unknown, None)
    constant = first * low.constant + second * high.constant
    combined = Row(coefficients, constant, low.strict or high.strict)
    return _tight(combined, whole.issuperset(coefficients))
