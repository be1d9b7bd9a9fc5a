"""The words of the language: which are reserved where."""

from functools import cache

from catnn_grammar.automaton import START_STATES, row
from catnn_grammar.situation import Mistake
from catnn_grammar.tokens import END, SPELLING, WORD_KINDS, Token


@cache
def first_of(start: str) -> frozenset[str]:
    """The kinds of token with which a text of `start` can begin."""
    return frozenset(kind for kind in row(START_STATES[start]) if kind.isupper() or kind == END)


@cache
def reserved() -> frozenset[str]:
    """The words that cannot be names where an expression begins."""
    return frozenset(SPELLING[kind] for kind in first_of("expr") & WORD_KINDS)


def keyword_mistake(word: Token) -> Mistake:
    """E0120: a reserved word as a name."""
    return Mistake(
        "E0120",
        f"`{word.text}` is a word of the language and cannot be a name here",
        word.start,
        word.end,
        help=(f"take another name, such as `{word.text}_`",),
    )
