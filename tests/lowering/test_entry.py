"""What a module refuses at its entry, in the user's words; and leading axes of any number."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import catnn
from catnn import IndexRangeError, ShapeError
from tests.lowering.test_loops import drawn, same

pytestmark = pytest.mark.torch

TEXT = """
model pair : ([n, 4], [2 * n, 4]) -> [n] where n <= 6 = (x, y) =>
  sum{n [d]}(x) + ({(2 n) d -> 2 n d} >> sum{[2] n [d]})(y)
model words[vocab = 10] : ix(vocab)[n] -> [n, 3] = embedding[vocab, 3] as e
model gate : ([4], bool[4]) -> [4] = (x, keep) => select(keep, x, 0)
model two : ([4], []) -> [4] = (x, t) => t * x
"""


@pytest.fixture(scope="module")
def program() -> catnn.Program:
    return catnn.loads(TEXT)


def refused(call: Callable[[], object], error: type[Exception] = ShapeError) -> str:
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def ints(*shape: int, high: int = 10) -> Tensor:
    return torch.randint(high, shape, generator=torch.Generator().manual_seed(2))


def test_rank(program: catnn.Program) -> None:
    module = program["words"].torch()
    assert refused(lambda: module(torch.tensor(3))) == (
        "words: an input of shape [] has too few axes, at least 1 are due"
    )


def test_size(program: catnn.Program) -> None:
    module = program["pair"].torch()
    assert refused(lambda: module(torch.ones(2, 3, 5), torch.ones(2, 6, 4))) == (
        "pair: axis 1 of `x` has size 5, due is 4 (its type is `[n, 4]`)"
    )


def test_a_size_that_follows_from_another(program: catnn.Program) -> None:
    module = program["pair"].torch()
    assert refused(lambda: module(torch.ones(2, 3, 4), torch.ones(2, 5, 4))) == (
        "pair: axis 0 of `y` has size 5, due is 2 * n = 6 (its type is `[2 * n, 4]`)"
    )


def test_a_fact_of_run_time_sizes(program: catnn.Program) -> None:
    module = program["pair"].torch()
    assert refused(lambda: module(torch.ones(2, 7, 4), torch.ones(2, 14, 4))) == (
        "pair: `n <= 6` does not hold: n = 7"
    )


def test_different_batches(program: catnn.Program) -> None:
    module = program["pair"].torch()
    assert refused(lambda: module(torch.ones(2, 3, 4), torch.ones(5, 6, 4))) == (
        "pair: the inputs have different leading axes: [2] and [5]"
    )


def test_different_leads(program: catnn.Program) -> None:
    module = program["pair"].torch()
    assert refused(lambda: module(torch.ones(2, 5, 3, 4), torch.ones(3, 5, 6, 4))) == (
        "pair: the inputs have different leading axes: [3, 5] and [2, 5]"
    )


def test_kinds(program: catnn.Program) -> None:
    assert refused(lambda: program["words"].torch()(torch.ones(2, 3))) == (
        "words: `x` holds torch.float32; its type is `ix(10)[n]`: whole numbers are due"
    )
    assert refused(lambda: program["gate"].torch()(torch.ones(2, 4), torch.ones(2, 4))) == (
        "gate: `keep` holds torch.float32; its type is `bool[4]`: booleans are due"
    )
    assert refused(lambda: program["gate"].torch()(ints(2, 4), ints(2, 4) > 3)) == (
        "gate: `x` holds torch.int64; its type is `[4]`: real numbers are due"
    )


@pytest.mark.parametrize(("index", "shown"), [(10, 10), (-1, -1)])
def test_index_range(program: catnn.Program, index: int, shown: int) -> None:
    module = program["words"].torch()
    tokens = ints(2, 5)
    tokens[1, 2] = index
    assert refused(lambda: module(tokens), IndexRangeError) == (
        f"words: `x` holds the index {shown}; its set has 10 elements"
    )
    assert issubclass(IndexRangeError, IndexError)
    assert issubclass(ShapeError, ValueError)


def test_an_empty_batch(program: catnn.Program) -> None:
    assert program["words"].torch()(ints(0, 5)).shape == (0, 5, 3)


def test_any_number_of_leading_axes(program: catnn.Program) -> None:
    module = program["pair"].torch()
    x, y = drawn(2, 5, 3, 4), drawn(2, 5, 6, 4)
    found = module(x, y)
    assert found.shape == (2, 5, 3)
    same(found[1], module(x[1], y[1]))
    same(found[1, 2], module(x[1, 2], y[1, 2]))


def test_an_input_with_a_shorter_lead_is_shared(program: catnn.Program) -> None:
    module = program["two"].torch()
    x, t = drawn(2, 5, 4), drawn(2)
    same(module(x, t), x * t[:, None, None])
    same(module(x[0, 0], t[0]), x[0, 0] * t[0])
    same(module(x, drawn()), x * drawn())


def test_the_gradient_reaches_through_leads(program: catnn.Program) -> None:
    x = drawn(2, 5, 4).requires_grad_()
    program["two"].torch()(x, drawn(2)).sum().backward()
    assert x.grad is not None
    same(x.grad, drawn(2)[:, None, None].expand(2, 5, 4))
