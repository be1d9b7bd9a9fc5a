"""Every primitive against its formula, with every way to have leads; none is left out."""

import math
from collections.abc import Callable

import pytest
import torch
from attrs import evolve
from torch import Tensor

from catnn.prims.rows import PRIMITIVES
from catnn.types.dims import Dim
from catnn_torch.backend import backend
from tests.lowering.apply import LEAD, Case, agree, build, drawn, mapped, ways
from tests.lowering.fourier import FOURIER
from tests.lowering.resampling import RESAMPLING
from tests.lowering.windows import CONVOLUTIONS, POOLS

pytestmark = pytest.mark.torch

INF = math.inf


def unary(op: str, formula: Callable[[Tensor], Tensor], **settings: float) -> Case:
    low, high = settings.pop("low", -3.0), settings.pop("high", 3.0)
    return Case(op, ("",), "", formula, tuple(settings.items()), low, high)


def binary(op: str, formula: Callable[[Tensor, Tensor], Tensor], low: float = -3.0) -> Case:
    return Case(op, ("", ""), "", formula, low=low, high=3.0)


def whole(op: str, formula: Callable[[Tensor, Tensor], Tensor]) -> Case:
    return Case(op, ("int:", "int:"), "int:", formula)


def clip(x: Tensor, low: float, high: float) -> Tensor:
    return torch.where(x < low, low, torch.where(x > high, high, x))


def erf(x: Tensor) -> Tensor:
    """2 / sqrt(pi) * sum of (-1)^k x^(2k+1) / (k! (2k+1))."""
    total = torch.zeros_like(x)
    for k in range(60):
        total = total + (-1) ** k * x ** (2 * k + 1) / (float(math.factorial(k)) * (2 * k + 1))
    return 2 / math.sqrt(math.pi) * total


def softplus(x: Tensor) -> Tensor:
    return torch.log(1 + torch.exp(x))


POINTWISE = [
    unary("relu", lambda x: x * (x > 0)),
    unary("relu6", lambda x: clip(x, 0, 6), low=-3, high=9),
    unary("gelu", lambda x: x * (1 + erf(x / math.sqrt(2))) / 2),
    unary("gelu_tanh", lambda x: x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2),
    unary("silu", lambda x: x / (1 + torch.exp(-x))),
    unary("sigmoid", lambda x: 1 / (1 + torch.exp(-x))),
    unary("tanh", lambda x: (torch.exp(2 * x) - 1) / (torch.exp(2 * x) + 1)),
    unary("exp", lambda x: math.e**x),
    unary("log", lambda x: torch.log2(x) * math.log(2), low=0.1),
    unary("sqrt", lambda x: x**0.5, low=0.1),
    unary("rsqrt", lambda x: x**-0.5, low=0.1),
    unary("abs", lambda x: torch.where(x < 0, -x, x)),
    unary("sign", lambda x: torch.where(x < 0, -1.0, 1.0).double()),
    unary("sin", lambda x: torch.exp(1j * x).imag),
    unary("cos", lambda x: torch.exp(1j * x).real),
    unary("erf", erf),
    unary("floor", lambda x: torch.tensor(math.floor(x.item()), dtype=x.dtype)),
    unary("round", lambda x: torch.tensor(round(x.item()), dtype=x.dtype)),
    unary("softplus", softplus),
    unary("mish", lambda x: x * torch.tanh(softplus(x))),
    unary("hardswish", lambda x: x * clip(x + 3, 0, 6) / 6, low=-5, high=5),
    # torch has the slope of this one as a float32.
    evolve(unary("hardsigmoid", lambda x: clip(x + 3, 0, 6) / 6, low=-5, high=5), exact=1e-6),
    unary("leaky_relu", lambda x: torch.where(x > 0, x, 0.2 * x), slope=0.2),
    unary("elu", lambda x: torch.where(x > 0, x, 0.7 * (torch.exp(x) - 1)), alpha=0.7),
    unary("selu", lambda x: 1.0507009873554805 * torch.where(x > 0, x, 1.6732632423543772 * (torch.exp(x) - 1))),
    unary("softplus", lambda x: torch.where(2 * x > 3, x, torch.log(1 + torch.exp(2 * x)) / 2), beta=2.0, threshold=3.0),
    unary("log_sigmoid", lambda x: -torch.log(1 + torch.exp(-x))),
    unary("celu", lambda x: torch.where(x > 0, x, 0.5 * (torch.exp(x / 0.5) - 1)), alpha=0.5),
    evolve(unary("hardtanh", lambda x: clip(x, -0.5, 1.5)), attrs=(("low", -0.5), ("high", 1.5))),
    unary("hardshrink", lambda x: torch.where(abs(x) > 0.8, x, 0.0 * x), width=0.8),
    unary("softshrink", lambda x: torch.where(x > 0.8, x - 0.8, torch.where(x < -0.8, x + 0.8, 0.0 * x)), width=0.8),
    unary("threshold", lambda x: torch.where(x > 0.3, x, torch.tensor(-1.5, dtype=x.dtype)), at=0.3, value=-1.5),
    unary("neg", lambda x: 0 - x),
    unary("square", lambda x: x * x),
    unary("stop", lambda x: x.detach()),
    unary("dropout", lambda x: x, p=0.5),
    binary("add", lambda x, y: x + y),
    binary("sub", lambda x, y: x + -1 * y),
    binary("mul", lambda x, y: x * y),
    binary("div", lambda x, y: x * y**-1, low=0.5),
    binary("pow", lambda x, y: torch.exp(y * torch.log(x)), low=0.3),
    binary("minimum", lambda x, y: torch.where(x < y, x, y)),
    binary("maximum", lambda x, y: torch.where(x < y, y, x)),
    whole("add", lambda x, y: x + y),
    whole("mod", lambda x, y: torch.tensor(int(x) % int(y)) if int(y) else torch.tensor(0)),
    whole("floordiv", lambda x, y: torch.tensor(int(x) // int(y)) if int(y) else torch.tensor(0)),
    binary("mod", lambda x, y: x - y * torch.floor(x / y).detach(), low=0.5),
    binary("floordiv", lambda x, y: torch.floor(x / y).detach(), low=0.5),
    *(
        Case(op, ("", ""), "bool:", formula)
        for op, formula in (
            ("lt", lambda x, y: x < y), ("le", lambda x, y: ~(x > y)), ("gt", lambda x, y: y < x),
            ("ge", lambda x, y: ~(x < y)), ("eq", lambda x, y: x - y == 0), ("ne", lambda x, y: x - y != 0),
        )
    ),
    Case("eq", ("ix3:", "int:"), "bool:", lambda i, k: i - k == 0),
    Case("logical_and", ("bool:", "bool:"), "bool:", lambda x, y: x * y),
    Case("logical_or", ("bool:", "bool:"), "bool:", lambda x, y: x + y > 0),
    Case("logical_not", ("bool:",), "bool:", lambda x: x == 0),
    Case("select", ("bool:", "", ""), "", lambda c, x, y: c * x + (1 - c.double()) * y),
    Case("add", ("", "int:"), "", lambda x, k: x + k.double()),
    Case("real", ("int:",), "", lambda k: 1.0 * k.double()),
    Case("real", ("bool:",), "", lambda k: 1.0 * k.double()),
    Case("index", ("int:",), "ix6:", lambda k: torch.tensor(min(max(int(k), 0), 5)), (("n", Dim.of(6)),)),
    unary("at_least_float32", lambda x: x),
]  # fmt: skip


def over(*axes: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return (("axes", axes),)


def ordered(x: Tensor, descending: bool = False) -> tuple[Tensor, Tensor]:
    """Sorted by hand: values, and indices of int64."""
    order = sorted(range(len(x)), key=lambda k: -x[k].item() if descending else x[k].item())
    return torch.stack([x[k] for k in order]), torch.tensor(order)


def centred(x: Tensor, eps: float) -> Tensor:
    mean = x.sum() / x.numel()
    return (x - mean) / (((x - mean) ** 2).sum() / x.numel() + eps) ** 0.5


def grouped(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    parts = [centred(part, 1e-3) for part in x.split(2)]
    return torch.cat(parts) * w[:, None, None] + b[:, None, None]


def normed_by_running(
    x: Tensor, w: Tensor, b: Tensor, m: Tensor, v: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    m, v = m.detach(), v.detach()
    y = (x - m[:, None]) / (v[:, None] + 1e-3) ** 0.5 * w[:, None] + b[:, None]
    return y, m, v


REDUCED = [
    Case("sum", ("2,3",), "", lambda x: sum(x.flatten()), over(-2, -1)),
    Case("mean", ("2,3",), "", lambda x: sum(x.flatten()) / 6, over(-2, -1)),
    Case("sum", ("4",), "", lambda x: x[0] + x[1] + x[2] + x[3], over(-1)),
    Case("sum", ("int:4",), "int:", lambda x: x[0] + x[1] + x[2] + x[3], over(-1)),
    Case("prod", ("2,2",), "", lambda x: x[0, 0] * x[0, 1] * x[1, 0] * x[1, 1], over(-2, -1)),
    Case("amax", ("2,3",), "", lambda x: ordered(x.flatten())[0][-1], over(-2, -1)),
    Case("amin", ("2,3",), "", lambda x: ordered(x.flatten())[0][0], over(-2, -1)),
    Case("logsumexp", ("2,3",), "", lambda x: torch.log(torch.exp(x).sum()), over(-2, -1)),
    Case("variance", ("2,3",), "", lambda x: ((x - x.sum() / 6) ** 2).sum() / 6, over(-2, -1)),
    Case("variance", ("",), "", lambda x: 0.0 * x, over()),
    Case("mean", ("",), "", lambda x: x, over()),
    Case("all", ("bool:2,2",), "bool:", lambda x: x.sum() == 4, over(-2, -1)),
    Case("any", ("bool:3",), "bool:", lambda x: x.sum() > 0, over(-1)),
    Case("argmax", ("5",), ("", "ix5:"), lambda x: tuple(part[0] for part in ordered(x, True))),
    Case("argmin", ("5",), ("", "ix5:"), lambda x: tuple(part[0] for part in ordered(x))),
    Case("top", ("5",), ("2", "ix5:2"), lambda x: tuple(p[:2] for p in ordered(x, True)), (("k", 2),)),
    Case("sort", ("5",), ("5", "ix5:5"), ordered),
    Case("softmax", ("5",), "5", lambda x: torch.exp(x) / torch.exp(x).sum(), over(-1)),
    Case("log_softmax", ("5",), "5", lambda x: x - torch.log(torch.exp(x).sum()), over(-1)),
    Case("cumsum", ("3",), "3", lambda x: torch.stack((x[0], x[0] + x[1], x[0] + x[1] + x[2])), over(-1)),
    Case("flip", ("3",), "3", lambda x: torch.stack((x[2], x[1], x[0])), over(-1)),
    Case("one_hot", ("ix4:",), "4", lambda i: torch.tensor([float(k == i) for k in range(4)], dtype=torch.float64), (("n", Dim.of(4)),)),
    Case("layer_norm", ("4", "4", "4"), "4", lambda x, w, b: centred(x, 1e-3) * w + b, (("eps", 1e-3),)),
    Case("standardise", ("2,3",), "2,3", lambda x: centred(x, 1e-3), (("eps", 1e-3),)),
    Case("standardise", ("",), "", lambda x: 0 * x, (("eps", 1e-3),)),
    Case("rms_norm", ("4", "4"), "4", lambda x, w: x * ((x * x).sum() / 4 + 1e-3) ** -0.5 * w, (("eps", 1e-3),)),
    Case("group_norm", ("4,2,2", "4", "4"), "4,2,2", grouped, (("groups", 2), ("eps", 1e-3))),
    Case("batch_norm", ("4,3,2", "3", "3", "3", "3"), ("4,3,2", "3", "3"), normed_by_running,
         (("eps", 1e-3), ("momentum", 0.2)), 0.1, 2.0, fixed=(3, 4)),
    Case("cross_entropy", ("5", "ix5:"), "", lambda x, i: torch.log(torch.exp(x).sum()) - x[i]),
]  # fmt: skip


SPATIAL = [
    *CONVOLUTIONS,
    *POOLS,
    *RESAMPLING,
    Case("nearest_upsample2d", ("2,2",), "4,4",
         lambda x: torch.stack([torch.stack([x[p // 2, q // 2] for q in range(4)]) for p in range(4)]),
         (("k", 2),)),
]  # fmt: skip


def pushed(reduce: Callable[[list[Tensor]], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """Values at three places, by hand; nothing there is 0."""

    def formula(index: Tensor, values: Tensor) -> Tensor:
        rows = []
        for place in range(3):
            items = [values[j] for j in range(len(index)) if int(index[j]) == place]
            rows.append(reduce(items) if items else torch.zeros_like(values[0]))
        return torch.stack(rows)

    return formula


PUSHES = [
    Case(f"push_{name}", ("ix3:4", f"4{axes}"), f"3{axes}", pushed(reduce))
    for name, reduce in (
        ("sum", lambda items: sum(items)),
        ("mean", lambda items: sum(items) / len(items)),
        ("max", lambda items: torch.stack(items).amax(0)),
        ("min", lambda items: torch.stack(items).amin(0)),
    )
    for axes in ("", ",2")
]


def attention(q: Tensor, k: Tensor, v: Tensor, extra: Tensor | None = None) -> Tensor:
    scores = (q[:, None] * k[None]).sum(-1) / math.sqrt(q.shape[-1])
    if extra is not None:
        scores = torch.where(extra, scores, -INF) if extra.dtype == torch.bool else scores + extra
    weights = torch.exp(scores - scores.amax(-1, keepdim=True).detach())
    weights = weights / weights.sum(-1, keepdim=True)
    return torch.stack([sum(w * row for w, row in zip(ws, v, strict=True)) for ws in weights])  # type: ignore[misc]


def causal(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return attention(q, k, v, torch.arange(len(k)) <= torch.arange(len(q))[:, None])


def seen(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """Rows that see nothing are left to the library; the mask of the test has none."""
    return attention(q, k, v, mask)


ATTENTION = [
    Case("scaled_dot_product_attention", ("3,4", "5,4", "5,2"), "3,2", attention, (("causal", False),)),
    Case("scaled_dot_product_attention", ("4,4", "4,4", "4,2"), "4,2", causal, (("causal", True),)),
    Case("biased_attention", ("3,4", "5,4", "5,2", "3,5"), "3,2", attention),
]  # fmt: skip


def constant(op: str, due: Tensor, result: str, **attrs: float) -> Case:
    return Case(op, (), result, lambda: due, tuple(attrs.items()))


CONSTANTS = [
    constant("zeros", torch.tensor([0.0, 0.0]).double(), "2"),
    constant("zeros", torch.tensor([0, 0]), "int:2"),
    constant("ones", torch.tensor([[1.0, 1.0]]).double(), "1,2"),
    constant("ones", torch.tensor(1.0).double(), ""),
    constant("eye", torch.tensor([[1.0, 0.0], [0.0, 1.0]]).double(), "2,2"),
    constant("constant", torch.tensor([2.5, 2.5]).double(), "2", value=2.5),
]

ALL = [*POINTWISE, *REDUCED, *SPATIAL, *FOURIER, *PUSHES, *ATTENTION]


@pytest.mark.parametrize("case", ALL, ids=str)
def test_the_formula_holds_with_and_without_leads(case: Case) -> None:
    agree(case, (), ((),) * len(case.arguments))
    for carries in ways(len(case.arguments)):
        agree(case, LEAD, carries)


@pytest.mark.parametrize("case", CONSTANTS, ids=str)
def test_constants(case: Case) -> None:
    expected = case.formula()
    assert isinstance(expected, Tensor)
    torch.set_default_dtype(torch.float64)
    try:
        found = build(case, (), ())()
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(found, expected)
    assert found.dtype == expected.dtype


def test_masked_attention() -> None:
    """Every query sees a key."""
    mask = Case("masked_attention", ("3,4", "3,4", "3,2", "bool:3,3"), "3,2", seen)
    for carries in ways(4):
        inputs = drawn(mask, LEAD, carries)
        inputs[3] = inputs[3] | torch.eye(3, dtype=torch.bool)
        found = build(mask, LEAD, carries).double()(*inputs)
        (expected,) = mapped(mask, inputs, LEAD, carries)
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


def test_batch_norm_in_training() -> None:
    """Statistics of the batch; the running ones move by the momentum, the variance unbiased."""
    case = REDUCED[-2]
    assert case.op == "batch_norm"
    module = build(case, (), ((),) * 5).double().train()
    x, w, b, m, v = (x.detach() for x in drawn(case, (), ((),) * 5))
    y, mean, var = module(x, w, b, m, v)
    for c in range(3):
        own = x[:, c]
        torch.testing.assert_close(y[:, c], centred(own, 1e-3) * w[c] + b[c])
        torch.testing.assert_close(mean[c], 0.8 * m[c] + 0.2 * own.mean())
        spread = ((own - own.mean()) ** 2).sum() / (own.numel() - 1)
        torch.testing.assert_close(var[c], 0.8 * v[c] + 0.2 * spread)


INITIALISERS = {name for name, row in PRIMITIVES.items() if "initialiser" in row.tags}
STRUCTURE = {
    "reshape", "permute", "expand", "diagonal", "contract", "concat", "slice", "stack", "gather",
}  # fmt: skip
MADE_BY_BODIES = {
    "arange", "complex", "draw.normal", "draw.uniform", "draw.bernoulli", "draw.exponential", "draw.gamma",
    "draw.uniform_index", "draw.wide_uniform", "draw.wide_exponential",
}  # fmt: skip


def test_every_primitive_has_an_emission() -> None:
    """`take` is a slice by the time a program is emitted."""
    due = (PRIMITIVES.keys() - {"take"}) | STRUCTURE | MADE_BY_BODIES
    assert backend.primitives() == due


def test_every_primitive_is_tried_here() -> None:
    tried = {case.op for case in [*ALL, *CONSTANTS]} | {"masked_attention"}
    assert PRIMITIVES.keys() - {"take"} - INITIALISERS - tried == set()
