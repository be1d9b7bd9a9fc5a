"""RegNetX-200MF against timm at its own widths; depths follow from a rule in timm, so the small size is the same."""

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.renaming import conv_norm, staged
from tests.references.vision import timm

PARTS = {"1": "narrow", "2": "middle", "3": "widen"}


def rules() -> list[Rule]:
    found = [*conv_norm(r"stem\.conv", r"stem\.bn", "stem"), Rule(r"head\.fc\.(\w+)", r"head.\1")]
    for theirs, ours in staged((1, 1, 4, 7), r"s{stage}\.b{block}", 1, 1):
        pairs = {f"conv{number}": part for number, part in PARTS.items()} | {"downsample": "skip"}
        for name, part in pairs.items():
            found += conv_norm(
                rf"{theirs}\.{name}\.conv", rf"{theirs}\.{name}\.bn", f"{ours}.{part}"
            )
    return found


def reference(classes: int) -> Module:
    found = timm().create_model("regnetx_002", num_classes=classes)
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
    small=[at(2, 33, 45, 10)],
    published=2_684_792,
    own=at(1, 224, 224),
    speed=at(4, 160, 160),
)
