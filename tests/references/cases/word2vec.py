"""The objective of skip-gram with negative samples (equation 4 of the paper) with `nn.Embedding` and products of matrices."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, indices
from tests.references.harness import Rule


class SkipGram(Module):
    def __init__(self, vocab: int, d: int) -> None:
        super().__init__()
        self.v, self.u = nn.Embedding(vocab, d), nn.Embedding(vocab, d)
        nn.init.uniform_(self.v.weight, -0.5 / d, 0.5 / d)
        nn.init.zeros_(self.u.weight)

    def forward(self, word: Tensor, near: Tensor, others: Tensor) -> Tensor:
        chosen = torch.cat((near[:, None], others), 1)
        scores = torch.bmm(self.u(chosen), self.v(word)[:, :, None]).squeeze(2)
        target = torch.zeros_like(scores)
        target[:, 0] = 1
        lost = nn.functional.binary_cross_entropy_with_logits(scores, target, reduction="none")
        return lost.sum(1)


RULES = [Rule(r"v\.weight", "input"), Rule(r"u\.weight", "output")]


def at(batch: int, k: int, vocab: int, d: int) -> At:
    inputs = [
        indices(vocab, batch),
        indices(vocab, batch, seed=4),
        indices(vocab, batch, k, seed=5),
    ]
    sizes = {"vocab": vocab, "d": d}
    return At(sizes, lambda: SkipGram(**sizes), lambda: inputs, RULES)


CASE = Case(
    small=[at(5, 3, 11, 6)],
    published=2 * 100_000 * 300,
    own=at(3, 5, 100_000, 300),
    wide=at(2, 3, 400, 90),
)
