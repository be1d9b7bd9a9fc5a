"""ResNet-50 with norms and activations first against timm."""

from collections.abc import Sequence

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.renaming import flat, staged
from tests.references.vision import timm

LEAVES = r"(weight|bias|running_mean|running_var)"
PARTS = {"conv1": "narrow", "conv2": "middle", "conv3": "widen", r"downsample\.conv": "skip"}


def rules(depths: Sequence[int]) -> list[Rule]:
    found = [
        Rule(r"stem\.conv\.weight", "stem.weight"),
        Rule(rf"norm\.{LEAVES}", r"norm.\1"),
        Rule(r"head\.fc\.(\w+)", r"head.\1", flat),
    ]
    for theirs, ours in staged(depths, r"stages\.{stage}\.blocks\.{block}"):
        found.append(Rule(rf"{theirs}\.norm([123])\.{LEAVES}", rf"{ours}.norm\1.\2"))
        for name, part in PARTS.items():
            found.append(Rule(rf"{theirs}\.{name}\.weight", f"{ours}.{part}.weight"))
    return found


def reference(depths: Sequence[int], width: int, classes: int) -> Module:
    timm()
    from timm.layers import BatchNormAct2d
    from timm.models.resnetv2 import ResNetV2, create_conv2d

    return ResNetV2(
        layers=tuple(depths), channels=tuple(4 * width * 2**k for k in range(4)), stem_chs=width,
        num_classes=classes, conv_layer=create_conv2d, norm_layer=BatchNormAct2d,
    )  # fmt: skip


def at(
    batch: int,
    h: int,
    w: int,
    depths: Sequence[int] = (3, 4, 6, 3),
    width: int = 64,
    classes: int = 1000,
) -> At:
    return At(
        {"depths": depths, "width": width, "classes": classes},
        lambda: reference(depths, width, classes),
        lambda: [reals(batch, 3, h, w)],
        rules(depths),
    )


CASE = Case(
    small=[at(2, 37, 45, (1, 2, 1, 1), 8, 10)],
    published=25_549_352,
    own=at(1, 224, 224),
    speed=at(2, 128, 128),
)
