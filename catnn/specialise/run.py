"""Running elaborated bodies into IR: calls inlined, leads explicit, static conditions decided."""

from collections.abc import Iterator, Sequence
from itertools import count

from catnn.elaborate import core
from catnn.elaborate.core import Atom
from catnn.elaborate.definition import Definition
from catnn.elaborate.initialisers import SETTINGS, number, resolved
from catnn.elaborate.scope import FamilyEntry
from catnn.elaborate.sizes import text_of
from catnn.elaborate.substitution import Substitution
from catnn.errors import CatError, Diagnostic, InternalError
from catnn.ir.build import Builder, give_hint, tensor_type
from catnn.ir.terms import (
    Apply,
    Attrs,
    AttrValue,
    Leaf,
    Loop,
    Region,
    Store,
    Term,
    Var,
    WhenTraining,
)
from catnn.prims.rows import INITIALISERS, PUSHES
from catnn.source import Span
from catnn.specialise.adjoint import Bound as Bindings
from catnn.specialise.adjoint import Transposer
from catnn.specialise.frame import Bound, Crossing, Frame, Place, SharedInstance, Undecided
from catnn.specialise.naming import Factor
from catnn.specialise.pattern import match_pattern
from catnn.specialise.values import (
    Axis,
    Bundle,
    Lifted,
    Shaper,
    SizeValue,
    Value,
    element_of,
    sizes,
    union,
)
from catnn.types.dims import Dim, SizeLimit, Symbol, fresh
from catnn.types.types import (
    INT,
    REAL,
    Index,
    Int,
    Product,
    Tensor,
    Type,
)

ONE = Dim.of(1)
RANDOM = {row.name for row in INITIALISERS if row.name != "constant"}


MOST_STEPS = 50_000
"""How many operations are written out; what repeats in a region counts once."""


class Runner:
    """Runs the bodies of one program."""

    def __init__(self) -> None:
        self.builder = Builder()
        self.shaper = Shaper(self.builder)
        self.uids = count(1)
        self.turns: dict[object, frozenset[Symbol]] = {}
        self.sites = count(1)
        self.steps = 0
        self.begun = count()
        """The initialisers of the leaf that is declared."""
        self.homes: dict[Leaf, list[Store]] = {}
        """The region, by its stores, in which each buffer is stored."""

    # ---- atoms and blocks -------------------------------------------------------------

    def atom(self, atom: Atom, frame: Frame) -> Value:
        match atom:
            case core.Ref(uid):
                return frame.value(uid)
            case core.Static(value, type_):
                return Lifted(self.builder.number(frame.dim(value), frame.type(type_)))
            case core.Constant(value, type_):
                return Lifted(self.builder.constant(value, frame.type(type_)))
            case core.Tupled(items, type_):
                labels = type_.labels if isinstance(type_, Product) else None
                return Bundle(tuple(self.atom(item, frame) for item in items), labels)
            case core.Component(of, index):
                whole = self.atom(of, frame)
                if not isinstance(whole, Bundle):
                    raise InternalError("a component of what is no tuple")
                return whole.items[index]
            case core.Indexed(of, place):
                whole = self.atom(of, frame)
                if not isinstance(whole, Bundle):
                    raise InternalError("a component of what is no tuple")
                return whole.items[self.number(frame.dim(place))]

    def block(self, block: core.Block, frame: Frame, place: Place) -> Value:
        """Run the bindings in order; the block's result."""
        self.steps += len(block.bindings)
        if self.steps > MOST_STEPS:
            raise SizeLimit(f"a program of more than {MOST_STEPS} operations")
        for binding in block.bindings:
            self.builder.hint = binding.ref.name if binding.named else ""
            self.builder.factor = f"#{id(place.factor)}"
            value = self.operation(binding, frame, place)
            if value is not None:
                frame.values[binding.ref.uid] = value
                if binding.named and isinstance(value, Lifted) and isinstance(value.term, Apply):
                    give_hint(value.term, binding.ref.name)
        return self.atom(block.result, frame)

    def operation(self, binding: core.Binding, frame: Frame, place: Place) -> Value | None:
        operation = binding.operation
        match operation:
            case core.Call():
                return self.call(operation, frame, place)
            case core.Operator():
                return self.operator(operation, frame, place)
            case core.Convert(argument, type_):
                return self.convert(self.atom(argument, frame), frame.type(type_))
            case core.Lookup():
                return self.lookup(operation, frame, place)
            case core.Stacked(items, type_):
                return self.stack([self.atom(item, frame) for item in items], place)
            case core.Tabulated():
                return self.tabulate(operation, frame, place)
            case core.Filled(type=type_):
                start = self.start(operation, frame, binding.span)
                attrs = tuple((key, self.setting(one, binding.span)) for key, one in start.settings)
                if start.name in RANDOM and (turn := next(self.begun)):
                    attrs += (("draw", turn),)  # the second draw of a leaf is another one
                return self.filled(start.name, frame.type(type_), attrs, place)
            case core.Chosen(condition, then, otherwise):
                chosen = then if self.decide(condition, frame) else otherwise
                return self.block(chosen, frame, place)
            case core.InTraining(then, otherwise):
                return self.in_training(then, otherwise, frame, place)
            case core.Declared():
                return self.declare(operation, frame, place, binding.span)
            case core.Instance(name, morphism):
                # The instance's own name is its label; it is entered when it is first used.
                holder = place.factor.enter(name, collapses=True)
                frame.instances[binding.ref.uid] = SharedInstance(
                    unlabelled(morphism), frame, holder, place.copies
                )
                return None
            case core.Stored(buffer, value):
                self.store(frame.value(buffer.uid), self.atom(value, frame), place)
                return None
            case core.Auxiliary(name, value):
                self.auxiliary(name, self.atom(value, frame), place)
                return None
            case core.Drawn():
                return self.draw(operation, frame, place)
            case core.Passed(atom):
                return self.atom(atom, frame)

    def start(self, filled: core.Filled, frame: Frame, span: Span) -> core.Initialiser:
        """How a leaf begins, with what the initialiser left open for its layer."""
        told = resolved(filled.arguments, frame.dim)
        if filled.given is None:
            return core.Initialiser(filled.name, told)
        start = frame.start(core.Argument(filled.given, filled.name))
        settings = dict(start.settings)
        for key in SETTINGS.get(start.name, ()):
            if key not in settings:
                settings[key] = self.told(key, dict(told), start.name, filled.name, span)
        return core.Initialiser(start.name, tuple(settings.items()))

    def told(
        self, key: str, told: dict[str, core.Setting], name: str, argument: str, span: Span
    ) -> core.Setting:
        if key in told:
            return told[key]
        help = (f"give it: `{argument} = {name}[{key} = ..]`",)
        message = f"`{name}` needs its argument `{key}` here"
        raise CatError([Diagnostic("E0209", message, span, help=help)])

    def setting(self, one: core.Setting, span: Span) -> Dim | int | float | str:
        try:
            return number(one)
        except (ValueError, ZeroDivisionError, OverflowError) as error:
            message = f"this number has no value: {error}"
            raise CatError([Diagnostic("E0208", message, span)]) from None

    def attribute(self, dim: Dim) -> Dim | int | float:
        """An attribute: a plain number where it is known."""
        fraction = dim.as_fraction()
        if fraction is None:
            return dim
        return int(fraction) if fraction.denominator == 1 else float(fraction)

    def decide(self, condition: core.Condition, frame: Frame) -> bool:
        match condition:
            case core.Holds(fact):
                resolved = frame.fact(fact)
                decided = resolved.decide()
                if decided is None:
                    raise Undecided(resolved.symbols())
                return decided
            case core.AllOf(parts):
                return all(self.decide(part, frame) for part in parts)
            case core.AnyOf(parts):
                return any(self.decide(part, frame) for part in parts)

    def number(self, dim: Dim) -> int:
        """A count that must be known."""
        value = dim.as_int()
        if value is None:
            raise Undecided(dim.symbols())
        return value

    # ---- calls ------------------------------------------------------------------------

    def call(self, call: core.Call, frame: Frame, place: Place) -> Value:
        lead = frame.shape(call.lead)
        axes = tuple(Axis(size) for size in lead)
        arguments = []
        for atom, prefix in zip(call.arguments, call.leads, strict=True):
            own = axes[: len(frame.shape(prefix))]
            arguments.append(self.shaper.shift(self.atom(atom, frame), own))
        result = self.run(call.callee, arguments, frame, place.under(axes))
        return self.shaper.unshift(result, axes)

    def run(
        self, morphism: core.Morphism, arguments: Sequence[Value], frame: Frame, place: Place
    ) -> Value:
        """A morphism at its ports' values, at exactly its own type."""
        match morphism:
            case core.Instantiated(definition=definition):
                return self.instantiated(morphism, definition, arguments, frame, place, None)
            case core.Labelled(label, inner):
                return self.labelled(label, inner, arguments, frame, place)
            case core.Closure(ports, body):
                return self.closure(ports, body, arguments, frame, place)
            case core.Argument(uid):
                bound = frame.morphism(uid)
                return self.run(bound.morphism, arguments, bound.frame, place)
            case core.Shared(uid):
                return self.shared(frame.instance(uid), arguments, place)
            case core.Repeated():
                return self.repeated(morphism, arguments[0], frame, place)
            case core.Copied(size, inner):
                return self.copied(frame.dim(size), inner, arguments[0], frame, place)
            case core.Scanned(length, inner):
                return self.scanned(frame.dim(length), inner, arguments, frame, place)
            case core.Stages(op, parts):
                bodies = [(part, frame) for part in parts]
                return self.stages(op, bodies, arguments, place)
            case core.BigSequence(index, size, inner):
                return self.stages(
                    ">>", self.copies_at(index, size, inner, frame), arguments, place
                )
            case core.BigSum(op, index, size, inner):
                symbol = "+" if op == "add" else "*"
                return self.stages(
                    symbol, self.copies_at(index, size, inner, frame), arguments, place
                )
            case core.BigTuple(op, index, size, inner):
                return self.stages(op, self.copies_at(index, size, inner, frame), arguments, place)
            case core.Joined():
                return self.joined(arguments[0], frame, place)
            case core.OnAxes():
                return self.on_axes(morphism, arguments, frame, place)
            case core.Adjoint(inner, source):
                return self.adjoint(inner, frame.type(source), arguments, frame, place)
            case core.Matched():
                values = [self.lifted(argument) for argument in arguments]
                results = match_pattern(self.shaper, morphism, values, frame, place.axes)
                return results[0] if len(results) == 1 else Bundle(tuple(results))

    def joined(self, value: Value, frame: Frame, place: Place) -> Value:
        """The components of a tuple of vectors, one after the other."""
        if not isinstance(value, Bundle):
            return value
        parts = [self.lifted(item) for item in value.items]
        own = [part.own[-1] for part in parts]
        total = Dim.of(0)
        for size in own:
            total = total + size
        pieces = tuple(core.Piece(k, (), (size,), (k,)) for k, size in enumerate(own))
        shown = tuple(core.Assembly((k,), (k,), (size,)) for k, size in enumerate(own))
        pattern = core.Matched(tuple(own), pieces, (core.Placement(shown, 0),))
        (result,) = match_pattern(self.shaper, pattern, parts, frame, place.axes)
        return result

    def lifted(self, value: Value) -> Lifted:
        if isinstance(value, SizeValue):
            return Lifted(self.builder.number(value.size, Tensor(INT)))
        if isinstance(value, Bundle):
            if len(value.items) == 1:
                return self.lifted(value.items[0])
            raise InternalError("a tensor was due, not a tuple")
        return value

    def closure(
        self,
        ports: Sequence[core.Ref],
        body: core.Block,
        arguments: Sequence[Value],
        frame: Frame,
        place: Place,
    ) -> Value:
        inner = frame.child()
        if len(ports) == 1 and len(arguments) > 1:
            arguments = [Bundle(tuple(arguments))]
        elif len(arguments) == 1 and len(ports) > 1 and isinstance(arguments[0], Bundle):
            arguments = arguments[0].items
        for port, argument in zip(ports, arguments, strict=True):
            inner.values[port.uid] = argument
        return self.block(body, inner, place)

    def labelled(
        self,
        label: str,
        inner: core.Morphism,
        arguments: Sequence[Value],
        frame: Frame,
        place: Place,
    ) -> Value:
        if isinstance(inner, core.Instantiated):
            return self.instantiated(inner, inner.definition, arguments, frame, place, label)
        counted = isinstance(inner, core.Repeated) and inner.kind != "iterate"
        if counted or isinstance(inner, core.Stages | core.BigSequence):
            holder = place.factor.enter(label)
            inside = place.within(holder)
            inside.is_holder = True
            return self.run(inner, arguments, frame, inside)
        holder = place.factor.enter(label, collapses=True)
        return self.run(inner, arguments, frame, place.within(holder))

    def shared(self, instance: SharedInstance, arguments: Sequence[Value], place: Place) -> Value:
        instance.factor.rewind()
        inside = place.within(instance.factor)
        inside.copies = instance.copies
        return self.run(instance.morphism, arguments, instance.frame, inside)

    # ---- definitions ------------------------------------------------------------------

    def instantiated(
        self,
        morphism: core.Instantiated,
        definition: Definition,
        arguments: Sequence[Value],
        frame: Frame,
        place: Place,
        label: str | None,
    ) -> Value:
        filled = self.substitution(morphism, frame)
        if definition.primitive is not None:
            return self.primitive(definition, filled, arguments, place)
        if definition.body is None or definition.solved is None:
            raise InternalError(f"`{definition.name}` has no body")
        inner = Frame(definition.solved, filled)
        for uid, given in morphism.morphisms:
            inner.morphisms[uid] = Bound(given, frame)
        for uid, atom in morphism.values:
            inner.values[uid] = self.atom(atom, frame)
        for uid, start in morphism.starts:
            inner.starts[uid] = frame.start(start)
        # No collapsing here: names must not change when a size makes one of two factors vanish.
        factor = place.factor.enter(label or definition.name)
        if definition.across is not None:
            return self.across(definition, inner, arguments, place.within(factor))
        for ref, argument in zip(
            definition.inputs, self.spread(definition, arguments), strict=True
        ):
            inner.values[ref.uid] = argument
        result = self.block(definition.body, inner, place.within(factor))
        if not definition.ports and isinstance(result, Lifted):
            self.call_by(result.term, definition.name)
        return result

    def call_by(self, term: Term, name: str) -> None:
        """What is computed from nothing is called as its definition, if the user gave no name."""
        if isinstance(term, Apply) and not term.hint:
            give_hint(term, name)

    def spread(self, definition: Definition, arguments: Sequence[Value]) -> Sequence[Value]:
        wanted = len(definition.inputs)
        if len(arguments) == 1 and wanted > 1 and isinstance(arguments[0], Bundle):
            return arguments[0].items
        return arguments

    def substitution(self, morphism: core.Instantiated, frame: Frame) -> Substitution:
        filled = Substitution()
        for symbol, dim in morphism.sizes:
            filled.sizes[symbol] = frame.dim(dim)
        for symbol, shape in morphism.rows:
            filled.rows[symbol] = frame.shape(shape)
        for symbol, type_ in morphism.types:
            filled.types[symbol] = frame.type(type_)
        for symbol, entry in morphism.lists:
            filled.lists[symbol] = self.list_entry(entry, frame)
        return filled

    def list_entry(self, entry: FamilyEntry, frame: Frame) -> FamilyEntry:
        if entry.members is None:
            known = frame.filled.lists.get(entry.symbol)
            return entry if known is None else known
        members = tuple(frame.dim(member) for member in entry.members)
        return FamilyEntry(entry.symbol, entry.length, members, entry.span)

    def across(
        self, definition: Definition, inner: Frame, arguments: Sequence[Value], place: Place
    ) -> Value:
        """All leads of the call as one leading axis of the body; copies stay copies."""
        assert definition.across is not None
        assert definition.body is not None
        batch = tuple(axis for axis in place.axes if not axis.is_copies)
        copies = tuple(axis for axis in place.axes if axis.is_copies)
        total = ONE
        for axis in batch:
            total = total * axis.size
        inner.filled.sizes[definition.across] = total
        inner.known.clear()
        spread = self.spread(definition, arguments)
        for ref, port, argument in zip(definition.inputs, definition.ports, spread, strict=True):
            if port.is_context and carries(argument, batch):
                raise Crossing(definition.name, port.name or ref.name)
            merged = argument if port.is_context else self.merge(argument, copies, batch, total)
            inner.values[ref.uid] = merged
        inside = place.at(copies)
        result = self.block(definition.body, inner, inside)
        return self.split(result, copies, batch, place.axes)

    def merge(
        self, value: Value, copies: tuple[Axis, ...], batch: tuple[Axis, ...], total: Dim
    ) -> Value:
        match value:
            case Lifted():
                full = self.shaper.carry(value, copies + batch)
                shape = (*sizes(copies), total, *value.own)
                return Lifted(self.builder.reshape(full.term, shape), copies)
            case Bundle(items, labels):
                parts = (self.merge(item, copies, batch, total) for item in items)
                return Bundle(tuple(parts), labels)
            case SizeValue():
                return value

    def split(
        self,
        value: Value,
        copies: tuple[Axis, ...],
        batch: tuple[Axis, ...],
        stack: tuple[Axis, ...],
    ) -> Value:
        match value:
            case Lifted():
                full = self.shaper.carry(value, copies)
                shape = sizes(copies) + sizes(batch) + value.own[1:]
                term = self.builder.reshape(full.term, shape)
                return self.shaper.carry(Lifted(term, copies + batch), stack)
            case Bundle(items, labels):
                parts = (self.split(item, copies, batch, stack) for item in items)
                return Bundle(tuple(parts), labels)
            case SizeValue():
                return value

    # ---- primitives -------------------------------------------------------------------

    def primitive(
        self,
        definition: Definition,
        filled: Substitution,
        arguments: Sequence[Value],
        place: Place,
    ) -> Value:
        row = definition.primitive
        assert row is not None
        assert definition.target is not None
        if row in PUSHES:
            return self.push(row.name, arguments, filled.type(definition.target), place)
        values = [self.lifted(argument) for argument in arguments]
        if row.name == "take":
            return self.take(values[0], filled.sizes[definition.parameters[0].symbol])
        axes = union(values, place.axes)
        if "random" in row.tags:
            axes = place.axes
        type_ = filled.type(definition.target)
        attrs: list[tuple[str, AttrValue]] = [
            (parameter.name, self.parameter(parameter.kind, filled.sizes[parameter.symbol]))
            for parameter in definition.parameters
        ]
        if "reduction" in row.tags:
            attrs.append(("axes", tuple(range(-len(values[0].own), 0))))
        if row.name in ALONG_LAST:
            attrs.append(("axes", (-1,)))
        site = next(self.sites) if "random" in row.tags else 0
        if site and place.turn:
            attrs.append(("turn", place.turn))
        term = self.builder.apply(
            row.name,
            [value.term for value in values],
            self.batched(type_, axes),
            tuple(attrs),
            sizes(axes),
            [tuple(axes.index(axis) for axis in value.axes) for value in values],
            site,
        )
        return self.unbundle(term, type_, axes)

    def push(self, name: str, arguments: Sequence[Value], type_: Type, place: Place) -> Value:
        """`push[sum](i, x)`, leaf by leaf."""
        index, values = arguments
        if isinstance(values, Bundle) and isinstance(type_, Product):
            pairs = zip(values.items, type_.items, strict=True)
            parts = (self.push(name, (index, item), own, place) for item, own in pairs)
            return Bundle(tuple(parts), type_.labels)
        given = [self.lifted(index), self.lifted(values)]
        axes = union(given, place.axes)
        term = self.builder.apply(
            name,
            [value.term for value in given],
            self.batched(type_, axes),
            (),
            sizes(axes),
            [tuple(axes.index(axis) for axis in value.axes) for value in given],
        )
        return Lifted(term, axes)

    def take(self, value: Lifted, length: Dim) -> Value:
        """The first elements of the last axis are a slice."""
        rank = len(value.axes) + len(value.own)
        term = self.builder.slice(value.term, rank - 1, Dim.of(0), length)
        return Lifted(term, value.axes)

    def parameter(self, kind: str, dim: Dim) -> Dim | int | float | bool | str:
        value = self.attribute(dim)
        if kind == "bool":
            return bool(self.number(dim))
        if kind == "string":
            return text_of(self.number(dim))
        return value

    def batched(self, type_: Type, axes: tuple[Axis, ...]) -> Type:
        match type_:
            case Tensor(element, shape):
                return Tensor(element, sizes(axes) + shape)
            case Product(items, labels):
                return Product(tuple(self.batched(item, axes) for item in items), labels)
            case _:
                return type_

    def unbundle(self, term: Term, type_: Type, axes: tuple[Axis, ...]) -> Value:
        if isinstance(type_, Product):
            parts = (
                self.unbundle(self.builder.project(term, k), item, axes)
                for k, item in enumerate(type_.items)
            )
            return Bundle(tuple(parts), type_.labels)
        return Lifted(term, axes)

    def operator(self, operation: core.Operator, frame: Frame, place: Place) -> Value:
        values = [self.atom(atom, frame) for atom in operation.arguments]
        front = len(frame.shape(operation.front))
        fronts = [front if starts else 0 for starts in operation.fronted] or [0] * len(values)
        return self.pointwise(operation.op, values, fronts, frame.type(operation.type), place)

    def pointwise(
        self, op: str, values: Sequence[Value], fronts: Sequence[int], type_: Type, place: Place
    ) -> Value:
        """Aligned in front as far as `fronts` says, at the end otherwise; leaf by leaf."""
        if isinstance(type_, Product):
            parts = []
            for k, item in enumerate(type_.items):
                inner = [v.items[k] if isinstance(v, Bundle) else v for v in values]
                parts.append(self.pointwise(op, inner, fronts, item, place))
            return Bundle(tuple(parts), type_.labels)
        assert isinstance(type_, Tensor)
        lifted = [self.lifted(value) for value in values]
        axes = union(lifted, place.axes)
        own = tuple(item for item in type_.shape if isinstance(item, Dim))
        lead = sizes(axes) + own
        carries = []
        for value, front in zip(lifted, fronts, strict=True):
            rank = len(value.own)
            positions = [axes.index(axis) for axis in value.axes]
            positions += [len(axes) + k for k in range(min(front, rank))]
            tail = rank - min(front, rank)
            positions += [len(lead) - tail + k for k in range(tail)]
            carries.append(tuple(positions))
        term = self.builder.apply(
            op, [value.term for value in lifted], Tensor(type_.element, lead), (), lead, carries
        )
        return Lifted(term, axes)

    def convert(self, value: Value, type_: Type) -> Value:
        lifted = self.lifted(value)
        assert isinstance(type_, Tensor)
        have = tensor_type(lifted.term).element
        if isinstance(type_.element, Int) and isinstance(have, Index | Int):
            return lifted
        if have == type_.element:
            return lifted
        shape = tensor_type(lifted.term).shape
        lead = tuple(item for item in shape if isinstance(item, Dim))
        op = "real" if type_.element == REAL else str(type_.element)
        carries = (tuple(range(len(lead))),)
        term = self.builder.apply(
            op, (lifted.term,), Tensor(type_.element, shape), (), lead, carries
        )
        return Lifted(term, lifted.axes)

    def filled(self, name: str, type_: Type, attrs: Attrs, place: Place) -> Value:
        if isinstance(type_, Product):
            return Bundle(
                tuple(self.filled(name, t, attrs, place) for t in type_.items), type_.labels
            )
        return Lifted(self.builder.apply(name, (), type_, attrs))

    def draw(self, operation: core.Drawn, frame: Frame, place: Place) -> Value:
        """One sample for each index of the lead; parameters align at the end."""
        type_ = frame.type(operation.type)
        assert isinstance(type_, Tensor)
        values = [self.lifted(self.atom(atom, frame)) for atom in operation.arguments]
        own = tuple(item for item in type_.shape if isinstance(item, Dim))
        lead = sizes(place.axes) + own
        carries = []
        for value in values:
            positions = [place.axes.index(axis) for axis in value.axes]
            positions += [len(lead) - len(value.own) + k for k in range(len(value.own))]
            carries.append(tuple(positions))
        term = self.builder.apply(
            f"draw.{operation.distribution}",
            [value.term for value in values],
            Tensor(type_.element, lead),
            (("turn", place.turn),) if place.turn else (),
            lead,
            carries,
            next(self.sites),
        )
        return Lifted(term, place.axes)

    # ---- indices and tables --------------------------------------------------------------

    def lookup(self, operation: core.Lookup, frame: Frame, place: Place) -> Value:
        tensor = self.lifted(self.atom(operation.tensor, frame))
        indices = list(operation.indices)
        while indices and isinstance(indices[0], core.Static):
            index = indices.pop(0)
            assert isinstance(index, core.Static)
            position = len(tensor.axes)
            cut = self.builder.slice(tensor.term, position, frame.dim(index.value), ONE)
            shape = sizes(tensor.axes) + tensor.own[1:]
            tensor = Lifted(self.builder.reshape(cut, shape), tensor.axes)
        if not indices:
            return tensor
        found = [self.lifted(self.atom(index, frame)) for index in indices]
        axes = union([tensor, *found], place.axes)
        own = max((value.own for value in found), key=len) + tensor.own[len(found) :]
        values = [tensor, *found]
        term = self.builder.apply(
            "gather",
            [value.term for value in values],
            Tensor(tensor_type(tensor.term).element, sizes(axes) + own),
            (("count", len(found)),),
            sizes(axes),
            [tuple(axes.index(axis) for axis in value.axes) for value in values],
        )
        return Lifted(term, axes)

    def stack(self, values: Sequence[Value], place: Place) -> Value:
        first = values[0]
        if isinstance(first, Bundle):
            parts = []
            for k in range(len(first.items)):
                column = [value.items[k] for value in values if isinstance(value, Bundle)]
                parts.append(self.stack(column, place))
            return Bundle(tuple(parts), first.labels)
        lifted = [self.lifted(value) for value in values]
        axes = union(lifted, place.axes)
        terms = [self.shaper.carry(value, axes).term for value in lifted]
        own = element_of(lifted[0])
        type_ = Tensor(own.element, (*sizes(axes), Dim.of(len(terms)), *own.shape))
        return Lifted(self.builder.apply("stack", terms, type_, (("axis", len(axes)),)), axes)

    def tabulate(self, operation: core.Tabulated, frame: Frame, place: Place) -> Value:
        inner = frame.child()
        axes = tuple(Axis(frame.dim(size)) for size in operation.sizes)
        for ref, axis in zip(operation.indices, axes, strict=True):
            type_ = Tensor(Index(axis.size), (axis.size,))
            indices = self.builder.apply("arange", (), type_, hint=ref.name)
            inner.values[ref.uid] = Lifted(indices, (axis,))
        result = self.block(operation.body, inner, place.under(axes))
        return self.shaper.unshift(result, axes)

    # ---- instances -------------------------------------------------------------------------

    def declare(self, operation: core.Declared, frame: Frame, place: Place, span: Span) -> Value:
        """A leaf of this instance; under copies it has their axes in front."""
        factor = place.factor
        if factor.leaf_cursor < len(factor.leaves):
            _, leaf = factor.leaves[factor.leaf_cursor]
            factor.leaf_cursor += 1
            return Lifted(self.stored(leaf, place, span), place.copies)
        type_ = frame.type(operation.type)
        assert isinstance(type_, Tensor)
        start = Place((), Factor("init"))
        self.begun = count()
        init = self.lifted(self.block(operation.init, frame.child(), start)).term
        leaf = Leaf(
            (f"#{id(factor)}", f"{len(factor.leaves)}", operation.name),
            "param"
            if operation.kind == "param"
            else "buffer"
            if operation.kind == "buffer"
            else "fixed",
            Tensor(type_.element, sizes(place.copies) + type_.shape),
            init,
            len(place.copies),
            hint=operation.name,
        )
        leaf = self.builder.leaf(leaf)
        self.turns[leaf.path[0]] = factor.turns
        factor.leaves.append((operation.name, leaf))
        factor.leaf_cursor += 1
        return Lifted(leaf, place.copies)

    def store(self, buffer: Value, value: Value, place: Place) -> None:
        target = self.lifted(buffer)
        term = target.term.otherwise if isinstance(target.term, WhenTraining) else target.term
        assert isinstance(term, Leaf)
        full = self.shaper.carry(self.lifted(value), target.axes)
        place.stores[:] = [store for store in place.stores if store.buffer is not term]
        place.stores.append(Store(term, full.term))
        if not place.is_quiet:
            self.homes[term] = place.stores

    def stored(self, leaf: Leaf, place: Place, span: Span) -> Term:
        """What a later call of a shared instance finds in a buffer: in training what was stored last."""
        if place.is_quiet:
            return leaf
        home = self.homes.get(leaf, place.stores)
        if home is not place.stores:
            raise CatError(
                [
                    Diagnostic(
                        "E0503",
                        f"`{leaf.path[-1]}` of one instance is stored in a loop and outside of it",
                        span,
                        help=("apply the shared instance at one of these places only",),
                    )
                ]
            )
        found = next((store.value for store in place.stores if store.buffer is leaf), leaf)
        return self.builder.when_training(found, leaf)

    def auxiliary(self, name: str, value: Value, place: Place) -> None:
        """Mean over leads, sum over copies."""
        lifted = self.lifted(value)
        term = lifted.term
        batch = [k for k, axis in enumerate(lifted.axes) if not axis.is_copies]
        for op, positions in (("mean", batch), ("sum", [])):
            if op == "sum":
                positions = list(range(len(tensor_type(term).shape)))
            if positions:
                term = self.reduce(op, term, positions)
        place.aux.append((name, term))

    def reduce(self, op: str, term: Term, positions: Sequence[int]) -> Term:
        shape = tensor_type(term).shape
        others = [k for k in range(len(shape)) if k not in positions]
        moved = self.builder.permute(term, [*others, *positions])
        lead = tuple(item for k, item in enumerate(shape) if k in others and isinstance(item, Dim))
        axes = tuple(range(-len(positions), 0))
        return self.builder.apply(
            op, (moved,), Tensor(REAL, lead), (("axes", axes),), lead, (tuple(range(len(lead))),)
        )

    def in_training(
        self, then: core.Block, otherwise: core.Block, frame: Frame, place: Place
    ) -> Value:
        first = self.block(then, frame.child(), place)
        quiet = Place(place.axes, place.factor, place.copies, turn=place.turn, is_quiet=True)
        second = self.block(otherwise, frame.child(), quiet)
        return self.either(first, second, place)

    def either(self, first: Value, second: Value, place: Place) -> Value:
        if isinstance(first, Bundle) and isinstance(second, Bundle):
            pairs = zip(first.items, second.items, strict=True)
            return Bundle(tuple(self.either(a, b, place) for a, b in pairs), first.labels)
        one, other = self.lifted(first), self.lifted(second)
        axes = union([one, other], place.axes)
        terms = (self.shaper.carry(one, axes).term, self.shaper.carry(other, axes).term)
        return Lifted(self.builder.when_training(*terms), axes)

    # ---- loops -------------------------------------------------------------------------------

    def repeated(
        self, morphism: core.Repeated, argument: Value, frame: Frame, place: Place
    ) -> Value:
        size = frame.dim(morphism.count)
        if size.as_int() == 0:
            if morphism.kind != "trail":
                return argument
            return self.stack([argument], place)
        initial = self.shaper.carry_all(argument, place.axes)
        fresh_leaves = morphism.kind in ("repeat", "trail")
        holder = self.holder(morphism.inner, frame, place) if fresh_leaves else place.factor
        # A body may run at several places: each loop has an index of its own.
        index = fresh(morphism.index.name, "index")
        factor = holder
        if fresh_leaves:
            factor = holder.enter("", collapses=True, index=index)
            index = factor.index or index
        state, body = self.region(
            morphism.inner, initial, frame, place.within(factor), morphism, size
        )
        init = self.shaper.as_term(state)
        loop = Loop(
            morphism.kind,  # type: ignore[arg-type]
            size,
            index,
            body,
            init,
            self.loop_type(morphism.kind, init.type, size),
            None,
            (f"#{id(holder)}",) if fresh_leaves else (),
        )
        term = self.builder.loop(loop)
        if morphism.kind != "trail":
            return self.shaper.of_term(term, state)
        return self.behind(term, state, size)

    def holder(self, inner: core.Morphism, frame: Frame, place: Place) -> Factor:
        """The factor under which the turns live: the label's, or one called by the head."""
        if place.is_holder:
            return place.factor
        return place.factor.enter(head_of(inner))

    def region(
        self,
        inner: core.Morphism,
        initial: Value,
        frame: Frame,
        place: Place,
        morphism: core.Repeated,
        size: Dim,
    ) -> tuple[Value, Region]:
        term = self.shaper.as_term(initial)
        var = self.builder.var(Var("x", term.type, next(self.uids)))
        state = self.shaper.of_term(var, initial)
        inside = Place(
            place.axes, place.factor, place.copies, turn=var.uid, is_quiet=place.is_quiet
        )
        arguments: list[Value] = [state]
        parameters: tuple[Var, ...] = (var,)
        if morphism.indexed:
            index = self.builder.var(Var("i", Tensor(Index(size)), next(self.uids)))
            arguments = [Lifted(index), state]
            parameters = (index, var)
        result = self.run(inner, arguments, frame, inside)
        result = self.shaper.carry_all(result, place.axes)
        body = Region(
            parameters, self.shaper.as_term(result), tuple(inside.stores), tuple(inside.aux)
        )
        return initial, body

    def loop_type(self, kind: str, type_: Type, size: Dim) -> Type:
        if kind != "trail":
            return type_
        return leading(size + 1, type_)

    def behind(self, term: Term, like: Value, size: Dim) -> Value:
        """A new axis that stands in front of everything moves behind the lead."""
        match like:
            case Bundle(items, labels):
                parts = (
                    self.behind(self.builder.project(term, k), item, size)
                    for k, item in enumerate(items)
                )
                return Bundle(tuple(parts), labels)
            case Lifted(axes=axes):
                rank = len(tensor_type(term).shape)
                order = [*range(1, len(axes) + 1), 0, *range(len(axes) + 1, rank)]
                return Lifted(self.builder.permute(term, order), axes)
            case SizeValue():
                return like

    def in_front(self, value: Value) -> Term:
        """The first own axis of every leaf in front of the lead."""
        match value:
            case Bundle(items, labels):
                terms = [self.in_front(item) for item in items]
                return self.builder.tuple(terms, Product(tuple(t.type for t in terms), labels))
            case Lifted(term, axes):
                rank = len(tensor_type(term).shape)
                at = len(axes)
                order = [at, *range(at), *range(at + 1, rank)]
                return self.builder.permute(term, order)
            case SizeValue():
                raise InternalError("a size has no axes")

    def scanned(
        self,
        length: Dim,
        inner: core.Morphism,
        arguments: Sequence[Value],
        frame: Frame,
        place: Place,
    ) -> Value:
        state = self.shaper.carry_all(arguments[0], place.axes)
        sequence = self.shaper.carry_all(arguments[1], place.axes)
        xs = self.in_front(sequence)
        init = self.shaper.as_term(state)
        var = self.builder.var(Var("state", init.type, next(self.uids)))
        item = self.builder.var(Var("x", without_first(xs.type), next(self.uids)))
        inside = Place(
            place.axes, place.factor, place.copies, turn=var.uid, is_quiet=place.is_quiet
        )
        given = [self.shaper.of_term(var, state), self.shaper.of_term(item, sequence)]
        result = self.run(inner, given, frame, inside)
        assert isinstance(result, Bundle)
        result = Bundle(tuple(self.shaper.carry_all(part, place.axes) for part in result.items))
        last, output = result.items
        body_term = self.shaper.as_term(result)
        body = Region((var, item), body_term, tuple(inside.stores), tuple(inside.aux))
        outputs = leading(length, self.shaper.as_term(output).type)
        type_ = Product((init.type, outputs))
        index = fresh("t", "index")
        loop = Loop("scan", length, index, body, init, type_, xs)
        term = self.builder.loop(loop)
        final = self.shaper.of_term(self.builder.project(term, 0), last)
        return Bundle((final, self.behind(self.builder.project(term, 1), output, length)))

    def copied(
        self, size: Dim, inner: core.Morphism, argument: Value, frame: Frame, place: Place
    ) -> Value:
        axis = Axis(size, is_copies=True)
        inside = place.under((axis,))
        inside.copies = (*place.copies, axis)
        result = self.run(inner, [self.shaper.shift(argument, (axis,))], frame, inside)
        return self.shaper.unshift(result, (axis,))

    def copies_at(
        self, index: Symbol, size: Dim, inner: core.Morphism, frame: Frame
    ) -> list[tuple[core.Morphism, Frame]]:
        number = self.number(frame.dim(size))
        return [(inner, frame.with_index(index, Dim.of(i))) for i in range(number)]

    def stages(
        self,
        op: str,
        bodies: Sequence[tuple[core.Morphism, Frame]],
        arguments: Sequence[Value],
        place: Place,
    ) -> Value:
        holder = self.holder(bodies[0][0], bodies[0][1], place) if bodies else place.factor
        current = list(arguments)
        results: list[Value] = []
        for k, (morphism, frame) in enumerate(bodies):
            factor = holder.enter(str(k), collapses=True)
            given = current
            if op == "|":
                whole = arguments[0]
                assert isinstance(whole, Bundle)
                given = [whole.items[k]]
            result = self.run(morphism, given, frame, place.within(factor))
            results.append(result)
            if op == ">>":
                current = [result]
        if op == ">>":
            return current[0]
        if op in ("&", "|"):
            return Bundle(tuple(results))
        total = results[0]
        for other in results[1:]:
            total = self.combine("add" if op == "+" else "mul", total, other, place)
        return total

    def combine(self, op: str, left: Value, right: Value, place: Place) -> Value:
        if isinstance(left, Bundle) and isinstance(right, Bundle):
            pairs = zip(left.items, right.items, strict=True)
            return Bundle(tuple(self.combine(op, a, b, place) for a, b in pairs), left.labels)
        one, other = self.lifted(left), self.lifted(right)
        longer = element_of(one if len(one.own) >= len(other.own) else other)
        if isinstance(longer.element, Index):  # indices leave their set
            longer = Tensor(INT, longer.shape)
        return self.pointwise(op, [one, other], [0, 0], longer, place)

    # ---- adjoints ----------------------------------------------------------------------------

    def adjoint(
        self,
        inner: core.Morphism,
        source: Type,
        arguments: Sequence[Value],
        frame: Frame,
        place: Place,
    ) -> Value:
        """The transposition of what `inner` makes of an unknown input, at every index of the lead.

        What it stores and reports belongs to its own runs.
        """
        axes = place.axes
        unknown = self.unknown(source, axes)
        quiet = Place(axes, place.factor, place.copies, turn=place.turn)
        result = self.shaper.carry_all(self.run(inner, [unknown], frame, quiet), axes)
        given = arguments[0] if len(arguments) == 1 else Bundle(tuple(arguments))
        cotangent = self.shaper.carry_all(given, axes)
        roots = zip(self.leaf_terms(result), self.leaf_terms(cotangent), strict=True)
        variables = self.leaf_terms(unknown)
        transposer = Transposer(self.builder, self.uids, Bindings(self.turns))
        pulled = transposer.pull(list(roots), [v for v in variables if isinstance(v, Var)])
        found = [
            transposer.algebra.zeros(tensor_type(variable)) if term is None else term
            for term, variable in zip(pulled, variables, strict=True)
        ]
        return self.filled_with(unknown, iter(found))

    def unknown(self, type_: Type, axes: tuple[Axis, ...]) -> Value:
        """A variable for each leaf of a type, with the lead in front."""
        if isinstance(type_, Product):
            return Bundle(tuple(self.unknown(item, axes) for item in type_.items), type_.labels)
        whole = self.batched(type_, axes)
        return Lifted(self.builder.var(Var("x", whole, next(self.uids))), axes)

    def leaf_terms(self, value: Value) -> list[Term]:
        if isinstance(value, Bundle):
            return [term for item in value.items for term in self.leaf_terms(item)]
        return [self.lifted(value).term]

    def filled_with(self, like: Value, terms: Iterator[Term]) -> Value:
        """Terms in the layout of a value."""
        if isinstance(like, Bundle):
            return Bundle(tuple(self.filled_with(item, terms) for item in like.items), like.labels)
        return Lifted(next(terms), self.lifted(like).axes)

    # ---- bracketed application ---------------------------------------------------------------

    def on_axes(
        self, morphism: core.OnAxes, arguments: Sequence[Value], frame: Frame, place: Place
    ) -> Value:
        axes = tuple(Axis(frame.dim(size)) for size in morphism.axes)
        moved = []
        for argument, view in zip(arguments, morphism.views, strict=True):
            value = self.shaper.own_permute(self.lifted(argument), view.order)
            moved.append(Lifted(value.term, value.axes + tuple(axes[k] for k in view.others)))
        result = self.run(morphism.inner, moved, frame, place.under(axes))
        items = result.items if isinstance(result, Bundle) else (result,)
        placed = []
        for item, permutation in zip(items, morphism.results, strict=True):
            back = self.shaper.unshift(self.lifted(item), axes)
            placed.append(self.shaper.own_permute(self.lifted(back), permutation))
        return placed[0] if not isinstance(result, Bundle) else Bundle(tuple(placed), result.labels)


def carries(value: Value, axes: Sequence[Axis]) -> bool:
    """Whether a value differs along any of these lead axes."""
    match value:
        case Lifted(axes=own):
            return any(axis in axes for axis in own)
        case Bundle(items):
            return any(carries(item, axes) for item in items)
        case SizeValue():
            return False


ALONG_LAST = {"softmax", "log_softmax", "cumsum", "flip"}


def leading(size: Dim, type_: Type) -> Type:
    """`[size; type]`."""
    match type_:
        case Tensor(element, shape):
            return Tensor(element, (size, *shape))
        case Product(items, labels):
            return Product(tuple(leading(size, item) for item in items), labels)
        case _:
            return type_


def without_first(type_: Type) -> Type:
    match type_:
        case Tensor(element, shape):
            return Tensor(element, shape[1:])
        case Product(items, labels):
            return Product(tuple(without_first(item) for item in items), labels)
        case _:
            return type_


def unlabelled(morphism: core.Morphism) -> core.Morphism:
    return morphism.inner if isinstance(morphism, core.Labelled) else morphism


def head_of(morphism: core.Morphism) -> str:
    """What an unnamed factor is called: its head's name."""
    match morphism:
        case core.Instantiated(definition=definition):
            return definition.name
        case core.Labelled(label):
            return label
        case core.Closure(body=body):
            heads = [
                head_of(binding.operation.callee)
                for binding in body.bindings
                if isinstance(binding.operation, core.Call)
                # what is shared lives where it was introduced
                and not isinstance(binding.operation.callee, core.Shared)
            ]
            named = [head for head in heads if head != "repeat"]
            return named[0] if len(set(named)) == 1 else "repeat"
        case core.Argument(name=name) | core.Shared(name=name):
            return name
        case core.Repeated(inner=inner) | core.Copied(inner=inner) | core.OnAxes(inner=inner):
            return head_of(inner)
        case core.Adjoint(inner):
            return head_of(inner)
        case _:
            return "repeat"
