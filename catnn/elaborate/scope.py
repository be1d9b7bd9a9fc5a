"""What names mean: sizes and values are two name spaces, types a third."""

from typing import TypeAlias

from attrs import define, field, frozen

from catnn.elaborate.core import Atom, Morphism, Start
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import Dim, Symbol
from catnn.types.types import Arrow, Type


@frozen
class SizeEntry:
    """A compile-time scalar: a size, a number, a boolean, an enumeration or a static index."""

    dim: Dim
    kind: str
    span: Span


@frozen
class FamilyEntry:
    """A compile-time list: `depths : int[4]`, `w : dim[layers]`; literal members if known."""

    symbol: Symbol
    length: Dim | None
    members: tuple[Dim, ...] | None
    span: Span


@frozen
class ValueEntry:
    """A value; `constant` where it is a parameter or a constant (alignment never doubts it)."""

    atom: Atom
    span: Span
    constant: bool = False


@frozen
class MorphismEntry:
    """A bracket argument or a shared instance: one type, already fixed."""

    morphism: Morphism
    arrow: Arrow
    span: Span


@frozen
class TemplateEntry:
    """A local `morph`: elaborated afresh wherever it is used, and shown to be linear if it is due."""

    header: ast.Header
    body: ast.Expr
    scope: "Scope"
    span: Span
    is_linear: bool = False


@define
class BufferEntry:
    """A buffer: `atom` is the old value, `stored` the new one once there is a store."""

    atom: Atom
    span: Span
    stored: Atom | None = None


@frozen
class InitialiserEntry:
    """A bracket argument that says how a leaf begins."""

    start: Start
    span: Span


@frozen
class PoisonedEntry:
    """A name whose definition has an error that was already reported."""

    span: Span


Entry: TypeAlias = (
    ValueEntry | MorphismEntry | TemplateEntry | BufferEntry | InitialiserEntry | PoisonedEntry
)
StaticEntry: TypeAlias = SizeEntry | FamilyEntry


@define(eq=False)
class Scope:
    """A chain of name tables; inner tables hide outer ones."""

    module: str
    parent: "Scope | None" = None
    sizes: dict[str, StaticEntry] = field(factory=dict)
    values: dict[str, Entry] = field(factory=dict)
    types: dict[str, Type] = field(factory=dict)
    contexts: dict[str, ValueEntry] = field(factory=dict)

    def inner(self) -> "Scope":
        return Scope(self.module, self)

    def size(self, name: str) -> StaticEntry | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.sizes:
                return scope.sizes[name]
            scope = scope.parent
        return None

    def value(self, name: str) -> Entry | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.parent
        return None

    def type(self, name: str) -> Type | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.types:
                return scope.types[name]
            scope = scope.parent
        return None

    def all_contexts(self) -> dict[str, ValueEntry]:
        """The contexts in sight, inner ones first."""
        found: dict[str, ValueEntry] = {}
        scope: Scope | None = self
        while scope is not None:
            for name, entry in scope.contexts.items():
                found.setdefault(name, entry)
            scope = scope.parent
        return found

    def visible(self) -> set[str]:
        """Every name of a size or value in sight, for suggestions."""
        names: set[str] = set()
        scope: Scope | None = self
        while scope is not None:
            names |= scope.sizes.keys() | scope.values.keys()
            scope = scope.parent
        return names
