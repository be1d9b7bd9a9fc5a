"""PoolFormer against timm."""

from collections.abc import Sequence

from torch import nn
from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.vision import timm

BLOCK = r"stages\.(\d+)\.blocks\.(\d+)"
RULES = [
    Rule(r"stem\.conv\.(\w+)", r"stages.0.shrink.\1"),
    Rule(r"stages\.(\d+)\.downsample\.conv\.(\w+)", r"stages.\1.shrink.\2"),
    Rule(rf"{BLOCK}\.norm([12])\.(\w+)", r"stages.\1.blocks.\2.norm\3.\4"),
    Rule(rf"{BLOCK}\.layer_scale([12])\.scale", r"stages.\1.blocks.\2.scale\3.weight"),
    Rule(rf"{BLOCK}\.mlp\.fc1\.(\w+)", r"stages.\1.blocks.\2.mlp.up.conv.\3"),
    Rule(rf"{BLOCK}\.mlp\.fc2\.(\w+)", r"stages.\1.blocks.\2.mlp.down.conv.\3"),
    Rule(r"head\.norm\.(\w+)", r"norm.\1"),
    Rule(r"head\.fc\.(\w+)", r"head.\1"),
]


def reference(depths: Sequence[int], widths: Sequence[int], drop: float, classes: int) -> Module:
    timm()
    from timm.layers import GroupNorm1
    from timm.models.metaformer import MetaFormer

    return MetaFormer(
        depths=tuple(depths), dims=tuple(widths), downsample_norm=None, mlp_act=nn.GELU,
        mlp_bias=True, norm_layers=GroupNorm1, layer_scale_init_values=1e-5,
        res_scale_init_values=None, use_mlp_head=False, drop_path_rate=drop, num_classes=classes,
    )  # fmt: skip


def at(
    batch: int,
    h: int,
    w: int,
    depths: Sequence[int] = (2, 2, 6, 2),
    widths: Sequence[int] = (64, 128, 320, 512),
    drop: float = 0.1,
    classes: int = 1000,
) -> At:
    return At(
        {"depths": depths, "widths": widths, "drop": drop, "classes": classes},
        lambda: reference(depths, widths, drop, classes),
        lambda: [reals(batch, 3, h, w)],
        RULES,
    )


CASE = Case(
    small=[at(2, 37, 70, (1, 2, 2, 1), (4, 6, 8, 10), 0.0, 5)],
    published=11_915_176,
    own=at(1, 224, 224),
    speed=at(1, 224, 224),
    wide=at(2, 32, 32, (1, 1, 1, 1), (24, 32, 48, 64), 0.0, 100),
)
