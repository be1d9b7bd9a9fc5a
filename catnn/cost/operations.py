"""FLOPs of the primitives, counted as `torch.utils.flop_counter` counts.

Matrix products and what is made of them count 2 per multiplication and
addition; whatever else a program does counts nothing.

    contract                 2 * product of all labels of a pair that has one to sum
    convolve                 2 * size of the result * (channels of a group * window)
    convolve_adjoint         the same with its first argument for the result
    attention                2 * lead * n * m * (e + c)
"""

from catnn.cost.counts import NOTHING, product
from catnn.cost.order import label_sizes, steps
from catnn.ir.terms import Apply
from catnn.ir.windows import AXES
from catnn.types.dims import Dim
from catnn.types.types import Tensor, Type

ATTENTION = ("scaled_dot_product_attention", "masked_attention", "biased_attention")
SPATIAL_AXES = {f"convolve{n}d{end}": n for n in AXES for end in ("", "_bias")}
ADJOINT_AXES = {f"convolve{n}d_adjoint{end}": n for n in AXES for end in ("", "_bias")}


def flops(apply: Apply) -> Dim:
    """The FLOPs of one application, at its full (batched) sizes."""
    if apply.op == "contract":
        return _contract(apply)
    if apply.op in SPATIAL_AXES:
        return _convolve(apply, SPATIAL_AXES[apply.op])
    if apply.op in ADJOINT_AXES:
        return _deconvolve(apply, ADJOINT_AXES[apply.op])
    if apply.op in ATTENTION:
        return _attend(apply)
    return NOTHING


def sizes(type_: Type) -> tuple[Dim, ...]:
    """The axes of a tensor in a program, where no row of axes is left."""
    shape = type_.shape if isinstance(type_, Tensor) else ()
    return tuple(item for item in shape if isinstance(item, Dim))


def _contract(apply: Apply) -> Dim:
    """What each pair runs over, if it is a matrix product; the order is that of the code."""
    size = label_sizes(apply)
    return sum(
        (
            2 * product(size[label] for label in sorted(step.labels))
            for step in steps(apply)
            if step.is_product
        ),
        NOTHING,
    )


def _convolve(apply: Apply, axes: int) -> Dim:
    kernel = sizes(apply.arguments[1].type)[-(axes + 1) :]
    return 2 * product(sizes(apply.type)) * product(kernel)


def _deconvolve(apply: Apply, axes: int) -> Dim:
    """As many as the convolution has of which this is the adjoint."""
    kernel = sizes(apply.arguments[1].type)[-(axes + 1) :]
    places = sizes(apply.arguments[0].type)[-(axes + 1) :]
    return 2 * product(apply.lead) * product(places) * product(kernel)


def _attend(apply: Apply) -> Dim:
    *_, n, e = sizes(apply.arguments[0].type)
    m = sizes(apply.arguments[1].type)[-2]
    c = sizes(apply.arguments[2].type)[-1]
    return 2 * product(apply.lead) * n * m * (e + c)
