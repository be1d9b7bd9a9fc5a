"""Type rules of what runs windows over an image, and of resampling."""

from collections.abc import Sequence

from catnn.ir import windows
from catnn.ir.judge import Judge, Misfit, Rule, batched, size_of
from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn.types.types import REAL, Real, Tensor, Type


def convolution(judge: Judge, apply: Apply) -> Type:
    axes = windows.count(apply)
    x, kernel, *bias = judge.owns(apply, *[Real] * (3 if apply.op.endswith("_bias") else 2))
    own, window = judge.shape(x), judge.shape(kernel)
    if not (len(own) == axes + 1 and len(window) == axes + 2):
        raise Misfit(f"{x} with a kernel {kernel}")
    judge.alike(
        [own[0]], [window[1] * size_of(apply, "groups")], "channels of the value and of the kernel"
    )
    for row_ in bias:
        judge.alike(judge.shape(row_), window[:1], "a bias of another size")
    out = windows.convolved(apply, own[1:], window[2:])
    return batched(apply, Tensor(REAL, (window[0], *out)))


def convolution_adjoint(judge: Judge, apply: Apply) -> Type:
    """The image is what the attributes say; the first argument is a convolution of it."""
    axes = windows.AXES[windows.count(apply)]
    y, kernel, *bias = judge.owns(apply, *[Real] * (3 if apply.op.endswith("_bias") else 2))
    own, window = judge.shape(y), judge.shape(kernel)
    if len(own) != len(axes) + 1 or len(window) != len(axes) + 2:
        raise Misfit(f"{y} by {kernel}")
    image = tuple(size_of(apply, name) for name in axes)
    due = windows.convolved(apply, image, window[2:])
    judge.alike(own, [window[0], *due], "the result of the convolution")
    channels = window[1] * size_of(apply, "groups")
    for row_ in bias:
        judge.alike(judge.shape(row_), [channels], "a bias of another size")
    return batched(apply, Tensor(REAL, (channels, *image)))


def pool(judge: Judge, apply: Apply) -> Type:
    (own,) = judge.owns(apply, Real)
    if len(own.shape) != windows.count(apply):
        raise Misfit(f"{own} has not {windows.count(apply)} axes")
    return batched(apply, Tensor(REAL, tuple(windows.pooled(apply, judge.shape(own)))))


def resampled(judge: Judge, apply: Apply) -> Type:
    """As many elements along each axis as the attributes say."""
    (own,) = judge.owns(apply, Real)
    axes = windows.AXES[windows.count(apply)]
    if len(own.shape) != len(axes):
        raise Misfit(f"{own} has not {len(axes)} axes")
    return batched(apply, Tensor(REAL, tuple(size_of(apply, name) for name in axes)))


def padded(judge: Judge, apply: Apply) -> Type:
    """More elements before and after each axis."""
    (own,) = judge.owns(apply, Real)
    if len(own.shape) != windows.count(apply):
        raise Misfit(f"{own} has not {windows.count(apply)} axes")
    more = zip(*(windows.each(apply, name) for name in ("before", "after")), strict=True)
    shape = zip(judge.shape(own), more, strict=True)
    return batched(apply, Tensor(REAL, tuple(n + before + after for n, (before, after) in shape)))


def unfolded(judge: Judge, apply: Apply) -> Type:
    """Channels, the elements of a window, then its places."""
    (own,) = judge.owns(apply, Real)
    if len(own.shape) != 3:
        raise Misfit(f"{own} is no image with channels")
    channels, *sizes = judge.shape(own)
    return batched(apply, Tensor(REAL, (channels, *_windows(apply, sizes))))


def folded(judge: Judge, apply: Apply) -> Type:
    """Windows summed into their image; the attributes say its sizes."""
    (own,) = judge.owns(apply, Real)
    channels, *given = judge.shape(own)
    sizes = [size_of(apply, name) for name in windows.AXES[2]]
    judge.alike(given, _windows(apply, sizes), "windows of the image")
    return batched(apply, Tensor(REAL, (channels, *sizes)))


def _windows(apply: Apply, sizes: Sequence[Dim]) -> list[Dim]:
    window = windows.each(apply, "k")
    return [*window, *windows.convolved(apply, sizes, window)]


def upsample(judge: Judge, apply: Apply) -> Type:
    (own,) = judge.owns(apply, Real)
    if len(own.shape) != 2:
        raise Misfit(f"{own} is no image")
    return batched(apply, Tensor(REAL, tuple(size_of(apply, "k") * n for n in judge.shape(own))))


IMAGES: dict[str, Rule] = {
    **dict.fromkeys(windows.POOLS, pool),
    **{f"convolve{n}d{end}": convolution for n in windows.AXES for end in ("", "_bias")},
    **{
        f"convolve{n}d_adjoint{end}": convolution_adjoint
        for n in windows.AXES
        for end in ("", "_bias")
    },
    **dict.fromkeys(windows.ADAPTIVE, resampled),
    **dict.fromkeys(windows.PADS, padded),
    "unfold2d": unfolded,
    "fold2d": folded,
    "nearest_upsample2d": upsample,
}
