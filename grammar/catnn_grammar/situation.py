"""Where the parser stands when a token does not fit, and what is said about it."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from catnn_grammar.tokens import END, SPELLING, WORD_KINDS, Token

LOOKAHEAD = 12

OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSING = {closing: opening for opening, closing in OPENING.items()}
LITERALS = frozenset({"NAME", "UNAME", "INT", "NUMBER", "STRING"})


class Place(NamedTuple):
    """A range of characters with a few words about what stands there."""

    start: int
    end: int
    text: str


class Repair(NamedTuple):
    """Read on as if `tokens[first:last]` were `replacement`."""

    first: int
    last: int
    replacement: tuple[Token, ...] = ()


class Mistake(NamedTuple):
    """A syntax error: what was found at `start..end`, and what to do about it.

    Of the `repairs`, the one is taken with which most of the following text can be read.
    """

    code: str
    message: str
    start: int
    end: int
    label: str = ""
    places: tuple[Place, ...] = ()
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()


class Situation:
    """The parser's view at token `index`: the symbols read so far and the tokens that would fit.

    `symbols` and `starts` describe the stack, bottom first: the names of the
    grammar symbols that were read and not yet put together, and where each starts.
    """

    def __init__(
        self,
        text: str,
        tokens: Sequence[Token],
        index: int,
        symbols: Sequence[str],
        starts: Sequence[int],
        expected: Callable[[], frozenset[str]],
        reads: Callable[[Repair], int],
    ) -> None:
        self.text = text
        self.tokens = tokens
        self.index = index
        self.symbols = symbols
        self.starts = starts
        self._expected = expected
        self.reads = reads
        """How many of the next tokens can be read after a repair, up to `LOOKAHEAD`."""

    @cached_property
    def expected(self) -> frozenset[str]:
        """The kinds of token that would fit here."""
        return self._expected()

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def before(self, steps: int = 1) -> Token:
        """The token `steps` before this one; an empty one at the start of the text."""
        index = self.index - steps
        return self.tokens[index] if index >= 0 else Token(END, "", 0, 0)

    def after(self, steps: int = 1) -> Token:
        """The token `steps` after this one; the last one at the end of the text."""
        return self.tokens[min(self.index + steps, len(self.tokens) - 1)]

    @cached_property
    def inside(self) -> int:
        """The height of the stack at the innermost open bracket, -1 without one."""
        closed = 0
        for height in range(len(self.symbols) - 1, -1, -1):
            closed += self.symbols[height] in CLOSING
            if self.symbols[height] in OPENING:
                if not closed:
                    return height
                closed -= 1
        return -1

    @cached_property
    def opening(self) -> Token | None:
        """The innermost bracket that is still open."""
        height = self.inside
        return None if height < 0 else self.read_at(height)

    def read_at(self, height: int) -> Token | None:
        """The token that was read at this height of the stack."""
        kind, start = self.symbols[height], self.starts[height]
        found = (t for t in self.tokens[: self.index] if t.start == start and t.kind == kind)
        return next(found, None)

    @property
    def open_brackets(self) -> list[str]:
        """The kinds of all open brackets, outermost first."""
        found: list[str] = []
        for symbol in self.symbols:
            if symbol in OPENING:
                found.append(symbol)
            elif symbol in CLOSING:
                found.pop()
        return found

    def on_a_statement(self) -> bool:
        """Whether a statement that may end here is open."""
        return "SEMICOLON" in self.expected and any(
            word in self.recent for word in ("LET", "SHARE", "PARAM", "BUFFER", "DRAW")
        )

    @property
    def recent(self) -> Sequence[str]:
        """The symbols read since the innermost open bracket."""
        return self.symbols[self.inside + 1 :]

    def begins_column(self, token: Token) -> bool:
        """Whether `token` stands at the very start of a line."""
        return token.start == 0 or self.text[token.start - 1] == "\n"

    def on_new_line(self) -> bool:
        """Whether a line break stands between this token and the one before."""
        return "\n" in self.text[self.before().end : self.token.start]

    def touches(self) -> bool:
        """Whether nothing stands between this token and the one before."""
        return self.before().end == self.token.start

    # ---- mistakes and repairs ---------------------------------------------------------

    def mistake(
        self,
        code: str,
        message: str,
        label: str = "",
        *,
        at: Token | None = None,
        to: Token | None = None,
        places: tuple[Place, ...] = (),
        notes: tuple[str, ...] = (),
        help: tuple[str, ...] = (),
        repairs: tuple[Repair, ...] = (),
    ) -> Mistake:
        """A mistake at this token, or from `at` to `to`."""
        first = at or self.token
        last = to or first
        return Mistake(code, message, first.start, last.end, label, places, notes, help, repairs)

    def insert(self, kind: str) -> Repair:
        """Read on as if a token of `kind` stood before this one."""
        here = self.before().end
        return Repair(self.index, self.index, (Token(kind, SPELLING[kind], here, here),))

    def replace(self, kind: str, text: str | None = None) -> Repair:
        """Read this token as one of `kind`."""
        _, old, start, end = self.token
        spelling = SPELLING.get(kind, old) if text is None else text
        return Repair(self.index, self.index + 1, (Token(kind, spelling, start, end),))

    def drop(self, count: int = 1) -> Repair:
        """Read on as if this token and those after it, `count` in all, were absent."""
        return Repair(self.index, self.index + count)


def begins_line(text: str, token: Token) -> bool:
    """Whether nothing but blanks stands before `token` on its line."""
    line = text.rfind("\n", 0, token.start) + 1
    return not text[line : token.start].strip()


def starts_operand(token: Token) -> bool:
    """Whether an operand can start with `token`."""
    return token.kind in LITERALS or token.kind in OPENING or token.kind in WORD_KINDS


def ends_operand(token: Token) -> bool:
    """Whether an operand can end with `token`."""
    return token.kind in LITERALS or token.kind in CLOSING or token.kind in WORD_KINDS
