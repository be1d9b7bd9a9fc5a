"""The names that declarations give, from the tree and, quickly, from the text."""

import re
from collections.abc import Iterator

from attrs import frozen

from catnn.source import Span
from catnn.syntax import ast

_STARTS = re.compile(
    r"^(?:extern[ ]+)?"
    r"(?:morph|model|type|newtype|reparam|theory|algebra|sheaf|lens|law(?:\[[^\]]*\])?|train"
    r"|weights|data|mesh|once|import|from|place)(?![A-Za-z0-9_'])[ ]*(?P<names>[A-Za-z_][A-Za-z0-9_]*'*|\([^)=]*\))?",
    re.MULTILINE,
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*'*")
_NAMELESS = ("import", "from", "place")


@frozen
class Piece:
    """A declaration in a text: what it declares, and where it stands."""

    names: tuple[str, ...]
    start: int
    end: int


def names_in(text: str) -> list[Piece]:
    """The declarations of a text, without reading them: each begins a line with its word.

    This is right for texts in canonical layout, as the library is.
    """
    matches = list(_STARTS.finditer(text))
    ends = [match.start() for match in matches[1:]] + [len(text)] * bool(matches)
    pieces = []
    for match, end in zip(matches, ends, strict=True):
        given = match["names"] or ""
        nameless = match[0].startswith(_NAMELESS)
        names = () if nameless else tuple(_NAME.findall(given))
        pieces.append(Piece(names, match.start(), end))
    return pieces


def declared(declaration: ast.Declaration) -> Iterator[tuple[str, Span]]:
    """The names that a declaration gives to its module, with their places."""
    match declaration:
        case ast.Morph(header=header):
            yield header.name, header.name_span
        case ast.Once(pattern=pattern):
            yield from bound(pattern)
        case ast.Import() | ast.FromImport() | ast.Place():
            return
        case _:
            yield declaration.name, declaration.name_span


def bound(pattern: ast.Pattern) -> Iterator[tuple[str, Span]]:
    """The names that a pattern binds, with their places."""
    if isinstance(pattern, ast.PatternName):
        yield pattern.name, pattern.name_span
        return
    for item in pattern.items:
        yield from bound(item)
