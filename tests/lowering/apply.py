"""One primitive as a program, and what it has to be: its formula at each index of the lead."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TypeAlias

import torch
from attrs import field, frozen
from torch import Tensor, nn

from catnn.ir.build import Builder
from catnn.ir.terms import Attrs, Input, Program, Region, Term, Var
from catnn.types.dims import Dim
from catnn.types.types import BOOL, COMPLEX, INT, REAL, Element, Index, Product, Type
from catnn.types.types import Tensor as TensorType
from catnn_torch.backend import backend

Formula: TypeAlias = Callable[..., "Tensor | tuple[Tensor, ...]"]
Carries: TypeAlias = tuple[tuple[int, ...], ...]

LEAD = (2, 3)


@frozen
class Case:
    """`op` with arguments of these own types is `formula` of tensors of exactly these shapes.

    Types are written as in the language: `3,4` is real, `ix5:3` indices into 5
    elements, `bool:3`, `int:`, `complex:2`. `low` and `high` bound what real arguments are;
    those at `fixed` places take no gradient, others' gradients agree up to `exact`.
    """

    op: str
    arguments: Sequence[str]
    result: str | Sequence[str]
    formula: Formula
    attrs: Attrs = ()
    low: float = -2.0
    high: float = 2.0
    site: int = 0
    fixed: Sequence[int] = field(factory=tuple)
    exact: float = 1e-9

    def __str__(self) -> str:
        shown = "_".join(f"{key}={value}" for key, value in self.attrs if key != "axes")
        return f"{self.op}_{shown}" if shown else self.op


def parsed(text: str) -> tuple[Element, tuple[int, ...]]:
    kind, colon, axes = text.rpartition(":")
    shape = tuple(int(axis) for axis in axes.split(",") if axis)
    if not colon:
        return REAL, shape
    if kind in ("bool", "complex"):
        return (BOOL if kind == "bool" else COMPLEX), shape
    return (INT if kind == "int" else Index(Dim.of(int(kind[2:])))), shape


def typed(text: str, lead: Sequence[int]) -> TensorType:
    element, shape = parsed(text)
    return TensorType(element, dims((*lead, *shape)))


def dims(shape: Sequence[int]) -> tuple[Dim, ...]:
    return tuple(Dim.of(size) for size in shape)


def ways(count: int) -> Iterator[Carries]:
    """Which lead axes each argument has: all, and for several arguments fewer on some."""
    full = (0, 1)
    yield (full,) * count
    if count > 1:
        yield (full, *[()] * (count - 1))
        yield (*[()] * (count - 1), full)
        yield (full, *[(1,)] * (count - 1))
        yield tuple((k % 2,) for k in range(count))


def one_program(term: Term, variables: Sequence[Var]) -> Program:
    """The program whose value is `term`; its inputs have no batch axis of their own."""
    inputs = tuple(Input(var, lifted=False) for var in variables)
    return Program("one", inputs, Region((), term), (), (), (), "of one primitive")


def build(case: Case, lead: Sequence[int], carries: Carries) -> nn.Module:
    builder = Builder()
    variables = [
        builder.var(Var(f"a{k}", typed(text, [lead[j] for j in carried]), k))
        for k, (text, carried) in enumerate(zip(case.arguments, carries, strict=True))
    ]
    type_: Type
    if isinstance(case.result, str):
        type_ = typed(case.result, lead)
    else:
        type_ = Product(tuple(typed(text, lead) for text in case.result))
    term = builder.apply(case.op, variables, type_, case.attrs, dims(lead), carries, site=case.site)
    if isinstance(type_, Product):
        parts = [builder.project(term, k) for k in range(len(type_.items))]
        term = builder.tuple(parts, type_)
    return backend.build(one_program(term, variables))


def drawn(case: Case, lead: Sequence[int], carries: Carries) -> list[Tensor]:
    """Inputs, different in every element; indices and booleans drawn too."""
    draw = torch.Generator().manual_seed(7)
    found = []
    for k, (text, carried) in enumerate(zip(case.arguments, carries, strict=True)):
        element, own = parsed(text)
        shape = (*[lead[j] for j in carried], *own)
        if element in (REAL, COMPLEX):
            kind = torch.float64 if element == REAL else torch.complex128
            x = torch.rand(shape, generator=draw, dtype=kind)
            found.append(
                (case.low + (case.high - case.low) * x).requires_grad_(k not in case.fixed)
            )
        elif element == BOOL:
            found.append(torch.rand(shape, generator=draw) < 0.6)
        else:
            size = element.size.as_int() if isinstance(element, Index) else 9
            found.append(torch.randint(size or 1, shape, generator=draw))
    return found


def mapped(
    case: Case, inputs: Sequence[Tensor], lead: Sequence[int], carries: Carries
) -> list[Tensor]:
    """The formula at every index of the lead, stacked."""
    rows = []
    for place in product(*map(range, lead)):
        given = [x[tuple(place[j] for j in own)] for x, own in zip(inputs, carries, strict=True)]
        found = case.formula(*given)
        rows.append(found if isinstance(found, tuple) else (found,))
    stacked = (torch.stack(column) for column in zip(*rows, strict=True))
    return [y.reshape((*lead, *y.shape[1:])) for y in stacked]


def agree(case: Case, lead: Sequence[int], carries: Carries) -> None:
    """Values, kinds and gradients of the emitted module are those of the formula."""
    module = build(case, lead, carries).double()
    module.eval()
    inputs = drawn(case, lead, carries)
    again = [x.detach().clone().requires_grad_(x.requires_grad) for x in inputs]
    found = module(*inputs)
    found = list(found) if isinstance(found, tuple) else [found]
    expected = mapped(case, again, lead, carries)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.shape == theirs.shape
        assert ours.is_floating_point() == theirs.is_floating_point()
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10, check_dtype=False)
    _gradients_agree(case, inputs, again, found, expected)


def _gradients_agree(
    case: Case,
    inputs: Sequence[Tensor],
    again: Sequence[Tensor],
    found: Sequence[Tensor],
    expected: Sequence[Tensor],
) -> None:
    for tensors in (found, expected):
        draw = torch.Generator().manual_seed(8)
        total = sum(
            (torch.randn(y.shape, generator=draw, dtype=y.dtype) * y).real.sum()
            for y in tensors
            if y.is_floating_point() or y.is_complex()
        )
        if isinstance(total, Tensor) and total.requires_grad:
            total.backward()
    for ours, theirs in zip(inputs, again, strict=True):
        if ours.requires_grad:
            zero = torch.zeros_like(ours)
            torch.testing.assert_close(
                zero if ours.grad is None else ours.grad,
                zero if theirs.grad is None else theirs.grad,
                rtol=case.exact,
                atol=case.exact,
            )
