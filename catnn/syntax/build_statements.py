"""Rules of statements and of the clauses of trainings, as nodes of the tree."""

from catnn.source import Span
from catnn.syntax import ast
from catnn.syntax.build_base import Reporter, text, unquoted
from catnn_grammar import Token

_Action = ast.Statement | ast.Minimise | ast.Update | ast.Descend


class StatementRules(Reporter):
    """From `let` to `gives`."""

    # ---- statements -------------------------------------------------------------------

    def let(self, span: Span, pattern: ast.Pattern, value: ast.Expr) -> ast.Let:
        return ast.Let(pattern, value, span=span)

    def share(self, span: Span, name: Token, value: ast.Expr) -> ast.Share:
        return ast.Share(self._binds(name), value, span=span, name_span=self._at(name))

    def local_morph(self, span: Span, header: ast.Header, body: ast.Expr) -> ast.LocalMorph:
        return ast.LocalMorph(header, body, span=span)

    def param_decl(
        self, span: Span, name: Token, type_: ast.Type, init: ast.Expr | None
    ) -> ast.ParamDecl:
        where = self._at(name)
        return ast.ParamDecl(self._binds(name), type_, init, span=span, name_span=where)

    def buffer(self, span: Span, name: Token, type_: ast.Type, init: ast.Expr) -> ast.BufferDecl:
        where = self._at(name)
        return ast.BufferDecl(self._binds(name), type_, init, span=span, name_span=where)

    def fixed(self, span: Span, name: Token, type_: ast.Type, init: ast.Expr) -> ast.FixedDecl:
        where = self._at(name)
        return ast.FixedDecl(self._binds(name), type_, init, span=span, name_span=where)

    def once(
        self,
        span: Span,
        pattern: ast.Pattern,
        bound: tuple[str, ast.Expr] | None,
        value: ast.Expr,
    ) -> ast.Once:
        return ast.Once(pattern, value, bound, span=span)

    def bounded(self, span: Span, op: Token, bound: ast.Expr) -> tuple[str, ast.Expr]:
        return op.text, bound

    def dividing(self, span: Span, bound: ast.Expr) -> tuple[str, ast.Expr]:
        return "divides", bound

    def draw(self, span: Span, pattern: ast.Pattern, distribution: ast.Expr) -> ast.Draw:
        return ast.Draw(pattern, distribution, span=span)

    def aux(self, span: Span, name: Token, value: ast.Expr) -> ast.Aux:
        return ast.Aux(name.text, value, span=span, name_span=self._at(name))

    def store(self, span: Span, name: Token, value: ast.Expr) -> ast.Store:
        return ast.Store(name.text, value, span=span, name_span=self._at(name))

    def rebind(self, span: Span, name: Token, value: ast.Expr) -> ast.Rebind:
        return ast.Rebind(name.text, value, span=span, name_span=self._at(name))

    def forall(self, span: Span, *binders: ast.Binder) -> ast.Forall:
        return ast.Forall(binders, span=span)

    def pattern_name(self, span: Span, name: Token, type_: ast.Type | None) -> ast.PatternName:
        return ast.PatternName(self._binds(name), type_, span=span, name_span=self._at(name))

    def pattern_tuple(self, span: Span, *children: "ast.Pattern | ast.Type | None") -> ast.Pattern:
        *items, type_ = children
        patterns = tuple(
            item for item in items if isinstance(item, ast.PatternName | ast.PatternTuple)
        )
        given = None if isinstance(type_, ast.PatternName | ast.PatternTuple) else type_
        if len(patterns) > 1:
            return ast.PatternTuple(patterns, given, span=span)
        return self._single(patterns[0], given, span)

    def _single(self, inner: ast.Pattern, type_: ast.Type | None, span: Span) -> ast.Pattern:
        """`(x)` binds what `x` does; a type outside may stand for one inside."""
        if type_ is None:
            return inner
        if inner.type is not None:
            self._report("E0144", "two types for one name", span, help=("keep one of them",))
        if isinstance(inner, ast.PatternName):
            return ast.PatternName(inner.name, type_, span=span, name_span=inner.name_span)
        return ast.PatternTuple(inner.items, type_, span=span)

    # ---- clauses of trainings ---------------------------------------------------------

    def train(
        self,
        span: Span,
        name: Token,
        parameters: tuple[ast.Parameter, ...] | None,
        inputs: tuple[ast.Binder, ...] | None,
        player: Token | None,
        model: ast.Expr,
        *clauses: ast.Clause,
    ) -> ast.Train:
        return ast.Train(
            self._binds(name),
            parameters or (),
            inputs or (),
            text(player),
            model,
            clauses,
            span=span,
            name_span=self._at(name),
        )

    def on(self, span: Span, *children: ast.Stream | tuple[ast.Context, ...] | None) -> ast.On:
        streams = tuple(child for child in children if isinstance(child, ast.Stream))
        over = children[-1]
        return ast.On(streams, over if isinstance(over, tuple) else (), span=span)

    def stream(self, span: Span, name: Token | None, type_: ast.Type) -> ast.Stream:
        return ast.Stream(text(name), type_, span=span, name_span=self._at_name(name))

    def loss(self, span: Span, value: ast.Expr) -> ast.Loss:
        return ast.Loss(value, span=span)

    def minimise(self, span: Span, value: ast.Expr) -> ast.Minimise:
        return ast.Minimise(value, span=span)

    def update(self, span: Span, optimiser: ast.Expr, path: Token | None) -> ast.Update:
        return ast.Update(optimiser, None if path is None else unquoted(path), span=span)

    def descend(self, span: Span, name: Token, along: ast.Expr, path: Token | None) -> ast.Descend:
        where = None if path is None else unquoted(path)
        return ast.Descend(name.text, along, where, span=span, name_span=self._at(name))

    def actions(self, span: Span, *entries: _Action) -> tuple[_Action, ...]:
        return entries

    def step(
        self,
        span: Span,
        players: tuple[str, ...] | None,
        times: ast.Expr | None,
        stream: Token | None,
        entries: tuple[_Action, ...],
    ) -> ast.Step:
        return ast.Step(players or (), times, text(stream), entries, span=span)

    def players(self, span: Span, *names: Token) -> tuple[str, ...]:
        return tuple(name.text for name in names)

    def every(
        self, span: Span, count: ast.Expr | None, unit: Token, entries: tuple[_Action, ...]
    ) -> ast.Every:
        return ast.Every(count, unit.text, entries, span=span)

    def until(self, span: Span, condition: ast.Expr) -> ast.Until:
        return ast.Until(condition, span=span)

    def for_(self, span: Span, count: ast.Expr, unit: Token) -> ast.For:
        return ast.For(count, unit.text, span=span)

    def metric(self, span: Span, name: Token, stream: Token | None, value: ast.Expr) -> ast.Metric:
        where = self._at(name)
        return ast.Metric(name.text, text(stream), value, span=span, name_span=where)

    def gives(self, span: Span, value: ast.Expr) -> ast.Gives:
        return ast.Gives(value, span=span)
