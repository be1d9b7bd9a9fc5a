"""Every example that has a reference agrees with it: values, gradients, stored buffers, number of parameters."""

import pytest

from tests.references.case import EXAMPLES, NAMES, At, Case, case, model
from tests.references.harness import agree, parameters, published

pytestmark = [pytest.mark.torch, pytest.mark.reference]


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def compare(name: str, case: Case, at: At, modes: tuple[str, ...]) -> None:
    ours = model(name).bind(**at.sizes).torch()
    with case.exact():
        agree(ours, at.theirs(), at.rules, at.inputs(), case.call, modes)


@pytest.mark.parametrize("name", NAMES)
def test_agrees(name: str) -> None:
    found = case(name)
    for at in found.small:
        compare(name, found, at, tuple(found.modes))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if case(name).own is not None])
def test_agrees_at_its_own_size(name: str) -> None:
    found = case(name)
    assert found.own is not None
    compare(name, found, found.own, ("eval",))


@pytest.mark.parametrize("name", [name for name in NAMES if case(name).published is not None])
def test_has_the_published_number_of_parameters(name: str) -> None:
    assert published(model(name)) == case(name).published


@pytest.mark.parametrize("name", NAMES)
def test_the_count_is_that_of_the_module(name: str) -> None:
    bound = model(name).bind(**case(name).small[0].sizes)
    assert bound.cost().parameters == parameters(bound.torch())


def test_every_example_is_compared() -> None:
    assert sorted(path.stem for path in EXAMPLES.glob("*.cat")) == NAMES
