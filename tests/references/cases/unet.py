"""U-Net as in Figure 1 of its paper: the way down and the way up one after the other, cut pieces kept in a list.

As in the authors' network, a rectifier follows each up-convolution.
"""

import torch
from torch import Tensor, nn

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


def pair(i: int, o: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(i, o, 3), nn.ReLU(), nn.Conv2d(o, o, 3), nn.ReLU())


class Net(nn.Module):
    def __init__(self, depth: int, width: int, classes: int) -> None:
        super().__init__()
        widths = [width * 2**k for k in range(depth + 1)]
        self.down = nn.ModuleList(pair(i, o) for i, o in zip([1, *widths], widths, strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * c, c, 2, 2) for c in widths[-2::-1])
        self.merge = nn.ModuleList(pair(2 * c, c) for c in widths[-2::-1])
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for k, part in enumerate(self.down):
            x = part(x if k == 0 else nn.functional.max_pool2d(x, 2))
            kept.append(x)
        for k, (up, merge) in enumerate(zip(self.up, self.merge, strict=True)):
            y = torch.relu(up(x))
            wide = kept[-2 - k]
            top, left = ((n - m) // 2 for n, m in zip(wide.shape[2:], y.shape[2:], strict=True))
            cut = wide[:, :, top : top + y.shape[2], left : left + y.shape[3]]
            x = merge(torch.cat((cut, y), 1))
        found: Tensor = self.head(x)
        return found


def rules(depth: int) -> list[Rule]:
    found = [Rule(r"head\.(\w+)", r"head.conv.\1")]
    parts = {"0": "conv1", "2": "conv2"}
    for k in range(depth + 1):
        level = "levels" + ".inner" * k
        down = f"{level}.down" if k < depth else f"{level}.bottom"
        found += [Rule(rf"down\.{k}\.{n}\.(\w+)", rf"{down}.{c}.\1") for n, c in parts.items()]
        if k < depth:
            place = depth - 1 - k
            found.append(Rule(rf"up\.{place}\.(\w+)", rf"{level}.up.\1"))
            found += [
                Rule(rf"merge\.{place}\.{n}\.(\w+)", rf"{level}.merge.{c}.\1")
                for n, c in parts.items()
            ]
    return found


def at(batch: int, h: int, w: int, depth: int = 4, width: int = 64, classes: int = 2) -> At:
    sizes = {"depth": depth, "width": width, "classes": classes}
    return At(
        sizes,
        lambda: Net(depth, width, classes),
        lambda: [reals(batch, 1, h, w)],
        rules(depth),
    )


WIDTHS = [64 * 2**k for k in range(5)]
DOUBLES = [*zip([1, *WIDTHS[:-1]], WIDTHS, strict=True), *((2 * c, c) for c in WIDTHS[:-1])]

CASE = Case(
    small=[at(2, 44, 48, 2, 2, 3), at(1, 20, 22, 1, 3, 2)],
    # By hand: pairs of convolutions, up-convolutions, and the map to two classes.
    published=sum(9 * i * o + o + 9 * o * o + o for i, o in DOUBLES)
    + sum(4 * 2 * c * c + c for c in WIDTHS[:-1])
    + 64 * 2
    + 2,
    own=at(1, 188, 188),
    speed=at(1, 188, 204, 4, 16),
)
