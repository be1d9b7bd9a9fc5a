"""ResMLP against timm."""

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.vision import timm

RULES = [
    Rule(r"stem\.proj\.(\w+)", r"patches.conv.\1"),
    Rule(r"blocks\.(\d+)\.ls([12])", r"blocks.\1.scale\2.weight"),
    Rule(r"blocks\.(\d+)\.norm([12])\.alpha", r"blocks.\1.norm\2.weight", lambda x: x.flatten()),
    Rule(r"blocks\.(\d+)\.norm([12])\.beta", r"blocks.\1.norm\2.bias", lambda x: x.flatten()),
    Rule(r"blocks\.(\d+)\.linear_tokens\.(\w+)", r"blocks.\1.tokens.\2"),
    Rule(r"blocks\.(\d+)\.mlp_channels\.fc1\.(\w+)", r"blocks.\1.channels.up.\2"),
    Rule(r"blocks\.(\d+)\.mlp_channels\.fc2\.(\w+)", r"blocks.\1.channels.down.\2"),
    Rule(r"norm\.alpha", r"norm.weight", lambda x: x.flatten()),
    Rule(r"norm\.beta", r"norm.bias", lambda x: x.flatten()),
    Rule(r"head\.(\w+)", r"head.\1"),
]


def reference(layers: int, d: int, patch: int, size: int, classes: int) -> Module:
    timm()
    from timm.models import mlp_mixer

    return mlp_mixer.MlpMixer(
        num_classes=classes, img_size=size, patch_size=patch, num_blocks=layers, embed_dim=d,
        mlp_ratio=4, block_layer=mlp_mixer.ResBlock, norm_layer=mlp_mixer.Affine,
    )  # fmt: skip


def at(
    batch: int,
    layers: int = 12,
    d: int = 384,
    patch: int = 16,
    size: int = 224,
    classes: int = 1000,
) -> At:
    sizes = {"layers": layers, "d": d, "patch": patch, "size": size, "classes": classes}
    return At(sizes, lambda: reference(**sizes), lambda: [reals(batch, 3, size, size)], RULES)


CASE = Case(
    small=[at(2, layers=2, d=24, patch=8, size=24, classes=10)],
    published=15_350_872,
    own=at(1),
    speed=at(2),
)
