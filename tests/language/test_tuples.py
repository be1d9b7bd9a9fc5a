"""Tuples of a symbolic number of components, lists of sizes: checked once, written out when built."""

import pytest

import catnn
from catnn import CatError
from catnn.api import Setting

EMBED = """
morph embed[k, d, w : int[k]] : (& i < k) [w[i]] -> (& i < k) [d] = xs => (& i < k) linear[d](xs[i])
"""


def codes(text: str) -> list[str]:
    with pytest.raises(CatError) as caught:
        catnn.loads(text)
    return [diagnostic.code for diagnostic in caught.value.diagnostics]


def shown(text: str, name: str = "m", **sizes: Setting) -> str:
    return catnn.loads(text)[name].bind(**sizes).type


# ---- types ------------------------------------------------------------------------------


def test_the_type_of_a_model_is_written_out() -> None:
    text = "model m[k, w : int[k]] : (& i < k) [w[i]] -> [sum(w)] = concat\n"
    assert shown(text, k=2, w=(3, 5)) == "([3], [5]) -> [8]"


def test_the_length_of_a_list_gives_its_size() -> None:
    text = "model m[k, w : int[k]] : (& i < k) [w[i]] -> [sum(w)] = concat\n"
    assert shown(text, w=(3, 5, 2)) == "([3], [5], [2]) -> [10]"
    assert shown(EMBED + "model m : ([3], [5]) -> ([2], [2]) = embed[d = 2, w = (3, 5)]\n") == (
        "([3], [5]) -> ([2], [2])"
    )


def test_a_length_that_is_not_the_stated_one() -> None:
    assert codes(EMBED + "model m : ([3], [5]) -> ([2], [2]) = embed[3, 2, (3, 5)]\n") == ["E0304"]
    text = "model m[k, w : int[k]] : (& i < k) [w[i]] -> [sum(w)] = concat\n"
    with pytest.raises(CatError, match="`w` has 3 members, 2 are given"):
        catnn.loads(text)["m"].bind(k=3, w=(3, 5))


def test_a_component_of_another_size() -> None:
    assert codes(EMBED + "model m : ([3], [6]) -> ([2], [2]) = embed[2, 2, (3, 5)]\n") == ["E0201"]


def test_a_number_that_is_a_literal() -> None:
    assert shown("model m : (& i < 3) [i + 1] -> [6] = concat\n") == "([1], [2], [3]) -> [6]"
    assert shown("model m : (& i <= 2) [i + 1] -> [6] = concat\n") == "([1], [2], [3]) -> [6]"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("xs => linear[4](xs[k])", "E0308"),
        ("xs => linear[4](xs[1])", "E0308"),
        ("xs => (+ i < k) xs[i]", "E0204"),
        ("xs => (+ i < k) linear[4](xs[i + 1])", "E0308"),
        ("(& i < k) relu", "E0305"),
        ("(| i < k + 1) linear[4]", "E0307"),
        ("((a, b) => a)", "E0307"),
    ],
)
def test_what_is_refused(body: str, code: str) -> None:
    text = f"morph f[k, w : int[k]] : (& i < k) [w[i]] -> [4] = {body}\n"
    assert code in codes(text)


def test_one_size_is_not_another_for_each_component() -> None:
    text = """
morph alike[k] : (& i < k) [n] -> (& i < k) [n] = id
morph f[k, w : int[k]] : (& i < k) [w[i]] -> (& i < k) [w[i]] = alike[k]
"""
    assert codes(text)


def test_a_component_shown_to_be_there() -> None:
    catnn.loads("morph f[k, w : int[k]] : (& i < k) [w[i]] -> [w[1]] where k >= 2 = xs => xs[1]\n")


def test_sums_of_sizes_agree() -> None:
    text = """
morph joined[k, w : int[k]] : [d] -> [sum(w)] = (& i < k) linear[w[i]] >> concat
morph twice[k, w : int[k]] : [d] -> [2 * sum(w)] = joined[k, w] & joined[k, w] >> concat
model m : [6] -> [20] = twice[3, (2, 3, 5)]
"""
    assert shown(text) == "[6] -> [20]"


# ---- values -----------------------------------------------------------------------------


@pytest.mark.torch
def test_gated_modalities() -> None:
    import torch

    text = """
model m[k, o, w : int[k]] : (& i < k) [w[i]] -> [o] = xs =>
  let all = concat(xs);
  (+ i < k) ((linear[o](all) >> sigmoid) * (linear[o](xs[i]) >> tanh))
"""
    module = catnn.loads(text)["m"].bind(o=4, w=(3, 5, 2)).torch()
    xs = tuple(torch.randn(7, size) for size in (3, 5, 2))
    weights = module.state_dict()

    def layer(name: str, x: torch.Tensor) -> torch.Tensor:
        return x @ weights[f"{name}.weight"].mT + weights[f"{name}.bias"]

    every = torch.cat(xs, -1)
    due = sum(
        layer(f"repeat.{i}.linear", every).sigmoid() * layer(f"repeat.{i}.linear_2", x).tanh()
        for i, x in enumerate(xs)
    )
    torch.testing.assert_close(module(xs), due)


@pytest.mark.torch
@pytest.mark.parametrize(
    ("term", "by_hand"),
    [
        ("xs => (& i < k) (2 * xs[i])", lambda xs: [2 * x for x in xs]),
        ("(| i < k) tanh", lambda xs: [x.tanh() for x in xs]),
        ("xs => 3 * xs + xs", lambda xs: [4 * x for x in xs]),
        ("xs => -xs", lambda xs: [-x for x in xs]),
        ("(| i < k) (x => (i + 1) * x)", lambda xs: [(i + 1) * x for i, x in enumerate(xs)]),
        ("id", lambda xs: xs),
    ],
)
def test_component_by_component(term: str, by_hand: object) -> None:
    import torch

    assert callable(by_hand)
    text = f"model m[k, w : int[k]] : (& i < k) [w[i]] -> (& i < k) [w[i]] = {term}\n"
    module = catnn.loads(text)["m"].bind(w=(3, 5, 2)).torch()
    xs = tuple(torch.randn(4, 6, size) for size in (3, 5, 2))
    for found, due in zip(module(xs), by_hand(xs), strict=True):
        torch.testing.assert_close(found, due)


@pytest.mark.torch
@pytest.mark.parametrize(
    ("term", "by_hand"),
    [
        ("xs => (+ i < k) xs[i]", lambda a, b, c: a + b + c),
        ("xs => (* i < k) xs[i]", lambda a, b, c: a * b * c),
        (
            "xs => (+ i < k) ((j => xs[i]) >> tanh)(0)",
            lambda a, b, c: a.tanh() + b.tanh() + c.tanh(),
        ),
        ("xs => xs[k - 1]", lambda a, b, c: c),
    ],
)
def test_folded(term: str, by_hand: object) -> None:
    import torch

    assert callable(by_hand)
    text = f"model m[k] : (& i < k) [d] -> [d] where k >= 1 = {term}\n"
    module = catnn.loads(text)["m"].bind(k=3).torch()
    xs = tuple(torch.randn(2, 4) for _ in range(3))
    torch.testing.assert_close(module(xs), by_hand(*xs))


@pytest.mark.torch
def test_fresh_parameters_for_each_component() -> None:
    import torch

    text = EMBED + "model m : ([n, 3], [n, 5]) -> ([n, 2], [n, 2]) = embed[d = 2, w = (3, 5)]\n"
    module = catnn.loads(text)["m"].torch()
    assert {name: tuple(p.shape) for name, p in module.named_parameters()} == {
        "embed.linear.0.weight": (2, 3),
        "embed.linear.0.bias": (2,),
        "embed.linear.1.weight": (2, 5),
        "embed.linear.1.bias": (2,),
    }
    x, y = torch.randn(4, 6, 3), torch.randn(4, 6, 5)
    weights = module.state_dict()
    for k, given in enumerate((x, y)):
        weight, bias = (weights[f"embed.linear.{k}.{name}"] for name in ("weight", "bias"))
        torch.testing.assert_close(module(x, y)[k], given @ weight.mT + bias)


@pytest.mark.torch
def test_a_tuple_as_context() -> None:
    import torch

    text = """
model m[k, w : int[k]] : [4] -> [4] over c : (& i < k) [w[i]] = x => x + (+ i < k) mean(c[i])
"""
    module = catnn.loads(text)["m"].bind(w=(2, 3)).torch()
    x, a, b = torch.randn(5, 4), torch.randn(5, 2), torch.randn(5, 3)
    torch.testing.assert_close(module(x, (a[0], b[0])), x + a[0].mean() + b[0].mean())
    means = a.mean(-1, keepdim=True) + b.mean(-1, keepdim=True)
    torch.testing.assert_close(module(x, (a, b)), x + means)


def test_formulas() -> None:
    text = "model m[k, d, w : int[k]] : (& i < k) [w[i]] -> (& i < k) [d] = (| i < k) linear[d]\n"
    assert str(catnn.loads(text)["m"].bind(d=2, w=(3, 5)).parameters_formula) == "20"
