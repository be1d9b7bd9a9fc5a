"""Forms of attention against their equations: heads that talk, distances, sinks, kernels, masks of sets."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.references.harness import Rule, agree, close
from tests.std.support import NO_AND_TWO, Case, Function, compare, model

pytestmark = [pytest.mark.torch, pytest.mark.reference]

SEQUENCE = [("", (5, 8))]


class Heads(nn.Module):
    """Maps q, k, v and out; `weigh` says what one head makes of its queries, keys and values."""

    def __init__(self, h: int = 2, d: int = 8) -> None:
        super().__init__()
        self.h = h
        self.q, self.k, self.v, self.out = (nn.Linear(d, d) for _ in range(4))

    def split(self, x: Tensor) -> list[Tensor]:
        """Queries, keys and values as [batch, h, n, e]."""
        return [
            part(x).unflatten(-1, (self.h, -1)).transpose(1, 2) for part in (self.q, self.k, self.v)
        ]

    def join(self, heads: Tensor) -> Tensor:
        found: Tensor = self.out(heads.transpose(1, 2).flatten(2))
        return found


class Shaw(Heads):
    """Equations (3) and (4) of Shaw et al., pair by pair."""

    def __init__(self) -> None:
        super().__init__()
        self.key, self.value = (nn.Parameter(torch.randn(5, 4)) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.split(x)
        n = x.shape[1]
        rows = []
        for i in range(n):
            clipped = [max(-2, min(2, j - i)) + 2 for j in range(n)]
            scores = [
                (q[:, :, i] * (k[:, :, j] + self.key[clipped[j]])).sum(-1) / math.sqrt(4)
                for j in range(n)
            ]
            weights = torch.stack(scores, -1).softmax(-1)
            rows.append(
                sum(weights[..., j, None] * (v[:, :, j] + self.value[clipped[j]]) for j in range(n))
            )
        return self.join(torch.stack(rows, 2))  # type: ignore[arg-type]


class Talking(Heads):
    def __init__(self, causal: bool) -> None:
        super().__init__()
        self.before, self.after = (nn.Linear(2, 2, bias=False) for _ in range(2))
        self.causal = causal

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.split(x)
        scores = q @ k.mT / math.sqrt(4)
        scores = torch.einsum("bhnm,gh->bgnm", scores, self.before.weight)
        if self.causal:
            scores = scores + torch.full(scores.shape[-2:], -math.inf, dtype=x.dtype).triu(1)
        return self.join(torch.einsum("bhnm,gh->bgnm", scores.softmax(-1), self.after.weight) @ v)


LEAVES = r"((?:q|k|v|out|before|after)\.\w+|key|value)"


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize(
    ("name", "term", "theirs"),
    [
        ("relative_attention", "relative_attention[2, 2]", Shaw),
        ("talking_heads", "talking_heads[2]", lambda: Talking(False)),
        ("talking_heads", "talking_heads[2, causal = true]", lambda: Talking(True)),
    ],
)
def test_heads_agree(name: str, term: str, theirs: Callable[[], nn.Module], lead: str) -> None:
    compare(Case(name, term, SEQUENCE, (5, 8), theirs, [Rule(LEAVES, rf"{name}.\1")]), lead)


def test_talking_heads_that_do_not_talk_are_attention() -> None:
    talking = model("model m : [n, 8] -> [n, 8] = talking_heads[2]").torch(seed=2).double()
    plain = model("model m : [n, 8] -> [n, 8] = attention[2]").torch().double()
    leaves = {name.split(".", 1)[1]: leaf for name, leaf in talking.state_dict().items()}
    for mixing in ("before", "after"):
        leaves.pop(f"{mixing}.weight").copy_(torch.eye(2))
    plain.load_state_dict({f"attention.{name}": leaf for name, leaf in leaves.items()})
    x = torch.randn(2, 5, 8, dtype=torch.float64)
    close("talking", talking(x), plain(x))


@pytest.mark.parametrize("causal", [False, True])
def test_a_sink_is_that_of_gpt_oss(causal: bool) -> None:
    from transformers.models.gpt_oss.modeling_gpt_oss import eager_attention_forward

    ours = model(
        f"model m : ([n, 4], [n, 4], [n, 4], []) -> [n, 4] = attend_sink[causal = {str(causal).lower()}]"
    ).torch()
    draw = torch.Generator().manual_seed(2)
    q, k, v = (torch.randn(1, 3, 5, 4, generator=draw, dtype=torch.float64) for _ in range(3))
    layer = nn.Module()
    layer.num_key_value_groups, layer.training = 1, False  # type: ignore[assignment]
    layer.sinks = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)  # type: ignore[assignment]
    hidden = torch.full((5, 5), -math.inf, dtype=torch.float64).triu(1) if causal else None
    mask = None if hidden is None else hidden[None, None]
    expected, _ = eager_attention_forward(layer, q, k, v, mask, 4**-0.5)
    found = ours(q[0], k[0], v[0], layer.sinks)
    close("sink", found, expected[0].transpose(0, 1))


class Masked(nn.MultiheadAttention):
    def forward(self, x: Tensor, seen: Tensor) -> Tensor:  # type: ignore[override]
        found: Tensor = super().forward(x, x, x, attn_mask=~seen[0], need_weights=False)[0]
        return found


def test_sparse_attention_is_that_of_torch() -> None:
    text = """model m : ([n, 8], bool[n, n]) -> [n, 8] = (x, seen) =>
      over mask = seen; sparse_attention[2](x) as attn"""
    seen = torch.rand(5, 5, generator=torch.Generator().manual_seed(3)) > 0.5
    seen |= torch.eye(5, dtype=torch.bool)
    rules = [
        Rule(r"in_proj_(\w+)", tuple(rf"attn.{part}.\1" for part in "qkv")),
        Rule(r"out_proj\.(\w+)", r"attn.out.\1"),
    ]
    inputs = [torch.randn(2, 5, 8, dtype=torch.float64), seen.expand(2, 5, 5)]
    agree(model(text).torch(), Masked(8, 2, batch_first=True), rules, inputs)


MASKS: dict[str, Callable[[int, int], bool]] = {
    "sliding_window[3]": lambda i, j: j in range(i - 2, i + 1),
    "block_mask[2]": lambda i, j: any({i, j} <= {a, a + 1} for a in range(0, 9, 2)),
    "strided[3]": lambda i, j: j in range(i, -1, -3),
    "fixed_near[3]": lambda i, j: j in range(i - i % 3, i + 1),
    "fixed_far[3, 1]": lambda i, j: j == i or (j < i and j in (2, 5, 8)),
    "sink_window[2, 3]": lambda i, j: j <= i and (j in (0, 1) or j in range(i - 2, i + 1)),
    "prefix_mask[4]": lambda i, j: j in range(max(4, i + 1)),
}


@pytest.mark.parametrize("term", MASKS)
@pytest.mark.parametrize(("n", "m"), [(7, 7), (9, 6), (1, 1)])
def test_masks_are_sets(term: str, n: int, m: int) -> None:
    text = f"model m : ([n, 2], [m, 2]) -> bool[n, m] = (x, y) => {term}"
    found = model(text).torch()(torch.zeros(1, n, 2), torch.zeros(1, m, 2))[0]
    assert found.tolist() == [[MASKS[term](i, j) for j in range(m)] for i in range(n)]


def test_a_window_is_attention_of_torch_with_a_band() -> None:
    text = """model m : ([n, 4], [n, 4], [n, 3]) -> [n, 3] = (q, k, v) =>
      over mask = sliding_window[2]; attend_masked(q, k, v)"""
    q, k, v = (torch.randn(2, 6, e, dtype=torch.float64) for e in (4, 4, 3))
    band = torch.ones(6, 6, dtype=torch.bool).tril() & torch.ones(6, 6, dtype=torch.bool).triu(-1)
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=band)
    close("window", model(text).torch()(q, k, v), expected)


def kernel(causal: bool) -> nn.Module:
    """Every pair of queries and keys, one quotient for each query."""

    def weigh(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        weight = q @ k.mT
        weight = weight.tril() if causal else weight
        return weight @ v / (weight.sum(-1, keepdim=True) + 1e-6)

    return Function(weigh)


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize(
    ("term", "causal"), [("linear_attend", False), ("causal_linear_attend", True)]
)
def test_sums_first_are_pairs_first(term: str, causal: bool, lead: str) -> None:
    inputs = [("", (5, 4)), ("", (5, 4)), ("", (5, 3))]
    compare(Case(term, term, inputs, (5, 3), lambda: kernel(causal), positive=True), lead)


FEATURES: dict[str, tuple[int, Callable[[Tensor], Tensor]]] = {
    "linear_features": (5, lambda s: 1 + s),
    "quadratic_features": (21, lambda s: 1 + s + s * s / 2),
    "squares": (16, lambda s: s * s),
}


@pytest.mark.parametrize("term", FEATURES)
def test_features_are_those_of_their_kernel(term: str) -> None:
    width, f = FEATURES[term]
    ours = model(f"model m : [n, 4] -> [n, {width}] = {term}").torch()
    q, k = (torch.randn(1, 6, 4, dtype=torch.float64) for _ in range(2))
    close(term, ours(q) @ ours(k).mT, f(q @ k.mT))


def test_random_features_are_unbiased() -> None:
    """The mean of phi(q) . phi(k) is exp(q . k / sqrt(e)); here to five standard errors."""
    ours = model("model m : [n, 4] -> [n, 40000] = random_features[40000]").torch(seed=1).double()
    draw = torch.Generator().manual_seed(4)
    q, k = (torch.randn(1, 1, 4, generator=draw, dtype=torch.float64) for _ in range(2))
    parts = 40000 * (ours(q) * ours(k)).flatten().detach()
    error = float(parts.std()) / 200
    assert abs(float(parts.mean()) - math.exp(float((q * k).sum()) / 2)) < 5 * error
    assert error < 0.05


def test_queries_and_keys_have_the_same_random_directions() -> None:
    text = "model m : [n, 8] -> [n, 8] = feature_attention[2, random_features[6]] as attn"
    fixed = dict(model(text).torch().named_buffers())
    assert {name: tuple(leaf.shape) for name, leaf in fixed.items()} == {
        "attn.seen.directions": (6, 4)
    }


@pytest.mark.parametrize(
    ("act", "function"), [("id", lambda x: x), ("relu", F.relu), ("sigmoid", torch.sigmoid)]
)
def test_gated_perceptrons(act: str, function: Callable[[Tensor], Tensor]) -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate, self.up = (nn.Linear(5, 7, bias=False) for _ in range(2))
            self.down = nn.Linear(7, 5, bias=False)

        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = self.down(function(self.gate(x)) * self.up(x))
            return found

    rules = [Rule(r"(\w+)\.weight", r"gated_mlp.\1.weight")]
    compare(Case("gated", f"gated_mlp[7, {act}]", [("", (5,))], (5,), Gated, rules), "p")


def test_all_keys_of_their_own_are_attention() -> None:
    """Linformer with as many mixtures as keys, each one key."""
    fewer = model("model m : [5, 8] -> [5, 8] = low_rank_attention[2, 5] as attn").torch(seed=2)
    plain = model("model m : [5, 8] -> [5, 8] = attention[2] as attn").torch()
    leaves = dict(fewer.state_dict())
    for name in ("k_mix", "v_mix"):
        leaves.pop(f"attn.{name}.weight").copy_(torch.eye(5))
    plain.load_state_dict(leaves)
    x = torch.randn(2, 5, 8, dtype=torch.float64)
    close("low rank", fewer.double()(x), plain.double()(x))


def test_running_sums_of_quadratic_features_are_the_masked_kernel() -> None:
    text = """model m : ([n, 3], [n, 3], [n, 2]) -> [n, 2] = (q, k, v) =>
      causal_linear_attend[0.0](quadratic_features(q), quadratic_features(k), v)"""
    q, k, v = (torch.randn(2, 5, e, dtype=torch.float64) for e in (3, 3, 2))
    s = q @ k.mT
    f = (1 + s + s * s / 2).tril()
    close("causal", model(text).torch()(q, k, v), f @ v / f.sum(-1, keepdim=True))
