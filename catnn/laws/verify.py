"""Tests of a law: random sizes, parameters and inputs, the failing ones made small.

A law whose sides are one term in normal form is proved. Any other is computed in
float64 at sizes from 1 on, primes and repeated sizes among them; see the backend
for how far rounding may part the sides.
"""

from typing import TYPE_CHECKING, Literal

from attrs import define, field, frozen

from catnn.elaborate.checker import Checker
from catnn.elaborate.definition import StaticParameter
from catnn.errors import CatError
from catnn.ir.normal import normalise
from catnn.ir.terms import TupleTerm
from catnn.laws.search import SIZES, Chosen, Counterexample, Made, search
from catnn.laws.statement import Law
from catnn.laws.trial import Evaluator
from catnn.specialise import Binding, specialise, specialise_symbolic

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Status = Literal["proved", "tested", "refuted", "untested"]

NUMBERS = (0.5, 2, 1, 3, 0.25)


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
    made = _Made(checker, law, evaluator)
    found = search(_strategies(law), made, examples, seed)
    return Report(law, found.status, found.examples, found.worst, found.why, found.counterexample)


def _is_one_term(checker: Checker, law: Law) -> bool:
    """Whether both sides are the same in normal form, for all sizes."""
    try:
        program = normalise(specialise_symbolic(checker, law.definition, {}))
    except CatError:  # its structure depends on sizes
        return False
    pair = program.region.result
    return isinstance(pair, TupleTerm) and pair.items[0] is pair.items[1]


@define
class _Made:
    """The sides of a law at chosen arguments, each combination of static ones made once."""

    checker: Checker
    law: Law
    evaluator: Evaluator
    known: dict[tuple[tuple[str, Binding], ...], Made | None] = field(factory=dict)

    def __call__(self, chosen: Chosen) -> Made | None:
        definition = self.law.definition
        names = {p.name for p in definition.parameters} | {s.name for s in definition.static}
        bound = {name: value for name, value in chosen.items() if name in names}
        key = tuple(sorted(bound.items()))
        if key not in self.known:
            try:
                program = specialise(self.checker, definition, bound)
            except CatError:  # a fact does not hold at these sizes
                self.known[key] = None
            else:
                sides = self.evaluator.sides(program, self.law.operator, self.law.scope)
                self.known[key] = ((program,), sides)
        return self.known[key]


def _strategies(law: Law) -> "dict[str, SearchStrategy[Binding]]":
    from hypothesis import strategies as st

    found: dict[str, SearchStrategy[Binding]] = {}
    for parameter in law.definition.parameters:
        strategy = _argument(parameter)
        if strategy is not None:
            found[parameter.name] = strategy
    for symbol in law.definition.sizes:
        found[symbol.name] = st.sampled_from(SIZES)
    return found


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


__all__ = ["Counterexample", "Report", "verify"]
