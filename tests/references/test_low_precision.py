"""GPT-2, Llama and ViT in bfloat16 and under autocast: no further from float64 than the reference is."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

import pytest
import torch
from attrs import frozen
from torch import Tensor
from torch.nn import Module

from catnn.api import Model, Setting
from tests.references.harness import Rule, example, redraw, renamed
from tests.references.test_language_models import GPT2, LLAMA, gpt2, llama, logits, tokens
from tests.references.test_vision_models import VIT, image
from tests.references.vision import timm

pytestmark = [pytest.mark.torch, pytest.mark.reference]


@frozen
class Case:
    model: Model
    theirs: Module
    rules: Sequence[Rule]
    x: Tensor
    call: Callable[[Module, Tensor], object]


def bound(name: str, **sizes: Setting) -> Model:
    return example(name).bind(**sizes)


def cases(name: str) -> Case:
    match name:
        case "gpt2":
            sizes = {"layers": 2, "d": 48, "h": 3, "vocab": 97, "context": 512}
            x = tokens(97, 1, 500)
            return Case(bound(name, **sizes), gpt2(**sizes), GPT2, x, lambda m, x: logits(m, [x]))
        case "llama":
            own = {"layers": 2, "d": 48, "h": 4, "kv": 2, "w": 64, "vocab": 97}
            theirs = llama(**own, base=500000.0)
            x = tokens(97, 1, 500)
            return Case(bound(name, **own), theirs, LLAMA, x, lambda m, x: logits(m, [x]))
        case _:
            own = {"layers": 2, "d": 48, "h": 3, "patch": 8, "size": 32, "classes": 7}
            theirs = timm().create_model(
                "vit_base_patch16_224", pretrained=False,
                img_size=32, patch_size=8, embed_dim=48, depth=2, num_heads=3, num_classes=7,
            )  # fmt: skip
            x = image(2, 3, 32, 32).float()
            return Case(bound(name, **own), theirs, VIT, x, lambda m, x: m(x))


@pytest.fixture(params=["gpt2", "llama", "vit"])
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found = cases(request.param)
    redraw(found.theirs, 0)
    return found


def leaves_of(module: Module) -> dict[str, Tensor]:
    return {name: leaf.detach() for name, leaf in module.named_parameters()}


@torch.no_grad()
def errors(
    case: Case, dtype: torch.dtype, context: Callable[[], AbstractContextManager[object]]
) -> tuple[float, float]:
    """Root mean squares of what ours and theirs are off the reference in float64."""
    theirs = case.theirs.eval()
    rounded = {name: leaf.to(dtype) for name, leaf in leaves_of(theirs).items()}
    x = case.x.to(dtype) if case.x.is_floating_point() else case.x
    exact = case.model.torch(dtype=torch.float64).eval()
    exact.load_state_dict(renamed({n: leaf.double() for n, leaf in rounded.items()}, case.rules))
    due = exact(x.double() if x.is_floating_point() else x)
    ours = case.model.torch(dtype=dtype).eval()
    ours.load_state_dict(renamed(rounded, case.rules))
    theirs = theirs.to(dtype)
    with context():
        found, other = ours(x), case.call(theirs, x)
    assert isinstance(other, Tensor)
    assert found.dtype == other.dtype
    return (
        float((found.double() - due).square().mean().sqrt()),
        float((other.double() - due).square().mean().sqrt()),
    )


def test_in_bfloat16(case: Case) -> None:
    ours, theirs = errors(case, torch.bfloat16, nullcontext)
    assert ours <= 1.5 * theirs, (ours, theirs)


def test_under_autocast(case: Case) -> None:
    ours, theirs = errors(
        case, torch.float32, lambda: torch.autocast("cpu", dtype=torch.bfloat16)
    )
    assert ours <= 1.5 * theirs, (ours, theirs)
