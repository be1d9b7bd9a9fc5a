"""Facts of a `where` clause. One about whole lists holds for each of their members."""

from catnn.elaborate.context import Elaborator
from catnn.elaborate.scope import FamilyEntry, Scope, SizeEntry
from catnn.elaborate.sizes import OPPOSITE, size
from catnn.syntax import ast
from catnn.types.dims import Dim, family, literal_list
from catnn.types.facts import Compare, Divides, Fact
from catnn.types.types import MOST


def facts(e: Elaborator, node: ast.Fact, scope: Scope) -> list[Fact]:
    """What a clause states: one fact, or as many as the lists in it have members.

    `kernels % 2 == 1` is `kernels[0] % 2 == 1`, `kernels[1] % 2 == 1` and so on;
    several lists go in step.
    """
    lists = {
        name: entry
        for name in sorted(_bare(node.divisor if isinstance(node, ast.Divides) else node.left))
        + sorted(_bare(node.dividend if isinstance(node, ast.Divides) else node.right))
        if isinstance(entry := scope.size(name), FamilyEntry)
    }
    counts = {
        e.unifier.dim(entry.length).as_int() if entry.length else None for entry in lists.values()
    }
    if not lists or None in counts:
        return [_fact(e, node, scope)]
    if len(counts) > 1:
        e.fail(
            "E0305",
            "the lists of a fact have the same length",
            node.span,
            ", ".join(f"`{name}` has {entry.length} members" for name, entry in lists.items()),
        )
    count = counts.pop() or 0
    if count > MOST:
        e.fail("E0219", f"a fact about {count} members is over the limit of {MOST}", node.span)
    return [_fact(e, node, _at(scope, lists, place)) for place in range(count)]


def _at(scope: Scope, lists: dict[str, FamilyEntry], place: int) -> Scope:
    """The scope in which the name of each list is its member at a place."""
    inner = scope.inner()
    for name, entry in lists.items():
        index = Dim.of(place)
        member = (
            family(entry.symbol, index)
            if entry.members is None
            else literal_list(entry.members, index)
        )
        inner.sizes[name] = SizeEntry(member, "size", entry.span)
    return inner


def _bare(expr: ast.Static) -> set[str]:
    """The names in a size that stand neither before brackets nor inside of a sum."""
    match expr:
        case ast.Name(text=text):
            return {text}
        case ast.Group(inner=inner):
            return _bare(inner)
        case ast.Unary(operand=operand):
            return _bare(operand)
        case ast.Binary(left=left, right=right):
            return _bare(left) | _bare(right)
        case ast.Call(head=ast.Name(text=text), arguments=items) if text != "sum":
            return {name for item in items for name in _bare(item.value)}
        case _:
            return set()


def _fact(e: Elaborator, node: ast.Fact, scope: Scope) -> Fact:
    if isinstance(node, ast.Divides):
        return Divides(size(e, node.divisor, scope), size(e, node.dividend, scope))
    op = OPPOSITE[OPPOSITE[node.op]]
    return Compare(op, size(e, node.left, scope), size(e, node.right, scope))
