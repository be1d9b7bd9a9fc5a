"""Text with a style for each cell: what the carets and rails of a diagnostic are drawn on."""

from enum import Enum
from itertools import groupby


class Style(Enum):
    """How a piece of a diagnostic is coloured; the value is an ANSI escape."""

    PLAIN = ""
    ERROR = "\x1b[1;31m"
    WARNING = "\x1b[1;33m"
    SECONDARY = "\x1b[1;34m"
    STRONG = "\x1b[1m"


RESET = "\x1b[0m"


def paint(text: str, style: Style, color: bool) -> str:
    """`text` in `style`, or as it is without colour."""
    if not color or style is Style.PLAIN or not text:
        return text
    return f"{style.value}{text}{RESET}"


class Canvas:
    """One row of styled cells; what is put later covers what was there."""

    def __init__(self) -> None:
        self._cells: list[tuple[str, Style]] = []

    def put(self, column: int, text: str, style: Style) -> None:
        """Draw `text` from `column` on; the row grows as needed."""
        missing = column + len(text) - len(self._cells)
        self._cells.extend([(" ", Style.PLAIN)] * missing)
        self._cells[column : column + len(text)] = [(character, style) for character in text]

    def render(self, color: bool) -> str:
        """The row as text, without blanks at the end."""
        while self._cells and self._cells[-1][0] == " ":
            self._cells.pop()
        return "".join(
            paint("".join(character for character, _ in group), style, color)
            for style, group in groupby(self._cells, key=lambda cell: cell[1])
        )
