"""What is seen of a diagram when some boxes are open: closed boxes, and wires from one to another."""

from collections.abc import Callable, Iterator

from attrs import frozen

from catnn.draw.diagram import Diagram, End, Input, Node


@frozen(eq=False)
class Seen:
    """A wire from an output of a closed box, or an input, to an input of another, or a result."""

    source: End
    target: Node
    index: int
    is_context: bool


def closed(diagram: Diagram, is_open: Callable[[Node], bool]) -> Iterator[Node]:
    """The boxes that are seen closed, in the order in which they run."""
    for node in diagram.nodes:
        if node.inner is not None and is_open(node):
            yield from closed(node.inner, is_open)
        else:
            yield node


def seen(diagram: Diagram, is_open: Callable[[Node], bool]) -> Iterator[Seen]:
    """The wires between closed boxes; an open box is passed through."""
    for node in [*closed(diagram, is_open), diagram.exit]:
        for index, given in enumerate(node.inputs):
            end = source(given, is_open)
            is_context = given.is_context or end.node.outputs[end.port].is_context
            yield Seen(end, node, index, is_context)


def source(given: Input, is_open: Callable[[Node], bool]) -> End:
    """Where a wire begins: at an input of the whole, or at a closed box."""
    end = given.end
    while True:
        node = end.node
        if node.kind == "entry" and node.graph.owner is not None:
            end = node.graph.owner.inputs[end.port].end
        elif node.inner is not None and is_open(node):
            end = node.inner.exit.inputs[end.port].end
        else:
            return end
