"""Initialisers: the numbers that `torch.nn.init` draws from the same seed, distributed as the papers say."""

from collections.abc import Callable
from math import prod, sqrt

import pytest
import torch
from attrs import frozen
from torch import Tensor, nn

import catnn

pytestmark = pytest.mark.torch


@frozen
class Case:
    """An initialiser: what torch draws, and by the paper the mean, the spread and the bound of a draw.

    `fans` are those of a leaf `[o, i, ..s]`: `i * prod(s)` and `o * prod(s)`.
    """

    torch: Callable[[Tensor], object]
    spread: Callable[[int, int], float]
    bound: Callable[[int, int], float] | None = None
    mean: float = 0.0


def uniform(bound: Callable[[int, int], float]) -> Callable[[int, int], float]:
    return lambda i, o: bound(i, o) / sqrt(3)


def glorot(i: int, o: int) -> float:
    return sqrt(6 / (i + o))


def lecun(w: Tensor) -> float:
    """The spread before the cut."""
    return 1 / sqrt(w[0].numel()) / CUT


CUT = 0.8796256610342398
"""The spread of a standard normal that is cut at two: sqrt(1 - 4 phi(2) / (2 Phi(2) - 1))."""

CASES = {
    "kaiming": Case(
        lambda w: nn.init.kaiming_uniform_(w, a=sqrt(5)), uniform(lambda i, o: 1 / sqrt(i)), lambda i, o: 1 / sqrt(i)),
    "kaiming_normal": Case(lambda w: nn.init.kaiming_normal_(w, mode="fan_out"), lambda i, o: sqrt(2 / o)),
    "lecun_normal": Case(
        lambda w: nn.init.trunc_normal_(w, std=lecun(w), a=-2 * lecun(w), b=2 * lecun(w)),
        lambda i, o: 1 / sqrt(i), lambda i, o: 2 / sqrt(i) / CUT),
    "xavier": Case(nn.init.xavier_uniform_, uniform(glorot), glorot),
    "glorot": Case(nn.init.xavier_uniform_, uniform(glorot), glorot),
    "normal[0.3, 2.0]": Case(lambda w: nn.init.normal_(w, 2.0, 0.3), lambda i, o: 0.3, None, 2.0),
    "uniform[-1.0, 3.0]": Case(lambda w: nn.init.uniform_(w, -1, 3), lambda i, o: 4 / sqrt(12), lambda i, o: 3, 1.0),
    "truncated_normal[0.02]": Case(
        lambda w: nn.init.trunc_normal_(w, std=0.02, a=-0.04, b=0.04), lambda i, o: 0.02 * CUT, lambda i, o: 0.04),
    "bias_like[49]": Case(lambda w: nn.init.uniform_(w, -1 / 7, 1 / 7), lambda i, o: 1 / 7 / sqrt(3), lambda i, o: 1 / 7),
}  # fmt: skip
SHAPES = [(120, 90), (40, 30, 3), (24, 20, 3, 5)]


def leaf(init: str, shape: tuple[int, ...], seed: int = 5, copies: int = 0) -> Tensor:
    """The parameter of a model that has one."""
    declared = f"param w : [{', '.join(map(str, shape))}] ~ {init}"
    text = f"model m : [] -> [] = x => {declared}; x + sum(w)"
    if copies:
        text = (
            f"model m : [{copies}] -> [{copies}] = copies[{copies}] (x => {declared}; x + sum(w))"
        )
    (found,) = catnn.loads(text)["m"].torch(seed=seed).state_dict().values()
    return found


def seeded(draw: Callable[[Tensor], object], shape: tuple[int, ...], seed: int = 5) -> Tensor:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        tensor = torch.empty(shape)
        draw(tensor)
    return tensor


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("init", CASES)
def test_the_numbers_of_torch(init: str, shape: tuple[int, ...]) -> None:
    assert torch.equal(leaf(init, shape), seeded(CASES[init].torch, shape))
    assert not torch.equal(leaf(init, shape, seed=6), leaf(init, shape, seed=7))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("init", CASES)
def test_the_distribution_of_the_paper(init: str, shape: tuple[int, ...]) -> None:
    case, found = CASES[init], leaf(init, shape).double()
    fan_in, fan_out = prod(shape[1:]), shape[0] * prod(shape[2:])
    spread = case.spread(fan_in, fan_out)
    error = spread / sqrt(found.numel())
    assert float(found.mean()) == pytest.approx(case.mean, abs=4 * error)
    assert float(found.std()) == pytest.approx(spread, abs=4 * error)
    if case.bound is not None:
        bound = case.bound(fan_in, fan_out)
        assert float(found.abs().max()) <= bound * (1 + 1e-6)
        assert float(found.abs().max()) >= 0.97 * bound


@pytest.mark.parametrize("init", [name for name in CASES if "[" not in name])
def test_the_fans_of_copies_are_their_own(init: str) -> None:
    """Each copy is drawn as it would be alone, one after the other."""
    found = leaf(init, (60, 50), copies=4)
    assert found.shape == (4, 60, 50)
    due = seeded(lambda w: [CASES[init].torch(part) for part in w], (4, 60, 50))
    assert torch.equal(found, due)


@pytest.mark.parametrize(
    ("init", "spread", "bound"),
    [
        ("kaiming", 1 / sqrt(3 * 4000), 1 / sqrt(4000)),
        ("kaiming_normal", sqrt(2 / 4000), None),
        ("lecun_normal", sqrt(1 / 4000), 2 / sqrt(4000) / CUT),
        ("xavier", sqrt(1 / 4000), sqrt(3 / 4000)),
        ("glorot", sqrt(1 / 4000), sqrt(3 / 4000)),
    ],
)
def test_both_fans_of_a_vector_are_its_length(
    init: str, spread: float, bound: float | None
) -> None:
    found = leaf(init, (4000,))
    assert float(found.std()) == pytest.approx(spread, rel=4 / sqrt(4000))
    assert bound is None or float(found.abs().max()) <= bound * (1 + 1e-6)


@pytest.mark.parametrize("shape", [(30, 50), (50, 30), (20, 4, 5)], ids=str)
def test_orthogonal(shape: tuple[int, ...]) -> None:
    """Rows are orthonormal, or columns where there are more rows. Saxe et al. 2014."""
    found = leaf("orthogonal", shape)
    assert torch.equal(found, seeded(nn.init.orthogonal_, shape))
    flat = found.flatten(1)
    small = flat if flat.shape[0] <= flat.shape[1] else flat.T
    torch.testing.assert_close(small @ small.T, torch.eye(len(small)), rtol=0, atol=1e-5)


def test_an_orthogonal_vector_has_length_one() -> None:
    assert float(leaf("orthogonal", (40,)).norm()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("init", "shape", "due"),
    [
        ("zeros", (3, 4), torch.zeros(3, 4)),
        ("ones", (3,), torch.ones(3)),
        ("eye", (3, 3), torch.eye(3)),
        ("constant[0.25]", (2, 2), torch.full((2, 2), 0.25)),
        ("[i + 2 * j for i < 2, j < 3]", (2, 3), torch.tensor([[0.0, 2, 4], [1, 3, 5]])),
        ("2.5", (3,), torch.full((3,), 2.5)),
    ],
)
def test_constants(init: str, shape: tuple[int, ...], due: Tensor) -> None:
    assert torch.equal(leaf(init, shape), due)
    assert torch.equal(leaf(init, shape, copies=2), torch.stack([due, due]))


def test_a_program_may_hold_what_a_leaf_begins_as() -> None:
    """The same zeros as a first value and in the body: one term of the program, not two."""
    text = """model m[c = 2] : [c] -> [c] = x =>
      param shift : [c] ~ zeros;
      x * (zeros[c] - 1) + shift"""
    module = catnn.loads(text)["m"].bind().torch()
    assert module(torch.tensor([[1.0, 2.0]])).tolist() == [[-1.0, -2.0]]
