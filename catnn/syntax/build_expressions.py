"""Rules of expressions and axis patterns, as nodes of the tree. One method for each rule."""

from typing import Literal, cast

from catnn.source import Span
from catnn.syntax import ast
from catnn.syntax.build_base import Reporter, text, unquoted
from catnn.syntax.cover import as_pattern
from catnn_grammar import Token


def _spaced(pattern: str) -> str:
    """The axes of a string of `einsum` (`nd,de->ne`) apart, as patterns have them."""
    if " " in pattern or "(" in pattern:
        return pattern
    operands = (" ".join(part) for part in pattern.replace("->", ">").split(","))
    return ", ".join(operands).replace(" > ", " -> ")


class ExpressionRules(Reporter):
    """From `name` to `block`: `rule(span, *children)` gives the node."""

    # ---- atoms ------------------------------------------------------------------------

    def name(self, span: Span, token: Token) -> ast.Name:
        if token.text in ("True", "False"):
            lower = token.text.lower()
            self._report("E0114", f"`{token.text}` is written `{lower}`", span)
        return ast.Name(token.text, span=span)

    def number(self, span: Span, token: Token) -> ast.Number:
        return ast.Number(self._digits(token), span=span)

    def string(self, span: Span, token: Token) -> ast.String:
        value = unquoted(token)
        if "->" in value:
            self._report(
                "E0116",
                "an axis pattern is no string",
                span,
                help=(f"write `{{{_spaced(value.strip())}}}(x)`",),
            )
        return ast.String(value, span=span)

    def paren(self, span: Span, *items: ast.Item | None) -> ast.Tuple:
        return ast.Tuple(tuple(item for item in items if item is not None), span=span)

    def parenthesised(self, span: Span, paren: ast.Tuple) -> ast.Group | ast.Tuple:
        if len(paren.items) == 1:
            item = paren.items[0]
            if item.label is None and item.path is None and item.typed is None:
                return ast.Group(item.value, span=span)
        return paren

    def plain_item(self, span: Span, value: ast.Static) -> ast.Item:
        return ast.Item(value, span=span)

    def typed_item(self, span: Span, name: Token, value: ast.Static) -> ast.Item:
        return ast.Item(value, typed=name.text, span=span, name_span=self._at(name))

    def labelled_item(self, span: Span, name: Token, value: ast.Static) -> ast.Item:
        return ast.Item(value, label=name.text, span=span, name_span=self._at(name))

    def path_item(self, span: Span, path: Token, value: ast.Static) -> ast.Item:
        return ast.Item(value, path=unquoted(path), span=span, name_span=self._at(path))

    def listing(self, span: Span, *children: "ast.Static | ast.Spread | None") -> ast.Listing:
        *items, element = children
        return ast.Listing(
            tuple(item for item in items if item is not None),
            cast("ast.Static | None", element),
            span=span,
        )

    def spread(self, span: Span, name: Token) -> ast.Spread:
        return ast.Spread(name.text, span=span)

    def comprehension(self, span: Span, body: ast.Expr, *ranges: ast.Range) -> ast.Comprehension:
        return ast.Comprehension(body, ranges, span=span)

    def range(self, span: Span, index: Token, op: Token, bound: ast.Expr) -> ast.Range:
        return ast.Range(self._binds(index), op.text, bound, span=span, name_span=self._at(index))

    # ---- application ------------------------------------------------------------------

    def cargs(self, span: Span, *arguments: ast.Argument) -> tuple[ast.Argument, ...]:
        return arguments

    def positional(self, span: Span, value: ast.Static) -> ast.Argument:
        return ast.Argument(value, span=span)

    def keyword(self, span: Span, name: Token, value: ast.Static) -> ast.Argument:
        return ast.Argument(value, name=name.text, span=span, name_span=self._at(name))

    def axis_argument(self, span: Span, path: Token, value: ast.Static) -> ast.Argument:
        return ast.Argument(value, path=unquoted(path), span=span, name_span=self._at(path))

    def instance(
        self, span: Span, head: ast.Expr, arguments: tuple[ast.Argument, ...]
    ) -> ast.Instance:
        if isinstance(head, ast.FieldOf) and head.name == "shape" and _is_integer(arguments):
            self._report(
                "E0119",
                "a tensor has no `.shape`: sizes are names in its type",
                span,
                help=("give the size a name, `x : [n, d]`, and use `n`",),
            )
        return ast.Instance(head, arguments, span=span)

    def call(self, span: Span, head: ast.Expr, paren: ast.Tuple) -> ast.Call:
        return ast.Call(head, paren.items, span=span)

    def field_of(self, span: Span, head: ast.Expr, name: Token) -> ast.FieldOf:
        return ast.FieldOf(head, name.text, span=span, name_span=self._at(name))

    def part_of(self, span: Span, head: ast.Expr, path: Token) -> ast.PartOf:
        return ast.PartOf(head, unquoted(path), span=span)

    def on_axes(self, span: Span, head: ast.Expr, pattern: ast.AxisPattern) -> ast.OnAxes:
        return ast.OnAxes(head, pattern, span=span)

    # ---- operators --------------------------------------------------------------------

    def binary(self, span: Span, left: ast.Expr, op: Token, right: ast.Expr) -> ast.Binary:
        return ast.Binary(cast(ast.BinaryOp, op.text), left, right, span=span)

    def negative(self, span: Span, operand: ast.Expr) -> ast.Unary:
        return ast.Unary("-", operand, span=span)

    def negated(self, span: Span, operand: ast.Expr) -> ast.Unary:
        return ast.Unary("not", operand, span=span)

    def compose(self, span: Span, *factors: ast.Expr) -> ast.Compose:
        return ast.Compose(factors, span=span)

    def fan(self, span: Span, *factors: ast.Expr) -> ast.Fan:
        return ast.Fan(factors, span=span)

    def par(self, span: Span, *factors: ast.Expr) -> ast.Par:
        return ast.Par(factors, span=span)

    def big(self, span: Span, op: Token, range_: ast.Range, body: ast.Expr) -> ast.Big:
        return ast.Big(cast(Literal[">>", "|", "&", "+", "*"], op.text), range_, body, span=span)

    def prefix_counted(
        self, span: Span, word: Token, arguments: tuple[ast.Argument, ...], operand: ast.Expr
    ) -> ast.Prefixed:
        return ast.Prefixed(_prefix_word(word), arguments, operand, span=span)

    def prefix_plain(self, span: Span, word: Token, operand: ast.Expr) -> ast.Prefixed:
        return ast.Prefixed(_prefix_word(word), (), operand, span=span)

    def named(self, span: Span, inner: ast.Expr, name: Token) -> ast.Named:
        return ast.Named(inner, name.text, span=span, name_span=self._at(name))

    def supply(self, span: Span, inner: ast.Expr, context: ast.Expr) -> ast.Supply:
        return ast.Supply(inner, context, span=span)

    def with_parameters(
        self, span: Span, inner: ast.Expr, parameters: ast.Expr
    ) -> ast.WithParameters:
        return ast.WithParameters(inner, parameters, span=span)

    def start_from(self, span: Span, inner: ast.Expr, parameters: ast.Expr) -> ast.StartFrom:
        return ast.StartFrom(inner, parameters, span=span)

    def reparametrise(
        self, span: Span, inner: ast.Expr, by: ast.Expr, path: Token
    ) -> ast.Reparametrise:
        return ast.Reparametrise(inner, by, unquoted(path), span=span)

    def tap(self, span: Span, inner: ast.Expr, path: Token) -> ast.Cut:
        return ast.Cut("tap", inner, unquoted(path), span=span)

    def upto(self, span: Span, inner: ast.Expr, path: Token) -> ast.Cut:
        return ast.Cut("upto", inner, unquoted(path), span=span)

    def after(self, span: Span, inner: ast.Expr, path: Token) -> ast.Cut:
        return ast.Cut("after", inner, unquoted(path), span=span)

    def given(
        self, span: Span, inner: ast.Expr, data: ast.Expr, in_order: bool | None
    ) -> ast.Given:
        return ast.Given(inner, data, bool(in_order), span=span)

    def in_order(self, span: Span) -> bool:
        return True

    def surgery(
        self, span: Span, inner: ast.Expr, path: Token, name: Token | None, new: ast.Expr
    ) -> ast.Surgery:
        return ast.Surgery(
            inner, unquoted(path), text(name), new, span=span, name_span=self._at_name(name)
        )

    # ---- what stands alone ------------------------------------------------------------

    def lambda_name(self, span: Span, name: Token, body: ast.Expr) -> ast.Lambda:
        where = self._at(name)
        parameter = ast.PatternName(self._binds(name), span=where, name_span=where)
        return ast.Lambda(parameter, body, span=span)

    def lambda_paren(self, span: Span, paren: ast.Tuple, body: ast.Expr) -> ast.Lambda:
        return ast.Lambda(self._pattern(paren), body, span=span)

    def _pattern(self, paren: ast.Tuple) -> ast.Pattern:
        pattern = as_pattern(paren)
        if pattern is not None:
            return pattern
        self._report(
            "E0144",
            "the inputs of a function are names",
            paren.span,
            help=("write `(x, y) => ..`, with types `(x : [n], y : [m]) => ..`",),
        )
        return ast.PatternTuple((), span=paren.span)

    def if_(self, span: Span, condition: ast.Expr, then: ast.Expr, otherwise: ast.Expr) -> ast.If:
        return ast.If(condition, then, otherwise, span=span)

    def case_(self, span: Span, subject: ast.Expr, *arms: ast.Arm) -> ast.Case:
        return ast.Case(subject, arms, span=span)

    def arm(self, span: Span, name: Token, paren: ast.Tuple | None, body: ast.Expr) -> ast.Arm:
        parameter = None if paren is None else self._pattern(paren)
        return ast.Arm(name.text, parameter, body, span=span, name_span=self._at(name))

    def choice(self, span: Span, name: Token | None, *alternatives: ast.Alternative) -> ast.Choice:
        return ast.Choice(text(name), alternatives, span=span)

    def alternative(
        self, span: Span, name: Token | None, value: ast.Static, range_: ast.Range | None
    ) -> ast.Alternative:
        return ast.Alternative(text(name), value, range_, span=span, name_span=self._at_name(name))

    def leafwise(self, span: Span, paren: ast.Tuple, *cases: ast.LeafCase) -> ast.Leafwise:
        return ast.Leafwise(paren.items, cases, span=span)

    def leaf_case(
        self, span: Span, path: Token | None, head: ast.Pattern, body: ast.Expr
    ) -> ast.LeafCase:
        where = None if path is None else unquoted(path)
        return ast.LeafCase(where, head, body, span=span)

    def block(self, span: Span, *children: ast.Statement | ast.Expr) -> ast.Block:
        *statements, result = children
        return ast.Block(
            cast("tuple[ast.Statement, ...]", tuple(statements)),
            cast(ast.Expr, result),
            span=span,
        )

    # ---- axis patterns ----------------------------------------------------------------

    def pattern_term(self, span: Span, pattern: ast.AxisPattern) -> ast.PatternTerm:
        return ast.PatternTerm(pattern, span=span)

    def braces(
        self,
        span: Span,
        operands: tuple[ast.Operand, ...],
        results: tuple[ast.Operand, ...] | None,
    ) -> ast.AxisPattern:
        return ast.AxisPattern(operands, results, span=span)

    def side(self, span: Span, *operands: ast.Operand | None) -> tuple[ast.Operand, ...]:
        given = tuple(operand for operand in operands if operand is not None)
        return given or (ast.Operand((), span=span),)

    def operand(self, span: Span, *axes: ast.AxisTerm) -> ast.Operand:
        return ast.Operand(axes, span=span)

    def axis(self, span: Span, token: Token) -> ast.Axis:
        return ast.Axis(self._digits(token), span=span)

    def axis_rest(self, span: Span, name: Token) -> ast.Axis:
        return ast.Axis(name.text, rest=True, span=span)

    def product_axis(self, span: Span, *factors: ast.AxisTerm) -> ast.ProductAxis:
        return ast.ProductAxis(factors, span=span)

    def sum_axis(self, span: Span, *summands: ast.AxisTerm) -> ast.SumAxis:
        return ast.SumAxis(summands, span=span)

    def bracket(self, span: Span, *axes: ast.AxisTerm) -> ast.Bracket:
        return ast.Bracket(axes, span=span)


_PrefixWord = Literal["repeat", "iterate", "copies", "trail", "unfold", "dagger", "fold", "scan"]


def _prefix_word(token: Token) -> _PrefixWord:
    return cast(_PrefixWord, token.text)


def _is_integer(arguments: tuple[ast.Argument, ...]) -> bool:
    value = arguments[0].value
    if isinstance(value, ast.Unary):
        value = value.operand
    return len(arguments) == 1 and isinstance(value, ast.Number)
