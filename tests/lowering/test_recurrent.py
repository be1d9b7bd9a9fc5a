"""Scans of cells that torch has kernels for become one call, however they are written; other scans stay loops."""

import pytest

import catnn

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch


def lstm(gates: str = "e, f, g, o", swapped: bool = False, biased: bool = True) -> str:
    """An LSTM by hand: the order of the gates, and whether the state is (c, s)."""
    bias = "b + " if biased else ""
    return f"""
morph cell : (([h], [h]), [i]) -> (([h], [h]), [h]) = ({"(c, s)" if swapped else "(s, c)"}, x) =>
  param u : [4 * h, i] ~ xavier;
  param w : [4 * h, h] ~ xavier;
  {"param b : [4 * h] ~ normal[1.0];" if biased else ""}
  let a = {bias}{{j, g j -> g}}(s, w) + {{i, g i -> g}}(x, u);
  let ({gates}) = {{(p + q + r + v) -> p, q, r, v}}[p = h, q = h, r = h, v = h](a);
  let next = tanh(g) * sigmoid(e) + c * sigmoid(f);
  let out = tanh(next) * sigmoid(o);
  ({"(next, out)" if swapped else "(out, next)"}, out)
model m[i = 3, h = 4] : ([t, i], [h], [h]) -> ([h], [h], [t, h]) = (x, s, c) =>
  let ((p, q), ys) = (scan cell)((s, c), x) as steps;
  (p, q, ys)
"""


def recurrent(cell: str, leaves: str) -> str:
    """Another cell by hand, of one state."""
    return f"""
morph cell : ([h], [i]) -> ([h], [h]) = (s, x) =>
{leaves}
  {cell}
  (y, y)
model m[i = 3, h = 4] : ([t, i], [h]) -> ([h], [t, h]) = (x, s) => (scan cell)(s, x) as steps
"""


ELMAN_LEAVES = "param u : [h, i] ~ xavier; param w : [h, h] ~ xavier; param b : [h] ~ normal[1.0];"
GRU_LEAVES = (
    "param u : [3 * h, i] ~ xavier; param w : [3 * h, h] ~ xavier;"
    " param b : [3 * h] ~ normal[1.0]; param d : [3 * h] ~ normal[1.0];"
)


def gru(mix: str = "z * s + n * (1 - z)", candidate: str = "m + r * q") -> str:
    return recurrent(
        "let a = {(k h) -> k h}[k = 3](b + {i, g i -> g}(x, u));"
        " let v = {(k h) -> k h}[k = 3]({j, g j -> g}(s, w) + d);"
        " let r = sigmoid(v(0) + a(0)); let z = sigmoid(a(1) + v(1));"
        " let m = a(2); let q = v(2);"
        f" let n = tanh({candidate}); let y = {mix};",
        GRU_LEAVES,
    )


KERNELS = {
    "lstm": lstm(),
    "lstm, state turned round": lstm(swapped=True),
    "lstm without bias": lstm(biased=False),
    "gru": gru(),
    "gru, reset first": gru(candidate="q * r + m"),
    "rnn_tanh": recurrent(
        "let y = tanh({j, g j -> g}(s, w) + b + {i, g i -> g}(x, u));", ELMAN_LEAVES
    ),
    "rnn_relu": recurrent(
        "let y = relu({i, g i -> g}(x, u) + {j, g j -> g}(s, w) + b);", ELMAN_LEAVES
    ),
}
LOOPS = {
    "gates in another order": lstm(gates="f, e, g, o"),
    "another mixture": gru(mix="z * n + s * (1 - z)"),
    "reset before the matrix": gru(candidate="m + q"),
    "another activation": recurrent(
        "let y = sigmoid({j, g j -> g}(s, w) + b + {i, g i -> g}(x, u));", ELMAN_LEAVES
    ),
    "a matrix transposed": recurrent(
        "let y = tanh({j, j g -> g}(s, w) + b + {i, g i -> g}(x, u));", ELMAN_LEAVES
    ),
    "the state twice": recurrent(
        "let y = tanh({j, g j -> g}(s, w) + s + b + {i, g i -> g}(x, u));", ELMAN_LEAVES
    ),
}


def runs(text: str, t: int, batch: int) -> "list[tuple[torch.Tensor, ...]]":
    """Outputs and all gradients, with a kernel where there is one and step by step."""
    model = catnn.loads(text)["m"]
    found = []
    for optimise in (True, False):
        module = model.torch(dtype=torch.float64, seed=1, optimise=optimise)
        torch.manual_seed(0)
        states = 2 if "next" in text else 1
        shapes = [(batch, t, 3), *[(batch, 4)] * states]
        inputs = [torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes]
        outputs = module(*inputs)
        total = sum((torch.randn_like(y) * y).sum() for y in outputs)
        leaves = [*inputs, *module.parameters()]
        found.append((*outputs, *torch.autograd.grad(total, leaves)))
    return found


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize(("t", "batch"), [(1, 1), (5, 3)])
def test_a_kernel_computes_the_same(name: str, t: int, batch: int) -> None:
    kernel = name.replace(",", "").split()[0]
    source = catnn.loads(KERNELS[name])["m"].emit()
    assert f"torch.{kernel}(" in source
    assert f" = {kernel}(" in source
    for mine, due in zip(*runs(KERNELS[name], t, batch), strict=True):
        torch.testing.assert_close(mine, due, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", LOOPS)
def test_other_cells_stay_loops(name: str) -> None:
    source = catnn.loads(LOOPS[name])["m"].emit()
    assert "for item in" in source
    assert not any(f"torch.{kernel}" in source for kernel in ("lstm", "gru", "rnn"))
    for mine, due in zip(*runs(LOOPS[name], 3, 2), strict=True):
        torch.testing.assert_close(mine, due, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("kind", "layer"), [("lstm", "LSTM"), ("gru", "GRU"), ("rnn", "RNN")])
def test_the_library_agrees_with_torch(kind: str, layer: str) -> None:
    text = f"model m[i = 3, h = 4] : [t, i] -> [t, h] = {kind}[h] as steps"
    theirs = getattr(torch.nn, layer)(3, 4, batch_first=True, dtype=torch.float64)
    ours = catnn.loads(text)["m"].torch(dtype=torch.float64)
    leaves = {f"steps.cell.{name[:-3]}": leaf for name, leaf in theirs.state_dict().items()}
    ours.load_state_dict(leaves)
    for shape in ((1, 1, 3), (2, 5, 3)):
        x = torch.randn(shape, dtype=torch.float64)
        torch.testing.assert_close(ours(x), theirs(x)[0], rtol=1e-10, atol=1e-10)


@pytest.mark.compile
@pytest.mark.parametrize("name", ["lstm", "gru", "rnn_tanh"])
def test_one_graph_steps_through_the_cell(name: str) -> None:
    """The compiler takes no such kernel: a graph of the whole has the steps."""
    module = catnn.loads(KERNELS[name])["m"].torch(dtype=torch.float64)
    states = 2 if name == "lstm" else 1
    inputs = [torch.randn(2, 5, 3, dtype=torch.float64)]
    inputs += [torch.randn(2, 4, dtype=torch.float64) for _ in range(states)]
    traced = torch.compile(module, fullgraph=True, backend="aot_eager")
    for mine, due in zip(traced(*inputs), module(*inputs), strict=True):
        torch.testing.assert_close(mine, due)


@pytest.mark.compile
def test_a_compiled_model_keeps_the_kernel_and_new_lengths_cost_nothing() -> None:
    text = "model m[i = 3, h = 4] : [t, i] -> [t, h] = linear[i] >> lstm[h] as steps"
    model = catnn.loads(text)["m"]
    plain, fast = model.torch(seed=1), model.compile(seed=1)
    for t in (5, 9, 12, 1):
        x = torch.randn(2, t, 3)
        torch.testing.assert_close(fast(x), plain(x), rtol=1e-5, atol=1e-6)
