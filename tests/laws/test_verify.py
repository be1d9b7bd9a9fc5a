"""Laws that hold are proved or pass; false ones are refuted at small sizes, by numbers that show it."""

import pytest

import catnn
from catnn.laws.verify import Report

pytest.importorskip("torch")

pytestmark = pytest.mark.torch

PROVED = {
    "views": "forall x : [n]; {(a b) -> a b}[a = 2](x) >> {a b -> (a b)} == x where 2 divides n",
    "composition": "relu >> (gelu >> tanh) == (relu >> gelu) >> tanh",
    "transpose twice": "forall x : [n, d]; {n d -> d n}({n d -> d n}(x)) == x",
    "shared": "share f = linear[3]; forall x : [d]; f(x) + f(x) == f(x) + f(x)",
    "projections": "forall x : [n], y : []; first(x, y) == x",
}
TRUE = {
    "softmax ignores a shift": "forall x : [n], c : []; softmax(x + c) == softmax(x)",
    "softmax sums to one": "forall x : [n]; sum(softmax(x)) == 1",
    "relu twice": "relu >> relu ==> relu",
    "tanh is odd": "forall x : []; tanh(-x) == -tanh(x)",
    "sigmoid by tanh": "forall x : []; sigmoid(x) == (1 + tanh(x / 2)) / 2",
    "silu": "forall x : []; silu(x) == x * sigmoid(x)",
    "log of exp": "forall x : []; log(exp(x)) == x",
    "logsumexp moves shifts": "forall x : [n], c : []; logsumexp(x + c) == logsumexp(x) + c",
    "linear adds": "share f = linear[3, bias = false]; forall x : [d], y : [d]; f(x + y) == f(x) + f(y)",
    "linear maps compose": (
        "forall a : [n, m], b : [m, k], x : [k]; {n m, m -> n}(a, {m k, k -> m}(b, x))"
        " == {n k, k -> n}({n m, m k -> n k}(a, b), x)"
    ),
    "transpose of a product": (
        "forall a : [n, m], b : [m, k];"
        " {n k -> k n}({n m, m k -> n k}(a, b)) == {k m, m n -> k n}({m k -> k m}(b), {n m -> m n}(a))"
    ),
    "sum of sums": "forall x : [n, m]; sum(sum{[n] m}(x)) == sum(x)",
    "max of max": "forall x : [n, m]; max(max{n [m]}(x)) == max(x)",
    "layernorm ignores shifts": "share f = layernorm; forall x : [d], c : []; f(x + c) == f(x)",
    "concat of parts": "forall x : [n], y : [m]; sum(concat(x, y)) == sum(x) + sum(y)",
    "cauchy-schwarz": "forall x : [n], y : [n]; square(sum(x * y)) <= sum(x * x) * sum(y * y)",
    "triangle": "forall x : [n], y : [n]; sum(abs(x + y)) <= sum(abs(x)) + sum(abs(y))",
    "attention over one key": "forall q : [n, e], k : [1, e], v : [1, c]; attend(q, k, v) == {1 c -> n c}[n = n](v)",
    "lookup by one-hot": "forall t : [v, d], i : ix(v); t(i) == {v d, v -> d}(t, one_hot[v](i))",
    "de morgan": "forall a : bool, b : bool; real(not (a and b)) == real((not a) or (not b))",
    "heads": (
        "forall x : [n, d]; {n (h e) -> n h e}[h = 2](x) >> {n h e -> n (h e)} == x where 2 divides d"
    ),
    "a scan of additions": "forall x : [n]; cumsum(flip(x)) == flip(cumsum(flip(flip(x)))) + 0 * x where n == 1",
}
FALSE: dict[str, tuple[str, dict[str, int]]] = {
    "softmax adds": ("forall x : [n], y : [n]; softmax(x + y) == softmax(x) + softmax(y)", {"n": 1}),
    "relu is odd": ("forall x : []; relu(-x) == -relu(x)", {}),
    "relu adds": ("forall x : [], y : []; relu(x + y) == relu(x) + relu(y)", {}),
    "gelu twice": ("gelu >> gelu == gelu", {}),
    "silu is relu": ("silu == relu", {}),
    "the two gelus": ("gelu == gelu_tanh", {}),
    "max distributes over minus": (
        "forall x : [n], y : [n]; max(x - y) == max(x) - max(y)", {"n": 2}),
    "attention is linear": (
        "share f = attention[1]; forall x : [n, d], y : [n, d]; f(x + y) == f(x) + f(y)",
        {"n": 1, "d": 1}),
    "a bias adds": ("share f = linear[2]; forall x : [d], y : [d]; f(x + y) == f(x) + f(y)", {"d": 1}),
    "transpose without reversal": (
        "forall a : [n, n], b : [n, n];"
        " {n k -> k n}({n m, m k -> n k}(a, b)) == {k m, m n -> k n}({m k -> k m}(a), {n m -> m n}(b))",
        {"n": 2}),
    "matrices commute": (
        "forall a : [n, n], b : [n, n]; {i j, j k -> i k}(a, b) == {i j, j k -> i k}(b, a)", {"n": 2}),
    "mean of ratios": ("forall x : [n], y : [n]; mean(x / y) == mean(x) / mean(y)", {"n": 2}),
    "layernorm ignores scale exactly": (
        "share f = layernorm; forall x : [d]; f(2 * x) == f(x)", {"d": 2}),
    "separate parameters": ("forall x : [d]; linear[2](x) == linear[2](x)", {"d": 1}),
    "softmax over another axis": ("forall x : [n, m]; softmax(x) == softmax{[n] m}(x)", {"n": 1, "m": 2}),
    "variance adds": (
        "forall x : [n], y : [n]; variance(x + y) == variance(x) + variance(y)", {"n": 2}),
    "exp adds": ("forall x : [], y : []; exp(x + y) == exp(x) + exp(y)", {}),
    "a strict bound": ("forall x : []; abs(x) <= x", {}),
    "concat commutes": ("forall x : [n], y : [n]; concat(x, y) == concat(y, x)", {"n": 1}),
    "stop has a gradient": ("forall x : []; stop(x) == x", {}),
    "argmax of the negative": (
        "forall x : [n]; second(argmax(x)) == second(argmax(-x))", {"n": 2}),
    "a rounded inverse": ("forall x : []; round(x) == x", {}),
    "dropping a term": ("forall x : [n]; sum(x) == sum(x) - x(0)", {"n": 1}),
    "scaled attention": (
        "forall q : [n, e], k : [m, e], v : [m, c]; attend(2 * q, k, v) == attend(q, k, v)",
        {"n": 1, "m": 2, "e": 1, "c": 1}),
}  # fmt: skip


def verified(text: str, examples: int = 40) -> Report:
    (report,) = catnn.loads(f"law l : {text}").verify(examples=examples, seed=1)
    return report


@pytest.mark.parametrize("name", PROVED)
def test_what_one_normal_form_proves(name: str) -> None:
    assert verified(PROVED[name]).status == "proved"


@pytest.mark.parametrize("name", TRUE)
def test_true_laws_pass(name: str) -> None:
    report = verified(TRUE[name])
    assert report.holds, report
    assert report.examples == 40 or report.status == "proved"
    assert report.worst < 0.5  # far from a false alarm


@pytest.mark.parametrize("name", FALSE)
def test_false_laws_are_refuted_at_the_smallest_sizes(name: str) -> None:
    text, sizes = FALSE[name]
    report = verified(text, 200)
    assert report.status == "refuted", report
    assert report.counterexample is not None
    assert report.counterexample.sizes == sizes
    assert report.counterexample.shown.left != report.counterexample.shown.right


def test_the_same_seed_says_the_same() -> None:
    text = FALSE["softmax adds"][0]
    assert verified(text).counterexample == verified(text).counterexample


def test_a_difference_in_the_gradient_alone() -> None:
    report = verified("forall x : []; stop(x) * 2 == stop(x) + x")
    assert report.status == "refuted"
    assert report.counterexample is not None
    assert report.counterexample.shown.what == "gradient"
    value = catnn.loads("law[value] l : forall x : []; stop(x) * 2 == stop(x) + x").verify()
    assert value[0].status == "tested"


def test_facts_are_respected() -> None:
    """At n = 2 it is false, and so it is where the fact is left out."""
    text = "forall x : [n]; take[3](concat(x, x)) == take[3](x)"
    assert verified(f"{text} where n >= 3").holds
    false = verified(
        f"{text.replace('take[3](x)', 'take[3](concat(x, -x))')} where n >= 1, n <= 2, 2 * n >= 3"
    )
    assert false.status == "refuted"
    none = verified("forall x : [n]; x == x + 1 where n >= 1000")
    assert (none.status, none.why) == ("untested", "no sizes were found that satisfy its facts")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("forall x : [n]; dropout[0.5](x) == x", "draw"),
        ("forall x : [n]; log(-1 - x * x) == log(-2 - x * x)", "neither side is a number"),
    ],
)
def test_what_cannot_be_tested_is_said(text: str, why: str) -> None:
    report = verified(text)
    assert report.status == "untested"
    assert why in report.why


def test_arguments_are_drawn() -> None:
    text = "law l[k, causal = false] : forall x : [n]; sum(take[k](x)) == k where k <= n"
    (report,) = catnn.loads(text).verify(examples=30)
    assert report.counterexample is not None
    assert report.counterexample.sizes["k"] == 1


def test_laws_of_every_morphism_wait() -> None:
    (report,) = catnn.loads("law l[f : [n] -> [n]] : forall x : [n]; f(x) == f(x)").verify()
    assert report.status == "untested"
    assert "`f`" in report.why
