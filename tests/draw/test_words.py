"""Short forms of what is written, for boxes and wires."""

import pytest

from catnn.draw import words
from catnn.draw.measure import short
from catnn.types.dims import Dim, fresh
from catnn.types.types import REAL, Index, Product, Tensor


@pytest.mark.parametrize(
    ("text", "head", "shown"),
    [
        ("relu", "relu", "relu"),
        ("conv[o, 3, pad = 1] as conv", "conv", "conv[o, 3, pad = 1]"),
        ("linear[d](time)", "linear", "linear[d]"),
        ("mlp[w, init = normal[0.02], bias_init = zeros]", "mlp", "mlp[w]"),
        ("attention[h,\n  causal = true, # one\n  bias = false]", "attention", "attention[h, …]"),
        ("mean{c [h w]}", "mean", "mean{c [h w]}"),
        ("mlp[t]{[n] d} as tokens", "", "mlp[t]{[n] d}"),
        ("x + linear[3](y)", "linear", "linear"),
        ("f[some_argument_that_is_much_too_long_for_a_box]", "f", "f[…]"),
    ],
)
def test_factor(text: str, head: str, shown: str) -> None:
    assert words.factor(text, head) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{n (h e) -> h n e}[h = 4]", "{n (h e) -> h n e}"),
        ("{n d, v d -> n v}(y, wte)", "{n d, v d -> n v}"),
        ("concat(y, zeros)", "concat"),
        ("{a b c d e f g -> g f e d c b a}(x)", "{a b c d e f g -> g f e d c b a}"),
    ],
)
def test_pattern(text: str, shown: str) -> None:
    assert words.pattern(text) == shown


def test_long_sizes_are_numbers_by_default_values() -> None:
    size, patch, h = (fresh(name) for name in ("size", "patch", "h"))
    tokens = Dim.of(size) ** 2 / Dim.of(patch) ** 2
    values = {size: Dim.of(224), patch: Dim.of(16)}
    assert short(Tensor(REAL, (tokens, Dim.of(h))), values) == "[196, h]"
    assert short(Tensor(REAL, (tokens, Dim.of(h))), {}) == "[…, h]"
    assert short(Tensor(Index(Dim.of(size)), (Dim.of(h),)), values) == "ix(size)[h]"
    halved = (Dim.of(h) + 1) // 2
    assert short(Tensor(REAL, (halved, halved)), {}) == "[(h+1)//2, (h+1)//2]"
    assert short(Product((Tensor(REAL, (tokens,)),) * 9), values) == "9-tuple"
