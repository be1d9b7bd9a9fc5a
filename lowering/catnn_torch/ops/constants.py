"""Constants, draws, losses."""

from catnn.ir.terms import Apply
from catnn.types.types import Index
from catnn_torch.ops.table import Emitter, aligned, expanded, flattened, own_dims
from catnn_torch.writer import Writer, dims, tensor, torch_dtype


def _filled(function: str) -> Emitter:
    def emit(writer: Writer, term: Apply) -> str:
        dtype = torch_dtype(tensor(term).element, writer)
        shape = writer.shape(dims(term))
        size = f"({shape},)" if len(dims(term)) == 1 else f"({shape})"
        return f"torch.{function}({size}, dtype={dtype}, device={writer.device()})"

    return emit


def _constant(writer: Writer, term: Apply) -> str:
    dtype = torch_dtype(tensor(term).element, writer)
    shape = writer.shape(dims(term))
    value = term.attr("value")
    return f"torch.full(({shape}{',' if len(dims(term)) == 1 else ''}), {value}, dtype={dtype}, device={writer.device()})"


def _eye(writer: Writer, term: Apply) -> str:
    return (
        f"torch.eye({writer.size(dims(term)[0])}, dtype={writer.dtype()}, device={writer.device()})"
    )


def _arange(writer: Writer, term: Apply) -> str:
    return f"torch.arange({writer.size(dims(term)[0])}, device={writer.device()})"


def _noise(function: str, end: str = "", wide: bool = False) -> Emitter:
    """Standard noise of the shape of the sample, in the precision of the module or in at least 32 bits."""

    def emit(writer: Writer, term: Apply) -> str:
        dtype = writer.exact_dtype() if wide else writer.dtype()
        return (
            f"torch.{function}({_size(writer, term)}, dtype={dtype}, device={writer.device()}){end}"
        )

    return emit


def _size(writer: Writer, term: Apply) -> str:
    shape = writer.shape(dims(term))
    return f"({shape},)" if len(dims(term)) == 1 else f"({shape})"


_normal, _uniform, _wide_uniform = _noise("randn"), _noise("rand"), _noise("rand", wide=True)
_exponential = _noise("empty", ".exponential_()")
"""`exponential_` never gives 0, so that logarithms and reciprocals of it are finite."""


def _draw_normal(writer: Writer, term: Apply) -> str:
    mean, std = (_parameter(writer, term, k) for k in range(2))
    return _shifted(mean, _scaled(std, _normal(writer, term)))


def _draw_uniform(writer: Writer, term: Apply) -> str:
    low, high = (_parameter(writer, term, k) for k in range(2))
    width = high if _is(low, 0) else f"({high} - {low})"
    return _shifted(low, _scaled(width, _uniform(writer, term)))


def _draw_bernoulli(writer: Writer, term: Apply) -> str:
    """In 8 bits a chance of less than 1 / 256 would be one of 1 / 256."""
    chance = _parameter(writer, term, 0)
    return f"({_wide_uniform(writer, term)} < {chance}).to({torch_dtype(tensor(term).element, writer)})"


def _draw_exponential(writer: Writer, term: Apply) -> str:
    rate = _parameter(writer, term, 0)
    found = _exponential(writer, term)
    return _divided(found, rate)


def _draw_gamma(writer: Writer, term: Apply) -> str:
    """By `_standard_gamma`, which has the gradient in its shape (Figurnov et al. 2018)."""
    shape, rate = (_parameter(writer, term, k) for k in range(2))
    if writer.scalar(term.arguments[0]) is not None:
        full = f"torch.full({_size(writer, term)}, {shape}, dtype={writer.dtype()}, device={writer.device()})"
    else:
        full = expanded(writer, term, 0)
    found = f"torch._standard_gamma({full})"
    return _divided(found, rate)


def _draw_index(writer: Writer, term: Apply) -> str:
    element = tensor(term).element
    assert isinstance(element, Index)
    return f"torch.randint({writer.size(element.size)}, {_size(writer, term)}, device={writer.device()})"


def _is(text: str, number: int) -> bool:
    return text in (str(number), f"{number}.0")


def _divided(value: str, by: str) -> str:
    by = f"({by})" if " " in by else by
    return value if _is(by, 1) else f"{value} / {by}"


def _scaled(factor: str, value: str) -> str:
    return value if _is(factor, 1) else f"{factor} * {value}"


def _shifted(by: str, value: str) -> str:
    return value if _is(by, 0) else f"{by} + {value}"


def _parameter(writer: Writer, term: Apply, position: int) -> str:
    scalar = writer.scalar(term.arguments[position])
    return scalar if scalar is not None else aligned(writer, term, position)


def _cross_entropy(writer: Writer, term: Apply) -> str:
    scores, target = (expanded(writer, term, k) for k in range(2))
    if not term.lead:
        return f"F.cross_entropy({scores}, {target})"
    if len(term.lead) == 1:
        return f'F.cross_entropy({scores}, {target}, reduction="none")'
    flat = flattened(writer, scores, term.lead, own_dims(term, 0))
    return f'F.cross_entropy({flat}, {target}.flatten(), reduction="none").unflatten(0, ({writer.shape(term.lead)}))'


CONSTANTS: dict[str, Emitter] = {
    "zeros": _filled("zeros"),
    "ones": _filled("ones"),
    "eye": _eye,
    "constant": _constant,
    "arange": _arange,
    "draw.normal": _draw_normal,
    "draw.uniform": _draw_uniform,
    "draw.bernoulli": _draw_bernoulli,
    "draw.exponential": _draw_exponential,
    "draw.wide_uniform": _wide_uniform,
    "draw.wide_exponential": _noise("empty", ".exponential_()", wide=True),
    "draw.gamma": _draw_gamma,
    "draw.uniform_index": _draw_index,
    "cross_entropy": _cross_entropy,
}
