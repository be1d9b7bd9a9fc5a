"""`f{h [n] m}`: a morphism on the bracketed axes, mapped over the others."""

from collections.abc import Sequence
from itertools import pairwise

from catnn.elaborate import core
from catnn.elaborate.calls import Callee
from catnn.elaborate.context import Elaborator, fresh_uid
from catnn.elaborate.core import AxesView, Closure, Ref, Tupled
from catnn.elaborate.definition import Port
from catnn.elaborate.patterns import AxisTable, operand_types
from catnn.elaborate.scope import Scope
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import Dim
from catnn.types.types import Abstract, Product, Row, Tensor, Type

Layout = list[tuple[str, str]]
"""Axes in order: `("other", name)` or `("own", name)`."""


def on_axes(e: Elaborator, expr: ast.OnAxes, scope: Scope, argument: core.Atom | None) -> Callee:
    """Bracketed application in its general form."""
    pattern = expr.pattern
    types = operand_types(e, pattern.operands, argument, expr.span)
    layouts = [_layout(e, operand) for operand in pattern.operands]
    table = AxisTable(e, scope, {})
    shapes = [
        _measured(e, table, layout, operand, type_)
        for layout, operand, type_ in zip(layouts, pattern.operands, types, strict=True)
    ]
    others = _others(layouts, pattern)
    sizes = [table.sizes[table.names[name]] for name in others]
    ports = [
        Ref(fresh_uid(), "x", Tensor(type_.element, _own_shape(layout, shape)))
        for type_, layout, shape in zip(types, layouts, shapes, strict=True)
    ]
    joined: core.Atom = ports[0]
    if len(ports) > 1:
        joined = Tupled(tuple(ports), Product(tuple(port.type for port in ports)))
    block = e.block(lambda: e.apply(expr.head, scope, joined))
    result = e.unifier.type(block.result.type)
    items = result.items if isinstance(result, Product) else (result,)
    result_layouts = _results(e, expr, layouts, items)
    order = {name: k for k, name in enumerate(others)}
    permutations, targets = [], []
    places = [operand.span for operand in expr.pattern.results or ()] or [expr.span] * len(items)
    for layout, item, place in zip(result_layouts, items, places, strict=True):
        tensor = _tensor(e, item, expr.span)
        own = tuple(d for d in tensor.shape if isinstance(d, Dim))
        permutation, shape = _placed(table, layout, order, own, len(others))
        _agree(table, layout, own, place)
        permutations.append(permutation)
        targets.append(Tensor(tensor.element, shape))
    inner: core.Morphism = Closure(tuple(ports), block)
    morphism = core.OnAxes(
        tuple(dim for dim in sizes if dim is not None),
        tuple(_view(layout, order) for layout in layouts),
        inner,
        tuple(permutations),
        tuple(targets),
        tuple(len(t.shape) - len(others) for t in targets),
    )
    target: Type = targets[0] if not isinstance(result, Product) else Product(tuple(targets))
    whole = tuple(
        Port("", Tensor(type_.element, shape)) for type_, shape in zip(types, shapes, strict=True)
    )
    return Callee(morphism, whole, len(whole) > 1, target, head_name(expr.head), expr.span)


def head_name(head: ast.Expr) -> str:
    match head:
        case ast.Name(text=text):
            return text
        case ast.Instance(head=inner) | ast.Named(inner=inner):
            return head_name(inner)
        case _:
            return "it"


def _layout(e: Elaborator, operand: ast.Operand) -> Layout:
    layout: Layout = []
    for axis in operand.axes:
        match axis:
            case ast.Axis(text=text, rest=False):
                layout.append(("other", text))
            case ast.Bracket(axes=axes):
                for inner in axes:
                    if not isinstance(inner, ast.Axis) or inner.rest:
                        e.fail(
                            "E0212",
                            "split or merge the axis by a pattern before it is bracketed",
                            inner.span,
                        )
                    layout.append(("own", inner.text))
            case _:
                e.fail(
                    "E0212",
                    "split or merge the axis by a pattern before a morphism is applied",
                    axis.span,
                )
    return layout


def _measured(
    e: Elaborator, table: AxisTable, layout: Layout, operand: ast.Operand, type_: Tensor
) -> tuple[Dim, ...]:
    found = e.unifier.trailing(type_.shape, len(layout))
    if found is None:
        shown = e.unifier.type(type_)
        assert isinstance(shown, Tensor)
        e.fail(
            "E0202",
            f"the pattern names {len(layout)} axes, the operand has {len(shown.shape)}",
            operand.span,
            f"its type is `{shown}`",
        )
    for (_, name), dim in zip(layout, found[1], strict=True):
        table.measure(table.axis(name, operand.span), dim, operand.span)
    return found[1]


def _own_shape(layout: Layout, shape: Sequence[Dim]) -> tuple[Dim, ...]:
    return tuple(dim for (kind, _), dim in zip(layout, shape, strict=True) if kind == "own")


def _others(layouts: Sequence[Layout], pattern: ast.AxisPattern) -> list[str]:
    """The names that are mapped over, in the order of the operands."""
    names: list[str] = []
    for layout in sorted(layouts, key=lambda layout: -sum(k == "other" for k, _ in layout)):
        for kind, name in layout:
            if kind == "other" and name not in names:
                names.append(name)
    return names


def _view(layout: Layout, order: dict[str, int]) -> AxesView:
    positions = {name: k for k, (kind, name) in enumerate(layout) if kind == "other"}
    others = tuple(sorted(order[name] for name in positions))
    by_number = {order[name]: position for name, position in positions.items()}
    own = tuple(k for k, (kind, _) in enumerate(layout) if kind == "own")
    return AxesView(others, (*(by_number[n] for n in others), *own), len(own))


def _tensor(e: Elaborator, item: Type, span: Span) -> Tensor:
    if not isinstance(item, Tensor) or any(isinstance(i, Row) for i in item.shape):
        what = "a type variable" if isinstance(item, Abstract) else f"`{item}`"
        e.fail("E0212", f"the result on the bracketed axes is {what}, not a tensor", span)
    return item


def _results(
    e: Elaborator, expr: ast.OnAxes, layouts: Sequence[Layout], items: Sequence[Type]
) -> list[Layout]:
    pattern = expr.pattern
    if pattern.results is None:
        if len(layouts) != 1:
            e.fail("E0212", "say where the result's axes go: `f{.. -> ..}`", expr.span)
        return [_in_place(e, layouts[0], _tensor(e, item, expr.span), expr.span) for item in items]
    if len(pattern.results) != len(items):
        e.fail(
            "E0212",
            f"the pattern has {len(pattern.results)} results, the morphism has {len(items)}",
            expr.span,
        )
    found = []
    names = {name for layout in layouts for kind, name in layout if kind == "other"}
    for operand, item in zip(pattern.results, items, strict=True):
        layout = _layout(e, operand)
        own = sum(kind == "own" for kind, _ in layout)
        rank = len(_tensor(e, item, expr.span).shape)
        if own != rank:
            e.fail(
                "E0212",
                f"the result has {rank} own axes, the pattern brackets {own}",
                operand.span,
                f"its type is `{item}`",
            )
        mapped = [name for kind, name in layout if kind == "other"]
        missing = names - set(mapped)
        if missing or len(mapped) != len(set(mapped)) or set(mapped) - names:
            what = f"`{sorted(missing)[0]}`" if missing else "an axis that is not mapped over"
            e.fail("E0210", f"the result must name each mapped axis once: {what}", operand.span)
        found.append(layout)
    return found


def _in_place(e: Elaborator, layout: Layout, item: Tensor, span: Span) -> Layout:
    """Without `->`: the result's own axes stand where the brackets stood."""
    own = [k for k, (kind, _) in enumerate(layout) if kind == "own"]
    rank = len(item.shape)
    if rank == len(own):
        return [(kind, f"'{k}" if kind == "own" else name) for k, (kind, name) in enumerate(layout)]
    placed: Layout = []
    fresh_axes: Layout = [("own", f"'{k}") for k in range(rank)]
    adjacent = all(b == a + 1 for a, b in pairwise(own))
    if rank and not adjacent:
        e.fail(
            "E0212",
            "say where the result's axes go: `f{.. -> ..}`",
            span,
            f"the result has type `{item}`",
        )
    for k, (kind, name) in enumerate(layout):
        if kind == "other":
            placed.append((kind, name))
        elif k == own[0]:
            placed.extend(fresh_axes)
    return placed if own else placed + fresh_axes


def _placed(
    table: AxisTable, layout: Layout, order: dict[str, int], own: Sequence[Dim], count: int
) -> tuple[tuple[int, ...], tuple[Dim, ...]]:
    """The permutation from (mapped axes, own axes) to the layout, and the shape."""
    permutation, shape = [], []
    position = 0
    for kind, name in layout:
        if kind == "other":
            permutation.append(order[name])
            dim = table.sizes[table.names[name]]
            assert dim is not None
            shape.append(dim)
        else:
            permutation.append(count + position)
            shape.append(own[position])
            position += 1
    return tuple(permutation), tuple(shape)


def _agree(table: AxisTable, layout: Layout, own: Sequence[Dim], place: Span) -> None:
    """A bracketed name of the result that an operand has too means the same size."""
    position = 0
    for kind, name in layout:
        if kind == "own":
            if name in table.names:
                number = table.names[name]
                known = table.sizes[number]
                assert known is not None
                table.agree(known, own[position], place, number)
            position += 1
