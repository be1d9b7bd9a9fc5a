"""RepVGG as it is trained against timm."""

from collections.abc import Sequence

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.renaming import conv_norm, staged
from tests.references.vision import timm


def rules(depths: Sequence[int]) -> list[Rule]:
    found = [Rule(r"head\.fc\.(\w+)", r"head.\1")]
    for theirs, ours in [("stem", "stem"), *staged(depths, r"stages\.{stage}\.{block}")]:
        for name, part in (("conv_kxk", "wide"), ("conv_1x1", "point")):
            layer = rf"{theirs}\.{name}"
            found += conv_norm(rf"{layer}\.conv", rf"{layer}\.bn", f"{ours}.both.{part}")
        found.append(
            Rule(rf"{theirs}\.identity\.(weight|bias|running_mean|running_var)", rf"{ours}.same.\1")
        )
    return found


def reference(depths: Sequence[int], widths: Sequence[int], stem: int, classes: int) -> Module:
    timm()
    from timm.models.byobnet import ByoBlockCfg, ByobNet, ByoModelCfg

    blocks = tuple(
        ByoBlockCfg(type="rep", d=depth, c=width, s=2)
        for depth, width in zip(depths, widths, strict=True)
    )
    return ByobNet(ByoModelCfg(blocks=blocks, stem_type="rep", stem_chs=stem), num_classes=classes)


def at(
    batch: int,
    h: int,
    w: int,
    depths: Sequence[int] = (2, 4, 14, 1),
    widths: Sequence[int] = (48, 96, 192, 1280),
    stem: int = 48,
    classes: int = 1000,
) -> At:
    return At(
        {"depths": depths, "widths": widths, "stem": stem, "classes": classes},
        lambda: reference(depths, widths, stem, classes),
        lambda: [reals(batch, 3, h, w)],
        rules(depths),
    )


CASE = Case(
    small=[at(2, 45, 68, (2, 1, 3, 1), (8, 16, 24, 32), 16, 5)],
    published=9_108_968,
    own=at(1, 224, 224),
    speed=at(2, 160, 160),
)
