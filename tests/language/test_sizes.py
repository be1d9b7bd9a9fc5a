"""Sizes of the run: read off axes, or given as values where no tensor shows them."""

import pytest

import catnn
from catnn import CatError, ShapeError

pytestmark = pytest.mark.torch

TEXT = """
type Graph[n, m] = (nodes : size(n), src : ix(n)[m], dst : ix(n)[m])
model scaled : ([n, 4], size(k)) -> [n, 4] = (x, s) => x * k
model told : ([n, 4], size(n)) -> [n, 4] = (x, s) => x * n
model first : (size(n), [n, 4]) -> [n, 4] = (s, x) => x * n
model counted : size(n) -> [n] = s => [real(i) for i < n]
model spread : [d] -> [n] over g : Graph[n, m] = x => [sum(x) * real(i) for i < n]
model over_size : [t, d] -> [d] over s : size(k) = x => mean{[t] d}(x) / k
model empty : ([n, 4], size(k)) -> [] where k >= 0 = (x, s) => sum(x) * k
model twice : ([n, 4], size(2 * n)) -> [n, 4] = (x, s) => x
"""


@pytest.fixture(scope="module")
def program() -> catnn.Program:
    return catnn.loads(TEXT)


def refused(module: object, *inputs: object) -> str:
    assert callable(module)
    with pytest.raises(ShapeError) as caught:
        module(*inputs)
    return str(caught.value)


def test_values(program: catnn.Program) -> None:
    import torch

    x = torch.randn(2, 3, 4)
    torch.testing.assert_close(program["scaled"].torch()(x, 5), 5 * x)
    torch.testing.assert_close(program["told"].torch()(x, 3), 3 * x)
    torch.testing.assert_close(program["first"].torch()(3, x), 3 * x)
    torch.testing.assert_close(program["counted"].torch()(4), torch.arange(4.0))
    torch.testing.assert_close(program["over_size"].torch()(x, 5), x.mean(1) / 5)
    torch.testing.assert_close(program["empty"].torch()(x, 0), torch.zeros(2))


def test_a_size_in_a_record_of_context(program: catnn.Program) -> None:
    import torch

    x = torch.randn(2, 4)
    graph = {"nodes": 5, "src": torch.tensor([4]), "dst": torch.tensor([0])}
    due = x.sum(-1, keepdim=True) * torch.arange(5.0)
    torch.testing.assert_close(program["spread"].torch()(x, graph), due)


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("scaled", "5", "scaled: `s` gives '5' for `k`, which is a size: a whole number is due"),
        ("scaled", 2.5, "scaled: `s` gives 2.5 for `k`, which is a size: a whole number is due"),
        ("scaled", True, "scaled: `s` gives True for `k`, which is a size: a whole number is due"),
        ("scaled", 0, "scaled: `k` is 0; a size is at least 1"),
        ("scaled", -2, "scaled: `k` is -2; a size is at least 1"),
        ("empty", -1, "empty: `k` is -1; a size is at least 0"),
        ("told", 4, "told: `s` says that `n` is 4; it is 3"),
        ("twice", 5, "twice: `s` says that `2 * n` is 5; it is 6"),
    ],
)
def test_what_is_no_size(program: catnn.Program, name: str, size: object, message: str) -> None:
    import torch

    assert refused(program[name].torch(), torch.randn(2, 3, 4), size) == message


def test_an_axis_that_a_size_denies(program: catnn.Program) -> None:
    import torch

    assert refused(program["first"].torch(), 5, torch.randn(2, 3, 4)) == (
        "first: axis 0 of `x` has size 3, due is n = 5 (its type is `[n, 4]`)"
    )
    assert refused(program["told"].torch(), torch.randn(2, 0, 4), 0) == (
        "told: `n` is 0; a size is at least 1"
    )


@pytest.mark.parametrize("name", ["n", "k"])
def test_a_size_of_the_run_is_not_bound(program: catnn.Program, name: str) -> None:
    with pytest.raises(CatError) as caught:
        program["scaled"].bind(**{name: 3})
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message == f"`{name}` of `scaled` is a run-time size; it is not bound"
    assert diagnostic.help == (
        "leave it out: it is read off the inputs of each call; "
        f"to fix it, make it an argument: `scaled[{name}]`",
    )


def test_in_one_graph(program: catnn.Program) -> None:
    import torch

    module = program["scaled"].torch()
    whole = torch.compile(module, fullgraph=True, backend="eager")
    x = torch.randn(2, 3, 4)
    for size in (5, 6, 7):
        torch.testing.assert_close(whole(x, size), size * x)
