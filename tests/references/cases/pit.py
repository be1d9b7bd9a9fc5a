"""PiT against timm."""

from collections.abc import Sequence

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.vision import timm

PARTS = {
    r"norm([12])\.(\w+)": r"norm\2.\3",
    r"attn\.qkv\.(\w+)": r"attn.qkv.\2",
    r"attn\.proj\.(\w+)": r"attn.out.\2",
    r"mlp\.fc1\.(\w+)": r"mlp.up.\2",
    r"mlp\.fc2\.(\w+)": r"mlp.down.\2",
}


def rules() -> list[Rule]:
    """The first stage has no pool, so that the name of its member falls away."""
    found = [
        Rule(r"cls_token", "class_", lambda leaf: leaf[0]),
        Rule(r"pos_embed", "position", lambda leaf: leaf[0]),
        Rule(r"patch_embed\.conv\.(\w+)", r"patches.\1"),
        Rule(r"transformers\.(\d+)\.pool\.conv\.(\w+)", r"stages.\1.pool.pixels.\2"),
        Rule(r"transformers\.(\d+)\.pool\.fc\.(\w+)", r"stages.\1.pool.class_.\2"),
        Rule(r"(norm|head)\.(\w+)", r"\1.\2"),
    ]
    for stage in range(3):
        blocks = f"stages.{stage}" + (".member" if stage else "") + ".blocks"
        for theirs, ours in PARTS.items():
            leaf = rf"transformers\.{stage}\.blocks\.(\d+)\.{theirs}"
            found.append(Rule(leaf, rf"{blocks}.\1.{ours}"))
    return found


def reference(
    depths: Sequence[int],
    heads: Sequence[int],
    d: int,
    patch: int,
    stride: int,
    size: int,
    drop: float,
    classes: int,
) -> Module:
    timm()
    from timm.models.pit import PoolingVisionTransformer

    return PoolingVisionTransformer(
        img_size=size, patch_size=patch, stride=stride, depth=tuple(depths), heads=tuple(heads),
        base_dims=tuple(d * 2**stage // h for stage, h in enumerate(heads)),
        drop_path_rate=drop, num_classes=classes,
    )  # fmt: skip


def at(
    batch: int,
    depths: Sequence[int] = (2, 6, 4),
    heads: Sequence[int] = (2, 4, 8),
    d: int = 64,
    patch: int = 16,
    stride: int = 8,
    size: int = 224,
    drop: float = 0.1,
    classes: int = 1000,
) -> At:
    sizes = {
        "depths": depths, "heads": heads, "d": d, "patch": patch, "stride": stride, "size": size,
        "drop": drop, "classes": classes,
    }  # fmt: skip
    return At(
        sizes,
        lambda: reference(depths, heads, d, patch, stride, size, drop, classes),
        lambda: [reals(batch, 3, size, size)],
        rules(),
    )


CASE = Case(
    small=[at(2, (1, 2, 1), (1, 2, 4), 8, 4, 2, 17, 0.0, 5)],
    published=4_847_272,
    own=at(1),
    speed=at(2),
)
