"""What a file names and never uses: values, local morphs, bracket arguments, imports.

Judged by the text alone. A name counts as used wherever a name like it is read in
its scope, so what is hidden by an inner name may pass, and nothing in use is
reported. Names that begin with `_` are meant to be unused.
"""

from collections import Counter
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
    rest = (*(header.inputs or ()), header.type, *header.over, *header.where, body)
    own = [set(_read(parameter)) for parameter in header.parameters]
    reads = Counter(name for names in own for name in names)
    reads.update(name for node in rest for name in set(_read(node)))
    for parameter, names in zip(header.parameters, own, strict=True):
        name = parameter.name
        if not name.startswith("_") and reads[name] == (name in names):
            message = f"the argument `{name}` of `{header.name}` is never used"
            yield _warning(ARGUMENT, name, message, parameter.name_span)


def _statements(statements: Sequence[ast.Statement], result: ast.Expr) -> Iterator[Diagnostic]:
    """Each name must be read in what follows, until another statement takes the name."""
    read = set(_read(result))
    for statement in reversed(statements):
        introduced = list(_introduced(statement))
        for name, code, span in introduced:
            if name not in read and not name.startswith("_"):
                what = "the morph " if code == MORPH else ""
                yield _warning(code, name, f"{what}`{name}` is never used", span)
        read.difference_update(name for name, _, _ in introduced)
        read.update(_read(statement))


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
    imports = [node for node in file.declarations if isinstance(node, ast.Import | ast.FromImport)]
    others = [
        node for node in file.declarations if not isinstance(node, ast.Import | ast.FromImport)
    ]
    read = {name for node in others for name in _read(node)} if imports else set()
    for name in (name for node in imports for name in node.names or ()):
        if name.text not in read and not name.text.startswith("_"):
            yield _warning(
                IMPORT, name.text, f"`{name.text}` is imported and never used", name.span
            )


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
