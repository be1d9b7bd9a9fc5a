"""Wires as lines: bends between layers, dots where a wire is copied, the way back of a state."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from attrs import evolve, frozen

from catnn.draw.layers import Item
from catnn.draw.route import Net

Point: TypeAlias = tuple[float, float]
"""Along the flow, and across it."""


@frozen(eq=False)
class Way:
    """A line of right angles; `tip` is the type of what runs along it."""

    points: tuple[Point, ...]
    tip: str
    is_context: bool = False
    is_back: bool = False

    def moved(self, along: float, across: float) -> "Way":
        return evolve(self, points=tuple((u + along, v + across) for u, v in self.points))


@frozen(eq=False)
class Dot:
    """Where a wire is copied."""

    along: float
    across: float
    is_context: bool = False

    def moved(self, along: float, across: float) -> "Dot":
        return evolve(self, along=self.along + along, across=self.across + across)


@frozen(eq=False)
class Label:
    """A text at the beginning of a wire; `is_name` for that of an input of the model."""

    along: float
    across: float
    text: str
    tip: str = ""
    is_name: bool = False

    def moved(self, along: float, across: float) -> "Label":
        return evolve(self, along=self.along + along, across=self.across + across)


def ways(net: Net, bend: float) -> Iterator[Way]:
    """The lines of a net that bends at a place along the flow."""
    for link in net.links:
        begin = (end_of(link.source), link.begin)
        points, height = [begin], link.begin
        if abs(link.goal - link.begin) >= 0.5:
            points += [(bend, link.begin), (bend, link.goal)]
            height = link.goal
        points.append((link.target.start, height))
        if link.target.kind == "side":
            points.append((link.target.start, link.target.edge))
        yield Way(tuple(points), str(link.end.type), link.is_context)


def end_of(item: Item) -> float:
    """Where the wires of an item begin along the flow."""
    return item.start + (item.frame.along if item.kind in ("node", "entry") else 0.0)


def dots(net: Net, bend: float) -> Iterator[Dot]:
    """Where the lines of a net part."""
    start, goals = net.start, sorted(net.goals)
    is_context = all(link.is_context for link in net.links)
    up = [goal for goal in goals if goal < start - 0.5]
    down = [goal for goal in goals if goal > start + 0.5]
    ahead = len(up) + len(down) < len(goals)
    if (up and down) or (ahead and (up or down)):
        yield Dot(bend, start, is_context)
    for goal in [*up[1:], *down[:-1]]:
        yield Dot(bend, goal, is_context)


def feedback(
    ins: Sequence[float], outs: Sequence[float], count: int, length: float, breadth: float
) -> list[Way]:
    """The state of a loop on its way back, from the first results to the first inputs."""
    found = []
    for k in range(min(count, len(ins), len(outs))):
        aside, row = 5.0 + 4.0 * k, breadth + 10.0 * (k + 1)
        points = (
            (length - aside, outs[k]),
            (length - aside, row),
            (aside, row),
            (aside, ins[k]),
        )
        found.append(Way(points, "the state of the next turn", is_back=True))
    return found
