"""SegFormer with its head against transformers."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn import Module

from tests.references.case import At, Case, Inputs, reals
from tests.references.harness import Rule
from tests.references.renaming import conv_norm

LEVELS = ("first", "second", "third", "fourth")
PARTS = {
    r"layernorm_before\.(\w+)": r"norm1.\2",
    r"layernorm_after\.(\w+)": r"norm2.\2",
    r"attention\.([qkv])_proj\.(\w+)": r"attn.\2.\3",
    r"attention\.o_proj\.(\w+)": r"attn.out.\2",
    r"attention\.sequence_reduction\.sequence_reduction\.(\w+)": r"attn.reduced.conv.\2",
    r"attention\.sequence_reduction\.layer_norm\.(\w+)": r"attn.reduced.norm.\2",
    r"mlp\.fc1\.(\w+)": r"mlp.up.\2",
    r"mlp\.dwconv\.dwconv\.(\w+)": r"mlp.near.\2",
    r"mlp\.fc2\.(\w+)": r"mlp.down.\2",
}


def rules() -> list[Rule]:
    found = [
        *conv_norm(r"decode_head\.linear_fuse", r"decode_head\.batch_norm", "fuse"),
        Rule(r"decode_head\.classifier\.(\w+)", r"head.\1"),
    ]
    for number, ours in enumerate(LEVELS):
        theirs = rf"segformer\.stages\.{number}"
        head = rf"decode_head\.linear_projections\.{number}"
        found += [
            Rule(rf"{theirs}\.patch_embeddings\.proj\.(\w+)", rf"{ours}.patches.\1"),
            Rule(rf"{theirs}\.patch_embeddings\.layer_norm\.(\w+)", rf"{ours}.patch_norm.\1"),
            Rule(rf"{theirs}\.layer_norm\.(\w+)", rf"{ours}.norm.\1"),
            Rule(rf"{head}\.proj\.(\w+)", rf"map{number + 1}.\1"),
        ]
        for name, part in PARTS.items():
            found.append(Rule(rf"{theirs}\.blocks\.(\d+)\.{name}", rf"{ours}.blocks.\1.{part}"))
    return found


def reference(
    depths: Sequence[int],
    widths: Sequence[int],
    heads: Sequence[int],
    reduce: Sequence[int],
    hidden: int,
    classes: int,
    drop: float,
) -> Module:
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    return SegformerForSemanticSegmentation(
        SegformerConfig(
            depths=list(depths), hidden_sizes=list(widths), num_attention_heads=list(heads),
            sr_ratios=list(reduce), drop_path_rate=drop, classifier_dropout_prob=drop,
            decoder_hidden_size=hidden, num_labels=classes, attn_implementation="sdpa",
        )
    )  # fmt: skip


def call(module: Module, inputs: Inputs) -> object:
    (image,) = inputs
    found: Tensor = module(image).logits
    return found


def at(
    batch: int,
    h: int,
    w: int,
    depths: Sequence[int] = (2, 2, 2, 2),
    widths: Sequence[int] = (32, 64, 160, 256),
    heads: Sequence[int] = (1, 2, 5, 8),
    reduce: Sequence[int] = (8, 4, 2, 1),
    hidden: int = 256,
    classes: int = 150,
    drop: float = 0.1,
) -> At:
    sizes = {
        "depths": depths, "widths": widths, "heads": heads, "reduce": reduce, "hidden": hidden,
        "classes": classes, "drop": drop,
    }  # fmt: skip
    return At(
        sizes,
        lambda: reference(depths, widths, heads, reduce, hidden, classes, drop),
        lambda: [reals(batch, 3, h, w)],
        rules(),
    )


CASE = Case(
    small=[at(2, 45, 70, (1, 2, 1, 1), (4, 6, 10, 12), (1, 2, 5, 3), (4, 4, 2, 1), 7, 5, 0.0)],
    call=call,
    published=3_752_694,
    own=at(1, 256, 256),
    speed=at(2, 256, 256),
)
