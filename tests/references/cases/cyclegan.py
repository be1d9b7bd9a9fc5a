"""The generator of CycleGAN by its layers, mirrored borders and all; 11 378 179 parameters, as its authors' program prints them."""

from torch import Tensor, nn

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class Residual(nn.Module):
    def __init__(self, c: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(c, c, 3), nn.InstanceNorm2d(c), nn.ReLU(),
            nn.ReflectionPad2d(1), nn.Conv2d(c, c, 3), nn.InstanceNorm2d(c),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.layers(x)
        return found


def reference(width: int, blocks: int) -> nn.Sequential:
    w = width
    found = nn.Sequential(
        nn.ReflectionPad2d(3), nn.Conv2d(3, w, 7), nn.InstanceNorm2d(w), nn.ReLU(),
        nn.Conv2d(w, 2 * w, 3, 2, 1), nn.InstanceNorm2d(2 * w), nn.ReLU(),
        nn.Conv2d(2 * w, 4 * w, 3, 2, 1), nn.InstanceNorm2d(4 * w), nn.ReLU(),
        *(Residual(4 * w) for _ in range(blocks)),
        nn.ConvTranspose2d(4 * w, 2 * w, 3, 2, 1, 1), nn.InstanceNorm2d(2 * w), nn.ReLU(),
        nn.ConvTranspose2d(2 * w, w, 3, 2, 1, 1), nn.InstanceNorm2d(w), nn.ReLU(),
        nn.ReflectionPad2d(3), nn.Conv2d(w, 3, 7), nn.Tanh(),
    )  # fmt: skip
    for leaf in found.parameters():
        nn.init.normal_(leaf, 0, 0.02) if leaf.dim() > 1 else nn.init.zeros_(leaf)
    return found


def rules(blocks: int) -> list[Rule]:
    places = {"1": "first", "4": "down1", "7": "down2"}
    end = 10 + blocks
    places |= {str(end): "up1", str(end + 3): "up2", str(end + 7): "last"}
    found = [Rule(rf"{place}\.(\w+)", rf"{name}.conv.\1") for place, name in places.items()]
    for k in range(blocks):
        for place, name in ((1, "conv1"), (5, "conv2")):
            found.append(Rule(rf"{10 + k}\.layers\.{place}\.(\w+)", rf"blocks.{k}.{name}.conv.\1"))
    return found


def at(batch: int, h: int, w: int, width: int = 64, blocks: int = 9) -> At:
    sizes = {"width": width, "blocks": blocks}
    return At(
        sizes, lambda: reference(width, blocks), lambda: [reals(batch, 3, h, w)], rules(blocks)
    )


CASE = Case(
    small=[at(2, 8, 12, 2, 2)],
    published=11_378_179,
    own=at(1, 64, 64),
    speed=at(1, 64, 64),
    wide=at(1, 8, 8, 24, 1),
)
