"""The transposition of each linear primitive against automatic differentiation of what is emitted.

For each group of ports in which a primitive is linear, the inner products
<f(x), y> and <x, adjoint(y)> agree, and the adjoint is the vector-Jacobian
product of the emitted primitive: with and without leads, for every way to have them.
"""

from collections.abc import Callable, Sequence

import pytest
import torch
from attrs import evolve
from torch import Tensor

from catnn.ir.build import Builder
from catnn.ir.terms import Term, Var
from catnn.ir.verify import verify
from catnn.prims.rows import PRIMITIVES
from catnn.specialise.adjoint import TRANSPOSITIONS, Transposer
from catnn.types.types import REAL, Product
from catnn.types.types import Tensor as TensorType
from catnn_torch.backend import backend
from tests.lowering.apply import (
    LEAD,
    Carries,
    Case,
    dims,
    drawn,
    one_program,
    parsed,
    typed,
    ways,
)
from tests.lowering.test_primitives import ALL, seen

pytestmark = pytest.mark.torch

Build = Callable[[Builder, list[Var]], Term]

MASKED = Case("masked_attention", ("3,4", "3,4", "3,2", "bool:3,3"), "3,2", seen)
ONE = [
    Case("sum", ("1,1",), "", torch.sum, (("axes", (-2, -1)),)),
    Case("cumsum", ("1",), "1", torch.cumsum, (("axes", (-1,)),)),
    Case("convolve1d", ("1,1", "1,1,1"), "1,1", torch.conv1d,
         (("stride", 1), ("pad", 0), ("dilation", 1), ("groups", 1))),
    Case("push_mean", ("ix1:1", "1"), "1", torch.sum),
]  # fmt: skip


def is_linear(case: Case) -> bool:
    return bool(PRIMITIVES[case.op].linear_in) and not any("int" in t for t in case.arguments)


CASES = [case for case in [*ALL, MASKED, *ONE] if is_linear(case)]


def compared(
    build: Build, types: Sequence[TensorType], inputs: Sequence[Tensor], ports: Sequence[int]
) -> None:
    """The adjoint in some ports jointly, the others fixed."""
    builder = Builder()
    variables = [builder.var(Var(f"a{k}", type_, k)) for k, type_ in enumerate(types)]
    term = build(builder, variables)
    assert isinstance(term.type, TensorType)
    cotangent = builder.var(Var("y", term.type, 100))
    transposer = Transposer(builder, iter(range(101, 1000)))
    pulled = transposer.pull([(term, cotangent)], [variables[k] for k in ports])
    found = builder.tuple(
        [p for p in pulled if p is not None], Product(tuple(types[k] for k in ports))
    )
    fixed = [variables[k] for k in range(len(types)) if k not in ports]
    backward = backend.build(
        verify(one_program(found, [cotangent, *fixed]), "transposition")
    ).double()
    forward = backend.build(one_program(term, variables)).double()
    again = [x.detach().clone() for x in inputs]

    def f(*xs: Tensor) -> Tensor:
        given = list(again)
        for k, x in zip(ports, xs, strict=True):
            given[k] = x
        result: Tensor = forward(*given)
        return result

    given = [again[k] for k in ports]
    value, vjp = torch.func.vjp(f, *given)
    y = torch.randn(value.shape, generator=torch.Generator().manual_seed(5), dtype=value.dtype)
    ours = backward(y, *(again[k] for k in range(len(types)) if k not in ports))
    torch.testing.assert_close(
        (value * y).sum(), sum((x * a).sum() for x, a in zip(given, ours, strict=True))
    )
    theirs = vjp(y)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-9)


def transposed(case: Case, lead: Sequence[int], carries: Carries, group: tuple[int, ...]) -> None:
    pairs = zip(case.arguments, carries, strict=True)
    types = [typed(text, [lead[j] for j in own]) for text, own in pairs]
    result = typed(str(case.result), lead)
    inputs = drawn(case, lead, carries)
    if case is MASKED:
        inputs[3] = inputs[3] | torch.eye(3, dtype=torch.bool)

    def build(builder: Builder, variables: list[Var]) -> Term:
        return builder.apply(case.op, variables, result, case.attrs, dims(lead), carries)

    ports = [k for k in group if parsed(case.arguments[k])[0] == REAL]
    if case.op == "stop":  # linear as a map; no gradient passes through it
        return
    compared(build, types, inputs, ports)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_primitive(case: Case) -> None:
    for group in PRIMITIVES[case.op].linear_in:
        transposed(case, (), ((),) * len(case.arguments), group)
        for carries in ways(len(case.arguments)):
            if case.op.startswith(("convolve2d", "convolve3d")) and carries[1:] != carries[:-1]:
                continue  # kernels with leads of their own are tried in one dimension
            transposed(case, LEAD, carries, group)
        transposed(case, (1, 1), ((0, 1),) * len(case.arguments), group)


def test_stop_is_its_own_adjoint() -> None:
    builder = Builder()
    x, y = (builder.var(Var(n, TensorType(REAL, dims((3,))), k)) for k, n in enumerate("xy"))
    term = builder.apply("stop", (x,), x.type, (), dims((3,)), ((0,),))
    (found,) = Transposer(builder, iter(range(9, 99))).pull([(term, y)], [x])
    assert found == evolve(term, arguments=(y,))


STRUCTURE: dict[str, tuple[Sequence[str], Build, Sequence[Sequence[int]]]] = {
    "reshape": (("2,6",), lambda b, v: b.reshape(v[0], dims((3, 4))), [(0,)]),
    "permute": (("2,3,4",), lambda b, v: b.permute(v[0], (2, 0, 1)), [(0,)]),
    "expand": (("3",), lambda b, v: b.expand(v[0], (0, 2), dims((2, 3, 1))), [(0,)]),
    "diagonal": (("3,2,3",), lambda b, v: b.diagonal(v[0], 0, 2), [(0,)]),
    "slice": (("2,5",), lambda b, v: b.slice(v[0], 1, dims((1,))[0], dims((3,))[0]), [(0,)]),
    "slices that tile": (
        ("5",),
        lambda b, v: b.concat(
            [b.slice(v[0], 0, dims((2,))[0], dims((3,))[0]), b.slice(v[0], 0, dims((0,))[0], dims((2,))[0])], 0
        ),
        [(0,)],
    ),
    "slices that overlap": (
        ("4",),
        lambda b, v: b.concat(
            [b.slice(v[0], 0, dims((k,))[0], dims((2,))[0]) for k in (0, 1, 1, 2)], 0
        ),
        [(0,)],
    ),
    "concat": (("2,3", "2,1"), lambda b, v: b.concat(v, 1), [(0, 1)]),
    "stack": (
        ("2,3", "2,3"),
        lambda b, v: b.apply("stack", v, TensorType(REAL, dims((2, 2, 3))), (("axis", 1),)),
        [(0, 1)],
    ),
    "contract": (
        ("2,3", "3,4", "4"),
        lambda b, v: b.contract(v, [(0, 1), (1, 2), (2,)], (2, 0), TensorType(REAL, dims((4, 2)))),
        [(0,), (1,), (2,)],
    ),
    "contraction that sums alone": (
        ("2,3", "4"),
        lambda b, v: b.contract(v, [(0, 1), (2,)], (0,), TensorType(REAL, dims((2,)))),
        [(0,), (1,)],
    ),
    "gather": (
        ("5,2", "ix5:3,4"),
        lambda b, v: b.apply("gather", v, TensorType(REAL, dims((3, 4, 2))), (("count", 1),)),
        [(0,)],
    ),
    "gather of pairs": (
        ("5,3,2", "ix5:4", "ix3:4"),
        lambda b, v: b.apply("gather", v, TensorType(REAL, dims((4, 2))), (("count", 2),)),
        [(0,)],
    ),
    **{
        f"gather with leads {carries}": (
            (table, index, other),
            lambda b, v, carries=carries: b.apply(  # type: ignore[misc]
                "gather", v, TensorType(REAL, dims((2, 3, 4, 2))), (("count", 2),), dims((2, 3)), carries
            ),
            [(0,)],
        )
        for carries, table, index, other in (
            (((0, 1), (), ()), "2,3,5,2,2", "ix5:4", "ix2:4"),
            (((), (0, 1), ()), "5,2,2", "ix5:2,3,4", "ix2:4"),
            (((0,), (1,), (0, 1)), "2,5,2,2", "ix5:3,4", "ix2:2,3,4"),
            (((1,), (0,), (1,)), "3,5,2,2", "ix5:2,4", "ix2:3,4"),
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", STRUCTURE)
def test_structure(name: str) -> None:
    texts, build, groups = STRUCTURE[name]
    case = Case("gather", texts, "", torch.sum)
    inputs = drawn(case, (), ((),) * len(texts))
    for group in groups:
        compared(build, [typed(text, ()) for text in texts], inputs, group)


def test_every_transposition_is_tried() -> None:
    tried = {case.op for case in CASES} | STRUCTURE.keys()
    assert TRANSPOSITIONS.keys() - tried == set()
