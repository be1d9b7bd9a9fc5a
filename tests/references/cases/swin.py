"""Swin-T against timm, with as many windows and stages as it has in the paper."""

from collections.abc import Sequence

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.vision import timm

PARTS = {
    r"norm([12])\.(\w+)": r"norm\2.\3",
    r"attn\.relative_position_bias_table": "attn.position.weight",
    r"attn\.qkv\.(\w+)": r"attn.qkv.\2",
    r"attn\.proj\.(\w+)": r"attn.out.\2",
    r"mlp\.fc1\.(\w+)": r"mlp.up.\2",
    r"mlp\.fc2\.(\w+)": r"mlp.down.\2",
}


def rules() -> list[Rule]:
    """Blocks are all that the first stage holds, so that their name falls away."""
    found = [
        Rule(r"patch_embed\.proj\.(\w+)", r"patches.\1"),
        Rule(r"patch_embed\.norm\.(\w+)", r"patch_norm.\1"),
        Rule(r"layers\.(\d+)\.downsample\.norm\.(\w+)", r"stages.\1.merge.norm.\2"),
        Rule(r"layers\.(\d+)\.downsample\.reduction\.(\w+)", r"stages.\1.merge.reduce.\2"),
        Rule(r"norm\.(\w+)", r"norm.\1"),
        Rule(r"head\.fc\.(\w+)", r"head.\1"),
    ]
    for stage in range(4):
        blocks = f"stages.{stage}" + (".blocks" if stage else "")
        for theirs, ours in PARTS.items():
            found.append(Rule(rf"layers\.{stage}\.blocks\.(\d+)\.{theirs}", rf"{blocks}.\1.{ours}"))
    return found


def reference(
    depths: Sequence[int],
    heads: Sequence[int],
    d: int,
    k: int,
    patch: int,
    size: int,
    drop: float,
    classes: int,
) -> Module:
    timm()
    from timm.models.swin_transformer import SwinTransformer

    return SwinTransformer(
        img_size=size, patch_size=patch, embed_dim=d, depths=tuple(depths),
        num_heads=tuple(heads), window_size=k, num_classes=classes, drop_path_rate=drop,
    )  # fmt: skip


def at(
    batch: int,
    depths: Sequence[int] = (2, 2, 6, 2),
    heads: Sequence[int] = (3, 6, 12, 24),
    d: int = 96,
    k: int = 7,
    patch: int = 4,
    size: int = 224,
    drop: float = 0.1,
    classes: int = 1000,
) -> At:
    sizes = {
        "depths": depths, "heads": heads, "d": d, "k": k, "patch": patch, "size": size,
        "drop": drop, "classes": classes,
    }  # fmt: skip
    return At(
        sizes,
        lambda: reference(depths, heads, d, k, patch, size, drop, classes),
        lambda: [reals(batch, 3, size, size)],
        rules(),
    )


CASE = Case(
    small=[at(2, (2, 2, 3, 2), (1, 2, 3, 4), 12, 3, 2, 48, 0.0, 5)],
    published=28_288_354,
    own=at(1),
    speed=at(1),
)
