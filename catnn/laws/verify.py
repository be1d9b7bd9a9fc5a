"""Tests of a law: random sizes, parameters and inputs, the failing ones made small.

A law whose sides are one term in normal form is proved. Any other is computed in
float64 at sizes from 1 on, primes and repeated sizes among them; see the backend
for how far rounding may part the sides.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from attrs import define, field, frozen

from catnn.elaborate.checker import Checker
from catnn.elaborate.definition import StaticParameter
from catnn.errors import CatError
from catnn.ir.normal import normalise
from catnn.ir.terms import Apply, Loop, Program, Region, TupleTerm
from catnn.ir.walk import ordered, results
from catnn.laws.statement import Law
from catnn.laws.trial import Evaluator, Shown, Sides
from catnn.specialise import Binding, specialise, specialise_symbolic
from catnn.types.dims import Dim
from catnn.types.facts import Fact

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Status = Literal["proved", "tested", "refuted", "untested"]

SIZES = (1, 2, 3, 4, 5, 7, 8, 12, 16)
NUMBERS = (0.5, 2, 1, 3, 0.25)


@frozen
class Counterexample:
    """Sizes and inputs at which the sides differ, with both sides there."""

    sizes: Mapping[str, Binding]
    shown: Shown


@frozen
class Report:
    """What is known of a law; `worst` is the greatest difference met, in parts of the tolerance."""

    law: Law
    status: Status
    examples: int = 0
    worst: float = 0.0
    why: str = ""
    counterexample: Counterexample | None = None

    @property
    def holds(self) -> bool:
        return self.status in ("proved", "tested")


def verify(
    checker: Checker, law: Law, evaluator: Evaluator, examples: int = 100, seed: int = 0
) -> Report:
    """Prove, test or refute one law; the same seed gives the same report."""
    open_ = law.definition.variables or law.definition.rows
    unbound = [p.name for p in law.definition.parameters if p.kind in ("morphism", "value")]
    if open_ or unbound:
        name = f"`{unbound[0]}`" if unbound else f"`{open_[0].name}`"
        return Report(law, "untested", why=f"it speaks of every {name}: use it in a law of one")
    if _is_one_term(checker, law):
        return Report(law, "proved")
    return _Tests(checker, law, evaluator).run(examples, seed)


def _is_one_term(checker: Checker, law: Law) -> bool:
    """Whether both sides are the same in normal form, for all sizes."""
    try:
        program = normalise(specialise_symbolic(checker, law.definition, {}))
    except CatError:  # its structure depends on sizes
        return False
    pair = program.region.result
    return isinstance(pair, TupleTerm) and pair.items[0] is pair.items[1]


class Differ(Exception):
    """The sides differ."""


class Draws(Exception):
    """The sides draw numbers of their own."""


def draws(region: Region) -> bool:
    """Whether a region draws, in a loop of it or outside."""
    return any(
        (isinstance(term, Apply) and (term.op == "dropout" or term.op.startswith("draw.")))
        or (isinstance(term, Loop) and draws(term.body))
        for term in ordered(results(region))
    )


@define
class _Tests:
    checker: Checker
    law: Law
    evaluator: Evaluator
    known: dict[tuple[tuple[str, Binding], ...], tuple[Program, Sides] | None] = field(factory=dict)
    count: int = 0
    undefined: int = 0
    worst: float = 0.0
    smallest: tuple[Mapping[str, Binding], int] | None = None

    def run(self, examples: int, seed: int) -> Report:
        import hypothesis
        from hypothesis import strategies as st

        sizes = st.fixed_dictionaries(self.strategies())

        @hypothesis.settings(
            max_examples=examples,
            database=None,
            deadline=None,
            print_blob=False,
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.seed(seed)
        @hypothesis.given(sizes, st.integers(0, 2**16))
        def holds(chosen: Mapping[str, Binding], draw: int) -> None:
            if not self.once(chosen, draw):
                hypothesis.reject()

        try:
            holds()
        except Differ:
            return self.refuted()
        except Draws:
            why = "its sides draw numbers: laws of distributions come with a later version"
            return Report(self.law, "untested", why=why)
        except hypothesis.errors.Unsatisfiable:
            return Report(self.law, "untested", why="no sizes were found that satisfy its facts")
        if self.count == self.undefined:
            return Report(self.law, "untested", why="neither side is a number at any input tried")
        return Report(self.law, "tested", self.count, self.worst)

    def strategies(self) -> "dict[str, SearchStrategy[Binding]]":
        from hypothesis import strategies as st

        found: dict[str, SearchStrategy[Binding]] = {}
        for parameter in self.law.definition.parameters:
            strategy = _argument(parameter)
            if strategy is not None:
                found[parameter.name] = strategy
        for symbol in self.law.definition.sizes:
            found[symbol.name] = st.sampled_from(SIZES)
        return found

    def once(self, chosen: Mapping[str, Binding], seed: int) -> bool:
        """Compare the sides once; False where the sizes do not satisfy the facts."""
        made = self.made(self.bound(chosen))
        if made is None:
            return False
        program, sides = made
        if draws(program.region):
            raise Draws
        sizes = {name: value for name, value in chosen.items() if isinstance(value, int)}
        if any(_fails(fact, sizes) for fact in program.facts):
            return False
        trial = sides.trial(sizes, seed)
        self.count += 1
        if trial.undefined:
            self.undefined += 1
        elif trial.excess > 1:
            self.smallest = (dict(chosen), seed)
            raise Differ
        else:
            self.worst = max(self.worst, trial.excess)
        return True

    def bound(self, chosen: Mapping[str, Binding]) -> Mapping[str, Binding]:
        """What is chosen at compile time; the rest is read off the inputs."""
        definition = self.law.definition
        names = {p.name for p in definition.parameters} | {s.name for s in definition.static}
        return {name: value for name, value in chosen.items() if name in names}

    def made(self, bound: Mapping[str, Binding]) -> tuple[Program, Sides] | None:
        key = tuple(sorted(bound.items()))
        if key not in self.known:
            try:
                program = specialise(self.checker, self.law.definition, bound)
            except CatError:  # a fact does not hold at these sizes
                self.known[key] = None
            else:
                sides = self.evaluator.sides(program, self.law.operator, self.law.scope)
                self.known[key] = (program, sides)
        return self.known[key]

    def refuted(self) -> Report:
        assert self.smallest is not None
        chosen, seed = self.smallest
        made = self.made(self.bound(chosen))
        assert made is not None
        sizes = {name: value for name, value in chosen.items() if isinstance(value, int)}
        shown = made[1].shown(sizes, seed)
        return Report(self.law, "refuted", self.count, counterexample=Counterexample(chosen, shown))


def _argument(parameter: StaticParameter) -> "SearchStrategy[Binding] | None":
    """Values for a bracket argument; None where its default stays."""
    from hypothesis import strategies as st

    match parameter.kind:
        case "size":
            return st.sampled_from(SIZES)
        case "number" if parameter.default is None:
            return st.sampled_from(NUMBERS)
        case "bool":
            return st.booleans()
        case _:
            return None


def _fails(fact: Fact, sizes: Mapping[str, int]) -> bool:
    """Whether a fact about run-time sizes is false at these."""
    filled = fact.substitute({s: Dim.of(sizes[s.name]) for s in fact.symbols() if s.name in sizes})
    return filled.decide() is False


__all__ = ["Counterexample", "Report", "verify"]
