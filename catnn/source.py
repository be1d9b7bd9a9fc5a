"""Source text and the places in it: files, positions and spans."""

from bisect import bisect_right
from functools import cached_property

from attrs import field, frozen


@frozen(order=True)
class Span:
    """A half-open range of characters `[start, end)` of one file.

    `file` is the name under which the user knows the file; offsets count
    characters from 0.
    """

    file: str
    start: int
    end: int

    def to(self, other: "Span") -> "Span":
        """The smallest span that covers both."""
        return Span(self.file, min(self.start, other.start), max(self.end, other.end))


NOWHERE = Span("", 0, 0)


@frozen(slots=False)
class SourceFile:
    """A text with a name; turns offsets into lines and columns, both from 1."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def line_starts(self) -> list[int]:
        starts = [0]
        for index, character in enumerate(self.text):
            if character == "\n":
                starts.append(index + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """`(line, column)` of an offset, both from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its line break."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]
