"""ConvMixer against timm."""

from torch import nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.vision import timm

LEAVES = r"(weight|bias|running_mean|running_var)"
RULES = [
    Rule(r"stem\.0\.(\w+)", r"stem.\1"),
    Rule(rf"stem\.2\.{LEAVES}", r"norm.\1"),
    Rule(r"blocks\.(\d+)\.0\.fn\.0\.(\w+)", r"blocks.\1.depthwise.\2"),
    Rule(rf"blocks\.(\d+)\.0\.fn\.2\.{LEAVES}", r"blocks.\1.norm1.\2"),
    Rule(r"blocks\.(\d+)\.1\.(\w+)", r"blocks.\1.pointwise.\2"),
    Rule(rf"blocks\.(\d+)\.3\.{LEAVES}", r"blocks.\1.norm2.\2"),
    Rule(r"head\.(\w+)", r"head.\1"),
]


def reference(depth: int, d: int, k: int, patch: int, classes: int) -> Module:
    timm()
    from timm.models.convmixer import ConvMixer

    return ConvMixer(
        dim=d, depth=depth, kernel_size=k, patch_size=patch, num_classes=classes, act_layer=nn.ReLU
    )


def at(
    batch: int,
    h: int,
    w: int,
    depth: int = 32,
    d: int = 768,
    k: int = 7,
    patch: int = 7,
    classes: int = 1000,
) -> At:
    sizes = {"depth": depth, "d": d, "k": k, "patch": patch, "classes": classes}
    return At(sizes, lambda: reference(**sizes), lambda: [reals(batch, 3, h, w)], RULES)


CASE = Case(
    small=[at(2, 17, 26, 2, 12, 5, 4, 5)],
    published=21_110_248,
    own=at(1, 224, 224),
    speed=at(1, 112, 112, depth=8),
)
