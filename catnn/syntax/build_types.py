"""Rules of types, sizes and signatures, as nodes of the tree."""

from typing import Literal, cast

from catnn.source import Span
from catnn.syntax import ast
from catnn.syntax.build_base import Reporter, text, unquoted
from catnn_grammar import Token

_Arrow = Literal["->", "-o", "~>"]


class TypeRules(Reporter):
    """From `tensor_type` to `where_`."""

    # ---- types ------------------------------------------------------------------------

    def arrow_type(
        self,
        span: Span,
        source: ast.Type,
        arrow: Token,
        target: ast.Type,
        over: ast.Context | None = None,
    ) -> ast.ArrowType:
        return ast.ArrowType(cast(_Arrow, arrow.text), source, target, over, span=span)

    def arrow_static(
        self, span: Span, source: ast.Expr, arrow: Token, target: ast.Expr
    ) -> ast.ArrowType:
        return ast.ArrowType(cast(_Arrow, arrow.text), source, target, span=span)

    def tensor_type(
        self,
        span: Span,
        dims: tuple[ast.Expr | ast.Spread, ...] | None,
        element: ast.Type | None,
    ) -> ast.TensorType:
        return ast.TensorType(dims or (), element, span=span)

    def element_type(
        self,
        span: Span,
        name: Token,
        arguments: tuple[ast.Expr, ...] | None,
        dims: tuple[ast.Expr | ast.Spread, ...] | None,
    ) -> ast.ElementType:
        return ast.ElementType(name.text, arguments, dims, span=span)

    def type_ref(
        self, span: Span, name: Token, *children: tuple[ast.Argument, ...] | Token | None
    ) -> ast.TypeRef:
        *brackets, last = children
        member = cast("Token | None", last)
        is_path = member is not None and member.kind == "STRING"
        return ast.TypeRef(
            name.text,
            cast("tuple[tuple[ast.Argument, ...], ...]", tuple(brackets)),
            None if is_path else text(member),
            unquoted(member) if is_path and member is not None else None,
            span=span,
        )

    def tuple_type(self, span: Span, *fields: ast.TypeField | None) -> ast.TupleType:
        return ast.TupleType(tuple(f for f in fields if f is not None), span=span)

    def type_field(self, span: Span, label: Token | None, type_: ast.Signature) -> ast.TypeField:
        return ast.TypeField(text(label), type_, span=span, name_span=self._at_name(label))

    def some_type(self, span: Span, *children: Token | ast.Type) -> ast.SomeType:
        *names, type_ = children
        words = tuple(cast(Token, name).text for name in names)
        return ast.SomeType(words, cast(ast.Type, type_), span=span)

    def family_tuple(self, span: Span, range_: ast.Range, type_: ast.Type) -> ast.FamilyTuple:
        return ast.FamilyTuple(range_, type_, span=span)

    # ---- sizes ------------------------------------------------------------------------

    def brackets(
        self, span: Span, sizes: tuple[ast.Expr | ast.Spread, ...] | None
    ) -> tuple[ast.Expr | ast.Spread, ...]:
        return sizes or ()

    def sizes(self, span: Span, *sizes: ast.Expr | ast.Spread) -> tuple[ast.Expr | ast.Spread, ...]:
        return sizes

    def size_args(self, span: Span, *sizes: ast.Expr | None) -> tuple[ast.Expr, ...]:
        return tuple(size for size in sizes if size is not None)

    def size_index(
        self, span: Span, name: Token, arguments: tuple[ast.Argument, ...]
    ) -> ast.Instance:
        head = ast.Name(name.text, span=self._at(name))
        return ast.Instance(head, arguments, span=span)

    def size_call(self, span: Span, name: Token, sizes: tuple[ast.Expr, ...]) -> ast.Call:
        head = ast.Name(name.text, span=self._at(name))
        return ast.Call(head, tuple(ast.Item(s, span=s.span) for s in sizes), span=span)

    def size_group(self, span: Span, inner: ast.Expr) -> ast.Group:
        return ast.Group(inner, span=span)

    # ---- headers ----------------------------------------------------------------------

    def header(
        self,
        span: Span,
        name: Token,
        parameters: tuple[ast.Parameter, ...] | None,
        inputs: tuple[ast.Binder, ...] | None,
        type_: ast.Signature | None,
        over: tuple[ast.Context, ...] | None,
        across: str | None,
        where: tuple[ast.Fact, ...] | None,
    ) -> ast.Header:
        return ast.Header(
            self._binds(name),
            parameters or (),
            inputs,
            type_,
            over or (),
            across,
            where or (),
            span=span,
            name_span=self._at(name),
        )

    def params(self, span: Span, *parameters: ast.Parameter) -> tuple[ast.Parameter, ...]:
        return parameters

    def param(
        self,
        span: Span,
        name: Token,
        type_: ast.Signature | None,
        default: ast.Static | None,
    ) -> ast.Parameter:
        where = self._at(name)
        return ast.Parameter(self._binds(name), type_, default, span=span, name_span=where)

    def inputs(self, span: Span, *binders: ast.Binder) -> tuple[ast.Binder, ...]:
        return binders

    def binder(self, span: Span, name: Token, type_: ast.Signature) -> ast.Binder:
        return ast.Binder(self._binds(name), type_, span=span, name_span=self._at(name))

    def over(self, span: Span, *contexts: ast.Context) -> tuple[ast.Context, ...]:
        return contexts

    def context(self, span: Span, name: Token | None, type_: ast.Type) -> ast.Context:
        return ast.Context(text(name), type_, span=span, name_span=self._at_name(name))

    def across(self, span: Span, name: Token) -> str:
        return name.text

    def where_(self, span: Span, *facts: ast.Fact) -> tuple[ast.Fact, ...]:
        return facts

    def size_comparison(
        self, span: Span, left: ast.Expr, op: Token, right: ast.Expr
    ) -> ast.Comparison:
        return ast.Comparison(op.text, left, right, span=span)

    def divides(self, span: Span, divisor: ast.Expr, dividend: ast.Expr) -> ast.Divides:
        return ast.Divides(divisor, dividend, span=span)
