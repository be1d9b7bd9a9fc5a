"""Walks over the terms of a program: in order of need, and by the loops that they turn in."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias, assert_never

from attrs import frozen

from catnn.cost.counts import product
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
from catnn.ir.walk import results
from catnn.types.dims import Dim, Symbol

Binder: TypeAlias = int | Symbol
"""What a loop binds: the `uid` of a variable, or its index."""

Free: TypeAlias = dict[Term, frozenset[Binder]]


def children(term: Term) -> tuple[Term, ...]:
    """The terms whose values a term needs, those inside a loop's body not included.

    Of a value that differs in training, the training one counts.
    """
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
            return (term.then,)
        case Loop():
            return (term.init,) if term.xs is None else (term.init, term.xs)
        case _:
            assert_never(term)


def ordered(roots: Iterable[Term]) -> Iterator[Term]:
    """Every term that the roots need, each once and after what it needs; no recursion."""
    seen: set[Term] = set()
    stack: list[tuple[Term, bool]] = [(root, False) for root in reversed(tuple(roots))]
    while stack:
        term, is_ready = stack.pop()
        if term in seen:
            continue
        if is_ready:
            seen.add(term)
            yield term
        else:
            stack.append((term, True))
            stack.extend((child, False) for child in reversed(children(term)))


@frozen
class Placed:
    """A term and the loops, outermost first, in whose turns it is computed anew."""

    term: Term
    loops: tuple[Loop, ...]

    @property
    def times(self) -> Dim:
        """How often it is computed."""
        return product(loop.count for loop in self.loops)


def placed(region: Region) -> Iterator[Placed]:
    """Every term of a program with its loops, each once and after what it needs.

    A term in a loop's body that depends on nothing of the loop is computed once,
    outside.
    """
    yield from _placed(results(region), (), set(), {})


def _placed(
    roots: tuple[Term, ...], loops: tuple[Loop, ...], seen: set[Term], free: Free
) -> Iterator[Placed]:
    find_free(roots, free)
    for term in ordered(roots):
        if term in seen:
            continue
        seen.add(term)
        depth = max((i for i, loop in enumerate(loops, 1) if free[term] & binders(loop)), default=0)
        if isinstance(term, Loop):
            yield from _placed(results(term.body), (*loops[:depth], term), seen, free)
        yield Placed(term, loops[:depth])


def binders(loop: Loop) -> frozenset[Binder]:
    return frozenset((*(parameter.uid for parameter in loop.body.parameters), loop.index))


def find_free(roots: Iterable[Term], free: Free) -> None:
    """Fill `free` with the variables and loop indices on which terms depend."""
    for term in ordered(roots):
        if term in free:
            continue
        own = frozenset[Binder]().union(*(free[child] for child in children(term)))
        match term:
            case Var():
                own = frozenset([term.uid])
            case Leaf():
                own = frozenset(step for step in term.path if isinstance(step, Symbol))
            case Loop():
                inside = results(term.body)
                find_free(inside, free)
                bound = binders(term)
                own = own.union(*(free[result] - bound for result in inside))
        free[term] = own
