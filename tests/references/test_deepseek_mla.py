"""Latent attention as it is used for decoding: keys are never made, queries look at the latent itself."""

import math

import pytest
import torch
from torch import Tensor

from tests.references.case import model, reals
from tests.references.harness import close

pytestmark = pytest.mark.torch

D, H, RANK, E, R, C = 10, 3, 6, 5, 4, 7


def turned(x: Tensor) -> Tensor:
    """[n, r] with the pair (2 j, 2 j + 1) of row i turned by i / 10000^(2 j / r)."""
    n, r = x.shape
    angles = torch.arange(n, dtype=x.dtype)[:, None] * 10000.0 ** (
        -torch.arange(0, r, 2, dtype=x.dtype) / r
    )
    whole = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(whole * torch.polar(torch.ones_like(angles), angles)).flatten(1)


def normed(x: Tensor, weight: Tensor) -> Tensor:
    return x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * weight


def absorbed(x: Tensor, leaf: dict[str, Tensor]) -> Tensor:
    """q^T (U c) = (U^T q)^T c, and the sum of values U (sum of latents): one head of latents for all."""
    q = (normed(x @ leaf["q_down"].T, leaf["q_norm"]) @ leaf["q_up"].T).unflatten(-1, (H, E + R))
    low = x @ leaf["down"].T
    latent, k_turned = normed(low[:, :RANK], leaf["norm"]), turned(low[:, RANK:])
    up = leaf["up"].unflatten(0, (H, E + C))
    hidden = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
    heads = []
    for h in range(H):
        query = q[:, h, :E] @ up[h, :E]
        scores = query @ latent.T + turned(q[:, h, E:]) @ k_turned.T
        weight = (scores / math.sqrt(E + R)).masked_fill(hidden, -math.inf).softmax(-1)
        heads.append(weight @ latent @ up[h, E:].T)
    return torch.cat(heads, -1) @ leaf["out"].T


def test_the_absorbed_form_is_the_expanded_one() -> None:
    sizes = {"d": D, "h": H, "q_rank": 8, "rank": RANK, "e": E, "r": R, "c": C}
    module = model("deepseek_mla").bind(**sizes).torch(seed=1).double()
    with torch.no_grad():
        for leaf in module.parameters():
            leaf.copy_(torch.randn(leaf.shape, dtype=leaf.dtype))
    leaves = {name.split(".")[1]: leaf.detach() for name, leaf in module.named_parameters()}
    x = reals(1, 6, D)
    close("absorbed", module(x)[0], absorbed(x[0], leaves))
