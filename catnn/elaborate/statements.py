"""Statements of a body: let, share, local morphs, parameters, buffers, stores, draws, aux."""

from collections.abc import Callable, Sequence

from catnn.elaborate import core
from catnn.elaborate.binding import bind_pattern, poison, refuse_size
from catnn.elaborate.calls import coerce
from catnn.elaborate.context import Abandon, Elaborator
from catnn.elaborate.core import Atom, Ref, Static
from catnn.elaborate.distributions import sampled
from catnn.elaborate.reify import shared_morphism
from catnn.elaborate.scope import (
    BufferEntry,
    PoisonedEntry,
    Scope,
    TemplateEntry,
    ValueEntry,
)
from catnn.elaborate.typing import to_type
from catnn.errors import Label
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.types import SCALAR, Bool, Index, Int, Product, Tensor, Type


def run_statements(e: Elaborator, statements: Sequence[ast.Statement], scope: Scope) -> Scope:
    """Elaborate statements in order; an error in one poisons its names and goes on."""
    scope = scope.inner()
    for statement in statements:
        try:
            FORMS[type(statement)](e, statement, scope)
        except Abandon:
            e.definition.state = "failed"
            _poison(statement, scope)
    return scope


def _poison(statement: ast.Statement, scope: Scope) -> None:
    match statement:
        case ast.Let(pattern=pattern) | ast.Draw(pattern=pattern) | ast.Once(pattern=pattern):
            poison(pattern, scope)
        case (
            ast.Share(name=name)
            | ast.ParamDecl(name=name)
            | ast.BufferDecl(name=name)
            | ast.FixedDecl(name=name)
        ):
            scope.values[name] = PoisonedEntry(statement.span)
        case ast.LocalMorph(header=header):
            scope.values[header.name] = PoisonedEntry(statement.span)
        case ast.Forall(binders=binders):
            for binder in binders:
                scope.values[binder.name] = PoisonedEntry(statement.span)
        case _:
            return


def _let(e: Elaborator, statement: ast.Let, scope: Scope) -> None:
    from catnn.elaborate.apply import is_morphism

    value = statement.value
    if is_morphism(e, value, scope) and not _is_prefixed_call(value):
        name = statement.pattern.name if isinstance(statement.pattern, ast.PatternName) else "f"
        e.fail(
            "E0309",
            "`let` names a value, and this is a morphism",
            value.span,
            labels=[Label(statement.pattern.span, "bound here")],
            help=[
                f"`morph {name} = ..;` is a template: new parameters at each use",
                f"`share {name} = ..;` is one instance: the same parameters at each use",
            ],
        )
    _refuse_sizes(e, statement.pattern, scope)
    expected = None
    if statement.pattern.type is not None:
        expected = to_type(e, statement.pattern.type, scope)
    atom = e.value(value, scope, expected)
    bind_pattern(e, statement.pattern, atom, scope, value.span)


def _is_prefixed_call(value: ast.Expr) -> bool:
    """`scan f(x)`, which is refused with better words as a value."""
    return isinstance(value, ast.Prefixed) and isinstance(value.operand, ast.Call)


def _refuse_sizes(e: Elaborator, pattern: ast.Pattern, scope: Scope) -> None:
    if isinstance(pattern, ast.PatternName):
        refuse_size(e, pattern.name, pattern.span, scope)
        return
    for item in pattern.items:
        _refuse_sizes(e, item, scope)


def _share(e: Elaborator, statement: ast.Share, scope: Scope) -> None:
    refuse_size(e, statement.name, statement.span, scope)
    shared_morphism(e, statement, scope)


def _local(e: Elaborator, statement: ast.LocalMorph, scope: Scope) -> None:
    header = statement.header
    if header.across:
        e.fail(
            "E0311",
            "`across` on a local morph comes with a later version",
            header.span,
            help=["declare it beside this one, as a morph of the file"],
        )
    scope.values[header.name] = TemplateEntry(header, statement.body, scope.inner(), statement.span)


def _param(e: Elaborator, statement: ast.ParamDecl, scope: Scope) -> None:
    type_ = leaf_type(e, statement.type, scope, "param")
    init = statement.init or ast.Name("kaiming", span=statement.span)
    _declare(e, "param", statement.name, type_, init, scope, statement.span)


def leaf_type(e: Elaborator, node: ast.Type, scope: Scope, word: str) -> Type:
    type_ = to_type(e, node, scope)
    if word == "param":
        for leaf in _leaves(type_):
            if isinstance(leaf, Tensor) and isinstance(leaf.element, Int | Index | Bool):
                e.fail(
                    "E0501",
                    "a parameter is made of real numbers",
                    node.span,
                    help=["`buffer` and `fixed` keep other kinds"],
                )
    if not isinstance(type_, Tensor):
        e.fail(
            "E0501",
            "a parameter is one tensor",
            node.span,
            help=["declare one parameter for each component"],
        )
    return type_


def _leaves(type_: Type) -> list[Type]:
    if isinstance(type_, Product):
        return [leaf for item in type_.items for leaf in _leaves(item)]
    return [type_]


def _buffer(e: Elaborator, statement: ast.BufferDecl, scope: Scope) -> None:
    type_ = leaf_type(e, statement.type, scope, "buffer")
    ref = _declare(e, "buffer", statement.name, type_, statement.init, scope, statement.span)
    scope.values[statement.name] = BufferEntry(ref, statement.span)


def _fixed(e: Elaborator, statement: ast.FixedDecl, scope: Scope) -> None:
    type_ = leaf_type(e, statement.type, scope, "fixed")
    _declare(e, "fixed", statement.name, type_, statement.init, scope, statement.span)


def _declare(
    e: Elaborator, kind: str, name: str, type_: Type, init: ast.Expr, scope: Scope, span: Span
) -> Ref:
    def build() -> Atom:
        e.begins += 1
        try:
            atom = e.value(init, scope, type_)
        finally:
            e.begins -= 1
        if isinstance(atom, Static) and isinstance(type_, Tensor):
            return e.bind(
                core.Filled("constant", type_, (("value", atom.value),)), type_, name, init.span
            )
        return coerce(e, atom, type_, init.span)

    block = e.block(build)
    ref = e.bind(core.Declared(kind, name, type_, block), type_, name, span)
    e.mark_constant(ref)
    scope.values[name] = ValueEntry(ref, span, constant=True)
    return ref


def _store(e: Elaborator, statement: ast.Store, scope: Scope) -> None:
    entry = scope.value(statement.name)
    if not isinstance(entry, BufferEntry):
        e.fail(
            "E0503",
            f"`{statement.name}` is no buffer; only buffers are stored",
            statement.span,
            help=[f"declare it: `buffer {statement.name} : [..] = zeros;`"],
        )
    assert isinstance(entry.atom, Ref)
    atom = e.value(statement.value, scope, entry.atom.type)
    atom = coerce(e, atom, entry.atom.type, statement.value.span)
    if e.depends_on_input(atom) and e.definition.across is None:
        entry.stored = atom  # its new value is no further mistake
        e.fail(
            "E0503",
            f"what is stored in `{statement.name}` depends on the input",
            statement.value.span,
            notes=["a morphism is lifted over leading axes, and a buffer is one for all of them"],
            help=["declare `across t` in the header: the body then sees all leading axes as one"],
        )
    e.bind(core.Stored(entry.atom, atom), atom.type, statement.name, statement.span)
    entry.stored = atom


def _draw(e: Elaborator, statement: ast.Draw, scope: Scope) -> None:
    if not isinstance(statement.pattern, ast.PatternName) or statement.pattern.type is None:
        e.fail(
            "E0504",
            "a draw names one sample and its type",
            statement.pattern.span,
            help=["write `draw z : [d] ~ normal(0, 1);`"],
        )
    type_ = to_type(e, statement.pattern.type, scope)
    if not isinstance(type_, Tensor):
        e.fail("E0504", "a sample is one tensor", statement.pattern.span)
    ref = sampled(e, statement, type_, scope)
    e.name_value(ref, statement.pattern.name)
    scope.values[statement.pattern.name] = ValueEntry(ref, statement.span)


def _aux(e: Elaborator, statement: ast.Aux, scope: Scope) -> None:
    atom = coerce(e, e.value(statement.value, scope), SCALAR, statement.value.span)
    e.bind(core.Auxiliary(statement.name, atom), SCALAR, statement.name, statement.span)


def _rebind(e: Elaborator, statement: ast.Rebind, scope: Scope) -> None:
    atom = e.value(statement.value, scope)
    scope.contexts[statement.name] = ValueEntry(atom, statement.span)
    scope.values[statement.name] = ValueEntry(atom, statement.span)


def _later(e: Elaborator, statement: ast.Statement, scope: Scope) -> None:
    if isinstance(statement, ast.Forall):
        e.fail("E0601", "`forall` belongs in a law", statement.span)
    e.fail("E0311", "`once` comes with a later version", statement.span)


FORMS: dict[type, Callable[..., None]] = {
    ast.Let: _let,
    ast.Share: _share,
    ast.LocalMorph: _local,
    ast.ParamDecl: _param,
    ast.BufferDecl: _buffer,
    ast.FixedDecl: _fixed,
    ast.Store: _store,
    ast.Draw: _draw,
    ast.Aux: _aux,
    ast.Rebind: _rebind,
    ast.Once: _later,
    ast.Forall: _later,
}

__all__ = ["refuse_size", "run_statements"]
