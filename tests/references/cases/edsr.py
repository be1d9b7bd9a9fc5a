"""EDSR's baseline by its layers; 1 369 859 parameters, as its authors count them. The mean of the data set is not taken off."""

from torch import Tensor, nn

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


def conv(i: int, o: int) -> nn.Module:
    return nn.Conv2d(i, o, kernel_size=3, padding=1)


class Net(nn.Module):
    def __init__(self, blocks: int, width: int, scale: int) -> None:
        super().__init__()
        self.head = conv(3, width)
        self.body = nn.ModuleList(
            nn.Sequential(conv(width, width), nn.ReLU(), conv(width, width)) for _ in range(blocks)
        )
        self.end = conv(width, width)
        self.tail = nn.Sequential(
            conv(width, width * scale**2), nn.PixelShuffle(scale), conv(width, 3)
        )

    def forward(self, x: Tensor) -> Tensor:
        start = x = self.head(x)
        for block in self.body:
            x = x + block(x)
        found: Tensor = self.tail(start + self.end(x))
        return found


RULES = [
    Rule(r"head\.(\w+)", r"head.conv.\1"),
    Rule(r"body\.(\d+)\.0\.(\w+)", r"blocks.\1.conv1.conv.\2"),
    Rule(r"body\.(\d+)\.2\.(\w+)", r"blocks.\1.conv2.conv.\2"),
    Rule(r"end\.(\w+)", r"last.conv.\1"),
    Rule(r"tail\.0\.(\w+)", r"up.conv.\1"),
    Rule(r"tail\.2\.(\w+)", r"tail.conv.\1"),
]


def at(batch: int, h: int, w: int, blocks: int = 16, width: int = 64, scale: int = 2) -> At:
    sizes = {"blocks": blocks, "width": width, "scale": scale}
    return At(sizes, lambda: Net(blocks, width, scale), lambda: [reals(batch, 3, h, w)], RULES)


CASE = Case(
    small=[at(2, 5, 7, 2, 4, 3), at(1, 1, 2, 1, 2, 1)],
    published=1_369_859,
    own=at(1, 48, 48),
    speed=at(1, 48, 48),
    wide=at(1, 4, 4, 2, 64, 2),
    begins_otherwise=r"tail\.conv\.bias",  # the spread of three numbers tells nothing
)
