"""GPT-2, Llama and ViT in bfloat16 and under autocast: no further from float64 than the reference is."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest
import torch
from attrs import frozen
from torch import Tensor
from torch.nn import Module

from catnn.api import Model
from tests.references.case import At, Call, case, model
from tests.references.cases import gpt2, llama, vit
from tests.references.harness import redraw, renamed

pytestmark = [pytest.mark.torch, pytest.mark.reference]

SIZES = {
    "gpt2": gpt2.at(1, 500, layers=2, d=48, h=3, vocab=97, context=512),
    "llama": llama.at(1, 500, 48, 4, 2, 64, 97),
    "vit": vit.at(2, layers=2, d=48, h=3, patch=8, size=32, classes=7),
}


@frozen
class Beside:
    """Ours, theirs with drawn leaves, the sizes of both, and what calls theirs."""

    model: Model
    theirs: Module
    at: At
    call: Call


@pytest.fixture(params=sorted(SIZES))
def beside(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Beside:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    at = SIZES[request.param]
    theirs = at.theirs()
    redraw(theirs, 0)
    return Beside(model(request.param).bind(**at.sizes), theirs, at, case(request.param).call)


def leaves_of(module: Module) -> dict[str, Tensor]:
    return {name: leaf.detach() for name, leaf in module.named_parameters()}


@torch.no_grad()
def errors(
    beside: Beside, dtype: torch.dtype, context: Callable[[], AbstractContextManager[object]]
) -> tuple[float, float]:
    """Root mean squares of what ours and theirs are off the reference in float64."""
    theirs = beside.theirs.eval()
    rounded = {name: leaf.to(dtype) for name, leaf in leaves_of(theirs).items()}
    (given,) = beside.at.inputs()
    x = given.to(dtype) if given.is_floating_point() else given
    exact = beside.model.torch(dtype=torch.float64).eval()
    exact.load_state_dict(
        renamed({n: leaf.double() for n, leaf in rounded.items()}, beside.at.rules)
    )
    due = exact(x.double() if x.is_floating_point() else x)
    ours = beside.model.torch(dtype=dtype).eval()
    ours.load_state_dict(renamed(rounded, beside.at.rules))
    theirs = theirs.to(dtype)
    with context():
        found, other = ours(x), beside.call(theirs, [x])
    assert isinstance(other, Tensor)
    assert found.dtype == other.dtype
    return (
        float((found.double() - due).square().mean().sqrt()),
        float((other.double() - due).square().mean().sqrt()),
    )


def test_in_bfloat16(beside: Beside) -> None:
    ours, theirs = errors(beside, torch.bfloat16, nullcontext)
    assert ours <= 1.5 * theirs, (ours, theirs)


def test_under_autocast(beside: Beside) -> None:
    ours, theirs = errors(
        beside, torch.float32, lambda: torch.autocast("cpu", dtype=torch.bfloat16)
    )
    assert ours <= 1.5 * theirs, (ours, theirs)
