"""Hierarchical attention, transcribed on torch.nn.GRU: a document at a time, a sentence at a time."""

import torch
from torch import Tensor, nn

from tests.references.case import At, Case, indices
from tests.references.harness import Rule

RULES = [
    Rule(r"embed\.weight", "embed.weight"),
    Rule(r"(\w+)\.run\.(\w+)_l0", r"\1.run_.first.ahead.cell.\2"),
    Rule(r"(\w+)\.run\.(\w+)_l0_reverse", r"\1.run_.first.back.cell.\2"),
    Rule(r"(\w+)\.map\.(\w+)", r"\1.map.\2"),
    Rule(r"(\w+)\.context", r"\1.context"),
    Rule(r"head\.(\w+)", r"head.\1"),
]


class Reader(nn.Module):
    """A sequence as one vector: equations (5) to (7)."""

    def __init__(self, i: int, h: int) -> None:
        super().__init__()
        self.run = nn.GRU(i, h, bidirectional=True)
        self.map = nn.Linear(2 * h, 2 * h)
        self.context = nn.Parameter(torch.randn(2 * h))

    def forward(self, sequence: Tensor) -> Tensor:
        states, _ = self.run(sequence)
        scores = [torch.tanh(self.map(state)) @ self.context for state in states]
        weights = torch.exp(torch.stack(scores) - torch.logsumexp(torch.stack(scores), 0))
        return torch.stack(
            [weight * state for weight, state in zip(weights, states, strict=True)]
        ).sum(0)


class Model(nn.Module):
    def __init__(self, h: int, d: int, vocab: int, classes: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, d)
        self.sentence = Reader(d, h)
        self.document = Reader(2 * h, h)
        self.head = nn.Linear(2 * h, classes)

    def forward(self, documents: Tensor) -> Tensor:
        found = []
        for document in documents:
            sentences = [self.sentence(self.embed(words)) for words in document]
            found.append(self.head(self.document(torch.stack(sentences))))
        return torch.stack(found)


def at(batch: int, sentences: int, words: int, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, sentences, words)
    return At(sizes, lambda: Model(**sizes), lambda: [inputs], RULES)


CASE = Case(
    small=[
        at(2, 2, 4, h=4, d=6, vocab=31, classes=3),
        at(1, 1, 1, h=2, d=3, vocab=7, classes=2),
    ],
    published=10_142_610,  # of the equations at the paper's sizes; its vocabulary depends on the data
    own=at(2, 5, 12, h=50, d=200, vocab=50000, classes=10),
    speed=at(4, 8, 20, h=50, d=200, vocab=2000, classes=10),
)
