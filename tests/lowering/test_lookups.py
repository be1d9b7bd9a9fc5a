"""Lookups: one tensor of indices for all items is one plain lookup, others take their item along."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import catnn

pytestmark = pytest.mark.torch

X = torch.arange(2 * 5 * 3, dtype=torch.float64).reshape(2, 5, 3)
ONE_FOR_ALL: dict[str, tuple[str, Callable[[Tensor], Tensor]]] = {
    "shifted": (
        "[t, c] -> [t, c] where t >= 1 = x => [x(index[t](j - 1)) for j < t]",
        lambda x: x[:, [0, 0, 1, 2, 3]],
    ),
    "windows": (
        "[t, c] -> [3, t, c] where t >= 1 = x => [x(index[t](j - i)) for i < 3, j < t]",
        lambda x: torch.stack([x[:, [max(0, j - i) for j in range(5)]] for i in range(3)], 1),
    ),
    "thinned": (
        "[t, c] -> [2, c] where t >= 3 = x => [x(index[t](2 * i)) for i < 2]",
        lambda x: x[:, [0, 2]],
    ),
}


@pytest.mark.parametrize("name", ONE_FOR_ALL)
def test_one_lookup_for_all_items(name: str) -> None:
    text, due = ONE_FOR_ALL[name]
    bound = catnn.loads(f"model m : {text}")["m"].bind()
    x = X.clone().requires_grad_()
    found: Tensor = bound.torch()(x)
    assert found.equal(due(X))
    (gradient,) = torch.autograd.grad(found.square().sum(), x)
    other = X.clone().requires_grad_()
    (expected,) = torch.autograd.grad(due(other).square().sum(), other)
    assert gradient.equal(expected)
    assert "expand" not in bound.emit().split("def run")[1]


def test_more_axes_lead() -> None:
    text = """model m : [2, t, c] -> [2, t, c] where t >= 1 = x => x >> later
      morph later : [t, c] -> [t, c] where t >= 1 = x => [x(index[t](j - 1)) for j < t]"""
    found = catnn.loads(text)["m"].bind().torch()(X[None])
    assert found.equal(X[None][:, :, [0, 0, 1, 2, 3]])


def test_indices_of_each_item_are_its_own() -> None:
    module = catnn.loads("model m : ([t, c], ix(t)[n]) -> [n, c] = (x, i) => x(i)")["m"].bind()
    chosen = torch.tensor([[4, 0], [1, 1]])
    expected = torch.stack([item[places] for item, places in zip(X, chosen, strict=True)])
    assert module.torch()(X, chosen).equal(expected)
