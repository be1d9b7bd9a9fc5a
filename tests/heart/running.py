"""Inputs for generated programs, and what comes out of their modules."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import Module

from tests.heart.shapes import Both, Kind
from tests.heart.values import Program


def sample(
    kind: Kind, sizes: Mapping[str, int], lead: tuple[int, ...], seed: int, double: bool = False
) -> object:
    """An input of a type at sizes, with leading axes."""
    if isinstance(kind, Both):
        items = enumerate(kind.items)
        return tuple(sample(item, sizes, lead, seed + k, double) for k, item in items)
    generator = torch.Generator().manual_seed(seed)
    axes = (*lead, *(size.at(sizes) for size in kind.shape))
    match kind.kind:
        case "ix":
            assert kind.count is not None
            return torch.randint(kind.count.at(sizes), axes, generator=generator)
        case "int":
            return torch.randint(-3, 4, axes, generator=generator)
        case "bool":
            return torch.randint(2, axes, generator=generator).bool()
        case _:
            dtype = torch.float64 if double else torch.float32
            return torch.randn(axes, generator=generator, dtype=dtype)


def ports(program: Program) -> tuple[Kind, ...]:
    """What the module takes: a tuple that is the only input of a type is given part by part."""
    found = program.model.ports
    if len(found) == 1 and isinstance(found[0], Both) and program.model.stated:
        return found[0].items
    return found


def inputs(
    program: Program, sizes: Mapping[str, int], lead: tuple[int, ...], double: bool = False
) -> list[object]:
    return [sample(kind, sizes, lead, 10 * k, double) for k, kind in enumerate(ports(program))]


def leaves(value: object) -> list[Tensor]:
    """All tensors of an input or output, in order."""
    if isinstance(value, Tensor):
        return [value]
    assert isinstance(value, tuple | list)
    return [leaf for item in value for leaf in leaves(item)]


def element(value: object, k: int) -> object:
    """Element `k` of a batch."""
    if isinstance(value, Tensor):
        return value[k]
    assert isinstance(value, tuple | list)
    return tuple(element(item, k) for item in value)


@contextmanager
def default_float64() -> Iterator[None]:
    """Also what is made of whole numbers is in float64."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def in_float64(module: Module) -> Module:
    return module.to(torch.float64)
