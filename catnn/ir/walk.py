"""Walks over terms, without recursion: a deep model is a deep graph."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from catnn.ir.terms import (
    Apply,
    Constant,
    Leaf,
    Loop,
    Project,
    Region,
    Size,
    Term,
    TupleTerm,
    Var,
    WhenTraining,
)


def operands(term: Term) -> tuple[Term, ...]:
    """The terms that a term reads directly; those inside a loop's body are not among them."""
    match term:
        case Var() | Leaf() | Constant() | Size():
            return ()
        case Apply():
            return term.arguments
        case TupleTerm():
            return term.items
        case Project():
            return (term.tuple,)
        case WhenTraining():
            return (term.then, term.otherwise)
        case Loop():
            return (term.init,) if term.xs is None else (term.init, term.xs)
        case _:
            assert_never(term)


def results(region: Region) -> tuple[Term, ...]:
    """What a region computes: its result, what it stores, what it reports."""
    return (
        region.result,
        *(store.value for store in region.stores),
        *(value for _, value in region.aux),
    )


def ordered(roots: Iterable[Term], seen: set[int] | None = None) -> Iterator[Term]:
    """Every object below some roots, each once and after what it reads; bodies left out.

    `seen` holds the `id`s of terms that are left out, and is added to.
    """
    seen = set() if seen is None else seen
    stack: list[tuple[Term, bool]] = [(root, False) for root in reversed(tuple(roots))]
    while stack:
        term, is_ready = stack.pop()
        if id(term) in seen:
            continue
        if is_ready:
            seen.add(id(term))
            yield term
        else:
            stack.append((term, True))
            stack.extend((operand, False) for operand in reversed(operands(term)))


__all__ = ["operands", "ordered", "results"]
