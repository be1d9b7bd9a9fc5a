"""How many sets of parameters each construct makes, and under which names (LANGUAGE.md, sections 3 and 4)."""

import pytest

import catnn
from tests.heart.running import in_float64

pytestmark = pytest.mark.torch

W = "weight"
PLAIN = "linear[3, bias = false]"
"""One leaf, `linear.weight`: so the names below are one for each set of parameters."""


def leaves(text: str, **sizes: int) -> dict[str, tuple[int, ...]]:
    """The leaves of the model `m` and their shapes; `f` in the text is a plain linear map."""
    module = catnn.loads(text.replace("LIN", PLAIN))["m"].bind(**sizes).torch()
    return {name: tuple(leaf.shape) for name, leaf in in_float64(module).state_dict().items()}


CASES = {
    # one factor, two, named ones
    "one": ("model m : [3] -> [3] = LIN", ["linear.weight"]),
    "each occurrence": ("model m : [3] -> [3] = LIN >> tanh >> LIN", ["linear.weight", "linear_2.weight"]),
    "as": ("model m : [3] -> [3] = LIN as q >> LIN as k", ["q.weight", "k.weight"]),
    "as one of two": ("model m : [3] -> [3] = LIN as q >> LIN", ["q.weight", "linear.weight"]),
    "the same name twice": ("model m : [3] -> [3] = LIN as q >> LIN as q", ["q.weight", "q_2.weight"]),
    "as on a body with one factor": ("model m : [3] -> [3] = (LIN >> tanh) as q", ["q.weight"]),
    "as on a body with two factors": (
        "model m : [3] -> [3] = (LIN >> tanh >> LIN) as q", ["q.linear.weight", "q.linear_2.weight"]),
    "param": ("model m : [3] -> [3] = x => param w : [3]; x + w", ["w"]),
    "param and factor": ("model m : [3] -> [3] = x => param w : [3]; x + w >> LIN", ["w", "linear.weight"]),
    "param used twice": ("model m : [3] -> [3] = x => param w : [3]; x * w + w", ["w"]),
    "buffer": ("model m : [3] -> [3] = x => buffer w : [3] = ones; x + w", ["w"]),
    # combinators
    "fan": ("model m : [3] -> ([3], [3]) = LIN & LIN", ["linear.weight", "linear_2.weight"]),
    "par": ("model m : ([3], [3]) -> ([3], [3]) = LIN | LIN", ["linear.weight", "linear_2.weight"]),
    "sum": ("model m : [3] -> [3] = LIN + LIN", ["linear.weight", "linear_2.weight"]),
    "residual": ("model m : [3] -> [3] = id + LIN", ["linear.weight"]),
    "repeat": ("model m : [3] -> [3] = repeat[2] LIN", ["linear.0.weight", "linear.1.weight"]),
    "repeat as": ("model m : [3] -> [3] = repeat[2] LIN as blocks", ["blocks.0.weight", "blocks.1.weight"]),
    "repeat none": ("model m : [3] -> [3] = repeat[0] LIN >> tanh", []),
    "repeat once": ("model m : [3] -> [3] = repeat[1] LIN", ["linear.0.weight"]),
    "trail": ("model m : [3] -> [3, 3] = trail[2] LIN", ["linear.0.weight", "linear.1.weight"]),
    "iterate": ("model m : [3] -> [3] = iterate[4] LIN", ["linear.weight"]),
    "scan": ("model m : ([3], [5, 3]) -> ([3], [5, 3]) = scan ((s, x) => (s + LIN(x), s))", ["linear.weight"]),
    "big composition": ("model m : [3] -> [3] = (>> i < 2) LIN", ["linear.0.weight", "linear.1.weight"]),
    "big sum": ("model m : [3] -> [3] = (+ i < 3) LIN", [f"linear.{i}.weight" for i in range(3)]),
    "big product": ("model m : [3] -> [3] = (* i < 2) LIN", ["linear.0.weight", "linear.1.weight"]),
    "big fan": ("model m : [3] -> ([3], [3]) = (& i < 2) LIN", ["linear.0.weight", "linear.1.weight"]),
    "big par": ("model m : ([3], [3]) -> ([3], [3]) = (| i < 2) LIN", ["linear.0.weight", "linear.1.weight"]),
    "big as": ("model m : [3] -> [3] = (>> i < 2) LIN as stages", ["stages.0.weight", "stages.1.weight"]),
    "big at other widths": (
        "model m : [3] -> [5] = (>> i < 2) linear[4 + i, bias = false]", ["linear.0.weight", "linear.1.weight"]),
    # where copies of one set come from
    "lifted": ("model m : [4, 5, 3] -> [4, 5, 3] = LIN", ["linear.weight"]),
    "on axes": ("model m : [4, 3, 5] -> [4, 3, 5] = LIN{a [b] c}", ["linear.weight"]),
    "lambda used once": ("model m : [3] -> [3] = x => LIN(x)", ["linear.weight"]),
    "lambda with two calls": ("model m : [3] -> [3] = x => LIN(x) + LIN(x)", ["linear.weight", "linear_2.weight"]),
    "table": ("model m : [4, 3] -> [4, 3] = x => [LIN(x(i)) for i < 4]", ["linear.weight"]),
    "let": ("model m : [3] -> [3] = x => let y = LIN(x); y + y", ["linear.weight"]),
    "local morph": (
        "model m : [3] -> [3] = x => morph f = LIN; f(x) + f(f(x))",
        ["f.weight", "f_2.weight", "f_3.weight"]),
    "share": ("model m : [3] -> [3] = x => share f = LIN; f(x) + f(f(x))", ["f.weight"]),
    "share of two factors": (
        "model m : [3] -> [3] = x => share f = LIN >> tanh >> LIN; f(x) + f(x)", ["f.linear.weight", "f.linear_2.weight"]),
    # bracket arguments
    "template": (
        "morph twice[f : [d] -> [d]] : [d] -> [d] = f >> f\nmodel m : [3] -> [3] = twice[LIN]",
        ["twice.linear.weight", "twice.linear_2.weight"]),
    "instance": (
        "morph twice[f : [d] -> [d]] : [d] -> [d] = f >> f\nmodel m : [3] -> [3] = share g = LIN; twice[g]",
        ["g.weight"]),
    "template in two places": (
        "morph on[f : [d] -> [d]] : [d] -> [d] = f\nmodel m : [3] -> [3] = on[LIN] >> on[LIN]",
        ["on.linear.weight", "on_2.linear.weight"]),
    "morph": (
        "morph pair : [3] -> [3] = LIN >> LIN\nmodel m : [3] -> [3] = pair >> pair",
        ["pair.linear.weight", "pair.linear_2.weight", "pair_2.linear.weight", "pair_2.linear_2.weight"]),
    "morph as": (
        "morph pair : [3] -> [3] = LIN >> LIN\nmodel m : [3] -> [3] = pair as p", ["p.linear.weight", "p.linear_2.weight"]),
    # branches
    "if, static": ("model m[k = 1] : [3] -> [3] = if k == 1 then LIN as a else LIN as b", ["a.weight"]),
    "if training": ("model m : [3] -> [3] = if training then LIN as a else LIN as b", ["a.weight", "b.weight"]),
    "bias left out": ("model m : [3] -> [3] = linear[3, bias = false]", ["linear.weight"]),
    "bias": ("model m : [3] -> [3] = linear[3]", ["linear.weight", "linear.bias"]),
    # nested
    "repeat of two": (
        "model m : [3] -> [3] = repeat[2] (LIN >> LIN) as blocks",
        [f"blocks.{i}.{n}.weight" for i in range(2) for n in ("linear", "linear_2")]),
    "repeat of a morph": (
        "morph pair : [3] -> [3] = LIN as a >> LIN as b\nmodel m : [3] -> [3] = repeat[2] pair as blocks",
        [f"blocks.{i}.{n}.weight" for i in range(2) for n in "ab"]),
    "big of repeat": (
        "model m : [3] -> [3] = (>> i < 2) (repeat[2] LIN) as s", [f"s.{i}.{j}.weight" for i in range(2) for j in range(2)]),
    "repeat of repeat": (
        "model m : [3] -> [3] = repeat[2] (repeat[2] LIN) as s", [f"s.{i}.linear.{j}.weight" for i in range(2) for j in range(2)]),
    "repeat of big": (
        "model m : [3] -> [3] = repeat[2] ((>> i < 2) LIN) as s", [f"s.{i}.linear.{j}.weight" for i in range(2) for j in range(2)]),
    "repeat of iterate": (
        "model m : [3] -> [3] = repeat[2] (iterate[3] LIN) as s", ["s.0.weight", "s.1.weight"]),
    "iterate of repeat": (
        "model m : [3] -> [3] = iterate[3] (repeat[2] LIN) as s", ["s.0.weight", "s.1.weight"]),
    "share outside repeat": (
        "model m : [3] -> [3] = share f = LIN; repeat[3] (f >> LIN as own)",
        ["f.weight", "own.0.weight", "own.1.weight", "own.2.weight"]),
    "share inside repeat": (
        "model m : [3] -> [3] = repeat[2] (x => share f = LIN; f(f(x))) as s", ["s.0.weight", "s.1.weight"]),
    "param outside repeat": (
        "model m : [3] -> [3] = param w : [3]; repeat[3] (x => x + w)", ["w"]),
    "param inside repeat": (
        "model m : [3] -> [3] = repeat[2] (x => param w : [3]; x + w) as s", ["s.0.w", "s.1.w"]),
    "unused value": ("model m : [3] -> [3] = x => let y = LIN(x); x", []),
    "unused loop": ("model m : [3] -> [3] = x => let y = x >> repeat[2] LIN; x", []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_sets_of_parameters(name: str) -> None:
    text, expected = CASES[name]
    assert sorted(leaves(text)) == sorted(expected)


STACKED = {
    "copies": ("model m : [4, 3] -> [4, 3] = copies[4] LIN", {"linear.weight": (4, 3, 3)}),
    "copies as": ("model m : [4, 3] -> [4, 3] = copies[4] LIN as heads", {"heads.weight": (4, 3, 3)}),
    "copies of copies": (
        "model m : [2, 4, 3] -> [2, 4, 3] = copies[2] (copies[4] LIN)", {"linear.weight": (2, 4, 3, 3)}),
    "copies of a param": (
        "model m : [4, 3] -> [4, 3] = copies[4] (x => param w : [3]; {d, d -> d}(x, w))", {"w": (4, 3)}),
    "repeat of copies": (
        "model m : [4, 3] -> [4, 3] = repeat[2] (copies[4] LIN) as s", {"s.0.weight": (4, 3, 3), "s.1.weight": (4, 3, 3)}),
    "share outside copies": (
        "model m : [4, 3] -> [4, 3] = share f = LIN; copies[4] (f >> LIN)",
        {"f.weight": (3, 3), "linear.weight": (4, 3, 3)}),
    "copies of an iterate": (
        "model m : [4, 3] -> [4, 3] = copies[4] (LIN >> iterate[2] tanh)", {"linear.weight": (4, 3, 3)}),
    "copies of a repeat": (
        "model m : [4, 3] -> [4, 3] = copies[4] (repeat[2] LIN) as heads",
        {"heads.0.weight": (4, 3, 3), "heads.1.weight": (4, 3, 3)}),
    "copies of a big operator": (
        "model m : [4, 3] -> [4, 3] = copies[4] ((>> i < 2) LIN) as heads",
        {"heads.0.weight": (4, 3, 3), "heads.1.weight": (4, 3, 3)}),
}  # fmt: skip


@pytest.mark.parametrize("name", STACKED)
def test_copies_stack_their_parameters(name: str) -> None:
    text, expected = STACKED[name]
    assert leaves(text) == expected
