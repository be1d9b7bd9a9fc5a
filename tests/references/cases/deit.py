"""DeiT with a distillation token against timm."""

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.vision import timm

RULES = [
    Rule(r"cls_token", "class_", lambda leaf: leaf[0]),
    Rule(r"dist_token", "teacher", lambda leaf: leaf[0]),
    Rule(r"pos_embed", "position", lambda leaf: leaf[0]),
    Rule(r"patch_embed\.proj\.(\w+)", r"patches.conv.\1"),
    Rule(r"blocks\.(\d+)\.norm([12])\.(\w+)", r"blocks.\1.norm\2.\3"),
    Rule(r"blocks\.(\d+)\.attn\.qkv\.(\w+)", r"blocks.\1.attn.qkv.\2"),
    Rule(r"blocks\.(\d+)\.attn\.proj\.(\w+)", r"blocks.\1.attn.out.\2"),
    Rule(r"blocks\.(\d+)\.mlp\.fc1\.(\w+)", r"blocks.\1.mlp.up.\2"),
    Rule(r"blocks\.(\d+)\.mlp\.fc2\.(\w+)", r"blocks.\1.mlp.down.\2"),
    Rule(r"(norm|head)\.(\w+)", r"\1.\2"),
    Rule(r"head_dist\.(\w+)", r"teacher_head.\1"),
]


def reference(
    layers: int, d: int, h: int, patch: int, size: int, drop: float, classes: int
) -> Module:
    found = timm().create_model(
        "deit_base_distilled_patch16_224", img_size=size, patch_size=patch, embed_dim=d,
        depth=layers, num_heads=h, drop_path_rate=drop, num_classes=classes,
    )  # fmt: skip
    assert isinstance(found, Module)
    return found


def at(
    batch: int,
    layers: int = 12,
    d: int = 768,
    h: int = 12,
    patch: int = 16,
    size: int = 224,
    drop: float = 0.1,
    classes: int = 1000,
) -> At:
    sizes = {"layers": layers, "d": d, "h": h, "patch": patch, "size": size, "classes": classes}
    return At(
        {**sizes, "drop": drop},
        lambda: reference(layers, d, h, patch, size, drop, classes),
        lambda: [reals(batch, 3, size, size)],
        RULES,
    )


CASE = Case(
    small=[at(2, 2, 24, 3, 8, 24, 0.0, 10)],
    published=87_338_192,
    own=at(1),
    speed=at(2, layers=4),
)
