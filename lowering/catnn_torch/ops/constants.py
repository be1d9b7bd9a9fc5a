"""Constants, draws, losses."""

from catnn.ir.terms import Apply
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


def _draw_normal(writer: Writer, term: Apply) -> str:
    mean, std = (_parameter(writer, term, k) for k in range(2))
    noise = f"torch.randn(({writer.shape(dims(term))}{',' if len(dims(term)) == 1 else ''}), dtype={writer.dtype()}, device={writer.device()})"
    if (mean, std) in (("0", "1"), ("0.0", "1.0")):
        return noise
    return f"{mean} + {std} * {noise}"


def _draw_uniform(writer: Writer, term: Apply) -> str:
    low, high = (_parameter(writer, term, k) for k in range(2))
    noise = f"torch.rand(({writer.shape(dims(term))}{',' if len(dims(term)) == 1 else ''}), dtype={writer.dtype()}, device={writer.device()})"
    return f"{low} + ({high} - {low}) * {noise}"


def _draw_bernoulli(writer: Writer, term: Apply) -> str:
    (chance,) = (_parameter(writer, term, k) for k in range(1))
    noise = f"torch.rand(({writer.shape(dims(term))}{',' if len(dims(term)) == 1 else ''}), dtype={writer.dtype()}, device={writer.device()})"
    return f"({noise} < {chance}).to({torch_dtype(tensor(term).element, writer)})"


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
    "cross_entropy": _cross_entropy,
}
