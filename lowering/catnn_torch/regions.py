"""Which terms belong inside a loop, which stand before it, and how often each is used."""

from collections.abc import Iterator

from attrs import define, field

from catnn.ir.terms import (
    Apply,
    Leaf,
    Loop,
    Project,
    Region,
    Term,
    TupleTerm,
    Var,
    WhenTraining,
)
from catnn.ir.walk import results


def children(term: Term) -> tuple[Term, ...]:
    """The terms that a term reads directly; of a loop, also what its body reads from outside."""
    match term:
        case Apply(arguments=arguments):
            return arguments
        case TupleTerm(items=items):
            return items
        case Project(tuple=inner):
            return (inner,)
        case WhenTraining(then=then, otherwise=otherwise):
            return (then, otherwise)
        case Loop(init=init, xs=xs, body=body):
            first = (init,) if xs is None else (init, xs)
            return (*first, *captures(term, body))
        case _:
            return ()


@define
class Locality:
    """Whether terms depend on one loop: on its variables, leaves, draws, or the buffers that it changes."""

    loop: Loop
    known: dict[Term, bool] = field(factory=dict)

    def is_local(self, term: Term) -> bool:
        found = self.known.get(term)
        if found is None:
            found = self.known[term] = self._depends(term)
        return found

    def stored(self) -> frozenset[Leaf]:
        """The buffers that a turn changes: the next one reads them anew."""
        return frozenset(store.buffer for store in self.loop.body.stores)

    def _depends(self, term: Term) -> bool:
        match term:
            case Var():
                return term in self.loop.body.parameters
            case Leaf(path=path):
                return self.loop.index in path or term in self.stored()
            case Apply():
                uids = {variable.uid for variable in self.loop.body.parameters}
                turn = dict(term.attrs).get("turn")
                return turn in uids or any(map(self.is_local, term.arguments))
            case Loop(init=init, xs=xs, body=body):
                parts = (init, *results(body)) if xs is None else (init, xs, *results(body))
                return any(map(self.is_local, parts))
            case _:
                return any(map(self.is_local, children(term)))


_localities: dict[int, tuple[Loop, Locality]] = {}


def locality(loop: Loop) -> Locality:
    found = _localities.get(id(loop))
    if found is None or found[0] is not loop:
        found = (loop, Locality(loop))
        _localities[id(loop)] = found
    return found[1]


def captures(loop: Loop, body: Region) -> tuple[Term, ...]:
    """The outermost terms in a body that do not depend on the loop, in order of appearance."""
    local = locality(loop)
    found: dict[Term, None] = {}
    seen: set[Term] = set()

    def walk(term: Term) -> None:
        if term in seen:
            return
        seen.add(term)
        if not local.is_local(term):
            found.setdefault(term)
            return
        for child in children(term):
            walk(child)

    for root in results(body):
        walk(root)
    return tuple(found)


ALIASES = ("reshape", "permute", "expand", "slice", "diagonal", "stop", "at_least_float32", "real")


def memory(term: Term) -> Term:
    """The term whose memory a value may share."""
    while isinstance(term, Apply) and term.op in ALIASES:
        term = term.arguments[0]
    return term


def use_counts(region: Region) -> dict[Term, int]:
    """How many terms of a region read each term; results count as one use."""
    counts: dict[Term, int] = {}
    stack = list(results(region))
    for root in stack:
        counts[root] = counts.get(root, 0) + 1
    seen: set[Term] = set()
    while stack:
        term = stack.pop()
        if term in seen:
            continue
        seen.add(term)
        for child in children(term):
            counts[child] = counts.get(child, 0) + 1
            stack.append(child)
    return counts


def reachable(region_roots: tuple[Term, ...]) -> Iterator[Term]:
    """Every term below some roots, each once."""
    seen: set[Term] = set()
    stack = list(region_roots)
    while stack:
        term = stack.pop()
        if term in seen:
            continue
        seen.add(term)
        yield term
        stack.extend(children(term))


def exclusive(root: Term, uses: dict[Term, int]) -> set[Term]:
    """The terms that are computed for `root` alone."""
    owned: set[Term] = set()
    counts: dict[Term, int] = {root: 1}
    pending = [root]
    while pending:
        term = pending.pop()
        if term in owned or counts[term] < uses.get(term, 0):
            continue
        owned.add(term)
        for child in children(term):
            counts[child] = counts.get(child, 0) + 1
            pending.append(child)
    return owned


def nested_loops(region: Region) -> bool:
    """Whether a body repeats blocks of its own."""
    return any(
        isinstance(term, Loop) and term.path and body_leaves(term)
        for term in reachable(results(region))
    )


def body_leaves(loop: Loop) -> list[Leaf]:
    """The leaves of each turn, in order of appearance."""
    found: dict[Leaf, None] = {}

    def collect(region: Region) -> None:
        for term in reachable(results(region)):
            if isinstance(term, Leaf) and loop.index in term.path:
                found.setdefault(term)
            if isinstance(term, Loop):
                collect(term.body)
        for store in region.stores:
            if loop.index in store.buffer.path:
                found.setdefault(store.buffer)

    collect(loop.body)
    return list(found)
