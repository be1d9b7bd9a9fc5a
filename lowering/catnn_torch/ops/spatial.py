"""Convolutions, pooling, resampling."""

from collections.abc import Callable, Sequence

from catnn.ir import windows
from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn_torch.ops.normal import _copies
from catnn_torch.ops.table import Emitter, carries_none, flattened, own_dims, unflattened
from catnn_torch.writer import Writer, dims


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


MODES = {
    "linear_resize1d": "linear",
    "linear_resize2d": "bilinear",
    "linear_resize3d": "trilinear",
    "bicubic_resize2d": "bicubic",
}


def _resize(writer: Writer, term: Apply) -> str:
    """`F.interpolate`, which wants a batch and channels."""
    sizes = dims(term)[len(term.lead) :]
    end = "," if len(sizes) == 1 else ""
    options = f'size=({writer.shape(sizes)}{end}), mode="{MODES[term.op]}"'
    if term.attr("corners"):
        options += ", align_corners=True"
    text = writer.value(term.arguments[0])
    if not term.lead:
        return f"F.interpolate({text}[None, None], {options})[0, 0]"
    if len(term.lead) == 1:
        return f"F.interpolate({text}[None], {options})[0]"
    return framed(writer, term, text, lambda x: f"F.interpolate({x}, {options})")


def _adaptive(writer: Writer, term: Apply) -> str:
    sizes = dims(term)[len(term.lead) :]
    given = writer.shape(sizes) if len(sizes) == 1 else f"({writer.shape(sizes)})"
    text = writer.value(term.arguments[0])
    return framed(writer, term, text, lambda x: f"F.{term.op}({x}, {given})")


def _pad(writer: Writer, term: Apply) -> str:
    """`F.pad`, which counts axes from the last one."""
    pairs = zip(*(windows.each(term, name) for name in ("before", "after")), strict=True)
    given = writer.shape([size for pair in reversed(list(pairs)) for size in pair])
    kind = term.op.partition("_")[0]
    text = writer.value(term.arguments[0])
    if kind == "zero":
        return f"F.pad({text}, ({given}))"
    return framed(writer, term, text, lambda x: f'F.pad({x}, ({given}), mode="{kind}")')


def _fold(function: str) -> Emitter:
    def emit(writer: Writer, term: Apply) -> str:
        k, stride, pad, dilation = (
            each(writer, windows.each(term, name)) for name in ("k", "stride", "pad", "dilation")
        )
        options = k + "".join(
            f", {name}={value}"
            for name, value, plain in (
                ("stride", stride, "1"),
                ("padding", pad, "0"),
                ("dilation", dilation, "1"),
            )
            if value != plain
        )
        text = writer.value(term.arguments[0])
        if function == "fold":
            options = f"({writer.shape(dims(term)[-2:])}), {options}"
            text = f"{text}.flatten(-2).flatten(-4, -2)"
        text = f"F.{function}({flattened(writer, text, term.lead, own_dims(term, 0))}, {options})"
        if function == "unfold":
            c, *rest = dims(term)[len(term.lead) :]
            window, places = writer.shape([c, *rest[:2]]), writer.shape(rest[2:])
            text = f"{text}.unflatten(-1, ({places})).unflatten(1, ({window}))"
        return unflattened(writer, text, term.lead)

    return emit


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
    **{name: _resize if name in MODES else _adaptive for name in windows.ADAPTIVE},
    **dict.fromkeys(windows.PADS, _pad),
    "unfold2d": _fold("unfold"),
    "fold2d": _fold("fold"),
    "nearest_upsample2d": _upsample,
}
