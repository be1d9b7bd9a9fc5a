"""MobileNetV3-Small against timm, at its own widths: they are small."""

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.mobile import block
from tests.references.renaming import conv_norm, flat
from tests.references.vision import timm

DEPTHS = (1, 2, 3, 2, 3)


def rules() -> list[Rule]:
    found = [
        *conv_norm("conv_stem", "bn1", "stem"),
        *conv_norm(r"blocks\.5\.0\.conv", r"blocks\.5\.0\.bn1", "last"),
        Rule(r"conv_head\.(\w+)", r"features.\1", flat),
        Rule(r"classifier\.(\w+)", r"head.\1"),
    ]
    places = [(stage, place) for stage, depth in enumerate(DEPTHS) for place in range(depth)]
    for number, (stage, place) in enumerate(places):
        found += block(rf"blocks\.{stage}\.{place}", f"blocks.{number}", number > 0)
    return found


def reference(classes: int) -> Module:
    found = timm().create_model("mobilenetv3_small_100", num_classes=classes)
    assert isinstance(found, Module)
    return found


def at(batch: int, h: int, w: int, classes: int = 1000) -> At:
    return At(
        {"classes": classes},
        lambda: reference(classes),
        lambda: [reals(batch, 3, h, w)],
        rules(),
    )


CASE = Case(
    small=[at(2, 41, 67, 10)], published=2_542_856, own=at(1, 224, 224), speed=at(4, 224, 224)
)
