"""Adjoints of convolutions, as transposed convolutions that give an image of a known size."""

from typing import cast

from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn_torch.ops.normal import _copies
from catnn_torch.ops.table import (
    Emitter,
    carries_none,
    expanded,
    flattened,
    own_dims,
    unflattened,
)
from catnn_torch.writer import Writer, dims


def _adjoint(n: int) -> Emitter:
    def emit(writer: Writer, term: Apply) -> str:
        options = _options(writer, term, n)
        if not carries_none(term, 1):
            body = f"F.conv_transpose{n}d(x.unsqueeze(0), w{options}).squeeze(0)"
            return _copies(writer, term, body, "x, w")
        x, kernel = expanded(writer, term, 0), writer.value(term.arguments[1])
        flat = flattened(writer, x, term.lead, own_dims(term, 0))
        text = f"F.conv_transpose{n}d({flat}, {kernel}{options})"
        return unflattened(writer, text, term.lead)

    return emit


def _options(writer: Writer, term: Apply, n: int) -> str:
    stride, pad, dilation, groups = (
        Dim.of(cast("Dim | int", term.attr(name)))
        for name in ("stride", "pad", "dilation", "groups")
    )
    found = []
    if stride != Dim.of(1):
        found.append(f", stride={writer.size(stride)}")
    if pad != Dim.of(0):
        found.append(f", padding={writer.size(pad)}")
    sizes, places = dims(term)[-n:], dims(term.arguments[0])[-n:]
    window = dims(term.arguments[1])[-n:]
    # What the steps of the convolution did not reach at the end.
    left = [
        size - ((place - 1) * stride - 2 * pad + dilation * (k - 1) + 1)
        for size, place, k in zip(sizes, places, window, strict=True)
    ]
    if stride != Dim.of(1) and any(size != Dim.of(0) for size in left):
        end = "," if n == 1 else ""
        found.append(f", output_padding=({writer.shape(left)}{end})")
    if groups != Dim.of(1):
        found.append(f", groups={writer.size(groups)}")
    if dilation != Dim.of(1):
        found.append(f", dilation={writer.size(dilation)}")
    return "".join(found)


TRANSPOSED: dict[str, Emitter] = {
    "convolve1d_adjoint": _adjoint(1),
    "convolve2d_adjoint": _adjoint(2),
}
