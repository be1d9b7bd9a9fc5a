"""Small programs of the intermediate representation, written by hand."""

from collections.abc import Sequence

from catnn.ir.terms import Apply, Input, Leaf, Loop, Program, Region, Segment, Term, Var
from catnn.types.dims import Dim, Symbol, fresh
from catnn.types.types import REAL, Index, Tensor, Type

ZEROS = Apply("zeros", (), Tensor(REAL))


def real(*shape: Dim | int) -> Tensor:
    return Tensor(REAL, tuple(Dim.of(size) for size in shape))


def index(bound: Dim | int, *shape: Dim | int) -> Tensor:
    return Tensor(Index(Dim.of(bound)), tuple(Dim.of(size) for size in shape))


def size(name: str) -> Dim:
    return Dim.of(fresh(name))


def var(name: str, type_: Type) -> Var:
    return Var(name, type_, fresh(name).uid)


def param(path: tuple[Segment, ...], *shape: Dim | int) -> Leaf:
    return Leaf(path, "param", real(*shape), ZEROS)


def linear(x: Term, weight: Leaf, factor: str = "") -> Apply:
    """`x : [..s, i]` times `weight : [o, i]`, without a bias."""
    assert isinstance(x.type, Tensor)
    rank = len(x.type.shape)
    inner = rank - 1
    out = (
        *x.type.shape[:-1],
        weight.type.shape[0] if isinstance(weight.type, Tensor) else Dim.of(1),
    )
    leading = tuple(range(inner))
    return Apply(
        "contract",
        (x, weight),
        Tensor(REAL, out),
        (("operands", ((*leading, inner), (rank, inner))), ("result", (*leading, rank))),
        factor=factor,
    )


def pointwise(op: str, *arguments: Term, factor: str = "") -> Apply:
    return Apply(op, arguments, arguments[0].type, factor=factor)


def program(
    inputs: Sequence[Var], result: Term, leaves: Sequence[Leaf], sizes: Sequence[Dim] = ()
) -> Program:
    symbols = [symbol for dim in sizes if (symbol := dim.as_symbol()) is not None]
    return Program(
        "model",
        tuple(Input(x) for x in inputs),
        Region((), result),
        tuple(leaves),
        tuple(symbols),
        (),
        "",
    )


def repeat(count: Dim | int, index: Symbol, state: Var, body: Term, init: Term) -> Loop:
    return Loop("repeat", Dim.of(count), index, Region((state,), body), init, state.type)
