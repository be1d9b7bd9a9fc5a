"""Pattern literals on lifted values: cut, split, contract or permute, repeat, merge, join."""

from collections.abc import Sequence

from catnn.elaborate.core import Assembly, Matched, Piece
from catnn.ir.build import tensor_type
from catnn.ir.terms import Term
from catnn.specialise.frame import Frame
from catnn.specialise.values import Axis, Lifted, Shaper, sizes, union
from catnn.types.dims import Dim
from catnn.types.types import REAL, Int, Tensor


def match_pattern(
    shaper: Shaper,
    pattern: Matched,
    operands: Sequence[Lifted],
    frame: Frame,
    stack: tuple[Axis, ...],
) -> list[Lifted]:
    """The results of a pattern, in order."""
    atomic = [frame.dim(size) for size in pattern.sizes]
    pieces = [_cut(shaper, piece, operands[piece.operand], frame) for piece in pattern.pieces]
    results = []
    for placement in pattern.results:
        parts = [
            _assemble(shaper, pattern, part, pieces, atomic, frame, stack)
            for part in placement.parts
        ]
        results.append(_join(shaper, parts, placement.join, stack))
    return results


def _cut(shaper: Shaper, piece: Piece, operand: Lifted, frame: Frame) -> Lifted:
    """An operand cut along its sum axes, its product axes split."""
    term, lead = operand.term, len(operand.axes)
    for axis, start, length in piece.slices:
        term = shaper.builder.slice(term, lead + axis, frame.dim(start), frame.dim(length))
    shape = tuple(frame.dim(size) for size in piece.shape)
    return shaper.own_reshape(Lifted(term, operand.axes), shape)


def _assemble(
    shaper: Shaper,
    pattern: Matched,
    part: Assembly,
    pieces: Sequence[Lifted],
    atomic: Sequence[Dim],
    frame: Frame,
    stack: tuple[Axis, ...],
) -> Lifted:
    chosen = [(pieces[k], list(pattern.pieces[k].axes)) for k in part.pieces]
    chosen = [_undoubled(shaper, value, axes) for value, axes in chosen]
    if len(chosen) == 1:
        value, axes = chosen[0]
        value, axes = _without_dropped(shaper, value, axes, part.axes, atomic)
        kept = [axis for axis in part.axes if axis in axes]
        value = shaper.own_permute(value, tuple(axes.index(axis) for axis in kept))
    else:
        value, kept = _contract(shaper, chosen, part.axes, atomic, stack)
    missing = [k for k, axis in enumerate(part.axes) if axis not in kept]
    lead = len(value.axes)
    full = sizes(value.axes) + tuple(atomic[axis] for axis in part.axes)
    term = shaper.builder.expand(value.term, [lead + k for k in missing], full)
    shape = tuple(frame.dim(size) for size in part.shape)
    return shaper.own_reshape(Lifted(term, value.axes), shape)


def _undoubled(shaper: Shaper, value: Lifted, axes: list[int]) -> tuple[Lifted, list[int]]:
    """A name that an operand has twice is its diagonal."""
    position = 0
    while position < len(axes):
        if axes[position] in axes[:position]:
            first = axes.index(axes[position])
            lead = len(value.axes)
            term = shaper.builder.diagonal(value.term, lead + first, lead + position)
            value = Lifted(term, value.axes)
            axes = axes[:position] + axes[position + 1 :]
        else:
            position += 1
    return value, axes


def _without_dropped(
    shaper: Shaper, value: Lifted, axes: list[int], wanted: Sequence[int], atomic: Sequence[Dim]
) -> tuple[Lifted, list[int]]:
    """A single operand drops axes of size 1 only."""
    kept = [axis for axis in axes if axis in wanted]
    if kept == axes:
        return value, axes
    return shaper.own_reshape(value, tuple(atomic[axis] for axis in kept)), kept


def _contract(
    shaper: Shaper,
    chosen: Sequence[tuple[Lifted, list[int]]],
    wanted: Sequence[int],
    atomic: Sequence[Dim],
    stack: tuple[Axis, ...],
) -> tuple[Lifted, list[int]]:
    """The sum of products over the axes that are not wanted."""
    lead = union([value for value, _ in chosen], stack)
    present = {axis for _, axes in chosen for axis in axes}
    kept = [axis for axis in wanted if axis in present]
    base = len(lead)
    labels = [
        tuple(lead.index(axis) for axis in value.axes) + tuple(base + axis for axis in axes)
        for value, axes in chosen
    ]
    result = tuple(range(base)) + tuple(base + axis for axis in kept)
    terms = [value.term for value, _ in chosen]
    element = tensor_type(terms[0]).element
    if any(tensor_type(term).element == REAL for term in terms):
        element = REAL
        terms = [_real(shaper, term) for term in terms]
    shape = sizes(lead) + tuple(atomic[axis] for axis in kept)
    term = shaper.builder.contract(terms, labels, result, Tensor(element, shape))
    return Lifted(term, lead), kept


def _real(shaper: Shaper, term: Term) -> Term:
    tensor = tensor_type(term)
    if not isinstance(tensor.element, Int):
        return term
    lead = tuple(item for item in tensor.shape if isinstance(item, Dim))
    carries = (tuple(range(len(lead))),)
    return shaper.builder.apply("real", (term,), Tensor(REAL, lead), (), lead, carries)


def _join(
    shaper: Shaper, parts: Sequence[Lifted], position: int, stack: tuple[Axis, ...]
) -> Lifted:
    if position < 0:
        return parts[0]
    axes = union(list(parts), stack)
    terms = [shaper.carry(part, axes).term for part in parts]
    return Lifted(shaper.builder.concat(terms, len(axes) + position), axes)
