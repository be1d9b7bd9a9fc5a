"""Initialisers: their settings, and initialisers as bracket arguments (`linear[8, init = normal[0.02]]`)."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from catnn.elaborate.context import Elaborator
from catnn.elaborate.core import Argument, Initialiser, Irrational, Setting, Settings, Start
from catnn.elaborate.names import suggestion
from catnn.elaborate.scope import InitialiserEntry, Scope
from catnn.elaborate.sizes import size
from catnn.prims.rows import CONSTANTS, INITIALISERS
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import Dim

NAMES = {row.name for row in (*CONSTANTS, *INITIALISERS)}
SETTINGS: dict[str, tuple[str, ...]] = {
    "normal": ("std", "mean"),
    "truncated_normal": ("std",),
    "uniform": ("low", "high"),
    "constant": ("value",),
    "bias_like": ("fan_in",),
}
DEFAULTS = {"std": Dim.of(1), "mean": Dim.of(0), "low": Dim.of(0), "high": Dim.of(1)}
DRAWN = ("normal", "uniform")
LAYERS = frozenset({"fan_in"})
"""What an initialiser may leave open: the layer that it is given to knows it."""

FUNCTIONS: dict[str, Callable[..., float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
}


def head_of(expr: ast.Static) -> tuple[str, Sequence[ast.Argument]]:
    """The name of what may be an initialiser, and its bracket arguments."""
    match expr:
        case ast.Group(inner=inner):
            return head_of(inner)
        case ast.Name(text=name):
            return name, ()
        case ast.Instance(head=ast.Name(text=name), arguments=arguments):
            return name, arguments
        case _:
            return "", ()


def initialiser(e: Elaborator, expr: ast.Static, scope: Scope, due: str) -> Start:
    """An initialiser in brackets; `due` names the argument that takes it."""
    name, arguments = head_of(expr)
    entry = scope.value(name)
    if isinstance(entry, InitialiserEntry):
        if arguments:
            e.fail("E0304", f"`{name}` is an initialiser already; it takes nothing here", expr.span)
        return entry.start
    if name not in NAMES or entry is not None:
        if isinstance(expr, ast.Call):
            refuse_call(e, expr, scope)
        e.fail(
            "E0305",
            f"{due} is an initialiser",
            expr.span,
            help=["write for example `normal[0.02]`, `zeros`, `kaiming` or `xavier`"],
        )
    return Initialiser(name, settings(e, name, arguments, scope, expr.span, LAYERS))


def refuse_call(e: Elaborator, expr: ast.Call, scope: Scope) -> None:
    """`normal(0, 0.02)`, `zeros(3)`: parentheses are for what arrives when the program runs."""
    name, _ = head_of(expr.head)
    if name not in NAMES or scope.value(name) is not None:
        return
    if name not in {row.name for row in CONSTANTS}:
        names = SETTINGS.get(name, ())
        texts = [shown_size(item.value) for item in expr.arguments]
        if name == "normal" and len(texts) == 2:  # elsewhere the mean comes first
            texts.reverse()
        texts += [".."] * (len(names) - len(texts))
        pairs = ", ".join(f"{key} = {text}" for key, text in zip(names, texts, strict=False))
        help = [f"write `{name}[{pairs}]`" if names else f"write `{name}`"]
        if name in DRAWN and not e.begins:
            help = [f"a sample for each item is drawn: `draw z : [d] ~ {name}(0, 1);`"]
        message = f"the settings of the initialiser `{name}` stand in brackets"
        e.fail("E0315", message, expr.span, help=help)
    if expr.arguments and all(_is_size(item.value, scope) for item in expr.arguments):
        sizes = ", ".join(shown_size(item.value) for item in expr.arguments)
        help = [f"write `{name}[{sizes}]`"]
        e.fail("E0315", f"the sizes of `{name}` stand in brackets", expr.span, help=help)


def _is_size(expr: ast.Static, scope: Scope) -> bool:
    if isinstance(expr, ast.Name):
        return scope.value(expr.text) is None and scope.size(expr.text) is not None
    return isinstance(expr, ast.Number)


def shown_size(expr: ast.Static) -> str:
    return expr.text if isinstance(expr, ast.Name | ast.Number) else ".."


def settings(
    e: Elaborator,
    name: str,
    arguments: Sequence[ast.Argument],
    scope: Scope,
    span: Span,
    may_miss: frozenset[str] = frozenset(),
) -> Settings:
    """The settings of an initialiser, defaults filled in."""
    names = SETTINGS.get(name, ())
    if len(arguments) > len(names):
        count = f"{len(names)} bracket argument{'' if len(names) == 1 else 's'}"
        e.fail("E0304", f"`{name}` takes {count}, {len(arguments)} are given", span)
    found: dict[str, Setting] = {key: DEFAULTS[key] for key in names if key in DEFAULTS}
    for position, argument in enumerate(arguments):
        key = argument.name or names[position]
        if key not in names:
            refuse_name(e, name, key, names, argument.span)
        found[key] = setting(e, argument.value, scope)
    missing = [key for key in names if key not in found and key not in may_miss]
    if missing:
        e.fail(
            "E0209",
            f"`{name}` needs its argument `{missing[0]}`",
            span,
            help=[f"give it: `{name}[{missing[0]} = ..]`"],
        )
    return tuple(found.items())


def refuse_name(e: Elaborator, name: str, key: str, names: Sequence[str], span: Span) -> None:
    help = suggestion(key, names)
    listed = ", ".join(f"`{known}`" for known in names) or "none"
    e.fail(
        "E0303",
        f"`{name}` has no argument `{key}`",
        span,
        notes=[f"its arguments are: {listed}"],
        help=[help] if help else [],
    )


# ---- numbers --------------------------------------------------------------------------------


def setting(e: Elaborator, expr: ast.Static, scope: Scope) -> Setting:
    """A number of an initialiser: a size expression, in which roots may stand."""
    match expr:
        case ast.Group(inner=inner):
            return setting(e, inner, scope)
        case ast.Call(head=ast.Name(text="sqrt" | "exp" | "log" as name), arguments=(item,)):
            return Irrational(name, (setting(e, item.value, scope),))
        case ast.Unary(op="-", operand=operand) if is_irrational(operand):
            return Irrational("-", (Dim.of(0), setting(e, operand, scope)))
        case ast.Binary(op=op, left=left, right=right) if is_irrational(expr) and op in FUNCTIONS:
            return Irrational(op, (setting(e, left, scope), setting(e, right, scope)))
        case _:
            return size(e, expr, scope)


def is_irrational(expr: ast.Static) -> bool:
    """Whether an expression is no polynomial of sizes, by its looks."""
    match expr:
        case ast.Group(inner=inner) | ast.Unary(operand=inner):
            return is_irrational(inner)
        case ast.Call(head=ast.Name(text="sqrt" | "exp" | "log"), arguments=(_,)):
            return True
        case ast.Binary(op="^", right=right) if not _is_whole(right):
            return True
        case ast.Binary(left=left, right=right):
            return is_irrational(left) or is_irrational(right)
        case _:
            return False


def _is_whole(exponent: ast.Static) -> bool:
    match exponent:
        case ast.Group(inner=inner) | ast.Unary(operand=inner):
            return _is_whole(inner)
        case ast.Number():
            return exponent.is_integer
        case _:
            return False


def dims_of(found: Settings) -> Iterator[Dim]:
    """The sizes in settings."""
    for _, one in found:
        yield from _dims(one)


def _dims(one: Setting) -> Iterator[Dim]:
    if isinstance(one, Dim):
        yield one
    else:
        for part in one.arguments:
            yield from _dims(part)


def resolved(found: Settings, dim: Callable[[Dim], Dim]) -> Settings:
    """Settings with their sizes filled in."""
    return tuple((key, _resolved(one, dim)) for key, one in found)


def _resolved(one: Setting, dim: Callable[[Dim], Dim]) -> Setting:
    if isinstance(one, Dim):
        return dim(one)
    return Irrational(one.op, tuple(_resolved(part, dim) for part in one.arguments))


def number(one: Setting) -> Dim | int | float | str:
    """The value of a setting; the size itself, or its text, where sizes in it are not known.

    `ValueError`, `ZeroDivisionError` or `OverflowError` where it has no value.
    """
    if isinstance(one, Dim):
        fraction = one.as_fraction()
        return one if fraction is None else _plain(fraction)
    parts = [number(part) for part in one.arguments]
    if any(isinstance(part, Dim | str) for part in parts):
        return _shown(one.op, parts)
    value = FUNCTIONS[one.op](*parts)
    if isinstance(value, complex):
        raise ValueError("a root of a negative number")
    return value


def _plain(fraction: Fraction) -> int | float:
    return int(fraction) if fraction.denominator == 1 else float(fraction)


def _shown(op: str, parts: Sequence[object]) -> str:
    if len(parts) == 1:
        return f"{op}({parts[0]})"
    return f"({parts[0]} {op} {parts[1]})"


# ---- bracket arguments ------------------------------------------------------------------------


def default_start(
    e: Elaborator,
    default: ast.Static,
    scope: Scope,
    dim: Callable[[Dim], Dim],
    given: Mapping[int, Start],
    due: str,
) -> Start:
    """The default of a bracket argument, in the sizes of the instance; it may be an earlier argument."""
    start = initialiser(e, default, scope, due)
    if isinstance(start, Argument):
        return given[start.uid]
    return Initialiser(start.name, resolved(start.settings, dim))
