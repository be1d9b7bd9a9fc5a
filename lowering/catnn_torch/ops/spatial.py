"""Convolutions, pooling, resampling."""

from collections.abc import Callable, Sequence

from catnn.ir import windows
from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn_torch.ops.normal import _copies
from catnn_torch.ops.table import Emitter, carries_none, flattened, own_dims, unflattened
from catnn_torch.writer import Writer


def _setting(writer: Writer, term: Apply, name: str) -> str:
    value = term.attr(name)
    return writer.size(value) if isinstance(value, Dim) else str(value)


def each(writer: Writer, values: Sequence[Dim]) -> str:
    """A setting of all axes: one number if they agree."""
    if all(value == values[0] for value in values):
        return writer.size(values[0])
    return f"({writer.shape(values)})"


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
    names = {"stride": "stride", "pad": "padding", "dilation": "dilation"}
    plain = {"stride": "1", "pad": "0", "dilation": "1"}
    values = {keyword: each(writer, windows.each(term, name)) for name, keyword in names.items()}
    found = [
        f", {names[name]}={values[names[name]]}"
        for name in names
        if values[names[name]] != plain[name]
    ]
    groups = _setting(writer, term, "groups")
    return "".join(found) + (f", groups={groups}" if groups != "1" else "")


def _pool(function: str, more: str = "") -> Emitter:
    def emit(writer: Writer, term: Apply) -> str:
        text = writer.value(term.arguments[0])
        k, stride, pad = (each(writer, windows.each(term, name)) for name in ("k", "stride", "pad"))
        options = (
            f"{k}"
            + (f", stride={stride}" if stride != k else "")
            + (f", padding={pad}" if pad != "0" else "")
            + more
        )
        return framed(writer, term, text, lambda x: f"{function}({x}, {options})")

    return emit


def framed(writer: Writer, term: Apply, text: str, call: Callable[[str], str]) -> str:
    """A call that takes one or two axes in front, channels and a batch, at any lead."""
    lead = term.lead
    if len(lead) == 0:
        return f"{call(f'{text}.unsqueeze(0)')}.squeeze(0)"
    if len(lead) <= 2:
        return call(text)
    flat = f"{text}.flatten(0, {len(lead) - 2})"
    return f"{call(flat)}.unflatten(0, ({writer.shape(lead[:-1])}))"


def _upsample(writer: Writer, term: Apply) -> str:
    text = writer.value(term.arguments[0])
    k = _setting(writer, term, "k")
    return f"{text}.repeat_interleave({k}, dim=-2).repeat_interleave({k}, dim=-1)"


def _pools() -> dict[str, Emitter]:
    kinds = {
        "max_pool": ("max", ""),
        "avg_pool": ("avg", ""),
        "inner_pool": ("avg", ", count_include_pad=False"),
    }
    found: dict[str, Emitter] = {}
    for n in windows.AXES:
        for name, (kind, more) in kinds.items():
            function = f"F.{kind}_pool{n}d"
            found[f"{name}{n}d"] = _pool(function, more)
            found[f"{name}{n}d_ceil"] = _pool(function, ", ceil_mode=True" + more)
    return {name: found[name] for name in windows.POOLS}


SPATIAL: dict[str, Emitter] = {
    **{f"convolve{n}d": _convolution(n, False) for n in windows.AXES},
    **{f"convolve{n}d_bias": _convolution(n, True) for n in windows.AXES},
    **_pools(),
    "nearest_upsample2d": _upsample,
}
