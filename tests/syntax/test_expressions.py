"""The tree of every form of expression."""

import pytest

from catnn.syntax.ast import (
    Alternative,
    Argument,
    Arm,
    ArrowType,
    Axis,
    AxisPattern,
    Big,
    Binary,
    Block,
    Bracket,
    Call,
    Case,
    Choice,
    Compose,
    Comprehension,
    Cut,
    ElementType,
    Expr,
    Fan,
    FieldOf,
    Given,
    Group,
    If,
    Instance,
    Item,
    Lambda,
    LeafCase,
    Leafwise,
    Let,
    Listing,
    Name,
    Named,
    Number,
    OnAxes,
    Operand,
    Par,
    PartOf,
    PatternName,
    PatternTerm,
    PatternTuple,
    Prefixed,
    ProductAxis,
    Range,
    Reparametrise,
    SomeType,
    Spread,
    StartFrom,
    Store,
    String,
    SumAxis,
    Supply,
    Surgery,
    TensorType,
    Tuple,
    TypeRef,
    Unary,
    WithParameters,
)
from catnn.syntax.parse import parse_expr

F, G, H, X, Y, N, D = (Name(text) for text in "fghxynd")


def call(head: Expr, *values: Expr) -> Call:
    return Call(head, tuple(Item(value) for value in values))


def instance(head: Expr, *values: Expr) -> Instance:
    return Instance(head, tuple(Argument(value) for value in values))


def axes(*names: str) -> Operand:
    return Operand(tuple(Axis(name) for name in names))


ATOMS = {
    "x": X,
    "W": Name("W"),
    "v'": Name("v'"),
    "12": Number("12"),
    "1e-3": Number("1e-3"),
    '"sym"': String("sym"),
    "()": Tuple(()),
    "(x)": Group(X),
    "((x))": Group(Group(X)),
    "(x, y)": Tuple((Item(X), Item(Y))),
    "(src = x, W = y)": Tuple((Item(X, label="src"), Item(Y, label="W"))),
    '("a.b" = x)': Tuple((Item(X, path="a.b"),)),
    "(x : d)": Tuple((Item(D, typed="x"),)),
    "[]": Listing(()),
    "[n, ..d]": Listing((N, Spread("d"))),
    "[n; x]": Listing((N,), X),
    "[x for x < n, y < d]": Comprehension(X, (Range("x", "<", N), Range("y", "<", D))),
    "choice { 1; 2; }": Choice(
        None, (Alternative(None, Number("1")), Alternative(None, Number("2")))
    ),
    "choice op { a = f; b = f[x] for x < 3 }": Choice(
        "op",
        (
            Alternative("a", F),
            Alternative("b", instance(F, X), Range("x", "<", Number("3"))),
        ),
    ),
    'leafwise(x, y) { "**.B" b => -b; (f, g) => f }': Leafwise(
        (Item(X), Item(Y)),
        (
            LeafCase("**.B", PatternName("b"), Unary("-", Name("b"))),
            LeafCase(None, PatternTuple((PatternName("f"), PatternName("g"))), F),
        ),
    ),
}

APPLICATIONS = {
    "f[64, bias = false](x)": Call(
        Instance(F, (Argument(Number("64")), Argument(Name("false"), name="bias"))), (Item(X),)
    ),
    'f["d" = 3]': Instance(F, (Argument(Number("3"), path="d"),)),
    "f[x -> y]": Instance(F, (Argument(ArrowType("->", X, Y)),)),
    "f[some n, d : Graph[n, d]]": Instance(
        F,
        (Argument(SomeType(("n", "d"), TypeRef("Graph", ((Argument(N), Argument(D)),)))),),
    ),
    "f(x)(y)": call(call(F, X), Y),
    "f()": Call(F, ()),
    "x.src": FieldOf(X, "src"),
    "x.W": FieldOf(X, "W"),
    'x."blocks.2"': PartOf(X, "blocks.2"),
    "f{n [d]}": OnAxes(F, AxisPattern((Operand((Axis("n"), Bracket((Axis("d"),)))),), None)),
    "{n (h e) -> h n e}": PatternTerm(
        AxisPattern(
            (Operand((Axis("n"), ProductAxis((Axis("h"), Axis("e"))))),), (axes("h", "n", "e"),)
        )
    ),
    "{n (q + k) -> n q, n k}": PatternTerm(
        AxisPattern(
            (Operand((Axis("n"), SumAxis((Axis("q"), Axis("k"))))),),
            (axes("n", "q"), axes("n", "k")),
        )
    ),
    "{-> 1}": PatternTerm(AxisPattern((Operand(()),), (axes("1"),))),
    "{1 ->}": PatternTerm(AxisPattern((axes("1"),), (Operand(()),))),
    "{..s [] -> s}": PatternTerm(
        AxisPattern((Operand((Axis("s", rest=True), Bracket(()))),), (axes("s"),))
    ),
}

OPERATORS = {
    "f >> g >> h": Compose((F, G, H)),
    "f & g & h": Fan((F, G, H)),
    "f | g": Par((F, G)),
    "f & g >> h": Compose((Fan((F, G)), H)),
    "(f >> g) >> h": Compose((Group(Compose((F, G))), H)),
    "f >> x => x": Compose((F, Lambda(PatternName("x"), X))),
    "f + g >> h": Compose((Binary("+", F, G), H)),
    "x - y + n": Binary("+", Binary("-", X, Y), N),
    "x + y * n": Binary("+", X, Binary("*", Y, N)),
    "x // y % n": Binary("%", Binary("//", X, Y), N),
    "x^y^n": Binary("^", X, Binary("^", Y, N)),
    "-x^-2": Unary("-", Binary("^", X, Unary("-", Number("2")))),
    "x -o": Binary("-", X, Name("o")),
    "x <- 1; x < -o": Block((Store("x", Number("1")),), Binary("<", X, Unary("-", Name("o")))),
    "x == y and not n or d": Binary("or", Binary("and", Binary("==", X, Y), Unary("not", N)), D),
    "x <= y": Binary("<=", X, Y),
    "f >> g == h": Binary("==", Compose((F, G)), H),
    "f * g as q": Binary("*", F, Named(G, "q")),
    "f over g(x)": Supply(F, call(G, X)),
    "f @ x(y)": WithParameters(F, call(X, Y)),
    "f ~ x ~ y": StartFrom(StartFrom(F, X), Y),
    'f by g[8] at "**"': Reparametrise(F, instance(G, Number("8")), "**"),
    'f tap "p" upto "q" after "r"': Cut("after", Cut("upto", Cut("tap", F, "p"), "q"), "r"),
    "f given x in order": Given(F, X, in_order=True),
    "f given x": Given(F, X),
    'f with "p" as g := h with "q" := x': Surgery(Surgery(F, "p", "g", H), "q", None, X),
    "repeat[3] dagger f": Prefixed("repeat", (Argument(Number("3")),), Prefixed("dagger", (), F)),
    "fold f + g": Binary("+", Prefixed("fold", (), F), G),
    "(>> x < n) f[x]": Big(">>", Range("x", "<", N), instance(F, X)),
    "(+ x < n) (& y < d) f": Big("+", Range("x", "<", N), Big("&", Range("y", "<", D), F)),
}

BODIES = {
    "x => y => f": Lambda(PatternName("x"), Lambda(PatternName("y"), F)),
    "() => f": Lambda(PatternTuple(()), F),
    "(x) => f": Lambda(PatternName("x"), F),
    "((x, y), n) => f": Lambda(
        PatternTuple((PatternTuple((PatternName("x"), PatternName("y"))), PatternName("n"))), F
    ),
    "(x : [n, d], y : ix(n)[d]) => f": Lambda(
        PatternTuple(
            (
                PatternName("x", TensorType((N, D))),
                PatternName("y", ElementType("ix", (N,), (D,))),
            )
        ),
        F,
    ),
    "if x then f else if y then g else h": If(X, F, If(Y, G, H)),
    "case x of { age(y) => f; none => g; pair(x, y) => h }": Case(
        X,
        (
            Arm("age", PatternName("y"), F),
            Arm("none", None, G),
            Arm("pair", PatternTuple((PatternName("x"), PatternName("y"))), H),
        ),
    ),
    "let x = f; let y = g; x": Block((Let(PatternName("x"), F), Let(PatternName("y"), G)), X),
    "(let x = f; x)": Group(Block((Let(PatternName("x"), F),), X)),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [*ATOMS.items(), *APPLICATIONS.items(), *OPERATORS.items(), *BODIES.items()],
)
def test_an_expression_has_this_tree(text: str, expected: Expr) -> None:
    assert parse_expr(text) == expected
