"""Adjoints of convolutions, as transposed convolutions that give an image of a known size."""

from catnn.ir import windows
from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn_torch.ops.normal import _copies
from catnn_torch.ops.spatial import each
from catnn_torch.ops.table import (
    Emitter,
    carries_none,
    expanded,
    flattened,
    own_dims,
    unflattened,
)
from catnn_torch.writer import Writer, dims

ZERO, ONE = Dim.of(0), Dim.of(1)


def _adjoint(n: int, biased: bool) -> Emitter:
    def emit(writer: Writer, term: Apply) -> str:
        options = _options(writer, term, n)
        weights = range(1, len(term.arguments))
        if not all(carries_none(term, k) for k in weights):
            names = "x, w, b" if biased else "x, w"
            body = f"F.conv_transpose{n}d(x.unsqueeze(0), {names[3:]}{options}).squeeze(0)"
            return _copies(writer, term, body, names)
        x = expanded(writer, term, 0)
        rest = ", ".join(writer.value(term.arguments[k]) for k in weights)
        flat = flattened(writer, x, term.lead, own_dims(term, 0))
        text = f"F.conv_transpose{n}d({flat}, {rest}{options})"
        return unflattened(writer, text, term.lead)

    return emit


def _options(writer: Writer, term: Apply, n: int) -> str:
    stride, pad, dilation = (windows.each(term, name) for name in ("stride", "pad", "dilation"))
    groups = windows.setting(term, "groups")
    steps, zero, one = (each(writer, values) for values in (stride, [ZERO], [ONE]))
    found = [f", stride={steps}"] if steps != one else []
    if each(writer, pad) != zero:
        found.append(f", padding={each(writer, pad)}")
    sizes, places = dims(term)[-n:], dims(term.arguments[0])[-n:]
    window = dims(term.arguments[1])[-n:]
    # What the steps of the convolution did not reach at the end.
    left = [
        size - ((place - 1) * s - 2 * p + d * (k - 1) + 1)
        for size, place, k, s, p, d in zip(
            sizes, places, window, stride, pad, dilation, strict=True
        )
    ]
    if steps != one and any(size != ZERO for size in left):
        end = "," if n == 1 else ""
        found.append(f", output_padding=({writer.shape(left)}{end})")
    if groups != ONE:
        found.append(f", groups={writer.size(groups)}")
    if each(writer, dilation) != one:
        found.append(f", dilation={each(writer, dilation)}")
    return "".join(found)


TRANSPOSED: dict[str, Emitter] = {
    f"convolve{n}d_adjoint{end}": _adjoint(n, bool(end))
    for n in windows.AXES
    for end in ("", "_bias")
}
