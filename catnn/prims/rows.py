"""The primitives: one row each, its type written in the language itself.

A row states the name, the type scheme (a header of the language), the
equation, the algebraic tags and the source of the convention. The backend
emits each under the same name; a test names what is missing. Everything else
is a `morph` in `std/`.

Tags: `pointwise`, `linear` (in the first argument, if `LINEAR_IN` says no more),
`multilinear`, `reduction`, `monotone`, `idempotent`, `involution`, `random`,
`stateful`, `constant` (no inputs), `initialiser`.
"""

from catnn.prims.fourier import FOURIER
from catnn.prims.primitive import LINEAR_IN, Primitive
from catnn.prims.spatial import SPATIAL


def pointwise(name: str, doc: str, *tags: str, brackets: str = "") -> Primitive:
    return Primitive(name, f"{name}{brackets} : [] -> []", doc, frozenset({"pointwise", *tags}))


POINTWISE = (
    pointwise("relu", "max(x, 0)", "monotone", "idempotent"),
    pointwise("relu6", "min(max(x, 0), 6)", "monotone", "idempotent"),
    pointwise("gelu", "x * (1 + erf(x / sqrt(2))) / 2"),
    pointwise("gelu_tanh", "x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2"),
    pointwise("silu", "x / (1 + exp(-x))"),
    pointwise("sigmoid", "1 / (1 + exp(-x))", "monotone"),
    pointwise("tanh", "tanh(x)", "monotone"),
    pointwise("exp", "e^x", "monotone"),
    pointwise("log", "natural logarithm", "monotone"),
    pointwise("sqrt", "square root", "monotone"),
    pointwise("rsqrt", "1 / sqrt(x)"),
    pointwise("abs", "|x|", "idempotent"),
    pointwise("sign", "-1, 0 or 1", "monotone", "idempotent"),
    pointwise("sin", "sine, radians"),
    pointwise("cos", "cosine, radians"),
    pointwise("erf", "2 / sqrt(pi) * integral of exp(-t^2) from 0 to x", "monotone"),
    pointwise("floor", "greatest integer below", "monotone", "idempotent"),
    pointwise("round", "nearest integer, ties to even", "monotone", "idempotent"),
    pointwise(
        "softplus",
        "log(1 + exp(beta x)) / beta; x where beta x is above `threshold`",
        brackets="[beta = 1.0, threshold = 20.0]",
    ),
    pointwise("log_sigmoid", "log(1 / (1 + exp(-x)))", "monotone"),
    pointwise("mish", "x * tanh(softplus(x))"),
    pointwise("hardswish", "x * relu6(x + 3) / 6"),
    pointwise("hardsigmoid", "relu6(x + 3) / 6", "monotone"),
    pointwise("leaky_relu", "x if x > 0 else slope * x", brackets="[slope = 0.01]"),
    pointwise("elu", "x if x > 0 else alpha * (exp(x) - 1)", brackets="[alpha = 1.0]"),
    pointwise("celu", "x if x > 0 else alpha * (exp(x / alpha) - 1)", brackets="[alpha = 1.0]"),
    pointwise("selu", "1.0507 * elu[1.6733](x)", "monotone"),
    pointwise(
        "hardtanh",
        "min(max(x, low), high); no gradient at the ends",
        "idempotent",
        brackets="[low = -1.0, high = 1.0]",
    ),
    pointwise("hardshrink", "x if |x| > width else 0", brackets="[width = 0.5]"),
    pointwise("softshrink", "sign(x) * max(|x| - width, 0)", brackets="[width = 0.5]"),
    pointwise("threshold", "x if x > at else value", brackets="[at = 0.0, value = 0.0]"),
    pointwise("neg", "-x", "linear", "involution"),
    pointwise("square", "x * x"),
    pointwise("stop", "x, with no gradient through it", "idempotent"),
    pointwise(
        "dropout",
        "x / (1 - p) with probability 1 - p, else 0, in training; x otherwise",
        "random",
        brackets="[p = 0.5]",
    ),
)

# The operators of the language. `minimum` and `maximum` are `min(x, y)` and `max(x, y)`.
OPERATORS = (
    *(
        Primitive(name, f"{name} : ([], []) -> []", doc, {"pointwise"} | set(tags))
        for name, doc, tags in (
            ("add", "x + y", ("linear",)),
            ("sub", "x - y", ("linear",)),
            ("mul", "x * y", ("multilinear",)),
            ("div", "x / y", ()),
            ("pow", "x ^ y", ()),
            ("mod", "x % y, with the sign of y", ()),
            ("floordiv", "floor(x / y)", ()),
            ("minimum", "min(x, y)", ("monotone",)),
            ("maximum", "max(x, y)", ("monotone",)),
        )
    ),
    *(
        Primitive(name, f"{name} : ([], []) -> bool", doc, {"pointwise"})
        for name, doc in (
            ("lt", "x < y"),
            ("le", "x <= y"),
            ("gt", "x > y"),
            ("ge", "x >= y"),
            ("eq", "x == y"),
            ("ne", "x != y"),
        )
    ),
    Primitive("logical_and", "logical_and : (bool, bool) -> bool", "x and y", {"pointwise"}),
    Primitive("logical_or", "logical_or : (bool, bool) -> bool", "x or y", {"pointwise"}),
    Primitive("logical_not", "logical_not : bool -> bool", "not x", {"pointwise", "involution"}),
    Primitive("select", "select : (bool, [], []) -> []", "x if c else y", {"pointwise"}),
    Primitive(
        "real", "real : int -> []", "the same number as a real (booleans: 0 and 1)", {"pointwise"}
    ),
    Primitive(
        "index",
        "index[n] : int -> ix(n)",
        "the nearest of 0 .. n - 1: k itself where it is one of them",
        {"pointwise"},
    ),
    Primitive(
        "at_least_float32",
        "at_least_float32 : [] -> []",
        "the same number in at least 32 bits",
        {"pointwise", "linear", "idempotent"},
    ),
)

REDUCTIONS = (
    Primitive("sum", "sum : [..s] -> []", "sum of all elements", {"reduction", "linear"}),
    Primitive("mean", "mean : [..s] -> []", "mean of all elements", {"reduction", "linear"}),
    Primitive("prod", "prod : [..s] -> []", "product of all elements", {"reduction"}),
    Primitive(
        "amax", "amax : [..s] -> []", "greatest element: `max(x)`", {"reduction", "monotone"}
    ),
    Primitive("amin", "amin : [..s] -> []", "least element: `min(x)`", {"reduction", "monotone"}),
    Primitive(
        "logsumexp", "logsumexp : [..s] -> []", "log(sum(exp(x)))", {"reduction", "monotone"}
    ),
    Primitive("variance", "variance : [..s] -> []", "mean((x - mean(x))^2)", {"reduction"}),
    Primitive("all", "all : bool[..s] -> bool", "all elements hold", {"reduction"}),
    Primitive("any", "any : bool[..s] -> bool", "some element holds", {"reduction"}),
    Primitive(
        "argmax", "argmax : [n] -> ([], ix(n))", "the greatest element and its first index", ()
    ),
    Primitive("argmin", "argmin : [n] -> ([], ix(n))", "the least element and its first index", ()),
    Primitive(
        "top",
        "top[k] : [n] -> ([k], ix(n)[k]) where k <= n",
        "the k greatest elements, greatest first, and their indices",
        (),
    ),
)

ALONG_AXIS = (
    Primitive("softmax", "softmax : [n] -> [n]", "exp(x_i) / sum_j exp(x_j)", ()),
    Primitive("log_softmax", "log_softmax : [n] -> [n]", "x_i - log(sum_j exp(x_j))", ()),
    Primitive("cumsum", "cumsum : [n] -> [n]", "y_i = sum_{j <= i} x_j", {"linear"}),
    Primitive("flip", "flip : [n] -> [n]", "y_i = x_{n - 1 - i}", {"linear", "involution"}),
    Primitive("take", "take[k] : [n] -> [k] where k <= n", "the first k elements", {"linear"}),
    Primitive("sort", "sort : [n] -> ([n], ix(n)[n])", "ascending, stable, and the indices", ()),
    Primitive("one_hot", "one_hot[n] : ix(n) -> [n]", "1 at the index, else 0", ()),
    Primitive(
        "layer_norm",
        "layer_norm[eps = 1e-5] : ([n], [n], [n]) -> [n]",
        "(x - mean(x)) / sqrt(variance(x) + eps) * w + b",
        (),
        "Ba et al. 2016, torch.nn.LayerNorm",
    ),
    Primitive(
        "standardise",
        "standardise[eps = 1e-5] : [..s] -> [..s]",
        "(x - mean(x)) / sqrt(variance(x) + eps)",
        (),
    ),
    Primitive(
        "rms_norm",
        "rms_norm[eps = 1e-6] : ([n], [n]) -> [n]",
        "x / sqrt(mean(x^2) + eps) * w",
        (),
        "Zhang and Sennrich 2019, torch.nn.RMSNorm",
    ),
    Primitive(
        "group_norm",
        "group_norm[groups, eps = 1e-5] : ([c, ..s], [c], [c]) -> [c, ..s] where groups divides c",
        "standardised over each of `groups` runs of c / groups channels, times w, plus b",
        (),
        "Wu and He 2018, torch.nn.GroupNorm",
    ),
    Primitive(
        "batch_norm",
        "batch_norm[eps = 1e-5, momentum = 0.1] : ([b, c, ..s], [c], [c], [c], [c]) -> ([b, c, ..s], [c], [c])",
        "(x - m) / sqrt(v + eps) * w + b of (x, w, b, running mean, running variance); in training m and v "
        "are those of the batch per channel, and the new running ones are (1 - momentum) old + momentum batch "
        "(unbiased variance); otherwise m and v are the running ones, unchanged",
        {"stateful"},
        "Ioffe and Szegedy 2015, torch.nn.BatchNorm",
    ),
)

ATTENTION = (
    Primitive(
        "scaled_dot_product_attention",
        "scaled_dot_product_attention[causal = false] : ([n, e], [m, e], [m, c]) -> [n, c]",
        "softmax(q k^T / sqrt(e)) v; causal: query i sees keys j <= i",
        (),
        "Vaswani et al. 2017",
    ),
    Primitive(
        "masked_attention",
        "masked_attention : ([n, e], [m, e], [m, c], bool[n, m]) -> [n, c]",
        "the same where only pairs whose mask holds are seen",
        (),
        "Vaswani et al. 2017",
    ),
    Primitive(
        "biased_attention",
        "biased_attention : ([n, e], [m, e], [m, c], [n, m]) -> [n, c]",
        "softmax(q k^T / sqrt(e) + bias) v",
        (),
        "Vaswani et al. 2017",
    ),
)

PUSHES = tuple(
    Primitive(
        f"push_{name}",
        f"push_{name} : (ix(n)[m], [m; A]) -> [n; A]",
        f"y_k = {formula} of x_j over all j with i_j = k; 0 where there is none",
        tags,
        "torch.Tensor.index_add, torch.Tensor.scatter_reduce",
    )
    for name, formula, tags in (
        ("sum", "sum", ()),
        ("mean", "mean", ()),
        ("max", "greatest", ("monotone",)),
        ("min", "least", ("monotone",)),
    )
)
"""`push[sum](i, x)`, the adjoint of `x(i)`, and its kin."""

LOSSES = (
    Primitive(
        "cross_entropy",
        "cross_entropy : ([v], ix(v)) -> []",
        "-log_softmax(x)_i",
        (),
        "torch.nn.functional.cross_entropy",
    ),
)

CONSTANTS = (
    Primitive("zeros", "zeros : () -> [..s]", "0 everywhere", {"constant", "initialiser"}),
    Primitive("ones", "ones : () -> [..s]", "1 everywhere", {"constant", "initialiser"}),
    Primitive(
        "eye", "eye : () -> [n, n]", "1 on the diagonal, else 0", {"constant", "initialiser"}
    ),
)

# Initialisers are drawn when a module is built. Fans as in torch.nn.init: for a leaf [o, i, ..s], fan_in = i * prod(s).
INITIALISERS = (
    Primitive(
        "normal",
        "normal[std = 1.0, mean = 0.0] : () -> [..s]",
        "normal distribution",
        {"initialiser"},
    ),
    Primitive(
        "truncated_normal",
        "truncated_normal[std = 1.0] : () -> [..s]",
        "normal, cut at two standard deviations",
        {"initialiser"},
    ),
    Primitive(
        "uniform",
        "uniform[low = 0.0, high = 1.0] : () -> [..s]",
        "uniform on [low, high)",
        {"initialiser"},
    ),
    Primitive("constant", "constant[value] : () -> [..s]", "value everywhere", {"initialiser"}),
    Primitive(
        "kaiming",
        "kaiming : () -> [..s]",
        "uniform on +-1 / sqrt(fan_in): the default of torch.nn.Linear and Conv",
        {"initialiser"},
    ),
    Primitive(
        "kaiming_normal",
        "kaiming_normal : () -> [..s]",
        "normal with std sqrt(2 / fan_out) (He et al. 2015)",
        {"initialiser"},
    ),
    Primitive(
        "lecun_normal",
        "lecun_normal : () -> [..s]",
        "normal with variance 1 / fan_in, cut at two standard deviations: the default of Flax",
        {"initialiser"},
        "timm.layers.lecun_normal_",
    ),
    Primitive(
        "xavier",
        "xavier : () -> [..s]",
        "uniform on +-sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010)",
        {"initialiser"},
    ),
    Primitive("glorot", "glorot : () -> [..s]", "the same as xavier", {"initialiser"}),
    Primitive(
        "orthogonal",
        "orthogonal : () -> [..s]",
        "rows (or columns) orthonormal (Saxe et al. 2014)",
        {"initialiser"},
    ),
    Primitive(
        "bias_like",
        "bias_like[fan_in] : () -> [..s]",
        "uniform on +-1 / sqrt(fan_in): the default bias of torch.nn.Linear and Conv",
        {"initialiser"},
    ),
)

PRIMITIVES: dict[str, Primitive] = {
    row.name: row
    for group in (
        POINTWISE,
        OPERATORS,
        REDUCTIONS,
        ALONG_AXIS,
        SPATIAL,
        FOURIER,
        ATTENTION,
        PUSHES,
        LOSSES,
        CONSTANTS,
        INITIALISERS,
    )
    for row in group
}

__all__ = ["LINEAR_IN", "PRIMITIVES", "Primitive"]
