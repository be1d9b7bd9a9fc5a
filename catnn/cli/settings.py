"""The values of `--set depths=(3,4,6,3),norm=sym` and of `--at b=8,n=128`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from catnn.cli.usage import UsageError

Value: TypeAlias = int | float | bool | str | tuple[int, ...]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*'*")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.[0-9]*|\.?[0-9]+)([eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_OPEN, _CLOSE = "([", ")]"


def settings(flag: str, texts: Sequence[str]) -> dict[str, Value]:
    """The bindings of every `--set a=1,b=(2,3)`; a name may be given once."""
    found: dict[str, Value] = {}
    for text in texts:
        for part in _split(flag, text):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or not _NAME.fullmatch(name):
                raise UsageError(
                    f"`{part.strip()}` in {flag} is no binding",
                    [f"write `{flag} name=value,other=value`"],
                )
            if name in found:
                raise UsageError(f"{flag} gives `{name}` twice")
            found[name] = _value(flag, name, value)
    return found


def run_time_sizes(texts: Sequence[str]) -> Mapping[str, int]:
    """The bindings of `--at`: sizes, so integers that are not negative."""
    sizes: dict[str, int] = {}
    for name, value in settings("--at", texts).items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise UsageError(
                f"--at gives `{name}` a value that is no size",
                [f"write a whole number, as in `--at {name}=8`"],
            )
        sizes[name] = value
    return sizes


def _split(flag: str, text: str) -> Iterator[str]:
    """The parts between commas that stand in no bracket; a trailing comma is fine."""
    depth, quoted, start = 0, False, 0
    for index, character in enumerate(text):
        quoted ^= character == '"'
        if quoted:
            continue
        depth += (character in _OPEN) - (character in _CLOSE)
        if depth < 0:
            break
        if character == "," and depth == 0:
            yield text[start:index]
            start = index + 1
    if depth or quoted:
        raise UsageError(f"`{text}` in {flag}: a bracket or quote is not closed or not opened")
    if text[start:].strip():
        yield text[start:]


def _value(flag: str, name: str, text: str) -> Value:
    if text.startswith("(") and text.endswith(")"):
        return tuple(_member(flag, name, part.strip()) for part in _split(flag, text[1:-1]))
    if len(text) >= 2 and text.startswith('"') and text.endswith('"'):
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    if _WORD.fullmatch(text):
        return text
    help = "lists take parentheses: `depths=(3,4,6,3)`"
    raise UsageError(
        f"`{name}={text}` in {flag}: not a number, `true`, `false`, a word or a list",
        [help] if text.startswith("[") else [],
    )


def _member(flag: str, name: str, text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise UsageError(f"`{name}` in {flag} is a list of whole numbers, and `{text}` is none")
    return int(text)
