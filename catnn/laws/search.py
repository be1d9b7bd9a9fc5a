"""Look for sizes and numbers at which two sides differ, and make them small."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import define, frozen

from catnn.ir.terms import Apply, Loop, Program, Region
from catnn.ir.walk import ordered, results
from catnn.laws.trial import Shown, Sides
from catnn.specialise import Binding
from catnn.types.dims import Dim
from catnn.types.facts import Fact

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Chosen: TypeAlias = Mapping[str, Binding]
Made: TypeAlias = tuple[tuple[Program, ...], Sides]

SIZES = (1, 2, 3, 4, 5, 7, 8, 12, 16)


@frozen
class Counterexample:
    """Sizes and inputs at which the sides differ, with both sides there."""

    sizes: Chosen
    shown: Shown


@frozen
class Finding:
    """What came of a search; `worst` is the greatest difference met, in parts of the tolerance."""

    status: Literal["tested", "refuted", "untested"]
    examples: int = 0
    worst: float = 0.0
    why: str = ""
    counterexample: Counterexample | None = None


class _Differ(Exception):
    """The sides differ."""


class _Draws(Exception):
    """The sides draw numbers of their own."""


def search(
    strategies: "Mapping[str, SearchStrategy[Binding]]",
    made: Callable[[Chosen], Made | None],
    examples: int,
    seed: int,
) -> Finding:
    """Compare the sides at chosen sizes; `made` prepares them, or gives None where facts do not hold."""
    import hypothesis
    from hypothesis import strategies as st

    found = _Search(made)

    @hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        print_blob=False,
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.seed(seed)
    @hypothesis.given(st.fixed_dictionaries(dict(strategies)), st.integers(0, 2**16))
    def holds(chosen: Chosen, draw: int) -> None:
        if not found.once(chosen, draw):
            hypothesis.reject()

    try:
        holds()
    except _Differ:
        return found.refuted()
    except _Draws:
        why = "its sides draw numbers: laws of distributions come with a later version"
        return Finding("untested", why=why)
    except hypothesis.errors.Unsatisfiable:
        return Finding("untested", why="no sizes were found that satisfy its facts")
    if found.count == found.undefined:
        return Finding("untested", why="neither side is a number at any input tried")
    return Finding("tested", found.count, found.worst)


@define
class _Search:
    made: Callable[[Chosen], Made | None]
    count: int = 0
    undefined: int = 0
    worst: float = 0.0
    smallest: tuple[Chosen, int] | None = None

    def once(self, chosen: Chosen, seed: int) -> bool:
        """Compare the sides once; False where the sizes do not satisfy the facts."""
        made = self.made(chosen)
        if made is None:
            return False
        programs, sides = made
        if any(draws(program.region) for program in programs):
            raise _Draws
        sizes = whole(chosen)
        if any(_fails(fact, sizes) for program in programs for fact in program.facts):
            return False
        trial = sides.trial(sizes, seed)
        self.count += 1
        if trial.undefined:
            self.undefined += 1
        elif trial.excess > 1:
            self.smallest = (dict(chosen), seed)
            raise _Differ
        else:
            self.worst = max(self.worst, trial.excess)
        return True

    def refuted(self) -> Finding:
        assert self.smallest is not None
        chosen, seed = self.smallest
        made = self.made(chosen)
        assert made is not None
        shown = made[1].shown(whole(chosen), seed)
        return Finding("refuted", self.count, counterexample=Counterexample(chosen, shown))


def draws(region: Region) -> bool:
    """Whether a region draws, in a loop of it or outside."""
    return any(
        (isinstance(term, Apply) and (term.op == "dropout" or term.op.startswith("draw.")))
        or (isinstance(term, Loop) and draws(term.body))
        for term in ordered(results(region))
    )


def whole(chosen: Chosen) -> dict[str, int]:
    return {name: value for name, value in chosen.items() if isinstance(value, int)}


def _fails(fact: Fact, sizes: Mapping[str, int]) -> bool:
    """Whether a fact about run-time sizes is false at these."""
    filled = fact.substitute({s: Dim.of(sizes[s.name]) for s in fact.symbols() if s.name in sizes})
    return filled.decide() is False


__all__ = ["SIZES", "Chosen", "Counterexample", "Finding", "Made", "search"]
