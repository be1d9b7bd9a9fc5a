"""The source lines of a diagnostic with carets, rails and labels, in rustc's manner."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from attrs import frozen

from catnn.errors.canvas import Canvas, Style, paint
from catnn.errors.lines import ShownLine
from catnn.source import SourceFile, Span

HEAD = 3
TAIL = 2


@frozen
class Mark:
    """A marked range: `first` to before `last`, as lines from 1 and characters from 0."""

    first: tuple[int, int]
    last: tuple[int, int]
    text: str
    is_primary: bool
    style: Style

    @property
    def is_long(self) -> bool:
        """Whether it covers more than one line, so that it is drawn at the left."""
        return self.first[0] < self.last[0]

    @property
    def tip(self) -> str:
        return "^" if self.is_primary else "-"

    def lines(self) -> list[int]:
        """The lines to show: all of a short range, both ends of a long one."""
        first, last = self.first[0], self.last[0]
        if last - first <= HEAD + TAIL:
            return list(range(first, last + 1))
        return [*range(first, first + HEAD), *range(last - TAIL + 1, last + 1)]


def place(source: SourceFile, span: Span) -> tuple[tuple[int, int], tuple[int, int]]:
    """Start and end of a span as `(line, column)`, both from 1, in sight of the reader.

    A span at the end of the file stands behind the last thing written there,
    and one that ends with a line break ends before it.
    """
    end_of_text = len(source.text.rstrip())
    start = min(span.start, len(source.text))
    end = max(start, min(span.end, len(source.text)))
    if start >= end_of_text:
        start = end = end_of_text
    elif end > start and source.text[end - 1] == "\n":
        end -= 1
    return source.position(start), source.position(end)


def mark(source: SourceFile, span: Span, text: str, is_primary: bool, style: Style) -> Mark:
    """The mark of a span; an empty span is one cell wide."""
    (line, column), (last_line, last_column) = place(source, span)
    last = (last_line, last_column - 1)
    if last <= (line, column - 1):
        last = (line, column)
    return Mark((line, column - 1), last, " ".join(text.split()), is_primary, style)


@frozen(slots=False)
class Snippet:
    """The marks of one file, ready to be drawn with line numbers `width` wide."""

    source: SourceFile
    marks: Sequence[Mark]
    width: int
    color: bool

    def render(self) -> list[str]:
        """One string for each row, gutter included."""
        rows = [self.gutter()]
        shown = self.shown_lines()
        for previous, number in pairwise([shown[0], *shown]):
            if number > previous + 1:
                rows.append(self._gap(number))
            rows.extend(self._line(number))
        return rows

    def gutter(self, number: int | None = None) -> str:
        text = f"{'' if number is None else number:<{self.width}} |"
        return paint(text, Style.SECONDARY, self.color)

    def shown_lines(self) -> list[int]:
        """Every marked line, in order, and single lines between them."""
        lines = sorted({line for mark in self.marks for line in mark.lines()})
        between = {a + 1 for a, b in pairwise(lines) if b == a + 2}
        return sorted({*lines, *between})

    @property
    def long_marks(self) -> list[Mark]:
        """The marks that are drawn at the left; the position is the rail."""
        return sorted((m for m in self.marks if m.is_long), key=lambda m: (m.first, m.last))

    @property
    def offset(self) -> int:
        """The column at which source text starts."""
        rails = len(self.long_marks)
        return rails + 1 if rails else 0

    def _gap(self, number: int) -> str:
        """The row for lines left out before line `number`."""
        canvas = Canvas()
        self._draw_rails(canvas, self._rails_at(number))
        dots = paint("...".ljust(self.width + 3), Style.SECONDARY, self.color)
        return (dots + canvas.render(self.color)).rstrip()

    def _line(self, number: int) -> Iterator[str]:
        """The line itself, and the rows under it."""
        short = [m for m in self.marks if not m.is_long and m.first[0] == number]
        line = self._window(number, short)
        canvas = Canvas()
        self._draw_rails(canvas, self._rails_at(number))
        for rail, mark in self._starting(number):
            if self._opens_line(mark):
                canvas.put(rail, "/", mark.style)
        canvas.put(self.offset, line.shown(), Style.PLAIN)
        yield f"{self.gutter(number)} {canvas.render(self.color)}".rstrip()
        for row in (*self._short_rows(number, short, line), *self._long_rows(number, line)):
            yield f"{self.gutter()} {row.render(self.color)}"

    def _window(self, number: int, short: Sequence[Mark]) -> ShownLine:
        """The line, cut around its primary mark, else around its first one."""
        line = ShownLine(self.source.line(number).rstrip("\r"))
        primary = [m.first[1] for m in short if m.is_primary]
        starts = [m.first[1] for m in self.marks if m.first[0] == number]
        ends = [m.last[1] for m in self.marks if m.last[0] == number]
        return line.around(min(primary or starts or ends, default=0))

    def _short_rows(self, number: int, marks: Sequence[Mark], line: ShownLine) -> Iterator[Canvas]:
        """Carets, the last label beside them, the others hanging below."""
        opened = {r for r, m in self._starting(number) if self._opens_line(m)}
        rails = self._rails_at(number) | opened
        for row in hang_labels(marks, line, self.offset):
            self._draw_rails(row, rails)
            yield row

    def _long_rows(self, number: int, line: ShownLine) -> Iterator[Canvas]:
        """The rows where long marks end, inner ones first, and start on this line."""
        opened = {r for r, m in self._starting(number) if self._opens_line(m)}
        rails = self._rails_at(number) | opened
        for rail, mark in reversed(list(enumerate(self.long_marks))):
            if mark.last[0] == number:
                row = Canvas()
                column = self.offset + max(0, line.column(mark.last[1]) - 1)
                row.put(rail, "|" + "_" * (column - rail - 1), mark.style)
                row.put(column, f"{mark.tip} {mark.text}".rstrip(), mark.style)
                rails = rails - {rail}
                self._draw_rails(row, rails)
                yield row
        for rail, mark in self._starting(number):
            if rail not in opened:
                row = Canvas()
                column = self.offset + line.column(mark.first[1])
                row.put(rail + 1, "_" * (column - rail - 1), mark.style)
                row.put(column, mark.tip, mark.style)
                self._draw_rails(row, rails)
                rails = rails | {rail}
                yield row

    def _rails_at(self, number: int) -> frozenset[int]:
        """The rails of long marks that started above line `number` and reach it."""
        return frozenset(
            rail
            for rail, mark in enumerate(self.long_marks)
            if mark.first[0] < number <= mark.last[0]
        )

    def _starting(self, number: int) -> list[tuple[int, Mark]]:
        return [(r, m) for r, m in enumerate(self.long_marks) if m.first[0] == number]

    def _draw_rails(self, row: Canvas, rails: Iterable[int]) -> None:
        for rail in rails:
            row.put(rail, "|", self.long_marks[rail].style)

    def _opens_line(self, mark: Mark) -> bool:
        """Whether nothing but blanks stands before the mark on its first line."""
        return not self.source.line(mark.first[0])[: mark.first[1]].strip()


def hang_labels(marks: Sequence[Mark], line: ShownLine, offset: int) -> Iterator[Canvas]:
    """The rows of marks within one line: carets, then labels from right to left."""
    if not marks:
        return
    carets = Canvas()
    spans: dict[Mark, tuple[int, int]] = {}
    for mark in sorted(marks, key=lambda m: (m.first[1] - m.last[1], m.is_primary)):
        start = offset + line.column(mark.first[1])
        end = max(start + 1, offset + line.column(mark.last[1]))
        spans[mark] = (start, end)
        carets.put(start, mark.tip * (end - start), mark.style)
    hanging = sorted((m for m in marks if m.text), key=lambda m: -spans[m][0])
    furthest = max(end for _, end in spans.values())
    if hanging and spans[hanging[0]][1] == furthest:
        beside = hanging.pop(0)
        carets.put(furthest + 1, beside.text, beside.style)
    yield carets
    if hanging:
        yield _connectors(hanging, spans)
    for index, mark in enumerate(hanging):
        row = _connectors(hanging[index + 1 :], spans)
        row.put(spans[mark][0], mark.text, mark.style)
        yield row


def _connectors(marks: Sequence[Mark], spans: dict[Mark, tuple[int, int]]) -> Canvas:
    row = Canvas()
    for mark in marks:
        row.put(spans[mark][0], "|", mark.style)
    return row
