"""DenseNet-121 against timm."""

from collections.abc import Sequence

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.vision import timm

LEAVES = r"(weight|bias|running_mean|running_var)"


def rules(depths: Sequence[int]) -> list[Rule]:
    """Layers are all that the first stage holds; each layer stands in the rest behind the one before."""
    found = [
        Rule(r"features\.conv0\.weight", "stem.weight"),
        Rule(rf"features\.norm0\.{LEAVES}", r"norm.\1"),
        Rule(rf"features\.norm5\.{LEAVES}", r"last.\1"),
        Rule(r"classifier\.(\w+)", r"head.\1"),
    ]
    for stage, depth in enumerate(depths):
        before = rf"features\.transition{stage}"
        found += [
            Rule(rf"{before}\.norm\.{LEAVES}", rf"stages.{stage}.transition.norm.\1"),
            Rule(rf"{before}\.conv\.weight", f"stages.{stage}.transition.conv.weight"),
        ]
        for layer in range(depth):
            theirs = rf"features\.denseblock{stage + 1}\.denselayer{layer + 1}"
            ours = f"stages.{stage}" + ".layers" * (stage > 0) + ".rest" * layer + ".first"
            found += [
                Rule(rf"{theirs}\.norm([12])\.{LEAVES}", rf"{ours}.norm\1.\2"),
                Rule(rf"{theirs}\.conv([12])\.weight", rf"{ours}.conv\1.weight"),
            ]
    return found


def reference(depths: Sequence[int], growth: int, classes: int) -> Module:
    timm()
    from timm.models.densenet import DenseNet

    return DenseNet(block_config=tuple(depths), growth_rate=growth, num_classes=classes)


def at(
    batch: int,
    h: int,
    w: int,
    depths: Sequence[int] = (6, 12, 24, 16),
    growth: int = 32,
    classes: int = 1000,
) -> At:
    return At(
        {"depths": depths, "width": 2 * growth, "growth": growth, "classes": classes},
        lambda: reference(depths, growth, classes),
        lambda: [reals(batch, 3, h, w)],
        rules(depths),
    )


CASE = Case(
    small=[at(2, 37, 70, (1, 2, 3, 2), 8, 5)],
    published=7_978_856,
    own=at(1, 224, 224),
    speed=at(2, 128, 128),
)
