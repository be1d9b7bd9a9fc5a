"""What an emitter is, and the alignment of arguments along lead axes."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn_torch.writer import Writer, dims

Emitter: TypeAlias = Callable[[Writer, Apply], str]
"""Gives the expression of an application; the caller binds it to a name."""


def aligned(writer: Writer, term: Apply, position: int, own: int = 0) -> str:
    """Argument `position` so that it broadcasts against the lead and `own` axes behind it."""
    argument = term.arguments[position]
    text = writer.value(argument)
    carried = term.carries[position]
    rank = len(term.lead)
    if carried == tuple(range(rank - len(carried), rank)):
        return text
    marks = [":" if k in carried else "None" for k in range(rank)]
    while marks and marks[0] == "None":
        marks.pop(0)
    own_rank = len(dims(argument)) - len(carried)
    if own_rank:
        marks.append("...")
    return f"{text}[{', '.join(marks)}]"


def carries_all(term: Apply, position: int) -> bool:
    return len(term.carries[position]) == len(term.lead)


def carries_none(term: Apply, position: int) -> bool:
    return not term.carries[position]


def expanded(writer: Writer, term: Apply, position: int) -> str:
    """Argument `position` with every lead axis in place; a number stays one."""
    number = writer.scalar(term.arguments[position])
    if number is not None:
        return number
    if carries_all(term, position):
        return writer.value(term.arguments[position])
    argument = term.arguments[position]
    own = dims(argument)[len(term.carries[position]) :]
    text = aligned(writer, term, position)
    return f"{text}.expand({writer.shape((*term.lead, *own))})"


def own_dims(term: Apply, position: int) -> tuple[Dim, ...]:
    """The argument's axes behind the lead."""
    return dims(term.arguments[position])[len(term.carries[position]) :]


def is_uneven(term: Apply) -> bool:
    """Whether arguments carry different leads."""
    return any(carried != term.carries[0] for carried in term.carries)


def flattened(writer: Writer, text: str, lead: Sequence[Dim], own: Sequence[Dim]) -> str:
    """All lead axes as one in front of the own ones."""
    match len(lead):
        case 0:
            return f"{text}.unsqueeze(0)"
        case 1:
            return text
        case count:
            return f"{text}.flatten(0, {count - 1})"


def unflattened(writer: Writer, text: str, lead: Sequence[Dim]) -> str:
    match len(lead):
        case 0:
            return f"{text}.squeeze(0)"
        case 1:
            return text
        case _:
            return f"{text}.unflatten(0, ({writer.shape(lead)}))"


__all__ = [
    "Emitter",
    "aligned",
    "carries_all",
    "carries_none",
    "expanded",
    "flattened",
    "is_uneven",
    "own_dims",
    "unflattened",
]
