"""Rebuild the terms of a program from the bottom up, sharing kept; passes say what changes."""

from collections.abc import Iterator, Mapping
from typing import assert_never

from attrs import define, evolve, field

from catnn.ir.build import Builder
from catnn.ir.terms import (
    Apply,
    Constant,
    Leaf,
    Loop,
    Project,
    Region,
    Segment,
    Size,
    Store,
    Term,
    TupleTerm,
    Var,
    WhenTraining,
)
from catnn.ir.walk import ordered, results
from catnn.types.dims import Dim, Symbol
from catnn.types.types import Product, Tensor, Type


@define(eq=False)
class Rebuild:
    """A pass over terms: what each becomes once what it reads was rebuilt.

    A term of which nothing changed is kept as the object that it is.
    """

    builder: Builder = field(factory=Builder)
    memo: dict[Term, Term] = field(factory=dict)
    seen: set[int] = field(factory=set)

    def region(self, region: Region) -> Region:
        for term in ordered(results(region), self.seen):
            self.memo[term] = self.rebuilt(term)
        return self.of_region(region)

    def of_region(self, region: Region) -> Region:
        """The region once everything that it computes was rebuilt."""
        buffers = (self.leaf(store.buffer) is store.buffer for store in region.stores)
        if all(self.memo[term] is term for term in results(region)) and all(buffers):
            return region
        stores = (Store(self.leaf(s.buffer), self.memo[s.value]) for s in region.stores)
        aux = ((name, self.memo[value]) for name, value in region.aux)
        return Region(region.parameters, self.memo[region.result], tuple(stores), tuple(aux))

    def rebuilt(self, term: Term) -> Term:
        match term:
            case Var() | Constant() | Size():
                return self.builder.intern(term)
            case Leaf():
                return self.leaf(term)
            case Apply(arguments=arguments):
                return self.apply(term, tuple(self.memo[argument] for argument in arguments))
            case TupleTerm(items=items):
                return self.tuple(term, tuple(self.memo[item] for item in items))
            case Project(tuple=whole):
                return self.project(term, self.memo[whole])
            case WhenTraining(then=then, otherwise=otherwise):
                return self.when_training(term, self.memo[then], self.memo[otherwise])
            case Loop(init=init, xs=xs):
                return self.loop(term, self.memo[init], None if xs is None else self.memo[xs])
            case _:
                assert_never(term)

    # ---- what a pass may say anew ---------------------------------------------------------

    def leaf(self, leaf: Leaf) -> Leaf:
        return self.builder.leaf(leaf)

    def apply(self, term: Apply, arguments: tuple[Term, ...]) -> Term:
        if all(map(_is, arguments, term.arguments)):
            return self.builder.intern(term)
        return self.builder.intern(evolve(term, arguments=arguments))

    def tuple(self, term: TupleTerm, items: "tuple[Term, ...]") -> Term:
        if all(map(_is, items, term.items)):
            return self.builder.intern(term)
        return self.builder.intern(evolve(term, items=items))

    def project(self, term: Project, whole: Term) -> Term:
        if isinstance(whole, TupleTerm):
            return whole.items[term.index]
        if whole is term.tuple:
            return self.builder.intern(term)
        return self.builder.intern(evolve(term, tuple=whole))

    def when_training(self, term: WhenTraining, then: Term, otherwise: Term) -> Term:
        if then is otherwise:
            return then
        if then is term.then and otherwise is term.otherwise:
            return self.builder.intern(term)
        return self.builder.intern(evolve(term, then=then, otherwise=otherwise))

    def loop(self, term: Loop, init: Term, xs: Term | None) -> Term:
        body = self.region(term.body)
        if init is term.init and xs is term.xs and body is term.body:
            return self.builder.intern(term)
        return self.builder.intern(evolve(term, init=init, xs=xs, body=body))


def _is(one: Term, other: Term) -> bool:
    return one is other


class Renaming(Rebuild):
    """Leaves replaced, loops placed, factors named; see `rename_leaves`."""

    def __init__(
        self,
        builder: Builder,
        leaves: Mapping[Leaf, Leaf],
        holders: Mapping[str, tuple[Segment, ...]],
        factors: Mapping[str, str],
    ) -> None:
        super().__init__(builder)
        self.leaves, self.holders, self.factors = leaves, holders, factors

    def leaf(self, leaf: Leaf) -> Leaf:
        named = self.leaves.get(leaf, leaf)
        return self.builder.leaf(evolve(named, init=self.start(named.init)))

    def start(self, init: Term) -> Term:
        """How a leaf begins: of the terms that the program has too, there is one object."""
        for term in ordered([init], set()):
            if term not in self.memo:
                self.memo[term] = self.rebuilt(term)
        return self.memo[init]

    def apply(self, term: Apply, arguments: tuple[Term, ...]) -> Term:
        factor = self.factors.get(term.factor, term.factor)
        return self.builder.intern(evolve(term, arguments=arguments, factor=factor))

    def loop(self, term: Loop, init: Term, xs: Term | None) -> Term:
        body = self.region(term.body)
        first = term.path[0] if term.path else None
        path = self.holders.get(first, ()) if isinstance(first, str) else term.path
        factor = self.factors.get(term.factor, term.factor)
        return self.builder.intern(
            evolve(term, init=init, xs=xs, body=body, path=path, factor=factor)
        )


def rename_leaves(
    region: Region,
    leaves: Mapping[Leaf, Leaf],
    builder: Builder,
    holders: Mapping[str, tuple[Segment, ...]],
    factors: Mapping[str, str],
) -> Region:
    """`region` with its leaves replaced and its loops placed, sharing kept.

    `holders` gives the path of a loop by its provisional name, `factors` the
    dotted path of a factor.
    """
    return Renaming(builder, leaves, holders, factors).region(region)


def used_leaves(region: Region) -> set[Leaf]:
    """The leaves that a region reads or stores, those of loops included."""
    found: set[Leaf] = set()
    seen: set[int] = set()
    regions = [region]
    while regions:
        inner = regions.pop()
        found.update(store.buffer for store in inner.stores)
        for term in ordered(results(inner), seen):
            if isinstance(term, Leaf):
                found.add(term)
            elif isinstance(term, Loop):
                regions.append(term.body)
    return found


def used_sizes(region: Region) -> frozenset[Symbol]:
    """The sizes of which the values of a region are made, those in loops included."""
    found: set[Symbol] = set()
    seen: set[int] = set()
    regions = [region]
    while regions:
        for term in ordered(results(regions.pop()), seen):
            found.update(symbol for dim in sizes_in(term.type) for symbol in dim.symbols())
            if isinstance(term, Size):
                found |= term.dim.symbols()
            elif isinstance(term, Loop):
                regions.append(term.body)
    return frozenset(found)


def sizes_in(type_: Type) -> Iterator[Dim]:
    match type_:
        case Tensor(_, shape):
            yield from (item for item in shape if isinstance(item, Dim))
        case Product(items):
            for item in items:
                yield from sizes_in(item)
        case _:
            return


__all__ = ["Rebuild", "rename_leaves", "used_leaves", "used_sizes"]
