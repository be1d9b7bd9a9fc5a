"""Canonical layout of a file: `format_file(tree, source)`.

Every declaration is laid out by itself. Lines hold up to 100 characters,
bodies are indented by two; entries of braces and statements of bodies stand on
one line if the source has them so and they fit; long chains break before their
operators. Comments keep their places, one empty line between things is kept.
Formatting what was formatted changes nothing, and the tree stays the same.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from catnn.source import NOWHERE, SourceFile
from catnn.syntax import ast
from catnn.syntax import format_declarations as _declarations
from catnn.syntax import format_expressions as _expressions
from catnn.syntax import format_statements as _statements
from catnn.syntax import format_types as _types
from catnn.syntax.attach import Notes, attach, notes, tokens_of
from catnn.syntax.format_base import Page, show
from catnn.syntax.layout import Doc, render

_REGISTERED = (_declarations, _expressions, _statements, _types)
_FRAMES = 20_000


def format_file(file: ast.File, source: SourceFile) -> str:
    """The canonical text of `file`, which was read from `source` (empty for a tree from elsewhere)."""
    page = Page(source.text)
    with _deep():
        docs = [_declaration(node, page) for node in file.declarations]
        printed = [tokens_of(doc) for doc in docs]
        everything = [token for tokens in printed for token in tokens]
        if file.span == NOWHERE:
            found = [Notes() for _ in range(len(everything) + 1)]
        else:
            found = notes(source.text, everything)
        return _write(docs, [len(tokens) for tokens in printed], found)


@contextmanager
def _deep() -> Iterator[None]:
    """Room for trees of the greatest nesting that the parser allows, several calls a level."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _declaration(node: ast.Declaration, page: Page) -> Doc:
    return (show(node, page), ";") if isinstance(node, ast.Once) else show(node, page)


def _write(docs: Sequence[Doc], lengths: Sequence[int], found: list[Notes]) -> str:
    """The declarations under each other, with the comments between them."""
    lines: list[str] = []
    start = 0
    long_before = False
    for doc, length in zip(docs, lengths, strict=True):
        own = found[start : start + length]
        start += length
        above = Notes(own[0].leading, [], own[0].blank)
        own[0] = Notes([], own[0].trailing, own[0].blank)
        text = render(attach(doc, [*own, Notes()]))
        is_long = "\n" in text
        if lines and (above.blank_above or is_long or long_before):
            lines.append("")
        _comments(lines, above)
        lines += text.split("\n")
        long_before = is_long
    last = found[-1]
    if lines and last.blank_above:
        lines.append("")
    _comments(lines, Notes(last.leading))
    return "".join(f"{line}\n" for line in lines)


def _comments(lines: list[str], above: Notes) -> None:
    for comment, blank in above.leading:
        if blank and lines and lines[-1]:
            lines.append("")
        lines.append(comment)
    if above.leading and above.blank:
        lines.append("")
