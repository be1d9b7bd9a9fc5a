"""What the builders of the syntax tree share: the mistakes that the grammar lets through."""

from catnn.source import NOWHERE, Span
from catnn_grammar import Mistake, Token, keyword_mistake, reserved

_MAX_DIGITS = 200


class Reporter:
    """Collects the mistakes that are seen while nodes are built."""

    def __init__(self, file: str, mistakes: list[Mistake]) -> None:
        self._file = file
        self._mistakes = mistakes

    def _at(self, token: Token) -> Span:
        """The place of one token."""
        return Span(self._file, token.start, token.end)

    def _at_name(self, token: Token | None) -> Span:
        """The place of a name that may be absent."""
        return NOWHERE if token is None else Span(self._file, token.start, token.end)

    def _report(
        self, code: str, message: str, span: Span, *, label: str = "", help: tuple[str, ...] = ()
    ) -> None:
        self._mistakes.append(Mistake(code, message, span.start, span.end, label, help=help))

    def _binds(self, token: Token) -> str:
        """The text of a name that is bound here; E0120 if it is a reserved word."""
        if token.text in reserved():
            self._mistakes.append(keyword_mistake(token))
        return token.text

    def _digits(self, token: Token) -> str:
        """The digits of a number; E0126 if there are more than any size or constant needs."""
        if len(token.text) > _MAX_DIGITS:
            self._report(
                "E0126",
                f"a number of {len(token.text)} digits; the limit is {_MAX_DIGITS}",
                self._at(token),
                help=("write it as a power, such as `10^300`",),
            )
        return token.text


def text(token: Token | None) -> str | None:
    return None if token is None else token.text


def unquoted(token: Token) -> str:
    return token.text[1:-1]
