"""Pictures as SVG: letters of generic families, colours for light and dark paper, a tip on each part."""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from catnn.draw import measure
from catnn.draw.diagram import Node
from catnn.draw.layers import is_round
from catnn.draw.picture import Pair, Picture, Shape

CORNER = 4.0

SHARED = ("#d97706", "#0f766e", "#9333ea", "#be123c", "#4d7c0f", "#0369a1")
"""Borders of shared instances, by number."""

STYLE = """
text{font-family:sans-serif;font-size:12px;fill:#1f2328;text-anchor:middle}
.s,.l{font-family:monospace;font-size:10px;fill:#57606a}
.l{text-anchor:start;fill:#6e7781}
.n{text-anchor:start;font-style:italic}
.h{text-anchor:start}
.w{fill:none;stroke:#424a53;stroke-width:1.2}
.c{stroke-dasharray:4 3}
.k{stroke-dasharray:2 2;stroke:#8c959f}
.d{fill:#424a53}
.b{fill:#ffffff;stroke:#424a53;stroke-width:1.2}
.p{fill:#dbeafe}
.m{fill:#f6f8fa}
.f{fill:#8c959f;fill-opacity:.07;stroke:#8c959f;stroke-width:1}
.bg{fill:#ffffff}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}
.s{fill:#b1bac4}
.l{fill:#9198a1}
.w{stroke:#c9d1d9}
.k{stroke:#768390}
.d{fill:#c9d1d9}
.b{fill:#161b22;stroke:#c9d1d9}
.p{fill:#1b3a63}
.m{fill:#21262d}
.bg{fill:#0d1117}
}
"""


def svg(picture: Picture, title: str, description: str) -> str:
    """The picture as a document of its own."""
    style = f"<style>{STYLE.strip()}</style>"
    head = [opening(picture), *named(title, description), style]
    return "\n".join([*head, *elements(picture), "</svg>"]) + "\n"


def opening(picture: Picture, name: str = "") -> str:
    """The first tag: the size, and which texts describe the picture."""
    width, height = _number(picture.width), _number(picture.height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="t{name} e{name}" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    )


def named(title: str, description: str, name: str = "") -> list[str]:
    return [
        f'<title id="t{name}">{escape(title)}</title>',
        f'<desc id="e{name}">{escape(description)}</desc>',
    ]


def elements(picture: Picture, marks: Callable[[Node], str] = lambda node: "") -> Iterator[str]:
    """Paper, frames, wires, then boxes and labels; `marks` are further attributes of a box."""
    yield f'<rect class="bg" width="{_number(picture.width)}" height="{_number(picture.height)}"/>'
    frames = sorted((s for s in picture.shapes if s.is_open), key=lambda shape: shape.depth)
    for shape in frames:
        yield _frame(shape)
    for line in picture.lines:
        kind = "w c" if line.is_context else "w k" if line.is_back else "w"
        yield f'<path class="{kind}" d="{path(line.points)}"{_closed("path", line.tip)}'
        if line.is_back:
            yield _arrow(line.points)
    for x, y, _ in picture.dots:
        yield f'<circle class="d" cx="{_number(x)}" cy="{_number(y)}" r="2.4"/>'
    for shape in picture.shapes:
        if not shape.is_open:
            yield _box(shape, marks(shape.node))
    for text in picture.texts:
        kind = "n" if text.is_name else "l"
        tip = text.tip if text.tip != text.text else ""
        yield _text(kind, text.x, text.y, text.text, tip)


def path(points: Sequence[Pair]) -> str:
    """Lines with round corners."""
    found = [f"M{_number(points[0][0])} {_number(points[0][1])}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(CORNER, _length(before, here) / 2, _length(here, after) / 2)
        start, end = _toward(here, before, reach), _toward(here, after, reach)
        found.append(f"L{_pair(start)}Q{_pair(here)} {_pair(end)}")
    found.append(f"L{_pair(points[-1])}")
    return "".join(found)


def _box(shape: Shape, marks: str) -> str:
    node = shape.node
    kind = "b p" if node.all_leaves else "b m" if node.kind in ("pattern", "source") else "b"
    style = ""
    if node.shared is not None:
        style = f' style="stroke:{SHARED[node.shared % len(SHARED)]};stroke-width:2.2"'
    x, y, w, h = map(_number, (shape.x, shape.y, shape.width, shape.height))
    middle = shape.x + shape.width / 2
    parts = [f"<g{marks}><title>{escape(tip(shape))}</title>"]
    if node.badge:  # one box behind the other
        bx, by = _number(shape.x + 3), _number(shape.y - 3)
        parts.append(f'<rect class="{kind}" x="{bx}" y="{by}" width="{w}" height="{h}" rx="4"/>')
    if is_round(node):
        cy = shape.y + shape.height / 2
        r = _number(shape.width / 2)
        parts.append(
            f'<circle class="b"{style} cx="{_number(middle)}" cy="{_number(cy)}" r="{r}"/>'
        )
    else:
        corner = {"pattern": "9", "operator": "9", "leaf": "1", "source": "9"}.get(node.kind, "4")
        parts.append(
            f'<rect class="{kind}"{style} x="{x}" y="{y}" width="{w}" height="{h}" rx="{corner}"/>'
        )
    parts += _lines(shape, middle)
    return "".join(parts) + "</g>"


def _lines(shape: Shape, middle: float) -> Iterator[str]:
    node, shown = shape.node, measure.lines(shape.node)
    begin = shape.y + shape.height / 2 - measure.LINE * (len(shown) - 1) / 2 + 4
    is_small = node.kind in ("pattern", "source") or (
        node.kind == "operator" and not is_round(node)
    )
    for index, line in enumerate(shown):
        kind = "s" if index or is_small else ""
        yield _text(kind, middle, begin + measure.LINE * index, line)


def _frame(shape: Shape) -> str:
    node, style = shape.node, ""
    if node.shared is not None:
        style = f' style="stroke:{SHARED[node.shared % len(SHARED)]};stroke-width:2"'
    x, y, w, h = map(_number, (shape.x, shape.y, shape.width, shape.height))
    rect = f'<rect class="f"{style} x="{x}" y="{y}" width="{w}" height="{h}" rx="6"/>'
    heading = (
        _text("h", shape.x + 8, shape.y + 15, measure.heading(node))
        if measure.heading(node)
        else ""
    )
    return f"<g><title>{escape(tip(shape))}</title>{rect}{heading}</g>"


def tip(shape: Shape) -> str:
    """All that is known of a box: how it is written, what it makes, its parameters."""
    node = shape.node
    sources = ", ".join(str(given.end.type) for given in node.inputs)
    targets = ", ".join(str(output.type) for output in node.outputs)
    arrow = f"{sources} -> {targets}" if sources else targets
    lines = [node.tip or " ".join(measure.lines(node)), arrow]
    leaves = node.all_leaves
    if leaves:
        shown = leaves if len(leaves) <= 6 else [*leaves[:5], f"and {len(leaves) - 5} more"]
        lines.append("parameters: " + "; ".join(shown))
    return "\n".join(line for line in lines if line)


def _arrow(points: Sequence[Pair]) -> str:
    (ax, ay), (x, y) = points[-2], points[-1]
    dx, dy = (x > ax) - (x < ax), (y > ay) - (y < ay)
    base = (x - 5 * dx, y - 5 * dy)
    one = (base[0] + 3 * dy, base[1] + 3 * dx)
    other = (base[0] - 3 * dy, base[1] - 3 * dx)
    return f'<path class="d" d="M{_pair((x, y))}L{_pair(one)}L{_pair(other)}Z"/>'


def _text(kind: str, x: float, y: float, text: str, tip: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    inside = f"<title>{escape(tip)}</title>" if tip else ""
    return f'<text{named} x="{_number(x)}" y="{_number(y)}">{inside}{escape(text)}</text>'


def _closed(name: str, tip: str) -> str:
    return f"><title>{escape(tip)}</title></{name}>" if tip else "/>"


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _pair(point: Pair) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _length(one: Pair, other: Pair) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _toward(point: Pair, other: Pair, reach: float) -> Pair:
    length = _length(point, other) or 1.0
    part = reach / length
    return point[0] + (other[0] - point[0]) * part, point[1] + (other[1] - point[1]) * part


__all__ = ["STYLE", "elements", "named", "opening", "path", "svg", "tip"]
