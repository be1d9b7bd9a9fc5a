"""Recurrent cells and runs against torch.nn: gates, candidate and both biases in torch's order."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tests.references.harness import Rule, agree
from tests.std.support import NO_AND_TWO, Case, OneBatchAxis, compare, model

pytestmark = pytest.mark.torch

STEP = [("", (5,)), ("", (4,))]
CELLS = [
    Case("rnn_cell", "rnn_cell", STEP, (4,), lambda: nn.RNNCell(5, 4), [Rule(r"(\w+)", r"rnn_cell.\1")]),
    Case("gru_cell", "gru_cell", STEP, (4,), lambda: nn.GRUCell(5, 4), [Rule(r"(\w+)", r"gru_cell.\1")]),
]  # fmt: skip


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("case", CELLS, ids=lambda case: case.name)
def test_cell_agrees_with_torch(case: Case, lead: str) -> None:
    compare(case, lead)


class LongShort(nn.LSTMCell):
    def forward(self, x: Tensor, s: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        return super().forward(x, (s, c))


def test_lstm_cell_agrees_with_torch() -> None:
    ours = model("model m : ([5], [4], [4]) -> ([4], [4]) = lstm_cell").torch()
    inputs = [torch.randn(3, width) for width in (5, 4, 4)]
    agree(ours, LongShort(5, 4), [Rule(r"(\w+)", r"lstm_cell.\1")], inputs)


class States(nn.Module):
    """A recurrent network of torch without its last state."""

    def __init__(self, run: Callable[..., nn.Module]) -> None:
        super().__init__()
        self.run = run(5, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.run(x)[0]
        return found


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize(("name", "run"), [("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)])
def test_run_agrees_with_torch(name: str, run: Callable[..., nn.Module], lead: str) -> None:
    rules = [Rule(r"run\.(\w+)_l0", rf"{name}.cell.\1")]
    compare(Case(name, f"{name}[4]", [("", (6, 5))], (6, 4), lambda: States(run), rules), lead)


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm"])
def test_a_run_takes_any_length(name: str) -> None:
    module = model(f"model m : [t, 5] -> [t, 4] = {name}[4]").torch()
    one, three = module(torch.ones(2, 1, 5)), module(torch.ones(2, 3, 5))
    assert three.shape == (2, 3, 4)
    torch.testing.assert_close(three[:, :1], one)


def test_cells_are_drawn_as_in_torch() -> None:
    """Both maps of a cell take their bound from the width of the state."""
    leaves = model("model m : ([400], [100]) -> [100] = gru_cell").torch(seed=3).state_dict()
    theirs = nn.GRUCell(400, 100).state_dict()
    for name, leaf in theirs.items():
        found = leaves[f"gru_cell.{name}"]
        assert float(found.abs().max()) <= 0.1
        assert float(found.std()) == pytest.approx(float(leaf.std()), rel=0.1)


def test_flattened_leads_are_one_batch() -> None:
    """The helper of these tests: two leading axes give what one of their product gives."""
    run = States(nn.GRU)
    x = torch.randn(2, 3, 6, 5)
    torch.testing.assert_close(OneBatchAxis(run, [2])(x)[1, 2], run(x[1, 2:])[0])
