"""How large things are: text by its letters, boxes by their text."""

from collections.abc import Mapping

from catnn.draw.diagram import Node
from catnn.draw.layers import is_round
from catnn.types.dims import Dim, Symbol
from catnn.types.types import Product, Tensor, Type

TITLE, SMALL = 12.0, 10.0
"""Sizes of letters: titles without serifs, all else in letters of one width."""
RADIUS = 10.0
LINE = 14.0
HEADER = 22.0
"""What the title of an open box takes."""

_NARROW, _WIDE = set("ijltfI.,:;'|!()[]{} "), set("mwMW@%—")
LONGEST_TYPE, LONGEST_SIZE = 34, 11


def wide(text: str) -> float:
    """The width of a title, rather too large than too small."""
    units = sum(0.38 if c in _NARROW else 0.95 if c in _WIDE else 0.63 for c in text)
    return units * TITLE


def small(text: str) -> float:
    """The width of a note or label."""
    return len(text) * SMALL * 0.61


def lines(node: Node) -> list[str]:
    """What stands in a closed box, line by line."""
    return [text for text in (node.title, node.note, node.badge) if text]


def heading(node: Node) -> str:
    """What stands above an open box."""
    named = f"{node.title}: {node.note}" if node.title and node.note else node.title or node.note
    return f"{named} {node.badge}".strip()


def box(node: Node) -> tuple[float, float]:
    """Width and height of a closed box."""
    if is_round(node):
        return 2 * RADIUS, 2 * RADIUS
    shown = lines(node)
    if node.kind in ("pattern", "operator", "source"):
        return max(24.0, small(node.title) + 14), 22.0 + LINE * (len(shown) - 1)
    first = wide(shown[0]) if shown else 0.0
    width = max([first, *(small(line) for line in shown[1:])]) + 18
    height = 14.0 + LINE * max(1, len(shown))
    return max(32.0, width), height


def short(type_: Type, values: Mapping[Symbol, Dim]) -> str:
    """A type as it stands on a wire: long sizes are numbers, by default values, or left out."""
    text = str(type_)
    if len(text) <= 14:
        return text
    if isinstance(type_, Tensor):
        element = str(type_.element)
        sizes = [
            _size(item, values) if isinstance(item, Dim) else str(item) for item in type_.shape
        ]
        cut = f"{element if len(element) < 16 else element.partition('(')[0]}[{', '.join(sizes)}]"
        return cut if len(cut) <= LONGEST_TYPE else f"[{len(sizes)} axes]"
    if isinstance(type_, Product):
        return f"{len(type_.items)}-tuple"
    return text if len(text) <= LONGEST_TYPE else text[: LONGEST_TYPE - 1] + "…"


def _size(size: Dim, values: Mapping[Symbol, Dim]) -> str:
    text = str(size)
    if len(text) <= 9:
        return text
    known = size.substitute(values).as_int()
    if known is not None:
        return str(known)
    dense = text.replace(" ", "")
    return dense if len(dense) <= LONGEST_SIZE else "…"
