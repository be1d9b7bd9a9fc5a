"""Patterns that join several operands along one axis."""

import pytest

import catnn

pytestmark = pytest.mark.torch


def test_equal_summands_are_taken_in_order() -> None:
    """Two tokens in front of a sequence: each operand with the axis gives one part."""
    import torch

    text = "model m : ([1, d], [1, d], [n, d]) -> [n + 2, d] = {1 d, 1 d, n d -> (1 + 1 + n) d}"
    x, y, z = (torch.randn(2, k, 3) for k in (1, 1, 4))
    torch.testing.assert_close(catnn.loads(text)["m"].torch()(x, y, z), torch.cat([x, y, z], 1))


def test_one_operand_gives_all_equal_summands() -> None:
    import torch

    module = catnn.loads("model m : [p, d] -> [2 * p, d] = {p d -> (p + p) d}")["m"].torch()
    x = torch.randn(2, 4, 3)
    torch.testing.assert_close(module(x), torch.cat([x, x], 1))


def test_equal_summands_of_more_operands_are_refused() -> None:
    text = "model m : ([p, d], [p, d], [p, d]) -> [2 * p, d] = {p d, p d, p d -> (p + p) d}"
    with pytest.raises(catnn.CatError, match="2 summands are called alike, and 3 operands"):
        catnn.loads(text)
