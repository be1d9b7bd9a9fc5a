"""`zeros` as the first state of a loop: its type is that of the loop's body."""

from attrs import define, field

from catnn.elaborate.calls import call
from catnn.elaborate.constants import SHAPED, is_constant
from catnn.elaborate.context import Elaborator, fresh_uid
from catnn.elaborate.core import Atom, Ref, Tupled
from catnn.elaborate.reify import close_inputs
from catnn.elaborate.scope import Scope
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import fresh
from catnn.types.types import Abstract, Product


def is_seeded(e: Elaborator, head: ast.Static, value: ast.Static, scope: Scope) -> bool:
    """Whether a loop is given a state that takes its type from the loop."""
    while isinstance(head, ast.Group | ast.Named):
        head = head.inner
    return isinstance(head, ast.Prefixed) and _has_open(e, value, scope)


def _has_open(e: Elaborator, value: ast.Static, scope: Scope) -> bool:
    match value:
        case ast.Group(inner=inner):
            return _has_open(e, inner, scope)
        case ast.Tuple(items=items):
            return any(_has_open(e, item.value, scope) for item in items)
        case ast.Name(text=name):
            return name in SHAPED and is_constant(e, value, scope)
        case _:
            return False


def seeded(e: Elaborator, head: ast.Static, value: ast.Static, scope: Scope, span: Span) -> Atom:
    """A loop at a state that is open: the body is elaborated first."""
    from catnn.elaborate.apply import callee_of

    given = _Given(e, scope)
    callee = callee_of(e, head, scope, given.read(value))
    for ref in given.open.values():
        close_inputs(e, ref.type)
    return call(e, callee, (given.fill(value),), span)


@define
class _Given:
    """What a loop is given: its values, and references where a constant is still open.

    Both are kept by the identity of the expression: equal ones stand at several places.
    """

    e: Elaborator
    scope: Scope
    open: dict[int, Ref] = field(factory=dict)
    known: dict[int, Atom] = field(factory=dict)

    def read(self, value: ast.Static) -> Atom:
        match value:
            case ast.Group(inner=inner):
                return self.read(inner)
            case ast.Tuple(items=items) if _has_open(self.e, value, self.scope):
                return tupled([self.read(item.value) for item in items])
            case ast.Name() if _has_open(self.e, value, self.scope):
                self.open[id(value)] = Ref(fresh_uid(), "state", Abstract(fresh("A", "meta")))
                return self.open[id(value)]
            case _:
                self.known[id(value)] = self.e.value(value, self.scope)
                return self.known[id(value)]

    def fill(self, value: ast.Static) -> Atom:
        match value:
            case ast.Group(inner=inner):
                return self.fill(inner)
            case _ if id(value) in self.known:
                return self.known[id(value)]
            case ast.Tuple(items=items):
                return tupled([self.fill(item.value) for item in items])
            case _:
                found = self.e.unifier.type(self.open[id(value)].type)
                unknown = isinstance(found, Abstract) and found.symbol.kind == "meta"
                return self.e.value(value, self.scope, None if unknown else found)


def tupled(atoms: list[Atom]) -> Atom:
    return Tupled(tuple(atoms), Product(tuple(atom.type for atom in atoms)))
