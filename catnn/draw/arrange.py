"""A place for everything: diagrams inside of boxes first, then layers, wires and labels.

Everything is placed along the flow and across it; `picture` turns that into x
and y. An open box is as large as the diagram inside, whose wires continue
those that meet its border.
"""

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from attrs import define, evolve, field, frozen

from catnn.draw import measure
from catnn.draw.diagram import Diagram, End, Node
from catnn.draw.layers import Frame, Item, Layered, is_round, layered
from catnn.draw.place import place
from catnn.draw.route import STEP, Net, nets, tracks
from catnn.draw.wires import Dot, Label, Way, dots, end_of, feedback, ways

Flow: TypeAlias = Literal["right", "down"]

PORT = 18.0
"""The distance of wires at a box."""
CHANNEL = 16.0
MARGIN = 10.0
BACK = 10.0
STUB = 6.0
"""Less than the narrowest room between layers."""


@frozen(eq=False)
class Box:
    """A box at its place; `depth` counts the open boxes around it."""

    node: Node
    along: float
    across: float
    length: float
    breadth: float
    is_open: bool
    depth: int = 0


@define(eq=False)
class Plan:
    """A diagram with places for all that is in it."""

    length: float = 0.0
    breadth: float = 0.0
    boxes: list[Box] = field(factory=list)
    ways: list[Way] = field(factory=list)
    dots: list[Dot] = field(factory=list)
    labels: list[Label] = field(factory=list)
    ins: list[float] = field(factory=list)
    outs: list[float] = field(factory=list)

    def take(self, other: "Plan", along: float, across: float) -> None:
        """Put what is in another plan into this one."""
        self.boxes += [
            evolve(box, along=box.along + along, across=box.across + across, depth=box.depth + 1)
            for box in other.boxes
        ]
        self.ways += [way.moved(along, across) for way in other.ways]
        self.dots += [dot.moved(along, across) for dot in other.dots]
        self.labels += [label.moved(along, across) for label in other.labels]


@frozen(eq=False)
class Inside:
    """The plan inside of an open box, and where in the box it begins."""

    plan: Plan
    along: float
    across: float


def arrange(
    diagram: Diagram, is_open: Callable[[Node], bool], flow: Flow, is_top: bool = True
) -> Plan:
    """The plan of a diagram that flows to the right or down; at the `top` its inputs are named."""
    return _Arrangement(diagram, is_open, flow, is_top).plan()


class _Arrangement:
    def __init__(
        self, diagram: Diagram, is_open: Callable[[Node], bool], flow: Flow, is_top: bool
    ) -> None:
        self.diagram = diagram
        self.owner = None if is_top else diagram.owner
        self.is_open = is_open
        self.flow = flow
        self.insides: dict[int, Inside] = {}

    def plan(self) -> Plan:
        found = layered(self.diagram, self.frame, self.border, self.is_open)
        place(found)
        plan = Plan()
        bends = self.columns(found, plan)
        for net, bend in bends:
            plan.ways += ways(net, bend)
            plan.dots += dots(net, bend)
        items = [item for layer in range(len(found.layers)) for item in found.items(layer)]
        used = {(id(link.source), link.tail) for links in found.links for link in links}
        for item in items:
            if item.kind == "node":
                self.put(item, plan)
            plan.labels += self.labels(item)
            self.unused(item, used, plan)
        plan.breadth = max((item.middle + item.below for item in items), default=0.0)
        ports = sorted(items, key=lambda item: item.port)
        plan.ins = [item.middle for item in ports if item.kind == "entry"]
        plan.outs = [item.middle for item in ports if item.kind == "exit"]
        owner = self.diagram.owner
        if owner is not None and owner.feedback:
            plan.ways += feedback(plan.ins, plan.outs, owner.feedback, plan.length, plan.breadth)
            plan.breadth += BACK * (owner.feedback + 0.5)
        return plan

    # ---- extents ------------------------------------------------------------------------------

    def frame(self, node: Node) -> Frame:
        """The extent of a box; what is open is planned first."""
        labels = [self.label(End(node, port)) for port in range(len(node.outputs))]
        if node.inner is not None and self.is_open(node):
            length, breadth, ins, outs = self.opened(node, node.inner)
        else:
            width, height = measure.box(node)
            length, breadth = (width, height) if self.flow == "right" else (height, width)
            steps = (
                [self.step(label) for label in labels] if len(labels) > 1 else [PORT] * len(labels)
            )
            count = sum(not given.is_context for given in node.inputs)
            if not is_round(node):
                breadth = max(breadth, count * PORT, sum(steps))
            ins, outs = _inputs(node), _spread(steps)
        overhang = 0.0
        if self.flow == "down":
            reach = (o + 6 + measure.small(t) for o, t in zip(outs, labels, strict=True) if t)
            overhang = max(reach, default=0.0)
        return Frame(length, breadth, ins, outs, overhang)

    def step(self, label: str) -> float:
        return PORT if self.flow == "right" else max(PORT, measure.small(label) + 12)

    def opened(
        self, node: Node, inner: Diagram
    ) -> tuple[float, float, tuple[float, ...], tuple[float, ...]]:
        """Length, breadth, and where wires meet the border of an open box."""
        plan = arrange(inner, self.is_open, self.flow, is_top=False)
        title = measure.wide(measure.heading(node)) + 16 if measure.heading(node) else 0.0
        header = measure.HEADER if title else 8.0
        if self.flow == "right":
            along, across = 0.0, header
            length, breadth = max(plan.length, title), across + plan.breadth + MARGIN
        else:
            along = header
            across = max(MARGIN + 4, title - min(plan.ins, default=title))
            length, breadth = along + plan.length, max(across + plan.breadth + MARGIN, title)
            ports = zip(plan.ins, inner.entry.outputs, strict=True)
            plan.ways += [Way(((-along, v), (0.0, v)), "", port.is_context) for v, port in ports]
        if length > along + plan.length:  # the wires go on to the far border
            plan.ways += [Way(((plan.length, v), (length - along, v)), "") for v in plan.outs]
        self.insides[id(node)] = Inside(plan, along, across)
        middle = breadth / 2
        ins = tuple(across + v - middle for v in plan.ins)
        outs = tuple(across + v - middle for v in plan.outs)
        return length, breadth, ins, outs

    def border(self, node: Node, port: int) -> Frame:
        """An input or a result: at the top a name, inside of a box its border."""
        if self.owner is not None or node.kind == "exit":
            return Frame(0.0, 0.0)
        name = node.outputs[port].name
        text = measure.wide(name) + 6
        if self.flow == "right":
            return Frame(text, measure.LINE)
        label = self.label(End(node, port))
        return Frame(measure.LINE + 4, max(PORT, text), overhang=measure.small(label) + 6)

    # ---- along the flow -----------------------------------------------------------------------

    def columns(self, found: Layered, plan: Plan) -> list[tuple[Net, float]]:
        """Where each layer begins; the wires between layers, and where they bend."""
        begin, bends = 0.0, list[tuple[Net, float]]()
        for layer in range(len(found.layers)):
            items = found.items(layer)
            width = max((item.frame.along for item in items), default=0.0)
            for item in items:
                slack = width - item.frame.along
                rest = {"entry": slack, "exit": 0.0, "pass": width}.get(item.kind, slack / 2)
                item.start = begin + rest
            for group in found.layers[layer]:
                _beside(group)
            begin += width
            if layer < len(found.links):
                begin += self.channel(found, layer, begin, bends)
        plan.length = begin + (14.0 if self.owner is None else 0.0)
        if self.owner is None:
            last = found.items(len(found.layers) - 1)
            plan.ways += [Way(((begin, i.middle), (begin + 14.0, i.middle)), "") for i in last]
        return bends

    def channel(
        self, found: Layered, layer: int, end: float, bends: list[tuple[Net, float]]
    ) -> float:
        """How wide it is between a layer and the next: room for labels, then for bends."""
        groups = nets(found.links[layer])
        track = tracks([net for net in groups if not net.is_straight])
        labelled = [item for item in found.items(layer) if self.labels(item)]
        zone = max((end_of(item) + self.room(item) - end for item in labelled), default=0.0)
        zone, count = max(zone, 0.0), max(track.values(), default=-1) + 1
        width = zone + (max(CHANNEL, (count + 1) * STEP) if count else CHANNEL / 2)
        first = end + zone + (width - zone - (count - 1) * STEP) / 2
        bends += [(net, first + STEP * track.get(id(net), 0)) for net in groups]
        return width

    def room(self, item: Item) -> float:
        """What the labels of an item take along the flow."""
        texts = [label.text for label in self.labels(item)]
        return max(map(measure.small, texts)) + 6 if self.flow == "right" else measure.LINE

    # ---- what is seen -------------------------------------------------------------------------

    def put(self, item: Item, plan: Plan) -> None:
        """A box at its place, with what is inside."""
        assert item.node is not None
        inside, frame = self.insides.get(id(item.node)), item.frame
        across = item.middle - frame.across / 2
        is_open = inside is not None
        plan.boxes.append(Box(item.node, item.start, across, frame.along, frame.across, is_open))
        if inside is not None:
            plan.take(inside.plan, item.start + inside.along, across + inside.across)

    def labels(self, item: Item) -> list[Label]:
        """The types of the wires that begin at an item, and the names of inputs."""
        if item.kind == "entry":
            ports, offsets = [item.port], [0.0]
        elif item.kind == "node":
            assert item.node is not None
            ports, offsets = list(range(len(item.node.outputs))), list(item.frame.outs)
        else:
            return []
        assert item.node is not None
        found = []
        for port, offset in zip(ports, offsets, strict=True):
            text = self.label(End(item.node, port))
            if text:
                tip = str(item.node.outputs[port].type)
                found.append(Label(end_of(item), item.middle + offset, text, tip))
        if item.kind == "entry" and self.owner is None:
            name = item.node.outputs[item.port].name
            across = item.middle - (0.0 if self.flow == "right" else measure.wide(name) / 2)
            found.append(Label(item.start, across, name, is_name=True))
        return found

    def label(self, end: End) -> str:
        """The type at the beginning of a wire, unless the box around says it already."""
        owner = self.owner
        if owner is not None and end.node.kind == "entry":
            outside = owner.inputs[end.port].end.type
            return "" if outside == end.type else measure.short(end.type, self.diagram.values)
        if owner is not None:
            exits = [k for k, g in enumerate(self.diagram.exit.inputs) if _same(g.end, end)]
            users = [g for node in self.diagram.nodes for g in node.inputs if _same(g.end, end)]
            if exits and not users and owner.outputs[exits[0]].type == end.type:
                return ""
        return measure.short(end.type, self.diagram.values)

    def unused(self, item: Item, used: set[tuple[int, float]], plan: Plan) -> None:
        """A wire that nothing reads ends in a dot."""
        offsets = {"entry": (0.0,), "node": item.frame.outs}.get(item.kind, ())
        for offset in offsets:
            if (id(item), offset) not in used:
                begin, across = end_of(item), item.middle + offset
                plan.ways.append(Way(((begin, across), (begin + STUB, across)), ""))
                plan.dots.append(Dot(begin + STUB, across))


def _same(one: End, other: End) -> bool:
    return one.node is other.node and one.port == other.port


def _beside(group: Sequence[Item]) -> None:
    """Where the wires at the sides of a box turn to it: the outer ones further on."""
    box = next((item for item in group if item.kind == "node"), None)
    if box is None:
        return
    for side in (-1, 1):
        beside = [item for item in group if item.kind == "side" and item.side == side]
        for rank, item in enumerate(reversed(beside) if side < 0 else beside):
            item.start = box.start + box.frame.along * (rank + 1) / (len(beside) + 1)
            item.edge = box.middle + side * box.frame.across / 2


def _spread(steps: Sequence[float]) -> tuple[float, ...]:
    """Places of ports, around the middle."""
    if len(steps) == 1:
        return (0.0,)
    found, at = [], -sum(steps) / 2
    for step in steps:
        found.append(at + min(step, PORT) / 2)
        at += step
    return tuple(found)


def _inputs(node: Node) -> tuple[float, ...]:
    """Where the inputs of a closed box are; contexts enter from the side."""
    if is_round(node):
        twice = _same(node.inputs[0].end, node.inputs[1].end)
        return (-4.0, 4.0) if twice else (0.0, 0.0)
    own = _ordinary(node)
    offsets = iter(_spread([PORT] * len(own)) if own else ())
    return tuple(next(offsets) if k in own else 0.0 for k in range(len(node.inputs)))


def _ordinary(node: Node) -> list[int]:
    return [k for k, given in enumerate(node.inputs) if not given.is_context]
