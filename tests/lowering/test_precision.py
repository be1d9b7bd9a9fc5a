"""Low precision: positions stay exact, models run forward and backward, and nothing extra is written.

The measure is the same module in float64 on the same (rounded) inputs and parameters.
"""

import pytest
import torch
from torch import Tensor
from torch.nn import Module

import catnn
from catnn.api import Model
from tests.heart.running import leaves
from tests.references.case import model as example
from tests.references.case import small

pytestmark = pytest.mark.torch

LOW = (torch.bfloat16, torch.float16)
EPS = {torch.bfloat16: 2.0**-8, torch.float16: 2.0**-11}
LONG = 700
"""More positions than bfloat16 can tell apart: it has no 257."""

POSITIONS = {
    "rotary": "model m : [n, 8] -> [n, 8] = rope",
    "rotary, neighbours": "model m : [n, 8] -> [n, 8] = rope_interleaved",
    "rotary, of an input": "model m : ([n, 8], ix(4096)[n]) -> [n, 8] = (x, at) => rope_at(x, real(at))",
    "sinusoidal": "model m : [n, 8] -> [n, 8] = sinusoidal_positions",
    "linear biases": "model m : [n, n] -> [n, n] = s => softmax(s + [-0.01 * (i - j) for i < n, j < n])",
    "a window": "model m : [n, n] -> [n, n] = s => select([abs(real(i) - j) < 300.5 for i < n, j < n], s, 0 * s)",
    "fractions": "model m : [n] -> [n] = x => x + [(i + 0.5) / n for i < n]",
    "a whole number": "model m : [n] -> [n] = x => x * [i % 7 for i < n]",
    "through a loop": "model m : [n] -> [n] = x => x >> iterate[2] ((k, y) => y + sin([real(i) * (k + 1) for i < n]))",
}


def shapes(name: str) -> list[tuple[int, ...]]:
    text = POSITIONS[name]
    if "[n, n]" in text:
        return [(LONG, LONG)]
    return [(LONG, 8)] if "[n, 8]" in text else [(LONG,)]


def cast(values: list[Tensor], dtype: torch.dtype) -> list[Tensor]:
    return [x.to(dtype) if x.is_floating_point() else x for x in values]


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("name", [name for name in POSITIONS if "ix(4096)" not in POSITIONS[name]])
def test_positions_are_exact(name: str, dtype: torch.dtype) -> None:
    """Off by the rounding of a few operations; a position rounded to 8 bits is off by radians."""
    model = catnn.loads(POSITIONS[name])["m"]
    draw = torch.Generator().manual_seed(3)
    given = [torch.randn(shape, generator=draw).to(dtype) for shape in shapes(name)]
    found = model.torch(dtype=dtype)(*given)
    due = model.torch(dtype=torch.float64)(*cast(given, torch.float64))
    assert found.dtype == dtype
    bound = 4 * EPS[dtype] * max(1.0, float(due.abs().max()))
    assert float((found.double() - due).abs().max()) <= bound


def test_rounded_positions_would_be_seen() -> None:
    """The test above can fail: angles of rounded positions are far off."""
    places = torch.arange(LONG)
    off = torch.cos(places.bfloat16().double()) - torch.cos(places.double())
    assert float(off.abs().max()) > 0.5


def test_indices_become_reals_of_the_module_in_the_end() -> None:
    model = catnn.loads("model m : [n] -> ([n], [n]) = x => (x, [real(i) for i < n])")["m"]
    _, found = model.torch(dtype=torch.bfloat16)(torch.zeros(LONG, dtype=torch.bfloat16))
    assert torch.equal(found, torch.arange(LONG).bfloat16())


WIDE = {
    "into a product": "model m : [n, 8] -> [n, 4] = x => at_least_float32(x) >> linear[4]",
    "into a norm": "model m : [n, 8] -> [n, 8] = x => at_least_float32(x) >> rmsnorm",
    "into attention": "model m : [n, 8] -> [n, 8] = x => let y = at_least_float32(x); attend(y, y, x)",
    "with a parameter": "model m : [n, 8] -> [n, 8] = x => param w : [8] ~ normal; w * at_least_float32(x)",
    "in one branch": "model m : [n, 8] -> [n, 8] = x => if training then at_least_float32(x) else x",
    "as a state": "model m : [n, 8] -> [n, 8] = x => at_least_float32(x) >> iterate[2] tanh",
    "stored": "model m : [n, 8] -> [n, 8] across b = x => buffer s : [8] = zeros; s <- mean{[b n] d}(at_least_float32(x)); x + s",
}


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("name", WIDE)
def test_wide_values_meet_the_rest(name: str, dtype: torch.dtype) -> None:
    model = catnn.loads(WIDE[name])["m"]
    x = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(1)).to(dtype)
    module, exact = model.torch(dtype=dtype), model.torch(dtype=torch.float64)
    exact.load_state_dict(module.state_dict())
    for training in (True, False):
        found = module.train(training)(x)
        due = exact.train(training)(x.double())
        torch.testing.assert_close(found.double(), due, rtol=16 * EPS[dtype], atol=16 * EPS[dtype])
    if list(module.parameters()):
        found.sum().backward()
        assert all(
            leaf.grad is not None and leaf.grad.dtype == dtype for leaf in module.parameters()
        )


def test_widened_values_stay_wide_where_torch_promotes() -> None:
    text = "model m : [n, 8] -> [n, 8] = x => at_least_float32(x) * 1.001"
    model = catnn.loads(text)["m"]
    x = torch.ones(2, 8, dtype=torch.bfloat16)
    found = model.torch(dtype=torch.bfloat16)(x)
    assert found.dtype == torch.float32
    assert float(found[0, 0]) == pytest.approx(1.001)
    assert model.torch(dtype=torch.float64)(x.double()).dtype == torch.float64


# ---- the examples ---------------------------------------------------------------------------


def given(name: str, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    return cast(small(name)[1], dtype)


def trained(module: Module, given: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """Outputs, and gradients of the mean of their squares."""
    torch.manual_seed(6)
    outputs = leaves(module(*given))
    sum(y.float().square().mean() for y in outputs).backward()  # type: ignore[union-attr]
    gradients = [leaf.grad for leaf in module.parameters() if leaf.grad is not None]
    assert len(gradients) == len(list(module.parameters()))
    return [y.detach() for y in outputs], gradients


EXAMPLES = ("bert", "digits", "gpt2", "llama", "mixer", "mlp", "resnet50", "vit")
"""Some of each kind; the bounds are those of shallow models."""


@pytest.fixture(params=EXAMPLES)
def model(request: pytest.FixtureRequest) -> Model:
    return small(request.param)[0]


@pytest.mark.parametrize("dtype", [*LOW, torch.float64])
def test_examples_in_other_precisions(model: Model, dtype: torch.dtype) -> None:
    """Forward and backward; outputs are near those in float64 of the same parameters."""
    module, exact = model.torch().to(dtype), model.torch(dtype=torch.float64)
    exact.load_state_dict(module.state_dict())
    x = given(model.name, dtype)
    found, gradients = trained(module, x)
    due, _ = trained(exact, cast(x, torch.float64))
    assert all(y.dtype == dtype for y in found)
    assert all(gradient.dtype == dtype and gradient.isfinite().all() for gradient in gradients)
    for ours, theirs in zip(found, due, strict=True):
        scale = max(1.0, float(theirs.abs().max()))
        bound = scale * (24 * EPS.get(dtype, 1e-9))
        assert float((ours.double() - theirs).abs().max()) <= bound


def test_examples_under_autocast(model: Model) -> None:
    """Training, too: no operation meets two precisions, parameters and their gradients stay float32."""
    module = model.torch()
    x = given(model.name)
    due, _ = trained(model.torch(), x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found, gradients = trained(module, x)
    assert all(
        gradient.dtype == torch.float32 and gradient.isfinite().all() for gradient in gradients
    )
    for ours, theirs in zip(found, due, strict=True):
        scale = max(1.0, float(theirs.abs().max()))
        assert float((ours.float() - theirs).abs().max()) <= scale * 24 * EPS[torch.bfloat16]


@pytest.mark.parametrize("name", POSITIONS)
def test_positions_under_autocast(name: str) -> None:
    model = catnn.loads(POSITIONS[name])["m"]
    x: list[Tensor] = [torch.randn(5, 5 if "[n, n]" in POSITIONS[name] else 8)]
    if shapes(name) == [(LONG,)]:
        x = [torch.randn(5)]
    if "ix(4096)" in POSITIONS[name]:
        x.append(torch.arange(5))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = model.torch()(*x)
    torch.testing.assert_close(found, model.torch()(*x))


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "llama"])
def test_nothing_is_written_where_there_are_no_positions(name: str) -> None:
    text = example(name).emit()
    assert ".to(" not in text
    assert "promote_types" not in text


def test_the_exact_precision_is_named_once() -> None:
    text = example("llama").emit()
    assert text.count("promote_types") == 1
    assert "exact = torch.promote_types(self.embed.weight.dtype, torch.float32)\n" in text
    assert "angles = i[:, None] / j" in text


@pytest.mark.parametrize("dtype", LOW)
def test_given_positions_are_exact(dtype: torch.dtype) -> None:
    model = catnn.loads(POSITIONS["rotary, of an input"])["m"]
    x = torch.randn(LONG, 8, generator=torch.Generator().manual_seed(3)).to(dtype)
    places = torch.arange(LONG) * 5
    found = model.torch(dtype=dtype)(x, places)
    due = model.torch(dtype=torch.float64)(x.double(), places)
    assert found.dtype == dtype
    torch.testing.assert_close(found.double(), due, rtol=0, atol=16 * EPS[dtype])
