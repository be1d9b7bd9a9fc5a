"""Diagrams as graphs for Graphviz: open boxes are clusters, wires carry their types."""

from collections.abc import Callable, Iterator

from catnn.draw import measure
from catnn.draw.diagram import Diagram, Node
from catnn.draw.layers import is_round
from catnn.draw.seen import closed, seen

SHAPES = {"leaf": "box", "source": "oval", "pattern": "oval", "operator": "oval"}


def dot(diagram: Diagram, is_open: Callable[[Node], bool], title: str) -> str:
    """The text of a directed graph; nodes are numbered in the order in which they run."""
    names = {id(node): f"n{k}" for k, node in enumerate(closed(diagram, is_open))}
    names[id(diagram.exit)] = "out"
    lines = [
        f"digraph {quoted(title)} {{",
        "  rankdir=LR;",
        '  node [fontname="sans-serif", fontsize=11, shape=box];',
        '  edge [fontname="monospace", fontsize=9, arrowhead=none];',
    ]
    for port, output in enumerate(diagram.entry.outputs):
        lines.append(f"  in{port} [label={quoted(output.name)}, shape=plaintext];")
    lines += _nodes(diagram, is_open, names, "  ", iter(range(10**6)))
    lines.append('  out [label="", shape=point];')
    for wire in seen(diagram, is_open):
        node = wire.source.node
        begin = names.get(id(node), f"in{wire.source.port}")
        style = ", style=dashed" if wire.is_context else ""
        label = measure.short(wire.source.type, diagram.values)
        tip = quoted(str(wire.source.type))
        lines.append(
            f"  {begin} -> {names[id(wire.target)]} [label={quoted(label)}, tooltip={tip}{style}];"
        )
    return "\n".join([*lines, "}"]) + "\n"


def _nodes(
    diagram: Diagram,
    is_open: Callable[[Node], bool],
    names: dict[int, str],
    indent: str,
    numbers: Iterator[int],
) -> Iterator[str]:
    for node in diagram.nodes:
        if node.inner is not None and is_open(node):
            yield f"{indent}subgraph cluster{next(numbers)} {{"
            yield f"{indent}  label={quoted(measure.heading(node))};"
            yield from _nodes(node.inner, is_open, names, indent + "  ", numbers)
            yield f"{indent}}}"
        else:
            shape = "circle" if is_round(node) else SHAPES.get(node.kind, "box")
            filled = ', style=filled, fillcolor="#dbeafe"' if node.all_leaves else ""
            label = quoted("\n".join(measure.lines(node)))
            yield f"{indent}{names[id(node)]} [label={label}, shape={shape}{filled}];"


def quoted(text: str) -> str:
    """A string of the dot language."""
    inside = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inside}"'


__all__ = ["dot", "quoted"]
