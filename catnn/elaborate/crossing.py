"""Contexts of `across` morphisms: such a body sees all leading axes at once, so its context is one for all.

A value *differs* if an input or a draw of the definition reaches it; from a
context of the definition itself it differs if that context does, which is then
asked of the callers: `Definition.whole` names those contexts.
"""

from collections.abc import Iterable

from attrs import define, field

from catnn.elaborate import core
from catnn.elaborate.context import Elaborator
from catnn.elaborate.core import Atom
from catnn.elaborate.definition import Definition, Port
from catnn.errors import Diagnostic
from catnn.source import Span

INPUT = -1
Reach = frozenset[int]
"""What reaches a value: `INPUT`, and the uids of contexts."""

NOTHING: Reach = frozenset()


def prove_whole(e: Elaborator, definition: Definition) -> None:
    """Refuse what differs as the context of an `across` morphism; note which contexts are asked for."""
    assert definition.body is not None
    walk = _Walk(e, definition)
    for ref, port in zip(definition.inputs, definition.ports, strict=True):
        own = frozenset({ref.uid if port.is_context else INPUT})
        walk.reach[ref.uid] = NOTHING if definition.across is not None else own
    walk.block(definition.body)
    contexts = [
        ref for ref, p in zip(definition.inputs, definition.ports, strict=True) if p.is_context
    ]
    definition.whole = {ref.name for ref in contexts if ref.uid in walk.asked}


@define
class _Walk:
    e: Elaborator
    definition: Definition
    reach: dict[int, Reach] = field(factory=dict)
    asked: set[int] = field(factory=set)

    def block(self, block: core.Block) -> Reach:
        for binding in block.bindings:
            found = self.operation(binding.operation, binding.span)
            self.reach[binding.ref.uid] = found
        return self.atom(block.result)

    def atom(self, atom: Atom) -> Reach:
        match atom:
            case core.Ref(uid):
                return self.reach.get(uid, NOTHING)
            case core.Tupled(items):
                return self.union(items)
            case core.Component(of) | core.Indexed(of):
                return self.atom(of)
            case _:
                return NOTHING

    def union(self, atoms: Iterable[Atom]) -> Reach:
        return frozenset().union(*map(self.atom, atoms))

    def operation(self, operation: core.Operation, span: Span) -> Reach:
        match operation:
            case core.Call(callee, arguments, _, leads):
                given = [self.atom(argument) for argument in arguments]
                return self.call(callee, given, [bool(lead) for lead in leads], span)
            case core.Operator(arguments=atoms) | core.Stacked(items=atoms):
                return self.union(atoms)
            case core.Convert(argument=atom) | core.Passed(atom=atom):
                return self.atom(atom)
            case core.Lookup(tensor, indices):
                return self.union((tensor, *indices))
            case core.Tabulated(body=body):
                return self.block(body)
            case core.Chosen(then=then, otherwise=otherwise):
                return self.block(then) | self.block(otherwise)
            case core.InTraining(then=then, otherwise=otherwise):
                return self.block(then) | self.block(otherwise)
            case core.Drawn():
                return NOTHING if self.definition.across is not None else frozenset({INPUT})
            case core.Instance(morphism=morphism):
                return self.morphism(morphism, [], [], span)
            case _:
                return NOTHING

    def call(
        self, callee: core.Morphism, given: list[Reach], leads: list[bool], span: Span
    ) -> Reach:
        inside = self.morphism(callee, given, leads, span)
        return inside.union(*given)

    def morphism(
        self, morphism: core.Morphism, given: list[Reach], leads: list[bool], span: Span
    ) -> Reach:
        """What reaches the result beside the arguments; calls inside are judged."""
        match morphism:
            case core.Instantiated(definition=definition, morphisms=morphisms):
                self.judge(definition, given, leads, span)
                parts = [self.morphism(inner, [], [], span) for _, inner in morphisms]
                return NOTHING.union(*parts)
            case core.Closure(ports, body):
                all_given = NOTHING.union(*given)
                matched = given if len(given) == len(ports) else [all_given] * len(ports)
                for port, own in zip(ports, matched, strict=True):
                    self.reach[port.uid] = own
                return self.block(body)
            case core.Stages(parts=stages):
                found = NOTHING
                for stage in stages:
                    found |= self.morphism(stage, given, leads, span)
                return found
            case (
                core.Labelled(inner=inner)
                | core.Repeated(inner=inner)
                | core.Copied(inner=inner)
                | core.Scanned(inner=inner)
                | core.BigSequence(inner=inner)
                | core.BigSum(inner=inner)
                | core.BigTuple(inner=inner)
                | core.OnAxes(inner=inner)
                | core.Adjoint(inner=inner)
            ):
                return self.morphism(inner, given, leads, span)
            case core.Argument() | core.Shared() | core.Matched() | core.Joined():
                return NOTHING

    def judge(
        self, definition: Definition, given: list[Reach], leads: list[bool], span: Span
    ) -> None:
        """The contexts of one call of a definition."""
        if len(given) != len(definition.ports):
            return
        for port, own, lead in zip(definition.ports, given, leads, strict=True):
            if not port.is_context:
                continue
            if definition.across is None and port.name not in definition.whole:
                continue
            if lead or INPUT in own:
                self.refuse(definition, port, span)
            self.asked |= own

    def refuse(self, definition: Definition, port: Port, span: Span) -> None:
        self.e.report(
            Diagnostic(
                "E0403",
                f"`{definition.name}` sees all leading axes at once, and its context "
                f"`{port.name}` differs along them",
                span,
                notes=("`across` makes all leads one axis; a context is then one for all of them",),
                help=("take it as an input: the body sees all of that, too",),
            )
        )
        self.definition.state = "failed"
