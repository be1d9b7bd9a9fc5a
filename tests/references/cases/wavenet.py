"""WaveNet by the equations of the paper: z = tanh(W_f * x) sigmoid(W_g * x), each place sees itself and the past.

Convolutions are sums over their taps here, written out. Channels of the paper's
text-to-speech model are not given; the defaults are those of common implementations.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.references.case import At, Case, indices
from tests.references.harness import Rule


def causal(x: Tensor, layer: nn.Conv1d, dilation: int) -> Tensor:
    """y_t = b + sum_j W_j x_(t - dilation (k - 1 - j)), with zeros before the start."""
    k = layer.weight.shape[-1]
    y = layer.bias[:, None].expand(len(x), -1, x.shape[-1])  # type: ignore[index]
    for j in range(k):
        late = dilation * (k - 1 - j)
        seen = torch.cat((torch.zeros_like(x[..., :late]), x), -1)[..., : x.shape[-1]]
        y = y + torch.einsum("oi,bit->bot", layer.weight[..., j], seen)
    return y


class Wave(nn.Module):
    def __init__(
        self, stacks: int, layers: int, residual: int, d: int, skip: int, k: int, levels: int
    ) -> None:
        super().__init__()
        self.levels = levels
        self.dilations = [2**i for _ in range(stacks) for i in range(layers)]
        count = len(self.dilations)
        self.start = nn.Conv1d(levels, residual, k)
        self.gates = nn.ModuleList(nn.Conv1d(residual, 2 * d, k) for _ in range(count))
        self.outs = nn.ModuleList(nn.Conv1d(d, residual, 1) for _ in range(count - 1))
        self.skips = nn.ModuleList(nn.Conv1d(d, skip, 1) for _ in range(count))
        self.first, self.second = nn.Conv1d(skip, skip, 1), nn.Conv1d(skip, levels, 1)

    def forward(self, samples: Tensor) -> Tensor:
        x = F.one_hot(samples, self.levels).to(self.start.weight.dtype).mT
        x, total = causal(x, self.start, 1), []
        for k, dilation in enumerate(self.dilations):
            filtered, gate = causal(x, self.gates[k], dilation).chunk(2, 1)
            z = torch.tanh(filtered) * torch.sigmoid(gate)
            total.append(self.skips[k](z))
            if k < len(self.outs):  # what the last layer hands on is read by nobody
                x = x + self.outs[k](z)
        y = self.second(torch.relu(self.first(torch.relu(sum(total)))))
        return y.mT


RULES = [
    Rule(r"start\.(\w+)", r"embed.conv.\1"),
    Rule(r"gates\.(\d+)\.(\w+)", r"blocks.\1.gates.conv.\2"),
    Rule(r"outs\.(\d+)\.(\w+)", r"blocks.\1.out.\2"),
    Rule(r"skips\.(\d+)\.(\w+)", r"blocks.\1.skip.\2"),
    Rule(r"(first|second)\.(\w+)", r"\1.\2"),
]


def at(batch: int, time: int, **sizes: int) -> At:
    return At(
        sizes,
        lambda: Wave(**sizes),
        lambda: [indices(sizes["levels"], batch, time)],
        RULES,
    )


SIZES = {"stacks": 3, "layers": 10, "residual": 32, "d": 32, "skip": 512, "k": 2, "levels": 256}

CASE = Case(
    small=[
        at(2, 9, stacks=2, layers=3, residual=4, d=3, skip=5, k=2, levels=7),
        at(1, 4, stacks=1, layers=2, residual=2, d=2, skip=3, k=3, levels=5),
    ],
    own=at(1, 3000, **SIZES),
    speed=at(1, 4000, **SIZES),
)
