"""The primitives with complex numbers: discrete Fourier transforms, and pairs of reals as complex numbers.

Transforms do not scale, inverse ones divide by the number of elements, as numpy
and torch do by default. The transform of reals is given by its first half,
`n // 2 + 1` frequencies along the last axis: the others are their conjugates.
"""

from collections.abc import Iterator

from catnn.prims.primitive import Primitive


def _transforms(end: str, given: str, half: str) -> Iterator[Primitive]:
    for name, before, after, doc in (
        (f"rfft{end}", f"[{given}]", f"complex[{half}]", "transform of reals: its first half"),
        (f"fft{end}", f"complex[{given}]", f"complex[{given}]", "transform"),
        (f"ifft{end}", f"complex[{given}]", f"complex[{given}]", "inverse transform"),
    ):
        signature = f"{name} : {before} -> {after}"
        yield Primitive(name, signature, f"{doc}; {FORMULA[end]}", (), f"torch.fft.{name}")
    yield Primitive(
        f"irfft{end}",
        f"irfft{end}[{given}] : complex[{half}] -> [{given}]",
        f"inverse transform of a first half: reals; {FORMULA[end]}",
        (),
        f"torch.fft.irfft{end}",
    )


FORMULA = {
    "": "y_k = sum_j x_j exp(-2 pi i j k / n)",
    "2": "y_kl = sum_jm x_jm exp(-2 pi i (j k / h + m l / w))",
}

FOURIER: tuple[Primitive, ...] = (
    *_transforms("", "n", "n // 2 + 1"),
    *_transforms("2", "h, w", "h, w // 2 + 1"),
    Primitive("real_part", "real_part : complex -> []", "Re z", ()),
    Primitive("imaginary_part", "imaginary_part : complex -> []", "Im z", ()),
    Primitive("as_complex", "as_complex : [2] -> complex", "x_0 + i x_1", ()),
    Primitive("as_reals", "as_reals : complex -> [2]", "(Re z, Im z)", ()),
)
