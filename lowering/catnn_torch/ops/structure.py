"""Shapes and indices: reshape, permute, expand, slice, concat, stack, gather."""

from collections.abc import Sequence
from typing import cast

from catnn.ir.terms import Apply, Leaf, Term
from catnn.types.dims import Dim
from catnn_torch.grouping import picked
from catnn_torch.ops.reductions import ALONG
from catnn_torch.ops.table import Emitter, aligned, expanded, own_dims
from catnn_torch.writer import Writer, dims, tensor, torch_dtype


def reshape(writer: Writer, term: Apply) -> str:
    """`flatten` and `unflatten` where one axis merges or splits, `reshape` otherwise."""
    pick = picked(term)
    if pick is not None and pick[0] not in writer.values:
        cut, axis = pick
        start = writer.size(cast(Dim, cut.attr("start")))
        return f"{writer.value(cut.arguments[0])}[{':, ' * axis}{start}]"
    text = writer.value(term.arguments[0])
    before, after = dims(term.arguments[0]), dims(term)
    front = _common(before, after)
    back = _common(before[front:][::-1], after[front:][::-1])
    inner_before = before[front : len(before) - back]
    inner_after = after[front : len(after) - back]
    if len(inner_after) == 1 and len(inner_before) > 1:
        end = len(before) - back - 1
        return f"{text}.flatten({front}, {end})" if back else f"{text}.flatten({front})"
    if len(inner_before) == 1 and len(inner_after) > 1:
        axis = front if back else -1
        return f"{text}.unflatten({axis}, ({writer.shape(inner_after)}))"
    if not inner_before and len(inner_after) == 1:
        return f"{text}.unsqueeze({front if back else -1})"
    if not inner_after and len(inner_before) == 1:
        return f"{text}.squeeze({front if back else -1})"
    return f"{text}.reshape({writer.shape(after) or '()'})"


def _common(left: Sequence[Dim], right: Sequence[Dim]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def permute(writer: Writer, term: Apply) -> str:
    direct = along_own_axis(writer, term)
    if direct is not None:
        return direct
    text = writer.value(term.arguments[0])
    axes = cast("tuple[int, ...]", term.attr("axes"))
    moved = [k for k, axis in enumerate(axes) if k != axis]
    if len(moved) == 2:
        first, second = moved
        if second == len(axes) - 1 and first == second - 1:
            return f"{text}.mT"
        return f"{text}.transpose({first}, {second})"
    return f"{text}.permute({', '.join(map(str, axes))})"


def along_own_axis(writer: Writer, term: Apply) -> str | None:
    """An axis moved to the end for a softmax and back: the softmax along that axis."""
    inner = term.arguments[0]
    if not (isinstance(inner, Apply) and inner.op in ALONG and used_here_only(writer, inner)):
        return None
    moved = inner.arguments[0]
    if not (isinstance(moved, Apply) and moved.op == "permute" and used_here_only(writer, moved)):
        return None
    there = cast("tuple[int, ...]", moved.attr("axes"))
    back = cast("tuple[int, ...]", term.attr("axes"))
    if [there[axis] for axis in back] != list(range(len(back))):
        return None
    (axis,) = cast("tuple[int, ...]", inner.attr("axes"))
    return ALONG[inner.op].format(writer.value(moved.arguments[0]), there[axis])


def used_here_only(writer: Writer, term: Term) -> bool:
    """Whether a value may be computed as a part of the only one that needs it."""
    return writer.optimise and term not in writer.values and writer.uses.get(term, 0) == 1


def expand(writer: Writer, term: Apply) -> str:
    number = writer.scalar(term.arguments[0])
    if number is not None:
        return filled(writer, term, number)
    text = writer.value(term.arguments[0])
    axes = cast("tuple[int, ...]", term.attr("axes"))
    rank = len(dims(term))
    if rank == len(axes):
        return f"{text}.expand({writer.shape(dims(term))})"
    marks = ["None" if k in axes else ":" for k in range(rank)]
    while marks and marks[-1] == ":":
        marks.pop()
    indexed = f"{text}[{', '.join(marks)}]"
    if all(dims(term)[axis] == Dim.of(1) for axis in axes):
        return indexed
    sizes = [writer.size(dim) if k in axes else "-1" for k, dim in enumerate(dims(term))]
    return f"{indexed}.expand({', '.join(sizes)})"


def filled(writer: Writer, term: Apply, number: str) -> str:
    """A number everywhere."""
    shape = writer.shape(dims(term))
    end = "," if len(dims(term)) == 1 else ""
    dtype = torch_dtype(tensor(term).element, writer)
    return f"torch.full(({shape}{end}), {number}, dtype={dtype}, device={writer.device()})"


def diagonal(writer: Writer, term: Apply) -> str:
    first, second = cast("tuple[int, int]", term.attr("axes"))
    text = f"torch.diagonal({writer.value(term.arguments[0])}, dim1={first}, dim2={second})"
    rank = len(dims(term))
    return text if first == rank - 1 else f"{text}.movedim(-1, {first})"


def concat(writer: Writer, term: Apply) -> str:
    return f"torch.cat(({_listed(writer, term)}), dim={_axis(term)})"


def stack(writer: Writer, term: Apply) -> str:
    parts = [_tensor(writer, term, k) for k in range(len(term.arguments))]
    listed = ", ".join(parts) + ("," if len(parts) == 1 else "")
    return f"torch.stack(({listed}), dim={_axis(term)})"


def _tensor(writer: Writer, term: Apply, position: int) -> str:
    argument = term.arguments[position]
    scalar = writer.scalar(argument)
    if scalar is None:
        return writer.value(argument)
    return f"torch.tensor({scalar}, dtype={writer.dtype()}, device={writer.device()})"


def _listed(writer: Writer, term: Apply) -> str:
    return ", ".join(writer.value(argument) for argument in term.arguments)


def _axis(term: Apply) -> int:
    """The axis, counted from the end where it is the last one."""
    axis = cast(int, term.attr("axis"))
    return -1 if axis == len(dims(term)) - 1 else axis


def cut(writer: Writer, term: Apply) -> str:
    axis = cast(int, term.attr("axis"))
    start, length = cast(Dim, term.attr("start")), cast(Dim, term.attr("length"))
    text = writer.value(term.arguments[0])
    whole = dims(term.arguments[0])[axis]
    first = "" if start == Dim.of(0) else writer.size(start)
    last = "" if start + length == whole else writer.size(start + length)
    rank = len(dims(term))
    if axis == rank - 1 and rank > 1:
        return f"{text}[..., {first}:{last}]"
    return f"{text}[{':, ' * axis}{first}:{last}]"


def gather(writer: Writer, term: Apply) -> str:
    """Rows of a table at indices; `F.embedding` where the table is a parameter matrix."""
    table, *indices = term.arguments
    if not term.carries[0]:
        texts = [_index(writer, term, k + 1) for k in range(len(indices))]
        known = any(writer.scalar(index) is not None for index in indices)
        if len(indices) == 1 and isinstance(table, Leaf) and len(dims(table)) == 2 and not known:
            return f"F.embedding({texts[0]}, {writer.value(table)})"
        return f"{writer.value(table)}[{', '.join(texts)}]"
    if _is_one_lookup_for_all(writer, term):
        return f"{writer.value(table)}[{':, ' * len(term.carries[0])}{writer.value(indices[0])}]"
    return _batched_gather(writer, term)


def _is_one_lookup_for_all(writer: Writer, term: Apply) -> bool:
    """Whether one tensor of indices serves all tables: these lead with the axes that it has not."""
    if len(term.carries) != 2 or writer.scalar(term.arguments[1]) is not None:
        return False
    led, chosen = term.carries
    return (*led, *chosen) == tuple(range(len(term.lead)))


def _index(writer: Writer, term: Apply, position: int) -> str:
    if len(term.arguments) == 2:
        return writer.value(term.arguments[position])
    return aligned(writer, term, position)


def _batched_gather(writer: Writer, term: Apply) -> str:
    """Each index of the lead has a table of its own: index the lead as well."""
    lead = len(term.lead)
    own = max((len(own_dims(term, k + 1)) for k in range(len(term.arguments) - 1)), default=0)
    grids = []
    for k, size in enumerate(term.lead):
        marks = ", ".join(":" if j == k else "None" for j in range(lead + own))
        grids.append(f"torch.arange({writer.size(size)}, device={writer.device()})[{marks}]")
    indices = [expanded(writer, term, k + 1) for k in range(len(term.arguments) - 1)]
    return f"{expanded(writer, term, 0)}[{', '.join([*grids, *indices])}]"


STRUCTURE: dict[str, Emitter] = {
    "reshape": reshape,
    "permute": permute,
    "expand": expand,
    "diagonal": diagonal,
    "concat": concat,
    "stack": stack,
    "slice": cut,
    "gather": gather,
}
