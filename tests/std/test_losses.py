"""Losses against torch.nn.functional, torch.distributions, transformers, and their papers' sums in loops."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch import distributions as dist
from torch.nn import functional as F

from tests.references.harness import agree
from tests.std.support import NO_AND_TWO, Case, Function, compare, model

pytestmark = pytest.mark.torch

PAIR, THREE = [("", ()), ("", ())], [("", ()), ("", ()), ("", ())]
SCORES, ROWS = [("", (5,)), ("ix(5)", ())], [("", (4,)), ("", (4,))]


def signs(x: Tensor) -> Tensor:
    """1 or -1, from what was drawn."""
    return torch.where(x > 0.5, 1.0, -1.0).double()


def of_signs(term: str) -> str:
    """The term with its last input made 1 or -1, as `signs` does."""
    return term.replace("Y", "select(y > 0.5, 1, -1)")


CASES = [
    Case("smooth_l1", "smooth_l1[0.4]", PAIR, (), lambda: nn.SmoothL1Loss(reduction="none", beta=0.4)),
    Case("huber", "huber[0.4]", PAIR, (), lambda: nn.HuberLoss(reduction="none", delta=0.4)),
    Case("log_cosh", "log_cosh", PAIR, (), lambda: Function(lambda x, y: torch.log(torch.cosh(x - y)))),
    Case("soft_cross_entropy", "soft_cross_entropy", [("", (5,)), ("", (5,))], (),
         lambda: nn.CrossEntropyLoss(reduction="none"), positive=True),
    Case("focal at 0 is cross_entropy", "focal[0]", SCORES, (), lambda: nn.CrossEntropyLoss(reduction="none")),
    Case("poisson_nll", "poisson_nll", PAIR, (), lambda: nn.PoissonNLLLoss(reduction="none")),
    Case("gaussian_nll", "gaussian_nll", THREE, (), lambda: nn.GaussianNLLLoss(reduction="none"), positive=True),
    Case("gaussian_nll, full", "gaussian_nll[full = true, eps = 0.5]", THREE, (),
         lambda: nn.GaussianNLLLoss(full=True, eps=0.5, reduction="none"), positive=True),
    Case("multi_margin", "multi_margin[0.7]", SCORES, (), lambda: nn.MultiMarginLoss(margin=0.7, reduction="none")),
    Case("triplet_margin", "triplet_margin[0.6]", [*ROWS, ("", (4,))], (), lambda: nn.TripletMarginLoss(0.6, reduction="none")),
    Case("distance", "distance", ROWS, (), lambda: nn.PairwiseDistance()),
    Case("cosine", "cosine", ROWS, (), lambda: nn.CosineSimilarity()),
    Case("preference", "preference", PAIR, (), lambda: Function(lambda a, b: -F.logsigmoid(a - b))),
    Case("kl_normal", "((m, s, n, t) => kl_normal((m, s), (n, t)))", [*THREE, ("", ())], (), lambda: Function(
        lambda m, s, n, t: dist.kl_divergence(dist.Normal(m, s), dist.Normal(n, t))), positive=True),
    Case("hinge", of_signs("((x, y) => hinge(x, Y) + 0 * y)"), PAIR, (), lambda: Function(
        lambda x, y: (1 - signs(y) * x).clamp(min=0) + 0 * y)),
    Case("soft_margin", of_signs("((x, y) => soft_margin(x, Y) + 0 * y)"), PAIR, (), lambda: Function(
        lambda x, y: F.soft_margin_loss(x, signs(y), reduction="none") + 0 * y)),
    Case("margin_ranking", of_signs("((a, b, y) => margin_ranking[0.3](a, b, Y) + 0 * y)"), THREE, (), lambda: Function(
        lambda a, b, y: F.margin_ranking_loss(a, b, signs(y), margin=0.3, reduction="none") + 0 * y)),
    Case("cosine_embedding", of_signs("((a, b, y) => cosine_embedding[0.1](a, b, Y) + 0 * y)"), [*ROWS, ("", ())], (),
         lambda: Function(lambda a, b, y: F.cosine_embedding_loss(a, b, signs(y), margin=0.1, reduction="none") + 0 * y)),
]  # fmt: skip


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees_with_torch(case: Case, lead: str) -> None:
    compare(case, lead)


@pytest.mark.parametrize("gamma", [0.5, 2.0, 5.0])
def test_focal(gamma: float) -> None:
    """-(1 - p)^gamma log p, term by term."""

    def loss(x: Tensor, y: Tensor) -> Tensor:
        chance = [row.exp()[k] / row.exp().sum() for row, k in zip(x, y, strict=True)]
        return torch.stack([-((1 - p) ** gamma) * p.log() for p in chance])

    case = Case("focal", f"focal[{gamma}]", SCORES, (), lambda: Function(loss))
    compare(case, "")


@pytest.mark.parametrize(("alpha", "gamma"), [(0.25, 2.0), (0.7, 1.5)])
def test_binary_focal_is_that_of_transformers(alpha: float, gamma: float) -> None:
    from transformers.loss.loss_for_object_detection import sigmoid_focal_loss

    def loss(x: Tensor, y: Tensor) -> Tensor:
        one = [
            sigmoid_focal_loss(a.reshape(1, 1), b.reshape(1, 1), 1, alpha, gamma)
            for a, b in zip(x, y, strict=True)
        ]
        return torch.stack(one).flatten()

    term = f"binary_focal[{alpha}, {gamma}]"
    compare(Case(term, term, PAIR, (), lambda: Function(loss), positive=True), "")


def test_dice_is_that_of_transformers() -> None:
    from transformers.loss.loss_for_object_detection import dice_loss

    def loss(x: Tensor, y: Tensor) -> Tensor:
        return torch.stack(
            [dice_loss(a[None], b[None].flatten(1), 1) for a, b in zip(x, y, strict=True)]
        )

    term = "((x, y) => dice(sigmoid(x), y))"
    image = [("", (3, 4)), ("", (3, 4))]
    compare(Case("dice", term, image, (), lambda: Function(loss), positive=True), "")


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_pinball_is_least_at_the_quantile(q: float) -> None:
    generator = torch.Generator().manual_seed(0)
    y = torch.randn(1, 4001, generator=generator, dtype=torch.float64)
    text = f"model m : ([n], [n]) -> [] = (x, y) => mean(pinball[{q}](x, y))"
    loss = model(text).torch().double()
    at = torch.linspace(-2, 2, 401, dtype=torch.float64)
    found = torch.stack([loss(x.expand_as(y), y)[0] for x in at])
    assert float(at[found.argmin()]) == pytest.approx(float(y.quantile(q)), abs=0.02)


def run(loss: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """Values, and the gradient of their sum."""
    given = x.clone().requires_grad_()
    found = loss(given)
    (slope,) = torch.autograd.grad(found.sum(), given)
    return found.detach(), slope


def check(text: str, theirs: nn.Module, inputs: list[Tensor]) -> None:
    agree(model(text).torch(), theirs, [], inputs, modes=("eval",))


def drawn(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def test_weighted_cross_entropy() -> None:
    text = "model m : ([n, 5], ix(5)[n]) -> [] over weight : [5] = weighted_cross_entropy\n"
    x, y = drawn(3, 7, 5), torch.randint(5, (3, 7), generator=torch.Generator().manual_seed(1))
    weight = drawn(5, seed=2).exp()
    module = model(text).torch().double()
    found, slope = run(lambda x: module(x, y, weight), x)
    due, their_slope = run(
        lambda x: torch.stack([F.cross_entropy(a, b, weight) for a, b in zip(x, y, strict=True)]), x
    )
    torch.testing.assert_close(found, due)
    torch.testing.assert_close(slope, their_slope)


def test_kl_standard() -> None:
    """Over all axes of an item: the sum of the divergences of independent coordinates."""

    def loss(m: Tensor, v: Tensor) -> Tensor:
        one = dist.kl_divergence(dist.Normal(m, (v / 2).exp()), dist.Normal(0.0, 1.0))
        return one.flatten(1).sum(1)

    text = "model m : ([3, 4], [3, 4]) -> [] = kl_standard\n"
    check(text, Function(loss), [drawn(2, 3, 4), drawn(2, 3, 4, seed=1)])


def test_kept_cross_entropy_is_ignore_index() -> None:
    text = "model m : ([n, 5], ix(5)[n]) -> [] over keep : bool[n] = kept_cross_entropy\n"
    x, y = drawn(3, 7, 5), torch.randint(5, (3, 7), generator=torch.Generator().manual_seed(1))
    keep = torch.tensor([[True] * 4 + [False] * 3, [False, True] * 3 + [True], [True] * 7])

    def loss(x: Tensor, y: Tensor, keep: Tensor) -> Tensor:
        y = y.masked_fill(~keep, -100)
        return torch.stack([F.cross_entropy(a, b) for a, b in zip(x, y, strict=True)])

    check(text, Function(loss), [x, y, keep])


def test_matching_is_that_of_clip() -> None:
    from transformers.models.clip.modeling_clip import image_text_contrastive_loss

    theirs = Function(lambda s: torch.stack([image_text_contrastive_loss(one) for one in s]))
    check("model m : [n, n] -> [] = matching\n", theirs, [drawn(3, 6, 6)])


def test_info_nce() -> None:
    def loss(a: Tensor, b: Tensor) -> Tensor:
        found = []
        for x, y in zip(a, b, strict=True):
            terms = []
            for i in range(len(x)):
                near = torch.stack([F.cosine_similarity(x[i], other, dim=0) / 0.2 for other in y])
                terms.append(near.exp().sum().log() - near[i])
            found.append(torch.stack(terms).mean())
        return torch.stack(found)

    text = "model m : ([n, d], [n, d]) -> [] = info_nce[0.2]\n"
    check(text, Function(loss), [drawn(2, 5, 3), drawn(2, 5, 3, seed=1)])


def test_nt_xent() -> None:
    """The sum of the paper: l(i, j) over both orders of all pairs, k over all but i."""

    def loss(a: Tensor, b: Tensor) -> Tensor:
        found = []
        for x, y in zip(a, b, strict=True):
            z, n = [*x, *y], len(x)

            def near(i: int, j: int, z: list[Tensor] = z) -> Tensor:
                return F.cosine_similarity(z[i], z[j], dim=0) / 0.3

            terms = []
            for i in range(2 * n):
                rest = torch.stack([near(i, k).exp() for k in range(2 * n) if k != i])
                terms.append(-(near(i, (i + n) % (2 * n)).exp() / rest.sum()).log())
            found.append(torch.stack(terms).mean())
        return torch.stack(found)

    text = "model m : ([n, d], [n, d]) -> [] = nt_xent[0.3]\n"
    check(text, Function(loss), [drawn(2, 4, 3), drawn(2, 4, 3, seed=1)])


def test_contrastive_losses_of_a_batch() -> None:
    """With `across` the items of the batch are told apart from each other."""
    text = """
    morph loss : ([d], [d]) -> [] across n = (a, b) => {-> n}(info_nce[0.2](a, b))
    model m : ([d], [d]) -> [] = loss
    """
    a, b = drawn(6, 3), drawn(6, 3, seed=1)
    found = model(text).torch().double()(a, b)
    s = F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T / 0.2
    torch.testing.assert_close(found, F.cross_entropy(s, torch.arange(6)).expand(6))


FAR = [-800.0, -40.0, -20.5, 20.5, 40.0, 800.0]


def test_nothing_overflows_far_out() -> None:
    x = torch.tensor(FAR, dtype=torch.float64, requires_grad=True)
    for term in ("bce_with_logits", "soft_margin", "preference", "binary_focal", "log_cosh"):
        y = (
            model(f"model m : ([], []) -> [] = {term}\n")
            .torch()
            .double()(x, torch.ones(6).double())
        )
        (slope,) = torch.autograd.grad(y.sum(), x)
        assert y.isfinite().all(), term
        assert slope.isfinite().all(), term
    far = model("model m : ([], []) -> [] = soft_margin\n").torch().double()
    due = torch.tensor([800.0, 40.0, 20.5 + math.log1p(math.exp(-20.5))], dtype=torch.float64)
    torch.testing.assert_close(far(x, torch.ones(6).double())[:3].detach(), due, rtol=1e-12, atol=0)


def test_the_variance_is_cut_as_in_torch() -> None:
    """Below eps the value is that at eps, and the gradient still reaches the variance."""
    ours = model("model m : ([], [], []) -> [] = gaussian_nll[eps = 0.5]\n").torch().double()
    x, y = drawn(5), drawn(5, seed=1)
    grads = []
    for loss in (ours, nn.GaussianNLLLoss(eps=0.5, reduction="none")):
        v = torch.linspace(0.01, 1.0, 5, dtype=torch.float64, requires_grad=True)
        loss(x, y, v).sum().backward()
        grads.append(v.grad)
    torch.testing.assert_close(*grads)
