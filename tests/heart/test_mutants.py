"""The twin of the random programs: one small change that makes a program ill-typed is found, where it is."""

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, assume, given, note, settings
from hypothesis import strategies as st

import catnn
from catnn.errors import Diagnostic
from tests.heart.mutants import Mutant, mutants, verdict
from tests.heart.programs import programs
from tests.heart.terms import Node
from tests.heart.values import Printer, Program, printed


def stated(program: Program) -> Program:
    """Every type is written, so that nothing is inferred from the change."""
    return Program(tuple(evolve(definition, stated=True) for definition in program.definitions))


def broken(program: Program, data: st.DataObject) -> tuple[Mutant, Program, list[object]] | None:
    """An ill-typed mutant and the places where the model sees the clash."""
    options = list(mutants(program))
    quotients = any(word in printed(program).text for word in ("conv1d", "divides"))
    for _ in range(6 if options else 0):
        kind = data.draw(st.sampled_from(sorted({option.what for option in options})))
        mutant = data.draw(st.sampled_from([option for option in options if option.what == kind]))
        if quotients and mutant.what != "where":
            continue  # quotients that are written otherwise may be equal
        changed = program.replace(mutant.old, mutant.new)
        assert isinstance(changed, Program)
        error = verdict(changed)
        if error is not None:
            return mutant, changed, error.nodes
    return None


def touches(diagnostic: Diagnostic, spans: list[tuple[int, int]]) -> bool:
    found = [diagnostic.span, *(label.span for label in diagnostic.labels)]
    return any(
        span.file == "<string>" and span.start < end and start < span.end
        for span in found
        for start, end in spans
    )


def places(printer: Printer, mutant: Mutant, nodes: list[object]) -> list[tuple[int, int]]:
    """The changed term, and the terms that clash with it."""
    wanted = [mutant.new, *(node for node in nodes if isinstance(node, Node))]
    return [span for node in wanted for span in printer.spans.get(id(node), [])]


def check(program: Program, data: st.DataObject) -> None:
    found = broken(stated(program), data)
    assume(found is not None)
    assert found is not None
    mutant, changed, nodes = found
    printer = printed(changed)
    note(printer.text)
    with pytest.raises(catnn.CatError) as error:
        catnn.loads(printer.text)
    spans = places(printer, mutant, nodes)
    assert any(touches(d, spans) for d in error.value.diagnostics), (
        mutant.what,
        [
            (d.code, d.message, printer.text[d.span.start : d.span.end])
            for d in error.value.diagnostics
        ],
    )


QUIET = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a failure is told at once; the slow runs make it small
)
SLOW = settings(QUIET, phases=[Phase.generate, Phase.shrink])


@settings(QUIET, max_examples=200)
@given(programs(), st.data())
def test_a_change_that_breaks_a_type_is_found(program: Program, data: st.DataObject) -> None:
    check(program, data)


@pytest.mark.slow
@settings(SLOW, max_examples=5_000)
@given(programs(4), st.data())
def test_many_changes(program: Program, data: st.DataObject) -> None:
    check(program, data)
