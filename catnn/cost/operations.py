"""FLOPs of the primitives, counted as `torch.utils.flop_counter` counts.

Matrix products and what is made of them count 2 per multiplication and
addition; whatever else a program does counts nothing.

    contract                 2 * product of all labels of a pair that has one to sum
    convolve                 2 * size of the result * (channels of a group * window)
    attention                2 * lead * n * m * (e + c)
"""

from catnn.cost.counts import NOTHING, product
from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn.types.types import Tensor, Type

ATTENTION = ("scaled_dot_product_attention", "masked_attention", "biased_attention")
SPATIAL_AXES = {"convolve1d": 1, "convolve2d": 2, "convolve1d_bias": 1, "convolve2d_bias": 2}


def flops(apply: Apply) -> Dim:
    """The FLOPs of one application, at its full (batched) sizes."""
    if apply.op == "contract":
        return _contract(apply)
    if apply.op in SPATIAL_AXES:
        return _convolve(apply, SPATIAL_AXES[apply.op])
    if apply.op in ATTENTION:
        return _attend(apply)
    return NOTHING


def sizes(type_: Type) -> tuple[Dim, ...]:
    """The axes of a tensor in a program, where no row of axes is left."""
    shape = type_.shape if isinstance(type_, Tensor) else ()
    return tuple(item for item in shape if isinstance(item, Dim))


def labels(apply: Apply) -> tuple[list[tuple[int, ...]], frozenset[int]]:
    """The labels of each operand of a contraction, and those of its result."""
    operands, result = apply.attr("operands"), apply.attr("result")
    assert isinstance(operands, tuple)
    assert isinstance(result, tuple)
    return (
        [
            tuple(label for label in names if isinstance(label, int))
            for names in operands
            if isinstance(names, tuple)
        ],
        frozenset(label for label in result if isinstance(label, int)),
    )


def _contract(apply: Apply) -> Dim:
    """Pairs from the left; each pair is a matrix product if it sums a label of both."""
    operands, kept = labels(apply)
    size: dict[int, Dim] = {}
    for argument, names in zip(apply.arguments, operands, strict=True):
        size.update(zip(names, sizes(argument.type), strict=True))
    total = NOTHING
    left = frozenset(operands[0])
    for index, names in enumerate(operands[1:], 1):
        needed = kept.union(*operands[index + 1 :])
        right = frozenset(names)
        if (left & right) - needed:
            both = (left & (right | needed)) | (right & (left | needed))
            total = total + 2 * product(size[label] for label in sorted(both))
        left = (left | right) & needed
    return total


def _convolve(apply: Apply, axes: int) -> Dim:
    kernel = sizes(apply.arguments[1].type)[-(axes + 1) :]
    return 2 * product(sizes(apply.type)) * product(kernel)


def _attend(apply: Apply) -> Dim:
    *_, n, e = sizes(apply.arguments[0].type)
    m = sizes(apply.arguments[1].type)[-2]
    c = sizes(apply.arguments[2].type)[-1]
    return 2 * product(apply.lead) * n * m * (e + c)
