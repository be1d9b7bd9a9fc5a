"""Text to syntax tree.

`parse` reads a file and reports every mistake in it; `parse_header`,
`parse_expr` and `parse_type` read pieces, for signatures of primitives and for
terms on the command line. Spans count characters of the whole text.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from attrs import frozen

from catnn.errors.diagnostic import CatError, Diagnostic, Label
from catnn.source import SourceFile, Span
from catnn.syntax import ast
from catnn.syntax.build_declarations import DeclarationRules
from catnn.syntax.build_expressions import ExpressionRules
from catnn.syntax.build_statements import StatementRules
from catnn.syntax.build_types import TypeRules
from catnn_grammar import Mistake, Parser, Token, tokenise

T = TypeVar("T")

_ONCE = "E0136"
"""A size in upper case stands in many places; it is one mistake."""

MAX_CHARACTERS = 2_000_000
MAX_WORD = 1000
"""How many characters a name, a number or a text in quotes may have: messages repeat them."""


class Builder(ExpressionRules, TypeRules, StatementRules, DeclarationRules):
    """All rules together; the grammar names one method for each of its rules."""


_RULES = tuple(name for name in dir(Builder) if not name.startswith("_"))


@frozen
class ParseResult:
    """The declarations that could be read, and what is wrong with the others."""

    file: ast.File
    diagnostics: tuple[Diagnostic, ...]


def parse(source: SourceFile, start: int = 0, end: int | None = None) -> ParseResult:
    """The tree of a file, or of the declarations in `source.text[start:end]`."""
    stop = len(source.text) if end is None else end
    if stop - start > MAX_CHARACTERS:
        return ParseResult(ast.File(()), (_too_large(source, stop - start),))
    damage = _damage(source, start, stop)
    if damage is not None:
        return ParseResult(ast.File(()), (damage,))
    tokens, comments = tokenise(source.text, start, stop)
    long = next((token for token in tokens if len(token.text) > MAX_WORD), None)
    if long is not None:
        return ParseResult(ast.File(()), (_too_long(source, long),))
    value, mistakes = _run(source, tokens, "file")
    kept = tuple(ast.Comment(c.text, span=Span(source.name, c.start, c.end)) for c in comments)
    file = value if isinstance(value, ast.File) else ast.File(())
    whole = ast.File(file.declarations, kept, span=Span(source.name, start, stop))
    return ParseResult(whole, tuple(as_diagnostic(source.name, m) for m in mistakes))


def parse_header(text: str, name: str = "<header>") -> ast.Header:
    """`NAME [params] (inputs) : type over .. across .. where ..`; raises CatError."""
    return _parse_piece(SourceFile(name, text), "header", ast.Header)


def parse_expr(text: str, name: str = "<expression>") -> ast.Expr:
    """An expression; raises CatError."""
    return cast(ast.Expr, _parse_piece(SourceFile(name, text), "expr", ast.Node))


def parse_type(text: str, name: str = "<type>") -> ast.Type:
    """A type; raises CatError."""
    return cast(ast.Type, _parse_piece(SourceFile(name, text), "type", ast.Node))


def _parse_piece(source: SourceFile, start: str, kind: type[T]) -> T:
    if len(source.text) > MAX_CHARACTERS:
        raise CatError([_too_large(source, len(source.text))])
    value, mistakes = _run(source, tokenise(source.text)[0], start)
    if mistakes or not isinstance(value, kind):
        raise CatError(as_diagnostic(source.name, mistake) for mistake in mistakes)
    return value


def _run(source: SourceFile, tokens: list[Token], start: str) -> tuple[object, list[Mistake]]:
    mistakes: list[Mistake] = []
    builder = Builder(source.name, mistakes)
    actions: dict[str, Callable[..., object]] = {n: getattr(builder, n) for n in _RULES}
    name = source.name
    parser = Parser(source.text, tokens, actions, lambda a, b: Span(name, a, b), mistakes)
    value = parser.parse(start)
    # One mistake may be met again on the way on from it.
    found: dict[tuple[object, ...], Mistake] = {}
    for mistake in mistakes:
        place = () if mistake.code == _ONCE else (mistake.start, mistake.end)
        found.setdefault((mistake.code, *place, mistake.message), mistake)
    return value, sorted(found.values(), key=lambda m: m.start)


def as_diagnostic(file: str, mistake: Mistake) -> Diagnostic:
    """A mistake of the grammar as a diagnostic of `file`."""
    return Diagnostic(
        mistake.code,
        mistake.message,
        Span(file, mistake.start, mistake.end),
        mistake.label,
        tuple(Label(Span(file, p.start, p.end), p.text) for p in mistake.places),
        mistake.notes,
        mistake.help,
    )


def _damage(source: SourceFile, start: int, stop: int) -> Diagnostic | None:
    """E0125: the text holds NUL, or the sign that stands for bytes that were no UTF-8."""
    for sign, what in (("\0", "a NUL character"), ("\ufffd", "bytes that are no UTF-8")):
        place = source.text.find(sign, start, stop)
        if place >= 0:
            return Diagnostic(
                "E0125",
                f"this is no text: it holds {what}",
                Span(source.name, place, place + 1),
                help=("save the file as UTF-8",),
            )
    return None


def _too_long(source: SourceFile, word: Token) -> Diagnostic:
    return Diagnostic(
        "E0126",
        f"a word of {len(word.text)} characters; the limit is {MAX_WORD}",
        Span(source.name, word.start, word.end),
        help=("numbers are written as powers, such as `10^300`",) if word.text[0].isdigit() else (),
    )


def _too_large(source: SourceFile, size: int) -> Diagnostic:
    return Diagnostic(
        "E0126",
        f"a file of {size} characters; the limit is {MAX_CHARACTERS}",
        Span(source.name, 0, 0),
        help=("split it into modules",),
    )
