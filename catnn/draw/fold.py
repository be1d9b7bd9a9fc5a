"""Which boxes are open: whole levels as asked for, and no more than a page holds."""

from collections.abc import Callable

from catnn.draw.diagram import Diagram, Node

MOST = 60
"""So many boxes are on a picture at most, unless one body alone has more."""


def folded(diagram: Diagram, depth: int | None) -> Callable[[Node], bool]:
    """Whether a box is open, with `depth` levels of definitions open at most.

    The model itself is the first level. Frames of loops belong to the level in
    which they are. Without a depth there are two levels, each definition is open
    where it is met first, and parts of the library and tables stay closed, but
    for a part that is nearly the whole model.
    """
    open_: set[int] = set()
    met: set[str] = set()
    room = MOST - len(diagram.nodes)
    level = [(node, 1) for node in diagram.nodes]
    is_thin = len(diagram.nodes) <= 2  # all there is to see is inside
    for node, deep in level:  # which grows
        inner = deep if node.kind == "frame" and node.badge else deep + 1
        if node.inner is None or inner > (2 if depth is None else depth):
            continue
        is_library = node.is_library and not (is_thin and deep == 1)
        if depth is None and (is_library or node.kind == "table" or node.definition in met):
            continue
        if 0 < len(node.inner.nodes) <= room:
            room -= len(node.inner.nodes)
            open_.add(id(node))
            met |= {node.definition} - {""}
            level += [(held, inner) for held in node.inner.nodes]
    return lambda node: id(node) in open_


__all__ = ["folded"]
