"""Accepted programs run at every size, and give the shapes that the checker and the tests' model say."""

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from torch import Tensor

import catnn
from catnn.types.dims import Dim
from catnn.types.types import Product, Type
from catnn.types.types import Tensor as TensorType
from tests.heart.programs import programs, run_time_sizes
from tests.heart.running import inputs
from tests.heart.shapes import Both, Kind
from tests.heart.values import Program, printed

pytestmark = pytest.mark.torch

LEADS: tuple[tuple[int, ...], ...] = ((), (2,), (1, 3))


def shapes(value: object) -> object:
    return tuple(value.shape) if isinstance(value, Tensor) else tuple(map(shapes, value))  # type: ignore[call-overload]


def due(kind: Kind, sizes: Mapping[str, int], lead: tuple[int, ...]) -> object:
    if isinstance(kind, Both):
        return tuple(due(item, sizes, lead) for item in kind.items)
    return (*lead, *(size.at(sizes) for size in kind.shape))


def stated(type_: Type, sizes: Mapping[str, int], lead: tuple[int, ...]) -> object:
    """The checker's type at sizes."""
    if isinstance(type_, Product):
        return tuple(stated(item, sizes, lead) for item in type_.items)
    assert isinstance(type_, TensorType)
    values = []
    for dim in type_.shape:
        assert isinstance(dim, Dim)
        values.append(dim.substitute({s: Dim.of(sizes[s.name]) for s in dim.symbols()}).as_int())
    return (*lead, *values)


def check(program: Program, data: st.DataObject) -> None:
    text = printed(program).text
    note(text)
    model = catnn.loads(text)["m"]
    definition = model.definition.elaborated
    expected = program.check()
    own = {s.name for s in definition.static}
    assert own == expected.static
    sizes = run_time_sizes(program, expected.static, data.draw)
    lead = data.draw(st.sampled_from(LEADS))
    quantified = program.model.quantified & expected.static
    module = model.bind(**{name: sizes[name] for name in sorted(quantified)}).torch()
    found = module(*inputs(program, sizes, lead))
    assert definition.target is not None
    assert shapes(found) == due(expected.result, sizes, lead)
    assert stated(definition.target, sizes, lead) == due(expected.result, sizes, lead)


QUIET = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a failure is told at once; the slow runs make it small
)
SLOW = settings(QUIET, phases=[Phase.generate, Phase.shrink])


@settings(QUIET, max_examples=300)
@given(programs(), st.data())
def test_programs_have_the_shapes_of_their_types(program: Program, data: st.DataObject) -> None:
    check(program, data)


@pytest.mark.slow
@settings(SLOW, max_examples=10_000)
@given(programs(4), st.data())
def test_many_programs(program: Program, data: st.DataObject) -> None:
    check(program, data)
