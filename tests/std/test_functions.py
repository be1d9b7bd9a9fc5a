"""Terms without leaves: pooling, activations, losses, rearrangements."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.std.support import NO_AND_TWO, Case, Function, compare, model

pytestmark = pytest.mark.torch

IMAGE = [("", (3, 6, 7))]
ROW = [("", (6,))]
PAIR = [("", ()), ("", ())]
SCORES = [("", (5,)), ("ix(5)", ())]

CASES = [
    Case("maxpool", "maxpool[2]", IMAGE, (3, 3, 3), lambda: nn.MaxPool2d(2)),
    Case("maxpool, strided and padded", "maxpool[3, stride = 2, pad = 1]", IMAGE, (3, 3, 4), lambda: nn.MaxPool2d(3, 2, 1)),
    Case("maxpool1d", "maxpool1d[3, 2, 1]", [("", (4, 7))], (4, 4), lambda: nn.MaxPool1d(3, 2, 1)),
    Case("avgpool", "avgpool[3, stride = 2, pad = 1]", IMAGE, (3, 3, 4), lambda: nn.AvgPool2d(3, 2, 1)),
    Case("avgpool1d", "avgpool1d[2]", [("", (4, 7))], (4, 3), lambda: nn.AvgPool1d(2)),
    Case("upsample", "upsample[2]", IMAGE, (3, 12, 14), lambda: nn.Upsample(scale_factor=2)),
    Case("instancenorm", "instancenorm", IMAGE, (3, 6, 7), lambda: nn.InstanceNorm2d(3)),
    Case("global mean", "mean{c [h w]}", IMAGE, (3,), lambda: Function(lambda x: x.mean((-2, -1)))),
    Case("unit", "unit", ROW, (6,), lambda: Function(lambda x: F.normalize(x, dim=-1))),
    Case("patches", "patches[2]", [("", (3, 4, 6))], (6, 12),
         lambda: Function(lambda x: F.unfold(x, 2, stride=2).transpose(1, 2))),
    # activations
    Case("swish", "swish", ROW, (6,), nn.SiLU),
    Case("hardtanh", "hardtanh", ROW, (6,), nn.Hardtanh),
    Case("relu_squared", "relu_squared", ROW, (6,), lambda: Function(lambda x: F.relu(x) ** 2)),
    Case("quick_gelu", "quick_gelu", ROW, (6,), lambda: Function(lambda x: x * torch.sigmoid(1.702 * x))),
    Case("glu", "glu", ROW, (3,), nn.GLU),
    Case("maxout", "maxout[3]", ROW, (2,), lambda: Function(lambda x: x.unflatten(-1, (2, 3)).amax(-1))),
    # losses of one item
    Case("huber", "huber[0.7]", PAIR, (), lambda: nn.HuberLoss(reduction="none", delta=0.7)),
    Case("bce", "bce", PAIR, (), lambda: nn.BCELoss(reduction="none"), positive=True),
    Case("bce_with_logits", "bce_with_logits", PAIR, (), lambda: nn.BCEWithLogitsLoss(reduction="none")),
    Case("cross_entropy", "cross_entropy", SCORES, (), lambda: nn.CrossEntropyLoss(reduction="none")),
    Case("smooth_cross_entropy", "smooth_cross_entropy[0.3]", SCORES, (),
         lambda: nn.CrossEntropyLoss(reduction="none", label_smoothing=0.3)),
    Case("nll", "nll", SCORES, (), lambda: nn.NLLLoss(reduction="none")),
    Case("kl", "kl", [("", (5,)), ("", (5,))], (),
         lambda: Function(lambda p, q: F.kl_div(q.log(), p, reduction="none").sum(-1)), positive=True),
    Case("next_token", "next_token", [("", (4, 5)), ("ix(5)", (4,))], (),
         lambda: Function(lambda x, y: F.cross_entropy(x[:, :-1].transpose(1, 2), y[:, 1:], reduction="none").mean(-1))),
]  # fmt: skip


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees_with_torch(case: Case, lead: str) -> None:
    compare(case, lead)


def over_all(loss: nn.Module) -> nn.Module:
    """A mean over all elements of each item of the batch."""
    return Function(lambda x, y: loss(x, y).flatten(1).mean(1))


@pytest.mark.parametrize(
    ("term", "loss"),
    [("mse", nn.MSELoss(reduction="none")), ("l1", nn.L1Loss(reduction="none"))],
)
def test_means_take_all_axes(term: str, loss: nn.Module) -> None:
    case = Case(term, term, [("", (3, 4, 5)), ("", (3, 4, 5))], (), lambda: over_all(loss))
    compare(case, "")


def test_kl_takes_zero_probabilities() -> None:
    module = model("model m : ([3], [3]) -> [] = kl\n").torch().double()
    p = torch.tensor([[0.0, 0.25, 0.75]], dtype=torch.float64)
    q = torch.tensor([[0.5, 0.25, 0.25]], dtype=torch.float64)
    torch.testing.assert_close(module(p, q), F.kl_div(q.log(), p, reduction="none").sum(-1))


def test_bce_stays_finite_at_the_ends() -> None:
    module = model("model m : ([], []) -> [] = bce\n").torch().double()
    p, y = (torch.tensor(x, dtype=torch.float64) for x in ([0.0, 1.0, 0.0], [1.0, 0.0, 0.0]))
    torch.testing.assert_close(module(p, y), F.binary_cross_entropy(p, y, reduction="none"))


def test_first_and_second_take_any_types() -> None:
    text = "model m : ([2], [3]) -> ([2], [3]) = (first & second)\n"
    x, y = torch.randn(4, 2), torch.randn(4, 3)
    found: tuple[Tensor, Tensor] = model(text).torch()(x, y)
    assert torch.equal(found[0], x)
    assert torch.equal(found[1], y)


def test_residual_adds_its_input() -> None:
    case = Case("residual", "residual[square]", ROW, (6,), lambda: Function(lambda x: x + x * x))
    compare(case, "p")
