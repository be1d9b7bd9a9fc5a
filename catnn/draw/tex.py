"""Pictures as TikZ, in a file that compiles by itself or is read by `\\input` into `standalone`."""

from collections.abc import Iterator

from catnn.draw import measure
from catnn.draw.layers import is_round
from catnn.draw.picture import Line, Picture, Shape

HEAD = r"""\documentclass[tikz,border=4pt]{standalone}
\usepackage[T1]{fontenc}
\definecolor{parameters}{HTML}{DBEAFE}
\definecolor{frames}{HTML}{F4F5F6}
\begin{document}
\begin{tikzpicture}[x=0.75pt, y=-0.75pt, line width=0.6pt, rounded corners=2pt,
  title/.style={font=\sffamily\fontsize{8.5}{10}\selectfont, inner sep=0pt},
  small/.style={font=\ttfamily\fontsize{7}{8}\selectfont, inner sep=0pt}]"""

LETTERS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "#": r"\#",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "-": "-{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "×": r"$\times$",
    "−": r"$-$",
    "÷": r"$\div$",
    "·": r"$\cdot$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    "←": r"$\leftarrow$",
    "…": r"\ldots{}",
}


def tex(picture: Picture, title: str) -> str:
    """The text of a LaTeX document with the picture alone."""
    body = [f"  {line}" for line in _elements(picture)]
    tail = [r"\end{tikzpicture}", r"\end{document}"]
    return "\n".join([f"% {title}", HEAD, *body, *tail]) + "\n"


def escaped(text: str) -> str:
    """Text as LaTeX sets it."""
    return "".join(LETTERS.get(letter, letter) for letter in text)


def _elements(picture: Picture) -> Iterator[str]:
    frames = sorted((s for s in picture.shapes if s.is_open), key=lambda shape: shape.depth)
    for shape in frames:
        yield rf"\filldraw[draw=gray, fill=frames] {_area(shape)};"
        yield _node(
            "title, anchor=base west", shape.x + 8, shape.y + 15, measure.heading(shape.node)
        )
    for line in picture.lines:
        yield rf"\draw{_style(line)} {' -- '.join(_at(x, y) for x, y in line.points)};"
    for x, y, _ in picture.dots:
        yield rf"\fill {_at(x, y)} circle[radius=1.6pt];"
    for shape in picture.shapes:
        if not shape.is_open:
            yield from _box(shape)
    for text in picture.texts:
        style = "title, font=\\sffamily\\itshape\\small" if text.is_name else "small, gray"
        yield _node(f"{style}, anchor=base west", text.x, text.y, text.text)


def _style(line: Line) -> str:
    if line.is_back:
        return "[densely dotted, ->]"
    return "[dashed]" if line.is_context else ""


def _box(shape: Shape) -> Iterator[str]:
    node = shape.node
    fill = "parameters" if node.all_leaves else "white"
    middle = shape.x + shape.width / 2
    if is_round(node):
        place = _at(middle, shape.y + shape.height / 2)
        yield rf"\filldraw[fill={fill}] {place} circle[radius={0.75 * shape.width / 2:.1f}pt];"
    else:
        if node.badge:
            yield rf"\filldraw[fill={fill}] {_area(shape, 3, -3)};"
        yield rf"\filldraw[fill={fill}] {_area(shape)};"
    shown = measure.lines(node)
    begin = shape.y + shape.height / 2 - measure.LINE * (len(shown) - 1) / 2
    for index, line in enumerate(shown):
        is_small = index or node.kind in ("pattern", "source")
        yield _node("small" if is_small else "title", middle, begin + measure.LINE * index, line)


def _area(shape: Shape, right: float = 0.0, down: float = 0.0) -> str:
    x, y = shape.x + right, shape.y + down
    return f"{_at(x, y)} rectangle {_at(x + shape.width, y + shape.height)}"


def _node(style: str, x: float, y: float, text: str) -> str:
    return rf"\node[{style}] at {_at(x, y)} {{{escaped(text)}}};"


def _at(x: float, y: float) -> str:
    return f"({x:.1f},{y:.1f})"


__all__ = ["escaped", "tex"]
