"""Views that are taken together: all elements along an axis are `unbind`, all pieces `split`."""

from collections.abc import Iterable
from typing import Literal, cast

from attrs import field, frozen

from catnn.ir.terms import Apply, Term
from catnn.ir.views import shape_of
from catnn.types.dims import Dim

ZERO, ONE = Dim.of(0), Dim.of(1)
ATTENTION = ("scaled_dot_product_attention", "masked_attention", "biased_attention")


@frozen(eq=False)
class Group:
    """All parts of `whole` along `axis`, in order."""

    kind: Literal["unbind", "split"]
    whole: Term
    axis: int
    parts: tuple[Term, ...] = field(factory=tuple)


def picked(term: Term) -> tuple[Apply, int] | None:
    """The slice of length 1 under a reshape that only drops its axis, and the axis."""
    match term:
        case Apply(op="reshape", arguments=(Apply(op="slice") as cut,)):
            axis = cast(int, cut.attr("axis"))
            before = shape_of(cut)
            dropped = (*before[:axis], *before[axis + 1 :])
            if cut.attr("length") == ONE and shape_of(term) == dropped:
                return cut, axis
    return None


def groups(terms: Iterable[Term], uses: dict[Term, int]) -> dict[Term, Group]:
    """The group of each view that belongs to one."""
    picks: dict[tuple[Term, int], dict[Dim, Term]] = {}
    cuts: dict[tuple[Term, int], dict[Dim, Term]] = {}
    for term in terms:
        pick = picked(term)
        if pick is not None and uses.get(pick[0], 0) == 1:
            cut, axis = pick
            start = cast(Dim, cut.attr("start"))
            picks.setdefault((cut.arguments[0], axis), {})[start] = term
        if isinstance(term, Apply) and term.op == "slice":
            place = (term.arguments[0], cast(int, term.attr("axis")))
            cuts.setdefault(place, {})[cast(Dim, term.attr("start"))] = term
    found: dict[Term, Group] = {}
    for (whole, axis), parts in picks.items():
        count = shape_of(whole)[axis].as_int()
        if count is not None and count > 1 and len(parts) == count == len(cuts[whole, axis]):
            ordered = tuple(parts[Dim.of(k)] for k in range(count))
            found.update(dict.fromkeys(ordered, Group("unbind", whole, axis, ordered)))
    for (whole, axis), parts in cuts.items():
        tiles = _tiles(parts, axis, shape_of(whole)[axis])
        if len(tiles) > 1 and not any(tile in uses_of_picks(picks, whole, axis) for tile in tiles):
            found.update(dict.fromkeys(tiles, Group("split", whole, axis, tiles)))
    return found


def uses_of_picks(
    picks: dict[tuple[Term, int], dict[Dim, Term]], whole: Term, axis: int
) -> set[Term]:
    """The slices that stand under a pick: they are written as an index."""
    picked_here = picks.get((whole, axis), {}).values()
    return {pick.arguments[0] for pick in picked_here if isinstance(pick, Apply)}


def _tiles(parts: dict[Dim, Term], axis: int, size: Dim) -> tuple[Term, ...]:
    """Slices that follow one another from the first element to the last; none if they do not."""
    start, tiles = ZERO, []
    while start != size:
        tile = parts.get(start)
        if tile is None:
            return ()
        tiles.append(tile)
        start = start + shape_of(tile)[axis]
    return tuple(tiles) if len(tiles) == len(parts) else ()


def suggestions(terms: Iterable[Term], uses: dict[Term, int]) -> dict[Term, str]:
    """Queries, keys and values by their usual names, back through views that serve them alone."""
    found: dict[Term, str] = {}
    for term in terms:
        if isinstance(term, Apply) and term.op in ATTENTION:
            for name, argument in zip("qkv", term.arguments, strict=False):
                while isinstance(argument, Apply) and argument not in found:
                    if uses.get(argument, 0) != 1:
                        break
                    found[argument] = name
                    if argument.op not in ("permute", "reshape", "expand"):
                        break
                    if picked(argument):
                        break
                    argument = argument.arguments[0]
    return found
