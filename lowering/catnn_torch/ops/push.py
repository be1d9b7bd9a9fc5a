"""`push`: values gathered at the places that indices say, by `index_add` or `scatter_reduce`.

Both have a gradient that is a lookup (shared evenly among equal extremes), the same in every run.
"""

from collections.abc import Sequence

from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn_torch.naming import Wish
from catnn_torch.ops.table import Emitter, carries_all, expanded
from catnn_torch.writer import Writer, dims


def _sum(writer: Writer, term: Apply) -> str:
    """One set of indices for all of the lead adds along its axis; else each has its own."""
    axis = len(term.lead)
    index, values = writer.value(term.arguments[0]), expanded(writer, term, 1)
    zeros = _filled(writer, term, "new_zeros", dims(term))
    if not term.carries[0]:
        return f"{zeros}.index_add({axis}, {index}, {values})"
    return f"{zeros}.scatter_add({axis}, {_spread_index(writer, term)}, {values})"


def _mean(writer: Writer, term: Apply) -> str:
    """The sum over the number of items; an empty place is 0."""
    index = term.arguments[0]
    *lead, items = dims(index)
    places = dims(term)[len(term.lead)]
    total = writer.local(Wish("total"))
    writer.line(f"{total} = {_sum(writer, term)}", str(term.type))
    ones = _filled(writer, term, "new_ones", (*lead, items))
    zeros = _filled(writer, term, "new_zeros", (*lead, places))
    add = f"{'scatter_add' if lead else 'index_add'}({len(lead)}, {writer.value(index)}, {ones})"
    count = writer.local(Wish("count"))
    writer.line(f"{count} = {zeros}.{add}.clamp(min=1)")
    carried = term.carries[0]
    rest = len(dims(term)) - len(term.lead) - 1
    marks = [":" if k in carried else "None" for k in range(len(term.lead))]
    marks += [":"] + ["None"] * rest
    while marks and marks[0] == "None":
        marks.pop(0)
    aligned = count if "None" not in marks else f"{count}[{', '.join(marks)}]"
    return f"{total} / {aligned}"


def _extreme(reduce: str) -> Emitter:
    def emit(writer: Writer, term: Apply) -> str:
        values = expanded(writer, term, 1)
        zeros = _filled(writer, term, "new_zeros", dims(term))
        return (
            f"{zeros}.scatter_reduce({len(term.lead)}, {_spread_index(writer, term)},"
            f' {values}, "{reduce}", include_self=False)'
        )

    return emit


def _filled(writer: Writer, term: Apply, function: str, shape: Sequence[Dim]) -> str:
    """A constant in the precision of the values, where they are."""
    end = "," if len(shape) == 1 else ""
    return f"{writer.value(term.arguments[1])}.{function}(({writer.shape(shape)}{end}))"


def _spread_index(writer: Writer, term: Apply) -> str:
    """The index with every axis of the values."""
    text = writer.value(term.arguments[0])
    lead, carried = len(term.lead), term.carries[0]
    rest = len(dims(term)) - lead - 1
    if carries_all(term, 0) and not rest:
        return text
    marks = [":" if k in carried else "None" for k in range(lead)]
    marks += [":"] + ["None"] * rest
    while marks and marks[0] == "None":
        marks.pop(0)
    aligned = text if "None" not in marks else f"{text}[{', '.join(marks)}]"
    items = dims(term.arguments[0])[-1]
    own = dims(term)[lead + 1 :]
    return f"{aligned}.expand({writer.shape((*term.lead, items, *own))})"


PUSH: dict[str, Emitter] = {
    "push_sum": _sum,
    "push_mean": _mean,
    "push_max": _extreme("amax"),
    "push_min": _extreme("amin"),
}
