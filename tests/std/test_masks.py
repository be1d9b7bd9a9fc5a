"""Masks: attention written out by hand is the fused one, and padding has no part in a mean."""

import pytest
import torch
from torch import Tensor

from tests.references.harness import close
from tests.std.support import NO_AND_TWO, Case, Function, compare, model

pytestmark = pytest.mark.torch

BY_HAND = """
morph by_hand[causal = false] : ([n, e], [m, e], [m, c]) -> [n, c] = (q, k, v) =>
  let scores = {n e, m e -> n m}(q, k) / sqrt(e);
  {n m, m c -> n c}(softmax(mask[causal](scores)), v)
model m[causal = false] : ([n, e], [m, e], [m, c]) -> [n, c] = by_hand[causal]
"""


def queries(n: int, m: int) -> list[Tensor]:
    draw = torch.Generator().manual_seed(1)
    shapes = [(2, n, 4), (2, m, 4), (2, m, 3)]
    return [torch.randn(shape, generator=draw, dtype=torch.float64) for shape in shapes]


@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 5), (3, 7), (7, 3)])
@pytest.mark.parametrize("causal", [False, True])
def test_attention_by_hand_is_attend(causal: bool, n: int, m: int) -> None:
    fused = "model m[causal = false] : ([n, e], [m, e], [m, c]) -> [n, c] = attend[causal]"
    found, expected = (
        model(text, causal=causal).torch().double()(*queries(n, m)) for text in (BY_HAND, fused)
    )
    close("by hand", found, expected)


def test_a_mask_of_pairs_is_that_of_torch() -> None:
    text = """model m : ([n, e], [m, e], [m, c], bool[n, m]) -> [n, c] = (q, k, v, seen) =>
      over mask = seen; attend_masked(q, k, v)"""
    inputs = queries(3, 7)
    seen = torch.rand(2, 3, 7, generator=torch.Generator().manual_seed(2)) > 0.4
    seen[..., 0] = True
    expected = torch.nn.functional.scaled_dot_product_attention(*inputs, attn_mask=seen)
    close("masked", model(text).torch().double()(*inputs, seen), expected)


def test_a_bias_of_pairs_is_that_of_torch() -> None:
    text = """model m : ([n, e], [m, e], [m, c], [n, m]) -> [n, c] = (q, k, v, b) =>
      over bias = b; attend_biased(q, k, v)"""
    inputs = queries(3, 7)
    bias = torch.randn(2, 3, 7, dtype=torch.float64)
    expected = torch.nn.functional.scaled_dot_product_attention(*inputs, attn_mask=bias)
    close("biased", model(text).torch().double()(*inputs, bias), expected)


def kept_mean(x: Tensor, last: Tensor) -> Tensor:
    return torch.stack([row[: end + 1].mean() for row, end in zip(x, last, strict=True)])


@pytest.mark.parametrize("lead", ["", "p"])
def test_the_mean_of_what_is_kept(lead: str) -> None:
    term = "(x, last) => over keep = [i <= last for i < 5]; kept_mean(x)"
    if lead:
        term = "each\nmorph each : ([5], ix(5)) -> [] = " + term
    compare(Case("kept", term, [("", (5,)), ("ix(5)", ())], (), lambda: Function(kept_mean)), lead)


def test_the_mean_of_nothing_is_zero() -> None:
    text = "model m : ([n], bool[n]) -> [] = (x, seen) => over keep = seen; kept_mean(x)"
    assert model(text).torch()(torch.ones(1, 3), torch.zeros(1, 3, dtype=torch.bool)).item() == 0


@pytest.mark.parametrize("lead", NO_AND_TWO)
def test_causal_mask_hides_later_keys(lead: str) -> None:
    case = Case("mask", "causal_mask >> softmax", [("", (4, 6))], (4, 6),
                lambda: Function(lambda x: x.masked_fill(torch.ones(4, 6).triu(1).bool(), -torch.inf).softmax(-1)))  # fmt: skip
    compare(case, lead)
