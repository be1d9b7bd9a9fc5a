"""`push[sum](i, x)` and its kin against loops in numpy: values, gradients, leads, empty places."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import catnn

pytestmark = pytest.mark.torch

REDUCTIONS: dict[str, Callable[..., object]] = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
}


def by_hand(index: Tensor, values: Tensor, places: int, name: str) -> Tensor:
    """Place by place, item by item."""
    rows = np.zeros((places, *values.shape[1:]))
    for place in range(places):
        items = [values[j].numpy() for j in range(len(index)) if int(index[j]) == place]
        if items:
            rows[place] = REDUCTIONS[name](items, axis=0)
    return torch.tensor(rows)


def module(text: str, name: str = "m") -> nn.Module:
    return catnn.loads(text)[name].torch().double()


def drawn(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def indices(seed: int, places: int, *shape: int) -> Tensor:
    return torch.randint(places, shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", REDUCTIONS)
@given(st.integers(1, 4), st.integers(1, 6), st.integers(0, 99))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_values(name: str, places: int, items: int, seed: int) -> None:
    index, x = indices(seed, places, items), drawn(seed, items, 3)
    both = f"model m : (ix({places})[n], [n, d]) -> [{places}, d] = push[{name}]"
    torch.testing.assert_close(module(both)(index, x), by_hand(index, x, places, name))


SOME = "model m : [n, d] -> [4, d] over i : ix(4)[n] = x => push[{}](i, x)"
PAIR = "model m : (ix(4)[n], [n, d]) -> [4, d] = push[{}]"


@pytest.mark.parametrize("name", REDUCTIONS)
def test_leads(name: str) -> None:
    """Of both, of the values alone, of the indices alone."""
    index, x = indices(1, 4, 3, 6), drawn(2, 3, 6, 2)
    each = torch.stack([by_hand(index[k], x[k], 4, name) for k in range(3)])
    torch.testing.assert_close(module(PAIR.format(name))(index, x), each)
    same = torch.stack([by_hand(index[0], x[k], 4, name) for k in range(3)])
    torch.testing.assert_close(module(SOME.format(name))(x, index[0]), same)
    fixed = f"""model m : ix(4)[6] -> [4, 2] = i =>
  buffer x : [6, 2] = zeros;
  push[{name}](i, x)"""
    one = module(fixed)
    one.x.copy_(x[0])
    alone = torch.stack([by_hand(index[k], x[0], 4, name) for k in range(3)])
    torch.testing.assert_close(one(index), alone)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_gradients(name: str) -> None:
    m, index = module(SOME.format(name)), torch.tensor([0, 2, 2, 0, 3, 2])
    for lead in ((), (2,)):
        x = drawn(3, *lead, 6, 2).requires_grad_()
        assert torch.autograd.gradcheck(lambda v: m(v, index), (x,))
        assert torch.autograd.gradgradcheck(lambda v: m(v, index), (x,))


def test_an_empty_place_is_zero_and_has_no_gradient() -> None:
    for name in REDUCTIONS:
        x = (drawn(4, 2, 1) - 9).requires_grad_()
        y = module(SOME.format(name))(x, torch.tensor([1, 1]))
        assert y[0].item() == y[2].item() == 0
        (y[0] + y[2] + y[3]).sum().backward()
        assert x.grad is not None
        assert (x.grad == 0).all()


def test_tuples_go_leaf_by_leaf() -> None:
    text = "model m : (ix(4)[n], ([n, d], int[n])) -> ([4, d], int[4]) = push[max]"
    index, x, k = indices(5, 4, 6), drawn(6, 6, 2), indices(7, 9, 6)
    found, counts = module(text)(index, (x, k))
    torch.testing.assert_close(found, by_hand(index, x, 4, "max"))
    assert counts.dtype == torch.int64
    torch.testing.assert_close(counts.double(), by_hand(index, k, 4, "max"))


def test_it_is_the_adjoint_of_a_lookup() -> None:
    text = """model a : [n, d] -> [4, d] over i : ix(4)[n] = x => push[sum](i, x)
model b : [n, d] -> [4, d] over i : ix(4)[n] = dagger (x => x(i))
model c : [4, d] -> [n, d] over i : ix(4)[n] = dagger (x => push[sum](i, x))
model d : [4, d] -> [n, d] over i : ix(4)[n] = x => x(i)"""
    index, x, y = indices(8, 4, 6), drawn(9, 6, 2), drawn(10, 4, 2)
    assert torch.equal(module(text, "a")(x, index), module(text, "b")(x, index))
    assert torch.equal(module(text, "c")(y, index), module(text, "d")(y, index))


def test_along_another_axis() -> None:
    text = "model m : (ix(4)[n], [d, n]) -> [4, d] = push[sum]{[n], d [n] -> [k] d}"
    index, x = indices(11, 4, 6), drawn(12, 2, 6)
    torch.testing.assert_close(module(text)(index, x), by_hand(index, x.T, 4, "sum"))


def test_softmax_over_fibres() -> None:
    text = """import std.graph (Graph, push, push_softmax, degree)
model m : [m, h] -> [m, h] over g : Graph[n, m] = x => push_softmax(g.dst, x)
model k : [n] -> [n] over g : Graph[n, m] = x => x + degree(g)"""
    dst, x = torch.tensor([0, 2, 2, 0, 2]), drawn(13, 2, 5, 3)
    found = module(text)(x, (3, dst, dst))
    for place in (0, 2):
        own = dst == place
        torch.testing.assert_close(found[:, own], torch.softmax(x[:, own], 1))
    degrees = module(text, "k")(torch.zeros(3, dtype=torch.float64), (3, dst, dst))
    assert degrees.tolist() == [2, 0, 3]


def test_low_precision() -> None:
    x = drawn(14, 6, 2).bfloat16()
    y = catnn.loads(SOME.format("mean"))["m"].torch().bfloat16()(x, indices(1, 4, 6))
    assert y.dtype == torch.bfloat16


@pytest.mark.compile
@pytest.mark.parametrize("name", REDUCTIONS)
def test_compiles_in_one_graph(name: str) -> None:
    for text, given_ in (
        (PAIR, (indices(1, 4, 3, 6), drawn(2, 3, 6, 2))),
        (SOME, (drawn(2, 3, 6, 2), indices(1, 4, 6))),
    ):
        m = module(text.format(name))
        fast = torch.compile(m, fullgraph=True)
        torch.testing.assert_close(fast(*given_), m(*given_))
