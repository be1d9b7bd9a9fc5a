"""Wukong as equations (1) to (7) of its paper: the square of the embeddings is formed, and then compressed."""

import torch
from torch import Tensor, nn
from torch.nn import Module

from tests.references.case import At, Case, indices
from tests.references.harness import Rule


class Layer(Module):
    def __init__(self, n: int, d: int, f: int, m: int, k: int, w: int) -> None:
        super().__init__()
        self.f, self.mix = f, nn.Parameter(nn.init.xavier_uniform_(torch.empty(n, k)))
        self.inner = nn.LayerNorm(n * k)
        self.mlp = nn.Sequential(nn.Linear(n * k, w), nn.ReLU(), nn.Linear(w, f * d))
        self.compress = nn.Linear(n, m, bias=False)
        self.skip = nn.Linear(n, f + m, bias=False) if n != f + m else None
        self.norm = nn.LayerNorm(d)

    def forward(self, x: Tensor) -> Tensor:
        square = torch.bmm(x, x.mT)
        machine = self.mlp(self.inner((square @ self.mix).flatten(1)))
        linear = self.compress(x.mT).mT
        both = torch.cat((machine.unflatten(1, (self.f, -1)), linear), 1)
        found: Tensor = self.norm(both + (x if self.skip is None else self.skip(x.mT).mT))
        return found


class Wukong(Module):
    def __init__(
        self, fields: int, vocab: int, d: int, layers: int, f: int, mixtures: int, k: int, w: int
    ) -> None:
        super().__init__()
        self.table = nn.Embedding(vocab, d)
        nn.init.normal_(self.table.weight, std=0.01)
        counts = [fields] + [f + mixtures] * (layers - 1)
        self.layers = nn.ModuleList([Layer(n, d, f, mixtures, k, w) for n in counts])
        self.hidden, self.head = nn.Linear((f + mixtures) * d, 512), nn.Linear(512, 1)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.table(ids)
        for layer in self.layers:
            x = layer(x)
        found: Tensor = self.head(torch.relu(self.hidden(x.flatten(1)))).squeeze(1)
        return found


def rules(layers: int) -> list[Rule]:
    found = [Rule(r"(table|hidden|head)\.(\w+)", r"\1.\2")]
    for number in range(layers):
        ours = "first" if number == 0 else f"rest.{number - 1}"
        theirs = rf"layers\.{number}"
        found += [
            Rule(rf"{theirs}\.mix", f"{ours}.machine.mix"),
            Rule(rf"{theirs}\.inner\.(\w+)", rf"{ours}.machine.norm.\1"),
            Rule(rf"{theirs}\.mlp\.0\.(\w+)", rf"{ours}.machine.up.\1"),
            Rule(rf"{theirs}\.mlp\.2\.(\w+)", rf"{ours}.machine.down.\1"),
            Rule(rf"{theirs}\.compress\.weight", f"{ours}.mixtures.weight"),
            Rule(rf"{theirs}\.skip\.weight", f"{ours}.skip.weight"),
            Rule(rf"{theirs}\.norm\.(\w+)", rf"{ours}.norm.\1"),
        ]
    return found


def at(batch: int, fields: int, vocab: int, d: int, layers: int, f: int, mixtures: int, k: int, w: int) -> At:  # fmt: skip
    sizes = {
        "fields": fields, "vocab": vocab, "d": d, "layers": layers, "f": f, "mixtures": mixtures, "k": k, "w": w,
    }  # fmt: skip
    ids = indices(vocab, batch, fields)
    return At(sizes, lambda: Wukong(**sizes), lambda: [ids], rules(layers))


def layer(n: int) -> int:
    """The parameters of a layer over n embeddings at the default sizes, by hand."""
    return 3 * 24 * n + (24 * n + 1) * 2048 + 2049 * 16 * 128 + 16 * n + 2 * 128


CASE = Case(
    small=[at(3, 7, 19, 4, 3, 2, 3, 2, 9), at(3, 5, 19, 4, 2, 2, 3, 2, 9)],
    published=100_000 * 128 + layer(26) + 26 * 32 + 3 * layer(32) + (32 * 128 + 1) * 512 + 513,
    own=at(2, 26, 100000, 128, 4, 16, 16, 24, 2048),
    speed=at(64, 26, 10000, 128, 4, 16, 16, 24, 2048),
    wide=at(2, 6, 997, 64, 2, 8, 8, 12, 300),
    begins_otherwise=r"head\.bias",  # a single number has no spread
)
