"""Layers of decoders, and causal layers of encoders, against torch.nn."""

import pytest
import torch
from torch import Tensor, nn

from tests.references.harness import Rule
from tests.std.support import NO_AND_TWO, Case, compare, model

pytestmark = pytest.mark.torch


class Decoder(nn.TransformerDecoderLayer):
    """A causal layer of torch."""

    def __init__(self, first: bool, act: str) -> None:
        super().__init__(8, 2, 12, 0.0, act, batch_first=True, norm_first=first)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:  # type: ignore[override]
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], dtype=x.dtype)
        return super().forward(x, memory, tgt_mask=mask, tgt_is_causal=True)


class Encoder(nn.TransformerEncoderLayer):
    def __init__(self, first: bool) -> None:
        super().__init__(8, 2, 12, 0.0, "gelu", batch_first=True, norm_first=first)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], dtype=x.dtype)
        return super().forward(x, src_mask=mask, is_causal=True)


def rules(name: str) -> list[Rule]:
    both = (("self_attn", "attn"), ("multihead_attn", "cross"))
    return [
        *(
            rule
            for theirs, ours in both
            for rule in (
                Rule(
                    rf"{theirs}\.in_proj_(\w+)",
                    tuple(rf"{name}.{ours}.{part}.\1" for part in "qkv"),
                ),
                Rule(rf"{theirs}\.out_proj\.(\w+)", rf"{name}.{ours}.out.\1"),
            )
        ),
        Rule(r"linear1\.(\w+)", rf"{name}.mlp.up.\1"),
        Rule(r"linear2\.(\w+)", rf"{name}.mlp.down.\1"),
        Rule(r"norm([123])\.(\w+)", rf"{name}.norm\1.\2"),
    ]


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("act", ["gelu", "relu"])
@pytest.mark.parametrize("first", [True, False])
def test_decoder_layers(first: bool, act: str, lead: str) -> None:
    name = "prenorm_decoder" if first else "postnorm_decoder"
    term = f"(x, m) => over memory = m; x >> {name}[2, 12, {act}]"
    inputs = [("", (5, 8)), ("", (7, 8))]
    place = name
    if lead:
        term = f"each\nmorph each : ([5, 8], [7, 8]) -> [5, 8] = {term}"
        place = f"each.{name}"
    compare(Case(name, term, inputs, (5, 8), lambda: Decoder(first, act), rules(place)), lead)


@pytest.mark.parametrize("first", [True, False])
def test_causal_encoder_layers(first: bool) -> None:
    name = "prenorm_layer" if first else "postnorm_layer"
    term = f"{name}[2, 12, gelu, true]"
    compare(Case(name, term, [("", (5, 8))], (5, 8), lambda: Encoder(first), rules(name)), "")


def test_a_layer_begins_as_it_is_told() -> None:
    settings = "init = constant[0.5], out_init = constant[0.25], bias_init = zeros"
    text = f"model m : [n, 8] -> [n, 8] = postnorm_layer[2, 12, {settings}] as layer"
    leaves = dict(model(text).torch().named_parameters())
    for name, leaf in leaves.items():
        if name.endswith("bias"):
            assert leaf.eq(0).all(), name
        elif "norm" in name:
            assert leaf.eq(1).all(), name
        else:
            due = 0.25 if ".out." in name or ".down." in name else 0.5
            assert torch.equal(leaf, torch.full_like(leaf, due)), name
