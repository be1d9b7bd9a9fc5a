"""String diagrams as data: boxes, the wires between them, and the diagrams inside of boxes.

A diagram has an `entry`, whose outputs are its inputs, and an `exit`, whose
inputs are its results. What a diagram uses from outside enters through the
box that it is inside of: no wire crosses the border of a box.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from attrs import define, field, frozen

from catnn.types.dims import Dim, Symbol
from catnn.types.types import Product, Type

Kind: TypeAlias = Literal[
    "box", "operator", "pattern", "leaf", "source", "entry", "exit", "frame", "table"
]


@frozen(eq=False)
class End:
    """Where a wire begins: an output of a node."""

    node: "Node"
    port: int

    @property
    def type(self) -> Type:
        return self.node.outputs[self.port].type


@frozen(eq=False)
class Output:
    """What comes out of a node: its type, and what the user calls it."""

    type: Type
    name: str = ""
    is_context: bool = False


@frozen(eq=False)
class Input:
    """Where a wire ends; a context is drawn dashed and enters from the side."""

    end: End
    is_context: bool = False


@define(eq=False, repr=False)
class Node:
    """A box. `title` is what stands in it, `note` a second line, `tip` all that is known.

    `badge` says how often it runs. `shared` is the number of the shared
    instance that it is a use of, `definition` the name of what it is an instance of. `leaves` are parameters made by it alone.
    """

    kind: Kind
    title: str
    graph: "Diagram"
    note: str = ""
    tip: str = ""
    badge: str = ""
    shared: int | None = None
    inputs: list[Input] = field(factory=list)
    outputs: list[Output] = field(factory=list)
    inner: "Diagram | None" = None
    leaves: list[str] = field(factory=list)
    definition: str = ""
    is_library: bool = False
    feedback: int = 0
    """How many of the results are the state of the next turn."""

    def __repr__(self) -> str:
        return f"<{self.kind} {self.title!r}>"

    @property
    def all_leaves(self) -> list[str]:
        """The parameters made in it, also in what it holds."""
        inside = [] if self.inner is None else self.inner.nodes
        return [*self.leaves, *(leaf for node in inside for leaf in node.all_leaves)]


@define(eq=False, repr=False)
class Diagram:
    """Nodes and their wires; `owner` is the box that it is inside of."""

    owner: Node | None = None
    values: Mapping[Symbol, Dim] = field(factory=dict)
    """What sizes are by default, for labels that have no room for formulas."""
    nodes: list[Node] = field(factory=list)
    entry: Node = field(init=False)
    exit: Node = field(init=False)
    captured: dict[tuple[int, int], End] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if self.owner is not None:
            self.values = self.owner.graph.values
        self.entry = Node("entry", "", self)
        self.exit = Node("exit", "", self)

    def add(self, node: Node) -> Node:
        self.nodes.append(node)
        return node

    def bring(self, end: End) -> End:
        """The same value in here: it enters through the box around, once."""
        if end.node.graph is self:
            return end
        assert self.owner is not None
        outside = self.owner.graph.bring(end)
        key = (id(outside.node), outside.port)
        if key not in self.captured:
            given = outside.node.outputs[outside.port]
            self.owner.inputs.append(Input(outside, given.is_context))
            self.entry.outputs.append(Output(given.type, given.name, given.is_context))
            self.captured[key] = End(self.entry, len(self.entry.outputs) - 1)
        return self.captured[key]

    def all_nodes(self) -> Iterator[Node]:
        """Every node at every depth."""
        for node in self.nodes:
            yield node
            if node.inner is not None:
                yield from node.inner.all_nodes()


@frozen(eq=False)
class Bundle:
    """A tuple of values: its components are wires of their own."""

    items: tuple["Value", ...]
    labels: tuple[str, ...] | None = None


@frozen(eq=False)
class Number:
    """What is known before the program runs; it is written, not wired."""

    text: str


Value: TypeAlias = End | Bundle | Number

MOST = 8
"""Tuples of more components than that are one wire."""


def parts(type_: Type) -> list[Type]:
    """The types of the wires of a value: those of its components if they are few."""
    found = list(_parts(type_))
    return found if 0 < len(found) <= MOST else [type_]


def _parts(type_: Type) -> Iterator[Type]:
    if isinstance(type_, Product):
        for item in type_.items:
            yield from _parts(item)
    else:
        yield type_


def wires(value: Value) -> list[End]:
    """The wires of a value, in order."""
    match value:
        case Bundle(items):
            return [end for item in items for end in wires(item)]
        case End():
            return [value]
        case Number():
            return []


def rewired(value: Value, ends: Iterator[End]) -> Value:
    """The value with other wires, in the same order."""
    match value:
        case Bundle(items, labels):
            return Bundle(tuple(rewired(item, ends) for item in items), labels)
        case End():
            return next(ends)
        case Number():
            return value


def shaped(type_: Type, ends: Iterator[End], whole: bool) -> Value:
    """A value of a type from its wires; from one wire if it is kept `whole`."""
    if isinstance(type_, Product) and not whole:
        items = tuple(shaped(item, ends, False) for item in type_.items)
        return Bundle(items, type_.labels)
    return next(ends)
