"""Contexts of a model: one for the whole batch, or one for each item, as their ranks say."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

import catnn
from catnn import CatError, IndexRangeError, ShapeError
from tests.lowering.test_loops import drawn, same

pytestmark = pytest.mark.torch

TEXT = """
type Graph[n, m] = (nodes : size(n), src : ix(n)[m], dst : ix(n)[m])

morph film : [d] -> [d] over time : [e] = x => x * linear[d](time) + linear[d](time)
model plain : [n, 4] -> [n, 4] over time : [3] = film >> relu
model deep : [n, 4] -> [n, 4] over time : [3] =
  repeat[3] (linear[4] >> film >> silu) >> repeat[2] linear[4] as tail
model nested : [4] -> [4] over time : [3] = repeat[2] (repeat[2] (film >> tanh))
model seen : ([n, 4], [m, 4]) -> [n, 4] over mask : bool[n, m] = (x, y) => attend_masked(x, y, y)
model edges : [n, 4] -> [m, 2] over g : Graph[n, m] = x => linear[2](x(g.src) - x(g.dst))
model both : [n, 4] -> [m, 4] over g : Graph[n, m], time : [3] = x => film(x(g.src))
model states : [4] -> [3, 4] over time : [3] = trail[2] (film >> tanh)
model along : [t, 4] -> [t, 4] over time : [3] = x =>
  let (s, ys) = (scan ((h, y) => let z = tanh(film(h) + y); (z, z)))(zeros[4], x);
  ys
model alone : () -> [4] over time : [3] = linear[4](time)
"""


@pytest.fixture(scope="module")
def program() -> catnn.Program:
    return catnn.loads(TEXT)


def per_item(module: nn.Module, x: Tensor, context: object) -> Tensor:
    """A Python loop over the items of the batch, each with its own context."""
    return torch.stack([module(x[k], item(context, k)) for k in range(len(x))])


def item(context: object, k: int) -> object:
    if isinstance(context, Tensor):
        return context[k]
    if isinstance(context, dict):
        return {name: item(value, k) for name, value in context.items()}
    return context


@pytest.mark.parametrize("name", ["plain", "deep", "nested", "states", "along"])
@pytest.mark.parametrize("mode", ["train", "infer"])
def test_one_for_each_item(program: catnn.Program, name: str, mode: str) -> None:
    module = program[name].torch(mode=mode, dtype=torch.float64)
    x = drawn(5, 4) if name in ("nested", "states") else drawn(5, 2, 4)
    time = drawn(5, 3)
    same(module(x, time), per_item(module, x, time))


@pytest.mark.parametrize("name", ["plain", "deep", "nested", "states", "along"])
def test_one_for_all(program: catnn.Program, name: str) -> None:
    module = program[name].torch(dtype=torch.float64)
    x = drawn(5, 4) if name in ("nested", "states") else drawn(5, 2, 4)
    time = drawn(3)
    same(module(x, time), torch.stack([module(row, time) for row in x]))
    same(module(x, time), module(x, time.expand(5, 3)))


def test_a_mask_for_each_item(program: catnn.Program) -> None:
    module = program["seen"].torch(dtype=torch.float64)
    x, y = drawn(3, 2, 4), drawn(3, 5, 4)
    mask = torch.rand(3, 2, 5, generator=torch.Generator().manual_seed(1)) < 0.6
    mask[..., 0] = True
    by_hand = (x @ y.mT / 2).masked_fill(~mask, -torch.inf).softmax(-1) @ y
    same(module(x, y, mask), by_hand)
    same(module(x, y, mask[1])[1], by_hand[1])


def test_a_graph_for_each_item(program: catnn.Program) -> None:
    module = program["edges"].torch(dtype=torch.float64)
    x = drawn(3, 4, 4)
    src, dst = (
        torch.randint(4, (3, 6), generator=torch.Generator().manual_seed(k)) for k in (1, 2)
    )
    graphs = {"nodes": 4, "src": src, "dst": dst}
    weight, bias = module.linear.weight, module.linear.bias
    pairs = zip(x, src, dst, strict=True)
    by_hand = torch.stack([(a[s] - a[d]) @ weight.mT + bias for a, s, d in pairs])
    same(module(x, graphs), by_hand)
    for given in (tuple(graphs.values()), SimpleNamespace(**graphs)):
        same(module(x, given), by_hand)
    same(module(x, {"nodes": 4, "src": src[1], "dst": dst[1]})[1], by_hand[1])
    same(module(x[1], {"nodes": 4, "src": src[1], "dst": dst[1]}), by_hand[1])


def test_one_shared_and_one_for_each_item(program: catnn.Program) -> None:
    module = program["both"].torch(dtype=torch.float64)
    x, time = drawn(3, 4, 4), drawn(3, 3)
    graph = (4, torch.tensor([0, 2, 3]), torch.tensor([1, 1, 0]))
    by_hand = torch.stack([module(x[k], graph, time[k]) for k in range(3)])
    same(module(x, graph, time), by_hand)


def test_leads_of_contexts_are_prefixes(program: catnn.Program) -> None:
    module = program["plain"].torch(dtype=torch.float64)
    x, time = drawn(2, 5, 3, 4), drawn(2, 3)
    same(module(x, time), torch.stack([module(x[k], time[k]) for k in range(2)]))
    same(module(x[0, 0], time), torch.stack([module(x[0, 0], time[k]) for k in range(2)]))
    full = drawn(2, 5, 3)
    found = module(x, full)
    same(found[1, 2], module(x[1, 2], full[1, 2]))


def test_a_model_of_contexts_alone(program: catnn.Program) -> None:
    module = program["alone"].torch(dtype=torch.float64)
    time = drawn(5, 3)
    same(module(time), torch.stack([module(row) for row in time]))
    assert module(time[0]).shape == (4,)


def test_the_gradient_of_a_context(program: catnn.Program) -> None:
    module = program["deep"].torch(dtype=torch.float64)
    x, time = drawn(3, 2, 4), drawn(3, 3).requires_grad_()
    (each,) = torch.autograd.grad(module(x, time).sum(), time)
    (looped,) = torch.autograd.grad(per_item(module, x, time).sum(), time)
    same(each, looped)


@pytest.mark.parametrize(
    ("time", "message"),
    [
        (torch.ones(4, 3), "plain: the inputs have different leading axes: [2] and [4]"),
        (torch.ones(2, 5), "plain: axis 0 of `time` has size 5, due is 3 (its type is `[3]`)"),
        (torch.ones(5), "plain: axis 0 of `time` has size 5, due is 3 (its type is `[3]`)"),
        (torch.tensor(1.0), "plain: `time` has shape []; its type is `[3]`, axes due: at least 1"),
        (0.5, "plain: `time` is a float, no tensor; its type is `[3]`, axes due: at least 1"),
        (
            torch.ones(2, 3, dtype=torch.int64),
            "plain: `time` holds torch.int64; its type is `[3]`: real numbers are due",
        ),
    ],
)
def test_what_does_not_fit(program: catnn.Program, time: object, message: str) -> None:
    module = program["plain"].torch(dtype=torch.float64)
    with pytest.raises(ShapeError) as caught:
        module(torch.ones(2, 3, 4), time)
    assert str(caught.value) == message


def test_an_index_out_of_range_in_one_item(program: catnn.Program) -> None:
    module = program["edges"].torch(dtype=torch.float64)
    wrong = {"nodes": 4, "src": torch.tensor([[0], [4]]), "dst": torch.tensor([[0], [0]])}
    with pytest.raises(
        IndexRangeError, match="edges: `g` holds the index 4; its set has 4 elements"
    ):
        module(torch.ones(2, 4, 4), wrong)


def test_types_name_contexts(program: catnn.Program) -> None:
    assert program["plain"].type == "[n, 4] -> [n, 4] over time : [3]"
    assert program["alone"].type == "() -> [4] over time : [3]"


def test_the_cost_is_that_of_one_context(program: catnn.Program) -> None:
    model = program["plain"]
    assert model.cost(n=2, batch=1).total.parameters.as_int() == 2 * (3 * 4 + 4)


@pytest.mark.parametrize("name", ["plain", "deep", "nested"])
def test_in_one_graph(program: catnn.Program, name: str) -> None:
    module = program[name].torch(dtype=torch.float64)
    x = drawn(5, 4) if name == "nested" else drawn(5, 2, 4)
    whole = torch.compile(module, fullgraph=True, backend="eager")
    for time in (drawn(3), drawn(5, 3)):
        same(whole(x, time), module(x, time))


def test_exported(program: catnn.Program) -> None:
    module = program["deep"].torch(dtype=torch.float64).eval()
    x = drawn(5, 2, 4)
    for time in (drawn(3), drawn(5, 3)):
        exported = torch.export.export(module, (x, time)).module()
        same(exported(x, time), module(x, time))


def test_the_emitted_file_runs_alone(program: catnn.Program, tmp_path: Path) -> None:
    path = tmp_path / "deep.py"
    script = """
import torch
torch.set_default_dtype(torch.float64)
model = Deep()
x, time = torch.randn(5, 2, 4), torch.randn(5, 3)
looped = torch.stack([model(x[k], time[k]) for k in range(5)])
torch.testing.assert_close(model(x, time), looped)
"""
    path.write_text(program["deep"].emit() + script, encoding="utf-8")
    subprocess.run([sys.executable, "-I", str(path)], check=True, timeout=120)


def test_blocks_that_see_no_context_have_one_form(program: catnn.Program) -> None:
    text = program["deep"].emit()
    assert "def repeat_each(" in text
    assert "def tail_each(" not in text


def test_checkpointed_blocks(program: catnn.Program) -> None:
    plain, kept = (
        program["deep"].torch(checkpoint=c, dtype=torch.float64) for c in (None, "repeat.*")
    )
    x, time = drawn(3, 2, 4), drawn(3, 3)
    same(kept(x, time), plain(x, time))


ACROSS = """
morph centred : [d] -> [d] over shift : [d] across t = x => {d -> t d}(shift) + x - mean{[t] d}(x)
"""


def test_a_context_of_an_across_model_is_one_for_all() -> None:
    module = catnn.loads(ACROSS + "model m : [4] -> [4] over shift : [4] = centred\n")["m"].torch()
    x, shift = drawn(5, 4), drawn(4)
    same(module(x, shift), x - x.mean(0) + shift)
    with pytest.raises(ShapeError, match="axes due: 1"):
        module(x, drawn(5, 4))


@pytest.mark.parametrize(
    "body",
    [
        "x => over shift = linear[d](x); x >> centred",
        "x => x >> (centred over x)",
        "x => draw z : [d] ~ normal(0, 1); x >> (centred over z)",
    ],
)
def test_a_context_that_differs_is_refused_where_all_items_are_seen(body: str) -> None:
    with pytest.raises(CatError) as caught:
        catnn.loads(f"{ACROSS}model m : [d] -> [d] = {body}\n")
    assert [d.code for d in caught.value.diagnostics] == ["E0403"]
