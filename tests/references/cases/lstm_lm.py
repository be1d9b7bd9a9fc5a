"""The language model of Zaremba et al. on torch.nn.LSTM."""

from torch import Tensor, nn

from catnn.api import Setting
from tests.references.case import At, Case, indices
from tests.references.harness import Rule

RULES = [
    Rule(r"embed\.weight", "embed.weight"),
    Rule(r"run\.(\w+)_l(\d+)", r"layers.\2.cell.\1"),
    Rule(r"head\.(\w+)", r"head.\1"),
]


class Model(nn.Module):
    """Dropout before and after each layer, none along the sequence."""

    def __init__(self, layers: int, d: int, vocab: int, p: float) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, d)
        self.drop = nn.Dropout(p)
        self.run = nn.LSTM(d, d, layers, dropout=p, batch_first=True)
        self.head = nn.Linear(d, vocab)

    def forward(self, tokens: Tensor) -> Tensor:
        states, _ = self.run(self.drop(self.embed(tokens)))
        found: Tensor = self.head(self.drop(states))
        return found


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, tokens)
    given: dict[str, Setting] = {**sizes, "p": 0.0}
    return At(given, lambda: Model(**sizes, p=0.0), lambda: [inputs], RULES)


CASE = Case(
    small=[at(2, 7, layers=2, d=12, vocab=31), at(3, 1, layers=1, d=5, vocab=7)],
    published=19_780_400,  # 20 million in the paper
    own=at(2, 35, layers=2, d=650, vocab=10000),
    speed=at(20, 35, layers=2, d=200, vocab=2000),
)
