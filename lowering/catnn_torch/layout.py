"""Emitted statements at most 100 columns wide, broken as ruff breaks them."""

from collections.abc import Iterable, Iterator

from catnn_torch.naming import Line

WIDTH = 100
STEP = "    "
OPEN, CLOSE = "([{", ")]}"


def laid_out(lines: Iterable[Line]) -> list[str]:
    return [text for line in lines for text in statement(line)]


def statement(line: Line) -> list[str]:
    """The physical lines of one statement; a comment that has no room stands above it."""
    margin = STEP * line.indent
    text = margin + line.text
    if not line.comment:
        return broken(text, margin)
    beside = f"{text}  # {line.comment}"
    if len(beside) <= WIDTH:
        return [beside]
    return [f"{margin}# {line.comment}", *broken(text, margin)]


def broken(text: str, margin: str) -> list[str]:
    """`head(` / arguments / `)` where a statement is too wide."""
    if len(text) <= WIDTH:
        return [text]
    place = _widest(text)
    if place is None:
        return [text]
    start, end = place
    head, inner, tail = text[: start + 1], text[start + 1 : end], text[end:]
    deeper = margin + STEP
    if len(deeper) + len(inner) <= WIDTH and not inner.endswith(","):
        return [head, deeper + inner, margin + tail]
    parts = [part.strip() for part in _split(inner) if part.strip()]
    if len(parts) == 1 and not inner.rstrip().endswith(","):
        return [head, *broken(deeper + parts[0], deeper), margin + tail]
    lines = [piece for part in parts for piece in broken(f"{deeper}{part},", deeper)]
    return [head, *lines, margin + tail]


def _widest(text: str) -> tuple[int, int] | None:
    """The longest bracketed stretch at the top level; of several like it the last."""
    best: tuple[int, int] | None = None
    stack: list[int] = []
    for k, character in _code(text):
        if character in OPEN:
            stack.append(k)
        elif character in CLOSE:
            start = stack.pop()
            wider = best is None or k - start >= best[1] - best[0]
            if not stack and wider and k - start > 1:
                best = (start, k)
    return best


def _split(inner: str) -> list[str]:
    """The parts between commas at the top level."""
    depth, start, parts = 0, 0, []
    for k, character in _code(inner):
        depth += (character in OPEN) - (character in CLOSE)
        if character == "," and depth == 0:
            parts.append(inner[start:k])
            start = k + 1
    return [*parts, inner[start:]]


def _code(text: str) -> Iterator[tuple[int, str]]:
    """The characters outside string literals, with their places."""
    quote = ""
    for k, character in enumerate(text):
        if quote:
            if character == quote and text[k - 1] != "\\":
                quote = ""
        elif character in "\"'":
            quote = character
        else:
            yield k, character


__all__ = ["broken", "laid_out", "statement"]
