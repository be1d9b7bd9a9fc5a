"""What names mean while a body runs: sizes filled in, values, morphism arguments, instances."""

from attrs import define, evolve, field, frozen

from catnn.elaborate import core
from catnn.elaborate.initialisers import resolved
from catnn.elaborate.statics import tuple_counts
from catnn.elaborate.substitution import Substitution
from catnn.elaborate.unify import Unifier
from catnn.errors import InternalError
from catnn.ir.terms import Store, Term
from catnn.specialise.naming import Factor
from catnn.specialise.values import Axis, Value
from catnn.types.dims import Dim, Symbol
from catnn.types.facts import Fact
from catnn.types.types import Product, Several, Shape, Type


class Undecided(Exception):
    """A static condition or count that needs sizes which are still symbols."""

    def __init__(self, symbols: frozenset[Symbol]) -> None:
        self.symbols = symbols
        super().__init__(", ".join(sorted(symbol.name for symbol in symbols)))


class Crossing(Exception):
    """A context differs along leading axes of which an `across` morphism sees all at once."""

    def __init__(self, definition: str, context: str) -> None:
        self.definition = definition
        self.context = context
        super().__init__(f"`{context}` of `{definition}`")


@define(eq=False)
class Frame:
    """One run of a body. Closures run in a child of the frame that made them."""

    solved: Unifier
    filled: Substitution
    parent: "Frame | None" = None
    values: dict[int, Value] = field(factory=dict)
    morphisms: dict[int, "Bound"] = field(factory=dict)
    instances: dict[int, "SharedInstance"] = field(factory=dict)
    starts: dict[int, core.Initialiser] = field(factory=dict)
    indices: dict[Symbol, Dim] = field(factory=dict)
    known: dict[Dim, Dim] = field(factory=dict)

    def child(self) -> "Frame":
        return Frame(self.solved, self.filled, self, indices=self.indices)

    def with_index(self, symbol: Symbol, value: Dim) -> "Frame":
        """A child in which a static index has a value."""
        return Frame(self.solved, self.filled, self, indices={**self.indices, symbol: value})

    def dim(self, dim: Dim) -> Dim:
        found = self.known.get(dim)
        if found is None:
            found = self.filled.dim(self.solved.dim(dim))
            if self.indices:
                found = found.substitute(self.indices)
            self.known[dim] = found
        return found

    def shape(self, shape: Shape) -> tuple[Dim, ...]:
        resolved = self.filled.shape(self.solved.shape(shape))
        dims = []
        for item in resolved:
            if not isinstance(item, Dim):
                raise InternalError(f"the row {item} is still open")
            dims.append(item.substitute(self.indices) if self.indices else item)
        return tuple(dims)

    def type(self, type_: Type) -> Type:
        resolved = self.filled.type(self.solved.type(type_))
        if self.indices:
            resolved = Substitution(dict(self.indices)).type(resolved)
        return written_out(resolved)

    def fact(self, fact: Fact) -> Fact:
        return fact.map(self.dim)

    def value(self, uid: int) -> Value:
        frame: Frame | None = self
        while frame is not None:
            if uid in frame.values:
                return frame.values[uid]
            frame = frame.parent
        raise InternalError(f"the value {uid} is not bound")

    def morphism(self, uid: int) -> "Bound":
        frame: Frame | None = self
        while frame is not None:
            if uid in frame.morphisms:
                return frame.morphisms[uid]
            frame = frame.parent
        raise InternalError(f"the morphism argument {uid} is not bound")

    def start(self, start: core.Start) -> core.Initialiser:
        """An initialiser with its sizes filled in."""
        if isinstance(start, core.Initialiser):
            return core.Initialiser(start.name, resolved(start.settings, self.dim))
        frame: Frame | None = self
        while frame is not None:
            if start.uid in frame.starts:
                return frame.starts[start.uid]
            frame = frame.parent
        raise InternalError(f"the initialiser `{start.name}` is not bound")

    def instance(self, uid: int) -> "SharedInstance":
        frame: Frame | None = self
        while frame is not None:
            if uid in frame.instances:
                return frame.instances[uid]
            frame = frame.parent
        raise InternalError(f"the shared instance {uid} is not bound")


def written_out(type_: Type) -> Type:
    """A type in which every tuple has a known length; `Undecided` if one has not."""
    if isinstance(type_, Product | Several):
        counts = [dim.symbols() for dim in tuple_counts(type_)]
        if counts:
            raise Undecided(frozenset().union(*counts))
    return type_


@frozen(eq=False)
class Bound:
    """A morphism with the frame in which its names mean something."""

    morphism: core.Morphism
    frame: Frame


@frozen(eq=False)
class SharedInstance:
    """A `share`d morphism: its parameters were placed where it was shared."""

    morphism: core.Morphism
    frame: Frame
    factor: Factor
    copies: tuple[Axis, ...]


@define(eq=False)
class Place:
    """Where evaluation stands: the lead, the factor, the enclosing copies, the region's effects.

    `turn` is the uid of the state of the innermost loop: a draw in it is one for each turn.
    `is_quiet` says that nothing is stored: it is the other branch of `if training`.
    """

    axes: tuple[Axis, ...]
    factor: Factor
    copies: tuple[Axis, ...] = ()
    stores: list[Store] = field(factory=list)
    aux: list[tuple[str, Term]] = field(factory=list)
    is_holder: bool = False
    turn: int = 0
    is_quiet: bool = False

    def at(self, axes: tuple[Axis, ...]) -> "Place":
        """The same place under exactly these lead axes."""
        return evolve(self, axes=axes, is_holder=False)

    def under(self, axes: tuple[Axis, ...]) -> "Place":
        """The same place mapped over more axes."""
        return evolve(self, axes=self.axes + axes) if axes else self

    def within(self, factor: Factor) -> "Place":
        """The same place in a part of its factor."""
        return evolve(self, factor=factor, is_holder=False)
