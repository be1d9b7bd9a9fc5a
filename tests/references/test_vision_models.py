"""ResNet-50, ViT and MLP-Mixer against timm; the two small models against torch.nn."""

import pytest
import torch
from torch import Tensor, nn

from tests.references.harness import Rule, agree, example, parameters, published
from tests.references.vision import timm

pytestmark = [pytest.mark.torch, pytest.mark.reference]


def image(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


# ---- ResNet ---------------------------------------------------------------------------

PARTS = {"1": "narrow", "2": "middle", "3": "widen"}
RESNET = [
    Rule(r"conv1\.weight", "stem.conv.weight"),
    Rule(r"bn1\.(\w+)", r"stem.norm.\1"),
    Rule(r"fc\.(\w+)", r"head.\1"),
]


def resnet_rules(depths: tuple[int, ...]) -> list[Rule]:
    """timm counts layers from 1 and blocks of a layer from 0; ours are `first` and `rest.{i - 1}`."""
    rules = list(RESNET)
    for stage, depth in enumerate(depths):
        for block in range(depth):
            theirs = rf"layer{stage + 1}\.{block}"
            ours = f"stages.{stage}." + ("first" if block == 0 else f"rest.{block - 1}")
            for number, part in PARTS.items():
                rules.append(Rule(rf"{theirs}\.conv{number}\.weight", f"{ours}.{part}.conv.weight"))
                rules.append(Rule(rf"{theirs}\.bn{number}\.(\w+)", rf"{ours}.{part}.norm.\1"))
            rules.append(Rule(rf"{theirs}\.downsample\.0\.weight", f"{ours}.skip.conv.weight"))
            rules.append(Rule(rf"{theirs}\.downsample\.1\.(\w+)", rf"{ours}.skip.norm.\1"))
    return rules


def resnet(depths: tuple[int, ...], classes: int) -> nn.Module:
    from timm.models.resnet import Bottleneck, ResNet

    return ResNet(block=Bottleneck, layers=depths, num_classes=classes)


@pytest.mark.parametrize(("h", "w"), [(32, 32), (37, 45)])
def test_resnet_agrees(h: int, w: int) -> None:
    timm()
    depths = (1, 2, 1, 1)
    ours = example("resnet50").bind(depths=depths, classes=10).torch()
    agree(ours, resnet(depths, 10), resnet_rules(depths), [image(2, 3, h, w)])


@pytest.mark.slow
def test_resnet50_agrees_at_its_own_size() -> None:
    theirs = timm().create_model("resnet50", pretrained=False)
    agree(
        example("resnet50").bind().torch(),
        theirs,
        resnet_rules((3, 4, 6, 3)),
        [image(1, 3, 224, 224)],
        modes=["eval"],
    )


def test_resnet50_has_the_published_number_of_parameters() -> None:
    assert published(example("resnet50")) == 25_557_032


# ---- ViT ------------------------------------------------------------------------------------

VIT = [
    Rule(r"cls_token", "class_", lambda leaf: leaf[0]),
    Rule(r"pos_embed", "position", lambda leaf: leaf[0]),
    Rule(r"patch_embed\.proj\.(\w+)", r"patches.conv.\1"),
    Rule(r"blocks\.(\d+)\.norm([12])\.(\w+)", r"blocks.\1.norm\2.\3"),
    Rule(r"blocks\.(\d+)\.attn\.qkv\.(\w+)", r"blocks.\1.attn.qkv.\2"),
    Rule(r"blocks\.(\d+)\.attn\.proj\.(\w+)", r"blocks.\1.attn.out.\2"),
    Rule(r"blocks\.(\d+)\.mlp\.fc1\.(\w+)", r"blocks.\1.mlp.up.\2"),
    Rule(r"blocks\.(\d+)\.mlp\.fc2\.(\w+)", r"blocks.\1.mlp.down.\2"),
    Rule(r"(norm|head)\.(\w+)", r"\1.\2"),
]


def test_vit_agrees() -> None:
    theirs = timm().create_model(
        "vit_base_patch16_224", pretrained=False,
        img_size=24, patch_size=8, embed_dim=24, depth=2, num_heads=3, num_classes=10,
    )  # fmt: skip
    ours = example("vit").bind(layers=2, d=24, h=3, patch=8, size=24, classes=10).torch()
    agree(ours, theirs, VIT, [image(2, 3, 24, 24)])


@pytest.mark.slow
def test_vit_agrees_at_its_own_size() -> None:
    theirs = timm().create_model("vit_base_patch16_224", pretrained=False)
    agree(example("vit").bind().torch(), theirs, VIT, [image(1, 3, 224, 224)], modes=["eval"])


def test_vit_has_the_published_number_of_parameters() -> None:
    assert published(example("vit")) == 86_567_656


# ---- Mixer ------------------------------------------------------------------------------------

MIXER = [
    Rule(r"stem\.proj\.(\w+)", r"patches.conv.\1"),
    Rule(r"blocks\.(\d+)\.norm([12])\.(\w+)", r"blocks.\1.norm\2.\3"),
    Rule(r"blocks\.(\d+)\.mlp_(tokens|channels)\.fc1\.(\w+)", r"blocks.\1.\2.up.\3"),
    Rule(r"blocks\.(\d+)\.mlp_(tokens|channels)\.fc2\.(\w+)", r"blocks.\1.\2.down.\3"),
    Rule(r"(norm|head)\.(\w+)", r"\1.\2"),
]


def test_mixer_agrees() -> None:
    timm()
    from timm.models.mlp_mixer import MlpMixer

    theirs = MlpMixer(num_classes=10, img_size=24, patch_size=8, num_blocks=2, embed_dim=24)
    sizes = {"layers": 2, "d": 24, "t": 12, "w": 96, "patch": 8, "size": 24, "classes": 10}
    agree(example("mixer").bind(**sizes).torch(), theirs, MIXER, [image(2, 3, 24, 24)])


@pytest.mark.slow
def test_mixer_agrees_at_its_own_size() -> None:
    theirs = timm().create_model("mixer_b16_224", pretrained=False)
    agree(example("mixer").bind().torch(), theirs, MIXER, [image(1, 3, 224, 224)], modes=["eval"])


def test_mixer_has_the_published_number_of_parameters() -> None:
    assert published(example("mixer")) == 59_880_472


# ---- the small ones ---------------------------------------------------------------------------


def test_digits_agrees() -> None:
    theirs = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(),
        nn.Conv2d(4, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32, 10),
    )  # fmt: skip
    names = {"0": "conv", "2": "conv_2", "5": "conv_3", "9": "head"}
    rules = [Rule(rf"{theirs}\.(\w+)", rf"{ours}.\1") for theirs, ours in names.items()]
    agree(example("digits").bind(width=4).torch(), theirs, rules, [image(3, 1, 8, 8)])


def test_mlp_agrees() -> None:
    theirs = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 5)
    )
    names = {"1": "linear", "3": "linear_2", "5": "linear_3"}
    rules = [Rule(rf"{theirs}\.(\w+)", rf"{ours}.\1") for theirs, ours in names.items()]
    agree(example("mlp").bind(hidden=16, classes=5).torch(), theirs, rules, [image(3, 28, 28)])


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("resnet50", {"depths": (1, 2, 1, 1), "width": 8, "classes": 5}),
        ("vit", {"layers": 2, "d": 24, "h": 3, "patch": 8, "size": 24, "classes": 5}),
        ("mixer", {"layers": 2, "d": 24, "patch": 8, "size": 24, "classes": 5}),
        ("digits", {}),
        ("mlp", {}),
    ],
)
def test_the_count_is_that_of_the_module(
    name: str, sizes: dict[str, int | tuple[int, ...]]
) -> None:
    model = example(name).bind(**sizes)
    assert model.cost().parameters == parameters(model.torch())
