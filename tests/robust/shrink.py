"""Make a failing text smaller while it fails in the same way."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from catnn_grammar import tokenise

T = TypeVar("T", str, bytes)

Test = Callable[[str | bytes], str]
MOST = 400
"""How many smaller texts are tried."""


def shrunk(text: str | bytes, problem: Test) -> str | bytes:
    """Leave out runs of lines, then of tokens, while `problem` stays of its kind."""
    wanted = kind(problem(text))
    if isinstance(text, bytes):
        return b"".join(
            _least([*text.splitlines(True)], lambda p: kind(problem(b"".join(p))) == wanted)
        )
    lines = _least(text.splitlines(True), lambda parts: kind(problem("".join(parts))) == wanted)
    tokens = [token.text for token in tokenise("".join(lines))[0][:-1]]
    if kind(problem(" ".join(tokens))) != wanted:
        return "".join(lines)
    return " ".join(_least(tokens, lambda parts: kind(problem(" ".join(parts))) == wanted))


def kind(problem: str) -> str:
    """What two failures of one bug have in common: all but what is said about the text."""
    return problem.split(": ")[0]


def _least(parts: Sequence[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """Leave out ever smaller runs as long as the rest fails."""
    found, size, tried = list(parts), max(1, len(parts) // 2), 0
    while tried < MOST:
        at, before = 0, len(found)
        while at < len(found) and tried < MOST:
            rest = found[:at] + found[at + size :]
            tried += 1
            if rest and fails(rest):
                found = rest
            else:
                at += size
        if size == 1 and len(found) == before:
            break
        size = max(1, size // 2)
    return found
