"""Reading an elaborated body as a string diagram: what it calls is a box, what it names is a wire."""

from collections.abc import Mapping, Sequence
from itertools import count

from catnn.draw import words
from catnn.draw.diagram import (
    Bundle,
    Diagram,
    End,
    Input,
    Kind,
    Node,
    Number,
    Output,
    Value,
    parts,
    shaped,
    wires,
)
from catnn.draw.factor import Factor
from catnn.draw.scope import Bound, Deciding, Place, Scope, Share
from catnn.elaborate import core
from catnn.elaborate.definition import Definition
from catnn.elaborate.substitution import Substitution
from catnn.source import SourceFile, Span
from catnn.types.dims import Dim, Symbol
from catnn.types.types import SCALAR, Index, Product, Tensor, Type

ROOM = 4000
"""So many boxes are read in all; what is deeper stays closed."""


def read(
    definition: Definition,
    filled: Substitution,
    values: Mapping[Symbol, Dim],
    sources: Mapping[str, SourceFile],
    names: Sequence[str],
) -> Diagram:
    """The diagram of a definition whose sizes are `filled` in and decided by `values`.

    `CatError` if a size without a default decides what there is to draw.
    """
    assert definition.body is not None
    assert definition.solved is not None
    reader = Reader(Deciding(definition, values), sources)
    diagram = Diagram(values=values)
    scope = Scope(definition.solved, filled)
    place = Place(diagram)
    inputs = iter(names)
    for ref, port in zip(definition.inputs, definition.ports, strict=True):
        type_ = scope.type(port.type)
        name = port.name or next(inputs)
        scope.values[ref.uid] = _entered(diagram, type_, name, port.is_context)
    value = reader.block(definition.body, scope, place)
    reader.leave(value, place, definition.target)
    return diagram


def _entered(diagram: Diagram, type_: Type, name: str, is_context: bool) -> Value:
    own = parts(type_)
    first = len(diagram.entry.outputs)
    labels = _labels(type_, name) if len(own) > 1 else [name]
    for item, label in zip(own, labels, strict=True):
        diagram.entry.outputs.append(Output(item, label, is_context))
    ends = (End(diagram.entry, first + k) for k in range(len(own)))
    return shaped(type_, ends, own == [type_])


def _labels(type_: Type, name: str) -> list[str]:
    if not isinstance(type_, Product):
        return [name]
    labels = type_.labels or tuple(str(k) for k in range(len(type_.items)))
    pairs = zip(type_.items, labels, strict=True)
    return [found for item, label in pairs for found in _labels(item, f"{name}.{label}")]


class Reader:
    """Reads the bodies of one program."""

    def __init__(self, deciding: Deciding, sources: Mapping[str, SourceFile]) -> None:
        self.deciding = deciding
        self.sources = sources
        self.numbers = count()
        self.room = ROOM

    def text(self, span: Span) -> str:
        source = self.sources.get(span.file)
        return "" if source is None else source.text[span.start : span.end]

    # ---- atoms and blocks ---------------------------------------------------------------

    def atom(self, atom: core.Atom, scope: Scope, place: Place) -> Value:
        match atom:
            case core.Ref(uid):
                return scope.value(uid)
            case core.Static(value):
                return Number(str(scope.dim(value)))
            case core.Constant(value):
                return Number(
                    {float("inf"): "inf", float("-inf"): "-inf"}.get(value, f"{value:.5g}")
                )
            case core.Tupled(items, type_):
                labels = type_.labels if isinstance(type_, Product) else None
                return Bundle(tuple(self.atom(item, scope, place) for item in items), labels)
            case core.Component(of, index):
                whole = self.atom(of, scope, place)
                return whole.items[index] if isinstance(whole, Bundle) else whole
            case core.Indexed(of, index, type_):
                return self.component(
                    self.atom(of, scope, place), scope.dim(index), scope.type(type_), place
                )

    def component(self, whole: Value, index: Dim, type_: Type, place: Place) -> Value:
        known = index.as_int()
        if isinstance(whole, Bundle) and known is not None and known < len(whole.items):
            return whole.items[known]
        return self.box("operator", f"[{index}]", [whole], type_, place)

    def block(self, block: core.Block, scope: Scope, place: Place) -> Value:
        for binding in block.bindings:
            found = self.operation(binding, scope, place)
            if found is not None:
                scope.values[binding.ref.uid] = found
        return self.atom(block.result, scope, place)

    def operation(self, binding: core.Binding, scope: Scope, place: Place) -> Value | None:
        operation = binding.operation

        def values(atoms: Sequence[core.Atom]) -> list[Value]:
            return [self.atom(atom, scope, place) for atom in atoms]

        match operation:
            case core.Call(callee, arguments, lead, _, type_):
                inside = place.under(scope.shape(lead))
                found = Factor(self, scope, inside, binding.span, place.type(scope.type(type_)))
                return found.run(callee, values(arguments))
            case core.Operator(op, arguments, _, type_):
                return self.operator(op, values(arguments), scope.type(type_), place)
            case core.Convert(argument):
                return self.atom(argument, scope, place)
            case core.Lookup(tensor, indices, type_):
                return self.lookup(values([tensor]), values(indices), scope.type(type_), place)
            case core.Stacked(items, type_):
                return self.box("box", "stack", values(items), scope.type(type_), place)
            case core.Tabulated():
                return self.tabulated(operation, binding.span, scope, place)
            case core.Filled(name, type_):
                return self.box("source", name, [], scope.type(type_), place)
            case core.Chosen(condition, then, otherwise):
                holds = self.deciding.condition(condition, scope)
                return self.block(then if holds else otherwise, scope, place)
            case core.InTraining(then, otherwise, type_):
                both = [self.block(branch, scope.child(), place) for branch in (then, otherwise)]
                note = "the first, else the second"
                return self.box("box", "if training", both, scope.type(type_), place, note=note)
            case core.Declared(kind, name, type_):
                return self.declared(kind, name, scope.type(type_), binding.span, place)
            case core.Instance(name, morphism):
                inner = morphism.inner if isinstance(morphism, core.Labelled) else morphism
                share = Share(name, next(self.numbers), Bound(inner, scope))
                scope.shares[binding.ref.uid] = share
            case core.Stored(buffer, value):
                self.box("box", f"{buffer.name} ←", values([value]), Product(), place)
            case core.Auxiliary(name, value):
                self.box("box", f"{name} ←", values([value]), Product(), place)
            case core.Drawn(distribution, arguments, type_):
                title = f"~ {distribution}"
                return self.box("source", title, values(arguments), scope.type(type_), place)
            case core.Passed(atom):
                return self.atom(atom, scope, place)
        return None

    # ---- boxes --------------------------------------------------------------------------

    def box(
        self,
        kind: Kind,
        title: str,
        arguments: Sequence[Value],
        type_: Type,
        place: Place,
        note: str = "",
        tip: str = "",
    ) -> Value:
        """A box on some wires, which gives a value of a type."""
        node = place.diagram.add(Node(kind, title, place.diagram, note, tip))
        self.room -= 1
        for argument in arguments:
            self.plug(node, argument)
        return self.results(node, place.type(type_))

    def plug(self, node: Node, value: Value, is_context: bool = False) -> None:
        for end in wires(value):
            node.inputs.append(Input(node.graph.bring(end), is_context))

    def results(self, node: Node, type_: Type) -> Value:
        if isinstance(type_, Product) and not type_.items:
            return Bundle(())
        own = parts(type_)
        first = len(node.outputs)
        node.outputs.extend(Output(item) for item in own)
        ends = (End(node, first + k) for k in range(len(own)))
        return shaped(type_, ends, own == [type_])

    def leave(self, value: Value, place: Place, type_: Type | None = None) -> None:
        """Let a value out of a diagram; what is known before the program runs is a source."""
        match value:
            case Number(text):
                known = self.box("source", text, [], type_ or SCALAR, place)
                self.plug(place.diagram.exit, known)
            case Bundle(items):
                own = type_.items if isinstance(type_, Product) else (None,) * len(items)
                for k, item in enumerate(items):
                    self.leave(item, place, own[k] if k < len(own) else None)
            case End():
                self.plug(place.diagram.exit, value)

    def declared(self, kind: str, name: str, type_: Type, span: Span, place: Place) -> Value:
        text = words.flat(self.text(span)) or f"{kind} {name} : {type_}"
        value = self.box("leaf", name, [], type_, Place(place.diagram), tip=text)
        if kind == "param":
            place.diagram.nodes[-1].leaves.append(f"{name} : {type_}")
        else:
            place.diagram.nodes[-1].note = kind
        return value

    def operator(self, op: str, values: Sequence[Value], type_: Type, place: Place) -> Value:
        """`x + y` on wires; numbers are written beside the sign."""
        if isinstance(type_, Product):
            rows = []
            for k, item in enumerate(type_.items):
                inner = [v.items[k] if isinstance(v, Bundle) else v for v in values]
                rows.append(self.operator(op, inner, item, place))
            return Bundle(tuple(rows), type_.labels)
        sign = words.SYMBOLS.get(op, op)
        if len(values) > 1 and any(isinstance(value, Number) for value in values):
            shown = [value.text if isinstance(value, Number) else "·" for value in values]
            sign = (
                f"{shown[0]} {sign} {shown[1]}" if len(shown) == 2 else f"{sign} {', '.join(shown)}"
            )
        return self.box("operator", sign, values, type_, place)

    def lookup(
        self, tensor: Sequence[Value], indices: Sequence[Value], type_: Type, place: Place
    ) -> Value:
        fixed = [value.text for value in indices if isinstance(value, Number)]
        if len(fixed) == len(indices):
            return self.box("operator", f"({', '.join(fixed)})", tensor, type_, place)
        return self.box("box", "lookup", [*tensor, *indices], type_, place)

    def index(self, name: str, size: Dim, place: Place) -> Value:
        """The index of a loop, as a source."""
        return self.box("source", name, [], Tensor(Index(size)), place)

    def tabulated(self, operation: core.Tabulated, span: Span, scope: Scope, place: Place) -> Value:
        """`[e for i < n]`: a frame in which the indices are sources."""
        sizes = tuple(scope.dim(size) for size in operation.sizes)
        inner_scope = scope.child()
        node = self.frame(place, "", f"[.. for {_bounds(operation.indices, sizes)}]")
        node.kind, node.tip = "table", words.flat(self.text(span))
        assert node.inner is not None
        inside = place.within(node.inner)
        for ref in operation.indices:
            index = self.box("source", ref.name, [], scope.type(ref.type), Place(inside.diagram))
            inner_scope.values[ref.uid] = index
        self.leave(self.block(operation.body, inner_scope, inside.under(sizes)), inside)
        return self.results(node, place.type(scope.type(operation.type)))

    def frame(self, place: Place, title: str, badge: str) -> Node:
        node = place.diagram.add(Node("frame", title, place.diagram, badge=badge))
        node.inner = Diagram(node)
        self.room -= 1
        return node


def _bounds(indices: Sequence[core.Ref], sizes: Sequence[Dim]) -> str:
    pairs = zip(indices, sizes, strict=True)
    return ", ".join(f"{index.name} < {size}" for index, size in pairs)
