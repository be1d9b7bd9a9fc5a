"""VGG-11 against timm, whose perceptron is made of convolutions."""

from collections.abc import Sequence

from torch.nn import Module

from tests.references.case import At, Case, reals
from tests.references.harness import Rule
from tests.references.renaming import flat, staged
from tests.references.vision import timm


def rules(depths: Sequence[int]) -> list[Rule]:
    """timm counts convolutions, activations and pools alike."""
    found = [
        Rule(r"pre_logits\.fc1\.(\w+)", r"one.\1", flat),
        Rule(r"pre_logits\.fc2\.(\w+)", r"two.\1", flat),
        Rule(r"head\.fc\.(\w+)", r"head.\1"),
    ]
    places = list(staged(depths, "{stage}"))
    place = 0
    for (stage, ours), (following, _) in zip(places, [*places[1:], ("", "")], strict=True):
        found.append(Rule(rf"features\.{place}\.(\w+)", rf"{ours}.\1"))
        place += 2 if following == stage else 3
    return found


def reference(
    depths: Sequence[int], widths: Sequence[int], hidden: int, classes: int, drop: float
) -> Module:
    timm()
    from timm.models.vgg import VGG

    cfg = [x for depth, width in zip(depths, widths, strict=True) for x in [*[width] * depth, "M"]]
    return VGG(cfg, num_classes=classes, mlp_ratio=hidden / 4096, drop_rate=drop)


def at(
    batch: int,
    depths: Sequence[int] = (1, 1, 2, 2, 2),
    widths: Sequence[int] = (64, 128, 256, 512, 512),
    hidden: int = 4096,
    classes: int = 1000,
    drop: float = 0.5,
) -> At:
    sizes = {"depths": depths, "widths": widths, "hidden": hidden, "classes": classes, "drop": drop}
    return At(
        sizes,
        lambda: reference(depths, widths, hidden, classes, drop),
        lambda: [reals(batch, 3, 224, 224)],
        rules(depths),
    )


CASE = Case(
    small=[at(1, (1, 2, 1, 1, 1), (2, 3, 4, 5, 6), 16, 5, 0.0)],
    published=132_863_336,
    own=at(1),
    speed=at(1),
)
