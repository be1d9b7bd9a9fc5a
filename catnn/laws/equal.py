"""Whether two models compute the same, parameters of equal names (or of names that a map pairs) being the same.

One normal form proves it; else both are computed on the same random parameters
and inputs at random run-time sizes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import evolve, frozen

from catnn.errors import CatError, Diagnostic
from catnn.ir.normal import normalise
from catnn.ir.show import show
from catnn.ir.terms import Input, Program
from catnn.laws.search import SIZES, Counterexample, Made, search
from catnn.laws.trial import Evaluator
from catnn.source import NOWHERE
from catnn.types.dims import Dim, Symbol
from catnn.types.types import Index, Product, SizeType, Tensor, Type


@frozen
class Comparison:
    """What is known of two models."""

    status: Literal["proved", "tested", "refuted", "untested"]
    examples: int = 0
    worst: float = 0.0
    why: str = ""
    counterexample: Counterexample | None = None


def equal(
    one: Program,
    other: Program,
    evaluator: Evaluator,
    names: Mapping[str, str] | None = None,
    examples: int = 100,
    seed: int = 0,
) -> Comparison:
    """Compare two models at chosen static sizes.

    `names` maps names of parameters of the first to names of the second; others
    keep theirs. `CatError` (E0605) if the types differ, (E0606) if parameters are
    left over or have other shapes.
    """
    sizes = _matched(one, other)
    if not names and _text(one) == _text(other):
        return Comparison("proved")
    sides = evaluator.pair(one, other, dict(names or {}))
    back = {second: Dim.of(first) for first, second in sizes.items()}
    facts = tuple(fact.substitute(back) for fact in other.facts)
    made: Made = ((one, evolve(other, facts=facts)), sides)
    from hypothesis import strategies as st

    strategies = {symbol.name: st.sampled_from(SIZES) for symbol in one.sizes}
    found = search(strategies, lambda chosen: made, examples, seed)
    return Comparison(found.status, found.examples, found.worst, found.why, found.counterexample)


def _text(program: Program) -> str:
    """The program in normal form without its name, sizes by the order in which they come."""
    lines = show(normalise(program)).splitlines()[1:]
    text = "\n".join(line for line in lines if not line.startswith(("  param ", "  buffer ")))
    for k, symbol in enumerate(program.sizes):
        text = re.sub(rf"\b{re.escape(symbol.name)}\b", f"<{k}>", text)
    for k, given in enumerate(program.inputs):
        text = re.sub(rf"(?<![\w.]){re.escape(given.var.name)}\b", f"<input {k}>", text)
    return text


def _matched(one: Program, other: Program) -> dict[Symbol, Symbol]:
    """The run-time sizes of the second model by those of the first."""
    sizes: dict[Symbol, Symbol] = {}
    if one.batch is not None and other.batch is not None:
        sizes[one.batch] = other.batch
    left, right = _types(one.inputs), _types(other.inputs)
    ends = ([one.region.result.type], [other.region.result.type])
    if not (_agree(left, right, sizes) and _agree(*ends, sizes)):
        raise CatError(
            [
                Diagnostic(
                    "E0605",
                    f"`{one.name}` and `{other.name}` have different types",
                    NOWHERE,
                    notes=(f"{one.name} : {one.type}", f"{other.name} : {other.type}"),
                    help=("choose sizes at which they agree: `--set`",),
                )
            ]
        )
    return {a: b for a, b in sizes.items() if a is not one.batch}


def _types(inputs: Sequence[Input]) -> list[Type]:
    return [given.var.type for given in inputs]


def _agree(one: Sequence[Type], other: Sequence[Type], sizes: dict[Symbol, Symbol]) -> bool:
    return len(one) == len(other) and all(
        _same(a, b, sizes) for a, b in zip(one, other, strict=True)
    )


def _same(one: Type, other: Type, sizes: dict[Symbol, Symbol]) -> bool:
    """Whether two types are equal up to the names of sizes, which are noted."""
    match one, other:
        case Tensor(element, shape), Tensor(second, second_shape):
            if isinstance(element, Index) and isinstance(second, Index):
                if not _same_size(element.size, second.size, sizes):
                    return False
            elif element != second:
                return False
            return len(shape) == len(second_shape) and all(
                _same_size(a, b, sizes) for a, b in zip(shape, second_shape, strict=True)
            )
        case Product(items), Product(others):
            return _agree(items, others, sizes)
        case SizeType(size), SizeType(second):
            return _same_size(size, second, sizes)
        case _:
            return False


def _same_size(one: object, other: object, sizes: dict[Symbol, Symbol]) -> bool:
    if not (isinstance(one, Dim) and isinstance(other, Dim)):
        return False
    symbol, second = one.as_symbol(), other.as_symbol()
    if symbol is not None and second is not None:
        if symbol in sizes or second in sizes.values():
            return sizes.get(symbol) is second
        sizes[symbol] = second
        return True
    return one.substitute({a: Dim.of(b) for a, b in sizes.items()}) == other


__all__ = ["Comparison", "equal"]
