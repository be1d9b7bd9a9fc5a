"""Arithmetic, comparison, min and max: pointwise, aligned at the end, leaf by leaf on tuples."""

from collections.abc import Callable, Sequence

from catnn.elaborate import core
from catnn.elaborate.context import Abandon, Elaborator
from catnn.elaborate.core import Atom, Constant, Static, Tupled
from catnn.elaborate.facts_text import missing_fact
from catnn.elaborate.unify import Mismatch
from catnn.errors import Diagnostic, Label
from catnn.source import Span
from catnn.types.dims import Dim, fresh
from catnn.types.types import (
    BOOL,
    INT,
    REAL,
    Abstract,
    Bool,
    Complex,
    Element,
    Index,
    Int,
    Product,
    Real,
    Row,
    Several,
    Shape,
    Tensor,
    Type,
    at,
    several,
)

OPS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "div",
    "//": "floordiv",
    "%": "mod",
    "^": "pow",
    "<": "lt",
    "<=": "le",
    ">": "gt",
    ">=": "ge",
    "==": "eq",
    "!=": "ne",
    "and": "logical_and",
    "or": "logical_or",
    "not": "logical_not",
    "neg": "neg",
    "min": "minimum",
    "max": "maximum",
}
SYMBOLS = {op: symbol for symbol, op in OPS.items()}
COMPARISONS = {"lt", "le", "gt", "ge", "eq", "ne"}
LOGIC = {"logical_and", "logical_or", "logical_not"}


def operator(
    e: Elaborator, symbol: str, atoms: Sequence[Atom], span: Span, places: Sequence[Span]
) -> Atom:
    """A pointwise operator on values."""
    op = OPS[symbol]
    folded = _fold(op, atoms)
    if folded is not None:
        return folded
    types = [e.unifier.type(atom.type) for atom in atoms]
    if any(isinstance(type_, Several) for type_ in types):
        return _each(e, symbol, atoms, types, span, places)
    if any(isinstance(type_, Product) for type_ in types):
        return _leafwise(e, symbol, atoms, types, span, places)
    if any(isinstance(type_, Abstract) for type_ in types):
        return _abstract(e, op, atoms, types, span, places)
    tensors = [type_ for type_ in types if isinstance(type_, Tensor)]
    if len(tensors) != len(types):
        wrong = next(t for t in types if not isinstance(t, Tensor))
        e.fail("E0305", f"`{symbol}` works on numbers, not on `{wrong}`", span)
    element = result_element(e, op, [t.element for t in tensors], span, places)
    front, shape = align(e, symbol, atoms, [t.shape for t in tensors], span, places)
    type_ = Tensor(element, shape)
    fronted = tuple(_starts(e.unifier.shape(tensor.shape), front) for tensor in tensors)
    operation = core.Operator(op, tuple(atoms), front, type_, fronted)
    return e.bind(operation, type_, op, span)


def _fold(op: str, atoms: Sequence[Atom]) -> Atom | None:
    """Arithmetic of compile-time numbers stays exact and at compile time."""
    if not all(isinstance(atom, Static) for atom in atoms):
        return None
    values = [atom.value for atom in atoms if isinstance(atom, Static)]
    elements = [atom.type.element for atom in atoms if isinstance(atom.type, Tensor)]
    if any(isinstance(element, Bool) for element in elements):
        return None
    whole = all(isinstance(element, Int | Index) for element in elements)
    type_ = Tensor(INT if whole and op != "div" else REAL)
    match op, values:
        case "add", (a, b):
            return Static(a + b, type_)
        case "sub", (a, b):
            return Static(a - b, type_)
        case "mul", (a, b):
            return Static(a * b, type_)
        case "div", (a, b) if b != Dim.of(0):
            return Static(a / b, type_)
        case "neg", (a,):
            return Static(-a, type_)
        case "pow", (a, b) if (n := b.as_int()) is not None and 0 <= n <= 64:
            return Static(a**n, type_)
        case _:
            return None


def _leafwise(
    e: Elaborator,
    symbol: str,
    atoms: Sequence[Atom],
    types: Sequence[Type],
    span: Span,
    places: Sequence[Span],
) -> Atom:
    """Tuples add and scale leaf by leaf."""
    from catnn.elaborate.calls import component

    products = [type_ for type_ in types if isinstance(type_, Product)]
    if len({len(product.items) for product in products}) > 1:
        e.fail(
            "E0204",
            f"`{symbol}` on tuples of different lengths",
            span,
            labels=[Label(p, f"this has type `{t}`") for p, t in zip(places, types, strict=True)],
        )
    items = []
    for k in range(len(products[0].items)):
        parts = [
            component(atom, k, type_.items[k]) if isinstance(type_, Product) else atom
            for atom, type_ in zip(atoms, types, strict=True)
        ]
        items.append(operator(e, symbol, parts, span, places))
    return Tupled(tuple(items), Product(tuple(item.type for item in items), products[0].labels))


def _each(
    e: Elaborator,
    symbol: str,
    atoms: Sequence[Atom],
    types: Sequence[Type],
    span: Span,
    places: Sequence[Span],
) -> Atom:
    """Tuples of a symbolic number of components: the operator at each index."""
    from catnn.elaborate.calls import Callee, call

    first = next(type_ for type_ in types if isinstance(type_, Several))
    index = fresh(first.index.name, "index")
    parts: list[Atom] = []
    for atom, type_ in zip(atoms, types, strict=True):
        if not isinstance(type_, Several | Product):
            parts.append(atom)
            continue
        _same_length(e, symbol, first, type_, types, span, places)
        if isinstance(type_, Several):
            item = at(type_.item, {type_.index: Dim.of(index)})
            parts.append(core.Indexed(atom, Dim.of(index), item))
    with e.unifier.within(index, first.count):
        block = e.block(lambda: operator(e, symbol, parts, span, places))
    bound = fresh(index.name, "index")
    target = several(
        bound, first.count, at(e.unifier.type(block.result.type), {index: Dim.of(bound)})
    )
    morphism = core.BigTuple("&", index, first.count, core.Closure((), block))
    return call(e, Callee(morphism, (), True, target, OPS[symbol], span), (), span)


def _same_length(
    e: Elaborator,
    symbol: str,
    first: Several,
    other: Type,
    types: Sequence[Type],
    span: Span,
    places: Sequence[Span],
) -> None:
    def report(mismatch: Mismatch) -> Diagnostic:
        labels = (Label(p, f"this has type `{t}`") for p, t in zip(places, types, strict=True))
        return Diagnostic(
            "E0204", f"`{symbol}` on tuples of different lengths", span, "", tuple(labels)
        )

    try:
        if not isinstance(other, Several):
            raise Mismatch("type", first, other)
        e.unifier.unify_dim(first.count, other.count, report)
    except Mismatch as mismatch:
        e.report(report(mismatch))
        raise Abandon from None


def _abstract(
    e: Elaborator,
    op: str,
    atoms: Sequence[Atom],
    types: Sequence[Type],
    span: Span,
    places: Sequence[Span],
) -> Atom:
    """On a type variable: the operands are of that type, or scalars; callers must give numbers."""
    variables = [type_ for type_ in types if isinstance(type_, Abstract)]
    first = variables[0]
    if first.symbol.kind == "meta":
        known = next((t for t in types if isinstance(t, Tensor)), None)
        if known is not None and known.shape:
            _unify(e, first, known, op, span, places)
            return operator(e, SYMBOLS[op], atoms, span, places)
        if len(variables) == len(types) and len(types) == 2:
            _unify(e, types[0], types[1], op, span, places)
        row = e.unifier.fresh_row()
        e.unifier.types[first.symbol] = Tensor(REAL, (row,))
        return operator(e, SYMBOLS[op], atoms, span, places)
    for type_ in types:
        if isinstance(type_, Tensor) and type_.shape == ():
            continue
        _unify(e, first, type_, op, span, places)
    e.definition.additive.add(first.symbol)
    return e.bind(core.Operator(op, tuple(atoms), (), first), first, op, span)


def _unify(
    e: Elaborator, left: Type, right: Type, op: str, span: Span, places: Sequence[Span]
) -> None:
    def report(mismatch: Mismatch) -> Diagnostic:
        return misaligned(SYMBOLS[op], str(left), str(right), span, places)

    try:
        e.unifier.unify(left, right, report)
    except Mismatch as mismatch:
        e.report(report(mismatch))
        raise Abandon from None


def result_element(
    e: Elaborator, op: str, elements: Sequence[Element], span: Span, places: Sequence[Span]
) -> Element:
    """Index sets become whole numbers, whole numbers real ones; booleans only by `real`."""
    symbol = SYMBOLS[op]
    if op in LOGIC or (op in ("eq", "ne") and all(isinstance(x, Bool) for x in elements)):
        for element, place in zip(elements, places, strict=True):
            if not isinstance(element, Bool):
                e.fail(
                    "E0306",
                    f"`{symbol}` works on booleans",
                    span,
                    labels=[Label(place, f"this holds {_words(element)}")],
                )
        return BOOL
    for element, place in zip(elements, places, strict=True):
        if isinstance(element, Bool):
            e.fail(
                "E0306",
                f"`{symbol}` works on numbers, not on booleans",
                span,
                labels=[Label(place, "this holds booleans")],
                help=["make it a number by `real(..)`"],
            )
    if op in COMPARISONS:
        return BOOL
    if any(isinstance(element, Complex) for element in elements):
        return Complex()
    if op == "div" or any(isinstance(element, Real) for element in elements):
        return REAL
    return INT


def _words(element: Element) -> str:
    match element:
        case Real():
            return "real numbers"
        case Int():
            return "whole numbers"
        case Complex():
            return "complex numbers"
        case Bool():
            return "booleans"
        case Index(size):
            return f"indices into `{size}` elements"


def align(
    e: Elaborator,
    symbol: str,
    atoms: Sequence[Atom],
    shapes: Sequence[Shape],
    span: Span,
    places: Sequence[Span],
) -> tuple[Shape, Shape]:
    """`(front, shape)` of a pointwise result: a common row in front, the rest aligned at the end."""
    shapes = [e.unifier.shape(shape) for shape in shapes]
    front = _common_front(shapes)
    while front and _too_short(shapes, front) and e.unifier.reveal(_row(front)):
        shapes = [e.unifier.shape(shape) for shape in shapes]
        front = _common_front(shapes)
    tails = [shape[1:] if _starts(shape, front) else shape for shape in shapes]
    if any(isinstance(item, Row) for tail in tails for item in tail):
        return _align_rows(e, symbol, shapes, span, places)
    result = max(tails, key=len)
    at = tails.index(result)
    for k in range(len(tails)):
        if k != at:
            _align_tail(e, symbol, atoms, tails, at, k, span, places)
    return front, front + e.unifier.shape(result)


def _too_short(shapes: Sequence[Shape], front: Shape) -> bool:
    """Whether an operand without the common row is longer than what was read of it."""
    read = max(len(shape) - 1 for shape in shapes if _starts(shape, front))
    return any(len(shape) > read for shape in shapes if not _starts(shape, front))


def _row(front: Shape) -> Row:
    item = front[0]
    assert isinstance(item, Row)
    return item


def _common_front(shapes: Sequence[Shape]) -> Shape:
    rows = [shape[0] for shape in shapes if shape and isinstance(shape[0], Row)]
    return (rows[0],) if rows and all(row == rows[0] for row in rows) else ()


def _starts(shape: Shape, front: Shape) -> bool:
    return bool(front) and shape[: len(front)] == front


def _align_rows(
    e: Elaborator, symbol: str, shapes: Sequence[Shape], span: Span, places: Sequence[Span]
) -> tuple[Shape, Shape]:
    """Shapes with rows that are not common: equal, or scalar against one."""
    full = [shape for shape in shapes if shape]
    for other in full[1:]:
        try:
            e.unifier.unify_shape(full[0], other, _misaligned(symbol, full[0], other, span, places))
        except Mismatch:
            e.report(misaligned(symbol, _shown(e, full[0]), _shown(e, other), span, places))
            raise Abandon from None
    return (), e.unifier.shape(full[0])


def _misaligned(
    symbol: str, left: Shape, right: Shape, span: Span, places: Sequence[Span]
) -> Callable[[Mismatch], Diagnostic]:
    return lambda mismatch: misaligned(
        symbol, Tensor(REAL, left), Tensor(REAL, right), span, places
    )


def _shown(e: Elaborator, shape: Shape) -> str:
    return str(Tensor(REAL, e.unifier.shape(shape)))


def misaligned(
    symbol: str, left: object, right: object, span: Span, places: Sequence[Span]
) -> Diagnostic:
    shown = [left, right]
    labels = [
        Label(place, f"this has type `{type_}`")
        for place, type_ in zip(places, shown, strict=False)
    ]
    return Diagnostic(
        "E0204",
        f"the operands of `{symbol}` do not align",
        span,
        "",
        tuple(labels),
        ("shapes align at the end, axis by axis",),
    )


def _align_tail(
    e: Elaborator,
    symbol: str,
    atoms: Sequence[Atom],
    tails: Sequence[Shape],
    longer: int,
    shorter: int,
    span: Span,
    places: Sequence[Span],
) -> None:
    long, short = tails[longer], tails[shorter]
    end = long[len(long) - len(short) :]
    for one, other in zip(end, short, strict=True):
        assert isinstance(one, Dim)
        assert isinstance(other, Dim)
        _align_axis(e, symbol, one, other, (long, short), (longer, shorter), span, places)
    _refuse_ambiguous(e, symbol, atoms, tails, longer, shorter, span, places)


def _align_axis(
    e: Elaborator,
    symbol: str,
    one: Dim,
    other: Dim,
    shapes: tuple[Shape, Shape],
    positions: tuple[int, int],
    span: Span,
    places: Sequence[Span],
) -> None:
    def report(mismatch: Mismatch) -> Diagnostic:
        ordered = sorted(zip(positions, shapes, strict=True), key=lambda pair: pair[0])
        left, right = (_shown(e, shape) for _, shape in ordered)
        diagnostic = misaligned(symbol, left, right, span, [places[k] for k, _ in ordered])
        one_, other_ = e.unifier.dim(one), e.unifier.dim(other)
        notes = [f"axis sizes `{one_}` and `{other_}` differ"]
        help = ["`>` compares; morphisms are composed by `>>`"] if symbol == ">" else []
        if Dim.of(1) in (one_, other_):
            help.append(
                "a size-1 axis never stretches: drop it with `{.. 1 -> ..}` or repeat it with a pattern"
            )
        else:
            help += _alignment_help(e, one_, other_, shapes)
        from attrs import evolve

        return evolve(
            diagnostic,
            notes=(*notes, *diagnostic.notes),
            help=tuple(help),
            code="E0206" if Dim.of(1) in (one_, other_) else "E0204",
        )

    try:
        e.unifier.unify_dim(one, other, report)
    except Mismatch as mismatch:
        e.report(report(mismatch))
        raise Abandon from None


def _alignment_help(e: Elaborator, one: Dim, other: Dim, shapes: tuple[Shape, Shape]) -> list[str]:
    """The usual cures: a pattern, padding, a projection."""
    long, short = (e.unifier.shape(shape) for shape in shapes)
    names = [str(item) for item in long]
    if len(short) < len(long) and long[: len(short)] == short and all(map(str.isidentifier, names)):
        return [
            f"repeat it by a pattern: `{{{' '.join(names[: len(short)])} -> {' '.join(names)}}}`"
        ]
    difference = (one - other).as_int()
    if len(short) >= 3 and difference is not None and abs(difference) <= 16:
        return ["a window of odd size `k` keeps `h` and `w` with `pad = k // 2`"]
    fact = missing_fact(e.unifier.facts, one, other)
    if fact is not None:
        return [f"add `where {fact}`"]
    if len(short) == len(long) == 3 and (one, other) == (long[0], short[0]):
        return [f"bring one to the channels of the other, for example by `conv[{one}, 1]`"]
    if len(short) == len(long) and (one, other) == (long[-1], short[-1]) and len(long) < 3:
        return [f"bring one to the size of the other, for example by `>> linear[{one}]`"]
    return []


def _refuse_ambiguous(
    e: Elaborator,
    symbol: str,
    atoms: Sequence[Atom],
    tails: Sequence[Shape],
    longer: int,
    shorter: int,
    span: Span,
    places: Sequence[Span],
) -> None:
    """A shorter operand that would fit in front as well, and is no parameter or constant."""
    long, short = tails[longer], tails[shorter]
    if not short or len(long) == len(short) or e.is_constant(atoms[shorter]):
        return
    facts = e.unifier.facts
    fits = all(
        isinstance(one, Dim)
        and isinstance(other, Dim)
        and facts.equal(e.unifier.dim(one), e.unifier.dim(other))
        for one, other in zip(long, short, strict=False)
    )
    if fits:
        e.fail(
            "E0205",
            f"`{symbol}` could align this operand at the end or at the front",
            places[shorter],
            f"this has type `{_shown(e, short)}`",
            labels=[Label(places[longer], f"this has type `{_shown(e, long)}`")],
            help=["say which axis is meant with a pattern: `{n -> n m}(x)` or `{m -> n m}(x)`"],
        )


__all__ = ["Constant", "Type", "align", "misaligned", "operator", "result_element"]
