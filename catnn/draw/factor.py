"""One factor of a body as a box: what it is called, how often it runs, what is inside."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from catnn.draw import words
from catnn.draw.diagram import (
    Bundle,
    Diagram,
    End,
    Input,
    Kind,
    Node,
    Output,
    Value,
    parts,
    rewired,
    wires,
)
from catnn.draw.scope import Place, Scope, Share
from catnn.elaborate import core
from catnn.elaborate.definition import Definition
from catnn.errors import InternalError
from catnn.source import Span
from catnn.types.dims import Dim, Symbol
from catnn.types.types import Product, Shape, Type

if TYPE_CHECKING:
    from catnn.draw.read import Reader

TURNS = {"repeat": "×", "trail": "trail ×", "iterate": "iterate ×"}
SHOWN = 6
"""A big operator of more stages is drawn by its first one."""


class Factor:
    """One factor at a place: which box it is, and what is inside."""

    def __init__(
        self, reader: "Reader", scope: Scope, place: Place, span: Span, type_: Type
    ) -> None:
        self.reader = reader
        self.scope = scope
        self.place = place
        self.span = span
        self.type = type_
        """With the leading axes of the call in front."""

    def at(self, scope: Scope) -> "Factor":
        return Factor(self.reader, scope, self.place, self.span, self.type)

    def run(self, morphism: core.Morphism, values: Sequence[Value], label: str = "") -> Value:
        """What a morphism makes of the values of its ports."""
        text = self.reader.text(self.span)
        match morphism:
            case core.Labelled(label, inner):
                return self.run(inner, values, label)
            case core.Instantiated(definition=definition):
                return self.instantiated(morphism, definition, values, label)
            case core.Closure() if not label:
                return self.closure(morphism, values, self.place)
            case core.Closure():
                body = self.inside(lambda given, place: self.closure(morphism, given, place))
                return self.framed(label, "", values, body)
            case core.Argument(uid, name):
                bound = self.scope.morphism(uid)
                if bound is None:
                    return self.box("box", label or name, values)
                return self.at(bound.scope).run(bound.morphism, values, label)
            case core.Shared(uid):
                return self.shared(self.scope.share(uid), values)
            case core.Stages(op, members):
                turns = [(member, self.scope) for member in members]
                return self.stages(op, turns, values, label)
            case core.Joined():
                return self.box("box", label or "concat", values)
            case core.Matched():
                shown = words.pattern(text)
                return self.box("pattern", shown, values, words.flat(text), label)
            case core.Adjoint(inner, source):
                return self.adjoint(inner, source, values, label)
            case _:
                return self.combined(morphism, values, label)

    def box(
        self, kind: Kind, title: str, values: Sequence[Value], tip: str = "", note: str = ""
    ) -> Value:
        plain = Place(self.place.diagram)
        return self.reader.box(kind, title, values, self.type, plain, note, tip)

    # ---- definitions ----------------------------------------------------------------------

    def instantiated(
        self,
        morphism: core.Instantiated,
        definition: Definition,
        values: Sequence[Value],
        label: str,
    ) -> Value:
        text = self.reader.text(self.span)
        shown = words.factor(text, definition.name)
        if len(shown) <= len(definition.name) + 2 or not label:
            title, note = (label or shown), (definition.name if label else "")
        else:
            title, note = label, shown
        diagram = self.place.diagram
        node = Node("box", title, diagram, "" if note == title else note, words.flat(text))
        diagram.add(node)
        self.reader.room -= 1
        node.definition = definition.name
        node.is_library = definition.module.startswith("std.") or definition.primitive is not None
        flags = [port.is_context for port in definition.ports]
        spread = _spread(values, len(flags))
        for value, is_context in zip(spread, flags, strict=True):
            self.reader.plug(node, value, is_context)
        if definition.body is not None and self.reader.room > 0:
            self.open(node, morphism, definition, spread, flags)
        result = self.reader.results(node, self.type)
        if node.inner is not None and len(node.inner.exit.inputs) != len(node.outputs):
            node.leaves = node.all_leaves  # many components are one wire on one side of the border
            node.inner = None
        return result

    def open(
        self,
        node: Node,
        morphism: core.Instantiated,
        definition: Definition,
        values: Sequence[Value],
        flags: Sequence[bool],
    ) -> None:
        """Draw the body of a definition inside its box."""
        assert definition.body is not None
        scope = self.scope.inside(definition, morphism)
        node.inner = Diagram(node)
        place = self.place.within(node.inner)
        for uid, atom in morphism.values:
            scope.values[uid] = self.reader.atom(atom, self.scope, self.place)
        for ref, value, is_context in zip(definition.inputs, values, flags, strict=True):
            scope.values[ref.uid] = self.let_in(node.inner, value, is_context, ref.name)
        self.reader.leave(
            self.reader.block(definition.body, scope, place), place, definition.target
        )

    def let_in(
        self, diagram: Diagram, value: Value, is_context: bool = False, name: str = ""
    ) -> Value:
        """The wires of a value inside of the box that they enter."""
        entry = diagram.entry
        ends = []
        for end in wires(value):
            entry.outputs.append(Output(end.type, name, is_context))
            ends.append(End(entry, len(entry.outputs) - 1))
        return rewired(value, iter(ends))

    def closure(self, closure: core.Closure, values: Sequence[Value], place: Place) -> Value:
        inner = self.scope.child()
        for port, value in zip(closure.ports, _spread(values, len(closure.ports)), strict=True):
            inner.values[port.uid] = value
        return self.reader.block(closure.body, inner, place)

    def shared(self, share: Share, values: Sequence[Value]) -> Value:
        before = len(self.place.diagram.nodes)
        value = self.at(share.bound.scope).run(share.bound.morphism, values, share.name)
        for node in self.place.diagram.nodes[before:]:
            node.shared = share.number
        return value

    def adjoint(
        self, inner: core.Morphism, source: Type, values: Sequence[Value], label: str
    ) -> Value:
        """The box of `dagger f`; its parameters are those of `f`."""
        text = words.flat(self.reader.text(self.span))
        value = self.box("box", label or words.shortened(text, 26), values, text)
        node = self.place.diagram.nodes[-1]
        aside = Diagram(Node("box", "", self.place.diagram))
        given = [
            self.let_in(aside, End(Node("box", "", aside, outputs=[Output(t)]), 0))
            for t in parts(self.scope.type(source))
        ]
        Factor(self.reader, self.scope, self.place.within(aside), self.span, self.type).turn(
            inner, given
        )
        node.leaves = [leaf for held in aside.nodes for leaf in held.all_leaves]
        return value

    # ---- combinators ------------------------------------------------------------------------

    def inside(
        self, body: Callable[[Sequence[Value], Place], Value], lead: Shape = ()
    ) -> Callable[[Sequence[Value], Diagram], Value]:
        return lambda given, diagram: body(given, self.place.within(diagram).under(lead))

    def framed(
        self,
        title: str,
        badge: str,
        values: Sequence[Value],
        body: Callable[[Sequence[Value], Diagram], Value],
        feedback: int = 0,
    ) -> Value:
        """A frame around what `body` draws; it melts into its only box."""
        node = self.reader.frame(self.place, title, badge)
        node.feedback = feedback
        node.tip = words.flat(self.reader.text(self.span))
        inner = node.inner
        assert inner is not None
        given = []
        for value in values:
            self.reader.plug(node, value)
            given.append(self.let_in(inner, value))
        found = body(given, inner)
        self.reader.leave(found, Place(inner))
        result = self.reader.results(node, self.type)
        if len(wires(result)) != len(inner.exit.inputs):  # a tuple that is one wire outside
            node.outputs = [Output(given.end.type) for given in inner.exit.inputs]
            ends = (End(node, k) for k in range(len(node.outputs)))
            result = rewired(found, ends) if wires(found) else next(ends)
        _melt(node)
        return result

    def combined(self, morphism: core.Morphism, values: Sequence[Value], label: str) -> Value:
        """Loops, copies, big operators, and what runs along named axes."""
        scope = self.scope
        match morphism:
            case core.Repeated(kind, times, index, inner, indexed):
                size = scope.dim(times)
                if self.reader.deciding.number(size) == 0 and kind != "trail":
                    return values[-1]
                if indexed:
                    plain = Place(self.place.diagram)
                    values = [self.reader.index(index.name, size, plain), *values]
                return self.wrapped(inner, f"{TURNS[kind]} {factor(size)}", values, label)
            case core.Copied(times, inner):
                size = scope.dim(times)
                return self.wrapped(inner, f"{factor(size)} copies", values, label, (size,))
            case core.Scanned(length, inner):
                state = len(wires(values[0]))
                return self.wrapped(inner, f"scan {scope.dim(length)}", values, label, (), state)
            case core.BigSequence(index, times, inner):
                return self.big(">>", index, times, inner, values, label)
            case core.BigSum(op, index, times, inner):
                return self.big("+" if op == "add" else "×", index, times, inner, values, label)
            case core.BigTuple(op, index, times, inner):
                return self.big(op, index, times, inner, values, label)
            case core.OnAxes(axes, _, inner):
                lead = tuple(scope.dim(axis) for axis in axes)
                found = self.wrapped(inner, "", values, label, lead)
                self.name_axes(self.place.diagram.nodes[-1], label)
                return found
            case _:
                raise InternalError(f"no morphism to draw: {morphism!r}")

    def name_axes(self, node: Node, label: str) -> None:
        """Write `mean{c [h w]}` where `mean` stands."""
        text = words.flat(self.reader.text(self.span))
        shown = words.factor(text, "")
        if "{" in shown and label:
            node.note = shown
        elif "{" in shown:
            node.title = shown

    def big(
        self,
        op: str,
        index: Symbol,
        times: Dim,
        inner: core.Morphism,
        values: Sequence[Value],
        label: str,
    ) -> Value:
        size = self.scope.dim(times)
        number = self.reader.deciding.number(size)
        if number is not None and 0 < number <= SHOWN:
            turns = [(inner, self.scope.child({index: Dim.of(k)})) for k in range(number)]
            return self.stages(op, turns, values, label)
        found = self.wrapped(inner, f"{op} {index.name} < {size}", values, label)
        if index in self.reader.deciding.first:
            self.place.diagram.nodes[-1].badge += f", at {index.name} = 0"
        return found

    def wrapped(
        self,
        inner: core.Morphism,
        badge: str,
        values: Sequence[Value],
        label: str,
        lead: Shape = (),
        feedback: int = 0,
    ) -> Value:
        """A morphism inside of a frame that says how often it runs, or along which axes."""

        def body(given: Sequence[Value], place: Place) -> Value:
            return self.to(place, given).turn(inner, given)

        return self.framed(label, badge, values, self.inside(body, lead), feedback)

    def to(self, place: Place, values: Sequence[Value]) -> "Factor":
        """The same factor at another place, for an endomorphism: of the type of its input."""
        types = [end.type for value in values for end in wires(value)]
        type_ = types[0] if len(types) == 1 else Product(tuple(types))
        return Factor(self.reader, self.scope, place, self.span, type_)

    def turn(self, inner: core.Morphism, values: Sequence[Value]) -> Value:
        """One turn of a loop: its body is a closure, or something that gives one."""
        match inner:
            case core.Closure():
                return self.closure(inner, values, self.place)
            case core.Labelled(_, held):
                return self.turn(held, values)
            case core.Argument(uid) if (bound := self.scope.morphism(uid)) is not None:
                return self.at(bound.scope).turn(bound.morphism, values)
            case _:
                return self.run(inner, values)

    def stages(
        self,
        op: str,
        turns: Sequence[tuple[core.Morphism, Scope]],
        values: Sequence[Value],
        label: str,
    ) -> Value:
        """`(>> i < 4) f[i]`, written out; the first of many stands for all."""
        badge = f"{'×' if op == '*' else op} i < {len(turns)}"
        if len(turns) > SHOWN and op != "|":
            return self.wrapped(turns[0][0], f"{badge}, at i = 0", values, label)

        def body(given: Sequence[Value], place: Place) -> Value:
            return self.to(place, given).staged(op, turns, given)

        if label:
            return self.framed(label, badge, values, self.inside(body))
        return body(values, self.place)

    def staged(
        self,
        op: str,
        turns: Sequence[tuple[core.Morphism, Scope]],
        values: Sequence[Value],
    ) -> Value:
        current, found = list(values), list[Value]()
        for k, (member, scope) in enumerate(turns):
            if op == "|" and isinstance(values[0], Bundle):
                current = [values[0].items[k]]
            before = len(self.place.diagram.nodes)
            found.append(self.at(scope).turn(member, current))
            added = self.place.diagram.nodes[before:]
            if len(added) == 1 and added[0].inner is not None and not added[0].note:
                added[0].note = f"i = {k}"
            if op == ">>":
                current = [found[-1]]
        if op == ">>":
            return current[0]
        if op in ("&", "|"):
            return Bundle(tuple(found))
        plain = self.to(Place(self.place.diagram), found[:1])
        return self.reader.operator("add" if op == "+" else "mul", found, plain.type, plain.place)


def factor(size: Dim) -> str:
    """A size as it stands beside a `×`."""
    text = str(size)
    return text if text.isalnum() else f"({text})"


def _spread(values: Sequence[Value], count: int) -> Sequence[Value]:
    """A tuple as the values of several ports, or several values as one tuple."""
    if len(values) == 1 and count > 1 and isinstance(values[0], Bundle):
        return values[0].items
    if len(values) > 1 and count == 1:
        return [Bundle(tuple(values))]
    return values


def _melt(frame: Node) -> None:
    """Let a frame around a single box be that box: `repeat[12] block` is a block, twelve times."""
    inner = frame.inner
    assert inner is not None
    if len(inner.nodes) != 1:
        return
    (node,) = inner.nodes
    if (frame.badge and node.badge) or node.feedback or frame.feedback:
        return
    through = [(end.node, end.port) for end in (given.end for given in node.inputs)]
    out = [(given.end.node, given.end.port) for given in inner.exit.inputs]
    if through != [(inner.entry, k) for k in range(len(inner.entry.outputs))]:
        return
    if out != [(node, k) for k in range(len(node.outputs))]:
        return
    frame.kind, frame.inner, frame.leaves = node.kind, node.inner, node.leaves
    frame.badge = frame.badge or node.badge
    if frame.title:
        own = node.title if node.title != frame.title else ""
        frame.note = node.note if node.note.startswith(f"{own}[") else own or node.note
    else:
        frame.title, frame.note = node.title, node.note
    frame.is_library, frame.shared = node.is_library, node.shared
    frame.definition = node.definition
    frame.inputs = [
        Input(given.end, inside.is_context)
        for given, inside in zip(frame.inputs, node.inputs, strict=True)
    ]
    if frame.inner is not None:
        frame.inner.owner = frame


__all__ = ["Factor"]
