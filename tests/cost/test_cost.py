"""Counts on programs whose costs are known by hand."""

import pytest

import catnn
from catnn.cost import Counts, cost
from catnn.cost.table import table
from catnn.ir.terms import Apply, Leaf, Loop, Region, TupleTerm
from catnn.types.dims import Dim, fresh
from catnn.types.types import BOOL, INT, REAL, Product, Tensor
from tests.cost.terms import index, linear, param, pointwise, program, real, repeat, size, var

B, N, D, E, H = (size(name) for name in "bndeh")


def test_a_linear_map_as_formulas_and_as_numbers() -> None:
    x = var("x", real(B, D))
    w = param(("linear", "weight"), E, D)
    found = cost(program([x], linear(x, w, "linear"), [w], [B, D, E]))
    assert found.total == Counts(
        parameters=D * E, flops=2 * B * D * E, activation_bytes=4 * B * D, parameter_bytes=4 * D * E
    )
    numbers = found.at({"b": 3, "d": 5, "e": 7})
    assert (numbers.parameters, numbers.flops, numbers.activation_bytes) == (35, 210, 60)
    assert numbers.sizes == ()
    assert found.at({"b": 3}).flops == 6 * D * E


def test_a_loop_counts_for_each_turn_and_its_leaves_too() -> None:
    layers = size("layers")
    i = fresh("i", "index")
    x, state = var("x", real(B, D)), var("state", real(B, D))
    w = param(("blocks", i, "weight"), D, D)
    body = pointwise("tanh", linear(state, w, "blocks.*"), factor="blocks.*")
    loop = repeat(layers, i, state, body, x)
    found = cost(program([x], loop, [w], [B, D]))
    assert found.factors.keys() == {"blocks.*"}
    assert found.total.parameters == layers * D * D
    assert found.total.flops == layers * 2 * B * D * D
    # Each turn keeps its tanh, which is the next turn's state, kept for the weight like `x`.
    assert found.total.activation_bytes == (layers + 1) * 4 * B * D


def test_nested_loops_multiply_and_what_depends_on_no_loop_counts_once() -> None:
    i, j = fresh("i", "index"), fresh("j", "index")
    x, outer, inner = (var(name, real(B, D)) for name in ("x", "outer", "inner"))
    w, v = param(("a", i, "b", j, "weight"), D, D), param(("v",), D, D)
    fixed = linear(x, v)
    nested = repeat(5, j, inner, pointwise("add", linear(inner, w), fixed), outer)
    found = cost(program([x], repeat(3, i, outer, nested, x), [w, v], [B, D]))
    assert found.total.parameters == 15 * D * D + D * D
    assert found.total.flops == 15 * 2 * B * D * D + 2 * B * D * D


def test_an_inner_loop_that_leaves_out_the_outer_one_runs_once() -> None:
    i, j = fresh("i", "index"), fresh("j", "index")
    x, outer, inner = (var(name, real(B, D)) for name in ("x", "outer", "inner"))
    v = param(("v",), D, D)
    nested = repeat(5, j, inner, linear(inner, v), x)
    body = pointwise("add", outer, nested)
    found = cost(program([x], repeat(3, i, outer, body, x), [v], [B, D]))
    assert found.total.flops == 5 * 2 * B * D * D


def test_a_shared_value_counts_once() -> None:
    x = var("x", real(B, D))
    w = param(("w",), D, D)
    once = linear(x, w)
    found = cost(program([x], pointwise("mul", once, once), [w], [B, D]))
    assert found.total.flops == 2 * B * D * D
    assert found.total.activation_bytes == 4 * B * D + 4 * B * D


def test_convolution_and_attention() -> None:
    x = var("x", real(B, 6, 10, 10))
    kernel = param(("conv", "weight"), 8, 3, 5, 5)
    y = Apply("convolve2d", (x, kernel), real(B, 8, 6, 6), (("groups", 2),), (B,), ((0,), ()))
    assert cost(program([x], y, [kernel], [B])).flops == 2 * B * (8 * 36) * (3 * 25)
    q, k, v = var("q", real(B, H, N, 4)), var("k", real(B, N, 4)), var("v", real(B, H, N, 5))
    a = Apply(
        "scaled_dot_product_attention",
        (q, k, v),
        real(B, H, N, 5),
        (("causal", True),),
        (B, H),
        ((0, 1), (0,), (0, 1)),
    )
    assert cost(program([q, k, v], a, [], [B, H, N])).flops == 2 * B * H * N * N * 9


def test_contractions_of_several_operands_go_pair_by_pair_from_the_left() -> None:
    x, y, z = var("x", real(3, 5)), var("y", real(5, 7)), var("z", real(7, 11))
    chain = Apply(
        "contract",
        (x, y, z),
        real(3, 11),
        (("operands", ((0, 1), (1, 2), (2, 3))), ("result", (0, 3))),
    )
    assert cost(program([x, y, z], chain, [])).flops == 2 * 3 * 5 * 7 + 2 * 3 * 7 * 11


def test_sums_and_outer_products_are_no_matrix_products() -> None:
    x, y = var("x", real(3, 5)), var("y", real(7))
    total = Apply("contract", (x,), real(3), (("operands", ((0, 1),)), ("result", (0,))))
    outer = Apply(
        "contract", (total, y), real(3, 7), (("operands", ((0,), (1,))), ("result", (0, 1)))
    )
    assert cost(program([x, y], outer, [])).flops == 0


def test_buffers_are_no_parameters() -> None:
    mean = Leaf(("norm", "mean"), "buffer", real(D), param(("x",)).init)
    table_ = Leaf(("norm", "table"), "fixed", Product((real(2), Tensor(BOOL, (D,)))), mean.init)
    x = var("x", real(B, D))
    found = cost(program([x], pointwise("add", x, mean), [mean, table_], [B, D]))
    assert (found.total.parameters, found.total.parameter_bytes) == (Dim.of(0), Dim.of(0))
    assert found.total.buffers == 2 * D + 2


@pytest.mark.parametrize(
    ("op", "kept"),
    [("relu", 1), ("gelu", 1), ("neg", 0), ("sum", 0), ("exp", 1), ("sign", 0), ("amax", 2)],
)
def test_what_a_pointwise_operation_keeps(op: str, kept: int) -> None:
    x = var("x", real(D))
    w = param(("w",), D)
    # `x + w` needs a gradient and keeps nothing itself.
    found = cost(program([x], pointwise(op, pointwise("add", x, w)), [w], [D]))
    assert found.total.activation_bytes == 4 * D * kept


def test_nothing_is_kept_where_no_parameter_stands_before() -> None:
    x = var("x", real(D))
    assert cost(program([x], pointwise("gelu", x), [], [D])).activation_bytes == 0
    w = param(("w",), D)
    stopped = pointwise("gelu", pointwise("stop", pointwise("add", x, w)))
    assert cost(program([x], stopped, [w], [D])).activation_bytes == 0


def test_a_value_that_several_keep_is_kept_once_and_views_share_it() -> None:
    w = param(("w",), 6)
    x = var("x", real(6))
    hidden = pointwise("relu", pointwise("add", x, w))
    view = Apply("reshape", (hidden,), real(2, 3))
    both = TupleTerm(
        (pointwise("square", hidden), pointwise("square", view)), Product((real(6), real(2, 3)))
    )
    assert cost(program([x], both, [w])).activation_bytes == 4 * 6
    moved = Apply("permute", (view,), real(3, 2), (("axes", (1, 0)),))
    copy = pointwise("square", Apply("reshape", (moved,), real(6)))
    pair = TupleTerm((pointwise("square", hidden), copy), Product((real(6), real(6))))
    assert cost(program([x], pair, [w])).activation_bytes == 4 * 6 + 4 * 6


def test_lookups_keep_their_indices_and_reals_take_what_they_are_told() -> None:
    i = var("i", index(10, B))
    rows = param(("table",), 10, D)
    found = Apply("gather", (rows, i), real(B, D), (("count", 1),))
    assert cost(program([i], found, [rows], [B, D])).total.activation_bytes == 8 * B
    half = cost(program([i], pointwise("gelu", found), [rows], [B, D]), real=2)
    assert half.total.activation_bytes == 8 * B + 2 * B * D
    assert half.total.parameter_bytes == 20 * D


def test_one_set_of_leaves_turned_several_times_needs_gradients_from_the_second_turn_on() -> None:
    x, state = var("x", real(D)), var("state", real(D))
    w = param(("w",), D)
    body = pointwise("gelu", pointwise("mul", state, w))
    loop = Loop("iterate", Dim.of(4), fresh("i", "index"), Region((state,), body), x, real(D))
    found = cost(program([x], loop, [w], [D]))
    assert found.total.parameters == D
    assert found.total.activation_bytes == 4 * (4 * D + 4 * D)


def test_what_follows_a_loop_keeps_the_result_of_its_last_turn_which_is_kept_already() -> None:
    x, state = var("x", real(D)), var("state", real(D))
    w = param(("w",), D)
    start = pointwise("relu", pointwise("add", x, w))
    loop = repeat(
        4, fresh("i", "index"), state, pointwise("relu", pointwise("add", state, w)), start
    )
    found = cost(program([x], pointwise("square", loop), [w], [D]))
    assert found.total.activation_bytes == 4 * D + 4 * 4 * D


def test_a_scan_turns_as_often_as_its_input_is_long() -> None:
    t = size("t")
    h, a = var("h", real(D)), var("a", real(D))
    h0, xs = var("h0", real(D)), var("xs", real(t, D))
    w = param(("w",), D, D)
    step = pointwise("tanh", pointwise("add", linear(h, w), a))
    body = TupleTerm((step, step), Product((real(D), real(D))))
    loop = Loop(
        "scan", t, fresh("i", "index"), Region((h, a), body), h0, Product((real(D), real(t, D))), xs
    )
    assert cost(program([h0, xs], loop, [w], [t, D])).total.flops == 2 * t * D * D


def test_factors_are_grouped_by_their_first_names() -> None:
    i = fresh("i", "index")
    leaves = [
        param(("tokens", "weight"), 3),
        param(("blocks", i, "attn", "q", "weight"), 5),
        param(("blocks", i, "mlp", "weight"), 7),
        param(("scale",), 11),
    ]
    x, state = var("x", real()), var("state", real())
    loop = repeat(2, i, state, pointwise("neg", state), x)
    found = cost(program([x], loop, leaves))
    assert {name: c.parameters.as_int() for name, c in found.factors.items() if name} == {
        "tokens": 3,
        "blocks.*.attn.q": 10,
        "blocks.*.mlp": 14,
    }
    assert {name: c.parameters.as_int() for name, c in found.grouped(1).factors.items()} == {
        "tokens": 3,
        "blocks.*": 24,
        "": 11,
    }
    assert found.grouped(2).factors.keys() == {"tokens", "blocks.*.attn", "blocks.*.mlp", ""}
    assert found.grouped(1).total == found.total


def test_the_table() -> None:
    x = var("x", real(B, D))
    w, v = param(("up", "weight"), E, D), param(("down", "weight"), D, E)
    y = linear(pointwise("relu", linear(x, w, "up")), v, "down")
    formulas = cost(program([x], y, [w, v], [B, D, E]))
    assert table(formulas, formulas.at({"d": 64, "e": 256})) == "\n".join(
        [
            "parameters",
            "  up     16,384  d * e",
            "  down   16,384  d * e",
            "  total  32,768  2 * d * e",
            "",
            "FLOPs of a forward pass",
            "  up     32768 * b  2 * b * d * e",
            "  down   32768 * b  2 * b * d * e",
            "  total  65536 * b  4 * b * d * e",
            "",
            "bytes kept by a forward pass in training",
            "  up                      256 * b  4 * b * d",
            "  (in the model itself)  1024 * b  4 * b * e",
            "  total                  1280 * b  4 * b * d + 4 * b * e",
            "",
            "bytes of the parameters",
            "  up      65,536  4 * d * e",
            "  down    65,536  4 * d * e",
            "  total  131,072  8 * d * e",
        ]
    )


def test_integers_carry_no_gradient() -> None:
    x = var("x", Tensor(INT, (D,)))
    w = param(("w",), D)
    y = Apply("gelu", (Apply("argmax", (pointwise("add", w, w),), Tensor(INT, ())),), Tensor(REAL))
    assert cost(program([x], y, [w], [D])).activation_bytes == 0


def test_a_model_without_parameters_has_its_cost_in_itself() -> None:
    """What needs no leaf is the model's own, however the program is made."""
    text = "model k : ([a, b], [b, c]) -> [a, c] = {a b, b c -> a c}"
    assert list(catnn.loads(text)["k"].cost().factors) == [""]
