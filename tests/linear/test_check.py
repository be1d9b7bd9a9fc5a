"""What is shown to be linear, what is refused, and with which words."""

import pytest

from catnn.errors import Diagnostic
from catnn.pipeline import check_text
from catnn.prims.rows import PRIMITIVES
from catnn.specialise.adjoint import TRANSPOSITIONS

LINEAR = {
    "layer": "morph f : [d] -o [8] = linear[8, bias = false]",
    "pattern": "morph f : [n, d] -o [d, n] = {n d -> d n}",
    "repetition": "morph f : [d] -o [3, d] = {d -> n d}[n = 3]",
    "diagonal": "morph f : [n, n] -o [n] = {n n -> n}",
    "cut": "morph f : [p + q] -o ([p], [q]) = {(p + q) -> p, q}",
    "jointly": "morph f : ([d], [d]) -o [d] = (a, b) => 2 * a - b / 3",
    "constants are fixed": "morph f : [n] -o [n] = x => x / n + pi * x",
    "residual": "morph f[g : A -o A] : A -o A = id + g",
    "argument": "morph r[g : A -o A] : A -o A = id + g\nmorph f : [d] -o [d] = r[linear[d, bias = false] >> neg]",
    "undeclared": "morph r[g : A -> A] : A -> A = id + g\nmorph f : [d] -o [d] = r[neg]",
    "context": "morph f : [d] -o [d] over s : [d] = x => x * sigmoid(s)",
    "index": "morph f : [n, d] -o [m, d] over i : ix(n)[m] = x => x(i) + x(0)",
    "push": "morph f : [m, d] -o [n, d] over i : ix(n)[m] = x => push[sum](i, x) - push[mean](i, x)",
    "zeros": "morph f : [d] -o [2 * d] = x => concat(x, zeros[d])",
    "mask": "morph f : [d] -o [d] over keep : bool[d] = x => select(keep, x, 0)",
    "norm with a fixed input": "morph f : [d] -o [d] over x : [d] = w => rms_norm(x, w)",
    "values of attention": "morph f : [m, c] -o [n, c] over (q : [n, e], k : [m, e]) = v => attend(q, k, v)",
    "repeat": "morph f : [d] -o [d] = repeat[3] (id + linear[d, bias = false])",
    "no turns": "morph f : [d] -o [d] = repeat[0] tanh",
    "trail": "morph f : [d] -o [4, d] = trail[3] linear[d, bias = false]",
    "iterate": "morph f : [d] -o [d] = iterate[9] neg",
    "counted": "morph f : [d] -o [d] = iterate[3] ((i, x) => (i + 1) * x)",
    "copies": "morph f : [n, d] -o [n, d] = copies[n] linear[d, bias = false]",
    "scan": "morph f : ([d], [t, d]) -o ([d], [t, d]) over g : [d] = scan ((s, x) => let y = g * s + x; (y, y))",
    "scan from zero": "morph f : [t, d] -o [t, d] = xs => second((scan ((s, x) => (s + x, s - x)))(zeros[d], xs))",
    "big sum": "morph f[k] : [d] -o [d] = x => (+ j < k) linear[d, bias = false](x)",
    "big sum of parts": "morph f : [d] -o [d] = (+ i < 3) linear[d, bias = false]",
    "stages": "morph f : [4] -o [16] = (>> i < 2) linear[4 * 2^(i + 1), bias = false]",
    "local": """morph f : [d] -o [d] = x =>
      param w : [d, d] ~ xavier;
      share a = linear[d, bias = false];
      morph b = linear[d, bias = false];
      a(a(x)) + b(x) + {d e, e -> d}(w, x)""",
    "convolution": "morph f : [c, h, w] -o [8, h, w] = conv[8, 3, pad = 1, bias = false]",
    "body": "morph f : [c, d, h, w] -o [8, d, h, w] = conv3d[8, 3, pad = 1, bias = false]",
    "transposed": "morph f : [c, h, w] -o [8, 2 * h, 2 * w] = conv_transpose[8, 2, 2, bias = false]",
    "resize": "morph f : [c, h, w] -o [c, 5, 7] = resize[5, 7]",
    "mirror": "morph f : [h, w] -o [h + 2, w + 2] where h >= 2, w >= 2 = reflect_pad[1]",
    "windows": "morph f : [c, h, w] -o [c, 3, 3, h, w] = unfold2[3, pad = 1]",
    "runs": "morph f : [c, h, w] -o [c, 3, 2] = adaptive_avgpool[3, 2]",
    "pooling": "morph f : [c, h, w] -o [c, h // 2, w // 2] where h >= 2, w >= 2 = avgpool[2]",
    "recursion": "morph f[n] : [d] -o [d] = if n == 0 then id else neg >> f[n - 1]",
    "recursion of another": """morph g[n] : [d] -> [d] = if n == 0 then id else linear[d, bias = false] >> g[n - 1]
      morph f[k] : [d] -o [d] = g[k]""",
    "recursion at a size": """morph g[n] : [d] -> [d] = if n == 0 then id else neg >> g[n - 1]
      morph f : [d] -o [d] = g[3]""",
    "branches": "morph f[a = true] : [d] -o [d] = if a then linear[d, bias = false] else id",
    "in training": "morph f : [d] -o [d] = x => if training then 2 * x else x",
    "stop": "morph f : [d] -o [d] = stop",
    "adjoint": "morph f : [8] -o [d] = dagger linear[8, bias = false]",
    "adjoint of an argument": "morph f[g : A -o B] : A -o A = g >> dagger g",
    "across": "morph f : [d] -o [d] across t = x => x - mean{[t] d}(x)",
    "on axes": "morph f : [n, d] -o [n, d] = cumsum{[n] d}",
    "as an arrow": "morph g[h : A -> A] : A -> A = h\nmorph f[h : A -o A] : A -> A = g[h]",
}  # fmt: skip

REFUSED = {
    "bias": ("morph f : [d] -o [8] = linear[8]", "linear[8]", "`linear` adds a value that does not depend on the input", "write `linear[.., bias = false]`"),
    "flag": ("morph f[b = true] : [d] -o [d] = linear[d, b]", "linear[d, b]", "`linear` adds", "bias = false"),
    "relu": ("morph f : [d] -o [d] = linear[d, bias = false] >> relu", "relu", "`relu` is not linear", ""),
    "inside": ("morph g[w] : [d] -> [w] = linear[w]\nmorph f : [d] -o [3] = neg >> g[3]", "g[3]", "`linear` adds", "bias = false"),
    "product": ("morph f : ([d], [d]) -o [d] = (a, b) => a * b", "a * b", "multiplies two values that both depend", ""),
    "square": ("morph f : [d] -o [d] = x => x * x", "x * x", "multiplies two values", ""),
    "contraction": ("morph f : [d] -o [] = x => {d, d -> }(x, x)", "{d, d -> }(x, x)", "multiplies two values", ""),
    "constant": ("morph f : [d] -o [d] = x => x + 1", "x + 1", "adds a value that does not depend", "takes 0 to 0"),
    "parameter": ("morph f : [d] -o [d] = x =>\n  param b : [d] ~ zeros;\n  x + b", "x + b", "adds a value", ""),
    "only a constant": ("morph f : [d] -o [d] = x => ones", "x => ones", "a value that does not depend on the input", ""),
    "a constant component": ("morph f : [d] -o ([d], [d]) = x => (x, ones)", "x => (x, ones)", "does not depend", ""),
    "joined": ("morph f : [d] -o [2 * d] = x => concat(x, ones[d])", "concat(x, ones[d])", "joins a value", ""),
    "quotient": ("morph f : [d] -o [d] = x => 1 / x", "1 / x", "divides by a value that depends", ""),
    "comparison": ("morph f : [d] -o [d] = x => select(x > 0, x, 0)", "x > 0", "`>` compares a value", ""),
    "power": ("morph f : [d] -o [d] = x => x^2", "x^2", "`^` is not linear", ""),
    "draw": ("morph f : [d] -o [d] = x =>\n  draw z : [d] ~ normal(0, 1);\n  z * x", "draw z : [d] ~ normal(0, 1)", "draws anew", ""),
    "draw of the library": ("morph f : [d] -o [d] = x =>\n  draw z : [d] ~ laplace;\n  z * x", "draw z : [d] ~ laplace", "draws anew", ""),
    "call that draws": ("morph g : [] -> [] = s => draw z : [] ~ normal(0, s); z\nmorph f : [d] -o [d] = x => g(2.0) * x", "g(2.0)", "draws anew", ""),
    "dropout": ("morph f : [d] -o [d] = dropout[0.5]", "dropout[0.5]", "`dropout` is not linear", ""),
    "any argument": ("morph f[g : A -> A] : A -o A = g", "g", "`g` is not known to be linear", "declare it linear: `g : A -o B`"),
    "extreme": ("morph f : [m] -o [n] over i : ix(n)[m] = x => push[max](i, x)", "push[max](i, x)", "`push[max]` is not linear", ""),
    "queries": ("morph f : [n, d] -o [n, d] over v : [n, d] = q => attend(q, q, v)", "attend(q, q, v)", "is not linear", ""),
    "a loop": ("morph f : [d] -o [d] = iterate[4] (x => x * x)", "x * x", "multiplies", ""),
    "one branch": ("morph f[a = true] : [d] -o [d] = if a then id else tanh", "tanh", "`tanh` is not linear", ""),
    "recursion": ("morph g[n] : [d] -> [d] = if n == 0 then tanh else neg >> g[n - 1]\nmorph f[k] : [d] -o [d] = g[k]", "g[k]", "`tanh` is not linear", ""),
    "recursion that adds": ("morph g[n] : [d] -> [d] = if n == 0 then id else linear[d] >> g[n - 1]\nmorph f[k] : [d] -o [d] = g[k]", "g[k]", "adds a value", ""),
    "captured": ("morph g[h : A -o A] : A -o A = h\nmorph f : [d] -o [d] = x => g[y => x * y](x)", "g[y => x * y](x)", "multiplies two values", ""),
    "adjoint of what is captured": ("morph f : [d] -o [d] = x => (dagger (y => x * y))(x)", "dagger (y => x * y)", "multiplies two values", ""),
    "argument": ("morph g[h : A -o A] : A -> A = h\nmorph f : [d] -> [d] = g[linear[d]]", "linear[d]", "`linear` adds", "bias = false"),
    "local": ("morph f : [d] -> [d] = x =>\n  morph g : [d] -o [d] = tanh;\n  g(x)", "tanh", "`tanh` is not linear", ""),
    "local argument": ("morph f : [d] -> [d] = x =>\n  morph g[h : A -o A] = h;\n  g[tanh](x)", "tanh", "`tanh` is not linear", ""),
    "dagger": ("morph f : [d] -> [d] = dagger tanh", "tanh", "`tanh` is not linear", ""),
}  # fmt: skip

OTHERS = {
    "indices": ("morph f : ix(3)[n] -o [n] = x => ones[n]", "E0306", "holds no real numbers"),
    "an argument on indices": ("morph f[g : ix(3) -o [3]] : [d] -> [d] = id", "E0306", "no real numbers"),
    "variables are numbers": ("morph g[h : A -o A] : A -> A = h\nmorph f : ix(3)[n] -> ix(3)[n] = g[id]", "E0306", "no numbers"),
    "open size": ("morph f : [8] -> [] = dagger linear[8, bias = false] >> sum", "E0209", "`i` of `dagger linear`"),
    "applied": ("morph f : [8] -o [8] = x => dagger neg(x)", "E0312", "takes a morphism"),
    "other result": ("morph f : [8] -o [9] = dagger linear[7, bias = false]", "E0201", "`7`"),
    "no reduction": ("morph f : (ix(n)[m], [m]) -> [n] = push[prod]", "E0305", "takes a reduction"),
    "nothing in brackets": ("morph f : (ix(n)[m], [m]) -> [n] = push", "E0305", "takes a reduction"),
    "pushed indices": ("morph f : (ix(n)[m], ix(3)[m]) -> ix(3)[n] = push[sum]", "E0306", "`push[sum]`"),
    "mean of whole numbers": ("morph f : (ix(n)[m], int[m]) -> int[n] = push[mean]", "E0306", "real numbers"),
    "another number of items": ("morph f : (ix(n)[m], [k, d]) -> [n, d] = push[sum]", "E0207", "`k` equals `m`"),
    "another number of places": ("morph f : (ix(5)[m], [m]) -> [6] = push[sum, 6]", "E0201", "an axis of size `6`"),
}  # fmt: skip


def diagnostics(text: str) -> tuple[Diagnostic, ...]:
    return check_text(text).diagnostics


@pytest.mark.parametrize("text", LINEAR.values(), ids=LINEAR)
def test_shown_to_be_linear(text: str) -> None:
    assert [str(found.message) for found in diagnostics(text)] == []


@pytest.mark.parametrize(("text", "place", "why", "help"), REFUSED.values(), ids=REFUSED)
def test_refused_where_it_is_not_linear(text: str, place: str, why: str, help: str) -> None:
    (found,) = diagnostics(text)
    assert found.code == "E0331"
    assert text[found.span.start : found.span.end] == place
    assert why in found.label
    assert help in " ".join(found.help)


@pytest.mark.parametrize(("text", "code", "words"), OTHERS.values(), ids=OTHERS)
def test_other_mistakes(text: str, code: str, words: str) -> None:
    found = diagnostics(text)
    assert [d.code for d in found] == [code]
    assert words in found[0].message


def test_the_signature_says_so() -> None:
    text = "morph f[g : A -o A] : A -o A = g\nmodel m : [d] -o [8] = linear[8, bias = false]"
    checked = check_text(text)
    assert checked.definitions["f"].signature == "f[g : A -o A] : A -o A"
    assert checked.definitions["m"].signature == "m : [d] -o [8]"


WITHOUT_TRANSPOSITION = {"take": "it is a slice by the time that a program is transposed"}


def test_every_linear_primitive_has_a_transposition() -> None:
    linear = {name for name, row in PRIMITIVES.items() if row.linear_in}
    assert linear - TRANSPOSITIONS.keys() == WITHOUT_TRANSPOSITION.keys()


def test_what_is_tagged_says_where_it_is_linear() -> None:
    """The tags of a row and its groups of ports do not contradict each other."""
    for row in PRIMITIVES.values():
        if row.tags & {"linear", "multilinear"}:
            assert row.linear_in, row.name
        if "multilinear" in row.tags:
            assert all(len(group) == 1 for group in row.linear_in), row.name
