"""Type rules of Fourier transforms and of complex numbers as pairs."""

from collections.abc import Callable

from catnn.ir.judge import Judge, Misfit, Rule, batched, size_of
from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn.types.types import COMPLEX, REAL, Complex, Element, Real, Tensor, Type

Shape = tuple[Dim, ...]


def _transform(
    axes: int, given: type[Element], result: Element, shaped: Callable[[Shape], Shape]
) -> Rule:
    def rule(judge: Judge, apply: Apply) -> Type:
        (own,) = judge.owns(apply, given)
        if len(own.shape) != axes:
            raise Misfit(f"{own} has not {axes} axes")
        return batched(apply, Tensor(result, shaped(judge.shape(own))))

    return rule


def _whole(axes: int) -> Rule:
    """Of complex numbers; of reals too, which are as good."""

    def rule(judge: Judge, apply: Apply) -> Type:
        (own,) = judge.owns(apply)
        if len(own.shape) != axes or not isinstance(own.element, Real | Complex):
            raise Misfit(f"{own} are not numbers along {axes} axes")
        return batched(apply, Tensor(COMPLEX, own.shape))

    return rule


def _half(shape: Shape) -> Shape:
    return (*shape[:-1], shape[-1] // 2 + 1)


def _inverse(*names: str) -> Rule:
    """From the first half; the attributes say of what."""

    def rule(judge: Judge, apply: Apply) -> Type:
        (own,) = judge.owns(apply, Complex)
        whole = tuple(size_of(apply, name) for name in names)
        judge.alike(judge.shape(own), _half(whole), "half of the frequencies")
        return batched(apply, Tensor(REAL, whole))

    return rule


def _as_complex(judge: Judge, apply: Apply) -> Type:
    (own,) = judge.owns(apply, Real)
    judge.alike(judge.shape(own), (Dim.of(2),), "a real and an imaginary part")
    return batched(apply, Tensor(COMPLEX, ()))


def _same(shape: Shape) -> Shape:
    return shape


FOURIER: dict[str, Rule] = {
    "rfft": _transform(1, Real, COMPLEX, _half),
    "rfft2": _transform(2, Real, COMPLEX, _half),
    **dict.fromkeys(("fft", "ifft"), _whole(1)),
    **dict.fromkeys(("fft2", "ifft2"), _whole(2)),
    "irfft": _inverse("n"),
    "irfft2": _inverse("h", "w"),
    **dict.fromkeys(("real_part", "imaginary_part"), _transform(0, Complex, REAL, _same)),
    "as_complex": _as_complex,
    "as_reals": _transform(0, Complex, REAL, lambda shape: (*shape, Dim.of(2))),
}
