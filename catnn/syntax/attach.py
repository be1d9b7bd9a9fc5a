"""Put the comments of a source text into the document that is printed for it.

The document prints the tokens of the source in their order; only parentheses
and semicolons that make no difference may be missing or new. So each comment
has its place between two tokens of the document: one that stands alone on its
lines goes before the next token, one at the end of a line after the last.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from attrs import define, field, frozen

from catnn.errors.diagnostic import InternalError
from catnn.syntax.layout import Doc, Fill, Group, Leading, Line, Nest, Trailing
from catnn_grammar import Token, tokenise

_OPTIONAL = frozenset(";()")


@define
class Notes:
    """What belongs to one token of the document."""

    leading: list[tuple[str, bool]] = field(factory=list)
    trailing: list[str] = field(factory=list)
    blank: bool = False

    @property
    def blank_above(self) -> bool:
        """Whether an empty line stands above the token and the comments before it."""
        return self.leading[0][1] if self.leading else self.blank


def tokens_of(doc: Doc) -> list[str]:
    """The texts of all tokens of a document."""
    return [token.text for text in _strings(doc) for token in _pieces(text)]


def notes(text: str, printed: Sequence[str]) -> list[Notes]:
    """The notes of each printed token, and of the end, from the text they were read from."""
    tokens, comments = tokenise(text)
    places = _align([token.text for token in tokens[:-1]], printed)
    found = [Notes() for _ in range(len(printed) + 1)]
    elements = sorted([*tokens, *comments], key=lambda e: (e.start, e.kind == "$END"))
    index = end = 0
    for element in elements:
        gap = text[end : element.start]
        blank = gap.count("\n") > 1
        if element.kind != "COMMENT":
            if index < len(places):
                place = places[index]
                found[place].blank = found[place].blank or blank
            index += 1
        elif "\n" in gap or end == 0:
            place = _next(places, index, len(printed))
            if found[place].trailing:  # a separator that took a comment from before it
                place += 1
            found[place].leading.append((element.text.rstrip(), blank))
        else:
            following = _next(places, index, len(printed))
            # A comment before a separator goes after it: it stands at the end of the line.
            separated = following < len(printed) and printed[following] in (";", ",")
            place = following if separated else max(following - 1, 0)
            if found[following].leading and not separated:
                found[following].leading.append((element.text.rstrip(), False))
            else:
                found[place].trailing.append(element.text.rstrip())
        end = element.end
    return found


def _next(places: Sequence[int], index: int, last: int) -> int:
    return places[index] if index < len(places) else last


def _align(source: Sequence[str], printed: Sequence[str]) -> list[int]:
    """For each source token the printed token that holds it, or the next if it was dropped."""
    owner = [place for place, token in enumerate(printed) for _ in token]
    characters = "".join(printed)
    places: list[int] = []
    reached = 0
    for token in source:
        first: int | None = None
        for character in token:
            matched = _match(character, characters, reached)
            if matched is None:
                continue
            first = matched if first is None else first
            reached = matched + 1
        start = reached if first is None else first
        places.append(owner[start] if start < len(owner) else len(printed))
    return places


def _match(character: str, characters: str, reached: int) -> int | None:
    """Where `character` stands at or after `reached`, past new punctuation; None if dropped."""
    place = reached
    while place < len(characters) and characters[place] != character:
        if character in _OPTIONAL:
            return None
        if characters[place] not in _OPTIONAL:
            raise InternalError(
                f"the formatter lost {character!r} before {characters[place:][:20]!r}"
            )
        place += 1
    if place == len(characters):
        if character in _OPTIONAL:
            return None
        raise InternalError(f"the formatter lost {character!r} at the end")
    return place


class Attached(NamedTuple):
    """A document with its comments, and how they bear on the lines around it.

    `leads` and `trails`: it begins, or ends, with a comment; `breaks`: it cannot
    stand on one line.
    """

    doc: Doc
    leads: bool = False
    trails: bool = False
    breaks: bool = False


@frozen
class _Cursor:
    """The notes in the order of the tokens."""

    notes: list[Notes]
    reached: list[int] = field(factory=lambda: [0])

    def next(self) -> Notes:
        self.reached[0] += 1
        return self.notes[self.reached[0] - 1]

    def peek(self) -> Notes:
        return self.notes[self.reached[0]]


def attach(doc: Doc, found: list[Notes]) -> Doc:
    """`doc` with the comments of its tokens; groups that a comment cuts break."""
    return _attach(doc, _Cursor(found)).doc


def _attach(doc: Doc, cursor: _Cursor) -> Attached:
    match doc:
        case str():
            return _attach_text(doc, cursor)
        case tuple():
            return _combine([_attach(part, cursor) for part in doc])
        case Nest(by, body):
            inner = _attach(body, cursor)
            return inner._replace(doc=Nest(by, inner.doc))
        case Group(body):
            inner = _attach(body, cursor)
            return inner._replace(doc=Group(inner.doc, inner.breaks))
        case Fill(body):
            inner = _attach(body, cursor)
            # A comment before a break cuts whatever stands on both sides of it.
            breaks = inner.breaks or inner.leads
            return inner._replace(doc=Fill(inner.doc, inner.breaks), breaks=breaks)
        case Line(keeps_blank=True) as line if cursor.peek().blank_above:
            return Attached(Line(line.flat, line.hard, blank=True), breaks=line.hard)
        case Line() as line:
            return Attached(line, breaks=line.hard)
        case _:
            return Attached(doc)


def _attach_text(text: str, cursor: _Cursor) -> Attached:
    parts: list[Attached] = []
    end = 0
    for piece in _pieces(text):
        found = cursor.next()
        if text[end : piece.start]:
            parts.append(Attached(text[end : piece.start]))
        if found.leading:
            # The empty line above the first is a matter of the break before it.
            (first, _), *others = found.leading
            inside = piece.text in ("}", ")", "]")
            leading = Leading(((first, False), *others), found.blank and not inside, inside)
            parts.append(Attached(leading, leads=True))
        parts.append(Attached(piece.text))
        if found.trailing:
            parts.append(Attached(Trailing("  ".join(found.trailing)), trails=True))
        end = piece.end
    if text[end:]:
        parts.append(Attached(text[end:]))
    return _combine(parts)


def _combine(parts: Sequence[Attached]) -> Attached:
    """Documents one after the other: a comment between two of them breaks the line."""
    solid = [part for part in parts if part.doc not in ("", (), " ")]
    docs = tuple(part.doc for part in parts)
    if not solid:
        return Attached(docs)
    cut = any(part.leads for part in solid[1:]) or any(part.trails for part in solid[:-1])
    breaks = cut or any(part.breaks for part in solid)
    return Attached(docs, solid[0].leads, solid[-1].trails, breaks)


def _strings(doc: Doc) -> Iterator[str]:
    match doc:
        case str():
            yield doc
        case tuple():
            for part in doc:
                yield from _strings(part)
        case Nest(_, body) | Group(body) | Fill(body):
            yield from _strings(body)
        case _:
            pass


def _pieces(text: str) -> list[Token]:
    return tokenise(text)[0][:-1]
