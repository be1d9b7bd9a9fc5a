"""Convolutions, pooling, resampling."""

from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn_torch.ops.normal import _copies
from catnn_torch.ops.table import Emitter, carries_none, flattened, own_dims, unflattened
from catnn_torch.writer import Writer


def _setting(writer: Writer, term: Apply, name: str) -> str:
    value = term.attr(name)
    return writer.size(value) if isinstance(value, Dim) else str(value)


def _convolution(n: int, biased: bool) -> Emitter:
    def emit(writer: Writer, term: Apply) -> str:
        x, *rest = (writer.value(argument) for argument in term.arguments)
        settings = _options(writer, term, biased)
        weights = range(1, len(term.arguments))
        if not all(carries_none(term, k) for k in weights):
            names = "x, w, b" if biased else "x, w"
            body = f"F.conv{n}d(x.unsqueeze(0), {names[3:]}{settings}).squeeze(0)"
            return _copies(writer, term, body, names)
        flat = flattened(writer, x, term.lead, own_dims(term, 0))
        text = f"F.conv{n}d({flat}, {', '.join(rest)}{settings})"
        return unflattened(writer, text, term.lead)

    return emit


def _options(writer: Writer, term: Apply, biased: bool) -> str:
    names = {"stride": "stride", "pad": "padding", "dilation": "dilation", "groups": "groups"}
    plain = {"stride": "1", "pad": "0", "dilation": "1", "groups": "1"}
    found = []
    for name, keyword in names.items():
        value = _setting(writer, term, name)
        if value != plain[name]:
            found.append(f", {keyword}={value}")
    return "".join(found)


def _pool(function: str, n: int) -> Emitter:
    def emit(writer: Writer, term: Apply) -> str:
        text = writer.value(term.arguments[0])
        k, stride, pad = (_setting(writer, term, name) for name in ("k", "stride", "pad"))
        options = (
            f"{k}"
            + (f", stride={stride}" if stride != k else "")
            + (f", padding={pad}" if pad != "0" else "")
        )
        # Pooling takes one or two axes in front: channels, and a batch.
        lead = term.lead
        if len(lead) == 0:
            return f"{function}({text}.unsqueeze(0), {options}).squeeze(0)"
        if len(lead) <= 2:
            return f"{function}({text}, {options})"
        flat = f"{text}.flatten(0, {len(lead) - 2})"
        return f"{function}({flat}, {options}).unflatten(0, ({writer.shape(lead[:-1])}))"

    return emit


def _upsample(writer: Writer, term: Apply) -> str:
    text = writer.value(term.arguments[0])
    k = _setting(writer, term, "k")
    return f"{text}.repeat_interleave({k}, dim=-2).repeat_interleave({k}, dim=-1)"


SPATIAL: dict[str, Emitter] = {
    "convolve1d": _convolution(1, False),
    "convolve1d_bias": _convolution(1, True),
    "convolve2d": _convolution(2, False),
    "convolve2d_bias": _convolution(2, True),
    "max_pool1d": _pool("F.max_pool1d", 1),
    "max_pool2d": _pool("F.max_pool2d", 2),
    "avg_pool1d": _pool("F.avg_pool1d", 1),
    "avg_pool2d": _pool("F.avg_pool2d", 2),
    "nearest_upsample2d": _upsample,
}
