"""What a forward pass in training keeps for the backward pass.

The rule, for eager PyTorch without checkpointing: an application whose result
needs a gradient keeps what its derivative reads.

- A multilinear one (products, contractions, convolutions) keeps each operand
  that is multiplied with one that needs a gradient.
- A non-linear one keeps its operand, or its result where the derivative is
  cheaper from that (relu, tanh, softmax, ..); normalisations also keep their
  statistics, attention its result and a number for each query, dropout a mask,
  selection its condition, lookups and pools their indices.
- A linear one keeps nothing.

A value is kept once, however many read it; views share the memory of what they
view. Parameters, buffers and constants are there anyway and don't count.
"""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from attrs import frozen

from catnn.cost.counts import NOTHING, product
from catnn.cost.operations import ADJOINT_AXES, ATTENTION, SPATIAL_AXES, sizes
from catnn.cost.walk import children
from catnn.ir.terms import Apply, Constant, Leaf, Loop, Size, Term, Var
from catnn.ir.windows import PADS, RESAMPLED
from catnn.types.dims import Dim
from catnn.types.types import Bool, Complex, Product, Real, SizeType, Tensor, Type

Place: TypeAlias = int | Literal["result"]

WORD = 8
"""Bytes of an integer or index."""

TRANSFORMS = [f"{name}{end}" for name in ("rfft", "irfft", "fft", "ifft") for end in ("", "2")]
PARTS = ("real_part", "imaginary_part", "as_complex", "as_reals")
VIEWS = ("reshape", "permute", "expand", "slice", "diagonal", *PARTS)
MOVES = ("permute", "expand", "diagonal")

# Nothing of these has a gradient.
CONSTANT_ALMOST_EVERYWHERE = frozenset(
    {"stop", "sign", "floor", "round", "floordiv", "lt", "le", "gt", "ge", "eq", "ne", "all", "any"}
    | {"logical_and", "logical_or", "logical_not", "argmax", "argmin", "one_hot", "index"}
)

KEEPS_NOTHING = frozenset(
    {"reshape", "permute", "expand", "diagonal", "concat", "slice", "stack", "add", "sub", "neg"}
    | {"sum", "mean", "cumsum", "flip", "real", "at_least_float32", "nearest_upsample2d"}
    | {*TRANSFORMS, *PARTS}
    | {name for name in RESAMPLED if "resize" in name}
    | {"unfold2d", "fold2d", *(name for name in PADS if name.startswith(("zero", "circular")))}
)

KEEPS: dict[str, tuple[Place, ...]] = {
    **dict.fromkeys(("relu", "sigmoid", "tanh", "exp", "sqrt", "rsqrt"), ("result",)),
    **dict.fromkeys(("softmax", "log_softmax"), ("result",)),
    **dict.fromkeys(("amax", "amin", "logsumexp", "prod"), (0, "result")),
    **dict.fromkeys(ATTENTION, (0, 1, 2, "result")),
    **dict.fromkeys(("layer_norm", "rms_norm", "group_norm", "batch_norm", "standardise"), (0,)),
    "masked_attention": (0, 1, 2, 3, "result"),
    "biased_attention": (0, 1, 2, 3, "result"),
    "pow": (0, 1, "result"),
    "select": (0,),
    "dropout": (),
    "top": (),
    "sort": (),
}

STATISTICS = {"layer_norm": 2, "standardise": 2, "rms_norm": 1}
"""Numbers kept for each row by a normalisation of rows."""


@frozen
class Kept:
    """Values of the program that an application keeps, and bytes of its own besides."""

    values: tuple[Term, ...] = ()
    own: Dim = NOTHING


def kept(apply: Apply, needs: dict[Term, bool], real: int) -> Kept:
    """What one application keeps; `needs` says which terms need a gradient."""
    if not needs[apply] or apply.op in KEEPS_NOTHING:
        return Kept()
    values = tuple(base(value) for value in _values(apply, needs))
    held = (v for v in values if not isinstance(v, Leaf | Constant | Size))
    return Kept(tuple(held), _own(apply, real))


def differentiable(type_: Type) -> bool:
    """Whether values of a type can carry a gradient."""
    match type_:
        case Tensor(element=element):
            return isinstance(element, Real | Complex)
        case Product(items=items):
            return any(differentiable(item) for item in items)
        case SizeType():
            return False
        case _:
            return True


def base(term: Term) -> Term:
    """The term whose memory a view shares.

    A reshape of moved axes is a copy, but for a result of attention, which is
    laid out like its queries.
    """
    while isinstance(term, Apply) and term.op in VIEWS:
        inner = term.arguments[0]
        if term.op == "reshape" and isinstance(inner, Apply) and inner.op in MOVES:
            moved = base(inner)
            if not (isinstance(moved, Apply) and moved.op in ATTENTION):
                return term
        term = inner
    return term


def size_in_bytes(type_: Type, real: int) -> Dim:
    """The bytes of a value: `real` for a real, 1 for a boolean, 8 for an integer."""
    match type_:
        case Tensor(element=element):
            width = {Real: real, Complex: 2 * real, Bool: 1}.get(type(element), WORD)
            return width * product(sizes(type_))
        case Product(items=items):
            return sum((size_in_bytes(item, real) for item in items), NOTHING)
        case _:
            return NOTHING


def _values(apply: Apply, needs: dict[Term, bool]) -> Iterator[Term]:
    arguments = apply.arguments
    if apply.op in ("mul", "contract", "div") or apply.op in {**SPATIAL_AXES, **ADJOINT_AXES}:
        yield from _multiplied(apply, needs)
    elif apply.op == "gather":
        yield from arguments[1:]
    elif apply.op in ("push_sum", "push_mean"):
        yield arguments[0]
    else:
        for place in KEEPS.get(apply.op, tuple(range(len(arguments)))):
            yield apply if place == "result" else arguments[place]


def _multiplied(apply: Apply, needs: dict[Term, bool]) -> Iterator[Term]:
    """The operands that are multiplied with one that needs a gradient.

    A bias is added, not multiplied; a divisor multiplies itself too.
    """
    biased = apply.op.endswith("_bias")
    factors = apply.arguments[:2] if biased else apply.arguments
    for index, factor in enumerate(factors):
        others = [other for k, other in enumerate(factors) if k != index]
        divides_itself = apply.op == "div" and index == 1 and needs[factor]
        if any(needs[other] for other in others) or divides_itself:
            yield factor


def _own(apply: Apply, real: int) -> Dim:
    """Bytes that an application keeps and that are no value of the program."""
    first = sizes(apply.arguments[0].type) if apply.arguments else ()
    if apply.op in STATISTICS:
        axes = first[: len(apply.lead)] if apply.op == "standardise" else first[:-1]
        return real * STATISTICS[apply.op] * product(axes)
    match apply.op:
        case "group_norm":
            groups = apply.attr("groups")
            assert isinstance(groups, int | Dim)
            return 2 * real * product(apply.lead) * groups
        case "batch_norm":
            return 2 * real * product(sizes(apply.arguments[1].type))
        case op if op in ATTENTION:
            return real * product(apply.lead) * first[-2]
        case "dropout":
            return NOTHING if apply.attr("p") == 0 else product(first)
        case op if op.startswith(("max_pool", "adaptive_max_pool")):
            return WORD * product(sizes(apply.type))
        case "top" | "sort" | "argmax" | "argmin":
            indices = apply.type.items[1] if isinstance(apply.type, Product) else apply.type
            return size_in_bytes(indices, real)
        case "cross_entropy":
            return real * product(first)
        case _:
            return NOTHING


def gradients(terms: list[Term], owners: dict[int, Loop], trained: set[Loop]) -> dict[Term, bool]:
    """Which terms need a gradient: what depends on a parameter through real values.

    `terms` come after what they need; `owners` gives the loop of each bound
    variable, `trained` the loops with parameters in their bodies.
    """
    needs: dict[Term, bool] = {}
    for term in terms:
        match term:
            case Leaf():
                needs[term] = term.kind == "param"
            case Var():
                loop = owners.get(term.uid)
                given = loop is not None and any(needs[child] for child in children(loop))
                needs[term] = given or loop in trained
            case Loop():
                inner = needs[term.body.result]
                needs[term] = inner or any(needs[child] for child in children(term))
            case Apply() if term.op in CONSTANT_ALMOST_EVERYWHERE:
                needs[term] = False
            case _:
                needs[term] = any(needs[child] for child in children(term))
        needs[term] = needs[term] and differentiable(term.type)
    return needs
