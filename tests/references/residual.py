"""Residual networks of timm at any depths, and the rules of their leaves."""

from collections.abc import Sequence

from torch.nn import Module

from tests.references.harness import Rule
from tests.references.renaming import conv_norm, gate, staged
from tests.references.vision import timm

BOTTLENECK = ("narrow", "middle", "widen")
BASIC = ("one", "two")


def rules(depths: Sequence[int], parts: Sequence[str] = BOTTLENECK) -> list[Rule]:
    """Stem, stages and head of timm's `ResNet`; the convolutions of a block are our `parts`."""
    found = [*conv_norm("conv1", "bn1", "stem"), Rule(r"fc\.(\w+)", r"head.\1")]
    for theirs, ours in staged(depths, r"layer{stage}\.{block}", 1):
        for number, part in enumerate(parts, 1):
            found += conv_norm(
                rf"{theirs}\.conv{number}", rf"{theirs}\.bn{number}", f"{ours}.{part}"
            )
        found += conv_norm(rf"{theirs}\.downsample\.0", rf"{theirs}\.downsample\.1", f"{ours}.skip")
        found += gate(rf"{theirs}\.se", f"{ours}.excite", "fc1", "fc2")
    return found


def resnet(block: str, depths: Sequence[int], **given: object) -> Module:
    """timm's `ResNet` of `BasicBlock` or `Bottleneck`."""
    timm()
    from timm.models import resnet

    return resnet.ResNet(block=getattr(resnet, block), layers=tuple(depths), **given)
