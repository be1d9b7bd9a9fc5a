"""Positions: rotary ones against transformers, the others against their formulas."""

import math

import pytest
import torch
from torch import Tensor, nn

from tests.references.harness import Rule, close
from tests.std.support import Case, Function, compare, model

pytestmark = [pytest.mark.torch, pytest.mark.reference]


def frequencies(e: int, base: float) -> Tensor:
    return base ** -(torch.arange(0, e, 2, dtype=torch.float64) / e)


def half_split(base: float) -> nn.Module:
    """transformers' Llama: pairs are the halves of a head."""
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    def turn(x: Tensor) -> Tensor:
        angles = torch.outer(
            torch.arange(x.shape[-2], dtype=x.dtype), frequencies(x.shape[-1], base)
        )
        both = torch.cat((angles, angles), -1)[None]
        found: Tensor = apply_rotary_pos_emb(x[:, None], x[:, None], both.cos(), both.sin())[0][
            :, 0
        ]
        return found

    return Function(turn)


def interleaved(base: float) -> nn.Module:
    """transformers' GPT-J: pairs are neighbours."""
    from transformers.models.gptj.modeling_gptj import apply_rotary_pos_emb

    def turn(x: Tensor) -> Tensor:
        angles = torch.outer(
            torch.arange(x.shape[-2], dtype=x.dtype), frequencies(x.shape[-1], base)
        )[None]
        found: Tensor = apply_rotary_pos_emb(x[:, :, None], angles.sin(), angles.cos())[:, :, 0]
        return found

    return Function(turn)


@pytest.mark.parametrize("lead", ["", "p"])
@pytest.mark.parametrize("base", [10000.0, 7.0])
def test_rotary_positions_agree_with_transformers(lead: str, base: float) -> None:
    x = [("", (5, 6))]
    compare(Case("rope", f"rope[{base}]", x, (5, 6), lambda: half_split(base)), lead)
    compare(
        Case("interleaved", f"rope_interleaved[{base}]", x, (5, 6), lambda: interleaved(base)), lead
    )


def test_rotary_positions_at_given_places() -> None:
    full = model("model m : [n, 6] -> [n, 6] = rope\n").torch().double()
    at = model("model m : ([n, 6], [n]) -> [n, 6] = rope_at\n").torch().double()
    x = torch.randn(2, 5, 6, dtype=torch.float64)
    places = torch.arange(5, dtype=torch.float64).expand(2, 5)
    close("rope_at", at(x, places), full(x))


class Learned(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(9, 4))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight[: x.shape[-2]]


def test_learned_positions_add_the_first_rows() -> None:
    rules = [Rule("weight", "learned_positions.weight")]
    compare(Case("learned", "learned_positions[9]", [("", (5, 4))], (5, 4), Learned, rules), "p")


def vaswani(n: int, d: int) -> Tensor:
    """The formula of section 3.5, an element at a time."""
    table = [
        [(math.cos if j % 2 else math.sin)(i / 10000 ** (2 * (j // 2) / d)) for j in range(d)]
        for i in range(n)
    ]
    return torch.tensor(table, dtype=torch.float64)


def test_sinusoidal_positions_are_those_of_the_paper() -> None:
    case = Case(
        "sinusoidal",
        "sinusoidal_positions",
        [("", (7, 6))],
        (7, 6),
        lambda: Function(lambda x: x + vaswani(7, 6)),
    )
    compare(case, "p")


def test_sinusoid_of_a_time() -> None:
    def features(t: Tensor) -> Tensor:
        angles = t[:, None] * frequencies(6, 10000.0)
        return torch.cat((angles.sin(), angles.cos()), -1)

    compare(Case("sinusoid", "sinusoid[6]", [("", ())], (6,), lambda: Function(features)), "p")
