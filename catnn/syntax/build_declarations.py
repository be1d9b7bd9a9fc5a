"""Rules of declarations, as nodes of the tree."""

from typing import Literal, cast

from attrs import frozen

from catnn.source import Span
from catnn.syntax import ast
from catnn.syntax.build_base import Reporter, text, unquoted
from catnn_grammar import Token

_Kind = Literal["morph", "model"]
_Taking = tuple[tuple[tuple[str, ...], ast.Expr], ...]


@frozen
class Forward:
    """`forward = e` of a lens."""

    value: ast.Expr


@frozen
class Backward:
    """`backward = e` of a lens."""

    value: ast.Expr


class DeclarationRules(Reporter):
    """From `file` to `place`."""

    def file(self, span: Span, *declarations: ast.Declaration) -> ast.File:
        return ast.File(declarations, span=span)

    # ---- modules and types ------------------------------------------------------------

    def import_(
        self, span: Span, module: tuple[str, ...], names: tuple[ast.Name, ...] | None
    ) -> ast.Import:
        return ast.Import(module, names, span=span)

    def from_(self, span: Span, path: Token, names: tuple[ast.Name, ...]) -> ast.FromImport:
        return ast.FromImport(unquoted(path), names, span=span)

    def dotted(self, span: Span, *parts: Token) -> tuple[str, ...]:
        return tuple(part.text for part in parts)

    def names(self, span: Span, *names: Token) -> tuple[ast.Name, ...]:
        return tuple(ast.Name(name.text, span=self._at(name)) for name in names)

    def alias(
        self,
        span: Span,
        name: Token,
        parameters: tuple[ast.Parameter, ...] | None,
        type_: ast.Type,
        where: tuple[ast.Fact, ...] | None,
    ) -> ast.AliasDecl:
        place = self._at(name)
        return ast.AliasDecl(
            name.text, parameters or (), type_, where or (), span=span, name_span=place
        )

    def newtype(
        self,
        span: Span,
        name: Token,
        parameters: tuple[ast.Parameter, ...] | None,
        type_: ast.Type,
    ) -> ast.NewTypeDecl:
        place = self._at(name)
        return ast.NewTypeDecl(name.text, parameters or (), type_, span=span, name_span=place)

    # ---- morphisms --------------------------------------------------------------------

    def morph(self, span: Span, kind: Token, header: ast.Header, body: ast.Expr) -> ast.Morph:
        return ast.Morph(cast(_Kind, kind.text), header, body, span=span)

    def extern(
        self,
        span: Span,
        kind: Token,
        name: Token,
        parameters: tuple[ast.Parameter, ...] | None,
        type_: ast.ArrowType,
        target: Token,
        differentiable: bool | None,
    ) -> ast.Extern:
        return ast.Extern(
            cast(_Kind, kind.text),
            self._binds(name),
            parameters or (),
            type_,
            unquoted(target),
            bool(differentiable),
            span=span,
            name_span=self._at(name),
        )

    def differentiable(self, span: Span) -> bool:
        return True

    def reparam(
        self,
        span: Span,
        name: Token,
        *children: "tuple[ast.Parameter, ...] | ast.ReparamClause | None",
    ) -> ast.Reparam:
        parameters, *clauses = children
        return ast.Reparam(
            self._binds(name),
            cast("tuple[ast.Parameter, ...]", parameters or ()),
            tuple(clause for clause in clauses if isinstance(clause, ast.ReparamClause)),
            span=span,
            name_span=self._at(name),
        )

    def clause_on(
        self,
        span: Span,
        select: tuple[tuple[ast.Binder, ...], str | None, bool],
        using: tuple[ast.Probe, ...] | None,
        over: tuple[ast.Context, ...] | None,
        where: tuple[ast.Fact, ...] | None,
        body: ast.Expr,
    ) -> ast.ReparamClause:
        return ast.ReparamClause(*select, using or (), over or (), where or (), body, span=span)

    def each_leaf(
        self, span: Span, name: Token, type_: ast.Type
    ) -> tuple[tuple[ast.Binder, ...], str | None, bool]:
        place = self._at(name)
        return (ast.Binder(self._binds(name), type_, span=span, name_span=place),), None, False

    def stacked_leaves(
        self, span: Span, name: Token, stack: Token, type_: ast.Type
    ) -> tuple[tuple[ast.Binder, ...], str | None, bool]:
        binders, _, together = self.each_leaf(span, name, type_)
        return binders, stack.text, together

    def named_leaves(
        self, span: Span, *binders: ast.Binder
    ) -> tuple[tuple[ast.Binder, ...], str | None, bool]:
        return binders, None, True

    def using(self, span: Span, *probes: ast.Probe) -> tuple[ast.Probe, ...]:
        return probes

    def probe(self, span: Span, name: Token, wire: Token, type_: ast.Type) -> ast.Probe:
        word = cast(Literal["input", "output", "gradient", "dinput", "doutput"], wire.text)
        return ast.Probe(self._binds(name), word, type_, span=span, name_span=self._at(name))

    # ---- theories, algebras, sheaves, lenses ------------------------------------------

    def theory(
        self,
        span: Span,
        name: Token,
        parameters: tuple[ast.Parameter, ...] | None,
        *entries: ast.Sorts | ast.Operation | ast.Equation,
    ) -> ast.Theory:
        place = self._at(name)
        return ast.Theory(name.text, parameters or (), entries, span=span, name_span=place)

    def sorts(self, span: Span, *names: Token) -> ast.Sorts:
        return ast.Sorts(tuple(name.text for name in names), span=span)

    def operation(self, span: Span, name: Token, type_: ast.Signature) -> ast.Operation:
        return ast.Operation(name.text, type_, span=span, name_span=self._at(name))

    def equation(self, span: Span, name: Token, relation: ast.Relation) -> ast.Equation:
        return ast.Equation(name.text, relation, span=span, name_span=self._at(name))

    def algebra(
        self,
        span: Span,
        name: Token,
        parameters: tuple[ast.Parameter, ...] | None,
        theory: ast.Type,
        over: tuple[ast.Context, ...] | None,
        where: tuple[ast.Fact, ...] | None,
        *entries: ast.AlgebraEntry,
    ) -> ast.Algebra:
        return ast.Algebra(
            name.text,
            parameters or (),
            theory,
            over or (),
            where or (),
            entries,
            span=span,
            name_span=self._at(name),
        )

    def algebra_entry(self, span: Span, name: Token, value: ast.Static) -> ast.AlgebraEntry:
        return ast.AlgebraEntry(name.text, value, span=span, name_span=self._at(name))

    def sheaf(
        self,
        span: Span,
        name: Token,
        parameters: tuple[ast.Parameter, ...] | None,
        inputs: tuple[ast.Binder, ...] | None,
        over: tuple[ast.Context, ...],
        *entries: ast.SheafEntry,
    ) -> ast.Sheaf:
        return ast.Sheaf(
            name.text,
            parameters or (),
            inputs or (),
            over,
            entries,
            span=span,
            name_span=self._at(name),
        )

    def sheaf_entry(
        self, span: Span, name: Token, type_: ast.Signature, value: ast.Expr | None
    ) -> ast.SheafEntry:
        return ast.SheafEntry(name.text, type_, value, span=span, name_span=self._at(name))

    def lens(
        self,
        span: Span,
        name: Token,
        parameters: tuple[ast.Parameter, ...] | None,
        type_: ast.ArrowType,
        over: tuple[ast.Context, ...] | None,
        where: tuple[ast.Fact, ...] | None,
        *entries: ast.BufferDecl | Forward | Backward,
    ) -> ast.Lens:
        return ast.Lens(
            self._binds(name),
            parameters or (),
            type_,
            over or (),
            where or (),
            tuple(entry for entry in entries if isinstance(entry, ast.BufferDecl)),
            tuple(entry.value for entry in entries if isinstance(entry, Forward)),
            tuple(entry.value for entry in entries if isinstance(entry, Backward)),
            span=span,
            name_span=self._at(name),
        )

    def forward(self, span: Span, value: ast.Expr) -> Forward:
        return Forward(value)

    def backward(self, span: Span, value: ast.Expr) -> Backward:
        return Backward(value)

    # ---- laws -------------------------------------------------------------------------

    def law(
        self,
        span: Span,
        scope: ast.LawScope | None,
        name: Token,
        parameters: tuple[ast.Parameter, ...] | None,
        relation: ast.Relation,
        where: tuple[ast.Fact, ...] | None,
    ) -> ast.Law:
        return ast.Law(
            scope,
            self._binds(name),
            parameters or (),
            relation,
            where or (),
            span=span,
            name_span=self._at(name),
        )

    def scope(self, span: Span, word: Token, *options: tuple[str, ast.Expr]) -> ast.LawScope:
        kind = cast(Literal["value", "gradient", "initial", "mean"], word.text)
        return ast.LawScope(kind, options, span=span)

    def option(self, span: Span, name: Token, value: ast.Expr) -> tuple[str, ast.Expr]:
        return name.text, value

    def relation(
        self, span: Span, left: ast.Expr, right: ast.Expr | None, taking: _Taking | None
    ) -> ast.Relation:
        return ast.Relation(left, right, taking or (), span=span)

    def taking(self, span: Span, *moved: tuple[tuple[str, ...], ast.Expr]) -> _Taking:
        return moved

    def moved(self, span: Span, *children: Token | ast.Expr) -> tuple[tuple[str, ...], ast.Expr]:
        *path, value = children
        return tuple(cast(Token, part).text for part in path), cast(ast.Expr, value)

    # ---- weights, data, placement -----------------------------------------------------

    def weights(
        self,
        span: Span,
        name: Token,
        type_: ast.Type,
        source: Token | None,
        leaves: tuple[tuple[str, ast.Expr], ...] | None,
    ) -> ast.Weights:
        place = None if source is None else unquoted(source)
        return ast.Weights(
            self._binds(name), type_, place, leaves or (), span=span, name_span=self._at(name)
        )

    def leaf_maps(
        self, span: Span, *maps: tuple[str, ast.Expr]
    ) -> tuple[tuple[str, ast.Expr], ...]:
        return maps

    def leaf_map(self, span: Span, theirs: Token, ours: ast.Expr) -> tuple[str, ast.Expr]:
        return unquoted(theirs), ours

    def data(self, span: Span, name: Token, type_: ast.Type, source: Token | None) -> ast.Data:
        place = None if source is None else unquoted(source)
        return ast.Data(self._binds(name), type_, place, span=span, name_span=self._at(name))

    def mesh(self, span: Span, name: Token, paren: ast.Tuple) -> ast.Mesh:
        return ast.Mesh(name.text, paren.items, span=span, name_span=self._at(name))

    def place(self, span: Span, model: Token, mesh: Token, *entries: ast.Placed) -> ast.Place:
        return ast.Place(text(model) or "", mesh.text, entries, span=span)

    def placed(self, span: Span, axis: Token, mesh_axis: Token) -> ast.Placed:
        is_path = axis.kind == "STRING"
        name = unquoted(axis) if is_path else axis.text
        return ast.Placed(name, is_path, mesh_axis.text, span=span)
