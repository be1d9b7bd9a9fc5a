"""Plans as drawings in x and y, for writers of SVG and TikZ."""

from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from catnn.draw.arrange import Flow, Plan, arrange
from catnn.draw.diagram import Diagram, Node
from catnn.draw.wires import Label

PAGE = (1040.0, 1250.0)
"""What a page holds, in pixels: a longer picture flows down."""
MARGIN = 14.0

Pair: TypeAlias = tuple[float, float]


@frozen(eq=False)
class Shape:
    """A box: its upper left corner and its size."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    is_open: bool
    depth: int


@frozen(eq=False)
class Line:
    points: tuple[Pair, ...]
    tip: str
    is_context: bool
    is_back: bool


@frozen(eq=False)
class Text:
    """A label; its baseline starts at `x`, `y`."""

    x: float
    y: float
    text: str
    tip: str
    is_name: bool


@frozen(eq=False)
class Picture:
    width: float
    height: float
    shapes: tuple[Shape, ...]
    lines: tuple[Line, ...]
    dots: tuple[tuple[float, float, bool], ...]
    texts: tuple[Text, ...]


def picture(diagram: Diagram, is_open: Callable[[Node], bool], flow: Flow | None = None) -> Picture:
    """The drawing of a diagram; it flows to where it is seen largest on a page."""
    if flow is not None:
        return _drawn(arrange(diagram, is_open, flow), flow)
    right = _drawn(arrange(diagram, is_open, "right"), "right")
    if right.width <= PAGE[0]:
        return right
    down = _drawn(arrange(diagram, is_open, "down"), "down")
    return right if _scale(right) >= _scale(down) else down


def _scale(drawn: Picture) -> float:
    return min(PAGE[0] / drawn.width, PAGE[1] / drawn.height, 1.0)


def _drawn(plan: Plan, flow: Flow) -> Picture:
    def at(along: float, across: float) -> Pair:
        u, v = along + MARGIN, across + MARGIN
        return (round(u, 1), round(v, 1)) if flow == "right" else (round(v, 1), round(u, 1))

    width, height = at(plan.length + MARGIN, plan.breadth + MARGIN)
    shapes = []
    for box in plan.boxes:
        x, y = at(box.along, box.across)
        size = (box.length, box.breadth) if flow == "right" else (box.breadth, box.length)
        shapes.append(
            Shape(box.node, x, y, round(size[0], 1), round(size[1], 1), box.is_open, box.depth)
        )
    lines = [
        Line(_clean(tuple(at(u, v) for u, v in way.points)), way.tip, way.is_context, way.is_back)
        for way in plan.ways
    ]
    dots = [(*at(dot.along, dot.across), dot.is_context) for dot in plan.dots]
    texts = [_text(label, at(label.along, label.across), flow) for label in plan.labels]
    return Picture(width, height, tuple(shapes), tuple(lines), tuple(dots), tuple(texts))


def _clean(points: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """Without points that stand on the line between their neighbours."""
    kept: list[Pair] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and (
            kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]
        ):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _text(label: Label, corner: Pair, flow: Flow) -> Text:
    x, y = corner
    if label.is_name:
        place = (x, y + 4) if flow == "right" else (x, y + 11)
    else:
        place = (x + 4, y - 3) if flow == "right" else (x + 4, y + 11)
    return Text(*place, label.text, label.tip, label.is_name)
