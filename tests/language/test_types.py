"""Types, sizes and leading axes: each row and rule of the language by a tiny program and its value."""

import pytest
import torch

import catnn
from catnn import CatError
from tests.language.running import Case, agrees

pytestmark = pytest.mark.torch

TYPES = (
    Case("tensor", "model m : [n, d] -> [n, d] = relu", ["2,3,4"], torch.relu),
    Case("scalar", "model m : [] -> [] = exp", ["5"], torch.exp),
    Case(
        "indices",
        "model m : ([v, d], ix(v)[n], ix(v)) -> ([n, d], [d]) = (t, i, j) => (t(i), t(j))",
        ["2,7,3", "ix7:2,4", "ix7:2"],
        lambda t, i, j: (
            torch.stack([a[b] for a, b in zip(t, i, strict=True)]),
            torch.stack([a[b] for a, b in zip(t, j, strict=True)]),
        ),
    ),
    Case(
        "booleans",
        "model m : (bool[n], [n]) -> [n] = (b, x) => select(b, x, -x)",
        ["bool:2,5", "2,5"],
        lambda b, x: torch.where(b, x, -x),
    ),
    Case(
        "integers", "model m : int[n] -> int[n] = k => 2 * k + 1", ["int:2,5"], lambda k: 2 * k + 1
    ),
    Case(
        "integers stay integers",
        "model m : int[n] -> int[n] = k => k // 2 + k % 2",
        ["int:2,5"],
        lambda k: k // 2 + k % 2,
    ),
    Case(
        "integers become real",
        "model m : (int[n], [n]) -> [n] = (k, x) => k * x",
        ["int:2,5", "2,5"],
        lambda k, x: k * x,
    ),
    Case(
        "complex numbers",
        "model m : (complex[n], complex[n]) -> complex[n] = (a, b) => a * b + a",
        ["complex:2,5", "complex:2,5"],
        lambda a, b: a * b + a,
    ),
    Case(
        "many of a pair",
        "model m : [k; ([d], [d])] -> [k, d] = (a, b) => a + b",
        ["2,3,4", "2,3,4"],
        lambda a, b: a + b,
    ),
    Case(
        "record",
        "model m : (src : [n], dst : [n]) -> (sum : [n], by : [n]) = p => (sum = p.src + p.dst, by = p.src - p.dst)",
        ["2,3", "2,3"],
        lambda a, b: (a + b, a - b),
    ),
    Case("unit", "model m : [n] -> ([n], ()) = x => (x, ())", ["2,3"], lambda x: (x, ())),
    Case(
        "tuples add and scale",
        "model m : ([n], [k]) -> ([n], [k]) = p => 2 * p + p",
        ["2,3", "2,4"],
        lambda a, b: (3 * a, 3 * b),
    ),
    Case(
        "projection",
        "model m : ([n], [k]) -> [k] = p => p[1]",
        ["2,3", "2,4"],
        lambda a, b: b,
    ),
    Case(
        "alias",
        "type P[n] = ([n], [n])\nmodel m : P[4] -> [4] = (a, b) => a * b",
        ["2,4", "2,4"],
        lambda a, b: a * b,
    ),
    Case(
        "any leading axes",
        "morph f : [..s, d] -> [..s, d] = softmax\nmodel m : [n, k, d] -> [n, k, d] = f",
        ["2,3,4,5"],
        lambda x: x.softmax(-1),
    ),
)

FUNCTIONS_OF_INDICES = (
    Case(
        "pairs",
        "model m : ([n, k], ix(n)[p], ix(k)[p]) -> [p] = (t, i, j) => t(i, j)",
        ["1,5,6", "ix5:1,4", "ix6:1,4"],
        lambda t, i, j: t[0][i[0], j[0]][None],
    ),
    Case(
        "one after the other",
        "model m : ([n, k], ix(n), ix(k)) -> [] = (t, i, j) => t(i)(j)",
        ["1,5,6", "ix5:1", "ix6:1"],
        lambda t, i, j: t[0][i[0], j[0]][None],
    ),
    *(
        Case(
            name,
            f"{more}model m : ([v, d], ix(v)[n]) -> [n, d] = (t, i) => {term}",
            ["1,5,6", "ix5:1,4"],
            lambda t, i: t[0][i[0]][None],
        )
        for name, more, term in (
            ("behind a chain", "", "i >> t"),
            ("openly", "", "i >> at[t]"),
            ("as an argument", "morph g[f : ix(v) -> [d]] : ix(v)[n] -> [n, d] = f\n", "g[t](i)"),
        )
    ),
    Case(
        "a matrix contracts",
        "model m : ([k, j], [n, j]) -> [n, k] = (r, x) => {k j, n j -> n k}(r, x)",
        ["2,3,4", "2,5,4"],
        lambda r, x: x @ r.mT,
    ),
    Case(
        "an index comes back clamped",
        "model m : [n] -> [n] = x => [x(index[n](i + 1)) for i < n]",
        ["2,4"],
        lambda x: torch.cat([x[:, 1:], x[:, -1:]], 1),
    ),
    Case(
        "tabulated",
        "model m : [n] -> [n, n] = x => [select(j <= i, 1, 0) * x(i) for i < n, j < n]",
        ["2,4"],
        lambda x: torch.ones(4, 4).tril() * x[:, :, None],
    ),
    Case(
        "all indices", "model m : [n, d] -> [n, d] = x => x([i for i < n])", ["2,4,3"], lambda x: x
    ),
    Case(
        "stacked",
        "model m : ([d], [d]) -> [2, d] = (a, b) => [a, b]",
        ["2,4", "2,4"],
        lambda a, b: torch.stack([a, b], 1),
    ),
)

SIZES = (
    Case(
        "floor and remainder",
        "model m : [n] -> [n // 2 + n % 2] where n >= 2 = x => [x(index[n](2 * i)) for i < n // 2 + n % 2]",
        ["2,5"],
        lambda x: x[:, ::2],
    ),
    Case(
        "powers",
        "model m[k = 3] : [2^k] -> [2^(k - 1)] where k >= 1 = {(p q) -> p q}[q = 2] >> mean{p [q]}",
        ["2,8"],
        lambda x: x.view(2, 4, 2).mean(-1),
    ),
    Case(
        "ceil",
        "model m[d = 5] : [d] -> [ceil(d / 2)] = x => [x(index[d](2 * i)) for i < ceil(d / 2)]",
        ["2,5"],
        lambda x: x[:, ::2],
    ),
    Case(
        "extrema",
        "model m[a = 3, b = 5] : [max(a, b)] -> [min(a, b)] = take[min(a, b)]",
        ["2,5"],
        lambda x: x[:, :3],
    ),
    Case(
        "choose",
        "model m[n = 4] : [choose(n, 2)] -> [choose(n, 2)] where n >= 2 = x => x * choose(n, 2)",
        ["2,6"],
        lambda x: 6 * x,
    ),
    Case(
        "a product as a fact",
        "model m[h = 2, k = 4] : [n, d] -> [n, h, k] where d == h * k = {n (h e) -> n h e}",
        ["2,3,8"],
        lambda x: x.view(2, 3, 2, 4),
    ),
    Case(
        "a condition is a fact",
        "morph f[k] : [d] -> [d] = if k >= 2 then repeat[k - 2] tanh else id\nmodel m : [d] -> [d] = f[3]",
        ["2,5"],
        torch.tanh,
    ),
    Case("none", "model m : [d] -> [d] = repeat[0] tanh", ["2,5"], lambda x: x),
    Case(
        "a size as a number",
        "model m[k = 3] : [n] -> [n] = x => x * k + real(n)",
        ["2,5"],
        lambda x: 3 * x + 5,
    ),
    Case(
        "a decimal",
        "morph f[alpha = 0.5] : [d] -> [d] = x => alpha * x\nmodel m : [d] -> [d] = f + f[alpha = 0.25]",
        ["2,4"],
        lambda x: 0.75 * x,
    ),
    Case(
        "an earlier default",
        "morph f[a = 2, b = a + 1] : [d] -> [d] = x => a * b * x\nmodel m : [d] -> [d] = f + f[3]",
        ["2,4"],
        lambda x: 18 * x,
    ),
    Case(
        "a list of sizes",
        "morph f[w : int[3]] : [w[0]] -> [w[2]] where w[1] <= w[0], w[2] <= w[1] = take[w[1]] >> take[w[2]]\nmodel m : [4] -> [2] = f[(4, 3, 2)]",
        ["2,4"],
        lambda x: x[:, :2],
    ),
    Case(
        "an enumeration",
        'morph f[norm = "pre"] : [d] -> [d] = if norm == "pre" then relu else exp\n'
        'model m : [d] -> [d] = f[norm = "post"]',
        ["2,4"],
        torch.exp,
    ),
    Case(
        "logic of flags",
        "morph f[a = true, b = false] : [d] -> [d] = if a and not b or b then relu else exp\n"
        "model m : [d] -> [d] = f",
        ["2,4"],
        torch.relu,
    ),
    Case(
        "equal sizes",
        "morph f[c] : [d] -> [c] = if c == d then id else linear[c]\nmodel m : [4] -> [4] = f[4]",
        ["2,4"],
        lambda x: x,
    ),
)

LEADS = (
    Case(
        "maps over what leads",
        "morph s : [d] -> [] = sum\nmodel m : [b, n, d] -> [b, n] = s",
        ["2,3,4,5"],
        lambda x: x.sum(-1),
    ),
    Case(
        "a shorter lead is a prefix",
        "morph f : ([n, d], [d]) -> [n] = (x, y) => {n d, d -> n}(x, y)\n"
        "model m : ([b, c, n, d], [b, d]) -> [b, c, n] = f",
        ["2,3,4,5,6", "2,3,6"],
        lambda x, y: (x * y[:, :, None, None]).sum(-1),
    ),
    Case(
        "arithmetic aligns at the end",
        "model m : ([n, d], [d]) -> [n, d] = (x, b) => x + b",
        ["2,3,4", "2,4"],
        lambda x, b: x + b[:, None],
    ),
    Case(
        "a type variable takes all",
        "morph fst : (A, B) -> A = (a, _b) => a\nmodel m : ([n, d], [k]) -> [n, d] = fst",
        ["2,3,4", "2,5"],
        lambda a, b: a,
    ),
    Case(
        "brackets fix a type variable",
        "morph two[f : A -> A] : A -> A = f >> f\nmodel m : [n, d] -> [n, d] = two[softmax]",
        ["2,3,4"],
        lambda x: x.softmax(-1).softmax(-1),
    ),
    Case(
        "a value in brackets",
        "morph f[s : []] : [d] -> [d] = x => s * x\nmodel m : ([d], []) -> [d] = (x, t) => f[t](x)",
        ["2,3", "2"],
        lambda x, t: x * t[:, None],
    ),
    Case(
        "across sees the batch",
        "morph c : [d] -> [d] across t = x => x - {d -> t d}(mean{[t] d}(x))\nmodel m : [d] -> [d] = c",
        ["5,3"],
        lambda x: x - x.mean(0),
    ),
)


@pytest.mark.parametrize("case", [*TYPES, *FUNCTIONS_OF_INDICES, *SIZES, *LEADS], ids=str)
def test_value(case: Case) -> None:
    agrees(case)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("model m : [n] -> [] = x => sum(x > 0)", "E0306"),
        ("model m : ([a, d], ix(b)[k]) -> [k, d] = (x, i) => x(i)", "E0306"),
        ("model m : ([n, 8], [n, 1]) -> [n, 8] = (x, s) => x * s", "E0206"),
        ("model m : [n, d] -> [n, d] = x => x - mean{n [d]}(x)", "E0204"),
        ("model m : ([n, n], [n]) -> [n, n] = (x, y) => x * y", "E0205"),
        ("model m : ([b, n, d], [n, d]) -> [b, n] = (x, y) => dot(x, y)", "E0302"),
        ("model m : [n] -> [n - 2] = x => [x(index[n](i)) for i < n - 2]", "E0208"),
        ("model m : [n, d] -> [n, 2, d / 2] = {n (h e) -> n h e}", "E0207"),
        ("model m : [d] -> [d] = repeat[-1] relu", "E0208"),
        ("model m : [d] -> [d] = repeat[1.5] relu", "E0305"),
        ("morph f : A -> [d] = x => x\n", "E0201"),
    ],
)
def test_refused(text: str, code: str) -> None:
    with pytest.raises(CatError) as caught:
        catnn.loads(text)
    assert code in [diagnostic.code for diagnostic in caught.value.diagnostics]
