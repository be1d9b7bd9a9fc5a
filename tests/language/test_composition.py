"""Composition: each row of the tables by a tiny program and its value by hand."""

import pytest
import torch

import catnn
from catnn import CatError
from tests.language.running import Case, agrees

pytestmark = pytest.mark.torch

TERMS = (
    Case("chain", "model m : [d] -> [d] = relu >> exp", ["2,3"], lambda x: x.relu().exp()),
    Case(
        "value first",
        "model m : [d] -> [d] = x => x >> relu >> exp",
        ["2,3"],
        lambda x: x.relu().exp(),
    ),
    Case(
        "fan of three",
        "model m : [d] -> ([d], [d], [d]) = relu & exp & id",
        ["2,3"],
        lambda x: (x.relu(), x.exp(), x),
    ),
    Case(
        "parentheses nest",
        "model m : [d] -> (([d], [d]), [d]) = (relu & exp) & id",
        ["2,3"],
        lambda x: ((x.relu(), x.exp()), x),
    ),
    Case(
        "side by side",
        "model m : ([d], [k]) -> ([d], [k]) = relu | exp",
        ["2,3", "2,4"],
        lambda a, b: (a.relu(), b.exp()),
    ),
    Case(
        "pointwise",
        "model m : [d] -> [d] = id + relu * exp - 2",
        ["2,3"],
        lambda x: x + x.relu() * x.exp() - 2,
    ),
    Case(
        "gate", "model m : [d] -> [d] = sigmoid * tanh", ["2,3"], lambda x: x.sigmoid() * x.tanh()
    ),
    Case("quotient", "model m : [d] -> [d] = exp / (exp + 1)", ["2,3"], torch.sigmoid),
    Case(
        "an operand that reads the axis it makes",
        "model m : [] -> [1] = (x => [x] >> softmax) + ((x => [x]) >> {a -> a})",
        ["3"],
        lambda x: (1 + x)[:, None],
    ),
    Case("minus", "model m : [d] -> [d] = -relu", ["2,3"], lambda x: -x.relu()),
    Case("drop", "model m : [d] -> () = drop", ["2,3"], lambda x: ()),
    Case(
        "swap",
        "model m : [d] -> ([d], [d]) = (relu & exp) >> swap",
        ["2,3"],
        lambda x: (x.exp(), x.relu()),
    ),
    Case("zeros in a sum", "model m : [d] -> [d] = id + zeros", ["2,3"], lambda x: x),
    Case("zeros as a body", "model m : [d] -> [4] = zeros", ["2,3"], lambda x: torch.zeros(2, 4)),
    Case("const", "model m : [d] -> [d] = id * const[2.5]", ["2,3"], lambda x: 2.5 * x),
    Case(
        "trail",
        "model m : [d] -> [4, d] = trail[3] tanh",
        ["2,3"],
        lambda x: torch.stack([x, x.tanh(), x.tanh().tanh(), x.tanh().tanh().tanh()], 1),
    ),
    Case("iterate", "model m : [d] -> [d] = iterate[3] (x => 2 * x)", ["2,3"], lambda x: 8 * x),
    Case(
        "iterate with the turn",
        "model m : [d] -> [d] = iterate[3] ((i, x) => x + i)",
        ["2,3"],
        lambda x: x + 3,
    ),
    Case(
        "copies",
        "model m : [3, d] -> [3, d] = copies[3] softmax",
        ["2,3,4"],
        lambda x: x.softmax(-1),
    ),
    Case("big chain", "model m : [d] -> [d] = (>> i < 3) (x => x + i)", ["2,3"], lambda x: x + 3),
    Case(
        "types of a big chain differ",
        "model m : [3] -> [12] = (>> i < 2) (dup >> concat)",
        ["2,3"],
        lambda x: torch.cat([x] * 4, -1),
    ),
    Case("big sum", "model m : [d] -> [d] = (+ i < 3) (x => i * x)", ["2,3"], lambda x: 3 * x),
    Case(
        "big product",
        "model m : [d] -> [d] = (* i < 3) (x => x + i)",
        ["2,3"],
        lambda x: x * (x + 1) * (x + 2),
    ),
    Case(
        "big fan",
        "model m : [d] -> ([d], [d]) = (& i < 2) (x => x + i)",
        ["2,3"],
        lambda x: (x, x + 1),
    ),
    Case(
        "big side by side",
        "model m : ([d], [k]) -> ([d], [k]) = (| i < 2) (x => x + i)",
        ["2,3", "2,4"],
        lambda a, b: (a, b + 1),
    ),
    Case("choice", "model m : [d] -> [d] = if 2 > 1 then relu else exp", ["2,3"], torch.relu),
    Case(
        "a lambda is the last factor",
        "model m : [d] -> [d] = relu >> x => x * 2",
        ["2,3"],
        lambda x: x.relu() * 2,
    ),
    Case(
        "least and greatest",
        "model m : ([d], [d]) -> ([d], [d]) = (a, b) => (min(a, b), max(a, b))",
        ["2,3", "2,3"],
        lambda a, b: (torch.minimum(a, b), torch.maximum(a, b)),
    ),
    Case(
        "comparisons",
        "model m : ([n], [n]) -> bool[n] = (a, b) => a < b and not (a == b) or a >= b",
        ["2,5", "2,5"],
        lambda a, b: torch.ones(2, 5, dtype=torch.bool),
    ),
    Case(
        "constants",
        "model m : [n] -> [n] = x => select(x > -inf, x * pi, 0)",
        ["2,5"],
        lambda x: x * torch.pi,
    ),
)

NAMES = (
    Case(
        "a value may hide a value",
        "model m : [d] -> [d] = x => let y = x + 1; let y = y * 2; y",
        ["2,3"],
        lambda x: (x + 1) * 2,
    ),
    Case(
        "parts of a tuple",
        "model m : ([d], ([d], [d])) -> [d] = (a, (b, c)) => a + b * c",
        ["2,3", ("2,3", "2,3")],
        lambda a, p: a + p[0] * p[1],
    ),
    Case(
        "one instance",
        "model m : ([3], [3]) -> [5] = (a, b) => share f = linear[5]; f(a) - f(b) - f(a) + f(b)",
        ["2,3", "2,3"],
        lambda a, b: torch.zeros(2, 5),
    ),
    Case(
        "an instance as an argument",
        "morph two[f : [d] -> [d]] : [d] -> [d] = x => f(x) - f(x)\n"
        "model m : [4] -> [4] = x => share g = linear[4]; two[g](x)",
        ["2,4"],
        torch.zeros_like,
    ),
    Case(
        "a template with an argument",
        "model m : [d] -> [d] = x => morph f[k] = (y => y * k); f[2](x) + f[3](x)",
        ["2,3"],
        lambda x: 5 * x,
    ),
    Case(
        "a template with a type lifts",
        "model m : [n, d] -> [n] = x => morph f : [d] -> [] = sum; f(x)",
        ["2,3,4"],
        lambda x: x.sum(-1),
    ),
    Case(
        "a template with inputs",
        "model m : ([d], [d]) -> [] = (a, b) => morph dot(u : [k], v : [k]) : [] = {k, k -> }(u, v); dot(a, b)",
        ["2,4", "2,4"],
        lambda a, b: (a * b).sum(-1),
    ),
    Case(
        "inputs in the header",
        "model m(x : [n, d], y : [d]) : [n, d] = x * y",
        ["2,3,4", "2,4"],
        lambda x, y: x * y[:, None],
    ),
)

PATTERNS = (
    Case("permute", "model m : [n, d] -> [d, n] = {n d -> d n}", ["2,3,4"], lambda x: x.mT),
    Case(
        "cut",
        "model m : [n, 5] -> ([n, 2], [n, 3]) = {n (q + k) -> n q, n k}[q = 2]",
        ["2,3,5"],
        lambda x: (x[..., :2], x[..., 2:]),
    ),
    Case(
        "join",
        "model m : ([n, p], [n, q]) -> [n, p + q] = {n p, n q -> n (p + q)}",
        ["2,3,5", "2,3,2"],
        lambda a, b: torch.cat([a, b], -1),
    ),
    Case(
        "diagonal",
        "model m : [n, n] -> [n] = {n n -> n}",
        ["2,3,3"],
        lambda x: x.diagonal(dim1=1, dim2=2),
    ),
    Case(
        "repeat",
        "model m : [d] -> [4, d] = {d -> n d}[n = 4]",
        ["2,3"],
        lambda x: x[:, None].expand(2, 4, 3),
    ),
    Case(
        "rest",
        "model m : [n, a, b] -> [a, b, n] = {n ..s -> ..s n}",
        ["2,3,4,5"],
        lambda x: x.movedim(1, -1),
    ),
    Case(
        "three operands",
        "model m : ([n, i], [i, j], [m, j]) -> [n, m] = {n i, i j, m j -> n m}",
        ["2,3,4", "2,4,5", "2,6,5"],
        lambda a, b, c: a @ b @ c.mT,
    ),
    Case(
        "reduction",
        "model m : [c, h, w] -> [c] = mean{c [h w]}",
        ["2,3,4,5"],
        lambda x: x.mean((-1, -2)),
    ),
    Case(
        "in the middle",
        "model m : [h, n, m] -> [h, n, m] = softmax{h [n] m}",
        ["2,3,4,5"],
        lambda x: x.softmax(2),
    ),
    Case(
        "the general form",
        "model m : ([n, 2, e], [k, 2, e]) -> [n, 2, e] = (q, k) =>"
        " attend{[n] h [e], [m] h [e], [m] h [e] -> [n] h [e]}(q, k, k)",
        ["2,3,2,4", "2,5,2,4"],
        lambda q, k: torch.einsum(
            "bhnm,bmhe->bnhe", (torch.einsum("bnhe,bmhe->bhnm", q, k) / 2).softmax(-1), k
        ),
    ),
)

OPEN_SIZES = (
    *(
        Case(name, f"model m : {type_} = {term}", ["2,3,8"], lambda x: x.view(2, 3, 2, 4), {})
        for name, type_, term in (
            ("from the stated type", "[n, 8] -> [n, 2, 4]", "{n (h e) -> n h e}"),
            ("through another factor", "[n, 8] -> [n, 2, 4]", "{n (h e) -> n h e} >> id"),
            ("through a value", "[n, 8] -> [n, 2, 4]", "x => let y = {n (h e) -> n h e}(x); y"),
            ("of a size", "[n, d] -> [n, 2, d / 2] where 2 divides d", "{n (h e) -> n h e}"),
        )
    ),
    Case(
        "from the other operand",
        "model m : ([n, 8], [2, 4]) -> [n, 2, 4] = (x, y) => {n (h e) -> n h e}(x) + y",
        ["2,3,8", "2,2,4"],
        lambda x, y: x.view(2, 3, 2, 4) + y[:, None],
    ),
    Case(
        "repeated",
        "model m : [d] -> [5, d] = {d -> n d}",
        ["2,8"],
        lambda x: x[:, None].expand(2, 5, 8),
    ),
    Case(
        "cut where it is due",
        "model m : [n, 5] -> ([n, 2], [n, 3]) = {n (a + b) -> n a, n b}",
        ["2,3,5"],
        lambda x: (x[..., :2], x[..., 2:]),
    ),
    Case(
        "of a morph without a type",
        "morph split = {n (h e) -> n h e}\nmodel m : [n, 8] -> [n, 2, 4] = split",
        ["2,3,8"],
        lambda x: x.view(2, 3, 2, 4),
    ),
)

STATES = (
    Case(
        "of a scan",
        "model m : [t, d] -> [t, d] = xs =>"
        " let (_, ys) = (scan ((h, x) => let y = h + x; (y, y)))(zeros, xs); ys",
        ["2,5,3"],
        lambda x: x.cumsum(1),
    ),
    Case(
        "in a chain",
        "model m : [t, d] -> [d] = xs => let (s, _) = (zeros, xs) >> scan ((h, x) => (h + x, h)); s",
        ["2,5,3"],
        lambda x: x.sum(1),
    ),
    Case(
        "a pair of different ones",
        "model m : [t, d] -> ([d], []) = xs =>"
        " let (s, _) = (scan (((h, c), x) => ((h + x, c + mean(x)), x)))((zeros, zeros), xs); s",
        ["2,5,3"],
        lambda x: (x.sum(1), x.mean(-1).sum(1)),
    ),
    Case(
        "ones",
        "model m : [d] -> [d] = x => ones >> iterate[3] (h => h * x)",
        ["2,5"],
        lambda x: x**3,
    ),
    Case(
        "of a trail",
        "model m : [d] -> [3, d] = x => (trail[2] (h => h + x))(zeros)",
        ["2,5"],
        lambda x: torch.stack([0 * x, x, 2 * x], 1),
    ),
)


@pytest.mark.parametrize("case", [*TERMS, *NAMES, *PATTERNS, *OPEN_SIZES, *STATES], ids=str)
def test_value(case: Case) -> None:
    agrees(case)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("model m : [d] -> ([d], [d]) = relu >> id & tanh", "E0105"),
        ("model m : [d] -> [d] = x => repeat[3] linear[d](x)", "E0312"),
        ("model m : [d] -> [d] = x => let f = linear[d]; f(x)", "E0309"),
        ("model m : [n, d] -> [d] = x => let d = mean{[n] d}(x); x(0)", "E0310"),
        ("model m : [d] -> [d] = repeat[2] linear[4] >> linear[d]", "E0216"),
        ("model m : [c, h, w] -> [c] = {c h w -> c}", "E0210"),
        ("model m : [n, d] -> [n, d] = {n (h e) -> h n e} >> {h n e -> n (h e)}", "E0211"),
        ("model m : [n, 8] -> [n, 3, 4] = {n (h e) -> n h e}", "E0213"),
        ("model m : [n, d] -> [n, 3, d / 3] = {n (h e) -> n h e}", "E0207"),
        (
            "model m : [t, d] -> [d] = xs => let (s, _) = (scan ((h, x) => (h, x)))(zeros, xs); s",
            "E0209",
        ),
        ("model m : [d] -> [] = x => sum(zeros)", "E0209"),
        ("model m : [n, d] -> [d] = x => x[0]", "E0315"),
        ("model m : [n, d] -> [n] = x => x[:, 0]", "E0148"),
    ],
)
def test_refused(text: str, code: str) -> None:
    """One mistake, one message."""
    with pytest.raises(CatError) as caught:
        catnn.loads(text)
    assert [d.code for d in caught.value.diagnostics if d.severity == "error"] == [code]
