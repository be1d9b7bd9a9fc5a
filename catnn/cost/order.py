"""In which order a contraction of many operands is done, two at a time.

    {o r, r i, b i -> b o}(L, R, x) = L (R x)

The order is chosen here, once, for the count of FLOPs and for the emitted code.
It is the one that costs least by opt_einsum's path finders, at the sizes that are
known; a run-time size is taken for `UNKNOWN_SIZE`, since code is written before it
is known, and so is a static one that a formula leaves open.
"""

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias, cast

from attrs import frozen

from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn.types.types import Tensor

Labels: TypeAlias = tuple[int, ...]

UNKNOWN_SIZE = 256
"""What a size that is not known is taken for."""


@frozen
class Step:
    """Two operands, by their labels and their places among what is left, become one.

    The places are ascending; the result stands last among what is left.
    """

    places: tuple[int, int]
    left: Labels
    right: Labels
    result: Labels

    @property
    def is_product(self) -> bool:
        """Whether it sums over a label of both: a matrix product."""
        return any(label in self.right and label not in self.result for label in self.left)

    @property
    def labels(self) -> frozenset[int]:
        """What the product runs over; a label of one operand alone is summed before."""
        one, other, kept = set(self.left), set(self.right), set(self.result)
        return frozenset((one & (other | kept)) | (other & (one | kept)))


def operand_labels(apply: Apply) -> list[Labels]:
    return [tuple(labels) for labels in cast("tuple[Labels, ...]", apply.attr("operands"))]


def result_labels(apply: Apply) -> Labels:
    return cast(Labels, apply.attr("result"))


def label_sizes(apply: Apply) -> dict[int, Dim]:
    """The size of every label of a contraction."""
    found: dict[int, Dim] = {}
    for argument, names in zip(apply.arguments, operand_labels(apply), strict=True):
        shape = argument.type.shape if isinstance(argument.type, Tensor) else ()
        pairs = zip(names, shape, strict=True)
        found.update({name: size for name, size in pairs if isinstance(size, Dim)})
    return found


def steps(apply: Apply, optimise: bool = True) -> tuple[Step, ...]:
    """The products that a contraction of two operands or more is made of, in order.

    Without `optimise` they begin with the first operand and take the next one each time.
    """
    labels, result = operand_labels(apply), result_labels(apply)
    if optimise and len(labels) > 2:
        sizes = {name: known(size) for name, size in label_sizes(apply).items()}
        path = cheapest(tuple(labels), result, tuple(sorted(sizes.items())))
    else:
        path = from_left(len(labels))
    found = []
    for places in path:
        first, second = (labels[k] for k in places)
        labels = [one for k, one in enumerate(labels) if k not in places]
        kept = kept_labels(first, second, [*labels, result]) if labels else result
        found.append(Step(places, first, second, kept))
        labels.append(kept)
    return tuple(found)


def from_left(count: int) -> list[tuple[int, int]]:
    """The result so far is the last one, after the first step."""
    return [(0, 1), *((0, left) for left in range(count - 2, 0, -1))][: max(0, count - 1)]


@cache
def cheapest(
    labels: tuple[Labels, ...], result: Labels, sizes: tuple[tuple[int, int], ...]
) -> list[tuple[int, int]]:
    """Places in pairs, ascending, by the path finders of opt_einsum."""
    from opt_einsum import paths

    inputs = [frozenset(map(str, names)) for names in labels]
    by_name = {str(name): size for name, size in sizes}
    path = paths.auto(inputs, frozenset(map(str, result)), by_name, None)
    return [cast("tuple[int, int]", tuple(sorted(pair))) for pair in path]


def kept_labels(first: Labels, second: Labels, rest: Sequence[Labels]) -> Labels:
    """The labels that what comes later needs: those of the larger operand first.

    So a matrix is applied to the last axis of a value, whichever of them comes first.
    """
    needed = {label for one in rest for label in one}
    one, other = (first, second) if len(first) >= len(second) else (second, first)
    return tuple(dict.fromkeys(label for label in (*one, *other) if label in needed))


def known(size: Dim) -> int:
    value = size.as_int()
    return UNKNOWN_SIZE if value is None else value


__all__ = ["UNKNOWN_SIZE", "Step", "label_sizes", "operand_labels", "result_labels", "steps"]
