"""The tree of every form of declaration, statement and type."""

import pytest

from catnn.source import SourceFile
from catnn.syntax.ast import (
    Algebra,
    AlgebraEntry,
    AliasDecl,
    Argument,
    ArrowType,
    Aux,
    Binary,
    Binder,
    Block,
    BufferDecl,
    Call,
    Comparison,
    Context,
    Data,
    Declaration,
    Descend,
    Divides,
    Draw,
    ElementType,
    Equation,
    Every,
    Extern,
    FamilyTuple,
    FixedDecl,
    For,
    Forall,
    FromImport,
    Gives,
    Group,
    Header,
    Import,
    Instance,
    Item,
    Lambda,
    Law,
    LawScope,
    Lens,
    Let,
    LocalMorph,
    Loss,
    Mesh,
    Metric,
    Minimise,
    Morph,
    Name,
    NewTypeDecl,
    Node,
    Number,
    On,
    Once,
    Operation,
    ParamDecl,
    Parameter,
    PatternName,
    PatternTuple,
    Place,
    Placed,
    Probe,
    Range,
    Rebind,
    Relation,
    Reparam,
    ReparamClause,
    Share,
    Sheaf,
    SheafEntry,
    SomeType,
    Sorts,
    Spread,
    Step,
    Store,
    Stream,
    TensorType,
    Theory,
    Train,
    TupleType,
    Type,
    TypeField,
    TypeRef,
    Until,
    Update,
    Weights,
)
from catnn.syntax.parse import parse, parse_header, parse_type

F, G, X, Y, N, D, K = (Name(text) for text in "fgxyndk")
SCALAR, VECTOR = TensorType(()), TensorType((N,))
A, B = TypeRef("A"), TypeRef("B")
ONE, TWO = Number("1"), Number("2")


def arguments(*names: Name) -> tuple[Argument, ...]:
    return tuple(Argument(name) for name in names)


def only(text: str) -> Declaration:
    """The single declaration of a file without mistakes."""
    result = parse(SourceFile("t.cat", text))
    assert result.diagnostics == ()
    assert len(result.file.declarations) == 1
    return result.file.declarations[0]


TYPES = {
    "[]": SCALAR,
    "[n, ..d]": TensorType((N, Spread("d"))),
    "[n; A]": TensorType((N,), A),
    "[(n - 1) // 2 + k^2, d[n], max(n, k)]": TensorType(
        (
            Binary(
                "+",
                Binary("//", Group(Binary("-", N, ONE)), TWO),
                Binary("^", K, TWO),
            ),
            Instance(D, arguments(N)),
            Call(Name("max"), (Item(N), Item(K))),
        )
    ),
    "dim": ElementType("dim"),
    "ix(n)": ElementType("ix", (N,)),
    "int[]": ElementType("int", None, ()),
    "ix(n)[d, k]": ElementType("ix", (N,), (D, K)),
    "A": A,
    "P[f][k]": TypeRef("P", (arguments(F), arguments(K))),
    "Program[n].Ans": TypeRef("Program", (arguments(N),), "Ans"),
    'P[f]."**.p"': TypeRef("P", (arguments(F),), None, "**.p"),
    "()": TupleType(()),
    "(A)": TupleType((TypeField(None, A),)),
    "(src : A, B)": TupleType((TypeField("src", A), TypeField(None, B))),
    "(f : A -> B over g : A)": TupleType((TypeField("f", ArrowType("->", A, B, Context("g", A))),)),
    "some n, k : A": SomeType(("n", "k"), A),
    "(& k < n) [d[k]]": FamilyTuple(Range("k", "<", N), TensorType((Instance(D, arguments(K)),))),
}


@pytest.mark.parametrize(("text", "expected"), TYPES.items())
def test_a_type_has_this_tree(text: str, expected: Type) -> None:
    assert parse_type(text) == expected


def test_a_header_has_every_clause() -> None:
    text = """f[h = 64, g : A -> B, k : int[2] = (1, 2)](x : A)
      : [n] -o [d] over g : A, B across t where h divides d, k <= n, n == d"""
    assert parse_header(text) == Header(
        "f",
        (
            Parameter("h", None, Number("64")),
            Parameter("g", ArrowType("->", A, B)),
            Parameter("k", ElementType("int", None, (TWO,)), parse_default("(1, 2)")),
        ),
        (Binder("x", A),),
        ArrowType("-o", VECTOR, TensorType((D,))),
        (Context("g", A), Context(None, B)),
        "t",
        (Divides(Name("h"), D), Comparison("<=", K, N), Comparison("==", N, D)),
    )


def parse_default(text: str) -> Node:
    header = parse_header(f"f[x = {text}]")
    default = header.parameters[0].default
    assert default is not None
    return default


def test_a_header_is_a_name_at_least() -> None:
    assert parse_header("f") == Header("f")


DECLARATIONS = {
    "import std.graph": Import(("std", "graph"), None),
    "import std.graph (gcn, Graph)": Import(("std", "graph"), (Name("gcn"), Name("Graph"))),
    'from "b.cat" import f, A': FromImport("b.cat", (F, Name("A"))),
    "type A[n] = [n] where n <= 2": AliasDecl(
        "A", (Parameter("n"),), VECTOR, (Comparison("<=", N, TWO),)
    ),
    "newtype A[n] = [n]": NewTypeDecl("A", (Parameter("n"),), VECTOR),
    "model f : A -> B = g": Morph("model", Header("f", type=ArrowType("->", A, B)), G),
    'extern morph f[n] : A -> B = "m:f" grad': Extern(
        "morph", "f", (Parameter("n"),), ArrowType("->", A, B), "m:f", True
    ),
    "reparam f[k] on W : A where k <= n = g on w[n] : B = x": Reparam(
        "f",
        (Parameter("k"),),
        (
            ReparamClause((Binder("W", A),), None, False, (), (), (Comparison("<=", K, N),), G),
            ReparamClause((Binder("w", B),), "n", False, (), (), (), X),
        ),
    ),
    "reparam f on (Q : A, K : B) using u = input : A, g = gradient : B over t : A = x": Reparam(
        "f",
        (),
        (
            ReparamClause(
                (Binder("Q", A), Binder("K", B)),
                None,
                True,
                (Probe("u", "input", A), Probe("g", "gradient", B)),
                (Context("t", A),),
                (),
                X,
            ),
        ),
    ),
    "theory T[A] { sort X, Y; f : X -> Y; law l : f == g; }": Theory(
        "T",
        (Parameter("A"),),
        (
            Sorts(("X", "Y")),
            Operation("f", ArrowType("->", TypeRef("X"), TypeRef("Y"))),
            Equation("l", Relation(Binary("==", F, G))),
        ),
    ),
    "algebra A[n] : B[n] over g : A where n <= 2 { X = f; f = g }": Algebra(
        "A",
        (Parameter("n"),),
        TypeRef("B", (arguments(N),)),
        (Context("g", A),),
        (Comparison("<=", N, TWO),),
        (AlgebraEntry("X", F), AlgebraEntry("f", G)),
    ),
    "sheaf S[k](x : A) over g : B { node : [n]; f : A -o B = x => y }": Sheaf(
        "S",
        (Parameter("k"),),
        (Binder("x", A),),
        (Context("g", B),),
        (
            SheafEntry("node", VECTOR),
            SheafEntry("f", ArrowType("-o", A, B), Lambda(PatternName("x"), Y)),
        ),
    ),
    "lens f : A -> B { forward = g; buffer x : [] = 1; backward = f }": Lens(
        "f",
        (),
        ArrowType("->", A, B),
        (),
        (),
        (BufferDecl("x", SCALAR, ONE),),
        (G,),
        (F,),
    ),
    "law[value, approx = 1] l[n] : f ==> g taking { f.W = x } where n <= 2": Law(
        LawScope("value", (("approx", ONE),)),
        "l",
        (Parameter("n"),),
        Relation(F, G, ((("f", "W"), X),)),
        (Comparison("<=", N, TWO),),
    ),
    'weights w : A = "hf:x" { "h.{i}" <-> f(x) }': Weights(
        "w", A, "hf:x", (("h.{i}", Call(F, (Item(X),))),)
    ),
    "weights w : A": Weights("w", A, None),
    'data d : A = "x.npz"': Data("d", A, "x.npz"),
    "mesh f = (n = 1, k = 2)": Mesh("f", (Item(ONE, label="n"), Item(TWO, label="k"))),
    'place f on g { x over n; "a.*" over k }': Place(
        "f", "g", (Placed("x", False, "n"), Placed("a.*", True, "k"))
    ),
    "once x : A = y;": Once(PatternName("x", A), Y),
}


@pytest.mark.parametrize(("text", "expected"), DECLARATIONS.items())
def test_a_declaration_has_this_tree(text: str, expected: Declaration) -> None:
    assert only(text) == expected


STATEMENTS = {
    "let (x, y) : A = f;": Let(PatternTuple((PatternName("x"), PatternName("y")), A), F),
    "let x = f;": Let(PatternName("x"), F),
    "share S = f;": Share("S", F),
    "morph g[k] : A = f;": LocalMorph(Header("g", (Parameter("k"),), type=A), F),
    "param W : A ~ f;": ParamDecl("W", A, F),
    "param w : A;": ParamDecl("w", A),
    "buffer b : A = f;": BufferDecl("b", A, F),
    "fixed b : A ~ f;": FixedDecl("b", A, F),
    "once (x, y) = f;": Once(PatternTuple((PatternName("x"), PatternName("y"))), F),
    "once r : dim <= k = f;": Once(PatternName("r", ElementType("dim")), F, ("<=", K)),
    "once r divides k = f;": Once(PatternName("r"), F, ("divides", K)),
    "draw z : A ~ f;": Draw(PatternName("z", A), F),
    "aux loss <- f;": Aux("loss", F),
    "m <- f;": Store("m", F),
    "over t = f;": Rebind("t", F),
    "forall x : A, p : B;": Forall((Binder("x", A), Binder("p", B))),
}


@pytest.mark.parametrize(("text", "expected"), STATEMENTS.items())
def test_a_statement_has_this_tree(text: str, expected: Node) -> None:
    assert only(f"morph f = {text} x") == Morph("morph", Header("f"), Block((expected,), X))


CLAUSES = {
    "on x : A, B over g : A": On((Stream("x", A), Stream(None, B)), (Context("g", A),)),
    "param x : A ~ f;": ParamDecl("x", A, F),
    "buffer x : A = f;": BufferDecl("x", A, F),
    "loss f": Loss(F),
    "minimise f": Minimise(F),
    'update f at "p"': Update(F, "p"),
    'descend x along f at "p"': Descend("x", F, "p"),
    "step { let x = f; minimise x; update g; }": Step(
        (), None, None, (Let(PatternName("x"), F), Minimise(X), Update(G))
    ),
    "step f times 2 * n on x { update g }": Step(("f",), Binary("*", TWO, N), "x", (Update(G),)),
    "step (f, g) { m <- x }": Step(("f", "g"), None, None, (Store("m", X),)),
    "every epoch { update g }": Every(None, "epoch", (Update(G),)),
    "every n steps { update g }": Every(N, "steps", (Update(G),)),
    "until x": Until(X),
    "for 20 epochs": For(Number("20"), "epochs"),
    "metric m on x = f": Metric("m", "x", F),
    "gives x": Gives(X),
}


@pytest.mark.parametrize(("text", "expected"), CLAUSES.items())
def test_a_clause_has_this_tree(text: str, expected: Node) -> None:
    expected_train = Train("t", (Parameter("n"),), (Binder("m", A),), "f", G, (expected,))
    assert only(f"train t[n](m : A) = f : g {text}") == expected_train


def test_words_are_names_where_no_keyword_can_stand() -> None:
    declaration = only("morph step[at = 1, order = 2] : [n] -> [n] = loss => update(loss).data")
    assert isinstance(declaration, Morph)
    assert [parameter.name for parameter in declaration.header.parameters] == ["at", "order"]
