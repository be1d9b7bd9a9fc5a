"""Layout of types, signatures and headers."""

from collections.abc import Sequence

from catnn.syntax import ast
from catnn.syntax.format_base import Page, after_arrow, enclose, quoted, show
from catnn.syntax.layout import HARD, LINE, WIDTH, Doc, fill, flat_width, group, join, nest

# ---- types ------------------------------------------------------------------------------


@show.register
def _(node: ast.TensorType, page: Page) -> Doc:
    if node.element is None:
        return enclose("[", node.dims, "]", page)
    dims = join(", ", [show(dim, page) for dim in node.dims])
    return ("[", dims, "; ", show(node.element, page), "]")


@show.register
def _(node: ast.ElementType, page: Page) -> Doc:
    arguments = "" if node.arguments is None else enclose("(", node.arguments, ")", page)
    dims = "" if node.dims is None else enclose("[", node.dims, "]", page)
    return (node.name, arguments, dims)


@show.register
def _(node: ast.TypeRef, page: Page) -> Doc:
    brackets = tuple(enclose("[", arguments, "]", page) for arguments in node.arguments)
    member = "" if node.member is None else f".{node.member}"
    path = "" if node.path is None else f".{quoted(node.path)}"
    return (node.name, brackets, member, path)


@show.register
def _(node: ast.TupleType, page: Page) -> Doc:
    return enclose("(", node.fields, ")", page)


@show.register
def _(node: ast.TypeField, page: Page) -> Doc:
    return _labelled(node.label, node.type, page)


@show.register
def _(node: ast.SomeType, page: Page) -> Doc:
    return (f"some {', '.join(node.names)} : ", show(node.type, page))


@show.register
def _(node: ast.FamilyTuple, page: Page) -> Doc:
    return ("(& ", show(node.range, page), ") ", show(node.type, page))


@show.register
def _(node: ast.ArrowType, page: Page) -> Doc:
    over: Doc = "" if node.over is None else (" over ", show(node.over, page))
    target = show(node.target, page)
    return group(show(node.source, page), nest(fill(f"{node.arrow} ", target, over)))


@show.register
def _(node: ast.Context, page: Page) -> Doc:
    return _labelled(node.name, node.type, page)


def _labelled(label: str | None, type_: ast.Signature, page: Page) -> Doc:
    return show(type_, page) if label is None else (f"{label} : ", show(type_, page))


# ---- headers ----------------------------------------------------------------------------


@show.register
def _(node: ast.Parameter, page: Page) -> Doc:
    type_: Doc = "" if node.type is None else (" : ", show(node.type, page))
    default: Doc = "" if node.default is None else (" = ", show(node.default, page))
    return (node.name, type_, default)


@show.register
def _(node: ast.Binder, page: Page) -> Doc:
    return _labelled(node.name, node.type, page)


@show.register
def _(node: ast.Comparison, page: Page) -> Doc:
    return (show(node.left, page), f" {node.op} ", show(node.right, page))


@show.register
def _(node: ast.Divides, page: Page) -> Doc:
    return (show(node.divisor, page), " divides ", show(node.dividend, page))


@show.register
def _(node: ast.Header, page: Page) -> Doc:
    inputs = "" if node.inputs is None else enclose("(", node.inputs, ")", page)
    clauses: list[Doc] = [] if node.type is None else [(": ", show(node.type, page))]
    if node.over:
        clauses.append(over(node.over, page))
    if node.across is not None:
        clauses.append(f"across {node.across}")
    if node.where:
        clauses.append(where(node.where, page))
    return header((node.name, parameters(node.parameters, page), inputs), clauses)


def header(start: Doc, clauses: Sequence[Doc]) -> Doc:
    """A header on one line, or each clause on a line of its own, deeper than the body."""
    return group(start, nest(nest(*((LINE, clause) for clause in clauses))))


def define(head: Doc, value: ast.Expr, page: Page) -> Doc:
    """`head = value`; below a header of several lines the value has lines of its own."""
    width = flat_width(head) + len(" =")
    if isinstance(value, ast.Lambda):
        width += flat_width(show(value.parameter, page)) + len("  =>")
    return (head, " =", after_arrow(value, page, LINE if width <= WIDTH else HARD))


def parameters(items: tuple[ast.Parameter, ...], page: Page) -> Doc:
    return enclose("[", items, "]", page) if items else ""


def over(contexts: tuple[ast.Context, ...], page: Page) -> Doc:
    return ("over ", nest(_list(contexts, page)))


def where(facts: tuple[ast.Fact, ...], page: Page) -> Doc:
    return ("where ", nest(_list(facts, page)))


def _list(items: Sequence[ast.Node], page: Page) -> Doc:
    return filled([show(item, page) for item in items])


def filled(docs: Sequence[Doc]) -> Doc:
    """`a, b, c` on as few lines as it needs."""
    parts = [(doc, ",") for doc in docs[:-1]] + [docs[-1]]
    return group(parts[0], *(fill(part) for part in parts[1:]))
