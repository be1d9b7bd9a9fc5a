"""Constants that take their type from where they stand: `zeros`, `ones`, `eye`, initialisers."""

from collections.abc import Sequence
from typing import NoReturn

from catnn.elaborate import core
from catnn.elaborate.context import Elaborator
from catnn.elaborate.core import Argument, Atom, Setting, Settings, Start, Tupled
from catnn.elaborate.initialisers import (
    DRAWN,
    LAYERS,
    NAMES,
    SETTINGS,
    head_of,
    refuse_name,
    setting,
    settings,
)
from catnn.elaborate.scope import InitialiserEntry, Scope
from catnn.elaborate.typing import to_shape
from catnn.prims.rows import CONSTANTS
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.types import REAL, Abstract, Product, Shape, Tensor, Type

SHAPED = {row.name for row in CONSTANTS}


def is_constant(e: Elaborator, expr: ast.Static, scope: Scope) -> bool:
    """Whether an expression is such a constant: its type comes from outside."""
    match expr:
        case ast.Group(inner=inner):
            return is_constant(e, inner, scope)
        case ast.Name(text=name) | ast.Instance(head=ast.Name(text=name)):
            entry = scope.value(name)
            return isinstance(entry, InitialiserEntry) or (name in NAMES and entry is None)
        case _:
            return False


def constant(e: Elaborator, expr: ast.Expr, scope: Scope, expected: Type | None) -> Atom | None:
    """The constant at its type, or None if the expression is no constant."""
    if not is_constant(e, expr, scope):
        return None
    name, arguments = head_of(expr)
    entry = scope.value(name)
    if isinstance(entry, InitialiserEntry):
        return _started(e, name, entry.start, arguments, scope, expected, expr.span)
    if name in SHAPED:
        if arguments:
            nodes = tuple(argument.value for argument in arguments)
            expected = Tensor(REAL, _shape(e, name, nodes, scope))
        if expected is None:
            e.fail(
                "E0209",
                f"the type of `{name}` is open here",
                expr.span,
                help=[
                    f"give its sizes: `{name}[n]`",
                    f"or name the input and apply: in `x => f({name}, x)` the type is that of `f`",
                ],
            )
        return _filled(e, name, expected, (), expr.span)
    if expected is None or not e.begins:
        _misplaced(e, name, expr.span)
    return _filled(e, name, expected, settings(e, name, arguments, scope, expr.span), expr.span)


def _misplaced(e: Elaborator, name: str, span: Span) -> NoReturn:
    help = [f"it initialises a parameter: `param w : [d] ~ {name};`"]
    if name in DRAWN:
        help.append(f"a sample for each item is drawn: `draw z : [d] ~ {name}(0, 1);`")
    e.fail("E0305", f"`{name}` is no value here", span, help=help)


def _started(
    e: Elaborator,
    name: str,
    start: Start,
    arguments: Sequence[ast.Argument],
    scope: Scope,
    expected: Type | None,
    span: Span,
) -> Atom:
    """An initialiser that is a bracket argument, with what it may have left open."""
    if expected is None or not e.begins:
        _misplaced(e, name, span)
    told: dict[str, Setting] = {}
    for argument in arguments:
        key = argument.name or ".."
        if key not in LAYERS:
            refuse_name(e, name, key, sorted(LAYERS), argument.span)
        told[key] = setting(e, argument.value, scope)
    if isinstance(start, Argument):
        return _filled(e, start.name, expected, tuple(told.items()), span, start.uid)
    missing = [
        key for key in SETTINGS.get(start.name, ()) if key in LAYERS - dict(start.settings).keys()
    ]
    found = {**dict(start.settings), **{key: told[key] for key in missing if key in told}}
    return _filled(e, start.name, expected, tuple(found.items()), span)


def _shape(e: Elaborator, name: str, nodes: tuple[ast.Static, ...], scope: Scope) -> Shape:
    shape = to_shape(e, nodes, scope)
    return shape * 2 if name == "eye" and len(shape) == 1 else shape


def _filled(
    e: Elaborator, name: str, type_: Type, found: Settings, span: Span, given: int | None = None
) -> Atom:
    match e.unifier.type(type_):
        case Product(items, labels):
            parts = tuple(_filled(e, name, item, found, span, given) for item in items)
            return Tupled(parts, Product(tuple(part.type for part in parts), labels))
        case (Tensor() | Abstract()) as tensor:
            e.filled.append((name, tensor, span))
            if name == "eye":
                tensor = _square(e, tensor, span)
            return e.bind(core.Filled(name, tensor, found, given), tensor, name, span)
        case other:
            e.fail("E0305", f"`{name}` is no `{other}`", span)


def _square(e: Elaborator, type_: Type, span: Span) -> Tensor:
    found = e.unifier.trailing(type_.shape, 2) if isinstance(type_, Tensor) else None
    if found is None or found[0] or not e.unifier.facts.equal(*map(e.unifier.dim, found[1])):
        e.fail("E0201", f"`eye` is a square matrix; `{type_}` is due here", span)
    assert isinstance(type_, Tensor)
    return type_
