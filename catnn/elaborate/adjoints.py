"""`dagger f`: the adjoint of a linear morphism, of type `B -o A` for `f : A -o B`."""

from collections.abc import Callable
from typing import TypeAlias

from catnn.elaborate import core
from catnn.elaborate.calls import Callee, call
from catnn.elaborate.context import Claim, Elaborator, fresh_uid
from catnn.elaborate.core import Atom, Block, Closure, Ref
from catnn.elaborate.definition import Port
from catnn.elaborate.onaxes import head_name
from catnn.elaborate.reify import close_inputs
from catnn.elaborate.scope import Scope
from catnn.elaborate.snapshot import tried
from catnn.elaborate.typing import refuse_no_numbers
from catnn.syntax import ast
from catnn.types.dims import Symbol, fresh
from catnn.types.types import REAL, Abstract, Product, Row, Tensor, Type

Body: TypeAlias = tuple[Ref, Block]


def adjoint_applied(
    e: Elaborator, expr: ast.Prefixed, scope: Scope, argument: Atom, expected: Type | None
) -> Atom:
    """`argument >> dagger f`; `expected` is what it is probably due to be.

    It tells what `f` alone leaves open, as in `dagger sum`: `f` is taken at all
    of that type, or at as many of its last axes as it reads, or at a type of its
    own, whichever fits the argument first.
    """
    operand = expr.operand
    known = None if expected is None else e.unifier.type(expected)
    ways: list[Callable[[], Body]] = [lambda: _open(e, operand, scope)]
    if isinstance(known, Tensor) and known.element == REAL:
        ways.insert(0, lambda: _reading(e, operand, scope, known))
    if known is not None and (len(ways) > 1 or isinstance(known, Product)):
        whole = known
        ways.insert(0, lambda: _at(e, operand, scope, whole))

    def applied(way: Callable[[], Body]) -> Atom:
        return call(e, _callee(e, expr, *way()), (argument,), expr.span)

    for way in ways[: len(ways) if len(ways) > 1 else 0]:
        found = tried(e, lambda way=way: applied(way))  # type: ignore[misc]
        if found is not None:
            return found
    return applied(ways[0])


def adjoint(e: Elaborator, expr: ast.Prefixed, scope: Scope) -> Callee:
    """`dagger f` as something to call, at the type of `f` itself."""
    return _callee(e, expr, *_open(e, expr.operand, scope))


def _callee(e: Elaborator, expr: ast.Prefixed, ref: Ref, block: Block) -> Callee:
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


def _at(e: Elaborator, operand: ast.Expr, scope: Scope, type_: Type) -> Body:
    ref = Ref(fresh_uid(), "x", type_)
    return ref, e.block(lambda: e.apply(operand, scope, ref))


def _reading(e: Elaborator, operand: ast.Expr, scope: Scope, known: Tensor) -> Body:
    """`f` at the last axes of a tensor, as many as it reads: what is in front leads."""
    row = e.unifier.fresh_row(known.shape)
    found = _at(e, operand, scope, Tensor(known.element, (row,)))
    front = e.unifier.shape((row,))
    if front and isinstance(front[0], Row):
        e.unifier.rows[front[0].symbol] = ()
    return found


def _open(e: Elaborator, operand: ast.Expr, scope: Scope) -> Body:
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


__all__ = ["adjoint", "adjoint_applied"]
