"""Two steps of sparse attention reach every earlier place; the number of keys grows with the square root."""

import pytest
import torch
from torch import Tensor

import catnn

pytestmark = pytest.mark.torch


def mask(term: str, n: int) -> Tensor:
    text = f"model m : [n] -> bool[n, n] = x => {term}"
    found: Tensor = catnn.loads(text)["m"].bind().torch()(torch.zeros(1, n))[0]
    return found


@pytest.mark.parametrize("n", [1, 7, 16, 25])
@pytest.mark.parametrize("size", [1, 3, 4])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("fixed_near[{l}]", "fixed_far[{l}, 1]"),
        ("sliding_window[{l}]", "strided[{l}]"),
        ("strided[{l}]", "sliding_window[{l}]"),
    ],
)
def test_two_hops_reach_all_that_came_before(first: str, second: str, size: int, n: int) -> None:
    below, above = (mask(term.format(l=size), n) for term in (first, second))
    reached = (above.long() @ below.long()) > 0
    assert reached.equal(torch.ones(n, n, dtype=torch.bool).tril())


def test_few_keys_for_each_query() -> None:
    """With blocks of sqrt(n) places, a row has at most 2 sqrt(n) keys."""
    n, size = 64, 8
    both = mask(f"fixed_near[{size}]", n) | mask(f"fixed_far[{size}, 1]", n)
    assert int(both.sum(-1).max()) <= 2 * size
