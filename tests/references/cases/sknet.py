"""Selective kernels against timm's `skresnet18`."""

from collections.abc import Sequence

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.renaming import conv_norm, flat, staged
from tests.references.vision import timm

LEAVES = r"(weight|bias|running_mean|running_var)"


def rules(depths: Sequence[int]) -> list[Rule]:
    found = [*conv_norm("conv1", "bn1", "stem"), Rule(r"fc\.(\w+)", r"head.\1")]
    for theirs, ours in staged(depths, r"layer{stage}\.{block}", 1):
        for path, part in enumerate(("near", "far")):
            layer = rf"{theirs}\.conv1\.paths\.{path}"
            found += conv_norm(rf"{layer}\.conv", rf"{layer}\.bn", f"{ours}.select.{part}")
        attn = rf"{theirs}\.conv1\.attn"
        found += [
            Rule(rf"{attn}\.fc_reduce\.weight", f"{ours}.select.reduce.weight", flat),
            Rule(rf"{attn}\.bn\.{LEAVES}", rf"{ours}.select.norm.\1"),
            Rule(rf"{attn}\.fc_select\.weight", f"{ours}.select.select.weight", flat),
            *conv_norm(rf"{theirs}\.conv2\.conv", rf"{theirs}\.conv2\.bn", f"{ours}.widen"),
            *conv_norm(rf"{theirs}\.downsample\.0", rf"{theirs}\.downsample\.1", f"{ours}.skip"),
        ]
    return found


def reference(depths: Sequence[int], classes: int) -> Module:
    timm()
    from timm.models.resnet import ResNet
    from timm.models.sknet import SelectiveKernelBasic

    return ResNet(
        block=SelectiveKernelBasic, layers=tuple(depths), num_classes=classes,
        block_args={"sk_kwargs": {"rd_ratio": 1 / 8, "rd_divisor": 16, "split_input": True}},
        zero_init_last=False,
    )  # fmt: skip


def at(batch: int, h: int, w: int, depths: Sequence[int] = (2, 2, 2, 2), classes: int = 1000) -> At:
    return At(
        {"depths": depths, "classes": classes},
        lambda: reference(depths, classes),
        lambda: [reals(batch, 3, h, w)],
        rules(depths),
    )


CASE = Case(
    small=[at(3, 37, 45, (1, 2, 1, 1), 10)],
    published=11_958_056,
    own=at(1, 224, 224),
    speed=at(2, 160, 160),
)
