"""Ways of wires between two layers: one bend, on a track of its own where wires pass each other."""

from collections.abc import Sequence

from attrs import frozen

from catnn.draw.layers import Link

STEP = 9.0
"""The distance of tracks."""


@frozen(eq=False)
class Net:
    """The pieces of one wire between two layers: from one place to some."""

    links: tuple[Link, ...]

    @property
    def start(self) -> float:
        return self.links[0].begin

    @property
    def goals(self) -> list[float]:
        return [link.goal for link in self.links]

    @property
    def span(self) -> tuple[float, float]:
        places = [self.start, *self.goals]
        return min(places), max(places)

    @property
    def is_straight(self) -> bool:
        low, high = self.span
        return high - low < 0.5


def nets(links: Sequence[Link]) -> list[Net]:
    """Links that begin at one place, together."""
    found: dict[tuple[int, float], list[Link]] = {}
    for link in links:
        found.setdefault((id(link.source), link.tail), []).append(link)
    return [Net(tuple(group)) for group in found.values()]


def tracks(bent: Sequence[Net]) -> dict[int, int]:
    """The track of each net that bends, by identity: crossings are few, and no two wires run in one.

    A wire that leaves at the height at which another arrives bends first.
    """
    order: list[Net] = []
    for net in sorted(bent, key=lambda net: (net.span, net.start)):
        costs = [
            sum(_cost(other, net) for other in order[:place])
            + sum(_cost(net, other) for other in order[place:])
            for place in range(len(order) + 1)
        ]
        order.insert(costs.index(min(costs)), net)
    found: dict[int, int] = {}
    for index, net in enumerate(order):
        earlier = [found[id(other)] + 1 for other in order[:index] if _meet(other, net)]
        found[id(net)] = max(earlier, default=0)
    return found


def _meet(one: Net, other: Net) -> bool:
    """Whether two nets need tracks of their own."""
    margin = 4
    return one.span[0] - margin <= other.span[1] and other.span[0] - margin <= one.span[1]


def _cost(left: Net, right: Net) -> int:
    """Crossings if `left` bends before `right`; running in each other is worst."""
    low, high = right.span
    crossed = sum(low < goal < high for goal in left.goals)
    low, high = left.span
    crossed += low < right.start < high
    same = sum(abs(right.start - goal) < 3 for goal in left.goals)
    return crossed + 100 * same
