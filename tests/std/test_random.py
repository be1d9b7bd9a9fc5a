"""Distributions of `draw` against torch.distributions and scipy: law, moments, gradients, independence."""

from collections.abc import Callable, Sequence

import pytest
import torch
from attrs import frozen
from scipy import stats
from torch import Tensor
from torch import distributions as dist

import catnn
from tests.std.support import model

pytestmark = pytest.mark.torch

COUNT = 20_000
SIGNIFICANT = 1e-3
"""Seeds are fixed: a test that passes once always does."""


@frozen
class Law:
    """A distribution at parameters; `reference` is that of torch, `cdf` that of scipy."""

    written: str
    given: Sequence[float]
    reference: Callable[..., dist.Distribution]
    cdf: Callable[..., object]


LAWS = [
    Law("normal(p(0), p(1))", (0.5, 2.0), dist.Normal, stats.norm(0.5, 2.0).cdf),
    Law("uniform(p(0), p(1))", (-1.0, 3.0), dist.Uniform, stats.uniform(-1.0, 4.0).cdf),
    Law("exponential(p(0))", (2.5,), dist.Exponential, stats.expon(scale=0.4).cdf),
    Law("gamma(p(0), p(1))", (1.7, 2.0), dist.Gamma, stats.gamma(1.7, scale=0.5).cdf),
    Law("gamma(p(0))", (0.3,), lambda a: dist.Gamma(a, torch.ones(())), stats.gamma(0.3).cdf),
    Law("laplace(p(0), p(1))", (0.5, 2.0), dist.Laplace, stats.laplace(0.5, 2.0).cdf),
    Law("gumbel(p(0), p(1))", (0.5, 2.0), dist.Gumbel, stats.gumbel_r(0.5, 2.0).cdf),
    Law("log_normal(p(0), p(1))", (0.2, 0.4), dist.LogNormal, stats.lognorm(0.4, scale=2.718281828459045**0.2).cdf),
    Law("student(p(0), p(1), p(2))", (9.0, 0.5, 2.0), dist.StudentT, stats.t(9.0, 0.5, 2.0).cdf),
    Law("beta(p(0), p(1))", (1.5, 2.5), dist.Beta, stats.beta(1.5, 2.5).cdf),
    Law("beta(p(0), p(1))", (0.2, 0.4), dist.Beta, stats.beta(0.2, 0.4).cdf),
    Law("logistic(p(0), p(1))", (0.5, 2.0),
        lambda m, s: dist.TransformedDistribution(dist.Uniform(0.0, 1.0), [dist.SigmoidTransform().inv, dist.AffineTransform(m, s)]),
        stats.logistic(0.5, 2.0).cdf),
    Law("cauchy(p(0), p(1))", (0.5, 2.0), dist.Cauchy, stats.cauchy(0.5, 2.0).cdf),
    Law("logit_normal(p(0), p(1))", (0.5, 1.2),
        lambda m, s: dist.TransformedDistribution(dist.Normal(m, s), [dist.SigmoidTransform()]),
        lambda x: stats.norm(0.5, 1.2).cdf(stats.logistic.ppf(x))),
]  # fmt: skip
NAMES = [law.written for law in LAWS]


def samples(written: str, given: Tensor, seed: int = 0, count: int = COUNT) -> Tensor:
    """Many samples at the same parameters."""
    text = f"model m : [{len(given)}] -> [{count}] = p => draw z : [{count}] ~ {written}; z\n"
    module = model(text).torch().double()
    torch.manual_seed(seed)
    found: Tensor = module(given[None])
    return found[0]


def parameters(law: Law) -> Tensor:
    return torch.tensor(law.given, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("law", LAWS, ids=NAMES)
def test_the_law_is_that_of_scipy(law: Law) -> None:
    z = samples(law.written, parameters(law)).detach()
    assert z.isfinite().all()
    assert stats.kstest(z.numpy(), law.cdf).pvalue > SIGNIFICANT


@pytest.mark.parametrize("law", LAWS, ids=NAMES)
def test_samples_are_like_those_of_torch(law: Law) -> None:
    z = samples(law.written, parameters(law), seed=1).detach()
    torch.manual_seed(2)
    theirs = law.reference(*parameters(law).detach()).sample((COUNT,)).squeeze()
    assert stats.ks_2samp(z.numpy(), theirs.numpy()).pvalue > SIGNIFICANT


MOMENTS = [law for law in LAWS if not law.written.startswith(("cauchy", "logi"))]


@pytest.mark.parametrize("law", MOMENTS, ids=[law.written for law in MOMENTS])
def test_mean_and_variance(law: Law) -> None:
    z = samples(law.written, parameters(law), seed=3).detach()
    theirs = law.reference(*parameters(law).detach())
    error = float((theirs.variance / COUNT).sqrt())
    assert abs(float(z.mean() - theirs.mean)) < 4 * error
    assert float(z.var()) == pytest.approx(float(theirs.variance), rel=0.12)


LOCATED = ["normal", "laplace", "logistic", "gumbel", "cauchy"]


@pytest.mark.parametrize("name", LOCATED)
def test_gradients_of_location_and_scale(name: str) -> None:
    """z = m + s e has dz/dm = 1 and dz/ds = (z - m) / s, sample by sample."""
    text = f"model m : ([n], [n]) -> [n] = (m, s) => draw z : [n] ~ {name}(m, s); z\n"
    m = torch.randn(2, 50, dtype=torch.float64, requires_grad=True)
    s = torch.rand(2, 50, dtype=torch.float64).add(0.5).requires_grad_()
    z = model(text).torch().double()(m, s)
    z.sum().backward()
    assert m.grad is not None
    assert s.grad is not None
    torch.testing.assert_close(m.grad, torch.ones_like(m))
    torch.testing.assert_close(s.grad, ((z - m) / s).detach())


@pytest.mark.parametrize(
    ("name", "slope"), [("log_normal", lambda z: z), ("logit_normal", lambda z: z * (1 - z))]
)
def test_gradients_of_what_is_made_of_a_normal(
    name: str, slope: Callable[[Tensor], Tensor]
) -> None:
    text = f"model m : ([n], [n]) -> [n] = (m, s) => draw z : [n] ~ {name}(m, s); z\n"
    m = torch.randn(2, 50, dtype=torch.float64, requires_grad=True)
    s = torch.rand(2, 50, dtype=torch.float64).add(0.5).requires_grad_()
    z = model(text).torch().double()(m, s)
    z.sum().backward()
    before = z.log() if name == "log_normal" else z.logit()
    torch.testing.assert_close(m.grad, slope(z).detach())
    torch.testing.assert_close(s.grad, (slope(z) * (before - m) / s).detach())


def test_the_gradient_in_the_rate_of_an_exponential() -> None:
    rate = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    z = samples("exponential(p(0))", rate, count=50)
    z.sum().backward()
    torch.testing.assert_close(rate.grad, -(z.sum() / rate).detach())


@pytest.mark.parametrize("shape", [0.1, 0.7, 3.0, 40.0])
def test_the_gradient_in_the_shape_of_a_gamma_is_implicit(shape: float) -> None:
    """dz/da = -(dF/da) / f at the sample, for the distribution function F. Figurnov et al. 2018."""
    text = "model m : [n] -> [n] = a => draw z : [n] ~ gamma(a, 2); z\n"
    a = torch.full((1, 30), shape, dtype=torch.float64, requires_grad=True)
    torch.manual_seed(0)
    z = model(text).torch().double()(a)
    z.sum().backward()
    assert a.grad is not None
    at, step = z.detach().numpy(), 1e-5 * shape
    law = stats.gamma(shape, scale=0.5)
    up, down = (stats.gamma(shape + h, scale=0.5).cdf(at) for h in (step, -step))
    due = torch.from_numpy(-(up - down) / (2 * step) / law.pdf(at))
    usual = torch.from_numpy(law.pdf(at) > 1e-6)
    torch.testing.assert_close(a.grad[usual], due[usual], rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ("beta(p(0), p(1))", (1.5, 2.5)),
        ("beta(p(0), p(1))", (0.3, 0.6)),
        ("student(p(0))", (9.0,)),
    ],
)
def test_gradients_are_those_of_expectations(written: str, given: tuple[float, ...]) -> None:
    """The mean of the gradients of z^2 is the gradient of E z^2, within four standard errors."""
    p = torch.tensor(given, dtype=torch.float64).repeat(COUNT, 1).requires_grad_()
    text = f"model m : [{len(given)}] -> [] = p => draw z : [] ~ {written}; z * z\n"
    torch.manual_seed(5)
    model(text).torch().double()(p).sum().backward()
    assert p.grad is not None
    own = torch.tensor(given, dtype=torch.float64, requires_grad=True)
    if written.startswith("beta"):
        a, b = own
        second = a * (a + 1) / ((a + b) * (a + b + 1))
    else:
        second = own[0] / (own[0] - 2)
    second.backward()
    assert own.grad is not None
    error = p.grad.std(0) / COUNT**0.5
    assert ((p.grad.mean(0) - own.grad).abs() < 4 * error).all()


def test_dirichlet() -> None:
    """Its mean is a / sum(a), its marginals are beta, and the gradient is that of the mean."""
    a = torch.tensor([0.5, 1.5, 3.0], dtype=torch.float64)
    given = a.repeat(COUNT, 1).requires_grad_()
    module = model("model m : [3] -> [3] = a => draw z : [3] ~ dirichlet(a); z\n").torch().double()
    torch.manual_seed(0)
    z = module(given)
    torch.testing.assert_close(z.sum(-1), torch.ones(COUNT, dtype=torch.float64))
    theirs = dist.Dirichlet(a)
    assert ((z.mean(0) - theirs.mean).abs() < 4 * (theirs.variance / COUNT).sqrt()).all()
    for k in range(3):
        law = stats.beta(a[k], a.sum() - a[k])
        assert stats.kstest(z[:, k].detach().numpy(), law.cdf).pvalue > SIGNIFICANT
    z[:, 0].sum().backward()
    assert given.grad is not None
    total = a.sum()
    due = torch.stack([(total - a[0]), -a[0], -a[0]]) / total**2
    error = given.grad.std(0) / COUNT**0.5
    assert ((given.grad.mean(0) - due).abs() < 4 * error).all()


def test_small_concentrations_stay_finite() -> None:
    text = "model m : [n, 5] -> [n, 5] = a => draw z : [n, 5] ~ dirichlet(a); z\n"
    a = torch.full((1, 2000, 5), 1e-3, requires_grad=True)
    z = model(text).torch()(a)
    z.square().sum().backward()
    assert a.grad is not None
    assert z.isfinite().all()
    assert a.grad.isfinite().all()


def test_categorical() -> None:
    """Indices fall as their weights say, of which the sum need not be 1; what has none is never drawn."""
    p = torch.tensor([[1.0, 2.0, 0.0, 5.0]], dtype=torch.float64)
    text = f"model m : [4] -> ix(4)[{COUNT}] = p => draw i : ix(4)[{COUNT}] ~ categorical(p); i\n"
    torch.manual_seed(0)
    found = model(text).torch().double()(p)[0].bincount(minlength=4)
    assert found[2] == 0
    kept = [0, 1, 3]
    due = (COUNT * p[0] / p.sum())[kept]
    assert stats.chisquare(found[kept].numpy(), due.numpy()).pvalue > SIGNIFICANT


def test_rademacher_and_indices() -> None:
    text = f"""
    model m : [] -> ([{COUNT}], ix(7)[{COUNT}]) = x =>
      draw s : [{COUNT}] ~ rademacher;
      draw i : ix(7)[{COUNT}] ~ uniform_index;
      (s + 0 * x, i)
    """
    torch.manual_seed(0)
    s, i = model(text).torch()(torch.zeros(1))
    assert set(s.unique().tolist()) == {-1.0, 1.0}
    assert abs(float(s.mean())) < 4 / COUNT**0.5
    assert stats.chisquare(i[0].bincount(minlength=7).numpy()).pvalue > SIGNIFICANT


def test_permutation() -> None:
    text = "model m : [b, 3] -> ix(3)[b, 3] = x => draw p : ix(3)[b, 3] ~ permutation; p\n"
    torch.manual_seed(0)
    found = model(text).torch().double()(torch.zeros(1, COUNT, 3, dtype=torch.float64))[0]
    assert (found.sort(-1).values == torch.arange(3)).all()
    orders = (found * torch.tensor([9, 3, 1])).sum(-1).unique(return_counts=True)[1]
    assert len(orders) == 6
    assert stats.chisquare(orders.numpy()).pvalue > SIGNIFICANT


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax(hard: bool) -> None:
    """The greatest elements are categorical; the gradient is that of the relaxed sample."""
    text = f"model m : [4] -> [4] = gumbel_softmax[0.7, hard = {str(hard).lower()}]\n"
    x = torch.tensor([0.1, 1.0, -0.5, 0.4], dtype=torch.float64)
    given = x.repeat(COUNT, 1).requires_grad_()
    torch.manual_seed(0)
    y = model(text).torch().double()(given)
    torch.testing.assert_close(y.sum(-1), torch.ones(COUNT, dtype=torch.float64))
    found = y.argmax(-1).bincount(minlength=4)
    due = COUNT * x.softmax(-1)
    assert stats.chisquare(found.numpy(), due.numpy()).pvalue > SIGNIFICANT
    weight = torch.randn(4, dtype=torch.float64)
    (y * weight).sum().backward()
    torch.manual_seed(0)
    soft = (
        y if not hard else model(text.replace("true", "false")).torch().double()(given)
    ).detach()
    inner = (soft * weight).sum(-1, keepdim=True)
    torch.testing.assert_close(given.grad, soft * (weight - inner) / 0.7)
    if hard:
        torch.testing.assert_close(
            y.sort(-1).values, torch.tensor([0.0, 0, 0, 1]).double().expand_as(y)
        )


WRITTEN = [
    "normal", "uniform", "exponential", "gamma(2)", "laplace", "logistic", "gumbel", "cauchy", "student(3)",
    "log_normal", "logit_normal", "beta(1, 2)", "bernoulli(0.5)", "rademacher",
]  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN)
def test_items_of_a_batch_are_independent(written: str) -> None:
    text = f"model m : [n, 4] -> [n, 4] = x => draw z : [n, 4] ~ {written}; 0 * x + z\n"
    module = model(text).torch().double()
    torch.manual_seed(0)
    z = module(torch.zeros(5000, 3, 4, dtype=torch.float64)).flatten(1)
    related = torch.corrcoef(z.atan().T) - torch.eye(12, dtype=torch.float64)
    assert float(related.abs().max()) < 0.06
    torch.manual_seed(0)
    again = module(torch.zeros(5000, 3, 4, dtype=torch.float64)).flatten(1)
    assert torch.equal(z, again)
    assert not torch.equal(z, module(torch.zeros(5000, 3, 4, dtype=torch.float64)).flatten(1))


def test_parameters_line_up_at_the_last_axis() -> None:
    """One for each of the last axis, for each element, or for all; by place or by name."""
    text = """
    model m : ([n, 4], [4], []) -> ([n, 4], [n, 4]) = (x, y, s) =>
      draw a : [n, 4] ~ laplace(y, scale = 1e-6);
      draw b : [n, 4] ~ gumbel(scale = 1e-6 * s, location = x);
      (a, b)
    """
    x, y, s = (
        torch.randn(2, 3, 4).double(),
        torch.randn(2, 4).double(),
        torch.ones(2, dtype=torch.float64),
    )
    a, b = model(text).torch().double()(x, y, s)
    torch.testing.assert_close(a, y[:, None].expand_as(a), rtol=0, atol=1e-4)
    torch.testing.assert_close(b, x, rtol=0, atol=1e-4)


@pytest.mark.compile
def test_draws_are_one_graph() -> None:
    lines = "\n".join(f"draw z{k} : [n] ~ {one};" for k, one in enumerate(WRITTEN))
    total = " + ".join(f"z{k}" for k in range(len(WRITTEN)))
    module = model(f"model m : [n] -> [n] = x =>\n{lines}\nx + {total}\n").torch()
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    assert compiled(torch.zeros(2, 5)).isfinite().all()


REFUSED = {
    "laplace(1, 2, 3)": "`laplace` takes 2 parameters, 3 are given",
    "rademacher(1)": "`rademacher` has no parameters",
    "laplace(width = 2)": "`laplace` has no parameter `width`",
    "laplace(0, location = 1)": "`laplace` is given its `location` twice",
    "gamma": "`gamma` needs its `shape`",
    "categorical([1, 1])": "`categorical` gives an index, like `ix(10)`; this is `[d]`",
    "gamma(x > 0)": "`gamma` has a real number as its `shape`, this is `bool[d]`",
    "normal({d -> 2 d}(x), 1)": "the `mean` of `normal` does not line up with the sample",
    "laplace({d -> 2 d}(x), 1)": "the `location` of `laplace` does not line up with the sample",
    "beta(1, [1, 2])": "the `b` of `beta` does not line up with the sample",
    "laplase(0, 1)": "a distribution is due here",
}


@pytest.mark.parametrize("written", REFUSED)
def test_what_is_refused(written: str) -> None:
    with pytest.raises(catnn.CatError) as error:
        catnn.loads(f"morph m : [d] -> [d] = x => draw z : [d] ~ {written}; x + z\n")
    (found,) = error.value.diagnostics
    assert (found.code, found.message) == ("E0504", REFUSED[written])


def test_a_misspelt_distribution_is_told_with_all_there_are() -> None:
    with pytest.raises(catnn.CatError) as error:
        catnn.loads("morph m : [d] -> [d] = x => draw z : [d] ~ laplase(0, 1); x + z\n")
    (found,) = error.value.diagnostics
    assert found.help[0] == "did you mean `laplace`?"
    assert "`dirichlet`" in found.help[1]


def test_a_sample_is_no_constant() -> None:
    """What is drawn differs from item to item, also of parameters that do not."""
    text = "morph m : [d] -> [d] = x => buffer b : [] = zeros; {}; b <- z; x\n"
    for written in ("draw z : [] ~ gumbel", "let z = gumbel(0, 1)"):
        with pytest.raises(catnn.CatError) as error:
            catnn.loads(text.format(written))
        assert [found.code for found in error.value.diagnostics] == ["E0503"], written


LOOPS = {
    "model m : [4] -> [4] = repeat[3] (x => draw z : [4] ~ laplace; x + z)": 8,
    "model m : [4] -> [4] = iterate[3] (x => draw z : [4] ~ laplace; x + z)": 8,
    "model m : [4] -> [4, 4] = trail[3] (x => draw z : [4] ~ gumbel; 0 * x + z)": 25,
    "model m : [4] -> [2, 4] = x => share g = (y => draw z : [4] ~ gumbel; 0 * y + z); [g(x), g(x)]": 16,
    "model m : [4] -> [3, 4] = {d -> 3 d} >> copies[3] (y => draw z : [4] ~ gumbel; 0 * y + z)": 24,
    "model m : [4] -> [2, 4] = x => [gumbel(0 * x, 1), gumbel(0 * x, 1)]": 16,
    "model m : [4] -> [4] = x => draw z : [] ~ beta(2, 3); 0 * x + z": 2,
}
"""Programs at two items of zeros, and how many different numbers there are to come."""


@pytest.mark.parametrize("optimise", [True, False])
@pytest.mark.parametrize("text", LOOPS)
def test_each_use_draws_anew(text: str, optimise: bool) -> None:
    module = catnn.loads(text)["m"].torch(optimise=optimise).double()
    torch.manual_seed(0)
    found = module(torch.zeros(2, 4, dtype=torch.float64))
    assert found.unique().numel() == LOOPS[text]


def test_parameters_that_are_computed_from_sizes() -> None:
    """A rate of more than one factor divides as a whole."""
    text = f"model m : [k, {COUNT}] -> [k, {COUNT}] = x => draw z : [k, {COUNT}] ~ exponential(2 * k); x + z\n"
    torch.manual_seed(0)
    z = model(text).torch().double()(torch.zeros(1, 3, COUNT, dtype=torch.float64))
    assert float(z.mean()) == pytest.approx(1 / 6, rel=0.02)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_choices_are_as_fair_in_other_precisions(dtype: torch.dtype) -> None:
    """Rare events, orders of many, and weights that are near to each other."""
    text = f"""
    model m : [3] -> ([{COUNT}], ix(3)[{COUNT}], ix(900)[900]) = p =>
      draw rare : [{COUNT}] ~ bernoulli(0.001);
      draw i : ix(3)[{COUNT}] ~ categorical(p);
      draw order : ix(900)[900] ~ permutation;
      (rare, i, order)
    """
    p = torch.tensor([[1.0, 1.25, 0.75]], dtype=dtype)
    torch.manual_seed(0)
    rare, i, order = model(text).torch().to(dtype)(p)
    assert rare.dtype == dtype
    assert abs(float(rare.double().sum()) - 20) < 4 * 20**0.5
    due = COUNT * p[0].double() / 3
    assert stats.chisquare(i[0].bincount(minlength=3).numpy(), due.numpy()).pvalue > SIGNIFICANT
    rising = int((order[0].diff() > 0).sum())
    assert abs(rising - 899 / 2) < 4 * (901 / 12) ** 0.5
