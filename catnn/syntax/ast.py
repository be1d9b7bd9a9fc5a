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


@frozen(kw_only=True, repr=False, slots=False)
class Node:
    """Anything with a place in the text."""

    # Classes without a generated repr and without slots are made in half the time, and there
    # are more than a hundred of them at every start of the program.
    span: Span = field(default=NOWHERE, eq=False)

    def __repr__(self) -> str:
        values = {k: v for k, v in self.__dict__.items() if k != "span"}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in values.items())})"


@frozen(kw_only=True, repr=False, slots=False)
class HasName(Node):
    """A node with a name in it; `name_span` is the place of the name alone."""

    name_span: Span = field(default=NOWHERE, eq=False, repr=False)


# ---- expressions and sizes ------------------------------------------------------------


@frozen(repr=False, slots=False)
class Name(Node):
    """`x`, `W`, `v'`: a lower- or upper-case name, prime included."""

    text: str


@frozen(repr=False, slots=False)
class Number(Node):
    """`3`, `0.5`, `1e-3`, as written."""

    text: str

    @property
    def is_integer(self) -> bool:
        return self.text.isdigit()


@frozen(repr=False, slots=False)
class String(Node):
    """`"sym"`; `value` has no quotes."""

    value: str


BinaryOp: TypeAlias = Literal[
    "+", "-", "*", "/", "//", "%", "^", "<", "<=", ">", ">=", "==", "!=", "and", "or"
]


@frozen(repr=False, slots=False)
class Binary(Node):
    op: BinaryOp
    left: "Expr"
    right: "Expr"


@frozen(repr=False, slots=False)
class Unary(Node):
    op: Literal["-", "not"]
    operand: "Expr"


@frozen(repr=False, slots=False)
class Compose(Node):
    """`f >> g >> h`: n-ary, at least two factors."""

    factors: tuple["Expr", ...]


@frozen(repr=False, slots=False)
class Fan(Node):
    """`f & g & h`."""

    factors: tuple["Expr", ...]


@frozen(repr=False, slots=False)
class Par(Node):
    """`f | g | h`."""

    factors: tuple["Expr", ...]


@frozen(repr=False, slots=False)
class Lambda(Node):
    """`x => e`, `(x, y) => e`; the parameter is a pattern."""

    parameter: "Pattern"
    body: "Expr"


@frozen(repr=False, slots=False)
class If(Node):
    condition: "Expr"
    then: "Expr"
    otherwise: "Expr"


@frozen(repr=False, slots=False)
class Arm(HasName):
    """`age(x) => e`, `none => e`."""

    constructor: str
    parameter: "Pattern | None"
    body: "Expr"


@frozen(repr=False, slots=False)
class Case(Node):
    subject: "Expr"
    arms: tuple[Arm, ...]


@frozen(repr=False, slots=False)
class Argument(HasName):
    """One item of `[...]` after a head: `64`, `causal = true`, `"axis" = n`.

    `name` is a name; `path` a string key. At most one of them is given.
    """

    value: "Static"
    name: str | None = None
    path: str | None = None


@frozen(repr=False, slots=False)
class Instance(Node):
    """`f[a, b = c]`: bracket (compile-time) application."""

    head: "Expr"
    arguments: tuple[Argument, ...]


@frozen(repr=False, slots=False)
class Item(HasName):
    """One item of parentheses: `e`, `label = e`, `"path" = e`, `name : type`."""

    value: "Static"
    label: str | None = None
    path: str | None = None
    typed: str | None = None


@frozen(repr=False, slots=False)
class Tuple(Node):
    """`(a, b)`, `(src = a, dst = b)`, `()`; never a single unlabelled item."""

    items: tuple[Item, ...]


@frozen(repr=False, slots=False)
class Group(Node):
    """`(e)`: parentheses as the user wrote them."""

    inner: "Static"


@frozen(repr=False, slots=False)
class Call(Node):
    """`f(a, b)`: run-time application; `arguments` is what stands in the parentheses."""

    head: "Expr"
    arguments: tuple[Item, ...]


@frozen(repr=False, slots=False)
class FieldOf(HasName):
    """`g.src`."""

    head: "Expr"
    name: str


@frozen(repr=False, slots=False)
class PartOf(Node):
    """`m."blocks.2"`."""

    head: "Expr"
    path: str


@frozen(repr=False, slots=False)
class OnAxes(Node):
    """`f{n [h] -> ...}`: a morphism applied to bracketed axes."""

    head: "Expr"
    pattern: "AxisPattern"


@frozen(repr=False, slots=False)
class Listing(Node):
    """`[a, b]` (a stacked value or a tensor type), `[n, ..s]`, `[n; A]`."""

    items: tuple["Static | Spread", ...]
    element: "Static | None" = None


@frozen(repr=False, slots=False)
class Spread(Node):
    """`..s`."""

    name: str


@frozen(repr=False, slots=False)
class Range(HasName):
    """`i < n` of a comprehension, big operator or choice family."""

    index: str
    op: str
    bound: "Expr"


@frozen(repr=False, slots=False)
class Comprehension(Node):
    """`[e for i < n, j < m]`."""

    body: "Expr"
    ranges: tuple[Range, ...]


@frozen(repr=False, slots=False)
class Prefixed(Node):
    """`repeat[n] f`, `dagger f`, ...; `arguments` is empty for the plain words."""

    word: Literal["repeat", "iterate", "copies", "trail", "unfold", "dagger", "fold", "scan"]
    arguments: tuple[Argument, ...]
    operand: "Expr"


@frozen(repr=False, slots=False)
class Big(Node):
    """`(>> i < n) body`."""

    op: Literal[">>", "|", "&", "+", "*"]
    range: Range
    body: "Expr"


@frozen(repr=False, slots=False)
class Named(HasName):
    """`f as q`."""

    inner: "Expr"
    name: str


@frozen(repr=False, slots=False)
class Supply(Node):
    """`f over h`."""

    inner: "Expr"
    context: "Expr"


@frozen(repr=False, slots=False)
class WithParameters(Node):
    """`f @ t`."""

    inner: "Expr"
    parameters: "Expr"


@frozen(repr=False, slots=False)
class StartFrom(Node):
    """`f ~ t`."""

    inner: "Expr"
    parameters: "Expr"


@frozen(repr=False, slots=False)
class Reparametrise(Node):
    """`f by r at "path"`."""

    inner: "Expr"
    by: "Expr"
    path: str


@frozen(repr=False, slots=False)
class Cut(Node):
    """`f tap "p"`, `f upto "p"`, `f after "p"`."""

    word: Literal["tap", "upto", "after"]
    inner: "Expr"
    path: str


@frozen(repr=False, slots=False)
class Given(Node):
    """`f given e`, `f given e in order`."""

    inner: "Expr"
    data: "Expr"
    in_order: bool = False


@frozen(repr=False, slots=False)
class Surgery(HasName):
    """`m with "p" as f := e`."""

    inner: "Expr"
    path: str
    name: str | None
    replacement: "Expr"


@frozen(repr=False, slots=False)
class Alternative(HasName):
    """One entry of a choice: `a = f`, `64`, `pair = f[j] for j < 11`."""

    name: str | None
    value: "Static"
    range: Range | None = None


@frozen(repr=False, slots=False)
class Choice(Node):
    name: str | None
    alternatives: tuple[Alternative, ...]


@frozen(repr=False, slots=False)
class LeafCase(Node):
    path: str | None
    head: "Pattern"
    body: "Expr"


@frozen(repr=False, slots=False)
class Leafwise(Node):
    arguments: tuple[Item, ...]
    cases: tuple[LeafCase, ...]


# ---- axis patterns --------------------------------------------------------------------


@frozen(repr=False, slots=False)
class Axis(Node):
    """A named axis, a literal size (`text` is digits), or the rest (`..s`: `rest`)."""

    text: str
    rest: bool = False


@frozen(repr=False, slots=False)
class ProductAxis(Node):
    """`(h e)`."""

    factors: tuple["AxisTerm", ...]


@frozen(repr=False, slots=False)
class SumAxis(Node):
    """`(q + k)`."""

    summands: tuple["AxisTerm", ...]


@frozen(repr=False, slots=False)
class Bracket(Node):
    """`[h w]`: the axes a morphism is applied to."""

    axes: tuple["AxisTerm", ...]


AxisTerm: TypeAlias = Axis | ProductAxis | SumAxis | Bracket


@frozen(repr=False, slots=False)
class Operand(Node):
    """The axes of one operand or result. May be empty in `{-> 1}`."""

    axes: tuple[AxisTerm, ...]


@frozen(repr=False, slots=False)
class AxisPattern(Node):
    """`{left -> right}`; `results` is None for `{n [k] f}` (nothing after the head)."""

    operands: tuple[Operand, ...]
    results: tuple[Operand, ...] | None


@frozen(repr=False, slots=False)
class PatternTerm(Node):
    """`{n (h e) -> h n e}` used as a morphism."""

    pattern: AxisPattern


# ---- statements -----------------------------------------------------------------------


@frozen(repr=False, slots=False)
class PatternName(HasName):
    """A bound name with an optional type."""

    name: str
    type: "Type | None" = None


@frozen(repr=False, slots=False)
class PatternTuple(Node):
    items: tuple["Pattern", ...]
    type: "Type | None" = None


Pattern: TypeAlias = PatternName | PatternTuple


@frozen(repr=False, slots=False)
class Let(Node):
    pattern: Pattern
    value: "Expr"


@frozen(repr=False, slots=False)
class Share(HasName):
    name: str
    value: "Expr"


@frozen(repr=False, slots=False)
class LocalMorph(Node):
    header: "Header"
    body: "Expr"


@frozen(repr=False, slots=False)
class ParamDecl(HasName):
    name: str
    type: "Type"
    init: "Expr | None" = None


@frozen(repr=False, slots=False)
class BufferDecl(HasName):
    name: str
    type: "Type"
    init: "Expr"


@frozen(repr=False, slots=False)
class FixedDecl(HasName):
    name: str
    type: "Type"
    init: "Expr"


@frozen(repr=False, slots=False)
class Once(Node):
    """`once r : dim <= k = e`; `bound` is `("<=", k)` or `("divides", k)`."""

    pattern: Pattern
    value: "Expr"
    bound: "tuple[str, Expr] | None" = None


@frozen(repr=False, slots=False)
class Draw(Node):
    pattern: Pattern
    distribution: "Expr"


@frozen(repr=False, slots=False)
class Aux(HasName):
    name: str
    value: "Expr"


@frozen(repr=False, slots=False)
class Store(HasName):
    """`m <- e`."""

    name: str
    value: "Expr"


@frozen(repr=False, slots=False)
class Rebind(HasName):
    """`over t = e`."""

    name: str
    value: "Expr"


@frozen(repr=False, slots=False)
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


@frozen(repr=False, slots=False)
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


@frozen(repr=False, slots=False)
class TensorType(Node):
    """`[n, ..s]`, or `[n; A]` with an `element`."""

    dims: tuple["Expr | Spread", ...]
    element: "Type | None" = None


@frozen(repr=False, slots=False)
class ElementType(Node):
    """`ix(v)[n]`, `bool[n]`, `int`, `dim[layers]`, `size(n)`.

    `arguments` is None without parentheses, `dims` None without brackets.
    """

    name: str
    arguments: tuple["Expr", ...] | None = None
    dims: tuple["Expr | Spread", ...] | None = None


@frozen(repr=False, slots=False)
class TypeRef(Node):
    """`A`, `Graph[n, m]`, `P[f][k]`, `Program[w].Ans`, `P[m]."path"`.

    `arguments` has one tuple for each bracket.
    """

    name: str
    arguments: tuple[tuple[Argument, ...], ...] = ()
    member: str | None = None
    path: str | None = None


@frozen(repr=False, slots=False)
class TypeField(HasName):
    label: str | None
    type: "Signature"


@frozen(repr=False, slots=False)
class TupleType(Node):
    """`(A, B)`, `(src : A, dst : B)`, `()`."""

    fields: tuple[TypeField, ...]


@frozen(repr=False, slots=False)
class SomeType(Node):
    """`some n, m : Graph[n, m]`."""

    names: tuple[str, ...]
    type: "Type"


@frozen(repr=False, slots=False)
class FamilyTuple(Node):
    """`(& i < k) [d[i]]`."""

    range: Range
    type: "Type"


Type: TypeAlias = TensorType | ElementType | TypeRef | TupleType | SomeType | FamilyTuple


@frozen(repr=False, slots=False)
class Context(HasName):
    """`g : Graph[n, m]`, or a type alone."""

    name: str | None
    type: Type


@frozen(repr=False, slots=False)
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


@frozen(repr=False, slots=False)
class Parameter(HasName):
    """A bracket argument of a header: `hidden = 128`, `f : A -> B`, `depths : int[4] = (..)`."""

    name: str
    type: Signature | None = None
    default: Static | None = None


@frozen(repr=False, slots=False)
class Binder(HasName):
    """`x : [n, d]`."""

    name: str
    type: Signature


@frozen(repr=False, slots=False)
class Divides(Node):
    divisor: Expr
    dividend: Expr


@frozen(repr=False, slots=False)
class Comparison(Node):
    """A fact `a <= b`, `k % 2 == 1`."""

    op: str
    left: Expr
    right: Expr


Fact: TypeAlias = Divides | Comparison


@frozen(repr=False, slots=False)
class Header(HasName):
    name: str
    parameters: tuple[Parameter, ...] = ()
    inputs: tuple[Binder, ...] | None = None
    type: Signature | None = None
    over: tuple[Context, ...] = ()
    across: str | None = None
    where: tuple[Fact, ...] = ()


@frozen(repr=False, slots=False)
class Import(Node):
    """`import std.graph (gcn)`; `names` is None for the whole module."""

    module: tuple[str, ...]
    names: tuple[Name, ...] | None


@frozen(repr=False, slots=False)
class FromImport(Node):
    """`from "blocks.cat" import block`."""

    path: str
    names: tuple[Name, ...]


@frozen(repr=False, slots=False)
class AliasDecl(HasName):
    """`type Graph[n, m] = ...`."""

    name: str
    parameters: tuple[Parameter, ...]
    type: Type
    where: tuple[Fact, ...] = ()


@frozen(repr=False, slots=False)
class NewTypeDecl(HasName):
    name: str
    parameters: tuple[Parameter, ...]
    type: Type


@frozen(repr=False, slots=False)
class Morph(Node):
    kind: Literal["morph", "model"]
    header: Header
    body: Expr


@frozen(repr=False, slots=False)
class Extern(HasName):
    kind: Literal["morph", "model"]
    name: str
    parameters: tuple[Parameter, ...]
    type: ArrowType
    target: str
    differentiable: bool = False


@frozen(repr=False, slots=False)
class Probe(HasName):
    """`u = input : [b, i]`."""

    name: str
    wire: Literal["input", "output", "gradient", "dinput", "doutput"]
    type: Type


@frozen(repr=False, slots=False)
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


@frozen(repr=False, slots=False)
class Reparam(HasName):
    name: str
    parameters: tuple[Parameter, ...]
    clauses: tuple[ReparamClause, ...]


@frozen(repr=False, slots=False)
class Relation(Node):
    """`statement`, or `left ==> right taking { .. }`."""

    left: Expr
    right: Expr | None = None
    taking: tuple[tuple[tuple[str, ...], Expr], ...] = ()


@frozen(repr=False, slots=False)
class Sorts(Node):
    names: tuple[str, ...]


@frozen(repr=False, slots=False)
class Operation(HasName):
    name: str
    type: Signature


@frozen(repr=False, slots=False)
class Equation(HasName):
    name: str
    relation: Relation


@frozen(repr=False, slots=False)
class Theory(HasName):
    name: str
    parameters: tuple[Parameter, ...]
    entries: tuple[Sorts | Operation | Equation, ...]


@frozen(repr=False, slots=False)
class AlgebraEntry(HasName):
    name: str
    value: Static


@frozen(repr=False, slots=False)
class Algebra(HasName):
    name: str
    parameters: tuple[Parameter, ...]
    theory: Type
    over: tuple[Context, ...]
    where: tuple[Fact, ...]
    entries: tuple[AlgebraEntry, ...]


@frozen(repr=False, slots=False)
class SheafEntry(HasName):
    name: str
    type: Signature
    value: Expr | None = None


@frozen(repr=False, slots=False)
class Sheaf(HasName):
    name: str
    parameters: tuple[Parameter, ...]
    inputs: tuple[Binder, ...]
    over: tuple[Context, ...]
    entries: tuple[SheafEntry, ...]


@frozen(repr=False, slots=False)
class Lens(HasName):
    name: str
    parameters: tuple[Parameter, ...]
    type: ArrowType
    over: tuple[Context, ...]
    where: tuple[Fact, ...]
    buffers: tuple[BufferDecl, ...]
    forward: tuple[Expr, ...]
    backward: tuple[Expr, ...]


@frozen(repr=False, slots=False)
class LawScope(Node):
    word: Literal["value", "gradient", "initial", "mean"]
    options: tuple[tuple[str, Expr], ...] = ()


@frozen(repr=False, slots=False)
class Law(HasName):
    scope: LawScope | None
    name: str
    parameters: tuple[Parameter, ...]
    relation: Relation
    where: tuple[Fact, ...] = ()


@frozen(repr=False, slots=False)
class Weights(HasName):
    name: str
    type: Type
    source: str | None
    leaves: tuple[tuple[str, Expr], ...] = ()


@frozen(repr=False, slots=False)
class Data(HasName):
    name: str
    type: Type
    source: str | None


@frozen(repr=False, slots=False)
class Mesh(HasName):
    name: str
    axes: tuple[Item, ...]


@frozen(repr=False, slots=False)
class Placed(Node):
    axis: str
    is_path: bool
    mesh_axis: str


@frozen(repr=False, slots=False)
class Place(Node):
    model: str
    mesh: str
    entries: tuple[Placed, ...]


@frozen(repr=False, slots=False)
class Stream(HasName):
    name: str | None
    type: Type


@frozen(repr=False, slots=False)
class On(Node):
    streams: tuple[Stream, ...]
    over: tuple[Context, ...]


@frozen(repr=False, slots=False)
class Loss(Node):
    value: Expr


@frozen(repr=False, slots=False)
class Minimise(Node):
    value: Expr


@frozen(repr=False, slots=False)
class Update(Node):
    optimiser: Expr
    path: str | None = None


@frozen(repr=False, slots=False)
class Descend(HasName):
    name: str
    along: Expr
    path: str | None = None


@frozen(repr=False, slots=False)
class Step(Node):
    players: tuple[str, ...]
    times: Expr | None
    stream: str | None
    entries: tuple["Statement | Minimise | Update | Descend", ...]


@frozen(repr=False, slots=False)
class Every(Node):
    count: Expr | None
    unit: str
    entries: tuple["Statement | Minimise | Update | Descend", ...]


@frozen(repr=False, slots=False)
class Until(Node):
    condition: Expr


@frozen(repr=False, slots=False)
class For(Node):
    count: Expr
    unit: str


@frozen(repr=False, slots=False)
class Metric(HasName):
    name: str
    stream: str | None
    value: Expr


@frozen(repr=False, slots=False)
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


@frozen(repr=False, slots=False)
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


@frozen(repr=False, slots=False)
class Comment(Node):
    """`# text`; `text` includes the `#`."""

    text: str


@frozen(repr=False, slots=False)
class File(Node):
    declarations: tuple[Declaration, ...]
    comments: tuple[Comment, ...] = field(default=(), eq=False)
