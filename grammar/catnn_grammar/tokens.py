"""Cut a text into tokens.

Every word that is a keyword anywhere is marked as one; whether it is a keyword
*here* is decided by the parser, which takes it as a name where no such keyword
can stand. Text that belongs to no token of the language becomes a token of one
of the kinds in `FOREIGN`, so that the parser can say what is wrong with it.
"""

import re
from typing import NamedTuple

from catnn_grammar.tables import PATTERNS, SIGNS, WORDS

END = "$END"
FOREIGN = frozenset({"FOREIGN", "OPEN_STRING", "QUOTED", "UNKNOWN"})


class Token(NamedTuple):
    """A piece of text with its kind and its place, offsets from 0."""

    kind: str
    text: str
    start: int
    end: int


def kinds(words: str) -> frozenset[str]:
    """A set of kinds or other names, written as one text."""
    return frozenset(words.split())


def _pairs(block: str) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in block.strip().split("\n"))


_WORD_KINDS = _pairs(WORDS)
_SIGN_KINDS = _pairs(SIGNS)
WORD_KINDS = frozenset(_WORD_KINDS.values())
SPELLING = {kind: text for text, kind in (*_WORD_KINDS.items(), *_SIGN_KINDS.items())}


def _master_pattern() -> str:
    named = [f"(?P<{name}>{pattern})" for name, pattern in _pairs(PATTERNS).items()]
    signs = "|".join(re.escape(sign) for sign in _SIGN_KINDS)
    return "|".join(
        [
            *named,
            # What other languages write and this one never does, before the signs it starts with.
            r"(?P<FOREIGN>\*\*|&&|\|\||[-+*/]=(?!=)|/\*|!(?!=))",
            f"(?P<SIGN>{signs})",
            r'(?P<OPEN_STRING>"[^"\r\n]*)',
            r"(?P<QUOTED>'[^'\r\n]*')",
            r"(?P<UNKNOWN>.)",
        ]
    )


_MASTER = re.compile(_master_pattern(), re.DOTALL)


def tokenise(text: str, start: int = 0, end: int | None = None) -> tuple[list[Token], list[Token]]:
    """The tokens of `text[start:end]`, closed by one of kind `END`, and the comments.

    A byte order mark at the start of the text is skipped.
    """
    stop = len(text) if end is None else end
    if start == 0 and text.startswith("\ufeff"):
        start = 1
    tokens: list[Token] = []
    comments: list[Token] = []
    for match in _MASTER.finditer(text, start, stop):
        kind = match.lastgroup or "UNKNOWN"
        if kind == "SPACE":
            continue
        word = match.group()
        if kind == "NAME":
            kind = _WORD_KINDS.get(word, kind)
        elif kind == "SIGN":
            kind = _SIGN_KINDS[word]
        elif kind == "COMMENT":
            comments.append(Token(kind, word, match.start(), match.end()))
            continue
        tokens.append(Token(kind, word, match.start(), match.end()))
    tokens.append(Token(END, "", stop, stop))
    return tokens, comments
