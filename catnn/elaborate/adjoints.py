"""`dagger f`: the adjoint of a linear morphism, of type `B -o A` for `f : A -o B`."""

from catnn.elaborate import core
from catnn.elaborate.calls import Callee
from catnn.elaborate.context import Claim, Elaborator, fresh_uid
from catnn.elaborate.core import Block, Closure, Ref
from catnn.elaborate.definition import Port
from catnn.elaborate.onaxes import head_name
from catnn.elaborate.reify import close_inputs
from catnn.elaborate.scope import Scope
from catnn.elaborate.snapshot import tried
from catnn.elaborate.typing import refuse_no_numbers
from catnn.syntax import ast
from catnn.types.dims import Symbol, fresh
from catnn.types.types import REAL, Abstract, Product, Row, Tensor, Type


def adjoint(e: Elaborator, expr: ast.Prefixed, scope: Scope, expected: Type | None) -> Callee:
    """`dagger f` as something to call, at the type of `f` itself.

    `expected` is what the result is probably due to be: it tells what `f` alone
    leaves open, as in `dagger sum`.
    """
    ref, block = _body(e, expr.operand, scope, expected)
    source, target = e.unifier.type(ref.type), e.unifier.type(block.result.type)
    refuse_no_numbers(e, source, target, expr.operand.span)
    inner = Closure((Ref(ref.uid, "x", source),), block)
    name = head_name(expr.operand)
    text = "`dagger` takes a linear morphism, and this is not linear in its input"
    e.claims.append(Claim(inner, 1, text, expr.operand.span))
    e.additive.append((source, "dagger", expr.span))
    for symbol in sorted(_open_sizes(e, source), key=lambda symbol: symbol.uid):
        e.wanted[symbol] = (f"dagger {_shown(name)}", symbol.name, expr.span, False)
    items = target.items if isinstance(target, Product) else (target,)
    return Callee(
        core.Adjoint(inner, source),
        tuple(Port("", item) for item in items),
        isinstance(target, Product),
        source,
        name,
        expr.span,
        target.labels if isinstance(target, Product) else None,
        shown=f"dagger {_shown(name)}",
    )


def _shown(name: str) -> str:
    return "(..)" if name == "it" else name


def _body(
    e: Elaborator, operand: ast.Expr, scope: Scope, expected: Type | None
) -> tuple[Ref, Block]:
    """`f` at what the adjoint is to give, if that is known and fits; else at an open type."""
    known = None if expected is None else e.unifier.type(expected)
    if not (isinstance(known, Product) or (isinstance(known, Tensor) and known.element == REAL)):
        return _open(e, operand, scope)
    ways = [lambda: _at(e, operand, scope, known), lambda: _open(e, operand, scope)]
    if isinstance(known, Tensor):
        ways.insert(0, lambda: _reading(e, operand, scope, known))
    for way in ways:
        found = tried(e, way)
        if found is not None:
            return found
    return _at(e, operand, scope, known)


def _at(e: Elaborator, operand: ast.Expr, scope: Scope, type_: Type) -> tuple[Ref, Block]:
    ref = Ref(fresh_uid(), "x", type_)
    return ref, e.block(lambda: e.apply(operand, scope, ref))


def _reading(e: Elaborator, operand: ast.Expr, scope: Scope, known: Tensor) -> tuple[Ref, Block]:
    """`f` at the last axes of a tensor, as many as it reads: what is in front leads."""
    row = e.unifier.fresh_row(known.shape)
    found = _at(e, operand, scope, Tensor(known.element, (row,)))
    front = e.unifier.shape((row,))
    if front and isinstance(front[0], Row):
        e.unifier.rows[front[0].symbol] = ()
    return found


def _open(e: Elaborator, operand: ast.Expr, scope: Scope) -> tuple[Ref, Block]:
    found = _at(e, operand, scope, Abstract(fresh("A", "meta")))
    close_inputs(e, found[0].type)
    return found


def _open_sizes(e: Elaborator, type_: Type) -> set[Symbol]:
    match e.unifier.type(type_):
        case Tensor(_, shape) | Abstract(_, shape):
            return {m for item in shape if not isinstance(item, Row) for m in item.metas()}
        case Product(items):
            return set().union(*(_open_sizes(e, item) for item in items))
        case _:
            return set()


__all__ = ["adjoint"]
