"""MLP-Mixer against timm, whose widths follow from that of a patch."""

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.vision import timm

RULES = [
    Rule(r"stem\.proj\.(\w+)", r"patches.conv.\1"),
    Rule(r"blocks\.(\d+)\.norm([12])\.(\w+)", r"blocks.\1.norm\2.\3"),
    Rule(r"blocks\.(\d+)\.mlp_(tokens|channels)\.fc1\.(\w+)", r"blocks.\1.\2.up.\3"),
    Rule(r"blocks\.(\d+)\.mlp_(tokens|channels)\.fc2\.(\w+)", r"blocks.\1.\2.down.\3"),
    Rule(r"(norm|head)\.(\w+)", r"\1.\2"),
]


def reference(layers: int, d: int, patch: int, size: int, classes: int) -> Module:
    timm()
    from timm.models.mlp_mixer import MlpMixer

    return MlpMixer(
        num_classes=classes, img_size=size, patch_size=patch, num_blocks=layers, embed_dim=d
    )


def at(
    batch: int,
    layers: int = 12,
    d: int = 768,
    patch: int = 16,
    size: int = 224,
    classes: int = 1000,
) -> At:
    given = {"layers": layers, "d": d, "patch": patch, "size": size, "classes": classes}
    return At(
        {**given, "t": d // 2, "w": 4 * d},
        lambda: reference(**given),
        lambda: [reals(batch, 3, size, size)],
        RULES,
    )


CASE = Case(
    small=[at(2, layers=2, d=24, patch=8, size=24, classes=10)],
    published=59_880_472,
    own=at(1),
    speed=at(2, layers=4),
    wide=at(2, layers=2, d=240, patch=8, size=64, classes=100),
)
