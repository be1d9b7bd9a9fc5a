"""The encoder of SegFormer against transformers."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn import Module

from tests.references.case import At, Case, Inputs, reals
from tests.references.harness import Rule

BLOCK = r"stages\.(\d+)\.blocks\.(\d+)"
OURS = r"stages.\1.blocks.\2"
RULES = [
    Rule(r"stages\.(\d+)\.patch_embeddings\.proj\.(\w+)", r"stages.\1.patches.\2"),
    Rule(r"stages\.(\d+)\.patch_embeddings\.layer_norm\.(\w+)", r"stages.\1.patch_norm.\2"),
    Rule(rf"{BLOCK}\.layernorm_before\.(\w+)", rf"{OURS}.norm1.\3"),
    Rule(rf"{BLOCK}\.layernorm_after\.(\w+)", rf"{OURS}.norm2.\3"),
    Rule(rf"{BLOCK}\.attention\.([qkv])_proj\.(\w+)", rf"{OURS}.attn.\3.\4"),
    Rule(rf"{BLOCK}\.attention\.o_proj\.(\w+)", rf"{OURS}.attn.out.\3"),
    Rule(
        rf"{BLOCK}\.attention\.sequence_reduction\.sequence_reduction\.(\w+)",
        rf"{OURS}.attn.reduced.conv.\3",
    ),
    Rule(
        rf"{BLOCK}\.attention\.sequence_reduction\.layer_norm\.(\w+)",
        rf"{OURS}.attn.reduced.norm.\3",
    ),
    Rule(rf"{BLOCK}\.mlp\.fc1\.(\w+)", rf"{OURS}.mlp.up.\3"),
    Rule(rf"{BLOCK}\.mlp\.dwconv\.dwconv\.(\w+)", rf"{OURS}.mlp.near.\3"),
    Rule(rf"{BLOCK}\.mlp\.fc2\.(\w+)", rf"{OURS}.mlp.down.\3"),
    Rule(r"stages\.(\d+)\.layer_norm\.(\w+)", r"stages.\1.norm.\2"),
]


def reference(
    depths: Sequence[int],
    widths: Sequence[int],
    heads: Sequence[int],
    reduce: Sequence[int],
    drop: float,
) -> Module:
    from transformers import SegformerConfig, SegformerModel

    return SegformerModel(
        SegformerConfig(
            depths=list(depths), hidden_sizes=list(widths), num_attention_heads=list(heads),
            sr_ratios=list(reduce), drop_path_rate=drop, attn_implementation="sdpa",
        )
    )  # fmt: skip


def call(module: Module, inputs: Inputs) -> object:
    (image,) = inputs
    found: Tensor = module(image).last_hidden_state
    return found


def at(
    batch: int,
    h: int,
    w: int,
    depths: Sequence[int] = (2, 2, 2, 2),
    widths: Sequence[int] = (32, 64, 160, 256),
    heads: Sequence[int] = (1, 2, 5, 8),
    reduce: Sequence[int] = (8, 4, 2, 1),
    drop: float = 0.1,
) -> At:
    sizes = {"depths": depths, "widths": widths, "heads": heads, "reduce": reduce, "drop": drop}
    return At(
        sizes,
        lambda: reference(depths, widths, heads, reduce, drop),
        lambda: [reals(batch, 3, h, w)],
        RULES,
    )


CASE = Case(
    small=[at(2, 45, 70, (1, 2, 1, 1), (4, 6, 10, 12), (1, 2, 5, 3), (4, 4, 2, 1), 0.0)],
    call=call,
    published=3_319_392,
    own=at(1, 256, 256),
    speed=at(2, 256, 256),
)
