"""Contexts: found where a factor is written, by name or by type; supplied, lifted, of arguments and local morphs."""

import pytest

import catnn
from catnn import CatError
from tests.language.running import Case, agrees

pytestmark = pytest.mark.torch

SHIFT = "morph shift : [d] -> [d] over by : [d] = x => x + by\n"
BOTH = "morph both : [d] -> [d] over a : [d], b : [] = x => b * x + a\n"
RECORD = """
type Cond[d] = (shift : [d], scale : [])
morph film : [d] -> [d] over c : Cond[d] = x => c.scale * x + c.shift
"""

CASES = (
    Case(
        "by name",
        SHIFT + "model m : [n, 4] -> [n, 4] over by : [4], other : [4] = shift",
        ["2,3,4", "4", "4"],
        lambda x, b, o: x + b,
    ),
    Case(
        "by type",
        SHIFT + "model m : [n, 4] -> [n, 4] over c : [4], k : bool[4] = shift",
        ["2,3,4", "4", "bool:4"],
        lambda x, c, k: x + c,
    ),
    Case(
        "several",
        BOTH + "model m : [4] -> [4] over b : [], a : [4] = both >> both",
        ["2,4", "", "4"],
        lambda x, b, a: b * (b * x + a) + a,
    ),
    Case(
        "as a record",
        RECORD + "model m : [4] -> [4] over c : Cond[4] = film",
        ["2,4", ("4", "")],
        lambda x, c: c[1] * x + c[0],
    ),
    Case(
        "named in a record clause",
        "morph f : [d] -> [d] over (a : [d], b : []) = x => b * x + a\n"
        "model m : [4] -> [4] over (a : [4], b : []) = f",
        ["2,4", "4", ""],
        lambda x, a, b: b * x + a,
    ),
    Case(
        "supplied",
        SHIFT + "model m : ([n, d], [d]) -> [n, d] = (x, s) => x >> (shift over s)",
        ["2,3,4", "2,4"],
        lambda x, s: x + s[:, None],
    ),
    Case(
        "supplied to a call",
        SHIFT + "model m : ([n, d], [d]) -> [n, d] = (x, s) => (shift over s)(x)",
        ["2,3,4", "2,4"],
        lambda x, s: x + s[:, None],
    ),
    Case(
        "supplied, computed",
        SHIFT + "model m : ([d], [d]) -> [d] = (x, s) => x >> (shift over (2 * s))",
        ["2,4", "2,4"],
        lambda x, s: x + 2 * s,
    ),
    Case(
        "supplied by names",
        BOTH + "model m : ([d], [d], []) -> [d] = (x, p, q) => x >> (both over (a = p, b = q))",
        ["2,4", "2,4", "2"],
        lambda x, p, q: q[:, None] * x + p,
    ),
    Case(
        "supplied as a whole record",
        RECORD
        + "model m : ([d], [d]) -> [d] = (x, s) => x >> (film over (shift = s, scale = 2.0))",
        ["2,4", "2,4"],
        lambda x, s: 2 * x + s,
    ),
    Case(
        "for the rest of a body",
        SHIFT + "model m : ([d], [d]) -> [d] = (x, s) => over by = s; x >> shift >> shift",
        ["2,4", "2,4"],
        lambda x, s: x + 2 * s,
    ),
    Case(
        "changed on the way",
        SHIFT
        + "model m : [d] -> [d] over by : [d] = x => let y = shift(x); over by = 10 * by; shift(y)",
        ["2,4", "4"],
        lambda x, b: x + 11 * b,
    ),
    Case(
        "lifted",
        SHIFT + "model m : ([n, k, d], [n, d]) -> [n, k, d] = (x, s) => over by = s; shift(x)",
        ["2,3,5,4", "2,3,4"],
        lambda x, s: x + s[:, :, None],
    ),
    Case(
        "an argument brings its own",
        SHIFT + "morph twice[f : A -> A] : A -> A = f >> f\n"
        "model m : [4] -> [4] over by : [4] = twice[shift >> tanh]",
        ["2,4", "4"],
        lambda x, b: ((x + b).tanh() + b).tanh(),
    ),
    Case(
        "an argument that wants one",
        SHIFT
        + "morph twice[f : A -> A over by : [4]] : A -> A over by : [4] = f >> (f over (2 * by))\n"
        "model m : [4] -> [4] over by : [4] = twice[shift >> tanh]",
        ["2,4", "4"],
        lambda x, b: ((x + b).tanh() + 2 * b).tanh(),
    ),
    Case(
        "an argument that does without",
        "morph twice[f : A -> A over by : [4]] : A -> A over by : [4] = f >> f\n"
        "model m : [4] -> [4] over by : [4] = twice[tanh]",
        ["2,4", "4"],
        lambda x, b: x.tanh().tanh(),
    ),
    Case(
        "shared",
        SHIFT + "model m : [d] -> [d] over by : [d] = x => share f = shift; f(f(x))",
        ["2,4", "4"],
        lambda x, b: x + 2 * b,
    ),
    Case(
        "repeated",
        SHIFT + "model m : [d] -> [d] over by : [d] = repeat[3] shift",
        ["2,4", "4"],
        lambda x, b: x + 3 * b,
    ),
    Case(
        "copied",
        SHIFT + "model m : [3, d] -> [3, d] over by : [d] = copies[3] shift",
        ["2,3,4", "4"],
        lambda x, b: x + b,
    ),
    Case(
        "on an axis",
        SHIFT + "model m : [d, n] -> [d, n] over by : [d] = shift{[d] n}",
        ["2,4,3", "4"],
        lambda x, b: x + b[:, None],
    ),
    Case(
        "along a sequence",
        SHIFT + "model m : [t, d] -> [d] over by : [d] = xs =>"
        " let (s, _) = (scan ((h, x) => (shift(h) + x, x)))(zeros, xs); s",
        ["2,3,4", "4"],
        lambda x, b: x.sum(1) + 3 * b,
    ),
    Case(
        "of a local morph",
        "model m : [n, 4] -> [n, 4] over by : [4] =\n"
        "  morph own over by : [4] = x => x + by;\n  own >> tanh >> own",
        ["2,3,4", "4"],
        lambda x, b: (x + b).tanh() + b,
    ),
    Case(
        "of a local morph with a type",
        "model m : ([n, d], [d]) -> [n, d] = (x, s) =>\n"
        "  morph own[k] : [e] -> [e] over by : [e] = y => y + k * by;\n"
        "  over by = s;\n  x >> own[2] >> own[3]",
        ["2,3,4", "2,4"],
        lambda x, s: x + 5 * s[:, None],
    ),
    Case(
        "of a local morph with inputs",
        "model m : ([n, d], [d]) -> [n, d] = (x, s) =>\n"
        "  morph own(y : [e]) : [e] over by : [e] = y + by;\n  (own over s)(x)",
        ["2,3,4", "2,4"],
        lambda x, s: x + s[:, None],
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_value(case: Case) -> None:
    agrees(case)


@pytest.mark.parametrize(
    ("model", "code", "words"),
    [
        (
            "model m : [d] -> [d] = shift",
            "E0401",
            "`shift` wants a context `by : [d]`, and none is in sight",
        ),
        (
            "model m : [d] -> [d] over t : bool[d] = shift",
            "E0401",
            "`shift` wants a context `by : [d]`, and none in sight fits",
        ),
        (
            "model m : [4] -> [4] over a : [4], b : [4] = shift",
            "E0402",
            "`shift` wants a context `by : [4]`, and 2 fit",
        ),
        (
            "model m : [4] -> [4] =\n  morph own over by = x => x;\n  own",
            "E0302",
            "the context `by` has no type",
        ),
    ],
)
def test_refused(model: str, code: str, words: str) -> None:
    with pytest.raises(CatError) as caught:
        catnn.loads(SHIFT + model)
    (found,) = [d for d in caught.value.diagnostics if d.severity == "error"]
    assert (found.code, found.message) == (code, words)


def test_candidates_are_listed() -> None:
    with pytest.raises(CatError) as caught:
        catnn.loads(SHIFT + "model m : [4] -> [4] over a : [4], b : [4] = shift")
    (found,) = caught.value.diagnostics
    assert [label.text for label in found.labels] == ["`a : [4]`", "`b : [4]`"]
    assert found.help == ("say which: `shift over a`",)
