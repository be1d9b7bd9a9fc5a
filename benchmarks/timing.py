"""Two ways to compute one thing, timed against each other in one run."""

import gc
import statistics
import time
from collections.abc import Callable

from attrs import frozen

Thunk = Callable[[], object]


@frozen
class Race:
    """Medians of milliseconds, and the median of the quotients `theirs / ours` of neighbours in time."""

    ours: float
    theirs: float
    ratio: float
    low: float
    high: float
    turns: int


def race(ours: Thunk, theirs: Thunk, seconds: float, warm: int = 3, least: int = 9) -> Race:
    """Run both in turns for about `seconds`, the one that goes first changing each time.

    Whatever slows the machine for a while meets both sides of a pair alike;
    `low` and `high` are the quartiles of the quotients.
    """
    for _ in range(warm):
        ours()
        theirs()
    mine: list[float] = []
    others: list[float] = []
    gc.collect()
    gc.disable()
    try:
        end = time.perf_counter() + seconds
        while len(mine) < least or time.perf_counter() < end:
            if len(mine) % 2:
                mine.append(_timed(ours))
                others.append(_timed(theirs))
            else:
                others.append(_timed(theirs))
                mine.append(_timed(ours))
    finally:
        gc.enable()
    quotients = [their / our for our, their in zip(mine, others, strict=True)]
    low, middle, high = statistics.quantiles(quotients, n=4)
    return Race(
        statistics.median(mine), statistics.median(others), middle, low, high, len(quotients)
    )


def _timed(thunk: Thunk) -> float:
    start = time.perf_counter()
    thunk()
    return 1000 * (time.perf_counter() - start)
