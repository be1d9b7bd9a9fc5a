"""`[e for i < n, j < m]`: a table over indices, or a stack over a static index."""

from catnn.elaborate import core
from catnn.elaborate.context import Elaborator, fresh_uid
from catnn.elaborate.core import Atom, Ref
from catnn.elaborate.scope import Scope, SizeEntry, ValueEntry
from catnn.elaborate.sizes import size
from catnn.elaborate.unify import Mismatch, prefixed
from catnn.elaborate.usage import TYPES, children
from catnn.errors import Diagnostic
from catnn.syntax import ast
from catnn.types.dims import Dim
from catnn.types.types import Index, Tensor

STACK_LIMIT = 512


def comprehension(e: Elaborator, expr: ast.Comprehension, scope: Scope) -> Atom:
    """The table of `expr.body`; its ranges are its leading axes."""
    first, *rest = expr.ranges
    if is_static_index(first.index, expr.body):
        inner: ast.Expr = expr.body
        if rest:
            inner = ast.Comprehension(expr.body, tuple(rest), span=expr.span)
        return _stack(e, first, inner, scope, expr)
    return _table(e, expr, scope)


def is_static_index(name: str, node: object) -> bool:
    """Whether an index is used at compile time: in brackets, types or conditions."""
    match node:
        case ast.Instance(arguments=arguments):
            if any(_mentions(a.value, name) for a in arguments):
                return True
        case ast.If(condition=test):
            if _mentions(test, name):
                return True
        case ast.Prefixed(arguments=arguments):
            if any(_mentions(a.value, name) for a in arguments):
                return True
    if isinstance(node, TYPES) and _mentions(node, name):
        return True
    return any(is_static_index(name, child) for child in children(node))


def _mentions(node: object, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.text == name
    return any(_mentions(child, name) for child in children(node))


def _stack(
    e: Elaborator, range_: ast.Range, body: ast.Expr, scope: Scope, expr: ast.Comprehension
) -> Atom:
    bound = size(e, range_.bound, scope)
    known = (bound + 1 if range_.op == "<=" else bound).as_int()
    if known is None or not 1 <= known <= STACK_LIMIT:
        e.fail(
            "E0219",
            f"`{range_.index}` is used at compile time, so its bound must be a number up to {STACK_LIMIT}",
            range_.span,
        )
    atoms: list[Atom] = []
    for i in range(known):
        inner = scope.inner()
        inner.sizes[range_.index] = SizeEntry(Dim.of(i), "index", range_.span)
        atoms.append(e.value(body, inner))

    def report(mismatch: Mismatch) -> Diagnostic:
        return Diagnostic(
            "E0204",
            "the elements of this table have different types",
            expr.span,
            f"`{mismatch.left}` against `{mismatch.right}`",
        )

    for atom in atoms[1:]:
        try:
            e.unifier.unify(atoms[0].type, atom.type, report)
        except Mismatch as mismatch:
            e.fail("E0204", report(mismatch).message, expr.span, report(mismatch).label)
    type_ = prefixed((Dim.of(known),), e.unifier.type(atoms[0].type))
    return e.bind(core.Stacked(tuple(atoms), type_), type_, "table", expr.span)


def _table(e: Elaborator, expr: ast.Comprehension, scope: Scope) -> Atom:
    inner = scope.inner()
    refs: list[Ref] = []
    sizes: list[Dim] = []
    for range_ in expr.ranges:
        if range_.op not in ("<", "<="):
            e.fail("E0305", "an index counts up: `i < n`", range_.span)
        bound = size(e, range_.bound, scope)
        count = bound + 1 if range_.op == "<=" else bound
        _positive(e, count, range_)
        ref = Ref(fresh_uid(), range_.index, Tensor(Index(count)))
        inner.values[range_.index] = ValueEntry(ref, range_.span)
        refs.append(ref)
        sizes.append(count)
    block = e.block(lambda: e.value(expr.body, inner))
    type_ = prefixed(tuple(sizes), e.unifier.type(block.result.type))
    operation = core.Tabulated(tuple(refs), tuple(sizes), block, type_)
    return e.bind(operation, type_, "table", expr.span)


def _positive(e: Elaborator, count: Dim, range_: ast.Range) -> None:
    from catnn.elaborate.typing import oblige_axis

    oblige_axis(e, count, range_.span)
