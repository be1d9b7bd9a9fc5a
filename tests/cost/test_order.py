"""One order of a contraction for the count and for the code, and FLOPs as torch counts them."""

import itertools
from math import prod

import pytest

import catnn
from catnn.cost.operations import flops
from catnn.cost.order import UNKNOWN_SIZE, label_sizes, steps
from catnn.ir.build import Builder
from catnn.ir.terms import Apply, Var
from catnn.ir.walk import ordered
from catnn.types.dims import Dim, fresh
from catnn.types.types import REAL, Tensor

LOW_RANK = """
model m[r = 2, o = 64, i = 32] : [n, i] -> [n, o] = x =>
  param L : [o, r] ~ normal;
  param R : [r, i] ~ normal;
  {o r, r i, n i -> n o}(L, R, x)
"""


def contraction(text: str, sizes: dict[str, int | Dim]) -> Apply:
    """`ab,bc->ac` at sizes of its letters."""
    left, result = text.split("->")
    builder, labels = Builder(), {name: k for k, name in enumerate(sizes)}
    variables = [
        builder.var(Var(names, Tensor(REAL, tuple(Dim.of(sizes[n]) for n in names)), k))
        for k, names in enumerate(left.split(","))
    ]
    operands = [tuple(labels[name] for name in names) for names in left.split(",")]
    shape = tuple(Dim.of(sizes[name]) for name in result)
    found = builder.contract(variables, operands, [labels[n] for n in result], Tensor(REAL, shape))
    assert isinstance(found, Apply)
    return found


def count(apply: Apply, at: dict[str, int] | None = None) -> int:
    found = flops(apply).as_int()
    assert found is not None
    return found


def test_a_matrix_of_low_rank_is_never_formed() -> None:
    apply = contraction("or,ri,ni->no", {"o": 64, "r": 2, "i": 32, "n": 100})
    assert count(apply) == 2 * 100 * 32 * 2 + 2 * 100 * 2 * 64
    assert [step.places for step in steps(apply)] == [(1, 2), (0, 1)]
    assert [step.places for step in steps(apply, optimise=False)] == [(0, 1), (0, 1)]


def test_the_order_is_the_cheapest_of_all() -> None:
    """Every order of four operands by hand."""
    sizes = {"a": 3, "b": 50, "c": 2, "d": 40, "e": 5}
    text = "ab,bc,cd,de->ae"
    left, result = text.split("->")
    best = min(by_hand(order, left.split(","), result, sizes) for order in orders(4))
    assert count(contraction(text, sizes)) == best


def orders(count: int) -> list[list[tuple[int, int]]]:
    if count == 1:
        return [[]]
    pairs = itertools.combinations(range(count), 2)
    return [[pair, *rest] for pair in pairs for rest in orders(count - 1)]


def by_hand(
    order: list[tuple[int, int]], operands: list[str], result: str, sizes: dict[str, int]
) -> int:
    total = 0
    for one, other in order:
        first, second = operands[one], operands[other]
        operands = [o for k, o in enumerate(operands) if k not in (one, other)]
        needed = set(result).union(*operands)
        total += 2 * prod(sizes[name] for name in set(first) | set(second))
        operands.append("".join((set(first) | set(second)) & needed))
    return total


def test_a_run_time_size_is_taken_for_a_usual_one() -> None:
    """The order does not wait for it: with n = 1 another one would be cheaper."""
    n = Dim.of(fresh("n"))
    apply = contraction("ab,bc,cn->an", {"a": 20, "b": 20, "c": 20, "n": n})
    assert [step.places for step in steps(apply)] == [(0, 1), (0, 1)]
    at_once = contraction("ab,bc,cn->an", {"a": 20, "b": 20, "c": 20, "n": 1})
    assert [step.places for step in steps(at_once)] == [(1, 2), (0, 1)]
    assert UNKNOWN_SIZE > 20
    assert flops(apply) == Dim.of(2 * 20**3) + 2 * 20 * 20 * n


def test_labels_of_one_operand_are_summed_before() -> None:
    apply = contraction("ab,c,d->a", {"a": 4, "b": 5, "c": 6, "d": 7})
    assert count(apply) == 0
    assert all(not step.is_product for step in steps(apply))
    assert label_sizes(apply).keys() == {0, 1, 2, 3}


TEXTS = {
    "low rank": (LOW_RANK, {"n": 7}, [(3, 7, 32)]),
    "chain": (
        "model m : ([n, 4], [4, 5], [5, 6], [6, 3]) -> [n, 3] = {n a, a b, b c, c d -> n d}",
        {"n": 7}, [(3, 7, 4), (3, 4, 5), (3, 5, 6), (3, 6, 3)]),
    "weighted": (
        "model m : ([n, 4], [m, 4], [4]) -> [n, m] = {n e, m e, e -> n m}",
        {"n": 5, "m": 6}, [(3, 5, 4), (3, 6, 4), (3, 4)]),
    "pointwise and outer": (
        "model m : ([n, 4], [n, 4], [5]) -> [n, 4, 5] = {n e, n e, f -> n e f}", {"n": 5}, [(3, 5, 4), (3, 5, 4), (3, 5)]),
    "bilinear": (
        "model m : ([4], [5]) -> [6] = (x, y) => param W : [6, 4, 5] ~ normal; {o i j, i, j -> o}(W, x, y)",
        {}, [(3, 4), (3, 5)]),
    "summed alone": (
        "model m : ([n, 4], [3, 5], [4, 6]) -> [n, 6] = {n a, m b, a c -> n c}", {"n": 5}, [(2, 5, 4), (2, 3, 5), (2, 4, 6)]),
    "moe": (
        "model m : ([n, 4], [n, 3]) -> [n, 6] = (x, g) => param W : [3, 6, 4] ~ normal; {n i, k o i, n k -> n o}(x, W, g)",
        {"n": 5}, [(2, 5, 4), (2, 5, 3)]),
}  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("name", TEXTS)
def test_flops_are_those_of_torch_and_the_order_changes_no_value(name: str) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    text, sizes, shapes = TEXTS[name]
    model = catnn.loads(text)["m"]
    inputs = [torch.randn(*shape, dtype=torch.float64) for shape in shapes]
    module = model.torch(dtype=torch.float64)
    with FlopCounterMode(display=False) as counter:
        found = module(*inputs)
    assert model.cost(batch=shapes[0][0], **sizes).flops == counter.get_total_flops()
    as_written = model.torch(dtype=torch.float64, optimise=False)
    torch.testing.assert_close(as_written(*inputs), found, rtol=1e-12, atol=1e-12)


@pytest.mark.torch
def test_the_code_follows_the_order() -> None:
    model = catnn.loads(LOW_RANK)["m"]
    (apply,) = [t for t in ordered([model.program.region.result]) if isinstance(t, Apply)]
    assert [step.places for step in steps(apply)] == [(1, 2), (0, 1)]
    text = model.emit()
    assert "product = F.linear(x, self.R)" in text
    assert "x = F.linear(product, self.L)" in text
    assert "torch.einsum(" in model.emit(optimise=False)
