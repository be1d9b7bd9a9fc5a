"""Pattern literals: `{n (h e) -> h n e}`, contractions, splits, joins, repeats, diagonals."""

from collections.abc import Collection, Iterator, Sequence
from itertools import product as combinations

from attrs import define, field

from catnn.elaborate.calls import Callee, counted
from catnn.elaborate.context import Abandon, Elaborator
from catnn.elaborate.core import Assembly, Atom, Matched, Piece, Placement
from catnn.elaborate.definition import Port
from catnn.elaborate.names import suggestion
from catnn.elaborate.scope import Scope, SizeEntry
from catnn.elaborate.sizes import size
from catnn.elaborate.unify import Mismatch
from catnn.errors import Diagnostic, Label
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import Dim, fresh
from catnn.types.facts import Divides, Fact
from catnn.types.types import REAL, Abstract, Bool, Product, Real, Row, Tensor, Type

ONE = Dim.of(1)


@define
class AxisTable:
    """The atomic axes of one pattern: their names, sizes and where they were measured."""

    e: Elaborator
    scope: Scope
    given: dict[str, ast.Argument]
    names: dict[str, int] = field(factory=dict)
    sizes: list[Dim | None] = field(factory=list)
    places: list[Span] = field(factory=list)

    def axis(self, name: str, span: Span) -> int:
        """The number of an axis by its name."""
        if name not in self.names:
            self.names[name] = len(self.sizes)
            self.sizes.append(Dim.of(int(name)) if name.isdigit() else None)
            self.places.append(span)
        return self.names[name]

    def name(self, axis: int) -> str:
        return next(name for name, number in self.names.items() if number == axis)

    def measure(self, axis: int, dim: Dim, span: Span) -> None:
        """An axis that stands alone has the size of the tensor's axis there."""
        known = self.sizes[axis]
        if known is None:
            self.sizes[axis] = dim
            self.places[axis] = span
            return
        self.agree(known, dim, span, axis)

    def agree(self, known: Dim, dim: Dim, span: Span, axis: int | None) -> None:
        def report(mismatch: Mismatch) -> Diagnostic:
            e = self.e
            if axis is None:
                return Diagnostic(
                    "E0213",
                    f"an axis of size `{e.unifier.dim(known)}` is split into parts that make `{e.unifier.dim(dim)}`",
                    span,
                )
            what = f"`{self.name(axis)}`"
            labels = []
            if self.places[axis] != span:
                labels = [Label(self.places[axis], f"here it is {e.unifier.dim(known)}")]
            return Diagnostic(
                "E0213",
                f"the axis {what} has two sizes: `{e.unifier.dim(known)}` and `{e.unifier.dim(dim)}`",
                span,
                f"here it is {e.unifier.dim(dim)}",
                tuple(labels),
                ("within a pattern one name has one size",),
            )

        try:
            self.e.unifier.unify_dim(known, dim, report)
        except Mismatch as mismatch:
            self.e.report(report(mismatch))
            raise Abandon from None

    def fill(self) -> None:
        """Sizes given in brackets, then sizes in scope, for axes that are still open."""
        for name, number in self.names.items():
            if self.sizes[number] is not None:
                if name in self.given and not name.isdigit():
                    value = size(self.e, self.given[name].value, self.scope)
                    known = self.sizes[number]
                    assert known is not None
                    self.agree(known, value, self.given[name].span, number)
                continue
            if name in self.given:
                self.sizes[number] = size(self.e, self.given[name].value, self.scope)
            else:
                entry = self.scope.size(name)
                if isinstance(entry, SizeEntry):
                    self.sizes[number] = entry.dim


def pattern_callee(
    e: Elaborator,
    pattern: ast.AxisPattern,
    arguments: Sequence[ast.Argument],
    scope: Scope,
    argument: Atom | None,
    span: Span,
) -> Callee:
    """A pattern as a morphism, at the sizes of its operands."""
    if pattern.results is None:
        e.fail(
            "E0210",
            "a pattern by itself has `->`",
            span,
            help=["`{n d -> d n}` permutes; `f{n [d]}` applies `f` to an axis"],
        )
    table = AxisTable(e, scope, _given(e, arguments, span))
    operands = pattern.operands if pattern.operands else (ast.Operand((), span=span),)
    types = operand_types(e, operands, argument, span)
    shapes = [_own(e, operand, type_, span) for operand, type_ in zip(operands, types, strict=True)]
    operands = tuple(_expand_rest(o, len(s)) for o, s in zip(operands, shapes, strict=True))
    results = tuple(_expand_rest(r, None, operands) for r in pattern.results)
    _measure(table, operands, shapes)
    for result in results:
        for axis in _atoms(result.axes):
            table.axis(axis.text, axis.span)
    table.fill()
    left = _solve(table, operands, shapes)
    _all_given(table)
    _open(table, operands, results, left)
    matched = _compile(table, operands, results, shapes, span)
    elements = [type_.element for type_ in types]
    element = elements[0]
    if len(operands) > 1:
        for number in elements:
            if isinstance(number, Bool):
                e.fail("E0306", "a contraction multiplies numbers, not booleans", span)
        if any(isinstance(number, Real) for number in elements):
            element = REAL
    ports = tuple(
        Port("", Tensor(element if len(operands) > 1 else t.element, shape))
        for t, shape in zip(types, shapes, strict=True)
    )
    targets = tuple(Tensor(element, _result_shape(table, result)) for result in results)
    target: Type = targets[0] if len(targets) == 1 else Product(targets)
    hint = _letters(pattern, types)
    return Callee(matched, ports, len(ports) > 1, target, "pattern", span, hint=hint)


def _letters(pattern: ast.AxisPattern, types: Sequence[Tensor]) -> str:
    """`{nd, md -> nm}`: in a call of einsum each letter is an axis, here each word is one."""
    if not pattern.operands:
        return ""
    for operand, type_ in zip(pattern.operands, types, strict=True):
        names = [axis.text for axis in operand.axes if isinstance(axis, ast.Axis)]
        if len(operand.axes) != 1 or len(names) != 1 or len(names[0]) != len(type_.shape):
            return ""
    left = ", ".join(_apart(operand) for operand in pattern.operands)
    right = ", ".join(_apart(operand) for operand in pattern.results or ())
    return f"a word is one axis; put spaces between axes: `{{{left} -> {right}}}`"


def _apart(operand: ast.Operand) -> str:
    return " ".join(" ".join(axis.text) for axis in operand.axes if isinstance(axis, ast.Axis))


def _given(e: Elaborator, arguments: Sequence[ast.Argument], span: Span) -> dict[str, ast.Argument]:
    given = {}
    for argument in arguments:
        if argument.name is None:
            e.fail(
                "E0211",
                "sizes of a pattern are given by name",
                argument.span,
                help=["write `{n (h e) -> n h e}[h = 8]`"],
            )
        given[argument.name] = argument
    return given


def operand_types(
    e: Elaborator, operands: Sequence[ast.Operand], argument: Atom | None, span: Span
) -> list[Tensor]:
    """The operands as tensors; unknown ones get rows to be read."""
    count = len(operands)
    type_: Type = (
        Abstract(fresh("A", "meta")) if argument is None else e.unifier.type(argument.type)
    )
    if isinstance(type_, Abstract) and type_.symbol.kind == "meta":
        row = e.unifier.fresh_row()
        items = tuple(Tensor(REAL, (row,)) for _ in operands)
        found: Type = items[0] if count == 1 else Product(items)
        e.unifier.unify(type_, found, lambda m: Diagnostic("E0212", "operands", span))
        type_ = found
    if count == 1 and isinstance(type_, Product) and len(type_.items) == 1:
        type_ = type_.items[0]
    parts = type_.items if isinstance(type_, Product) and count != 1 else (type_,)
    if len(parts) != count:
        given = "1 is given" if len(parts) == 1 else f"{len(parts)} are given"
        e.fail("E0212", f"the pattern has {counted(count, 'operand')}, {given}", span)
    tensors = []
    for part in parts:
        part = e.unifier.type(part)
        if not isinstance(part, Tensor):
            e.fail("E0212", f"a pattern works on tensors, not on `{part}`", span)
        tensors.append(part)
    return tensors


def _own(e: Elaborator, operand: ast.Operand, type_: Tensor, span: Span) -> tuple[Dim, ...]:
    """The axes of an operand that the pattern speaks of: the last ones."""
    rest = any(isinstance(axis, ast.Axis) and axis.rest for axis in operand.axes)
    count = len(operand.axes)
    if rest:
        shape = e.unifier.reveal_all(type_.shape)
        if len(shape) < count - 1 or any(isinstance(item, Row) for item in shape):
            e.fail(
                "E0202", f"`..` stands for axes that are not known here: `{type_}`", operand.span
            )
        return tuple(item for item in shape if isinstance(item, Dim))
    found = e.unifier.trailing(type_.shape, count)
    if found is None:
        shown = e.unifier.type(type_)
        assert isinstance(shown, Tensor)
        e.fail(
            "E0202",
            f"the pattern names {count} axes, the operand has {len(shown.shape)}",
            operand.span if operand.span.file else span,
            f"its type is `{shown}`",
        )
    return found[1]


def _expand_rest(
    operand: ast.Operand, rank: int | None, operands: Sequence[ast.Operand] = ()
) -> ast.Operand:
    """`..s` as numbered axes `..s0 ..s1`."""
    axes: list[ast.AxisTerm] = []
    for axis in operand.axes:
        if not (isinstance(axis, ast.Axis) and axis.rest):
            axes.append(axis)
            continue
        if rank is not None:
            count = rank - (len(operand.axes) - 1)
        else:
            prefix = f"..{axis.text}"
            found = {a.text for o in operands for a in _atoms(o.axes) if a.text.startswith(prefix)}
            count = len(found)
        axes.extend(ast.Axis(f"..{axis.text}{k}", span=axis.span) for k in range(count))
    return ast.Operand(tuple(axes), span=operand.span)


def _atoms(axes: Sequence[ast.AxisTerm]) -> Iterator[ast.Axis]:
    for axis in axes:
        match axis:
            case ast.Axis():
                yield axis
            case (
                ast.ProductAxis(factors=parts)
                | ast.SumAxis(summands=parts)
                | ast.Bracket(axes=parts)
            ):
                yield from _atoms(parts)


def _measure(
    table: AxisTable, operands: Sequence[ast.Operand], shapes: Sequence[tuple[Dim, ...]]
) -> None:
    for operand, shape in zip(operands, shapes, strict=True):
        for axis, dim in zip(operand.axes, shape, strict=True):
            if isinstance(axis, ast.Axis):
                table.measure(table.axis(axis.text, axis.span), dim, axis.span)
            elif isinstance(axis, ast.Bracket):
                table.e.fail("E0212", "brackets mark the axes of a morphism: `f{n [d]}`", axis.span)
    for operand in operands:
        for axis in _atoms(operand.axes):
            table.axis(axis.text, axis.span)


def _solve(
    table: AxisTable, operands: Sequence[ast.Operand], shapes: Sequence[tuple[Dim, ...]]
) -> list[tuple[ast.AxisTerm, Dim]]:
    """Each compound axis is an equation; one with a single open axis determines it. Gives the others."""
    equations: list[tuple[ast.AxisTerm, Dim]] = [
        (axis, dim)
        for operand, shape in zip(operands, shapes, strict=True)
        for axis, dim in zip(operand.axes, shape, strict=True)
        if not isinstance(axis, ast.Axis)
    ]
    moved = True
    while moved and equations:
        moved = False
        for axis, dim in list(equations):
            unknown = {
                a.text for a in _atoms((axis,)) if table.sizes[table.axis(a.text, a.span)] is None
            }
            if not unknown:
                table.agree(dim, _size(table, axis), axis.span, None)
            elif len(unknown) == 1:
                _determine(table, axis, dim, unknown.pop())
            else:
                continue
            equations.remove((axis, dim))
            moved = True
    return equations


def _determine(table: AxisTable, axis: ast.AxisTerm, dim: Dim, name: str) -> None:
    """Solve a compound axis for its one open part."""
    number = table.names[name]
    probe = fresh(name, "meta")
    table.sizes[number] = Dim.of(probe)
    whole = _size(table, axis)
    table.sizes[number] = None
    rest = whole.substitute({probe: Dim.of(0)})
    factor = whole.substitute({probe: ONE}) - rest
    if table.e.unifier.dim(factor) == Dim.of(0):
        message = f"an axis of size `{table.e.unifier.dim(dim)}` is split into parts that make 0"
        table.e.fail("E0213", message, axis.span)
    value = (table.e.unifier.dim(dim) - table.e.unifier.dim(rest)) / table.e.unifier.dim(factor)
    table.sizes[number] = value
    table.places[number] = axis.span
    if factor != ONE:
        total = dim - rest

        def report(fact: Fact) -> Diagnostic:
            e = table.e
            divisor, dividend = e.unifier.dim(factor), e.unifier.dim(total)
            return Diagnostic(
                "E0207",
                f"cannot show that `{divisor}` divides `{dividend}`",
                axis.span,
                f"this axis has size {e.unifier.dim(dim)}",
                (),
                (),
                (f"add `where {divisor} divides {dividend}`",),
            )

        table.e.oblige(Divides(factor, total), report)
    if rest != Dim.of(0):
        from catnn.elaborate.typing import oblige_axis

        oblige_axis(table.e, value, axis.span)


def _size(table: AxisTable, axis: ast.AxisTerm) -> Dim:
    match axis:
        case ast.Axis(text=text):
            found = table.sizes[table.names[text]]
            return found if found is not None else Dim.of(0)
        case ast.ProductAxis(factors=parts):
            total = ONE
            for part in parts:
                total = total * _size(table, part)
            return total
        case ast.SumAxis(summands=parts):
            total = Dim.of(0)
            for part in parts:
                total = total + _size(table, part)
            return total
        case ast.Bracket(axes=parts):
            return _size(table, ast.ProductAxis(parts))


def _all_given(table: AxisTable) -> None:
    """Refuse a size for an axis that the pattern does not have."""
    for name, argument in table.given.items():
        if name not in table.names:
            axes = [axis for axis in table.names if not axis.isdigit()]
            help = suggestion(name, axes)
            table.e.fail(
                "E0303",
                f"the pattern has no axis `{name}`",
                argument.span,
                notes=[f"its axes are: {', '.join(f'`{axis}`' for axis in axes)}"],
                help=[help] if help else [],
            )


def _open(
    table: AxisTable,
    operands: Sequence[ast.Operand],
    results: Sequence[ast.Operand],
    equations: Sequence[tuple[ast.AxisTerm, Dim]],
) -> None:
    """A size that the pattern does not tell is left to what stands around it."""
    before = {a.text for operand in operands for a in _atoms(operand.axes)}
    after = {a.text for result in results for a in _atoms(result.axes)}
    for name, number in table.names.items():
        if table.sizes[number] is None:
            lost = sorted(before - after)
            if name not in before and len(lost) == 1:
                table.e.fail(
                    "E0211",
                    f"the size of the axis `{name}` is open",
                    table.places[number],
                    help=[f"did you mean `{lost[0]}`?", f"give it: `{{..}}[{name} = ..]`"],
                )
            meta = fresh(name, "meta")
            table.sizes[number] = Dim.of(meta)
            table.e.wanted[meta] = (PATTERN, name, table.places[number], False)
    for axis, dim in equations:
        _equate(table, axis, dim)


PATTERN = "{..}"
"""What wants a size that a pattern leaves open."""


def _equate(table: AxisTable, axis: ast.AxisTerm, dim: Dim) -> None:
    """A compound axis of which several parts are open: an equation that waits for the others."""
    e = table.e
    whole = _size(table, axis)

    def report(mismatch: Mismatch) -> Diagnostic:
        if mismatch.kind == "division":
            return Diagnostic(
                "E0207",
                f"cannot show that `{mismatch.left}`",
                axis.span,
                f"this axis has size {e.unifier.dim(dim)}",
                help=(f"add `where {mismatch.left}`",),
            )
        return Diagnostic(
            "E0213",
            f"an axis of size `{e.unifier.dim(dim)}` is split into parts that make `{e.unifier.dim(whole)}`",
            axis.span,
        )

    try:
        e.unifier.unify_dim(dim, whole, report)
    except Mismatch as mismatch:
        e.report(report(mismatch))
        raise Abandon from None


def _result_shape(table: AxisTable, result: ast.Operand) -> tuple[Dim, ...]:
    return tuple(_size(table, axis) for axis in result.axes)


# ---- compilation ------------------------------------------------------------------------


def _compile(
    table: AxisTable,
    operands: Sequence[ast.Operand],
    results: Sequence[ast.Operand],
    shapes: Sequence[tuple[Dim, ...]],
    span: Span,
) -> Matched:
    pieces: list[Piece] = []
    for number, operand in enumerate(operands):
        pieces.extend(_pieces(table, number, operand))
    placements = tuple(_place(table, result, pieces, operands, span) for result in results)
    _nothing_dropped(table, operands, results, pieces)
    sizes = tuple(size for size in table.sizes if size is not None)
    return Matched(sizes, tuple(pieces), placements)


def _pieces(table: AxisTable, number: int, operand: ast.Operand) -> Iterator[Piece]:
    """An operand cut along its sum axes: one piece for each choice of summands."""
    sums = [k for k, axis in enumerate(operand.axes) if isinstance(axis, ast.SumAxis)]
    options = [operand.axes[k].summands for k in sums]  # type: ignore[union-attr]
    for chosen in combinations(*(range(len(option)) for option in options)):
        axes = list(operand.axes)
        slices = []
        for k, summands, index in zip(sums, options, chosen, strict=True):
            start = Dim.of(0)
            for before in summands[:index]:
                start = start + _size(table, before)
            slices.append((k, start, _size(table, summands[index])))
            axes[k] = summands[index]
        atoms = [table.axis(a.text, a.span) for a in _atoms(axes)]
        for axis in axes:
            _refuse_nested_sum(table, axis)
        shape = tuple(_size(table, a) for a in _atoms(axes))
        yield Piece(number, tuple(slices), shape, tuple(atoms))


def _refuse_nested_sum(table: AxisTable, axis: ast.AxisTerm) -> None:
    if isinstance(axis, ast.ProductAxis) and any(isinstance(f, ast.SumAxis) for f in axis.factors):
        table.e.fail("E0212", "a sum axis inside a product axis: split it in two steps", axis.span)


def _place(
    table: AxisTable,
    result: ast.Operand,
    pieces: Sequence[Piece],
    operands: Sequence[ast.Operand],
    span: Span,
) -> Placement:
    sums = [k for k, axis in enumerate(result.axes) if isinstance(axis, ast.SumAxis)]
    if len(sums) > 1:
        table.e.fail("E0212", "a result may have one sum axis; join in two steps", result.span)
    if not sums:
        return Placement((_assemble(table, result.axes, (), pieces, operands, result.span),), -1)
    (position,) = sums
    axis = result.axes[position]
    assert isinstance(axis, ast.SumAxis)
    parts = []
    for index, summand in enumerate(axis.summands):
        axes = [*result.axes[:position], summand, *result.axes[position + 1 :]]
        others = {
            table.axis(a.text, a.span)
            for k, other in enumerate(axis.summands)
            if k != index
            for a in _atoms((other,))
        } - {table.axis(a.text, a.span) for a in _atoms(axes)}
        elsewhere = _of_equal_summands(table, axis, index, operands)
        parts.append(_assemble(table, axes, others, pieces, operands, result.span, elsewhere))
    return Placement(tuple(parts), position)


def _of_equal_summands(
    table: AxisTable, axis: ast.SumAxis, index: int, operands: Sequence[ast.Operand]
) -> set[int]:
    """In `(p + p)` the first `p` is of the first operand that has it, the second of the second."""
    named = [[table.axis(a.text, a.span) for a in _atoms((s,))] for s in axis.summands]
    equal = [k for k, other in enumerate(named) if other == named[index]]
    if len(equal) == 1:
        return set()
    holders = [
        number
        for number, operand in enumerate(operands)
        if {table.axis(a.text, a.span) for a in _atoms(operand.axes)} >= set(named[index])
    ]
    if len(holders) == 1:
        return set()
    if len(holders) != len(equal):
        table.e.fail(
            "E0212",
            f"{len(equal)} summands are called alike, and {len(holders)} operands have them",
            axis.span,
            help=["give each summand a name of its own"],
        )
    return set(holders) - {holders[equal.index(index)]}


def _assemble(
    table: AxisTable,
    axes: Sequence[ast.AxisTerm],
    excluded: Sequence[int] | set[int],
    pieces: Sequence[Piece],
    operands: Sequence[ast.Operand],
    span: Span,
    elsewhere: Collection[int] = (),
) -> Assembly:
    wanted: list[int] = []
    for atom in _atoms(axes):
        number = table.axis(atom.text, atom.span)
        if atom.text != "1" or number not in wanted:  # any number of axes of size 1 is the same
            wanted.append(number)
    if len(set(wanted)) != len(wanted):
        table.e.fail("E0212", "a result names one axis twice", span)
    chosen: list[int] = []
    belonging: dict[int, list[int]] = {}
    for k, piece in enumerate(pieces):
        belonging.setdefault(piece.operand, []).append(k)
    apart = frozenset(excluded)
    for number in range(len(operands)):
        own = [] if number in elsewhere else belonging.get(number, [])
        fitting = [k for k in own if apart.isdisjoint(pieces[k].axes)]
        if len(own) > 1:
            fitting = [k for k in fitting if _selected(table, operands[number], pieces[k], wanted)]
        if len(fitting) > 1:
            table.e.fail("E0212", "it is open which part of a sum axis this result takes", span)
        chosen.extend(fitting)
    return Assembly(tuple(chosen), tuple(wanted), tuple(_size(table, axis) for axis in axes))


def _selected(table: AxisTable, operand: ast.Operand, piece: Piece, wanted: Sequence[int]) -> bool:
    """Whether every summand that a piece was cut to is in the result."""
    for axis in operand.axes:
        if not isinstance(axis, ast.SumAxis):
            continue
        for summand in axis.summands:
            atoms = {table.axis(a.text, a.span) for a in _atoms((summand,))}
            if atoms <= set(piece.axes) and not atoms <= set(wanted):
                return False
    return True


def _nothing_dropped(
    table: AxisTable,
    operands: Sequence[ast.Operand],
    results: Sequence[ast.Operand],
    pieces: Sequence[Piece],
) -> None:
    """A single operand loses no axis without a reduction; several are contracted."""
    if len(operands) != 1:
        return
    kept = {table.axis(a.text, a.span) for result in results for a in _atoms(result.axes)}
    for axis in _atoms(operands[0].axes):
        number = table.axis(axis.text, axis.span)
        if number not in kept and table.sizes[number] != ONE:
            table.e.fail(
                "E0210",
                f"the pattern drops the axis `{axis.text}`",
                axis.span,
                help=[
                    f"name a reduction: `sum{{..[{axis.text}]..}}` or `mean{{..[{axis.text}]..}}`"
                ],
            )
