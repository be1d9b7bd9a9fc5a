"""What names mean where a body is drawn: sizes as symbols, values as wires, instances by number."""

from collections.abc import Mapping

from attrs import define, evolve, field, frozen

from catnn.draw.diagram import Diagram, Value
from catnn.elaborate import core
from catnn.elaborate.definition import Definition
from catnn.elaborate.scope import FamilyEntry
from catnn.elaborate.substitution import Substitution
from catnn.elaborate.unify import Unifier
from catnn.errors import CatError, Diagnostic
from catnn.source import Span
from catnn.types.dims import Dim, Symbol
from catnn.types.facts import Fact
from catnn.types.types import Abstract, Product, Shape, Tensor, Type


@frozen(eq=False)
class Bound:
    """A morphism with the scope in which its names mean something."""

    morphism: core.Morphism
    scope: "Scope"


@frozen(eq=False)
class Share:
    """A shared instance: its name, its number in the picture, and what it is."""

    name: str
    number: int
    bound: Bound


@frozen(eq=False)
class Place:
    """Where a body is drawn: into which diagram, and mapped over which leading axes."""

    diagram: Diagram
    lead: Shape = ()

    def under(self, lead: Shape) -> "Place":
        return evolve(self, lead=self.lead + lead) if lead else self

    def within(self, diagram: Diagram) -> "Place":
        return evolve(self, diagram=diagram)

    def type(self, type_: Type) -> Type:
        """The type with the leading axes in front."""
        return prefixed(self.lead, type_)


@define(eq=False)
class Scope:
    """One run of a body. Closures run in a child of the scope that made them."""

    solved: Unifier
    filled: Substitution
    parent: "Scope | None" = None
    values: dict[int, Value] = field(factory=dict)
    morphisms: dict[int, Bound] = field(factory=dict)
    shares: dict[int, Share] = field(factory=dict)
    indices: dict[Symbol, Dim] = field(factory=dict)
    known: dict[Dim, Dim] = field(factory=dict)
    known_types: dict[Type, Type] = field(factory=dict)

    def child(self, indices: Mapping[Symbol, Dim] | None = None) -> "Scope":
        if not indices:  # the same sizes, so what is known of them is
            known = (self.known, self.known_types)
            return Scope(self.solved, self.filled, self, {}, {}, {}, self.indices, *known)
        return Scope(self.solved, self.filled, self, indices={**self.indices, **indices})

    def inside(self, definition: Definition, morphism: core.Instantiated) -> "Scope":
        """The scope of the body of a definition that is instantiated here."""
        assert definition.solved is not None
        filled = Substitution(
            {symbol: self.dim(dim) for symbol, dim in morphism.sizes},
            {symbol: self.shape(shape) for symbol, shape in morphism.rows},
            {symbol: self.type(type_) for symbol, type_ in morphism.types},
            {symbol: self.family(entry) for symbol, entry in morphism.lists},
        )
        inner = Scope(definition.solved, filled)
        for uid, given in morphism.morphisms:
            inner.morphisms[uid] = Bound(given, self)
        return inner

    def family(self, entry: FamilyEntry) -> FamilyEntry:
        if entry.members is None:
            return self.filled.lists.get(entry.symbol, entry)
        members = tuple(self.dim(member) for member in entry.members)
        return FamilyEntry(entry.symbol, entry.length, members, entry.span)

    # ---- sizes and types ------------------------------------------------------------------

    def dim(self, dim: Dim) -> Dim:
        found = self.known.get(dim)
        if found is None:
            found = self.filled.dim(self.solved.dim(dim))
            found = found.substitute(self.indices) if self.indices else found
            self.known[dim] = found
        return found

    def shape(self, shape: Shape) -> Shape:
        resolved = self.filled.shape(self.solved.shape(shape))
        return tuple(i.substitute(self.indices) if isinstance(i, Dim) else i for i in resolved)

    def type(self, type_: Type) -> Type:
        found = self.known_types.get(type_)
        if found is None:
            found = self.filled.type(self.solved.type(type_))
            if self.indices:
                found = Substitution(dict(self.indices)).type(found)
            self.known_types[type_] = found
        return found

    # ---- names ----------------------------------------------------------------------------

    def value(self, uid: int) -> Value:
        if uid in self.values:
            return self.values[uid]
        assert self.parent is not None
        return self.parent.value(uid)

    def morphism(self, uid: int) -> Bound | None:
        """What a bracket argument is; None for one of the definition that is drawn."""
        if uid in self.morphisms:
            return self.morphisms[uid]
        return None if self.parent is None else self.parent.morphism(uid)

    def share(self, uid: int) -> Share:
        if uid in self.shares:
            return self.shares[uid]
        assert self.parent is not None
        return self.parent.share(uid)


@frozen(eq=False)
class Deciding:
    """Conditions and counts: decided where they can be, else at the default sizes."""

    definition: Definition
    values: Mapping[Symbol, Dim]
    first: set[Symbol] = field(factory=set)
    """Indices of loops that were taken as 0, since a condition depends on them."""

    def condition(self, condition: core.Condition, scope: Scope) -> bool:
        """Whether a static condition holds; `CatError` if a size without a default decides it."""
        match condition:
            case core.Holds(fact):
                resolved = fact.map(scope.dim)
                decided = resolved.decide()
                if decided is None:
                    decided = resolved.map(lambda dim: dim.substitute(self.values)).decide()
                return self.guessed(resolved) if decided is None else decided
            case core.AllOf(members):
                return all(self.condition(part, scope) for part in members)
            case core.AnyOf(members):
                return any(self.condition(part, scope) for part in members)

    def guessed(self, fact: Fact) -> bool:
        """A condition at the first turn of the loops around."""
        known = fact.map(lambda dim: dim.substitute(self.values))
        indices = {symbol for symbol in known.symbols() if symbol.kind == "index"}
        self.first.update(indices)
        start = {index: Dim.of(0) for index in indices}
        decided = known.map(lambda dim: dim.substitute(start)).decide()
        if decided is None:
            raise self.missing(sorted(s.name for s in known.symbols() - indices)[0])
        return decided

    def number(self, dim: Dim) -> int | None:
        """A size as a number, if it is known or has a default."""
        return dim.substitute(self.values).as_int()

    def missing(self, name: str) -> CatError:
        message = f"`{self.definition.name}` needs its static size `{name}`"
        help = (f"give it: `--set {name}=..` or `bind({name}=..)`",)
        return CatError([Diagnostic("E0218", message, self.span, help=help)])

    @property
    def span(self) -> Span:
        return self.definition.span


def prefixed(lead: Shape, type_: Type) -> Type:
    """`[lead; type]`."""
    match type_:
        case Tensor(element, own):
            return Tensor(element, (*lead, *own))
        case Product(items, labels):
            return Product(tuple(prefixed(lead, item) for item in items), labels)
        case Abstract(symbol, own):
            return Abstract(symbol, (*lead, *own))
        case _:
            return type_
