"""A temporal convolutional network by its layers, with torch's weight normalisation and the end cut off after padding."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


class Chomp(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, : -self.size]


def conv(i: int, o: int, k: int, dilation: int) -> nn.Conv1d:
    found = nn.Conv1d(i, o, k, padding=(k - 1) * dilation, dilation=dilation)
    found.weight.data.normal_(0, 0.01)
    return cast(nn.Conv1d, parametrizations.weight_norm(found))


class Block(nn.Module):
    def __init__(self, i: int, o: int, k: int, dilation: int, drop: float) -> None:
        super().__init__()
        end = (k - 1) * dilation
        self.net = nn.Sequential(
            conv(i, o, k, dilation), Chomp(end), nn.ReLU(), nn.Dropout(drop),
            conv(o, o, k, dilation), Chomp(end), nn.ReLU(), nn.Dropout(drop),
        )  # fmt: skip
        self.skip = None if i == o else nn.Conv1d(i, o, 1)
        if self.skip is not None:
            self.skip.weight.data.normal_(0, 0.01)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.net(x) + (x if self.skip is None else self.skip(x)))


class Net(nn.Module):
    def __init__(
        self, levels: int, width: int, k: int, drop: float, inputs: int, classes: int
    ) -> None:
        super().__init__()
        widths = [inputs, *[width] * levels]
        self.blocks = nn.Sequential(
            *(Block(widths[j], width, k, 2**j, drop) for j in range(levels))
        )
        self.linear = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.linear(self.blocks(x)[:, :, -1])
        return found


def rules(levels: int) -> list[Rule]:
    found = [Rule(r"linear\.(\w+)", r"head.\1"), Rule(r"blocks\.0\.skip\.(\w+)", r"start.skip.\1")]
    for level in range(levels):
        ours = "start" if level == 0 else f"blocks.{level - 1}"
        for place, part in ((0, "first"), (4, "second")):
            theirs = rf"blocks\.{level}\.net\.{place}"
            weight, name = rf"{theirs}\.parametrizations\.weight", f"{ours}.{part}.conv"
            found += [
                Rule(rf"{theirs}\.bias", f"{name}.bias"),
                Rule(rf"{weight}\.original0", f"{name}.weight_g", torch.flatten),
                Rule(rf"{weight}\.original1", f"{name}.weight_v"),
            ]
    return found


def at(
    batch: int,
    n: int,
    levels: int = 8,
    width: int = 25,
    k: int = 7,
    drop: float = 0.05,
    inputs: int = 1,
    classes: int = 10,
) -> At:
    settings = {"levels": levels, "width": width, "k": k, "inputs": inputs, "classes": classes}
    return At(
        {**settings, "drop": drop},
        lambda: Net(**settings, drop=drop),
        lambda: [reals(batch, inputs, n)],
        rules(levels),
    )


CASE = Case(
    small=[at(2, 11, 3, 5, 3, 0.0, 2, 4), at(1, 1, 2, 3, 2, 0.0, 1, 2)],
    # By hand, some 70 000 in the paper: two convolutions a block with lengths and biases, one projection, ten classes.
    published=7 * 25 * (1 + 15 * 25) + 16 * 2 * 25 + (25 + 25) + (250 + 10),
    own=at(2, 784),
    speed=at(4, 784),
    wide=at(1, 4, 2, 64, 7, 0.0, 32, 100),
    # A length here is the same for all directions; theirs has the spread of 0.01 |N(0, 1)|.
    begins_otherwise=r".*weight_g",
)
