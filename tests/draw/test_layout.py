"""Nothing overlaps, wires are straight and touch no box that they do not end at."""

from collections.abc import Iterator
from itertools import combinations, pairwise
from random import Random

import pytest

from catnn.draw.arrange import Flow
from catnn.draw.diagram import Diagram, End, Input, Node, Output
from catnn.draw.fold import folded
from catnn.draw.picture import Picture, Shape, picture
from catnn.types.types import SCALAR
from tests.draw.programs import EXAMPLES, PROGRAMS, drawn

FLOWS: tuple[Flow, ...] = ("right", "down")
NEAR = 0.6
"""Places are rounded to tenths."""


def inside(inner: Shape, outer: Shape) -> bool:
    return (
        outer.x - NEAR <= inner.x
        and outer.y - NEAR <= inner.y
        and inner.x + inner.width <= outer.x + outer.width + NEAR
        and inner.y + inner.height <= outer.y + outer.height + NEAR
    )


def apart(one: Shape, other: Shape) -> bool:
    return (
        one.x + one.width <= other.x + NEAR
        or other.x + other.width <= one.x + NEAR
        or one.y + one.height <= other.y + NEAR
        or other.y + other.height <= one.y + NEAR
    )


def ancestors(node: Node) -> Iterator[Node]:
    while node.graph.owner is not None:
        node = node.graph.owner
        yield node


def flaws(seen: Picture) -> Iterator[str]:
    """Whatever is wrong with a picture, in words."""
    for one, other in combinations(seen.shapes, 2):
        if one.node in ancestors(other.node):
            if not inside(other, one):
                yield f"`{other.node.title}` leaves `{one.node.title}`"
        elif other.node in ancestors(one.node):
            if not inside(one, other):
                yield f"`{one.node.title}` leaves `{other.node.title}`"
        elif not apart(one, other):
            yield f"`{one.node.title}` meets `{other.node.title}`"
    for line in seen.lines:
        for (ax, ay), (bx, by) in pairwise(line.points):
            if min(abs(ax - bx), abs(ay - by)) > 0.1:
                yield f"a wire is not straight: {line.points}"
            for shape in seen.shapes:
                if not shape.is_open and crosses(shape, (ax, ay), (bx, by)):
                    yield f"a wire runs through `{shape.node.title}`: {line.points}"
            if not (min(ax, bx) >= -NEAR and max(ax, bx) <= seen.width + NEAR):
                yield f"a wire leaves the page: {line.points}"
            if not (min(ay, by) >= -NEAR and max(ay, by) <= seen.height + NEAR):
                yield f"a wire leaves the page: {line.points}"


def crosses(shape: Shape, one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether a line meets the inside of a box."""
    edge = 1.0
    return (
        max(one[0], other[0]) > shape.x + edge
        and min(one[0], other[0]) < shape.x + shape.width - edge
        and max(one[1], other[1]) > shape.y + edge
        and min(one[1], other[1]) < shape.y + shape.height - edge
    )


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_no_flaw(program: str, flow: Flow) -> None:
    diagram = drawn(program)
    for depth in (None, 1, 4):
        assert list(flaws(picture(diagram, folded(diagram, depth), flow))) == []


@pytest.mark.parametrize("example", [path.stem for path in EXAMPLES])
def test_no_flaw_in_an_example(example: str) -> None:
    diagram = drawn(example)
    assert list(flaws(picture(diagram, folded(diagram, None)))) == []


def grown(draw: Random, diagram: Diagram, inputs: int, deep: int) -> Diagram:
    """Boxes with inputs from anywhere before, some with diagrams inside."""
    for k in range(inputs):
        diagram.entry.outputs.append(Output(SCALAR, f"x{k}", draw.randrange(5) == 0))
    ends = [End(diagram.entry, k) for k in range(inputs)]
    for _ in range(draw.randint(1, 7)):
        count = draw.randint(0, 3)
        title = draw.choice(["+", "linear", "f"])
        node = Node("operator" if count == 2 else "box", title, diagram)
        for end in draw.choices(ends, k=count):
            node.inputs.append(Input(end, end.node.outputs[end.port].is_context))
        node.outputs = [Output(SCALAR) for _ in range(draw.randint(1, 3))]
        diagram.add(node)
        if deep and count and draw.random() < 0.5:
            node.kind, node.title, node.badge = "frame", "frame", "× 3"
            node.inner = grown(draw, Diagram(node), count, deep - 1)
            node.outputs = [Output(SCALAR) for _ in node.inner.exit.inputs]
        ends += [End(node, k) for k in range(len(node.outputs))]
    diagram.exit.inputs += [Input(end) for end in draw.choices(ends, k=draw.randint(1, 3))]
    return diagram


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("seed", range(30))
def test_no_flaw_in_any_diagram(seed: int, flow: Flow) -> None:
    draw = Random(seed)
    diagram = grown(draw, Diagram(), draw.randint(1, 3), 2)
    assert list(flaws(picture(diagram, lambda node: True, flow))) == []


def test_flaws_are_found() -> None:
    seen = picture(drawn("chain"), lambda node: False, "right")
    first, second = (shape for shape in seen.shapes if shape.node.title in ("relu", "head"))
    moved = Shape(first.node, second.x - 9, second.y + 3, 40, 20, False, 0)
    found = list(flaws(Picture(seen.width, seen.height, (moved, second), seen.lines, (), ())))
    assert any("meets" in flaw for flaw in found)
    assert any("runs through" in flaw for flaw in found)


def test_a_long_chain_flows_down_and_a_short_one_to_the_right() -> None:
    for program, is_long in (("chain", False), ("gpt2", True)):
        diagram = drawn(program)
        seen = picture(diagram, folded(diagram, None))
        assert (seen.width < seen.height) == is_long
