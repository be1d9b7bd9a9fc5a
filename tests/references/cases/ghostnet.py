"""GhostNet against timm."""

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.renaming import conv_norm, flat, gate
from tests.references.vision import timm

DEPTHS = (1, 1, 1, 1, 1, 1, 5, 1, 4)
"""Blocks of timm's stages; ours are one list."""


def rules() -> list[Rule]:
    found = [
        *conv_norm("conv_stem", "bn1", "stem"),
        *conv_norm(r"blocks\.9\.0\.conv", r"blocks\.9\.0\.bn1", "last"),
        Rule(r"conv_head\.(\w+)", r"features.\1", flat),
        Rule(r"classifier\.(\w+)", r"head.\1"),
    ]
    places = [(stage, place) for stage, depth in enumerate(DEPTHS) for place in range(depth)]
    for block, (stage, place) in enumerate(places):
        theirs, ours = rf"blocks\.{stage}\.{place}", f"blocks.{block}"
        for ghost, part in (("ghost1", "widen"), ("ghost2", "narrow")):
            for half, name in (("primary_conv", "primary"), ("cheap_operation", "cheap")):
                convolution = rf"{theirs}\.{ghost}\.{half}"
                found += conv_norm(
                    rf"{convolution}\.0", rf"{convolution}\.1", f"{ours}.{part}.{name}"
                )
        found += conv_norm(rf"{theirs}\.conv_dw", rf"{theirs}\.bn_dw", f"{ours}.halve")
        shortcut = rf"{theirs}\.shortcut"
        found += conv_norm(rf"{shortcut}\.0", rf"{shortcut}\.1", f"{ours}.skip.depthwise")
        found += conv_norm(rf"{shortcut}\.2", rf"{shortcut}\.3", f"{ours}.skip.project")
        found += gate(rf"{theirs}\.se", f"{ours}.excite", "conv_reduce", "conv_expand")
    return found


def reference(classes: int, drop: float) -> Module:
    found = timm().create_model("ghostnet_100", num_classes=classes, drop_rate=drop)
    assert isinstance(found, Module)
    return found


def at(batch: int, h: int, w: int, classes: int = 1000, drop: float = 0.2) -> At:
    return At(
        {"classes": classes, "drop": drop},
        lambda: reference(classes, drop),
        lambda: [reals(batch, 3, h, w)],
        rules(),
    )


CASE = Case(
    small=[at(2, 41, 67, 10, 0.0)],
    published=5_182_508,
    own=at(1, 224, 224),
    speed=at(2, 224, 224),
)
