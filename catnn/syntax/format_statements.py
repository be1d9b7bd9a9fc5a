"""Layout of statements and of the clauses of trainings."""

from collections.abc import Sequence

from catnn.syntax import ast
from catnn.syntax.format_base import Page, after_equals, braces, quoted, show
from catnn.syntax.format_types import define, filled, over
from catnn.syntax.layout import Doc, join, nest

# ---- statements -------------------------------------------------------------------------


@show.register
def _(node: ast.Let, page: Page) -> Doc:
    return ("let ", show(node.pattern, page), " =", after_equals(node.value, page))


@show.register
def _(node: ast.Share, page: Page) -> Doc:
    return (f"share {node.name} =", after_equals(node.value, page))


@show.register
def _(node: ast.LocalMorph, page: Page) -> Doc:
    return ("morph ", define(show(node.header, page), node.body, page))


@show.register
def _(node: ast.ParamDecl, page: Page) -> Doc:
    start = (f"param {node.name} : ", show(node.type, page))
    return start if node.init is None else (start, " ~", after_equals(node.init, page))


@show.register
def _(node: ast.BufferDecl, page: Page) -> Doc:
    start = (f"buffer {node.name} : ", show(node.type, page))
    return (start, " =", after_equals(node.init, page))


@show.register
def _(node: ast.FixedDecl, page: Page) -> Doc:
    start = (f"fixed {node.name} : ", show(node.type, page))
    return (start, " ~", after_equals(node.init, page))


@show.register
def _(node: ast.Once, page: Page) -> Doc:
    bound: Doc = ""
    if node.bound is not None:
        sign, size = node.bound
        bound = (f" {sign} ", show(size, page))
    return ("once ", show(node.pattern, page), bound, " =", after_equals(node.value, page))


@show.register
def _(node: ast.Draw, page: Page) -> Doc:
    return ("draw ", show(node.pattern, page), " ~", after_equals(node.distribution, page))


@show.register
def _(node: ast.Aux, page: Page) -> Doc:
    return (f"aux {node.name} <-", after_equals(node.value, page))


@show.register
def _(node: ast.Store, page: Page) -> Doc:
    return (f"{node.name} <-", after_equals(node.value, page))


@show.register
def _(node: ast.Rebind, page: Page) -> Doc:
    return (f"over {node.name} =", after_equals(node.value, page))


@show.register
def _(node: ast.Forall, page: Page) -> Doc:
    return ("forall ", nest(filled([show(binder, page) for binder in node.binders])))


# ---- clauses of trainings ---------------------------------------------------------------


@show.register
def _(node: ast.On, page: Page) -> Doc:
    streams = join(", ", [show(stream, page) for stream in node.streams])
    context: Doc = (" ", over(node.over, page)) if node.over else ""
    return ("on ", streams, context)


@show.register
def _(node: ast.Stream, page: Page) -> Doc:
    return (
        show(node.type, page) if node.name is None else (f"{node.name} : ", show(node.type, page))
    )


@show.register
def _(node: ast.Loss, page: Page) -> Doc:
    return ("loss", after_equals(node.value, page))


@show.register
def _(node: ast.Minimise, page: Page) -> Doc:
    return ("minimise", after_equals(node.value, page))


@show.register
def _(node: ast.Update, page: Page) -> Doc:
    return ("update", after_equals(node.optimiser, page), _at(node.path))


@show.register
def _(node: ast.Descend, page: Page) -> Doc:
    return (f"descend {node.name} along", after_equals(node.along, page), _at(node.path))


def _at(path: str | None) -> str:
    return "" if path is None else f" at {quoted(path)}"


@show.register
def _(node: ast.Step, page: Page) -> Doc:
    parts: list[Doc] = ["step "]
    if len(node.players) == 1:
        parts.append(f"{node.players[0]} ")
    elif node.players:
        parts.append(f"({', '.join(node.players)}) ")
    if node.times is not None:
        parts += ["times ", show(node.times, page), " "]
    if node.stream is not None:
        parts.append(f"on {node.stream} ")
    return (*parts, _actions(node.entries, node, page))


@show.register
def _(node: ast.Every, page: Page) -> Doc:
    count: Doc = "" if node.count is None else (show(node.count, page), " ")
    return ("every ", count, f"{node.unit} ", _actions(node.entries, node, page))


def _actions(entries: Sequence[ast.Node], outer: ast.Node, page: Page) -> Doc:
    return braces([(entry, show(entry, page)) for entry in entries], outer, page)


@show.register
def _(node: ast.Until, page: Page) -> Doc:
    return ("until", after_equals(node.condition, page))


@show.register
def _(node: ast.For, page: Page) -> Doc:
    return ("for ", show(node.count, page), f" {node.unit}")


@show.register
def _(node: ast.Metric, page: Page) -> Doc:
    stream = "" if node.stream is None else f" on {node.stream}"
    return (f"metric {node.name}{stream} =", after_equals(node.value, page))


@show.register
def _(node: ast.Gives, page: Page) -> Doc:
    return ("gives", after_equals(node.value, page))
