"""Positions across the flow: each layer is spread so that wires are as straight as they can be.

Within a layer the positions minimise `sum w (v - wanted)^2` under the distances
that boxes need: isotonic regression, by pooling adjacent violators. Sweeps go
forward and backward until boxes stand at the ends of their wires.
"""

from collections.abc import Iterator, Sequence

from attrs import evolve

from catnn.draw.layers import Item, Layered, Link

GAP, TIGHT = 16.0, 13.0


def place(found: Layered, sweeps: int = 10) -> None:
    """Give every item its middle across the flow; the least is 0 at the edge of the first box."""
    before, after = _neighbours(found)
    for layer in range(len(found.layers)):
        _stack(found.items(layer))
    for sweep in range(sweeps):
        order = range(len(found.layers))
        for layer in order if sweep % 2 == 0 else reversed(order):
            items = found.items(layer)
            near = before if sweep % 2 == 0 else after
            far = after if sweep % 2 == 0 else before
            _settle(items, [_wanted(item, near, far) for item in items])
    for layer in range(len(found.layers)):
        _snap(found.items(layer), before)
    for _ in range(2):
        _straighten(found, before)
    items = [item for layer in range(len(found.layers)) for item in found.items(layer)]
    top = min((item.middle - item.above for item in items), default=0.0)
    for item in items:
        item.middle -= top


def distance(one: Item, other: Item) -> float:
    """How far apart the middles of neighbours in a layer are, at least."""
    thin = one.kind in ("pass", "side") and other.kind in ("pass", "side")
    at_side = "side" in (one.kind, other.kind)
    return one.below + other.above + (TIGHT if thin or at_side else GAP)


def _neighbours(found: Layered) -> tuple[dict[int, list[Link]], dict[int, list[Link]]]:
    before: dict[int, list[Link]] = {}
    after: dict[int, list[Link]] = {}
    for link in (link for links in found.links for link in links):
        before.setdefault(id(link.target), []).append(link)
        after.setdefault(id(link.source), []).append(link)
    for group in (group for layer in found.layers for group in layer):
        for box in (item for item in group if item.kind == "node" and id(item) not in before):
            # A sign between two wires from the sides stands in their middle.
            own = [link for item in group if item is not box for link in before.get(id(item), ())]
            before[id(box)] = [evolve(link, target=box, head=0.0) for link in own]
    return before, after


def _stack(items: Sequence[Item]) -> None:
    position = 0.0
    for index, item in enumerate(items):
        if index:
            position += distance(items[index - 1], item)
        item.middle = position
    for item in items:
        item.middle -= position / 2


def _wanted(
    item: Item, near: dict[int, list[Link]], far: dict[int, list[Link]]
) -> tuple[float, float]:
    """Where the wires of an item would have it, and how much it matters."""
    links = near.get(id(item)) or far.get(id(item)) or []
    if not links:
        return item.middle, 0.1
    places = []
    for link in links:
        is_target = link.target is item
        other = link.begin if is_target else link.goal
        places.append((other - (link.head if is_target else link.tail), _pull(link)))
    strongest = max(pull for _, pull in places)
    aims = [value for value, pull in places if pull == strongest]
    matters = {"node": 512.0, "entry": 64.0, "exit": 64.0}.get(item.kind, 1.0)
    return sum(aims) / len(aims), matters


def _pull(link: Link) -> float:
    """The straight way from box to box matters most."""
    thin = [item.kind in ("pass", "side") for item in (link.source, link.target)]
    return 1.0 if any(thin) != all(thin) else 8.0


def _settle(items: Sequence[Item], wanted: Sequence[tuple[float, float]]) -> None:
    """Isotonic regression: pools of items that stand at their least distances."""
    shift, shifts = 0.0, []
    for index, item in enumerate(items):
        if index:
            shift += distance(items[index - 1], item)
        shifts.append(shift)
    pools: list[tuple[float, float, int]] = []
    for (value, weight), own in zip(wanted, shifts, strict=True):
        pools.append((value - own, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            second, first = pools.pop(), pools.pop()
            total = first[1] + second[1]
            mean = (first[0] * first[1] + second[0] * second[1]) / total
            pools.append((mean, total, first[2] + second[2]))
    values = [value for value, _, count in pools for _ in range(count)]
    for item, value, own in zip(items, values, shifts, strict=True):
        item.middle = value + own


def _snap(items: Sequence[Item], before: dict[int, list[Link]]) -> None:
    """Make straight what is nearly so, where the neighbours leave room."""
    for index, item in enumerate(items):
        links = before.get(id(item), [])
        aims = [link.begin - link.head for link in links]
        near = [aim for aim in aims if abs(aim - item.middle) < 9]
        goal = near[0] if near else round(item.middle)
        least = greatest = None
        if index:
            least = items[index - 1].middle + distance(items[index - 1], item)
        if index + 1 < len(items):
            greatest = items[index + 1].middle - distance(item, items[index + 1])
        if (least is None or goal >= least - 0.01) and (
            greatest is None or goal <= greatest + 0.01
        ):
            item.middle = goal


def _straighten(found: Layered, before: dict[int, list[Link]]) -> None:
    """Give the steps of one wire one height, where their neighbours leave room for it."""
    room: dict[int, tuple[float, float]] = {}
    for layer in range(len(found.layers)):
        items = found.items(layer)
        for index, item in enumerate(items):
            least, greatest = float("-inf"), float("inf")
            if index:
                least = items[index - 1].middle + distance(items[index - 1], item)
            if index + 1 < len(items):
                greatest = items[index + 1].middle - distance(item, items[index + 1])
            room[id(item)] = (least, greatest)
    for chain in _chains(found, before):
        least = max(room[id(item)][0] for item in chain)
        greatest = min(room[id(item)][1] for item in chain)
        if least <= greatest + 0.01:
            links = before.get(id(chain[0]), [])
            wanted = links[0].begin if links and len(chain) == 1 else chain[0].middle
            for item in chain:
                item.middle = min(max(wanted, least), greatest)


def _chains(found: Layered, before: dict[int, list[Link]]) -> Iterator[list[Item]]:
    """The runs of steps of each wire, up to where it ends at a side."""
    chains: dict[int, list[Item]] = {}
    for layer in range(len(found.layers)):
        for item in found.items(layer):
            if item.kind not in ("pass", "side"):
                continue
            source = before[id(item)][0].source
            chain = (
                chains.pop(id(source), []) if item.kind == "side" or source.kind == "pass" else []
            )
            chains[id(item)] = [*chain, item]
    yield from chains.values()
