"""Reductions and what runs along an axis."""

from typing import cast

from catnn.ir.terms import Apply
from catnn_torch.ops.table import Emitter
from catnn_torch.writer import Writer, dims


def axes_text(term: Apply) -> str:
    axes = cast("tuple[int, ...]", term.attr("axes"))
    return str(axes[0]) if len(axes) == 1 else f"({', '.join(map(str, axes))})"


def _reduction(form: str) -> Emitter:
    def emit(writer: Writer, term: Apply) -> str:
        axes = cast("tuple[int, ...]", term.attr("axes"))
        text = writer.value(term.arguments[0])
        if not axes:
            return SCALAR_RESULT.get(term.op, "{}").format(text)
        return form.format(text, axes_text(term))

    return emit


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
    from catnn.types.dims import Dim

    k = term.attr("k")
    count = writer.size(k) if isinstance(k, Dim) else str(k)
    return f"torch.topk({writer.value(term.arguments[0])}, {count}, dim=-1)"


def _one_hot(writer: Writer, term: Apply) -> str:
    size = dims(term)[-1]
    return f"F.one_hot({writer.value(term.arguments[0])}, {writer.size(size)}).to({writer.dtype()})"


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
    "softmax": _along("F.softmax({}, dim={})"),
    "log_softmax": _along("F.log_softmax({}, dim={})"),
    "cumsum": _along("torch.cumsum({}, dim={})"),
    "flip": _along("torch.flip({}, dims=({},))"),
    "one_hot": _one_hot,
}
