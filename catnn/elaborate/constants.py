"""Constants that take their type from where they stand: `zeros`, `ones`, `eye`, initialisers."""

from collections.abc import Sequence

from catnn.elaborate import core
from catnn.elaborate.context import Elaborator
from catnn.elaborate.core import Atom, Tupled
from catnn.elaborate.scope import Scope
from catnn.elaborate.sizes import size
from catnn.elaborate.typing import to_shape
from catnn.prims.rows import CONSTANTS, INITIALISERS
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import Dim
from catnn.types.types import REAL, Abstract, Product, Shape, Tensor, Type

NAMES = {row.name for row in (*CONSTANTS, *INITIALISERS)}
SHAPED = {row.name for row in CONSTANTS}
PARAMETERS: dict[str, tuple[str, ...]] = {
    "normal": ("std", "mean"),
    "truncated_normal": ("std",),
    "uniform": ("low", "high"),
    "constant": ("value",),
    "bias_like": ("fan_in",),
}
DEFAULTS = {"std": Dim.of(1), "mean": Dim.of(0), "low": Dim.of(0), "high": Dim.of(1)}


def is_constant(e: Elaborator, expr: ast.Static, scope: Scope) -> bool:
    """Whether an expression is such a constant: its type comes from outside."""
    match expr:
        case ast.Group(inner=inner):
            return is_constant(e, inner, scope)
        case ast.Name(text=name) | ast.Instance(head=ast.Name(text=name)):
            return name in NAMES and scope.value(name) is None
        case _:
            return False


def constant(e: Elaborator, expr: ast.Expr, scope: Scope, expected: Type | None) -> Atom | None:
    """The constant at its type, or None if the expression is no constant."""
    if not is_constant(e, expr, scope):
        return None
    arguments: Sequence[ast.Argument] = ()
    name = ""
    if isinstance(expr, ast.Name):
        name = expr.text
    elif isinstance(expr, ast.Instance) and isinstance(expr.head, ast.Name):
        name, arguments = expr.head.text, expr.arguments
    if name in SHAPED:
        if arguments:
            nodes = tuple(argument.value for argument in arguments)
            expected = Tensor(REAL, _shape(e, name, nodes, scope))
        if expected is None:
            e.fail(
                "E0209",
                f"the type of `{name}` is open here",
                expr.span,
                help=[f"give its sizes: `{name}[n]`"],
            )
        return _filled(e, name, expected, (), expr.span)
    if expected is None:
        e.fail("E0305", f"`{name}` initialises a parameter: `param w : [d] ~ {name};`", expr.span)
    return _filled(e, name, expected, _settings(e, name, arguments, scope, expr.span), expr.span)


def _shape(e: Elaborator, name: str, nodes: tuple[ast.Static, ...], scope: Scope) -> Shape:
    shape = to_shape(e, nodes, scope)
    return shape * 2 if name == "eye" and len(shape) == 1 else shape


def _settings(
    e: Elaborator, name: str, arguments: Sequence[ast.Argument], scope: Scope, span: Span
) -> tuple[tuple[str, Dim], ...]:
    names = PARAMETERS.get(name, ())
    if len(arguments) > len(names):
        e.fail(
            "E0304",
            f"`{name}` takes {len(names)} bracket arguments, {len(arguments)} are given",
            span,
        )
    found: dict[str, Dim] = {key: DEFAULTS[key] for key in names if key in DEFAULTS}
    for position, argument in enumerate(arguments):
        key = argument.name or names[position]
        if key not in names:
            e.fail("E0303", f"`{name}` has no argument `{key}`", argument.span)
        found[key] = size(e, argument.value, scope)
    missing = [key for key in names if key not in found]
    if missing:
        e.fail("E0209", f"`{name}` needs its argument `{missing[0]}`", span)
    return tuple(found.items())


def _filled(
    e: Elaborator, name: str, type_: Type, settings: tuple[tuple[str, Dim], ...], span: Span
) -> Atom:
    match e.unifier.type(type_):
        case Product(items, labels):
            parts = tuple(_filled(e, name, item, settings, span) for item in items)
            return Tupled(parts, Product(tuple(part.type for part in parts), labels))
        case (Tensor() | Abstract()) as tensor:
            e.filled.append((name, tensor, span))
            if name == "eye":
                tensor = _square(e, tensor, span)
            return e.bind(core.Filled(name, tensor, settings), tensor, name, span)
        case other:
            e.fail("E0305", f"`{name}` is no `{other}`", span)


def _square(e: Elaborator, type_: Type, span: Span) -> Tensor:
    found = e.unifier.trailing(type_.shape, 2) if isinstance(type_, Tensor) else None
    if found is None or found[0] or not e.unifier.facts.equal(*map(e.unifier.dim, found[1])):
        e.fail("E0201", f"`eye` is a square matrix; `{type_}` is due here", span)
    assert isinstance(type_, Tensor)
    return type_
