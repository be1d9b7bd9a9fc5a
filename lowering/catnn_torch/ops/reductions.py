"""Reductions and what runs along an axis."""

from collections.abc import Sequence
from typing import cast

from catnn.ir.terms import Apply, Term
from catnn.types.dims import Dim
from catnn_torch.ops.table import Emitter
from catnn_torch.writer import Writer, dims


def axes_text(term: Apply) -> str:
    return listed(cast("tuple[int, ...]", term.attr("axes")))


def listed(axes: Sequence[int]) -> str:
    return str(axes[0]) if len(axes) == 1 else f"({', '.join(map(str, axes))})"


def _reduction(form: str) -> Emitter:
    def emit(writer: Writer, term: Apply) -> str:
        if not term.attr("axes"):
            text = writer.value(term.arguments[0])
            return SCALAR_RESULT.get(term.op, "{}").format(text)
        argument, axes = in_place(writer, term)
        return form.format(writer.value(argument), listed(axes))

    return emit


def in_place(writer: Writer, term: Apply) -> tuple[Term, Sequence[int]]:
    """The argument and axes of a reduction, where they stood before they were moved to the end."""
    argument = term.arguments[0]
    axes = cast("tuple[int, ...]", term.attr("axes"))
    if not (isinstance(argument, Apply) and argument.op == "permute"):
        return argument, axes
    is_own = writer.optimise and writer.uses.get(argument, 0) == 1
    if argument in writer.values or not is_own:
        return argument, axes
    order = cast("tuple[int, ...]", argument.attr("axes"))
    gone = sorted(order[axis] for axis in axes)
    kept = [axis for axis in order if axis not in gone]
    return (argument.arguments[0], gone) if kept == sorted(kept) else (argument, axes)


SCALAR_RESULT = {"variance": "torch.zeros_like({})"}


def _product(writer: Writer, term: Apply) -> str:
    axes = cast("tuple[int, ...]", term.attr("axes"))
    text = writer.value(term.arguments[0])
    if len(axes) > 1:
        text = f"{text}.flatten({axes[0]}, -1)"
    return f"{text}.prod(-1)" if axes else text


def _along(form: str) -> Emitter:
    def emit(writer: Writer, term: Apply) -> str:
        return form.format(writer.value(term.arguments[0]), axes_text(term))

    return emit


def _pair(form: str) -> Emitter:
    """Values and indices along the last axis."""

    def emit(writer: Writer, term: Apply) -> str:
        return form.format(writer.value(term.arguments[0]))

    return emit


def _top(writer: Writer, term: Apply) -> str:
    k = term.attr("k")
    count = writer.size(k) if isinstance(k, Dim) else str(k)
    return f"torch.topk({writer.value(term.arguments[0])}, {count}, dim=-1)"


def _one_hot(writer: Writer, term: Apply) -> str:
    size = dims(term)[-1]
    return f"F.one_hot({writer.value(term.arguments[0])}, {writer.size(size)}).to({writer.dtype()})"


ALONG = {
    "softmax": "F.softmax({}, dim={})",
    "log_softmax": "F.log_softmax({}, dim={})",
    "cumsum": "torch.cumsum({}, dim={})",
    "flip": "torch.flip({}, dims=({},))",
}

REDUCTIONS: dict[str, Emitter] = {
    "sum": _reduction("{}.sum({})"),
    "mean": _reduction("{}.mean({})"),
    "prod": _product,
    "amax": _reduction("{}.amax({})"),
    "amin": _reduction("{}.amin({})"),
    "logsumexp": _reduction("{}.logsumexp({})"),
    "variance": _reduction("{}.var({}, correction=0)"),
    "all": _reduction("{}.all({})"),
    "any": _reduction("{}.any({})"),
    "argmax": _pair("torch.max({}, dim=-1)"),
    "argmin": _pair("torch.min({}, dim=-1)"),
    "top": _top,
    "sort": _pair("torch.sort({}, dim=-1, stable=True)"),
    **{name: _along(form) for name, form in ALONG.items()},
    "one_hot": _one_hot,
}
