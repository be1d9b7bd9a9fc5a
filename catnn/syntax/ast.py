"""The abstract syntax tree of a `.cat` file.

Nodes are frozen; equality ignores spans and comments, so that
`parse(format(tree)) == tree` states that the formatter is lossless.

Sizes (`h * (d / h)`) use the nodes of expressions. Inside the brackets and
parentheses of expressions, types are read by the expression grammar (a cover
grammar): `[n, d]` is a `Listing`, `(a : A)` a `Tuple` of typed items, `A -> B`
an `ArrowType` whose sides are expressions. The elaborator decides by kind.
"""

from typing import Literal, TypeAlias

from attrs import field, frozen

from catnn.source import NOWHERE, Span


@frozen(kw_only=True)
class Node:
    """Anything with a place in the text."""

    span: Span = field(default=NOWHERE, eq=False, repr=False)


@frozen(kw_only=True)
class HasName(Node):
    """A node with a name in it; `name_span` is the place of the name alone."""

    name_span: Span = field(default=NOWHERE, eq=False, repr=False)


# ---- expressions and sizes ------------------------------------------------------------


@frozen
class Name(Node):
    """`x`, `W`, `v'`: a lower- or upper-case name, prime included."""

    text: str


@frozen
class Number(Node):
    """`3`, `0.5`, `1e-3`, as written."""

    text: str

    @property
    def is_integer(self) -> bool:
        return self.text.isdigit()


@frozen
class String(Node):
    """`"sym"`; `value` has no quotes."""

    value: str


BinaryOp: TypeAlias = Literal[
    "+", "-", "*", "/", "//", "%", "^", "<", "<=", ">", ">=", "==", "!=", "and", "or"
]


@frozen
class Binary(Node):
    op: BinaryOp
    left: "Expr"
    right: "Expr"


@frozen
class Unary(Node):
    op: Literal["-", "not"]
    operand: "Expr"


@frozen
class Compose(Node):
    """`f >> g >> h`: n-ary, at least two factors."""

    factors: tuple["Expr", ...]


@frozen
class Fan(Node):
    """`f & g & h`."""

    factors: tuple["Expr", ...]


@frozen
class Par(Node):
    """`f | g | h`."""

    factors: tuple["Expr", ...]


@frozen
class Lambda(Node):
    """`x => e`, `(x, y) => e`; the parameter is a pattern."""

    parameter: "Pattern"
    body: "Expr"


@frozen
class If(Node):
    condition: "Expr"
    then: "Expr"
    otherwise: "Expr"


@frozen
class Arm(HasName):
    """`age(x) => e`, `none => e`."""

    constructor: str
    parameter: "Pattern | None"
    body: "Expr"


@frozen
class Case(Node):
    subject: "Expr"
    arms: tuple[Arm, ...]


@frozen
class Argument(HasName):
    """One item of `[...]` after a head: `64`, `causal = true`, `"axis" = n`.

    `name` is a name; `path` a string key. At most one of them is given.
    """

    value: "Static"
    name: str | None = None
    path: str | None = None


@frozen
class Instance(Node):
    """`f[a, b = c]`: bracket (compile-time) application."""

    head: "Expr"
    arguments: tuple[Argument, ...]


@frozen
class Item(HasName):
    """One item of parentheses: `e`, `label = e`, `"path" = e`, `name : type`."""

    value: "Static"
    label: str | None = None
    path: str | None = None
    typed: str | None = None


@frozen
class Tuple(Node):
    """`(a, b)`, `(src = a, dst = b)`, `()`; never a single unlabelled item."""

    items: tuple[Item, ...]


@frozen
class Group(Node):
    """`(e)`: parentheses as the user wrote them."""

    inner: "Static"


@frozen
class Call(Node):
    """`f(a, b)`: run-time application; `arguments` is what stands in the parentheses."""

    head: "Expr"
    arguments: tuple[Item, ...]


@frozen
class FieldOf(HasName):
    """`g.src`."""

    head: "Expr"
    name: str


@frozen
class PartOf(Node):
    """`m."blocks.2"`."""

    head: "Expr"
    path: str


@frozen
class OnAxes(Node):
    """`f{n [h] -> ...}`: a morphism applied to bracketed axes."""

    head: "Expr"
    pattern: "AxisPattern"


@frozen
class Listing(Node):
    """`[a, b]` (a stacked value or a tensor type), `[n, ..s]`, `[n; A]`."""

    items: tuple["Static | Spread", ...]
    element: "Static | None" = None


@frozen
class Spread(Node):
    """`..s`."""

    name: str


@frozen
class Range(HasName):
    """`i < n` of a comprehension, big operator or choice family."""

    index: str
    op: str
    bound: "Expr"


@frozen
class Comprehension(Node):
    """`[e for i < n, j < m]`."""

    body: "Expr"
    ranges: tuple[Range, ...]


@frozen
class Prefixed(Node):
    """`repeat[n] f`, `dagger f`, ...; `arguments` is empty for the plain words."""

    word: Literal["repeat", "iterate", "copies", "trail", "unfold", "dagger", "fold", "scan"]
    arguments: tuple[Argument, ...]
    operand: "Expr"


@frozen
class Big(Node):
    """`(>> i < n) body`."""

    op: Literal[">>", "|", "&", "+", "*"]
    range: Range
    body: "Expr"


@frozen
class Named(HasName):
    """`f as q`."""

    inner: "Expr"
    name: str


@frozen
class Supply(Node):
    """`f over h`."""

    inner: "Expr"
    context: "Expr"


@frozen
class WithParameters(Node):
    """`f @ t`."""

    inner: "Expr"
    parameters: "Expr"


@frozen
class StartFrom(Node):
    """`f ~ t`."""

    inner: "Expr"
    parameters: "Expr"


@frozen
class Reparametrise(Node):
    """`f by r at "path"`."""

    inner: "Expr"
    by: "Expr"
    path: str


@frozen
class Cut(Node):
    """`f tap "p"`, `f upto "p"`, `f after "p"`."""

    word: Literal["tap", "upto", "after"]
    inner: "Expr"
    path: str


@frozen
class Given(Node):
    """`f given e`, `f given e in order`."""

    inner: "Expr"
    data: "Expr"
    in_order: bool = False


@frozen
class Surgery(HasName):
    """`m with "p" as f := e`."""

    inner: "Expr"
    path: str
    name: str | None
    replacement: "Expr"


@frozen
class Alternative(HasName):
    """One entry of a choice: `a = f`, `64`, `pair = f[j] for j < 11`."""

    name: str | None
    value: "Static"
    range: Range | None = None


@frozen
class Choice(Node):
    name: str | None
    alternatives: tuple[Alternative, ...]


@frozen
class LeafCase(Node):
    path: str | None
    head: "Pattern"
    body: "Expr"


@frozen
class Leafwise(Node):
    arguments: tuple[Item, ...]
    cases: tuple[LeafCase, ...]


# ---- axis patterns --------------------------------------------------------------------


@frozen
class Axis(Node):
    """A named axis, a literal size (`text` is digits), or the rest (`..s`: `rest`)."""

    text: str
    rest: bool = False


@frozen
class ProductAxis(Node):
    """`(h e)`."""

    factors: tuple["AxisTerm", ...]


@frozen
class SumAxis(Node):
    """`(q + k)`."""

    summands: tuple["AxisTerm", ...]


@frozen
class Bracket(Node):
    """`[h w]`: the axes a morphism is applied to."""

    axes: tuple["AxisTerm", ...]


AxisTerm: TypeAlias = Axis | ProductAxis | SumAxis | Bracket


@frozen
class Operand(Node):
    """The axes of one operand or result. May be empty in `{-> 1}`."""

    axes: tuple[AxisTerm, ...]


@frozen
class AxisPattern(Node):
    """`{left -> right}`; `results` is None for `{n [k] f}` (nothing after the head)."""

    operands: tuple[Operand, ...]
    results: tuple[Operand, ...] | None


@frozen
class PatternTerm(Node):
    """`{n (h e) -> h n e}` used as a morphism."""

    pattern: AxisPattern


# ---- statements -----------------------------------------------------------------------


@frozen
class PatternName(HasName):
    """A bound name with an optional type."""

    name: str
    type: "Type | None" = None


@frozen
class PatternTuple(Node):
    items: tuple["Pattern", ...]
    type: "Type | None" = None


Pattern: TypeAlias = PatternName | PatternTuple


@frozen
class Let(Node):
    pattern: Pattern
    value: "Expr"


@frozen
class Share(HasName):
    name: str
    value: "Expr"


@frozen
class LocalMorph(Node):
    header: "Header"
    body: "Expr"


@frozen
class ParamDecl(HasName):
    name: str
    type: "Type"
    init: "Expr | None" = None


@frozen
class BufferDecl(HasName):
    name: str
    type: "Type"
    init: "Expr"


@frozen
class FixedDecl(HasName):
    name: str
    type: "Type"
    init: "Expr"


@frozen
class Once(Node):
    """`once r : dim <= k = e`; `bound` is `("<=", k)` or `("divides", k)`."""

    pattern: Pattern
    value: "Expr"
    bound: "tuple[str, Expr] | None" = None


@frozen
class Draw(Node):
    pattern: Pattern
    distribution: "Expr"


@frozen
class Aux(HasName):
    name: str
    value: "Expr"


@frozen
class Store(HasName):
    """`m <- e`."""

    name: str
    value: "Expr"


@frozen
class Rebind(HasName):
    """`over t = e`."""

    name: str
    value: "Expr"


@frozen
class Forall(Node):
    binders: tuple["Binder", ...]


Statement: TypeAlias = (
    Let
    | Share
    | LocalMorph
    | ParamDecl
    | BufferDecl
    | FixedDecl
    | Once
    | Draw
    | Aux
    | Store
    | Rebind
    | Forall
)


@frozen
class Block(Node):
    """`s1; s2; result`: at least one statement."""

    statements: tuple[Statement, ...]
    result: "Expr"


Expr: TypeAlias = (
    Name
    | Number
    | String
    | Binary
    | Unary
    | Compose
    | Fan
    | Par
    | Lambda
    | If
    | Case
    | Instance
    | Tuple
    | Group
    | Call
    | FieldOf
    | PartOf
    | OnAxes
    | Listing
    | Comprehension
    | Prefixed
    | Big
    | Named
    | Supply
    | WithParameters
    | StartFrom
    | Reparametrise
    | Cut
    | Given
    | Surgery
    | Choice
    | Leafwise
    | PatternTerm
    | Block
)


# ---- types ----------------------------------------------------------------------------


@frozen
class TensorType(Node):
    """`[n, ..s]`, or `[n; A]` with an `element`."""

    dims: tuple["Expr | Spread", ...]
    element: "Type | None" = None


@frozen
class ElementType(Node):
    """`ix(v)[n]`, `bool[n]`, `int`, `dim[layers]`, `size(n)`.

    `arguments` is None without parentheses, `dims` None without brackets.
    """

    name: str
    arguments: tuple["Expr", ...] | None = None
    dims: tuple["Expr | Spread", ...] | None = None


@frozen
class TypeRef(Node):
    """`A`, `Graph[n, m]`, `P[f][k]`, `Program[w].Ans`, `P[m]."path"`.

    `arguments` has one tuple for each bracket.
    """

    name: str
    arguments: tuple[tuple[Argument, ...], ...] = ()
    member: str | None = None
    path: str | None = None


@frozen
class TypeField(HasName):
    label: str | None
    type: "Signature"


@frozen
class TupleType(Node):
    """`(A, B)`, `(src : A, dst : B)`, `()`."""

    fields: tuple[TypeField, ...]


@frozen
class SomeType(Node):
    """`some n, m : Graph[n, m]`."""

    names: tuple[str, ...]
    type: "Type"


@frozen
class FamilyTuple(Node):
    """`(& i < k) [d[i]]`."""

    range: Range
    type: "Type"


Type: TypeAlias = TensorType | ElementType | TypeRef | TupleType | SomeType | FamilyTuple


@frozen
class Context(HasName):
    """`g : Graph[n, m]`, or a type alone."""

    name: str | None
    type: Type


@frozen
class ArrowType(Node):
    """`A -> B`, `A -o B`, `A ~> B`, with an optional context.

    In bracket arguments of expressions (`f[A -> B]`) the sides are expressions.
    """

    arrow: Literal["->", "-o", "~>"]
    source: "Type | Expr"
    target: "Type | Expr"
    over: Context | None = None


Signature: TypeAlias = Type | ArrowType
Static: TypeAlias = Expr | ArrowType | SomeType


# ---- declarations ---------------------------------------------------------------------


@frozen
class Parameter(HasName):
    """A bracket argument of a header: `hidden = 128`, `f : A -> B`, `depths : int[4] = (..)`."""

    name: str
    type: Signature | None = None
    default: Static | None = None


@frozen
class Binder(HasName):
    """`x : [n, d]`."""

    name: str
    type: Signature


@frozen
class Divides(Node):
    divisor: Expr
    dividend: Expr


@frozen
class Comparison(Node):
    """A fact `a <= b`, `k % 2 == 1`."""

    op: str
    left: Expr
    right: Expr


Fact: TypeAlias = Divides | Comparison


@frozen
class Header(HasName):
    name: str
    parameters: tuple[Parameter, ...] = ()
    inputs: tuple[Binder, ...] | None = None
    type: Signature | None = None
    over: tuple[Context, ...] = ()
    across: str | None = None
    where: tuple[Fact, ...] = ()


@frozen
class Import(Node):
    """`import std.graph (gcn)`; `names` is None for the whole module."""

    module: tuple[str, ...]
    names: tuple[Name, ...] | None


@frozen
class FromImport(Node):
    """`from "blocks.cat" import block`."""

    path: str
    names: tuple[Name, ...]


@frozen
class AliasDecl(HasName):
    """`type Graph[n, m] = ...`."""

    name: str
    parameters: tuple[Parameter, ...]
    type: Type
    where: tuple[Fact, ...] = ()


@frozen
class NewTypeDecl(HasName):
    name: str
    parameters: tuple[Parameter, ...]
    type: Type


@frozen
class Morph(Node):
    kind: Literal["morph", "model"]
    header: Header
    body: Expr


@frozen
class Extern(HasName):
    kind: Literal["morph", "model"]
    name: str
    parameters: tuple[Parameter, ...]
    type: ArrowType
    target: str
    differentiable: bool = False


@frozen
class Probe(HasName):
    """`u = input : [b, i]`."""

    name: str
    wire: Literal["input", "output", "gradient", "dinput", "doutput"]
    type: Type


@frozen
class ReparamClause(Node):
    """`on W : [o, i] using .. over .. where .. = e`.

    `select` is one binder for each leaf; `stack` names the stacked axis of
    `on W[n] : T`; several binders are leaves taken together.
    """

    select: tuple[Binder, ...]
    stack: str | None
    together: bool
    using: tuple[Probe, ...]
    over: tuple[Context, ...]
    where: tuple[Fact, ...]
    body: Expr


@frozen
class Reparam(HasName):
    name: str
    parameters: tuple[Parameter, ...]
    clauses: tuple[ReparamClause, ...]


@frozen
class Relation(Node):
    """`statement`, or `left ==> right taking { .. }`."""

    left: Expr
    right: Expr | None = None
    taking: tuple[tuple[tuple[str, ...], Expr], ...] = ()


@frozen
class Sorts(Node):
    names: tuple[str, ...]


@frozen
class Operation(HasName):
    name: str
    type: Signature


@frozen
class Equation(HasName):
    name: str
    relation: Relation


@frozen
class Theory(HasName):
    name: str
    parameters: tuple[Parameter, ...]
    entries: tuple[Sorts | Operation | Equation, ...]


@frozen
class AlgebraEntry(HasName):
    name: str
    value: Static


@frozen
class Algebra(HasName):
    name: str
    parameters: tuple[Parameter, ...]
    theory: Type
    over: tuple[Context, ...]
    where: tuple[Fact, ...]
    entries: tuple[AlgebraEntry, ...]


@frozen
class SheafEntry(HasName):
    name: str
    type: Signature
    value: Expr | None = None


@frozen
class Sheaf(HasName):
    name: str
    parameters: tuple[Parameter, ...]
    inputs: tuple[Binder, ...]
    over: tuple[Context, ...]
    entries: tuple[SheafEntry, ...]


@frozen
class Lens(HasName):
    name: str
    parameters: tuple[Parameter, ...]
    type: ArrowType
    over: tuple[Context, ...]
    where: tuple[Fact, ...]
    buffers: tuple[BufferDecl, ...]
    forward: tuple[Expr, ...]
    backward: tuple[Expr, ...]


@frozen
class LawScope(Node):
    word: Literal["value", "gradient", "initial", "mean"]
    options: tuple[tuple[str, Expr], ...] = ()


@frozen
class Law(HasName):
    scope: LawScope | None
    name: str
    parameters: tuple[Parameter, ...]
    relation: Relation
    where: tuple[Fact, ...] = ()


@frozen
class Weights(HasName):
    name: str
    type: Type
    source: str | None
    leaves: tuple[tuple[str, Expr], ...] = ()


@frozen
class Data(HasName):
    name: str
    type: Type
    source: str | None


@frozen
class Mesh(HasName):
    name: str
    axes: tuple[Item, ...]


@frozen
class Placed(Node):
    axis: str
    is_path: bool
    mesh_axis: str


@frozen
class Place(Node):
    model: str
    mesh: str
    entries: tuple[Placed, ...]


@frozen
class Stream(HasName):
    name: str | None
    type: Type


@frozen
class On(Node):
    streams: tuple[Stream, ...]
    over: tuple[Context, ...]


@frozen
class Loss(Node):
    value: Expr


@frozen
class Minimise(Node):
    value: Expr


@frozen
class Update(Node):
    optimiser: Expr
    path: str | None = None


@frozen
class Descend(HasName):
    name: str
    along: Expr
    path: str | None = None


@frozen
class Step(Node):
    players: tuple[str, ...]
    times: Expr | None
    stream: str | None
    entries: tuple["Statement | Minimise | Update | Descend", ...]


@frozen
class Every(Node):
    count: Expr | None
    unit: str
    entries: tuple["Statement | Minimise | Update | Descend", ...]


@frozen
class Until(Node):
    condition: Expr


@frozen
class For(Node):
    count: Expr
    unit: str


@frozen
class Metric(HasName):
    name: str
    stream: str | None
    value: Expr


@frozen
class Gives(Node):
    value: Expr


Clause: TypeAlias = (
    On
    | ParamDecl
    | BufferDecl
    | Loss
    | Minimise
    | Update
    | Descend
    | Step
    | Every
    | Until
    | For
    | Metric
    | Gives
)


@frozen
class Train(HasName):
    name: str
    parameters: tuple[Parameter, ...]
    inputs: tuple[Binder, ...]
    player: str | None
    model: Expr
    clauses: tuple[Clause, ...]


Declaration: TypeAlias = (
    Import
    | FromImport
    | AliasDecl
    | NewTypeDecl
    | Morph
    | Extern
    | Reparam
    | Theory
    | Algebra
    | Sheaf
    | Lens
    | Law
    | Weights
    | Data
    | Mesh
    | Place
    | Once
    | Train
)


@frozen
class Comment(Node):
    """`# text`; `text` includes the `#`."""

    text: str


@frozen
class File(Node):
    declarations: tuple[Declaration, ...]
    comments: tuple[Comment, ...] = field(default=(), eq=False)
