"""What a set of facts amounts to: bounds, whole numbers, and sizes that stand for others.

A `Theory` is built once from the declarations and facts of a scope, then asked
many times; it remembers its answers. Each question has a module of its own:
`dim_normal` (normal forms under facts), `dim_integral` (is this a whole
number?), `dim_least` (what is an atom at least?), `dim_bounds` (is this at
least 0?) with `dim_systems` (what do the facts say about its atoms?), and
`prove` (does this fact follow?).
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar, cast

from catnn.types import dim_bounds, dim_integral, dim_least, dim_normal
from catnn.types.atoms import Atom, Extremum, Floor, Member, Number, Symbol
from catnn.types.dim_core import Dim
from catnn.types.dim_forms import spread
from catnn.types.dim_limits import SizeError, SizeLimit
from catnn.types.dim_relations import Divides, Fact
from catnn.types.dim_replace import Replacement
from catnn.types.dim_terms import Monomial

if TYPE_CHECKING:
    from catnn.types.facts import Facts


_T = TypeVar("_T")
_Q = TypeVar("_Q", bound=Hashable)
_R = TypeVar("_R")
FUEL = 2000
MAX_CONJUNCTS = 16
MAX_NESTED = 16
MOST_WHOLE = 100


class Fuel:
    """How much work one question may still take."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = FUEL

    def spend(self, cost: int) -> bool:
        """Use some up; False if there is none left."""
        self.left -= cost
        return self.left >= 0


class Theory:
    """The consequences of facts, kept in the forms that the proofs use."""

    def __init__(
        self,
        facts: "Facts",
        least: Mapping[Symbol, int],
        stated: Iterable[Fact],
        depth: int = 0,
        fuel: "Fuel | None" = None,
    ) -> None:
        self.facts = facts
        self.depth = depth
        self.fuel = fuel or Fuel()
        self.least: dict[Symbol | Member, Number] = dict(iter(least.items()))
        self.rewrites: dict[Atom, Dim] = {}
        self.whole: list[Dim] = []
        self.bounds: list[tuple[Dim, bool]] = []
        self.nonzero: list[Dim] = []
        self.equations: list[Dim] = []
        self.contradictory = False
        self.proving: set[object] = set()
        self.tentative: dict[object, object] = {}
        self.forming: set[Atom] = set()
        self.branches: dict[tuple[Fact, ...], Theory] = {}
        self._forget()
        for fact in stated:
            self._guarded(self._add, fact)
        self._again()

    def extended(
        self,
        facts: "Facts",
        least: Mapping[Symbol, int],
        stated: Sequence[Fact],
        news: Iterable[Symbol | Fact],
        depth: int,
        fuel: "Fuel | None",
    ) -> "Theory":
        """The theory with some more symbols and facts; what is worked out is not worked out again."""
        found = Theory(facts, {}, (), depth, fuel)
        found.least = dict(self.least)
        found.rewrites = dict(self.rewrites)
        found.whole, found.bounds = list(self.whole), list(self.bounds)
        found.nonzero, found.equations = list(self.nonzero), list(self.equations)
        found.contradictory = self.contradictory
        for new in news:
            if isinstance(new, Symbol):
                found._raise(new, least[new], stated)
            else:
                found._guarded(found._add, new)
        found._again()
        return found

    def _raise(self, symbol: Symbol, least: int, stated: Sequence[Fact]) -> None:
        """A symbol is at least so much: facts about it may say more now."""
        known = self.least.get(symbol)
        if known is None or known < least:
            self.least[symbol] = least
            self._forget()
            if symbol in self.rewrites:
                self._guarded(self._add_bound, (self.rewrites[symbol] - least, False))
            for fact in stated:
                if symbol in fact.symbols():
                    self._guarded(self._add, fact)

    def _forget(self) -> None:
        """Answers given so far may be too weak now."""
        self.normal_forms: dict[Dim, Dim] = {}
        self.atom_forms: dict[Atom, Dim | None] = {}
        self.signs: dict[tuple[Dim, bool], bool] = {}
        self.lows: dict[Atom, Number | None] = {}
        self.whole_terms: dict[tuple[Monomial, Number], bool] = {}
        self.units: list[tuple[Monomial, Number, frozenset[object]]] | None = None
        self.sums: list[tuple[Dim, Monomial]] | None = None

    # ---- questions --------------------------------------------------------------------

    def normalise(self, dim: Dim) -> Dim:
        return dim_normal.normalise(self, dim)

    def split(self, dim: Dim) -> tuple[Dim, Dim]:
        """`dim = whole + part`, the first provably a whole number."""
        return dim_integral.split(self, dim)

    def integral(self, dim: Dim) -> bool:
        return not self.split(self.normalise(dim))[1].terms

    def nonnegative(self, dim: Dim) -> bool:
        return dim_bounds.nonnegative(self, dim, strict=False)

    def positive(self, dim: Dim) -> bool:
        return dim_bounds.nonnegative(self, dim, strict=True)

    def branch(self, *facts: Fact) -> "Theory":
        """The theory with further facts, for a proof by cases."""
        known = self.branches.get(facts)
        if known is None:
            assumed = self.facts
            for fact in facts:
                assumed = assumed.assume(fact)
            known = assumed.worked_out(self.depth + 1, self.fuel)
            if self.fuel.left > 0:
                self.branches[facts] = known
        return known

    def ask(self, memo: dict[_Q, _R], question: _Q, fallback: _R, answer: Callable[[], _R]) -> _R:
        """The answer, remembered; `fallback` where a question is asked inside itself.

        A proof that fails inside another one may only have met such a question, or
        have run out of fuel. It is remembered until the outermost proof ends.
        """
        if question in memo:
            return memo[question]
        if question in self.tentative:
            return cast(_R, self.tentative[question])
        if question in self.proving or len(self.proving) > MAX_NESTED:
            return fallback
        self.proving.add(question)
        try:
            found = answer()
        except (SizeError, SizeLimit):
            found = fallback
        finally:
            self.proving.discard(question)
        if not self.proving:
            self.tentative.clear()
        if found is True or (not self.proving and self.fuel.left > 0):
            memo[question] = found
        elif self.proving:
            self.tentative[question] = found
        return found

    # ---- building ---------------------------------------------------------------------

    def _guarded(self, add: Callable[[_T], None], what: _T) -> None:
        """What has no value, or is out of bounds, is left out: fewer facts are still sound."""
        if self.depth == 0:
            self.fuel.left = FUEL
        with suppress(SizeError, SizeLimit):
            add(what)

    def _add(self, fact: Fact) -> None:
        left, right = (self.normalise(dim) for dim in fact.dims())
        if isinstance(fact, Divides):
            self._add_divides(left, right)
        elif fact.op == "==":
            self._add_equation(left, right)
        elif fact.op == "!=":
            self._add_nonzero(left - right)
        elif fact.op in ("<=", "<"):
            self._add_bound((right - left, fact.op == "<"))
        else:
            self._add_bound((left - right, fact.op == ">"))

    def _again(self) -> None:
        """A second look at what earlier facts could not yet use."""
        equations, self.equations = self.equations, []
        for equation in equations:
            self._guarded(self._add_zero, equation)
        nonzero, self.nonzero = self.nonzero, []
        for dim in nonzero:
            self._guarded(self._add_nonzero, dim)
        for bound in list(self.bounds):
            self._guarded(self._raise_least, bound)
        self._forget()

    def _add_divides(self, divisor: Dim, dividend: Dim) -> None:
        if not divisor.terms:
            self.contradictory = True
            return
        self._add_nonzero(divisor)
        self._add_whole(dividend / divisor)
        if self.positive(divisor) and self.positive(dividend):
            self._add_bound((dividend - divisor, False))

    def _add_whole(self, dim: Dim) -> None:
        """`dim` is a whole number; beyond `MOST_WHOLE` of them no more is remembered."""
        if len(self.whole) > MOST_WHOLE:
            return
        part = self.split(self.normalise(dim))[1]
        if not part.terms:
            return
        if part.is_constant():
            self.contradictory = True
            return
        part = dim_integral.simplest(self, part)
        joint = dim_integral.joint(self.whole, part)
        self.contradictory = self.contradictory or joint is None
        self.whole += [part, *(joint or ())]
        self._forget()

    def _add_bound(self, bound: tuple[Dim, bool]) -> None:
        """`dim >= 0`, or `dim > 0`."""
        dim, strict = self.normalise(bound[0]), bound[1]
        value = dim.as_fraction()
        if value is not None:
            self.contradictory = self.contradictory or value < 0 or (strict and value == 0)
            return
        for part in _conjuncts(dim):
            if strict and self.integral(part):
                self.bounds.append((part - 1, False))
            else:
                self.bounds.append((part, strict))
            self._forget()
            self._raise_least(self.bounds[-1])

    def _raise_least(self, bound: tuple[Dim, bool]) -> None:
        """`n >= k + 2` and `k >= 1` give `n >= 3`."""
        dim, strict = bound
        for monomial, coefficient in dim.terms.items():
            if coefficient > 0 and len(monomial) == 1 and monomial[0][1] == 1:
                symbol = monomial[0][0]
                if not isinstance(symbol, Symbol | Member) or strict:
                    continue
                rest = (dim - Dim({monomial: coefficient})) / -coefficient
                if symbol in rest.symbols() or symbol in rest.atoms():
                    continue
                low = dim_least.lower(self, rest)
                known = self.least.get(symbol)
                if low is not None:
                    low = -(-low // 1) if symbol.integral else low
                    if known is None or low > known:
                        self.least[symbol] = low
                        self._forget()

    def _add_nonzero(self, dim: Dim) -> None:
        dim = self.normalise(dim)
        if not dim.terms:
            self.contradictory = True
        elif not dim.is_constant():
            self.nonzero.append(dim)
            if self.nonnegative(dim):
                self._add_bound((dim, True))
            elif self.nonnegative(-dim):
                self._add_bound((-dim, True))

    def _add_zero(self, dim: Dim) -> None:
        self._add_equation(dim, Dim({}))

    def _add_equation(self, left: Dim, right: Dim) -> None:
        difference = self.normalise(left - right)
        if not difference.terms:
            return
        if difference.is_constant():
            self.contradictory = True
            return
        found = dim_normal.oriented(self, difference, left, right)
        if found is None:
            self.equations.append(difference)
            self.bounds += [(difference, False), (-difference, False)]
            self._forget()
            return
        self._install(*found)

    def _install(self, atom: Atom, value: Dim) -> None:
        """From now on `atom` reads `value`; what was known is read again."""
        replacement = Replacement([(atom, value)])
        self.rewrites = {old: replacement(dim) for old, dim in self.rewrites.items()}
        self.rewrites[atom] = value
        self._forget()
        whole, self.whole = self.whole, []
        bounds, self.bounds = self.bounds, []
        nonzero, self.nonzero = self.nonzero, []
        with suppress(SizeError, SizeLimit):
            self._consequences(atom, value)
        for bound in bounds:
            self._guarded(self._add_bound, bound)
        for dim in whole:
            self._guarded(self._add_whole, dim)
        for dim in nonzero:
            self._guarded(self._add_nonzero, dim)

    def _consequences(self, atom: Atom, value: Dim) -> None:
        """What the value must satisfy because the atom does."""
        if atom.integral:
            self._add_whole(value)
        if isinstance(atom, Symbol):
            least = dim_least.least(self, atom)
            if least is not None:
                self._add_bound((value - Dim.of(least), False))
        elif isinstance(atom, Floor):
            argument = self.normalise(atom.argument)
            self._add_bound((argument - value, False))
            self._add_bound((value + 1 - argument, True))
        elif isinstance(atom, Extremum):
            for argument in atom.arguments:
                gap = value - argument if atom.greatest else argument - value
                self._add_bound((gap, False))


def _conjuncts(dim: Dim) -> list[Dim]:
    """`min(a, b) - r >= 0` is `a - r >= 0` and `b - r >= 0`."""
    done: list[Dim] = []
    waiting = [dim]
    while waiting and len(waiting) + len(done) <= MAX_CONJUNCTS:
        one = waiting.pop()
        parts = spread(False, one)
        if len(parts) == 1:
            done.append(one)
        else:
            waiting += parts
    return [*done, *waiting]
