"""Local names, chosen when a function is complete: a dead value gives its name away.

While a function is written, its values are marks. `resolve` finds from where to
where each value is needed and gives names as a person would: the user's own
names; `x` for the value that runs through; the name of the factor for a second
one; and a step such as `qkv = qkv.unflatten(..)` keeps the name of what it uses up.
"""

import builtins
import re
from collections.abc import Iterator, Mapping, Sequence
from keyword import iskeyword

from attrs import define, field, frozen

MARK = re.compile("\ue000(\\d+)\ue001")
TARGETS = re.compile("(?:for )?(\ue000\\d+\ue001(?:, \ue000\\d+\ue001)*) (?:=|in) ")


@frozen
class Wish:
    """What a value would be called.

    `hint` is the user's name, `names` further ones, best first; `is_step` says that
    the value continues another, `is_fixed` that the hint is settled; `part` is the
    place of a component among those of one value.
    """

    hint: str = ""
    names: tuple[str, ...] = ()
    is_step: bool = False
    is_fixed: bool = False
    part: int | None = None


@frozen
class Line:
    """One statement; what it assigns stands first in it."""

    indent: int
    text: str
    comment: str = ""

    def targets(self) -> list[int]:
        found = TARGETS.match(self.text)
        return marks(found.group(1)) if found else []

    def used(self) -> list[int]:
        found = TARGETS.match(self.text)
        return marks(self.text[found.end() :] if found else self.text)


def mark(number: int) -> str:
    return f"\ue000{number}\ue001"


def marks(text: str) -> list[int]:
    return [int(number) for number in MARK.findall(text)]


def identifier(wanted: str) -> str:
    """A Python identifier as near as possible to a name; no keyword and no builtin."""
    base = "".join(c if c.isalnum() or c == "_" else "_" for c in wanted).rstrip("_") or "value"
    if iskeyword(base) or hasattr(builtins, base):
        return f"{base}_"
    return f"_{base}" if base[0].isdigit() else base


@define
class Span:
    """The lines from the one that makes a value to the last that needs it."""

    start: int
    end: int


@define(eq=False)
class Naming:
    """One function: its lines, the wishes of its values, and names that are not free."""

    lines: list[Line]
    wishes: Mapping[int, Wish]
    taken: set[str]
    spans: dict[int, Span] = field(factory=dict)
    names: dict[int, str] = field(factory=dict)
    ends: dict[str, int] = field(factory=dict)

    def resolve(self) -> list[Line]:
        """The lines with names; assignments of a name to itself are gone."""
        self.join_copies()
        self.spans = spans(self.lines, self.wishes)
        for number in sorted(self.spans, key=lambda n: (self.spans[n].start, n)):
            self.choose(number)
        return filled([line for line in map(self.named, self.lines) if not _is_idle(line.text)])

    def named(self, line: Line) -> Line:
        text = MARK.sub(lambda found: self.names[int(found.group(1))], line.text)
        return Line(line.indent, text, line.comment)

    # ---- choice -----------------------------------------------------------------------------

    def choose(self, number: int) -> None:
        wish, span = self.wishes[number], self.spans[number]
        name = wish.hint if wish.is_fixed else self.free(self.candidates(wish, span), span)
        self.names[number] = name
        self.ends[name] = max(span.end, span.start)

    def candidates(self, wish: Wish, span: Span) -> Iterator[str]:
        if wish.hint:
            yield identifier(wish.hint)
        ending = self.ending(span)
        if wish.part is not None:
            yield f"{ending[0] if ending else 'part'}_{wish.part}"
        elif wish.is_step:
            yield from (["x"] if "x" in ending else [])
            yield from ending
        yield "x"
        yield from map(identifier, wish.names)

    def ending(self, span: Span) -> list[str]:
        """The names of values that are used for the last time where this one begins."""
        if span.start < 0:
            return []
        used = dict.fromkeys(self.lines[span.start].used())
        ended = (n for n in used if n in self.names and self.spans[n].end == span.start)
        return [self.names[n] for n in ended if self.spans[n].start >= 0 or self.names[n] == "x"]

    def free(self, candidates: Iterator[str], span: Span) -> str:
        tried = list(dict.fromkeys(candidates))
        for name in tried:
            if self.is_free(name, span):
                return name
        base = tried[0] if len(tried) == 1 or tried[0] != "x" else tried[1]
        number = 2
        while not self.is_free(f"{base}_{number}", span):
            number += 1
        return f"{base}_{number}"

    def is_free(self, name: str, span: Span) -> bool:
        if name in self.taken:
            return False
        last = self.ends.get(name)
        return last is None or (last <= span.start and not self.begins(name, span.start))

    def begins(self, name: str, line: int) -> bool:
        """Whether a value of that name is made on the same line."""
        return any(self.names[n] == name and self.spans[n].start == line for n in self.names)

    # ---- copies -----------------------------------------------------------------------------

    def join_copies(self) -> None:
        """`a = b` where b ends and nothing touches a in between: b is made as a."""
        for position in reversed(range(len(self.lines))):
            line = self.lines[position]
            found = re.fullmatch("\ue000(\\d+)\ue001 = \ue000(\\d+)\ue001", line.text)
            if found:
                target, source = int(found.group(1)), int(found.group(2))
                if self.may_join(position, target, source):
                    self.replace(source, target)
                    del self.lines[position]

    def may_join(self, position: int, target: int, source: int) -> bool:
        if self.wishes[source].is_fixed or self.wishes[source].hint:
            return False
        made = [k for k, line in enumerate(self.lines) if source in line.targets()]
        used = [k for k, line in enumerate(self.lines) if source in line.used()]
        if len(made) != 1 or used != [position] or made[0] > position:
            return False
        if self.lines[made[0]].indent != self.lines[position].indent:
            return False
        between = self.lines[made[0] + 1 : position]
        if any(line.indent < self.lines[position].indent for line in between):
            return False
        touched = (n for line in between for n in (*line.targets(), *line.used()))
        return target not in touched and target not in self.lines[made[0]].targets()

    def replace(self, source: int, target: int) -> None:
        for k, line in enumerate(self.lines):
            if mark(source) in line.text:
                text = line.text.replace(mark(source), mark(target))
                self.lines[k] = Line(line.indent, text, line.comment)


def filled(lines: Sequence[Line]) -> list[Line]:
    """What is left of a block without lines: nothing of a loop, `pass` of a branch."""
    kept: list[Line] = []
    for position in reversed(range(len(lines))):
        line = lines[position]
        if line.text.endswith(":") and not (kept and kept[-1].indent > line.indent):
            if line.text.startswith("for "):
                continue
            kept.append(Line(line.indent + 1, "pass"))
        kept.append(line)
    return kept[::-1]


def _is_idle(text: str) -> bool:
    left, equals, right = text.partition(" = ")
    return bool(equals) and left == right


def spans(lines: Sequence[Line], wishes: Mapping[int, Wish]) -> dict[int, Span]:
    """From where to where each value is needed; what a loop reads lasts until the loop ends."""
    found: dict[int, Span] = {n: Span(-1, -1) for n, wish in wishes.items() if wish.is_fixed}
    loops = list(loop_bounds(lines))
    for k, line in enumerate(lines):
        for number in line.used():
            if number in found:
                found[number].end = max(found[number].end, _lasting(found[number].start, k, loops))
            else:
                found[number] = Span(k, k)
        for number in line.targets():
            span = found.setdefault(number, Span(k, k))
            span.end = max(span.end, _lasting(span.start, k, loops))
    return found


def _lasting(start: int, position: int, loops: Sequence[tuple[int, int]]) -> int:
    ends = [last for first, last in loops if start < first < position <= last]
    return max([position, *ends])


def loop_bounds(lines: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """The header and the last line of each loop."""
    for k, line in enumerate(lines):
        if line.text.startswith("for "):
            last = k
            while last + 1 < len(lines) and lines[last + 1].indent > line.indent:
                last += 1
            yield k, last


__all__ = ["Line", "Naming", "Wish", "identifier", "mark", "marks"]
