"""Biases by distance against those of transformers."""

import pytest
import torch
from torch import nn

from tests.references.harness import close
from tests.std.support import model

pytestmark = [pytest.mark.torch, pytest.mark.reference]


@pytest.mark.parametrize(("h", "p"), [(1, 1), (8, 8), (6, 4), (12, 8), (112, 64)])
def test_alibi_is_that_of_bloom(h: int, p: int) -> None:
    """Up to a number for each query, which a softmax does not see."""
    from transformers.models.bloom.modeling_bloom import build_alibi_tensor

    theirs = build_alibi_tensor(torch.ones(1, 5), h, torch.float64)
    text = f"model m : [n, 2] -> [{h}, n, n] = x => alibi[{h}, {p}]"
    found = model(text).torch()(torch.zeros(1, 5, 2, dtype=torch.float64))[0]
    first = found - found[:, :, :1]
    torch.testing.assert_close(first, (theirs - theirs[..., :1]).expand(h, 5, 5), rtol=1e-6, atol=0)
    assert found.diagonal(dim1=1, dim2=2).eq(0).all()
    assert found[:, 4, 0].lt(0).all()


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("buckets", "far"), [(32, 128), (8, 20), (16, 9), (64, 300), (4, 5)])
def test_buckets_are_those_of_t5(buckets: int, far: int, causal: bool) -> None:
    from transformers import T5Config
    from transformers.models.t5.modeling_t5 import T5Attention

    config = T5Config(
        d_model=4, d_kv=2, num_heads=3, is_decoder=causal,
        relative_attention_num_buckets=buckets, relative_attention_max_distance=far,
    )  # fmt: skip
    theirs = T5Attention(config, has_relative_attention_bias=True, layer_idx=0)
    settings = f"3, {buckets}, {far}, causal = {str(causal).lower()}"
    text = f"model m : ([n, 2], [m, 2]) -> [3, n, m] = (x, y) => bucket_bias[{settings}] as bias"
    for dtype in (torch.float32, torch.float64):
        ours = model(text).torch().to(dtype)
        leaf = theirs.relative_attention_bias.weight.detach()
        ours.load_state_dict({"bias.weight": leaf})
        for n, m in ((1, 1), (400, 350), (5, 200)):
            found = ours(torch.zeros(1, n, 2, dtype=dtype), torch.zeros(1, m, 2, dtype=dtype))[0]
            expected = theirs.compute_bias(n, m)[0].detach()
            close(f"{n} x {m}", found, expected.to(dtype))


def test_rows_by_distance() -> None:
    text = "model m : ([n], [m], [n + m - 1, 2]) -> [n, m, 2] = (a, b, x) => by_distance(x)"
    x = torch.randn(3, 6, 2)
    found = model(text).torch()(torch.zeros(3, 4), torch.zeros(3, 3), x)
    for i in range(4):
        for j in range(3):
            assert found[:, i, j].equal(x[:, j - i + 3])


def test_a_biased_attention_is_that_of_torch() -> None:
    text = """model m : ([3, n, 4], [3, n, 4], [3, n, 2]) -> [3, n, 2] = (q, k, v) =>
      over bias = causal_mask(alibi[3]); attend_biased(q, k, v)"""
    q, k, v = (torch.randn(2, 3, 5, e, dtype=torch.float64) for e in (4, 4, 2))
    slopes = torch.tensor([2.0 ** (-8 * (k + 1) / 3) for k in range(3)], dtype=torch.float64)
    away = torch.arange(5)[None] - torch.arange(5)[:, None]
    bias = slopes[:, None, None] * away
    bias = bias.masked_fill(away > 0, -torch.inf)
    expected = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    close("alibi", model(text).torch()(q, k, v), expected)
