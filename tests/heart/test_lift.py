"""A batch in front of every input of an accepted program is accepted, and gives the batch of results."""

import pytest
import torch
from attrs import evolve
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from torch import Tensor

import catnn
from tests.heart.programs import programs, run_time_sizes
from tests.heart.running import default_float64, element, in_float64, inputs, leaves
from tests.heart.shapes import Both, Size, lead
from tests.heart.values import Program, printed

pytestmark = pytest.mark.torch

BATCH = Size.of("b")


def wrapper(program: Program) -> str:
    """A model that calls the original at inputs with one more axis in front."""
    model = program.model
    source = lead((BATCH,), model.source()).text()
    target = lead((BATCH,), model.result).text()
    arguments = ", ".join(f"{name} = {value}" for name, value in model.arguments)
    names = ", ".join(name for name, _ in model.arguments)
    brackets, given_ = (f"[{arguments}]", f"[{names}]") if names else ("", "")
    facts = ", ".join(fact.text() for fact in model.facts)
    where = f" where {facts}" if facts else ""
    return f"model lifted{brackets} : {source} -> {target}{where} = m{given_}\n"


def close(one: Tensor, other: Tensor) -> bool:
    if not one.is_floating_point():
        return torch.equal(one, other)
    bound = 1e-9 * max(
        1.0, float(one.detach().nan_to_num(0, 0, 0).abs().max()) if one.numel() else 1.0
    )
    return torch.allclose(one, other, rtol=1e-9, atol=bound, equal_nan=True)


def check(program: Program, data: st.DataObject) -> None:
    text = printed(program).text + wrapper(program)
    note(text)
    file = catnn.loads(text)
    static = {s.name for s in file["m"].definition.elaborated.static}
    sizes = run_time_sizes(program, frozenset(static), data.draw)
    bound = {name: sizes[name] for name in program.model.quantified & static}
    single = in_float64(file["m"].bind(**bound).torch())
    lifted = in_float64(file["lifted"].bind(**bound).torch())
    ours, theirs = single.state_dict(), lifted.state_dict()
    assert [v.shape for v in ours.values()] == [v.shape for v in theirs.values()]
    lifted.load_state_dict(dict(zip(theirs, ours.values(), strict=True)))
    batch = data.draw(st.integers(1, 3))
    given_ = inputs(as_tuple(program), sizes, (batch,), double=True)
    whole = lifted(*given_)
    again = single(*given_)
    for k in range(batch):
        due = leaves(single(*(element(x, k) for x in given_)))
        for result in (whole, again):
            found = leaves(element(result, k))
            assert len(found) == len(due)
            assert all(close(a, b) for a, b in zip(due, found, strict=True))


def as_tuple(program: Program) -> Program:
    """The wrapper states its type, so a lone tuple is given part by part; the original must agree."""
    model = program.model
    if model.stated or len(model.ports) > 1 or not isinstance(model.ports[0], Both):
        return program
    stated = evolve(model, stated=True)
    return evolve(program, definitions=(*program.definitions[:-1], stated))


QUIET = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a failure is told at once; the slow runs make it small
)
SLOW = settings(QUIET, phases=[Phase.generate, Phase.shrink])


@settings(QUIET, max_examples=150)
@given(programs(), st.data())
def test_a_batch_of_inputs_gives_the_batch_of_results(
    program: Program, data: st.DataObject
) -> None:
    with default_float64():
        check(as_tuple(program), data)


@pytest.mark.slow
@settings(SLOW, max_examples=5_000)
@given(programs(4), st.data())
def test_many_batches(program: Program, data: st.DataObject) -> None:
    with default_float64():
        check(as_tuple(program), data)
