"""With and without `optimise`: other text, the same values, gradients, buffers and names."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, note, settings
from hypothesis import strategies as st
from torch import Tensor

import catnn
from catnn.api import Model
from catnn.cli.main import main
from tests.heart.programs import programs, run_time_sizes
from tests.heart.running import default_float64, in_float64, leaves
from tests.heart.running import inputs as random_inputs
from tests.heart.test_lift import QUIET, SLOW
from tests.heart.test_lift import close as close_enough
from tests.heart.test_values import CASES
from tests.heart.values import Program, printed
from tests.references.case import NAMES, small

pytestmark = pytest.mark.torch


def close(one: object, other: object) -> None:
    for found, due in zip(leaves(one), leaves(other), strict=True):
        torch.testing.assert_close(found, due, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_values_of_small_programs(name: str) -> None:
    case = CASES[name]
    model = catnn.loads(case.text)["m"].bind(**case.sizes)
    with default_float64():
        one, other = (in_float64(model.torch(optimise=flag)) for flag in (True, False))
        assert one.state_dict().keys() == other.state_dict().keys()
        for lead in ((), (2, 3)):
            taken = [x.expand((*lead, *x.shape)) for x in case.inputs]
            close(one(*taken), other(*taken))


@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients_of_the_examples(name: str) -> None:
    model, inputs = small(name)
    modules = [model.torch(dtype=torch.float64, optimise=flag) for flag in (True, False)]
    taken = [x.double() if x.is_floating_point() else x for x in inputs]
    found = []
    for module in modules:
        torch.manual_seed(4)  # the same dropout
        found.append(module(*taken))
        sum(y.square().sum() for y in leaves(found[-1])).backward()  # type: ignore[union-attr]
    close(*map(tuple_of, found))
    one, other = (module.state_dict() for module in modules)
    assert list(one) == list(other)
    for key in one:  # also what batch norms have stored
        torch.testing.assert_close(one[key], other[key], rtol=1e-11, atol=1e-12)
    for ours, theirs in zip(modules[0].parameters(), modules[1].parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-9, atol=1e-10)


def tuple_of(value: object) -> tuple[Tensor, ...]:
    return tuple(leaves(value))


WRITTEN: dict[str, tuple[str, str, str]] = {
    "a layer": ("[n, 4] -> [n, 2] = linear[2]", "F.linear(x, self.linear.weight, self.linear.bias)", "torch.einsum("),
    "a chain of views": (
        "[n, 4] -> [n, 4] = {n (a b) -> n a b}[a = 2] >> {n a b -> n (a b)}", "return x", ".unflatten("),
    "views that are all parts": (
        "[n, 6] -> ([n, 2], [n, 4]) = {n (a + b) -> n a, n b}[a = 2]", ".split((2, 4), dim=-1)", "[..., :2]"),
    "a reduction of a moved axis": ("[n, 4] -> [4] = mean{[n] d}", "x.mean(1)", "x = x.mT"),
    "a softmax of a moved axis": ("[n, 4] -> [n, 4] = softmax{[n] d}", "F.softmax(x, dim=1)", "x = x.mT"),
    "three operands": (
        "([n, 4], [4, 5], [5]) -> [n] = {n a, a b, b -> n}", "torch.matmul(x2, x3[..., None])[..., 0]", '"abc,acd->abd", x1, x2'),
    "statistics": ("[4, h, w] -> [4, h, w] = batchnorm", "x = F.batch_norm(", "mean, var = batch_norm("),
    "in place": ("[n, 4] -> [n, 2] = (linear[2] + linear[2] as other) >> relu", "inplace=True", "F.relu(x)"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_recognised(name: str) -> None:
    text, with_it, without = WRITTEN[name]
    model = catnn.loads(f"model m : {text}")["m"]
    assert with_it in body(model, True), body(model, True)
    assert without in body(model, False), body(model, False)
    assert without not in body(model, True) or with_it not in body(model, False)


def body(model: Model, optimise: bool) -> str:
    text = model.emit(optimise=optimise)
    return text[text.index("    def run(") :]


# ---- random programs --------------------------------------------------------------------------


def agrees(program: Program, data: st.DataObject) -> None:
    text = printed(program).text
    note(text)
    file = catnn.loads(text)
    static = {s.name for s in file["m"].definition.elaborated.static}
    sizes = run_time_sizes(program, frozenset(static), data.draw)
    model = file["m"].bind(**{n: sizes[n] for n in program.model.quantified & static})
    one, other = (in_float64(model.torch(optimise=flag)) for flag in (True, False))
    given_ = random_inputs(program, sizes, (data.draw(st.integers(1, 3)),), double=True)
    for found, due in zip(leaves(one(*given_)), leaves(other(*given_)), strict=True):
        assert close_enough(found, due)


@settings(QUIET, max_examples=60)
@given(programs(), st.data())
def test_random_programs_have_the_same_values(program: Program, data: st.DataObject) -> None:
    with default_float64():
        agrees(program, data)


@pytest.mark.slow
@settings(SLOW, max_examples=3_000)
@given(programs(4), st.data())
def test_many_random_programs(program: Program, data: st.DataObject) -> None:
    with default_float64():
        agrees(program, data)


def test_the_flag_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "m.cat"
    file.write_text("model m : [n, 4] -> [n, 2] = linear[2]\n")
    texts = []
    for flags in ([], ["--no-optimise"]):
        assert main(["emit", f"{file}:m", *flags]) == 0
        texts.append(capsys.readouterr().out)
    assert "F.linear(" in texts[0]
    assert "F.linear(" not in texts[1]
