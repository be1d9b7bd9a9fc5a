"""Names for parts that lie deep: each step of `self.a.b.c` is looked up anew in every call.

A recursion nests its parts as deep as it goes, so that the paths alone would take
a tenth of a small model's time, and most of its text.
"""

import re
from collections.abc import Sequence

from catnn_torch.naming import Line

DEEP = 8
"""A path of more steps is shortened."""
NEAR = 4
"""So many steps may stand behind a name."""
BELOW = 3
"""The last steps of a path, which are not named: a layer, its part, a leaf."""

_PATH = re.compile(r"\bself(?:\.\w+|\[\d+\])+")
_STEP = re.compile(r"\.\w+|\[\d+\]")


def aliased(lines: Sequence[Line]) -> list[Line]:
    """The lines with names for deep parts, given where a statement at the margin first needs them."""
    if not any(len(_steps(path)) > DEEP for line in lines for path in _PATH.findall(line.text)):
        return list(lines)
    return _Aliases({word for line in lines for word in re.findall(r"\w+", line.text)}).run(lines)


def _steps(path: str) -> list[str]:
    return _STEP.findall(path)


class _Aliases:
    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.known: dict[tuple[str, ...], str] = {}
        self.pending: list[str] = []

    def run(self, lines: Sequence[Line]) -> list[Line]:
        margin = min(line.indent for line in lines)
        done: list[Line] = []
        start = 0
        for line in lines:
            if line.indent == margin and not line.text.startswith(("else", "elif")):
                start = len(done)
            text = _PATH.sub(lambda found: self.short(found[0]), line.text)
            done[start:start] = [Line(margin, alias, "") for alias in self.pending]
            start += len(self.pending)
            self.pending.clear()
            done.append(Line(line.indent, text, line.comment))
        return done

    def short(self, path: str) -> str:
        steps = tuple(_steps(path))
        if len(steps) <= DEEP:
            return path
        base, rest = self.nearest(steps)
        if len(rest) > NEAR:
            self.name(base, steps[: len(steps) - len(rest)], rest[:-BELOW])
            base, rest = self.nearest(steps)
        return base + "".join(rest)

    def nearest(self, steps: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """The name of the deepest part on a path that has one, and the steps behind it."""
        for count in range(len(steps), 0, -1):
            if steps[:count] in self.known:
                return self.known[steps[:count]], steps[count:]
        return "self", steps

    def name(self, base: str, before: tuple[str, ...], steps: tuple[str, ...]) -> None:
        wanted = next((step[1:] for step in reversed(steps) if step[0] == "."), "part")
        name, number = wanted, 1
        while name in self.taken:
            number += 1
            name = f"{wanted}_{number}"
        self.taken.add(name)
        self.known[before + steps] = name
        self.pending.append(f"{name} = {base}{''.join(steps)}")


__all__ = ["aliased"]
