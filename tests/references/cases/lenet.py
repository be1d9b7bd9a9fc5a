"""LeNet-5, transcribed from section II.B of the paper; table 1 is written out, map by map."""

import torch
from torch import Tensor, nn
from torch.nn import Module
from torch.nn import functional as F

from tests.references.case import At, Case, reals
from tests.references.harness import Rule

TABLE = [
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (4, 5, 0), (5, 0, 1),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (3, 4, 5, 0), (4, 5, 0, 1), (5, 0, 1, 2),
    (0, 1, 3, 4), (1, 2, 4, 5), (2, 3, 5, 0),
    (0, 1, 2, 3, 4, 5),
]  # fmt: skip
RULES = [
    Rule(r"(first|fifth|sixth)\.(\w+)", r"\1.\2"),
    Rule(r"half_(weight|bias)", r"half_.\1"),
    Rule(r"quarter_(weight|bias)", r"quarter.\1"),
    *(Rule(rf"{name}_weight", rf"third.{name}") for name in ("three", "four", "apart", "all")),
    Rule("third_bias", "third.bias"),
    Rule("code", "code"),
]


class LeNet(Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.first, self.fifth = nn.Conv2d(1, 6, 5), nn.Conv2d(16, 120, 5)
        self.sixth = nn.Linear(120, 84)
        for name, maps, before in (("three", 6, 3), ("four", 6, 4), ("apart", 3, 4), ("all", 1, 6)):
            self.register_parameter(f"{name}_weight", nn.Parameter(torch.ones(maps, before, 5, 5)))
        self.third_bias = nn.Parameter(torch.zeros(16))
        for name, maps in (("half", 6), ("quarter", 16)):
            self.register_parameter(f"{name}_weight", nn.Parameter(torch.ones(maps)))
            self.register_parameter(f"{name}_bias", nn.Parameter(torch.zeros(maps)))
        self.register_buffer("code", torch.ones(classes, 84))

    def sampled(self, name: str, x: Tensor) -> Tensor:
        corners = x[:, :, ::2, ::2] + x[:, :, 1::2, ::2] + x[:, :, ::2, 1::2] + x[:, :, 1::2, 1::2]
        weight, bias = getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias")
        return 1.7159 * torch.tanh(2 / 3 * (corners * weight[:, None, None] + bias[:, None, None]))

    def forward(self, x: Tensor) -> Tensor:
        x = self.sampled("half", self.first(x))
        kernels = [
            k for n in ("three", "four", "apart", "all") for k in getattr(self, f"{n}_weight")
        ]
        maps = [
            F.conv2d(x[:, list(seen)], kernel[None])
            for seen, kernel in zip(TABLE, kernels, strict=True)
        ]
        x = self.sampled("quarter", torch.cat(maps, 1) + self.third_bias[:, None, None])
        x = 1.7159 * torch.tanh(2 / 3 * self.fifth(x).flatten(1))
        x = 1.7159 * torch.tanh(2 / 3 * self.sixth(x))
        code = self.code
        assert isinstance(code, Tensor)
        return torch.stack([(x - row.sign()).square().sum(1) for row in code], 1)


def at(batch: int, classes: int = 10) -> At:
    return At(
        {"classes": classes}, lambda: LeNet(classes), lambda: [reals(batch, 1, 32, 32)], RULES
    )


CASE = Case(small=[at(3, 7)], published=60_000, own=at(2), speed=at(256))
