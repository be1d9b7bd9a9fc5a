"""Laws of tensor products: turning commutes with the sum over factors; special factors are known attentions."""

import pytest
import torch
from torch.nn import functional as F

import catnn
from tests.references.case import EXAMPLES, reals
from tests.references.harness import close

pytestmark = pytest.mark.torch

TURNED = """
model before : ([n, r, h], [n, r, e]) -> [n, h, e] where 2 divides e = (a, b) =>
  {n r h, n r e -> n h e}(a, rope{[n] r [e]}(b))
model after : ([n, r, h], [n, r, e]) -> [n, h, e] where 2 divides e = (a, b) =>
  rope{[n] h [e]}({n r h, n r e -> n h e}(a, b))
"""


def test_turning_the_factor_is_turning_the_product() -> None:
    program = catnn.loads(TURNED)
    a, b = reals(2, 5, 3, 4), reals(2, 5, 3, 6, seed=4)
    found, expected = (program[name].bind().torch()(a, b) for name in ("before", "after"))
    close("turned", found, expected)


GIVEN = """
model m[causal = true] : ([n, r, h], [n, r, e], [n, s, h], [n, s, e], [n, e], [n, h]) -> [n, h, e] =
  (qa, qb, ka, kb, vb, va) =>
  let q = {n r h, n r e -> n h e}(qa, qb);
  let k = {n s h, n s e -> n h e}(ka, kb);
  let v = {n h, n e -> n h e}(va, vb);
  attend[causal]{[n] h [e], [m] h [e], [m] h [e] -> [n] h [e]}(q, k, v)
"""


def test_constant_factors_are_multi_query_attention() -> None:
    """A = the identity for queries and ones of rank 1 for keys and values: one head of keys for all."""
    module = catnn.loads(GIVEN)["m"].bind().torch()
    qb, kb, vb = reals(1, 5, 3, 4), reals(1, 5, 1, 4, seed=4), reals(1, 5, 4, seed=5)
    eye = torch.eye(3, dtype=torch.float64).expand(1, 5, 3, 3)
    ones = torch.ones(1, 5, 1, 3, dtype=torch.float64)
    found = module(eye, qb, ones, kb, vb, ones[:, :, 0])
    expected = F.scaled_dot_product_attention(
        qb.transpose(1, 2), kb.transpose(1, 2).expand(-1, 3, -1, -1),
        vb[:, None].expand(-1, 3, -1, -1), is_causal=True,
    )  # fmt: skip
    close("multi-query", found, expected.transpose(1, 2))


def test_the_cache_is_small() -> None:
    """(r_k + r_v)(h + e) numbers for a token in the place of 2 h e: what the four maps put out."""
    text = (EXAMPLES / "tpa.cat").read_text()
    module = catnn.loads(text)["tpa"].bind(layers=1, d=8, h=5, e=6, vocab=7, w=3).torch()
    maps = ("k.a", "k.b", "v.a", "v.b")
    rows = [module.state_dict()[f"blocks.0.attn.{name}.weight"].shape[0] for name in maps]
    assert sum(rows) == (2 + 2) * (5 + 6)
