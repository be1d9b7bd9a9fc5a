"""Layers of a diagram: every box in a column, long wires in steps, few crossings.

A layered layout after Sugiyama, Tagawa and Toda 1981: longest-path layers,
one step per layer for a wire that passes (shared by all that it goes to),
and orders by barycentres and swaps of neighbours.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeAlias

from attrs import define, field, frozen

from catnn.draw.diagram import Diagram, End, Node

ItemKind: TypeAlias = Literal["node", "pass", "side", "entry", "exit"]


@frozen(eq=False)
class Frame:
    """The extent of a box along the flow and across it, and where its wires meet it.

    Offsets are across the flow, from the middle of the box; inputs from the
    side have none.
    """

    along: float
    across: float
    ins: tuple[float, ...] = ()
    outs: tuple[float, ...] = ()
    overhang: float = 0.0
    """How far what is written behind it reaches beyond its far side."""


@define(eq=False)
class Item:
    """What stands in a layer: a box, a wire that passes, one that enters a box from the side."""

    kind: ItemKind
    layer: int
    frame: Frame
    node: Node | None = None
    port: int = 0
    side: int = 0
    middle: float = 0.0
    start: float = 0.0
    edge: float = 0.0
    """Where a wire from the side meets its box."""

    @property
    def above(self) -> float:
        return self.frame.across / 2

    @property
    def below(self) -> float:
        return max(self.frame.across / 2, self.frame.overhang)


@frozen(eq=False)
class Link:
    """A piece of a wire from one layer to the next; `head` and `tail` are offsets of its ends."""

    source: Item
    target: Item
    tail: float
    head: float
    end: End
    is_context: bool

    @property
    def begin(self) -> float:
        return self.source.middle + self.tail

    @property
    def goal(self) -> float:
        return self.target.middle + self.head


@define(eq=False)
class Layered:
    """The layers in order, each a list of groups: a box stands with the wires at its sides."""

    layers: list[list[list[Item]]] = field(factory=list)
    links: list[list[Link]] = field(factory=list)
    """`links[k]` go from layer `k` to layer `k + 1`."""

    def items(self, layer: int) -> list[Item]:
        return [item for group in self.layers[layer] for item in group]


def is_round(node: Node) -> bool:
    """Whether a node is a sign in a circle."""
    return node.kind == "operator" and len(node.title) <= 3 and len(node.inputs) == 2


def layered(
    diagram: Diagram,
    frame: Callable[[Node], Frame],
    border: Callable[[Node, int], Frame],
    is_open: Callable[[Node], bool],
) -> Layered:
    """Boxes and wires in layers; `border` is the extent of an input or a result of the diagram."""
    return _Layering(diagram, frame, border, is_open).run()


class _Layering:
    def __init__(
        self,
        diagram: Diagram,
        frame: Callable[[Node], Frame],
        border: Callable[[Node, int], Frame],
        is_open: Callable[[Node], bool],
    ) -> None:
        self.diagram = diagram
        self.is_open = is_open
        self.frame = frame
        self.border = border
        self.depth = depths(diagram)
        self.last = 1 + max(self.depth.values(), default=0)
        self.found = Layered([[] for _ in range(self.last + 1)], [[] for _ in range(self.last)])
        self.at: dict[tuple[int, int], Item] = {}
        self.sides: dict[tuple[int, int], int] = {}

    def run(self) -> Layered:
        diagram = self.diagram
        for port in range(len(diagram.entry.outputs)):
            self.alone(Item("entry", 0, self.border(diagram.entry, port), diagram.entry, port))
        for node in diagram.nodes:
            item = Item("node", self.depth[id(node)], self.frame(node), node)
            self.at[id(node), 0] = item
            self.found.layers[item.layer].append([item])
            if node.inner is None or not self.is_open(node):
                self.sides |= {(id(node), k): side for k, side in sides(node, self.depth)}
        for port in range(len(diagram.exit.inputs)):
            self.alone(Item("exit", self.last, self.border(diagram.exit, port), diagram.exit, port))
        for end, targets in nets(diagram):
            self.wire(end, targets)
        reorder(self.found)
        return self.found

    def alone(self, item: Item) -> None:
        self.at[id(item.node), item.port] = item
        self.found.layers[item.layer].append([item])

    def wire(self, end: End, targets: Sequence[tuple[Node, int]]) -> None:
        """One wire, step by step, to all that it goes to."""
        is_entry = end.node is self.diagram.entry
        item = self.at[id(end.node), end.port if is_entry else 0]
        tail = 0.0 if is_entry else item.frame.outs[end.port]
        goals = sorted(
            (self.layer(node), order, node, index) for order, (node, index) in enumerate(targets)
        )
        is_context = all(self.is_context(node, index) for _, _, node, index in goals)
        for layer in range(item.layer + 1, goals[-1][0] + 1):
            for goal, _, node, index in goals:
                if goal == layer:
                    target, head = self.goal(node, index)
                    context = self.is_context(node, index)
                    self.found.links[layer - 1].append(Link(item, target, tail, head, end, context))
            if layer < goals[-1][0]:
                step = Item("pass", layer, Frame(0, 0))
                self.found.layers[layer].append([step])
                self.found.links[layer - 1].append(Link(item, step, tail, 0.0, end, is_context))
                item, tail = step, 0.0

    def layer(self, node: Node) -> int:
        return self.last if node is self.diagram.exit else self.depth[id(node)]

    def is_context(self, node: Node, index: int) -> bool:
        return (
            node.inputs[index].is_context
            or node.inputs[index].end.node.outputs[node.inputs[index].end.port].is_context
        )

    def goal(self, node: Node, index: int) -> tuple[Item, float]:
        """Where a wire ends: at a port, or at the side of a box."""
        if node is self.diagram.exit:
            return self.at[id(node), index], 0.0
        item = self.at[id(node), 0]
        side = self.sides.get((id(node), index))
        if side is None:
            return item, item.frame.ins[index]
        step = Item("side", item.layer, Frame(0, 0), node, index, side)
        group = next(group for group in self.found.layers[item.layer] if item in group)
        place = 0 if side < 0 else len(group)
        group.insert(place, step)
        return step, 0.0


def nets(diagram: Diagram) -> Iterator[tuple[End, list[tuple[Node, int]]]]:
    """Every wire: where it begins, and all inputs at which it ends."""
    found: dict[tuple[int, int], tuple[End, list[tuple[Node, int]]]] = {}
    for node in [*diagram.nodes, diagram.exit]:
        for index, given in enumerate(node.inputs):
            key = (id(given.end.node), given.end.port)
            found.setdefault(key, (given.end, []))[1].append((node, index))
    yield from found.values()


def depths(diagram: Diagram) -> dict[int, int]:
    """The layer of each node: behind all that it reads; what reads no input, close to its use."""
    depth = {id(diagram.entry): 0}
    reads_input = {id(diagram.entry)}
    users: dict[int, list[Node]] = {}
    for node in diagram.nodes:
        sources = [given.end.node for given in node.inputs]
        depth[id(node)] = 1 + max((depth[id(source)] for source in sources), default=0)
        if any(id(source) in reads_input for source in sources):
            reads_input.add(id(node))
        for source in sources:
            users.setdefault(id(source), []).append(node)
    for node in reversed(diagram.nodes):
        if id(node) not in reads_input and id(node) in users:
            depth[id(node)] = max(1, min(depth[id(user)] for user in users[id(node)]) - 1)
    del depth[id(diagram.entry)]
    return depth


def sides(node: Node, depth: dict[int, int]) -> Iterator[tuple[int, int]]:
    """Inputs that enter from the side, -1 above and 1 below.

    Contexts do, and what passes by a box on its way to a sign: of `id + f`, the
    first operand.
    """
    for index, given in enumerate(node.inputs):
        if given.is_context:
            yield index, -1
    if not is_round(node):
        return
    first, second = (given.end for given in node.inputs)
    if first.node is second.node and first.port == second.port:
        return
    near = [depth.get(id(end.node), 0) == depth[id(node)] - 1 for end in (first, second)]
    if near != [True, False]:
        yield 0, -1
    if near != [False, True]:
        yield 1, 1


# ---- orders ---------------------------------------------------------------------------------


def reorder(found: Layered, sweeps: int = 8) -> None:
    """Put the groups of every layer into an order with few crossings."""
    best, least = _kept(found), crossings(found)
    for sweep in range(sweeps):
        forward = sweep % 2 == 0
        count = len(found.layers)
        for layer in range(1, count) if forward else range(count - 2, -1, -1):
            _by_barycentre(found, layer, forward)
        _by_swaps(found)
        _by_flips(found)
        now = crossings(found)
        if now < least:
            best, least = _kept(found), now
        if least == 0:
            break
    found.layers = best
    for group in (group for layer in best for group in layer):
        box = next((place for place, item in enumerate(group) if item.kind == "node"), 0)
        for place, item in enumerate(group):
            item.side = (place > box) - (place < box)


def _kept(found: Layered) -> list[list[list[Item]]]:
    return [[list(group) for group in layer] for layer in found.layers]


def _by_barycentre(found: Layered, layer: int, forward: bool) -> None:
    links = found.links[layer - 1] if forward else found.links[layer]
    others = _ranks(found, layer - 1 if forward else layer + 1)
    reached: dict[int, list[float]] = {}
    for link in links:
        own, other = (link.target, link.source) if forward else (link.source, link.target)
        offset = link.tail if forward else link.head
        reached.setdefault(id(own), []).append(others[id(other)] + _fraction(other, offset))
    groups = found.layers[layer]
    keys = []
    for place, group in enumerate(groups):
        seen = [value for item in group for value in reached.get(id(item), ())]
        keys.append(sum(seen) / len(seen) if seen else float(place))
    found.layers[layer] = [groups[k] for k in sorted(range(len(groups)), key=lambda k: keys[k])]


def _fraction(item: Item, offset: float) -> float:
    return offset / (item.frame.across + 1)


def _ranks(found: Layered, layer: int) -> dict[int, float]:
    return {id(item): float(rank) for rank, item in enumerate(found.items(layer))}


def _by_swaps(found: Layered) -> None:
    """Swap neighbours where that leaves fewer crossings."""
    for layer in range(len(found.layers)):
        groups = found.layers[layer]
        for k in range(len(groups) - 1):
            before = _around(found, layer)
            groups[k], groups[k + 1] = groups[k + 1], groups[k]
            if _around(found, layer) >= before:
                groups[k], groups[k + 1] = groups[k + 1], groups[k]


def _by_flips(found: Layered) -> None:
    """Let a wire enter a sum or a product from the other side where that leaves fewer crossings."""
    for layer, groups in enumerate(found.layers):
        for group in groups:
            sign = next((item.node for item in group if item.kind == "node"), None)
            if len(group) == 1 or sign is None or sign.title not in ("+", "×"):
                continue
            before = _around(found, layer)
            group.reverse()
            if _around(found, layer) >= before:
                group.reverse()


def _around(found: Layered, layer: int) -> int:
    return sum(_crossed(found, k) for k in (layer - 1, layer) if 0 <= k < len(found.links))


def crossings(found: Layered) -> int:
    return sum(_crossed(found, k) for k in range(len(found.links)))


def _crossed(found: Layered, k: int) -> int:
    left, right = _ranks(found, k), _ranks(found, k + 1)
    pairs = sorted(
        (
            left[id(link.source)] + _fraction(link.source, link.tail),
            right[id(link.target)] + _fraction(link.target, link.head),
        )
        for link in found.links[k]
    )
    return sum(
        one[1] > other[1] and one[0] < other[0]
        for index, one in enumerate(pairs)
        for other in pairs[index + 1 :]
    )
