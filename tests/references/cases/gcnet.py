"""GCNet against timm's `gcresnet50t`, whose contexts stand behind the convolution of 3 x 3."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.renaming import conv_norm, flat, staged
from tests.references.vision import timm

PARTS = {"shortcut": "skip", "conv1_1x1": "narrow", "conv2_kxk": "middle", "conv3_1x1": "widen"}
CONTEXT = {
    "conv_attn": "attend", r"mlp_add\.fc1": "reduce", r"mlp_add\.norm": "norm",
    r"mlp_add\.fc2": "expand",
}  # fmt: skip


def same(leaf: Tensor) -> Tensor:
    return leaf


def rules(depths: Sequence[int]) -> list[Rule]:
    found = [Rule(r"head\.fc\.(\w+)", r"head.\1")]
    for number in range(3):
        layer = rf"stem\.conv{number + 1}"
        found += conv_norm(rf"{layer}\.conv", rf"{layer}\.bn", f"stem.{number}")
    for theirs, ours in staged(depths, r"stages\.{stage}\.{block}"):
        for name, part in PARTS.items():
            found += conv_norm(
                rf"{theirs}\.{name}\.conv", rf"{theirs}\.{name}\.bn", f"{ours}.{part}"
            )
        for name, part in CONTEXT.items():
            leaf = rf"{theirs}\.attn\.{name}\.(\w+)"
            found.append(
                Rule(leaf, rf"{ours}.context.{part}.\1", same if part == "attend" else flat)
            )
    return found


def reference(depths: Sequence[int], width: int, stem: Sequence[int], classes: int) -> Module:
    timm()
    from timm.models.byobnet import ByoBlockCfg, ByobNet, ByoModelCfg

    blocks = tuple(
        ByoBlockCfg(type="bottle", d=depth, c=width * 2**stage, s=2 if stage else 1, br=0.25)
        for stage, depth in enumerate(depths)
    )
    return ByobNet(
        ByoModelCfg(
            blocks=blocks, stem_chs=stem[-1], stem_type="tiered", stem_pool="", attn_layer="gca"
        ),
        num_classes=classes,
    )


def at(
    batch: int,
    h: int,
    w: int,
    depths: Sequence[int] = (3, 4, 6, 3),
    width: int = 256,
    stem: Sequence[int] = (24, 32, 64),
    classes: int = 1000,
) -> At:
    return At(
        {"depths": depths, "width": width, "stem": stem, "classes": classes},
        lambda: reference(depths, width, stem, classes),
        lambda: [reals(batch, 3, h, w)],
        rules(depths),
    )


CASE = Case(
    small=[at(2, 33, 45, (1, 2, 1, 1), 64, (12, 16, 32), 10)],
    published=25_897_080,
    own=at(1, 224, 224),
    speed=at(2, 128, 128),
)
