"""The type of an application from its arguments and attributes, apart from who built it.

One rule a primitive, by the conventions of `terms`: `own` types are those of the
arguments behind the lead axes that they carry. `Misfit` says what does not fit.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from catnn.ir.fourier import FOURIER
from catnn.ir.images import IMAGES
from catnn.ir.judge import Judge, Misfit, Rule, batched, numbers, place, row, size_of
from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn.types.types import (
    BOOL,
    COMPLEX,
    INT,
    REAL,
    Complex,
    Element,
    Index,
    Int,
    Product,
    Real,
    Tensor,
    Type,
)

ZERO, ONE = Dim.of(0), Dim.of(1)

# ---- pointwise --------------------------------------------------------------------------------


def joint(elements: Sequence[Element]) -> Element:
    """Real where a real is among them; whole numbers otherwise."""
    for kind, element in ((Complex, COMPLEX), (Real, REAL)):
        if any(isinstance(own, kind) for own in elements):
            return element
    return INT


def pointwise(
    result: Callable[[Sequence[Element]], Element], kinds: tuple[type[Element], ...]
) -> Rule:
    """Every argument is a part of the lead; a single one may have axes of its own."""

    def rule(judge: Judge, apply: Apply) -> Type:
        owns = judge.owns(apply)
        for own in owns:
            if not isinstance(own.element, kinds):
                raise Misfit(f"{own} is not what `{apply.op}` takes")
        if len(owns) == 1:
            return batched(apply, Tensor(result([owns[0].element]), owns[0].shape))
        for position, own in enumerate(owns):
            if own.shape:
                raise Misfit(f"argument {position} has axes {own} that are not in the lead")
        return batched(apply, Tensor(result([own.element for own in owns])))

    return rule


NUMBERS: tuple[type[Element], ...] = (Real, Int, Index, Complex)
arithmetic = pointwise(joint, NUMBERS)
comparison = pointwise(lambda elements: BOOL, (Real, Int, Index))
equality = pointwise(lambda elements: BOOL, (Real, Int, Index, Complex, type(BOOL)))
logic = pointwise(lambda elements: BOOL, (type(BOOL),))
of_reals = pointwise(lambda elements: REAL, (Real,))
to_real = pointwise(lambda elements: REAL, (Int, Index, type(BOOL)))
quotient = pointwise(lambda elements: joint([REAL, *elements]), NUMBERS)


def select(judge: Judge, apply: Apply) -> Type:
    condition, *branches = judge.owns(apply)
    if len(branches) != 2:
        raise Misfit("a condition and two branches are due")
    if condition.element != BOOL:
        raise Misfit(f"the condition is {condition}")
    for own in (condition, *branches):
        if own.shape:
            raise Misfit(f"{own} has axes that are not in the lead")
    one, other = (branch.element for branch in branches)
    return batched(apply, Tensor(one if one == other else joint([one, other])))


def index(judge: Judge, apply: Apply) -> Type:
    (own,) = judge.owns(apply)
    if not isinstance(own.element, Int | Index):
        raise Misfit(f"{own} holds no whole numbers")
    return batched(apply, Tensor(Index(size_of(apply, "n")), own.shape))


def complex_(judge: Judge, apply: Apply) -> Type:
    (own,) = judge.owns(apply, Real)
    return batched(apply, Tensor(COMPLEX, own.shape))


# ---- structure --------------------------------------------------------------------------------


def reshape(judge: Judge, apply: Apply) -> Type:
    judge.plain(apply)
    (whole,) = judge.tensors(apply, 1)
    result = apply.type
    if not isinstance(result, Tensor):
        raise Misfit("the result is no tensor")
    before, after = (total(judge.shape(tensor)) for tensor in (whole, result))
    if not judge.sizes.same(before, after):
        raise Misfit(f"{before} elements become {after}")
    return Tensor(whole.element, result.shape)


def total(shape: Sequence[Dim]) -> Dim:
    elements = ONE
    for size in shape:
        elements = elements * size
    return elements


def permute(judge: Judge, apply: Apply) -> Type:
    judge.plain(apply)
    (whole,) = judge.tensors(apply, 1)
    axes = numbers(apply, "axes")
    if sorted(axes) != list(range(len(whole.shape))):
        raise Misfit(f"{axes} is no permutation")
    return Tensor(whole.element, tuple(whole.shape[axis] for axis in axes))


def expand(judge: Judge, apply: Apply) -> Type:
    judge.plain(apply)
    (whole,) = judge.tensors(apply, 1)
    axes, result = numbers(apply, "axes"), apply.type
    if not isinstance(result, Tensor):
        raise Misfit("the result is no tensor")
    shape = judge.shape(result)
    if not (list(axes) == sorted(set(axes)) and set(axes) <= set(range(len(shape)))):
        raise Misfit(f"the new axes {axes} are not among {len(shape)}")
    kept = [size for k, size in enumerate(shape) if k not in axes]
    judge.alike(kept, judge.shape(whole), "what is no new axis has changed")
    return Tensor(whole.element, shape)


def diagonal(judge: Judge, apply: Apply) -> Type:
    judge.plain(apply)
    (whole,) = judge.tensors(apply, 1)
    axes, shape = numbers(apply, "axes"), judge.shape(whole)
    if not (len(axes) == 2 and 0 <= axes[0] < axes[1] < len(shape)):
        raise Misfit(f"no diagonal of {axes}")
    judge.alike([shape[axes[0]]], [shape[axes[1]]], "the axes of a diagonal differ")
    return Tensor(whole.element, (*shape[: axes[1]], *shape[axes[1] + 1 :]))


def slice_(judge: Judge, apply: Apply) -> Type:
    judge.plain(apply)
    (whole,) = judge.tensors(apply, 1)
    shape = judge.shape(whole)
    axis = place(apply, "axis", len(shape))
    start, length = size_of(apply, "start"), size_of(apply, "length")
    fits = judge.sizes.at_most(ZERO, start) and judge.sizes.at_most(start + length, shape[axis])
    if not fits:
        raise Misfit(f"{length} from {start} are not in {shape[axis]}")
    return Tensor(whole.element, (*shape[:axis], length, *shape[axis + 1 :]))


def concat(judge: Judge, apply: Apply) -> Type:
    judge.plain(apply)
    first, *others = judge.tensors(apply)
    shape = judge.shape(first)
    axis = place(apply, "axis", len(shape))
    size = shape[axis]
    for other in others:
        own = judge.shape(other)
        if other.element != first.element:
            raise Misfit(f"{first} is joined with {other}")
        judge.alike(
            (*shape[:axis], *shape[axis + 1 :]),
            (*own[:axis], *own[axis + 1 :]),
            "joined values differ",
        )
        size = size + own[axis]
    return Tensor(first.element, (*shape[:axis], size, *shape[axis + 1 :]))


def stack(judge: Judge, apply: Apply) -> Type:
    judge.plain(apply)
    first, *others = judge.tensors(apply)
    shape = judge.shape(first)
    axis = place(apply, "axis", len(shape) + 1)
    for other in others:
        if other.element != first.element:
            raise Misfit(f"{first} is stacked with {other}")
        judge.alike(shape, judge.shape(other), "stacked values differ")
    return Tensor(first.element, (*shape[:axis], Dim.of(1 + len(others)), *shape[axis:]))


def contract(judge: Judge, apply: Apply) -> Type:
    judge.plain(apply)
    labels = cast("tuple[tuple[int, ...], ...]", apply.attr("operands"))
    sizes: dict[int, Dim] = {}
    elements = []
    if len(labels) != len(apply.arguments):
        raise Misfit("labels and operands differ in number")
    for whole, names in zip(judge.tensors(apply), labels, strict=True):
        shape = judge.shape(whole)
        if len(shape) != len(names):
            raise Misfit(f"{whole} has the labels {names}")
        if len(set(names)) != len(names):
            raise Misfit(f"an operand has a label twice: {names}")
        for name, size in zip(names, shape, strict=True):
            judge.alike([sizes.setdefault(name, size)], [size], f"the label {name} has two sizes")
        elements.append(whole.element)
    result = numbers(apply, "result")
    if not (set(result) <= sizes.keys() and len(set(result)) == len(result)):
        raise Misfit(f"result {result}")
    kinds = {Real if isinstance(e, Real) else type(e) for e in elements}
    if len(kinds) != 1:
        raise Misfit(f"operands of several kinds: {', '.join(map(repr, elements))}")
    return Tensor(elements[0], tuple(sizes[name] for name in result))


def gather(judge: Judge, apply: Apply) -> Type:
    table, *indices = judge.owns(apply)
    count = apply.attr("count")
    if not (count == len(indices) and bool(indices)):
        raise Misfit(f"{count} indices are due")
    shape = judge.shape(table)
    if not (len(shape) >= len(indices)):
        raise Misfit(f"{len(indices)} indices into {table}")
    own = max((judge.shape(given) for given in indices), key=len)
    for given, size in zip(indices, shape, strict=False):
        element = given.element
        if not isinstance(element, Index):
            raise Misfit(f"{given} is no index")
        judge.alike([element.size], [size], "an index into a set of another size")
        behind = judge.shape(given)
        judge.alike(behind, own[len(own) - len(behind) :], "indices of different shapes")
    return batched(apply, Tensor(table.element, (*own, *shape[len(indices) :])))


def arange(judge: Judge, apply: Apply) -> Type:
    judge.plain(apply)
    result = apply.type
    if apply.arguments:
        raise Misfit("it has no arguments")
    if not isinstance(result, Tensor) or len(result.shape) != 1:
        raise Misfit("the indices of one set are one axis")
    (size,) = judge.shape(result)
    return Tensor(Index(size), (size,))


# ---- reductions, and what runs along axes -------------------------------------------------------


def reduction(argument: type[Element], result: Element) -> Rule:
    def rule(judge: Judge, apply: Apply) -> Type:
        (own,) = judge.owns(apply, argument)
        axes = numbers(apply, "axes")
        if axes != tuple(range(-len(own.shape), 0)):
            raise Misfit(f"{axes} are not all axes of {own}")
        return batched(apply, Tensor(result))

    return rule


def along_last(judge: Judge, apply: Apply) -> Type:
    (own,) = judge.owns(apply)
    if not (len(own.shape) == 1 and numbers(apply, "axes") == (-1,)):
        raise Misfit(f"{own} is no row")
    return batched(apply, own)


def extreme(judge: Judge, apply: Apply) -> Type:
    (own,) = judge.owns(apply, Real)
    size = row(judge, own)
    return batched(apply, Product((Tensor(REAL), Tensor(Index(size)))))


def top(judge: Judge, apply: Apply) -> Type:
    (own,) = judge.owns(apply, Real)
    size, k = row(judge, own), size_of(apply, "k")
    if not judge.sizes.at_most(k, size):
        raise Misfit(f"the {k} greatest of {size}")
    return batched(apply, Product((Tensor(REAL, (k,)), Tensor(Index(size), (k,)))))


def sort(judge: Judge, apply: Apply) -> Type:
    (own,) = judge.owns(apply, Real)
    size = row(judge, own)
    return batched(apply, Product((own, Tensor(Index(size), (size,)))))


def one_hot(judge: Judge, apply: Apply) -> Type:
    (own,) = judge.owns(apply, Index)
    size = size_of(apply, "n")
    element = cast(Index, own.element)
    judge.alike([element.size], [size], "an index into a set of another size")
    if own.shape:
        raise Misfit(f"{own} is not one index")
    return batched(apply, Tensor(REAL, (size,)))


def normalised(weights: int, channel: int | None) -> Rule:
    """The first argument again; `weights` further ones are rows of the size of its axis `channel`."""

    def rule(judge: Judge, apply: Apply) -> Type:
        own, *rows = judge.owns(apply, *[Real] * (1 + weights))
        shape = judge.shape(own)
        for weight in rows:
            if not (channel is not None and len(shape) > channel):
                raise Misfit(f"{own} has no such axis")
            assert channel is not None
            judge.alike(judge.shape(weight), [shape[channel]], "a weight of another size")
        if channel == -1:
            row(judge, own)
        return batched(apply, own)

    return rule


def group_norm(judge: Judge, apply: Apply) -> Type:
    groups = size_of(apply, "groups")
    (channels, *_) = judge.shape(judge.owns(apply)[0])
    known = (channels / groups).as_fraction()
    if not (known is None or known.denominator == 1):
        raise Misfit(f"{channels} channels in {groups} groups")
    return normalised(2, 0)(judge, apply)


def batch_norm(judge: Judge, apply: Apply) -> Type:
    rows = judge.owns(apply, *[Real] * 5)[1:]
    result = normalised(4, 1)(judge, apply)
    return Product((result, batched(apply, rows[2]), batched(apply, rows[3])))


# ---- items at places ----------------------------------------------------------------------------


def push(judge: Judge, apply: Apply) -> Type:
    """Indices, or numbers of places, and as many values; the result says how many places."""
    index, values = judge.owns(apply)
    items, shape = judge.shape(index), judge.shape(values)
    if not isinstance(index.element, Index | Int):
        raise Misfit(f"{index} is no index")
    if len(items) != 1 or not shape:
        raise Misfit(f"{values} at {index}")
    judge.alike(items, shape[:1], "another number of indices than of values")
    if not isinstance(apply.type, Tensor) or len(apply.type.shape) <= len(apply.lead):
        raise Misfit("the result is no tensor")
    places = judge.shape(apply.type)[len(apply.lead)]
    if isinstance(index.element, Index):
        judge.alike([index.element.size], [places], "an index into a set of another size")
    return batched(apply, Tensor(values.element, (places, *shape[1:])))


def attention(*mask: type[Element]) -> Rule:
    def rule(judge: Judge, apply: Apply) -> Type:
        own = judge.owns(apply, Real, Real, Real, *mask)
        q, k, v = (judge.shape(tensor) for tensor in own[:3])
        if not (len(q) == len(k) == len(v) == 2):
            raise Misfit("queries, keys and values are rows")
        judge.alike(q[1:], k[1:], "queries and keys of different sizes")
        judge.alike(k[:1], v[:1], "keys and values of different number")
        for pairs in own[3:]:
            judge.alike(judge.shape(pairs), (q[0], k[0]), "a mask of another shape")
        return batched(apply, Tensor(REAL, (q[0], v[1])))

    return rule


def cross_entropy(judge: Judge, apply: Apply) -> Type:
    scores, target = judge.owns(apply, Real, Index)
    size = row(judge, scores)
    judge.alike([cast(Index, target.element).size], [size], "a target among another number")
    if target.shape:
        raise Misfit(f"{target} is not one index")
    return batched(apply, Tensor(REAL))


# ---- constants and draws ------------------------------------------------------------------------


def filled(judge: Judge, apply: Apply) -> Type:
    """A constant or an initialiser: reals of any shape."""
    judge.plain(apply)
    judge.tensors(apply, 0)
    if not isinstance(apply.type, Tensor):
        raise Misfit("the result is no tensor")
    return Tensor(REAL, judge.shape(apply.type))


def constant(judge: Judge, apply: Apply) -> Type:
    """Zeros, ones or a number everywhere: of whole numbers too."""
    reals = filled(judge, apply)
    assert isinstance(reals, Tensor)
    assert isinstance(apply.type, Tensor)
    return Tensor(INT, reals.shape) if apply.type.element == INT else reals


def eye(judge: Judge, apply: Apply) -> Type:
    result = filled(judge, apply)
    assert isinstance(result, Tensor)
    shape = judge.shape(result)
    if len(shape) != 2:
        raise Misfit(f"{result} is no matrix")
    judge.alike(shape[:1], shape[1:], "a matrix that is not square")
    return result


def draw(count: int, *kinds: type[Element]) -> Rule:
    """One sample for each index of the lead."""

    def rule(judge: Judge, apply: Apply) -> Type:
        owns = judge.owns(apply, *[Real] * count)
        for own in owns:
            if own.shape:
                raise Misfit(f"{own} has axes that are not in the lead")
        if not (apply.site > 0):
            raise Misfit("a draw without a site of its own")
        kept = apply.type.element if isinstance(apply.type, Tensor) else REAL
        if not isinstance(kept, kinds):
            raise Misfit(f"draws of {kept!r}")
        return batched(apply, Tensor(kept))

    return rule


REAL_FUNCTIONS = (
    "relu", "relu6", "gelu", "gelu_tanh", "silu", "sigmoid", "tanh", "exp", "log", "sqrt", "rsqrt",
    "sin", "cos", "erf", "floor", "round", "softplus", "mish", "hardswish", "hardsigmoid",
    "leaky_relu", "elu", "selu", "celu", "log_sigmoid", "hardtanh", "hardshrink", "softshrink", "threshold", "stop", "dropout", "abs", "sign", "neg", "square", "at_least_float32",
)  # fmt: skip
FILLED = (
    "normal", "truncated_normal", "uniform", "kaiming",
    "kaiming_normal", "lecun_normal", "xavier", "glorot", "orthogonal", "bias_like",
)  # fmt: skip

RULES: Mapping[str, Rule] = {
    **dict.fromkeys(REAL_FUNCTIONS, of_reals),
    **dict.fromkeys(FILLED, filled),
    **dict.fromkeys(("zeros", "ones", "constant"), constant),
    **dict.fromkeys(("add", "sub", "mul", "mod", "floordiv", "pow", "minimum", "maximum"), arithmetic),
    **dict.fromkeys(("lt", "le", "gt", "ge"), comparison),
    **dict.fromkeys(("eq", "ne"), equality),
    **dict.fromkeys(("logical_and", "logical_or", "logical_not"), logic),
    **dict.fromkeys(("sum", "mean", "prod", "amax", "amin", "logsumexp", "variance"), reduction(Real, REAL)),
    **dict.fromkeys(("all", "any"), reduction(type(BOOL), BOOL)),
    **dict.fromkeys(("softmax", "log_softmax", "cumsum", "flip"), along_last),
    **dict.fromkeys(("argmax", "argmin"), extreme),
    **dict.fromkeys(("draw.normal", "draw.uniform", "draw.gamma"), draw(2, Real)),
    "draw.bernoulli": draw(1, Real, type(BOOL)),
    "draw.exponential": draw(1, Real),
    "draw.uniform_index": draw(0, Index),
    **dict.fromkeys(("draw.wide_uniform", "draw.wide_exponential"), draw(0, Real)),
    "div": quotient,
    "real": to_real,
    "index": index,
    "complex": complex_,
    "select": select,
    "reshape": reshape,
    "permute": permute,
    "expand": expand,
    "diagonal": diagonal,
    "slice": slice_,
    "concat": concat,
    "stack": stack,
    "contract": contract,
    "gather": gather,
    "arange": arange,
    "top": top,
    "sort": sort,
    "one_hot": one_hot,
    "layer_norm": normalised(2, -1),
    "rms_norm": normalised(1, -1),
    "standardise": normalised(0, None),
    "group_norm": group_norm,
    "batch_norm": batch_norm,
    **dict.fromkeys(("push_sum", "push_mean", "push_max", "push_min"), push),
    **IMAGES,
    **FOURIER,
    "scaled_dot_product_attention": attention(),
    "masked_attention": attention(type(BOOL)),
    "biased_attention": attention(Real),
    "cross_entropy": cross_entropy,
    "eye": eye,
}  # fmt: skip
"""The rule of each primitive; a test names what is missing."""

__all__ = ["RULES", "Judge", "Misfit", "Rule", "arithmetic", "pointwise"]
