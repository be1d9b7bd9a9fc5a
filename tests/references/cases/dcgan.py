"""DCGAN by its layers, as in PyTorch's tutorial: a generator of 3 576 704 parameters, a discriminator of 2 765 568."""

from torch import Tensor, nn

from tests.references.case import At, Case, reals
from tests.references.harness import Rule


def generator(width: int, noise: int) -> nn.Sequential:
    widths = [8 * width, 4 * width, 2 * width, width]
    layers: list[nn.Module] = []
    for k, (i, o) in enumerate(zip([noise, *widths], widths, strict=False)):
        stride, pad = (1, 0) if k == 0 else (2, 1)
        layers += [
            nn.ConvTranspose2d(i, o, 4, stride, pad, bias=False),
            nn.BatchNorm2d(o),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh())


def discriminator(width: int) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for k in range(3):
        i, o = width * 2**k, width * 2 ** (k + 1)
        layers += [nn.Conv2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, 1, 0, bias=False))


class Both(nn.Module):
    def __init__(self, width: int, noise: int) -> None:
        super().__init__()
        self.g, self.d = generator(width, noise), discriminator(width)
        for leaf in self.parameters():
            if leaf.dim() > 1:
                nn.init.normal_(leaf, 0, 0.02)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        image = self.g(z[:, :, None, None])
        return image, self.d(image).flatten()


def rules() -> list[Rule]:
    found = [
        Rule(r"g\.0\.(\w+)", r"generator.first.conv.\1"),
        Rule(r"g\.1\.(\w+)", r"generator.norm.\1"),
        Rule(r"g\.12\.(\w+)", r"generator.last.conv.\1"),
        Rule(r"d\.0\.(\w+)", r"discriminator.first.conv.\1"),
        Rule(r"d\.11\.(\w+)", r"discriminator.last.conv.\1"),
    ]
    for k in range(3):
        found += [
            Rule(rf"g\.{3 * k + 3}\.(\w+)", rf"generator.ups.{k}.up.conv.\1"),
            Rule(rf"g\.{3 * k + 4}\.(\w+)", rf"generator.ups.{k}.norm.\1"),
            Rule(rf"d\.{3 * k + 2}\.(\w+)", rf"discriminator.downs.{k}.down.conv.\1"),
            Rule(rf"d\.{3 * k + 3}\.(\w+)", rf"discriminator.downs.{k}.norm.\1"),
        ]
    return found


def at(batch: int, width: int, noise: int) -> At:
    sizes = {"width": width, "noise": noise}
    return At(sizes, lambda: Both(width, noise), lambda: [reals(batch, noise)], rules())


CASE = Case(
    small=[at(2, 2, 5)],
    published=3_576_704 + 2_765_568,
    own=at(2, 64, 100),
    speed=at(4, 64, 100),
    wide=at(2, 16, 30),
)
