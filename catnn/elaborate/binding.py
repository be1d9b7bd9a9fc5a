"""Patterns of names: what a lambda's parameter, a `let` or a `draw` binds."""

from catnn.elaborate.calls import coerce, component
from catnn.elaborate.context import Abandon, Elaborator
from catnn.elaborate.core import Atom
from catnn.elaborate.scope import FamilyEntry, PoisonedEntry, Scope, ValueEntry
from catnn.elaborate.typing import to_type
from catnn.errors import Label
from catnn.source import Span
from catnn.syntax import ast
from catnn.syntax.names import bound
from catnn.types.dims import fresh
from catnn.types.types import Abstract, Product, Tensor


def bind_pattern(e: Elaborator, pattern: ast.Pattern, atom: Atom, scope: Scope, span: Span) -> None:
    """Bind the names of a pattern to the components of a value; each name stands once in it."""
    refuse_twice(e, pattern)
    _bind(e, pattern, atom, scope, span)


def refuse_twice(e: Elaborator, pattern: ast.Pattern) -> None:
    """E0313: one name for two components of a value."""
    first: dict[str, Span] = {}
    for name, place in bound(pattern):
        if name in first and name != "_":
            e.fail(
                "E0313",
                f"`{name}` is named twice",
                place,
                labels=[Label(first[name], "first here")],
                help=["give each part a name of its own; one that nothing uses may begin with `_`"],
            )
        first[name] = place


def _bind(e: Elaborator, pattern: ast.Pattern, atom: Atom, scope: Scope, span: Span) -> None:
    if pattern.type is not None:
        atom = coerce(e, atom, to_type(e, pattern.type, scope), pattern.span)
    if isinstance(pattern, ast.PatternName):
        bind_name(e, pattern.name, atom, scope, pattern.span)
        return
    type_ = e.unifier.type(atom.type)
    if isinstance(type_, Abstract) and type_.symbol.kind == "meta" and not type_.lead:
        product = Product(tuple(Abstract(fresh("A", "meta")) for _ in pattern.items))
        e.unifier.types[type_.symbol] = product
        type_ = product
    if not isinstance(type_, Product) or len(type_.items) != len(pattern.items):
        count = f"a tuple of {len(type_.items)}" if isinstance(type_, Product) else f"`{type_}`"
        poison(pattern, scope)
        e.fail(
            "E0307",
            f"this takes {len(pattern.items)} names, but the value is {count}",
            pattern.span,
            help=[
                "a tensor is taken apart by indices, `y(0)`, or by a pattern, `{(p + q) -> p, q}`"
            ]
            if isinstance(type_, Tensor)
            else [],
        )
    for k, (item, item_type) in enumerate(zip(pattern.items, type_.items, strict=True)):
        _bind(e, item, component(atom, k, item_type), scope, span)


def bind_name(e: Elaborator, name: str, atom: Atom, scope: Scope, span: Span) -> None:
    e.name_value(atom, name)
    scope.values[name] = ValueEntry(atom, span, constant=e.is_constant(atom))


def refuse_size(e: Elaborator, name: str, span: Span, scope: Scope) -> None:
    """What a statement names may hide an earlier value, never a size."""
    entry = scope.size(name)
    if isinstance(entry, FamilyEntry) or (entry is not None and entry.kind in ("size", "index")):
        e.fail(
            "E0310",
            f"`{name}` is a size here; a value may not hide it",
            span,
            labels=[Label(entry.span, "the size")] if entry.span.file else [],
            help=["choose another name for the value"],
        )


def poison(pattern: ast.Pattern, scope: Scope) -> None:
    """Names whose value has an error: uses of them are silent."""
    if isinstance(pattern, ast.PatternName):
        scope.values[pattern.name] = PoisonedEntry(pattern.span)
        return
    for item in pattern.items:
        poison(item, scope)


__all__ = ["Abandon", "bind_name", "bind_pattern", "poison"]
