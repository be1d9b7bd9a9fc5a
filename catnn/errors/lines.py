"""A line of source as it stands on a terminal: tabs, wide and hidden characters, long lines."""

from functools import cached_property
from unicodedata import category, east_asian_width

from attrs import evolve, frozen

TAB = 4
WIDTH = 120
CONTEXT = 20
CUT = "..."


@frozen(slots=False)
class ShownLine:
    """A source line and the window `[left, left + WIDTH)` of its columns that is shown.

    Columns count terminal cells from 0. A character is shown as itself, a tab
    as up to `TAB` spaces, a control or formatting character as `�`, so that
    what is printed stands in the order in which the compiler reads it.
    """

    text: str
    left: int = 0

    @cached_property
    def cells(self) -> list[str]:
        """What each character is shown as."""
        cells: list[str] = []
        width = 0
        for character in self.text:
            cell = _shown(character, width)
            cells.append(cell)
            width += display_width(cell)
        return cells

    @cached_property
    def columns(self) -> list[int]:
        """The column of each character, and of the end of the line."""
        columns = [0]
        for cell in self.cells:
            columns.append(columns[-1] + display_width(cell))
        return columns

    @property
    def is_cut(self) -> bool:
        return self.columns[-1] > WIDTH

    def column(self, index: int) -> int:
        """The column on screen of character `index`, clipped to the window."""
        past_end = max(0, index - len(self.text))
        column = self.columns[min(index, len(self.text))] + past_end
        return column if not self.is_cut else min(max(column - self.left, 0), WIDTH)

    def around(self, first: int) -> "ShownLine":
        """The line with its window moved so that character `first` is in sight."""
        if not self.is_cut or self.columns[min(first, len(self.text))] < WIDTH - CONTEXT:
            return self
        return evolve(self, left=self.columns[min(first, len(self.text))] - CONTEXT)

    def shown(self) -> str:
        """The part in the window, with `...` where something is cut away."""
        if not self.is_cut:
            return "".join(self.cells).rstrip()
        right = self.left + WIDTH
        low = self.left + (len(CUT) if self.left else 0)
        high = right - (len(CUT) if self.columns[-1] > right else 0)
        inside = [
            cell
            for cell, column in zip(self.cells, self.columns, strict=False)
            if low <= column and column + display_width(cell) <= high
        ]
        start = next((c for c in self.columns if c >= low), low)
        text = " " * (start - self.left) + "".join(inside)
        if self.left:
            text = CUT + text[len(CUT) :]
        return (text + CUT if self.columns[-1] > right else text).rstrip()


def display_width(text: str) -> int:
    """How many terminal cells `text` takes."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if category(character) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def _shown(character: str, width: int) -> str:
    if character == "\t":
        return " " * (TAB - width % TAB)
    if not character.isascii() or not character.isprintable():
        return "�" if category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") else character
    return character
