"""Definitions: a signature that others instantiate and a body elaborated once."""

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import define, field, frozen

from catnn.elaborate.core import Block, Ref
from catnn.elaborate.scope import Scope
from catnn.elaborate.unify import Unifier
from catnn.prims.rows import Primitive
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import Dim, Symbol
from catnn.types.facts import Fact
from catnn.types.types import Arrow, Product, Type

if TYPE_CHECKING:
    from catnn.elaborate.context import Elaborator

ParameterKind: TypeAlias = Literal[
    "size", "number", "bool", "string", "list", "family", "morphism", "value", "initialiser"
]


@frozen(eq=False)
class StaticParameter:
    """A bracket argument. Scalars have a `symbol`, morphisms an `arrow`, values a `type`."""

    name: str
    kind: ParameterKind
    symbol: Symbol
    default: ast.Static | None
    span: Span
    arrow: Arrow | None = None
    type: Type | None = None
    length: Dim | None = None
    uid: int = 0


@frozen
class Port:
    """A component of the input, or a context: its name if it has one, and its type."""

    name: str
    type: Type
    is_context: bool = False


@frozen
class Requirement:
    """A fact that callers must show, and where it was written (or what needs it)."""

    fact: Fact
    span: Span
    written: bool = True


@define(eq=False)
class Definition:
    """A `morph`, `model` or primitive of one file."""

    name: str
    kind: Literal["morph", "model", "law", "primitive"]
    module: str
    span: Span
    header: ast.Header
    body_ast: ast.Expr | None
    scope: Scope
    parameters: list[StaticParameter] = field(factory=list)
    sizes: list[Symbol] = field(factory=list)
    rows: list[Symbol] = field(factory=list)
    variables: list[Symbol] = field(factory=list)
    ports: list[Port] = field(factory=list)
    tupled: bool = False
    labels: tuple[str, ...] | None = None
    target: Type | None = None
    requirements: list[Requirement] = field(factory=list)
    across: Symbol | None = None
    is_linear: bool = False
    draws: bool = False
    whole: set[str] = field(factory=set)
    primitive: Primitive | None = None
    least: dict[Symbol, int] = field(factory=dict)
    additive: set[Symbol] = field(factory=set)
    body: Block | None = None
    inputs: tuple[Ref, ...] = ()
    solved: Unifier | None = None
    elaborator: "Elaborator | None" = None
    static: frozenset[Symbol] = frozenset()
    state: Literal["new", "signed", "elaborating", "done", "failed"] = "new"

    @property
    def source(self) -> Type:
        """The input type as one type (contexts aside)."""
        own = tuple(port.type for port in self.ports if not port.is_context)
        if self.tupled:
            return Product(own, self.labels)
        return own[0]

    @property
    def is_nullary(self) -> bool:
        """Whether the header states a value: no input, no arrow."""
        return (
            self.header.inputs is None
            and self.header.type is not None
            and not isinstance(self.header.type, ast.ArrowType)
        )

    @property
    def is_complete(self) -> bool:
        """Whether the signature was written in full."""
        return self.target is not None


__all__ = ["Definition", "ParameterKind", "Port", "Requirement", "StaticParameter"]
