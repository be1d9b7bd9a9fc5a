"""Language models see no later token, and a window sees no earlier one than it says."""

import pytest
import torch
from torch import Tensor
from torch.nn import Module

from tests.references.case import case, model

pytestmark = pytest.mark.torch

CAUSAL = (
    "gpt2", "llama", "mistral", "qwen3", "gpt_neox", "bloom", "opt", "tpa", "sparse_transformer",
    "linear_attention", "lstm_lm", "rwkv", "mamba",
)  # fmt: skip


def built(name: str, **changed: int) -> tuple[Module, Tensor]:
    """A model at its small sizes with other weights than zeros, and its tokens."""
    at = case(name).small[0]
    module = model(name).bind(**{**at.sizes, **changed}).torch(seed=4).double().eval()
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for leaf in module.parameters():
            leaf.copy_(torch.randn(leaf.shape, generator=draw, dtype=leaf.dtype) * 0.5)
    return module, at.inputs()[0][:1]


def other(tokens: Tensor, place: int) -> Tensor:
    """The same tokens with another one at a place."""
    changed = tokens.clone()
    changed[:, place] = (changed[:, place] + 1) % 5
    return changed


@pytest.mark.parametrize("name", CAUSAL)
def test_a_token_changes_what_follows_only(name: str) -> None:
    module, tokens = built(name)
    place = tokens.shape[1] // 2
    before, after = module(tokens), module(other(tokens, place))
    torch.testing.assert_close(after[:, :place], before[:, :place], rtol=1e-10, atol=1e-10)
    assert not torch.allclose(after[:, place], before[:, place])
    assert not torch.allclose(after[:, -1], before[:, -1])


def test_a_window_forgets() -> None:
    """Two layers with windows of 4: a token reaches 6 places, and no further."""
    module, tokens = built("mistral", window=4)
    before, after = module(tokens), module(other(tokens, 0))
    assert not torch.allclose(after[:, 6], before[:, 6])
    torch.testing.assert_close(after[:, 7:], before[:, 7:], rtol=1e-10, atol=1e-10)
