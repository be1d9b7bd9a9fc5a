"""Examples begin as their reference implementations do: leaf by leaf the same mean and spread."""

from collections.abc import Sequence

import pytest
import torch
from torch.nn import Module

from tests.references.harness import Rule, example, renamed
from tests.references.test_language_models import BERT, GPT2, LLAMA, bert, gpt2, llama
from tests.references.test_vision_models import MIXER, VIT, resnet, resnet_rules
from tests.references.vision import timm

pytestmark = [pytest.mark.torch, pytest.mark.reference]

SMALLEST = 500
"""Leaves of fewer numbers are compared in their mean and spread only roughly."""


def begin_alike(ours: Module, theirs: Module, rules: Sequence[Rule], other: Sequence[str]) -> None:
    """The same mean and spread in every leaf, within five standard errors; `other` are ours alone."""
    leaves = {name: leaf.detach() for name, leaf in theirs.named_parameters()}
    due = renamed(leaves, rules)
    found = {name: leaf.detach() for name, leaf in ours.named_parameters()}
    assert found.keys() == due.keys()
    for name, leaf in found.items():
        if any(name.endswith(end) for end in other):
            continue
        expected = due[name].double()
        spread = float(expected.std())
        slack = 8 * spread / leaf.numel() ** 0.5 + 1e-12
        assert float(leaf.double().std()) == pytest.approx(spread, abs=slack), name
        assert float(leaf.double().mean()) == pytest.approx(float(expected.mean()), abs=slack), name
        if spread and leaf.numel() > 100 * SMALLEST:
            assert slack < 0.04 * spread, name


def test_gpt2_begins_as_in_transformers() -> None:
    sizes = {"layers": 6, "d": 240, "h": 3, "vocab": 997, "context": 256}
    torch.manual_seed(0)
    begin_alike(example("gpt2").bind(**sizes).torch(seed=1), gpt2(**sizes), GPT2, [])


def test_what_gpt2_adds_to_the_residual_stream_begins_smaller() -> None:
    """Radford et al. 2019: scaled by 1 / sqrt(N) for N residual layers, two in each block."""
    module = example("gpt2").bind(layers=8, d=240, h=3, vocab=97, context=16).torch(seed=1)
    for name, leaf in module.named_parameters():
        if name.endswith(("attn.out.weight", "mlp.down.weight")):
            assert float(leaf.detach().std()) == pytest.approx(0.02 / 16**0.5, rel=0.03)
        elif name.endswith("weight") and leaf.dim() == 2:
            assert float(leaf.detach().std()) == pytest.approx(0.02, rel=0.03)


def test_bert_begins_as_in_transformers() -> None:
    sizes = {"layers": 2, "d": 240, "h": 3, "w": 480, "vocab": 997, "context": 256}
    torch.manual_seed(0)
    theirs = bert(**sizes)
    # It keeps row 0, the padding, at zero; the paper does not say so.
    begin_alike(example("bert").bind(**sizes).torch(seed=1), theirs, BERT, ["word"])


def test_llama_begins_as_in_transformers() -> None:
    sizes = {"layers": 2, "d": 240, "h": 6, "kv": 2, "w": 480, "vocab": 997, "base": 500000.0}
    torch.manual_seed(0)
    begin_alike(example("llama").bind(**sizes).torch(seed=1), llama(**sizes), LLAMA, [])


def test_vit_begins_as_in_timm() -> None:
    torch.manual_seed(0)
    theirs = timm().create_model(
        "vit_base_patch16_224", pretrained=False,
        img_size=64, patch_size=8, embed_dim=240, depth=2, num_heads=3, num_classes=100,
    )  # fmt: skip
    ours = example("vit").bind(layers=2, d=240, h=3, patch=8, size=64, classes=100)
    begin_alike(ours.torch(seed=1), theirs, VIT, [])


def test_mixer_begins_as_in_timm() -> None:
    timm()
    from timm.models.mlp_mixer import MlpMixer

    torch.manual_seed(0)
    theirs = MlpMixer(num_classes=100, img_size=64, patch_size=8, num_blocks=2, embed_dim=240)
    ours = example("mixer").bind(layers=2, d=240, t=120, w=960, patch=8, size=64, classes=100)
    begin_alike(ours.torch(seed=1), theirs, MIXER, [])


def test_resnet_begins_as_in_timm() -> None:
    """Apart from the last norm of a block: at one as in the paper and in torchvision, at zero in timm."""
    timm()
    depths = (1, 2, 1, 1)
    torch.manual_seed(0)
    ours = example("resnet50").bind(depths=depths, classes=100).torch(seed=1)
    begin_alike(ours, resnet(depths, 100), resnet_rules(depths), ["widen.norm.weight"])
    assert all(
        (leaf == 1).all() for n, leaf in ours.named_parameters() if n.endswith("norm.weight")
    )
