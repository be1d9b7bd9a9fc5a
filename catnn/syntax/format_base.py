"""What all parts of the formatter share: the source's line breaks, brackets, chains, braces."""

from collections.abc import Sequence
from functools import singledispatch

from attrs import frozen

from catnn.errors.diagnostic import InternalError
from catnn.source import NOWHERE
from catnn.syntax import ast
from catnn.syntax.layout import (
    HARD,
    LINE,
    NEXT,
    SOFT,
    Doc,
    Group,
    Line,
    fill,
    group,
    join,
    nest,
)


@frozen
class Page:
    """The text that is formatted; its line breaks decide what stays on lines of its own."""

    text: str

    def breaks_between(self, before: ast.Node, after: ast.Node) -> bool:
        """Whether a line ends between two nodes; not if they come from no text."""
        if NOWHERE in (before.span, after.span):
            return False
        return "\n" in self.text[before.span.end : after.span.start]

    def breaks_at_end(self, inner: ast.Node, outer: ast.Node) -> bool:
        """Whether a line ends between the end of `inner` and the end of `outer`."""
        if NOWHERE in (inner.span, outer.span):
            return False
        return "\n" in self.text[inner.span.end : outer.span.end]


@singledispatch
def show(node: ast.Node, page: Page) -> Doc:
    """The document of a node."""
    raise InternalError(f"no layout for {type(node).__name__}")


def body(node: ast.Node, page: Page) -> Doc:
    """A node on lines of its own: a chain continues below its start, not indented."""
    links = chain_of(node, page)
    return show(node, page) if links is None else Group(links)


def statements(node: ast.Block, page: Page) -> Doc:
    """`s; s; result`: on one line, or one statement a line if the source has it so."""
    nodes = [*node.statements, node.result]
    gap = NEXT if any(map(page.breaks_between, nodes, nodes[1:])) else LINE
    lines = [(show(statement, page), ";", gap) for statement in node.statements]
    return (*lines, body(node.result, page))


def quoted(value: str) -> str:
    return f'"{value}"'


def enclose(opening: str, items: Sequence[ast.Node], closing: str, page: Page) -> Doc:
    """`(a, b)`: on one line, or one item a line; a function that comes last stays on the line."""
    docs = [show(item, page) for item in items]
    if items and _hugs(items):
        return (opening, join(", ", docs), closing)
    if not items:
        return opening + closing
    return group(opening, nest(SOFT, join((",", LINE), docs)), SOFT, closing)


def _hugs(items: Sequence[ast.Node]) -> bool:
    kinds = [_content(item) for item in items]
    functions = [isinstance(kind, ast.Lambda) for kind in kinds]
    if len(items) > 1:
        return functions[-1] and not any(functions[:-1])
    return functions[0] or isinstance(
        kinds[0], ast.Tuple | ast.Listing | ast.Choice | ast.TupleType | ast.Call
    )


def _content(item: ast.Node) -> ast.Node:
    return item.value if isinstance(item, ast.Item | ast.Argument) else item


def braces(entries: Sequence[tuple[ast.Node, Doc]], outer: ast.Node, page: Page) -> Doc:
    """`{ a; b }`: on one line, or one entry a line if the source has it so."""
    nodes = [node for node, _ in entries]
    expanded = any(map(page.breaks_between, nodes, nodes[1:])) or page.breaks_at_end(
        nodes[-1], outer
    )
    between: Line = NEXT if expanded else LINE
    edge: Line = HARD if expanded else LINE
    docs = [doc for _, doc in entries]
    return group("{", nest(edge, join((";", between), docs)), edge, "}")


def after_equals(node: ast.Node, page: Page) -> Doc:
    """What follows `=` or `~` in a statement or entry."""
    if isinstance(node, ast.Lambda):
        return (" ", show(node, page))
    if isinstance(node, ast.Block | ast.If | ast.Case):
        return after_arrow(node, page)
    return (" ", show(node, page))


def after_arrow(node: ast.Node, page: Page, gap: Line = LINE) -> Doc:
    """What follows `=>`, or the `=` of a declaration; the body of it after `gap`."""
    if isinstance(node, ast.Lambda):
        return (" ", function(node, page, gap))
    if isinstance(node, ast.Block):
        return group(nest(gap, statements(node, page)))
    return group(nest(gap, body(node, page)))


def function(node: ast.Lambda, page: Page, gap: Line = LINE) -> Doc:
    """`x => e`. The inputs stay together: what stands before them breaks first."""
    pattern = node.parameter
    inputs = show(pattern, page)
    if isinstance(pattern, ast.PatternName) and pattern.type is not None:
        inputs = ("(", inputs, ")")
    return (inputs, " =>", after_arrow(node.body, page, gap))


# ---- chains -----------------------------------------------------------------------------

_CLASSES = (("or",), ("and",), ("+", "-"), ("*", "/", "//", "%"))
_SIGNS = {ast.Compose: ">>", ast.Fan: "&", ast.Par: "|"}


def chain_of(node: ast.Node, page: Page) -> tuple[Doc, ...] | None:
    """A chain of operators, with breaks before them; None for anything else.

    If it does not fit on one line, it breaks where the source does, and where it must.
    """
    links = _links(node)
    if links is None:
        return None
    (_, before), *rest = links
    parts: list[Doc] = [show(before, page)]
    for sign, factor in rest:
        link = (f"{sign} ", show(factor, page))
        parts.append((LINE, link) if page.breaks_between(before, factor) else fill(link))
        before = factor
    return tuple(parts)


def is_chain(node: ast.Node) -> bool:
    return isinstance(node, ast.Compose | ast.Fan | ast.Par) or (
        isinstance(node, ast.Binary) and node.op != "^"
    )


def chain(node: ast.Node, page: Page) -> Doc:
    """A chain inside a line: its continuation is indented."""
    links = chain_of(node, page)
    if links is None:
        raise InternalError(f"{type(node).__name__} is no chain")
    return group(links[0], nest(*links[1:]))


def _links(node: ast.Node) -> list[tuple[str, ast.Node]] | None:
    if isinstance(node, ast.Compose | ast.Fan | ast.Par):
        return [(_SIGNS[type(node)], factor) for factor in node.factors]
    if not isinstance(node, ast.Binary) or not is_chain(node):
        return None
    signs = next((signs for signs in _CLASSES if node.op in signs), (node.op,))
    links: list[tuple[str, ast.Node]] = []
    left: ast.Expr = node
    while isinstance(left, ast.Binary) and left.op in signs:
        links.append((left.op, left.right))
        left = left.left
        if len(signs) == 1 and signs[0] not in ("or", "and"):
            break
    links.append(("", left))
    links.reverse()
    return links
