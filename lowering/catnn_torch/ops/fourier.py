"""Discrete Fourier transforms, and pairs of reals as complex numbers."""

from catnn.ir.terms import Apply, Leaf
from catnn_torch.ops.table import Emitter
from catnn_torch.writer import Writer, dims

AXES = {"": "dim=-1", "2": "dim=(-2, -1)"}


def _transform(name: str, end: str) -> Emitter:
    def emit(writer: Writer, term: Apply) -> str:
        return f"torch.fft.{name}{end}({writer.value(term.arguments[0])}, {AXES[end]})"

    return emit


def _irfft(writer: Writer, term: Apply) -> str:
    (size,) = dims(term)[-1:]
    return f"torch.fft.irfft({writer.value(term.arguments[0])}, n={writer.size(size)}, dim=-1)"


def _irfft2(writer: Writer, term: Apply) -> str:
    sizes = writer.shape(dims(term)[-2:])
    return f"torch.fft.irfft2({writer.value(term.arguments[0])}, s=({sizes}), {AXES['2']})"


def _as_complex(writer: Writer, term: Apply) -> str:
    """The same memory, where the pairs lie together."""
    (argument,) = term.arguments
    text = writer.value(argument)
    together = isinstance(argument, Leaf) or (
        isinstance(argument, Apply) and argument.op in ("zeros", "ones")
    )
    return f"torch.view_as_complex({text if together else f'{text}.contiguous()'})"


def _view(form: str) -> Emitter:
    def emit(writer: Writer, term: Apply) -> str:
        return form.format(writer.value(term.arguments[0]))

    return emit


FOURIER: dict[str, Emitter] = {
    **{f"{name}{end}": _transform(name, end) for end in AXES for name in ("rfft", "fft", "ifft")},
    "irfft": _irfft,
    "irfft2": _irfft2,
    "real_part": _view("{}.real"),
    "imaginary_part": _view("{}.imag"),
    "as_complex": _as_complex,
    "as_reals": _view("torch.view_as_real({})"),
}
