"""R(2+1)D-18 by its layers; 31 505 325 parameters, as torchvision has it."""

from torch import Tensor, nn

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


def space(i: int, o: int, k: int = 3, stride: int = 1) -> nn.Conv3d:
    return nn.Conv3d(i, o, (1, k, k), (1, stride, stride), (0, k // 2, k // 2), bias=False)


def time(i: int, o: int, stride: int = 1) -> nn.Conv3d:
    return nn.Conv3d(i, o, (3, 1, 1), (stride, 1, 1), (1, 0, 0), bias=False)


def factored(i: int, o: int, middle: int, stride: int = 1) -> list[nn.Module]:
    return [
        space(i, middle, 3, stride), nn.BatchNorm3d(middle), nn.ReLU(),
        time(middle, o, stride), nn.BatchNorm3d(o),
    ]  # fmt: skip


class Block(nn.Module):
    def __init__(self, i: int, o: int, stride: int) -> None:
        super().__init__()
        middle = (i * o * 3 * 3 * 3) // (i * 3 * 3 + 3 * o)
        self.first = nn.Sequential(*factored(i, o, middle, stride), nn.ReLU())
        self.second = nn.Sequential(*factored(o, o, middle))
        self.skip: nn.Module = nn.Identity()
        if stride != 1 or i != o:
            whole = nn.Conv3d(i, o, 1, stride, bias=False)
            self.skip = nn.Sequential(whole, nn.BatchNorm3d(o))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = nn.functional.relu(self.skip(x) + self.second(self.first(x)))
        return found


def reference(depth: int, width: int, classes: int) -> nn.Sequential:
    layers = [*factored(3, width, 45), nn.ReLU()]
    layers[0] = space(3, 45, 7, 2)
    i = width
    for stage in range(4):
        for k in range(depth):
            o = width * 2**stage
            layers.append(Block(i, o, 2 if stage > 0 and k == 0 else 1))
            i = o
    found = nn.Sequential(
        *layers, nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(8 * width, classes)
    )
    for part in found.modules():
        if isinstance(part, nn.Conv3d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
    nn.init.normal_(found[-1].weight, 0, 0.01)  # type: ignore[arg-type]
    nn.init.zeros_(found[-1].bias)  # type: ignore[arg-type]
    return found


PARTS = {"0": "space.conv3d", "1": "between", "3": "time.conv3d", "4": "norm"}


def rules(depth: int) -> list[Rule]:
    """A block that is alone in its stage has no name of its own."""
    found = [Rule(rf"{theirs}\.(\w+)", rf"{ours}.\1") for theirs, ours in PARTS.items()]
    for stage in range(4):
        for k in range(depth):
            theirs = str(6 + stage * depth + k)
            place = "first" if k == 0 else f"rest.{k - 1}"
            ours = f"stages.{stage}" + (f".{place}" if depth > 1 else "")
            found += [
                Rule(rf"{theirs}\.{half}\.{place}\.(\w+)", rf"{ours}.{half}.{part}.\1")
                for half in ("first", "second")
                for place, part in PARTS.items()
            ]
            found += [
                Rule(rf"{theirs}\.skip\.{place}\.(\w+)", rf"{ours}.skip.{part}.\1")
                for place, part in ((0, "conv"), (1, "norm"))
            ]
    return [*found, Rule(rf"{6 + 4 * depth + 2}\.(\w+)", r"head.\1")]


def at(
    batch: int, t: int, h: int, w: int, depth: int = 2, width: int = 64, classes: int = 400
) -> At:
    sizes = {"depth": depth, "width": width, "classes": classes}
    return At(
        sizes,
        lambda: reference(depth, width, classes),
        lambda: [reals(batch, 3, t, h, w)],
        rules(depth),
    )


CASE = Case(
    small=[at(2, 5, 17, 19, 2, 2, 3), at(3, 1, 8, 6, 1, 3, 2)],
    published=31_505_325,
    own=at(1, 8, 56, 56),
    speed=at(1, 8, 56, 56),
    wide=at(1, 2, 8, 8, 1, 16, 100),
)
