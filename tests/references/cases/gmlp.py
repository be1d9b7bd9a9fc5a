"""gMLP against timm."""

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.vision import timm

RULES = [
    Rule(r"stem\.proj\.(\w+)", r"patches.conv.\1"),
    Rule(r"blocks\.(\d+)\.norm\.(\w+)", r"blocks.\1.norm.\2"),
    Rule(r"blocks\.(\d+)\.mlp_channels\.fc1\.(\w+)", r"blocks.\1.up.\2"),
    Rule(r"blocks\.(\d+)\.mlp_channels\.gate\.norm\.(\w+)", r"blocks.\1.gate.norm.\2"),
    Rule(r"blocks\.(\d+)\.mlp_channels\.gate\.proj\.(\w+)", r"blocks.\1.gate.tokens.\2"),
    Rule(r"blocks\.(\d+)\.mlp_channels\.fc2\.(\w+)", r"blocks.\1.down.\2"),
    Rule(r"(norm|head)\.(\w+)", r"\1.\2"),
]


def reference(layers: int, d: int, patch: int, size: int, classes: int) -> Module:
    timm()
    from timm.models import mlp_mixer

    return mlp_mixer.MlpMixer(
        num_classes=classes, img_size=size, patch_size=patch, num_blocks=layers, embed_dim=d,
        mlp_ratio=6, block_layer=mlp_mixer.SpatialGatingBlock, mlp_layer=mlp_mixer.GatedMlp,
    )  # fmt: skip


def at(
    batch: int,
    layers: int = 30,
    d: int = 256,
    patch: int = 16,
    size: int = 224,
    classes: int = 1000,
) -> At:
    sizes = {"layers": layers, "d": d, "patch": patch, "size": size, "classes": classes}
    return At(sizes, lambda: reference(**sizes), lambda: [reals(batch, 3, size, size)], RULES)


CASE = Case(
    small=[at(2, layers=2, d=24, patch=8, size=24, classes=10)],
    published=19_422_656,
    own=at(1),
    speed=at(2, layers=8),
)
