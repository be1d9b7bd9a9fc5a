"""Examples begin as their reference implementations do: leaf by leaf the same mean and spread."""

import re

import pytest
import torch

from tests.references.case import NAMES, case, model
from tests.references.harness import renamed

pytestmark = [pytest.mark.torch, pytest.mark.reference]

SMALLEST = 500
"""Leaves of fewer numbers are compared in their mean and spread only roughly."""


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.parametrize("name", [name for name in NAMES if case(name).wide is not None])
def test_begins_as_its_reference(name: str) -> None:
    """The same mean and spread in every leaf, within several standard errors."""
    found, at = case(name), case(name).wide
    assert at is not None
    torch.manual_seed(0)
    theirs = {leaf: value.detach() for leaf, value in at.theirs().named_parameters()}
    ours = model(name).bind(**at.sizes).torch(seed=1)
    due = renamed(theirs, at.rules)
    assert {leaf for leaf, _ in ours.named_parameters()} == due.keys()
    for leaf, value in ours.named_parameters():
        if found.begins_otherwise and re.fullmatch(found.begins_otherwise, leaf):
            continue
        mine, expected = value.detach().double(), due[leaf].double()
        spread = float(expected.std())
        slack = 8 * spread / mine.numel() ** 0.5 + 1e-12
        assert float(mine.std()) == pytest.approx(spread, abs=slack), leaf
        assert float(mine.mean()) == pytest.approx(float(expected.mean()), abs=slack), leaf
        if spread and mine.numel() > 100 * SMALLEST:
            assert slack < 0.04 * spread, leaf


def test_what_gpt2_adds_to_the_residual_stream_begins_smaller() -> None:
    """Radford et al. 2019: scaled by 1 / sqrt(N) for N residual layers, two in each block."""
    module = model("gpt2").bind(layers=8, d=240, h=3, vocab=97, context=16).torch(seed=1)
    for name, leaf in module.named_parameters():
        if name.endswith(("attn.out.weight", "mlp.down.weight")):
            assert float(leaf.detach().std()) == pytest.approx(0.02 / 16**0.5, rel=0.03)
        elif name.endswith("weight") and leaf.dim() == 2:
            assert float(leaf.detach().std()) == pytest.approx(0.02, rel=0.03)


def test_norms_of_a_residual_network_begin_at_one() -> None:
    """He et al. 2015; timm begins the last of each block at zero."""
    module = model("resnet50").bind(depths=(1, 2, 1, 1), classes=100).torch(seed=1)
    norms = [leaf for name, leaf in module.named_parameters() if name.endswith("norm.weight")]
    assert len(norms) == 1 + 3 * 5 + 4
    assert all((leaf == 1).all() for leaf in norms)
