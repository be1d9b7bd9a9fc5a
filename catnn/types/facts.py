"""Facts in force, and what follows from them.

>>> from catnn.types.dims import Dim, fresh
>>> h, d = fresh("h"), fresh("d")
>>> facts = Facts.EMPTY.declare(h).declare(d).assume(Divides(h, d))
>>> facts.divides(Dim.of(h), 3 * Dim.of(d))
True
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import ClassVar

from catnn.types import prove
from catnn.types.atoms import Symbol
from catnn.types.dim_core import Dim, Sizelike
from catnn.types.dim_limits import SizeError, SizeLimit
from catnn.types.dim_relations import Compare, Divides, Fact, Operator
from catnn.types.dim_systems import contradictory
from catnn.types.dim_theory import FUEL, Fuel, Theory


class Facts:
    """An immutable set of facts; every question is answered by proof or not at all.

    A proof says that the statement holds for all integers that satisfy the
    facts, wherever both sides have a value. Symbols that are not declared may
    be any integer (an index: at least 0; a number: any rational). From facts that
    contradict each other everything follows, but nothing is refuted.
    """

    __slots__ = ("_before", "_least", "_stated", "_theory")

    EMPTY: ClassVar["Facts"]

    def __init__(
        self,
        least: Mapping[Symbol, int],
        stated: tuple[Fact, ...],
        before: "tuple[Facts, Symbol | Fact] | None" = None,
    ) -> None:
        """Internal: start from `Facts.EMPTY`. `before` has all but the last symbol or fact."""
        self._least = least
        self._stated = stated
        self._before = before
        self._theory: Theory | None = None

    def declare(self, symbol: Symbol, least: int | None = 1) -> "Facts":
        """With `symbol >= least`; `None` takes a declaration back."""
        known = {one: low for one, low in self._least.items() if one is not symbol}
        if least is None:
            return Facts(known, self._stated)
        known[symbol] = least
        is_weaker = symbol in self._least and least < self._least[symbol]
        return Facts(known, self._stated, None if is_weaker else (self, symbol))

    def assume(self, fact: Fact) -> "Facts":
        """With one more fact."""
        if fact in self._stated:
            return self
        return Facts(self._least, (*self._stated, fact), (self, fact))

    def plainly(self, fact: Fact) -> bool:
        """Whether a fact is a lower bound of one size that was declared so: no theory is needed."""
        if not isinstance(fact, Compare) or fact.op != ">=":
            return False
        symbol, bound = fact.left.as_symbol(), fact.right.as_int()
        if symbol is None or bound is None:
            return False
        least = self._least.get(symbol)
        return least is not None and least >= bound

    @property
    def stated(self) -> tuple[Fact, ...]:
        """The facts that were assumed, in order."""
        return self._stated

    def about(self, symbol: Symbol) -> tuple[Fact, ...]:
        """What was declared or stated about a symbol."""
        found = [f for f in self._stated if any(symbol in dim.symbols() for dim in f.dims())]
        least = self._least.get(symbol)
        bound = [Compare(">=", Dim.of(symbol), Dim.of(least))] if least is not None else []
        return (*bound, *found)

    def worked_out(self, depth: int = 0, fuel: Fuel | None = None) -> Theory:
        """Internal: what the facts amount to, worked out when it is first asked for."""
        if self._theory is None:
            self._theory = self._work_out(depth, fuel)
        return self._theory

    def _work_out(self, depth: int, fuel: Fuel | None) -> Theory:
        """From what the facts before amounted to, if somebody asked for that."""
        news: list[Symbol | Fact] = []
        facts: Facts | None = self
        while facts is not None and facts._theory is None:
            earlier = facts._before
            if earlier is None:
                return Theory(self, self._least, self._stated, depth, fuel)
            facts, new = earlier
            news.append(new)
        assert facts is not None
        assert facts._theory is not None
        return facts._theory.extended(self, self._least, self._stated, news[::-1], depth, fuel)

    def _theory_for_question(self) -> Theory:
        theory = self.worked_out()
        theory.fuel.left = FUEL
        return theory

    def _shown(self, proof: Callable[[Theory], bool]) -> bool:
        """Whether a proof is found; from contradictory facts everything follows."""
        theory = self._theory_for_question()
        if theory.contradictory:
            return True
        with suppress(SizeError, SizeLimit):
            return proof(theory)
        return False

    # ---- questions --------------------------------------------------------------------

    def normalise(self, dim: Dim) -> Dim:
        """The size in the normal form that the facts give it."""
        return self._theory_for_question().normalise(dim)

    def equal(self, left: Sizelike, right: Sizelike) -> bool:
        """Whether two sizes are provably the same."""
        one, other = Dim.of(left), Dim.of(right)
        return one == other or self._shown(lambda theory: prove.equal(theory, one, other))

    def apart(self, left: Sizelike, right: Sizelike) -> bool:
        """Whether two sizes provably differ, whatever the symbols are."""
        return self.refute(Compare("==", Dim.of(left), Dim.of(right)))

    def integral(self, dim: Dim) -> bool:
        """Whether a size is provably a whole number."""
        return self._shown(lambda theory: theory.integral(dim))

    def divides(self, divisor: Sizelike, dividend: Sizelike) -> bool:
        """Whether `dividend / divisor` is provably a whole number, and `divisor` not 0."""
        return self.prove(Divides(Dim.of(divisor), Dim.of(dividend)))

    def at_least(self, dim: Dim, bound: Sizelike) -> bool:
        """Whether `dim >= bound` provably."""
        return self._shown(lambda theory: theory.nonnegative(dim - bound))

    def prove(self, fact: Fact) -> bool:
        """Whether a fact follows from these."""
        return self._shown(lambda theory: prove.prove(theory, fact))

    def refute(self, fact: Fact) -> bool:
        """Whether a fact is provably false; nothing is where the facts contradict each other."""
        if self._theory_for_question().contradictory:
            return False
        return self._shown(lambda theory: prove.refute(theory, fact))

    def consistent(self) -> bool:
        """False if the facts provably contradict each other."""
        return not self._shown(contradictory)


Facts.EMPTY = Facts({}, ())

__all__ = ["Compare", "Divides", "Fact", "Facts", "Operator"]
