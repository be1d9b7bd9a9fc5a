"""ResNet-50 against timm, which counts layers from 1, and blocks of a layer from 0 where ours are `first` and `rest`."""

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.vision import timm

PARTS = {"1": "narrow", "2": "middle", "3": "widen"}


def rules(depths: tuple[int, ...]) -> list[Rule]:
    found = [
        Rule(r"conv1\.weight", "stem.conv.weight"),
        Rule(r"bn1\.(\w+)", r"stem.norm.\1"),
        Rule(r"fc\.(\w+)", r"head.\1"),
    ]
    for stage, depth in enumerate(depths):
        for block in range(depth):
            theirs = rf"layer{stage + 1}\.{block}"
            ours = f"stages.{stage}." + ("first" if block == 0 else f"rest.{block - 1}")
            for number, part in PARTS.items():
                found.append(Rule(rf"{theirs}\.conv{number}\.weight", f"{ours}.{part}.conv.weight"))
                found.append(Rule(rf"{theirs}\.bn{number}\.(\w+)", rf"{ours}.{part}.norm.\1"))
            found.append(Rule(rf"{theirs}\.downsample\.0\.weight", f"{ours}.skip.conv.weight"))
            found.append(Rule(rf"{theirs}\.downsample\.1\.(\w+)", rf"{ours}.skip.norm.\1"))
    return found


def reference(depths: tuple[int, ...], classes: int) -> Module:
    timm()
    from timm.models.resnet import Bottleneck, ResNet

    return ResNet(block=Bottleneck, layers=depths, num_classes=classes)


def at(
    batch: int, h: int, w: int, depths: tuple[int, ...] = (3, 4, 6, 3), classes: int = 1000
) -> At:
    sizes = {"depths": depths, "classes": classes}
    return At(
        sizes,
        lambda: reference(depths, classes),
        lambda: [reals(batch, 3, h, w)],
        rules(depths),
    )


CASE = Case(
    small=[at(2, h, w, (1, 2, 1, 1), 10) for h, w in ((37, 45), (32, 32))],
    published=25_557_032,
    own=at(1, 224, 224),
    speed=at(2, 128, 128),
    wide=at(2, 32, 32, (1, 2, 1, 1), 100),
    # One in the paper and in torchvision, zero in timm: tested on its own.
    begins_otherwise=r".*widen\.norm\.weight",
)
