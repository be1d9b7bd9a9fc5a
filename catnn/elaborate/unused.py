"""What a file names and never uses: values, local morphs, bracket arguments, imports.

Judged by the text alone. A name counts as used wherever a name like it is read in
its scope, so what is hidden by an inner name may pass, and nothing in use is
reported. Names that begin with `_` are meant to be unused.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from catnn.elaborate.usage import children
from catnn.errors import Diagnostic
from catnn.source import Span
from catnn.syntax import ast
from catnn.syntax.names import bound

Bound: TypeAlias = tuple[str, str, Span]
"""A name with what it is (the code of the warning) and where."""

VALUE, MORPH, ARGUMENT, IMPORT = "W0301", "W0302", "W0303", "W0304"


def unused(file: ast.File) -> Iterator[Diagnostic]:
    """A warning for each name of a file that nothing uses."""
    for declaration in file.declarations:
        yield from _below(declaration)
    yield from _imports(file)


def _below(node: object) -> Iterator[Diagnostic]:
    match node:
        case ast.Morph(header=header, body=body) | ast.LocalMorph(header=header, body=body):
            yield from _arguments(header, body)
        case ast.Block(statements=statements, result=result):
            yield from _statements(statements, result)
    for child in children(node):
        yield from _below(child)


def _arguments(header: ast.Header, body: ast.Expr) -> Iterator[Diagnostic]:
    for parameter in header.parameters:
        others = (other for other in header.parameters if other is not parameter)
        rest = (*others, *(header.inputs or ()), header.type, *header.over, *header.where, body)
        if is_unused(parameter.name, rest):
            message = f"the argument `{parameter.name}` of `{header.name}` is never used"
            yield _warning(ARGUMENT, parameter.name, message, parameter.name_span)


def _statements(statements: Sequence[ast.Statement], result: ast.Expr) -> Iterator[Diagnostic]:
    """Each name is looked for in what follows, until another statement takes the name."""
    for place, statement in enumerate(statements):
        for name, code, span in _introduced(statement):
            if is_unused(name, _scope(name, statements[place + 1 :], result)):
                what = "the morph " if code == MORPH else ""
                yield _warning(code, name, f"{what}`{name}` is never used", span)


def _scope(name: str, statements: Sequence[ast.Statement], result: ast.Expr) -> Iterator[object]:
    for statement in statements:
        yield statement
        if any(name == other for other, _, _ in _introduced(statement)):
            return
    yield result


def _introduced(statement: ast.Statement) -> Iterator[Bound]:
    match statement:
        case ast.Let(pattern=pattern) | ast.Draw(pattern=pattern) | ast.Once(pattern=pattern):
            for name, span in bound(pattern):
                yield name, VALUE, span
        case ast.ParamDecl() | ast.BufferDecl() | ast.FixedDecl():
            yield statement.name, VALUE, statement.name_span
        case ast.Share():
            yield statement.name, MORPH, statement.name_span
        case ast.LocalMorph(header=header):
            yield header.name, MORPH, header.name_span


def _imports(file: ast.File) -> Iterator[Diagnostic]:
    uses = [node for node in file.declarations if not isinstance(node, ast.Import | ast.FromImport)]
    for node in file.declarations:
        if isinstance(node, ast.Import | ast.FromImport):
            for name in node.names or ():
                if is_unused(name.text, uses):
                    message = f"`{name.text}` is imported and never used"
                    yield _warning(IMPORT, name.text, message, name.span)


def is_unused(name: str, scope: "Sequence[object] | Iterator[object]") -> bool:
    return not name.startswith("_") and not any(name in _read(node) for node in scope)


def _read(node: object) -> Iterator[str]:
    """Every name that is read in a tree; a stored buffer and an axis of a pattern count."""
    match node:
        case ast.Name(text=text) | ast.Axis(text=text):
            yield text.rstrip("'")
        case ast.TypeRef(name=name) | ast.ElementType(name=name) | ast.Spread(name=name):
            yield name
        case ast.Store(name=name):
            yield name
    for child in children(node):
        yield from _read(child)


def _warning(code: str, name: str, message: str, span: Span) -> Diagnostic:
    cure = "take it out" if code in (ARGUMENT, IMPORT) else f"take it out, or call it `_{name}`"
    return Diagnostic(code, message, span, help=[cure])


__all__ = ["unused"]
