"""Tiny programs against what one would write in PyTorch by hand."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from attrs import field, frozen

import catnn
from catnn.api import Setting

Given: TypeAlias = "str | Sequence[Given]"
"""`2,3` real numbers, `bool:2,3`, `int:2,3`, `complex:2,3`, `ix7:2,3` indices below 7."""


@frozen
class Case:
    """A program, the inputs of its model `m`, and the same by hand."""

    name: str
    text: str
    inputs: Sequence[Given]
    by_hand: Callable[..., object]
    sizes: dict[str, Setting] = field(factory=dict)

    def __str__(self) -> str:
        return self.name


def drawn(given: Given, generator: object) -> object:
    """An input; the batch axis is part of what is written."""
    import torch

    assert isinstance(generator, torch.Generator)
    if not isinstance(given, str):
        return tuple(drawn(part, generator) for part in given)
    kind, _, axes = given.rpartition(":")
    shape = tuple(int(axis) for axis in axes.split(",") if axis)
    if kind.startswith("ix"):
        return torch.randint(int(kind[2:]), shape, generator=generator)
    if kind == "int":
        return torch.randint(-5, 9, shape, generator=generator)
    real = torch.randn(shape, generator=generator, dtype=torch.float64)
    if kind == "bool":
        return real > 0
    if kind == "complex":
        other = torch.randn(shape, generator=generator, dtype=torch.float64)
        return torch.complex(real, other)
    return real


def agrees(case: Case) -> None:
    """The value of the module is the value by hand, in training mode and without."""
    import torch

    model = catnn.loads(case.text)["m"].bind(**case.sizes)
    inputs = [drawn(given, torch.Generator().manual_seed(k)) for k, given in enumerate(case.inputs)]
    due = case.by_hand(*inputs)
    for module in (
        model.torch(dtype=torch.float64),
        model.torch(mode="infer", dtype=torch.float64),
    ):
        same(module(*inputs), due)


def same(found: object, due: object) -> None:
    import torch

    if isinstance(due, tuple):
        assert isinstance(found, tuple)
        for one, other in zip(found, due, strict=True):
            same(one, other)
        return
    torch.testing.assert_close(found, due, check_dtype=False)
