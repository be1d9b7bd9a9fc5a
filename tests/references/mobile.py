"""Networks of inverted residuals as timm builds them from texts, and the rules of their leaves."""

from collections.abc import Sequence

from torch.nn import Module

from tests.references.harness import Rule
from tests.references.renaming import conv_norm, gate
from tests.references.vision import timm

WIDENED = (
    ("conv_pw", "bn1", "expand"),
    ("conv_dw", "bn2", "depthwise"),
    ("conv_pwl", "bn3", "project"),
)
"""Convolution and norm of timm's `InvertedResidual`, and our factor."""
SEPARABLE = (("conv_dw", "bn1", "depthwise"), ("conv_pw", "bn2", "project"))
"""The same of its `DepthwiseSeparableConv`."""


def block(theirs: str, ours: str, widened: bool) -> list[Rule]:
    """The leaves of one block; without a wider middle timm takes another class."""
    inner = f"{ours}.branch"
    found = gate(rf"{theirs}\.se", f"{inner}.excite", "conv_reduce", "conv_expand")
    for conv, norm, part in WIDENED if widened else SEPARABLE:
        found += conv_norm(rf"{theirs}\.{conv}", rf"{theirs}\.{norm}", f"{inner}.{part}")
    return found


def network(arch: Sequence[Sequence[str]], kind: str = "EfficientNet", **given: object) -> Module:
    """timm's `EfficientNet` or `MobileNetV3` of blocks written as in `timm.models._efficientnet_builder`."""
    timm()
    from timm.models import efficientnet, mobilenetv3
    from timm.models._efficientnet_builder import decode_arch_def

    classes = {"EfficientNet": efficientnet.EfficientNet, "MobileNetV3": mobilenetv3.MobileNetV3}
    return classes[kind](block_args=decode_arch_def(arch), fix_stem=True, **given)
