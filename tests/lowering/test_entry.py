"""What a module refuses at its entry, in the user's words; and leading axes of any number."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

import pytest
import torch
from attrs import evolve
from torch import Tensor

import catnn
from catnn import IndexRangeError, ShapeError
from catnn.types.facts import Compare
from catnn_torch.backend import backend
from tests.lowering.test_loops import drawn, same

pytestmark = pytest.mark.torch

TEXT = """
model pair : ([n, 4], [2 * n, 4]) -> [n] where n <= 6 = (x, y) =>
  sum{n [d]}(x) + ({(2 n) d -> 2 n d} >> sum{[2] n [d]})(y)
model words[vocab = 10] : ix(vocab)[n] -> [n, 3] = embedding[vocab, 3] as e
model gate : ([4], bool[4]) -> [4] = (x, keep) => select(keep, x, 0)
model two : ([4], []) -> [4] = (x, t) => t * x
"""


@pytest.fixture(scope="module")
def program() -> catnn.Program:
    return catnn.loads(TEXT)


def refused(call: Callable[[], object], error: type[Exception] = ShapeError) -> str:
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def ints(*shape: int, high: int = 10) -> Tensor:
    return torch.randint(high, shape, generator=torch.Generator().manual_seed(2))


def test_rank(program: catnn.Program) -> None:
    module = program["words"].torch()
    assert refused(lambda: module(torch.tensor(3))) == (
        "words: `x` has shape []; its type is `ix(10)[n]`, axes due: at least 1"
    )


def test_no_tensor(program: catnn.Program) -> None:
    module = program["two"].torch()
    assert refused(lambda: module([1.0, 2.0], torch.ones(2))) == (
        "two: `x` is a list, no tensor; its type is `[4]`, axes due: at least 1"
    )
    assert refused(lambda: module(torch.ones(2, 4), 3.0)) == (
        "two: `t` is a float, no tensor; its type is `[]`, axes due: at least 0"
    )


def test_a_size_is_at_least_one_unless_a_fact_allows_less() -> None:
    model = catnn.loads("model m : [n, 3] -> [n] = sum{n [d]}\n")["m"]
    assert refused(lambda: model.torch()(torch.ones(2, 0, 3))) == (
        "m: `n` is 0; a size is at least 1"
    )
    (n,) = model.program.sizes
    allowed = backend.build(evolve(model.program, facts=(Compare(">=", n, 0),)))
    assert allowed(torch.ones(2, 0, 3)).shape == (2, 0)


def test_size(program: catnn.Program) -> None:
    module = program["pair"].torch()
    assert refused(lambda: module(torch.ones(2, 3, 5), torch.ones(2, 6, 4))) == (
        "pair: axis 1 of `x` has size 5, due is 4 (its type is `[n, 4]`)"
    )


def test_a_size_that_follows_from_another(program: catnn.Program) -> None:
    module = program["pair"].torch()
    assert refused(lambda: module(torch.ones(2, 3, 4), torch.ones(2, 5, 4))) == (
        "pair: axis 0 of `y` has size 5, due is 2 * n = 6 (its type is `[2 * n, 4]`)"
    )


def test_a_fact_of_run_time_sizes(program: catnn.Program) -> None:
    module = program["pair"].torch()
    assert refused(lambda: module(torch.ones(2, 7, 4), torch.ones(2, 14, 4))) == (
        "pair: `n <= 6` does not hold: n = 7"
    )


def test_different_batches(program: catnn.Program) -> None:
    module = program["pair"].torch()
    assert refused(lambda: module(torch.ones(2, 3, 4), torch.ones(5, 6, 4))) == (
        "pair: the inputs have different leading axes: [2] and [5]"
    )


def test_different_leads(program: catnn.Program) -> None:
    module = program["pair"].torch()
    assert refused(lambda: module(torch.ones(2, 5, 3, 4), torch.ones(3, 5, 6, 4))) == (
        "pair: the inputs have different leading axes: [3, 5] and [2, 5]"
    )


def test_kinds(program: catnn.Program) -> None:
    assert refused(lambda: program["words"].torch()(torch.ones(2, 3))) == (
        "words: `x` holds torch.float32; its type is `ix(10)[n]`: whole numbers are due"
    )
    assert refused(lambda: program["gate"].torch()(torch.ones(2, 4), torch.ones(2, 4))) == (
        "gate: `keep` holds torch.float32; its type is `bool[4]`: booleans are due"
    )
    assert refused(lambda: program["gate"].torch()(ints(2, 4), ints(2, 4) > 3)) == (
        "gate: `x` holds torch.int64; its type is `[4]`: real numbers are due"
    )


@pytest.mark.parametrize(("index", "shown"), [(10, 10), (-1, -1)])
def test_index_range(program: catnn.Program, index: int, shown: int) -> None:
    module = program["words"].torch()
    tokens = ints(2, 5)
    tokens[1, 2] = index
    assert refused(lambda: module(tokens), IndexRangeError) == (
        f"words: `x` holds the index {shown}; its set has 10 elements"
    )
    assert issubclass(IndexRangeError, IndexError)
    assert issubclass(ShapeError, ValueError)


GRAPH = """
type Graph[n, m] = (nodes : size(n), src : ix(n)[m], dst : ix(n)[m])
model ends : [d] -> [m, 2] over g : Graph[n, m] = x =>
  {2 m -> m 2}([real(g.src), real(g.dst)])
"""


class Graph(NamedTuple):
    nodes: int
    src: Tensor
    dst: Tensor


def test_a_record_is_a_tuple_a_dict_or_an_object() -> None:
    module = catnn.loads(GRAPH)["ends"].torch()
    src, dst = torch.tensor([0, 1, 2]), torch.tensor([2, 2, 0])
    graph = Graph(3, src, dst)
    due = torch.stack((src, dst), 1).float().expand(5, 3, 2)
    for given in (graph, tuple(graph), graph._asdict(), SimpleNamespace(**graph._asdict())):
        same(module(torch.ones(5, 4), given), due)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nodes": 2}, "ends: `g` holds the index 2; its set has 2 elements"),
        ({"src": torch.tensor([[0]])}, "ends: the inputs have different leading axes: [1] and [5]"),
        (
            {"src": torch.tensor(0)},
            "ends: `g` has shape []; its type is `(nodes : size(n), src : ix(n)[m], dst : ix(n)[m])`, axes due: at least 1",
        ),
        (
            {"dst": torch.tensor([0])},
            "ends: axis 0 of `g` has size 1, due is m = 2 (its type is `ix(n)[m]`)",
        ),
    ],
)
def test_a_record_that_does_not_fit(change: dict[str, object], message: str) -> None:
    module = catnn.loads(GRAPH)["ends"].torch()
    graph = {"nodes": 3, "src": torch.tensor([0, 2]), "dst": torch.tensor([1, 1])} | change
    error = IndexRangeError if "index" in message else ShapeError
    assert refused(lambda: module(torch.ones(5, 4), graph), error) == message


def test_a_record_without_a_field() -> None:
    module = catnn.loads(GRAPH)["ends"].torch()
    assert refused(lambda: module(torch.ones(5, 4), {"nodes": 3})) == (
        "ends: `g` is no record of nodes, src, dst"
    )


def test_an_exported_graph_asserts_index_ranges() -> None:
    module = catnn.loads("model m : (ix(5), [5]) -> [] = (i, x) => x(i)")["m"].torch().eval()
    given = (torch.tensor([0, 4]), torch.randn(2, 5))
    exported = torch.export.export(module, given).module()
    same(exported(*given), module(*given))
    with pytest.raises(RuntimeError, match="m: `i` holds an index that is not below 5"):
        exported(torch.tensor([0, -1]), given[1])


def test_an_empty_batch(program: catnn.Program) -> None:
    assert program["words"].torch()(ints(0, 5)).shape == (0, 5, 3)


def test_any_number_of_leading_axes(program: catnn.Program) -> None:
    module = program["pair"].torch()
    x, y = drawn(2, 5, 3, 4), drawn(2, 5, 6, 4)
    found = module(x, y)
    assert found.shape == (2, 5, 3)
    same(found[1], module(x[1], y[1]))
    same(found[1, 2], module(x[1, 2], y[1, 2]))


def test_an_input_with_a_shorter_lead_is_shared(program: catnn.Program) -> None:
    module = program["two"].torch()
    x, t = drawn(2, 5, 4), drawn(2)
    same(module(x, t), x * t[:, None, None])
    same(module(x[0, 0], t[0]), x[0, 0] * t[0])
    same(module(x, drawn()), x * drawn())


def test_the_gradient_reaches_through_leads(program: catnn.Program) -> None:
    x = drawn(2, 5, 4).requires_grad_()
    program["two"].torch()(x, drawn(2)).sum().backward()
    assert x.grad is not None
    same(x.grad, drawn(2)[:, None, None].expand(2, 5, 4))
