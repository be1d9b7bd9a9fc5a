"""ConvNeXt V2-T against timm."""

from collections.abc import Sequence

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.vision import timm

PARTS = {
    r"conv_dw\.(\w+)": r"depthwise.\2",
    r"norm\.(\w+)": r"pixelwise.norm.\2",
    r"mlp\.fc1\.(\w+)": r"pixelwise.up.\2",
    r"mlp\.grn\.(\w+)": r"pixelwise.respond.\2",
    r"mlp\.fc2\.(\w+)": r"pixelwise.down.\2",
}


def rules() -> list[Rule]:
    """Blocks are all that the first stage holds, so that their name falls away."""
    found = [
        Rule(r"stem\.0\.(\w+)", r"stem.\1"),
        Rule(r"stem\.1\.(\w+)", r"norm.\1"),
        Rule(r"stages\.(\d+)\.downsample\.0\.(\w+)", r"stages.\1.norm.\2"),
        Rule(r"stages\.(\d+)\.downsample\.1\.(\w+)", r"stages.\1.shrink.\2"),
        Rule(r"head\.norm\.(\w+)", r"head_norm.\1"),
        Rule(r"head\.fc\.(\w+)", r"head.\1"),
    ]
    for stage in range(4):
        blocks = f"stages.{stage}" + (".blocks" if stage else "")
        for theirs, ours in PARTS.items():
            found.append(Rule(rf"stages\.{stage}\.blocks\.(\d+)\.{theirs}", rf"{blocks}.\1.{ours}"))
    return found


def reference(depths: Sequence[int], widths: Sequence[int], classes: int) -> Module:
    found = timm().create_model(
        "convnextv2_tiny", depths=tuple(depths), dims=tuple(widths), num_classes=classes
    )
    assert isinstance(found, Module)
    return found


def at(
    batch: int,
    h: int,
    w: int,
    depths: Sequence[int] = (3, 3, 9, 3),
    widths: Sequence[int] = (96, 192, 384, 768),
    classes: int = 1000,
    drop: float = 0.1,
) -> At:
    return At(
        {"depths": depths, "widths": widths, "classes": classes, "drop": drop},
        lambda: reference(depths, widths, classes),
        lambda: [reals(batch, 3, h, w)],
        rules(),
    )


CASE = Case(
    small=[at(2, 37, 70, (1, 2, 3, 1), (6, 12, 10, 14), 5, 0.0)],
    published=28_635_496,
    own=at(1, 224, 224),
    speed=at(1, 160, 160),
    wide=at(2, 32, 32, (1, 1, 2, 1), (24, 48, 96, 192), 100),
)
