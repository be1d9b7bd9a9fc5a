"""Fresh weights have the distribution of torch.nn's: the same spread, the same bounds."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from tests.std.support import model

pytestmark = pytest.mark.torch

CASES: dict[str, tuple[str, str, Callable[[], nn.Module]]] = {
    "linear": ("[300]", "[200]", lambda: nn.Linear(300, 200)),
    "bilinear": ("([30], [40])", "[50]", lambda: nn.Bilinear(30, 40, 50)),
    "conv1d": ("[60, 9]", "[80, 7]", lambda: nn.Conv1d(60, 80, 3)),
    "conv": ("[60, 9, 9]", "[80, 7, 7]", lambda: nn.Conv2d(60, 80, 3)),
    "grouped conv": ("[60, 9, 9]", "[80, 7, 7]", lambda: nn.Conv2d(60, 80, 3, groups=4)),
    "embedding": ("ix(500)", "[40]", lambda: nn.Embedding(500, 40)),
    "layernorm": ("[50]", "[50]", lambda: nn.LayerNorm(50)),
    "batchnorm": ("[50, 2, 2]", "[50, 2, 2]", lambda: nn.BatchNorm2d(50)),
    "groupnorm": ("[50, 2, 2]", "[50, 2, 2]", lambda: nn.GroupNorm(5, 50)),
    "prelu": ("[50]", "[50]", lambda: nn.PReLU(50)),
}
TERMS = {
    "linear": "linear[200]",
    "bilinear": "bilinear[50]",
    "conv1d": "conv1d[80, 3]",
    "conv": "conv[80, 3]",
    "grouped conv": "conv[80, 3, groups = 4]",
    "embedding": "embedding[500, 40]",
    "groupnorm": "groupnorm[5]",
}


@pytest.mark.parametrize("name", CASES)
def test_initial_weights_are_distributed_as_in_torch(name: str) -> None:
    source, target, reference = CASES[name]
    torch.manual_seed(1)
    theirs = {k: v for k, v in reference().state_dict().items() if k != "num_batches_tracked"}
    text = f"model m : {source} -> {target} = {TERMS.get(name, name)}\n"
    ours = {k.rpartition(".")[2]: v for k, v in model(text).torch(seed=2).state_dict().items()}
    assert ours.keys() == theirs.keys()
    for leaf, expected in theirs.items():
        found = ours[leaf]
        spread = float(expected.std())
        # Four standard errors of a mean and of a spread, for each of the two samples.
        slack = 8 * spread / expected.numel() ** 0.5
        assert float(found.std()) == pytest.approx(spread, abs=slack)
        assert float(found.mean()) == pytest.approx(float(expected.mean()), abs=slack)
        if name != "embedding":
            assert float(found.abs().max()) <= float(expected.abs().max()) + slack


def test_the_seed_decides_the_weights() -> None:
    text = "model m : [30] -> [20] = linear[20] >> relu >> linear[20]\n"
    first, again, other = (model(text).torch(seed=seed).state_dict() for seed in (0, 0, 1))
    for name, leaf in first.items():
        assert torch.equal(leaf, again[name])
        assert not torch.equal(leaf, other[name])
    assert not torch.equal(first["linear.bias"], first["linear_2.bias"])
