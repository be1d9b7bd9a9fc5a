"""Every activation of torch.nn, and a few of timm: values and gradients, also at kinks and far out."""

import math
from collections.abc import Callable

import pytest
import torch
from scipy import stats
from torch import Tensor, nn

from tests.references.vision import timm
from tests.std.support import NO_AND_TWO, Case, Function, compare, model

pytestmark = pytest.mark.torch

KINKS = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 6.0, 20.0, -20.0, 0.3]
SMALL = [s * 10.0**-k for k in (1, 4, 8, 16, 40, 300) for s in (1, -1)]
LARGE = [s * x for x in (7.0, 19.99, 20.01, 40.0, 100.0, 709.0, 1e4, 1e12) for s in (1, -1)]
GRID = [*KINKS, *SMALL, *LARGE, *torch.linspace(-8, 8, 97).tolist()]

SAME = {
    "elu": nn.ELU(),
    "elu[0.3]": nn.ELU(0.3),
    "hardshrink": nn.Hardshrink(),
    "hardshrink[0.3]": nn.Hardshrink(0.3),
    "hardsigmoid": nn.Hardsigmoid(),
    "hardtanh": nn.Hardtanh(),
    "hardtanh[-0.5, 3]": nn.Hardtanh(-0.5, 3.0),
    "hardswish": nn.Hardswish(),
    "leaky_relu": nn.LeakyReLU(),
    "leaky_relu[0.3]": nn.LeakyReLU(0.3),
    "log_sigmoid": nn.LogSigmoid(),
    "relu": nn.ReLU(),
    "relu6": nn.ReLU6(),
    "rrelu": nn.RReLU(),
    "rrelu[0.2, 0.3]": nn.RReLU(0.2, 0.3),
    "selu": nn.SELU(),
    "celu": nn.CELU(),
    "celu[0.3]": nn.CELU(0.3),
    "gelu": nn.GELU(),
    "gelu_tanh": nn.GELU(approximate="tanh"),
    "sigmoid": nn.Sigmoid(),
    "silu": nn.SiLU(),
    "swish": nn.SiLU(),
    "mish": nn.Mish(),
    "softplus": nn.Softplus(),
    "softplus[2.5]": nn.Softplus(2.5),
    "softplus[0.5, threshold = 3]": nn.Softplus(0.5, 3.0),
    "softshrink": nn.Softshrink(),
    "softshrink[0.3]": nn.Softshrink(0.3),
    "softsign": nn.Softsign(),
    "tanh": nn.Tanh(),
    "tanhshrink": nn.Tanhshrink(),
    "threshold[0.3, -20]": nn.Threshold(0.3, -20.0),
    "relu_squared": Function(lambda x: torch.relu(x) ** 2),
    "quick_gelu": Function(lambda x: x * torch.sigmoid(1.702 * x)),
}


def run(function: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    given = x.clone().requires_grad_()
    y = function(given)
    y.sum().backward()
    assert given.grad is not None
    return y.detach(), given.grad


@pytest.mark.parametrize("term", SAME)
def test_is_that_of_torch_everywhere(term: str) -> None:
    x = torch.tensor(GRID, dtype=torch.float64)
    ours = model(f"model m : [] -> [] = {term}\n").torch().double().eval()
    theirs = SAME[term].eval()
    for found, due in zip(run(ours, x), run(theirs, x), strict=True):
        torch.testing.assert_close(found, due, rtol=1e-12, atol=0, equal_nan=True)


TIMM = {"hard_mish": "hard_mish", "mish": "mish"}


@pytest.mark.parametrize("term", TIMM)
def test_is_that_of_timm(term: str) -> None:
    """Apart from the places where slopes change, which timm puts on the other side."""
    timm()
    from timm.layers import activations

    x = torch.tensor([g for g in GRID if abs(g) not in (0, 2, 3)], dtype=torch.float64)
    ours = model(f"model m : [] -> [] = {term}\n").torch().double()
    for found, due in zip(run(ours, x), run(getattr(activations, TIMM[term]), x), strict=True):
        torch.testing.assert_close(found, due, rtol=1e-12, atol=1e-290)


@pytest.mark.parametrize("a", [0.5, 1.0, 7.0])
def test_snake(a: float) -> None:
    """Its other form x + (1 - cos(2 a x)) / (2 a), whose slope 1 + sin(2 a x) is never negative."""
    x = torch.linspace(-5, 5, 101, dtype=torch.float64)
    y, slope = run(model(f"model m : [] -> [] = snake[{a}]\n").torch().double(), x)
    torch.testing.assert_close(y, x + (1 - torch.cos(2 * a * x)) / (2 * a))
    torch.testing.assert_close(slope, 1 + torch.sin(2 * a * x))


class Snake(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(6))

    def forward(self, x: Tensor) -> Tensor:
        return x + (1 - torch.cos(2 * self.alpha * x)) / (2 * self.alpha)


class StarReLU(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * torch.relu(x) ** 2 + self.bias


def leaf(name: str, ours: str) -> list[object]:
    from tests.references.harness import Rule

    return [Rule(name, ours)]


ROW, IMAGE = [("", (6,))], [("", (6, 3, 4))]
CASES = [
    Case("prelu", "prelu", ROW, (6,), lambda: nn.PReLU(6), leaf(r"(\w+)", r"prelu.\1")),
    Case("prelu of images", "prelu{[c] h w}", IMAGE, (6, 3, 4), lambda: nn.PReLU(6), leaf(r"(\w+)", r"prelu.\1")),
    Case("shared prelu", "prelu[shared = true]", ROW, (6,), nn.PReLU, leaf(r"(\w+)", r"prelu.\1")),
    Case("star_relu", "star_relu", ROW, (6,), StarReLU, leaf(r"(\w+)", r"star_relu.\1")),
    Case("learned_snake", "learned_snake", ROW, (6,), Snake, leaf(r"(\w+)", r"learned_snake.\1")),
    Case("softmax", "softmax", ROW, (6,), lambda: nn.Softmax(-1)),
    Case("softmin", "softmin", ROW, (6,), lambda: nn.Softmin(-1)),
    Case("log_softmax", "log_softmax", ROW, (6,), lambda: nn.LogSoftmax(-1)),
    Case("softmax2d", "softmax2d", IMAGE, (6, 3, 4), nn.Softmax2d),
    Case("glu", "glu", ROW, (3,), nn.GLU),
    Case("glu of images", "glu{[c] h w}", IMAGE, (3, 3, 4), lambda: nn.GLU(1)),
]  # fmt: skip


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_layers_agree_with_torch(case: Case, lead: str) -> None:
    compare(case, lead)


@pytest.mark.parametrize("shared", ["true", "false"])
def test_prelu_has_the_slope_below_at_zero(shared: str) -> None:
    x = torch.tensor([[0.0, -0.0, 1e-300, -1e-300, 5.0, -5.0]], dtype=torch.float64)
    ours = model(f"model m : [6] -> [6] = prelu[shared = {shared}]\n").torch().double()
    for found, due in zip(run(ours, x), run(nn.PReLU().double(), x), strict=True):
        torch.testing.assert_close(found, due, rtol=0, atol=0)


def test_how_learned_activations_begin() -> None:
    found = model("model m : [3] -> [3] = prelu >> star_relu >> learned_snake\n").torch()
    begun = {name: leaf.unique().tolist() for name, leaf in found.named_parameters()}
    due = {
        "prelu.weight": 0.25,
        "star_relu.scale": 0.8944,
        "star_relu.bias": -0.4472,
        "learned_snake.alpha": 1.0,
    }
    assert begun == {name: [pytest.approx(value)] for name, value in due.items()}  # fmt: skip


def test_star_relu_keeps_mean_and_variance() -> None:
    """Its constants are such that a standard normal input has mean 0 and variance 1 after it."""
    x = torch.randn(400_000, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y = model("model m : [1] -> [1] = star_relu\n").torch().double()(x).detach()
    assert abs(float(y.mean())) < 0.01
    assert float(y.var()) == pytest.approx(1, abs=0.02)


def test_rrelu_in_training() -> None:
    """Slopes are uniform between the bounds, each element has its own, and carries the gradient."""
    ours = model("model m : [n] -> [n] = rrelu[0.1, 0.4]\n").torch().double().train()
    torch.manual_seed(0)
    x = torch.cat((torch.full((5000,), -2.0), torch.full((5000,), 3.0))).double()[None]
    y, slope = run(ours, x)
    torch.testing.assert_close(y, slope * x)
    assert (slope[0, 5000:] == 1).all()
    assert stats.kstest(slope[0, :5000].numpy(), stats.uniform(0.1, 0.3).cdf).pvalue > 1e-3


def test_half_precision_is_no_worse_than_that_of_torch() -> None:
    x = torch.linspace(-10, 10, 257).to(torch.bfloat16)
    for term in ("log_sigmoid", "celu[0.3]", "softplus[2.5]", "hardshrink", "softsign"):
        ours = model(f"model m : [] -> [] = {term}\n").torch().to(torch.bfloat16)
        exact = SAME[term](x.double())
        error = (ours(x).double() - exact).abs().max()
        assert float(error) <= 2 * float((SAME[term](x).double() - exact).abs().max()) + 1e-6, term


def test_the_grid_has_the_kinks() -> None:
    assert {0.3, 0.5, 1.0, 2.0, 3.0, 6.0} <= set(GRID)
    assert all(map(math.isfinite, GRID))
