"""Through `torch.compile`: one graph, a repeated block compiled once, new sizes for nothing."""

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor
from torch._dynamo.utils import counters

import catnn
from catnn.api import Setting
from tests.references.case import model as example

pytestmark = [pytest.mark.torch, pytest.mark.compile]

SMALL: dict[str, dict[str, Setting]] = {
    "gpt2": {"layers": 3, "d": 16, "h": 2, "vocab": 11, "context": 64},
    "llama": {"layers": 2, "d": 16, "h": 2, "kv": 1, "w": 24, "vocab": 11},
    "resnet50": {"depths": (2, 1, 1, 1), "width": 4, "classes": 3},
    "mixer": {"layers": 2, "d": 8, "patch": 8, "size": 16, "classes": 3},
}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    torch._dynamo.reset()
    counters.clear()
    yield
    torch._dynamo.reset()


def inputs(name: str, batch: int = 2, n: int = 7) -> Tensor:
    draw = torch.Generator().manual_seed(2)
    if name in ("gpt2", "llama"):
        return torch.randint(11, (batch, n), generator=draw)
    size = 32 if name == "resnet50" else 16
    return torch.randn(batch, 3, size, size, generator=draw)


def graphs() -> int:
    return counters["stats"]["unique_graphs"]


@pytest.mark.parametrize("name", SMALL)
def test_the_whole_is_one_graph(name: str) -> None:
    """Captured with its backward pass; code is made from graphs in the tests below."""
    model = example(name).bind(**SMALL[name])
    plain, whole = model.torch(), model.torch()
    fast = torch.compile(whole, fullgraph=True, backend="aot_eager")
    for module in (plain, fast):
        module(inputs(name)).square().sum().backward()
    assert graphs() == 1
    for ours, theirs in zip(whole.parameters(), plain.parameters(), strict=True):
        assert theirs.grad is not None
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-3, atol=1e-4)
    for ours, theirs in zip(whole.buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("layers", [2, 6], ids=["whole", "by blocks"])
def test_one_graph_for_all_turns_and_sizes(layers: int) -> None:
    """Few turns are compiled with the whole; of many, one is compiled and serves all."""
    model = example("gpt2").bind(**(SMALL["gpt2"] | {"layers": layers}))
    plain, fast = model.torch(), model.compile()
    for batch, n, due in ((2, 7, 1), (3, 9, 1), (5, 33, 1), (1, 7, 2), (1, 20, 2), (4, 64, 2)):
        x = inputs("gpt2", batch, n)
        with torch.no_grad():
            torch.testing.assert_close(fast(x), plain(x), rtol=1e-4, atol=1e-5)
        assert graphs() == due, (batch, n)


def test_gelu_by_its_formula_and_by_its_kernel() -> None:
    """The compiled form of the tanh approximation, in value and gradient."""
    program = catnn.loads("model m : [n] -> [n] = gelu_tanh")
    plain, fast = program["m"].torch(), program["m"].compile()
    found = []
    for module in (plain, fast):
        x = torch.linspace(-9, 9, 101, dtype=torch.float64)[None].requires_grad_()
        y = module(x)
        y.square().sum().backward()
        assert x.grad is not None
        found.append((y.detach(), x.grad))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


def test_a_model_without_blocks() -> None:
    """Compiled whole, in training; a copy has its own parameters."""
    text = "model m : [n, 4] -> [n, 2] = linear[8] >> gelu >> linear[2]"
    model = catnn.loads(text)["m"]
    plain, fast = model.torch(), model.compile()
    twin = copy.deepcopy(fast)
    for n in (3, 5):
        x = torch.randn(2, n, 4)
        for module in (plain, fast):
            module.zero_grad()
            module(x).square().sum().backward()
        for ours, theirs in zip(fast.parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-5)
    assert graphs() == 1
    with torch.no_grad():
        for leaf in twin.parameters():
            leaf.zero_()
    assert not twin(x).any()
    assert fast(x).any()


def test_compiled_modules_check_their_inputs() -> None:
    fast = example("gpt2").bind(**SMALL["gpt2"]).compile()
    with pytest.raises(catnn.IndexRangeError, match="holds the index 11; its set has 11 elements"):
        fast(torch.full((2, 7), 11))
    with pytest.raises(catnn.ShapeError, match=r"`n <= 64` does not hold: n = 65"):
        fast(torch.zeros(2, 65, dtype=torch.int64))
    assert graphs() == 0
