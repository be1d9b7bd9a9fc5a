"""The state of one elaboration: the unifier, the block under construction, the reports."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, NoReturn

from attrs import define, evolve, field, frozen

from catnn.elaborate.core import (
    Atom,
    Binding,
    Block,
    Call,
    Component,
    Convert,
    Filled,
    Indexed,
    Instantiated,
    Lookup,
    Morphism,
    Operation,
    Operator,
    Passed,
    Ref,
    Stacked,
    Tupled,
)
from catnn.elaborate.definition import Definition, Requirement
from catnn.elaborate.habits import HABITS, TYPES
from catnn.elaborate.names import suggestion
from catnn.elaborate.scope import Scope
from catnn.elaborate.unify import Mismatch, Obligation, Report, Unifier
from catnn.errors import Diagnostic, Label
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import SizeLimit, Symbol
from catnn.types.facts import Fact
from catnn.types.types import Type

if TYPE_CHECKING:
    from catnn.elaborate.checker import Checker

_uids = count(1)


@frozen
class Claim:
    """A morphism that must be linear in its first `inputs` ports; `text` says that it is not."""

    morphism: Morphism
    inputs: int
    text: str
    span: Span
    places: tuple[Label, ...] = ()
    contexts: int = 0


def fresh_uid() -> int:
    return next(_uids)


class Abandon(Exception):
    """This part has an error that was reported; go on with what does not need it."""


@define(eq=False)
class Elaborator:
    """Elaborates the body of one definition."""

    checker: "Checker"
    definition: Definition
    unifier: Unifier
    bindings: list[Binding] = field(factory=list)
    depth: int = 0
    constants: set[int] = field(factory=set)
    additive: list[tuple[Type, str, Span]] = field(factory=list)
    wanted: dict[Symbol, tuple[str, str, Span, bool]] = field(factory=dict)
    filled: list[tuple[str, Type, Span]] = field(factory=list)
    claims: list[Claim] = field(factory=list)
    instances: dict[int, Morphism] = field(factory=dict)
    aliases: list[tuple[str, str]] = field(factory=list)
    uses: int = 0
    terms: int = 0
    begins: int = 0
    """How many first values of leaves are under construction: initialisers stand nowhere else."""

    # ---- blocks -----------------------------------------------------------------------

    def bind(self, operation: Operation, type_: Type, name: str, span: Span) -> Ref:
        """Append an operation to the block; its value as an atom."""
        ref = Ref(fresh_uid(), name, type_)
        self.bindings.append(Binding(ref, operation, span))
        if is_pure(operation) and all(map(self.is_constant, operands(operation))):
            self.constants.add(ref.uid)
        return ref

    def made_at(self, atom: Atom) -> Span | None:
        """Where a value of the block under construction was made."""
        while isinstance(atom, Component | Indexed):
            atom = atom.of
        found = (
            b.span
            for b in reversed(self.bindings)
            if isinstance(atom, Ref) and b.ref.uid == atom.uid
        )
        return next(found, None)

    def name_value(self, atom: Atom, name: str) -> None:
        """Give the value that was bound last the user's name for it."""
        if isinstance(atom, Ref) and self.bindings and self.bindings[-1].ref.uid == atom.uid:
            last = self.bindings[-1]
            self.bindings[-1] = evolve(last, ref=evolve(last.ref, name=name), named=True)

    def mark_constant(self, ref: Ref) -> None:
        """`ref` is a parameter, or another value that no input reaches."""
        self.constants.add(ref.uid)

    def is_constant(self, atom: Atom) -> bool:
        """Whether a value is made of parameters and constants only."""
        match atom:
            case Ref(uid):
                return uid in self.constants
            case Tupled(items):
                return all(map(self.is_constant, items))
            case Component(of) | Indexed(of):
                return self.is_constant(of)
            case _:
                return True

    def depends_on_input(self, atom: Atom) -> bool:
        return not self.is_constant(atom)

    def block(self, build: Callable[[], Atom]) -> Block:
        """What `build` makes, as a block of its own."""
        outer, self.bindings = self.bindings, []
        try:
            result = build()
            return Block(tuple(self.bindings), result)
        finally:
            self.bindings = outer

    @contextmanager
    def assuming(self, facts: Iterable[Fact]) -> Iterator[None]:
        """Facts that hold in what is elaborated inside."""
        outer = self.unifier.facts
        for fact in facts:
            self.unifier.facts = self.unifier.facts.assume(self.resolve_fact(fact))
        try:
            yield
        finally:
            self.unifier.facts = outer

    @contextmanager
    def deeper(self, span: Span) -> Iterator[None]:
        """One more level of nesting; a diagnostic beyond the limit."""
        self.depth += 1
        try:
            if self.depth > 400:
                self.fail("E0219", "this is nested too deeply to be checked", span)
            yield
        except SizeLimit as limit:
            self.fail("E0219", f"this is out of bounds: {limit}", span)
        finally:
            self.depth -= 1

    def resolve_fact(self, fact: Fact) -> Fact:
        return fact.map(self.unifier.dim)

    # ---- reports ----------------------------------------------------------------------

    def report(self, diagnostic: Diagnostic) -> None:
        self.checker.report(diagnostic)

    def fail(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        labels: Iterable[Label] = (),
        notes: Iterable[str] = (),
        help: Iterable[str] = (),
    ) -> NoReturn:
        """Report an error and abandon the part that has it."""
        self.report(
            Diagnostic(code, message, span, label, tuple(labels), tuple(notes), tuple(help))
        )
        raise Abandon

    def unknown(self, name: str, span: Span, what: str, candidates: Iterable[str]) -> NoReturn:
        if self.checker.is_excused(self.definition.module, name):
            raise Abandon
        homes = self.checker.library.homes(name) if self.definition.primitive is None else []
        habits = TYPES if what == "type" else HABITS
        help = (
            f"`import {homes[0]} ({name})`"
            if homes
            else habits.get(name.lower()) or suggestion(name, candidates)
        )
        self.fail("E0302", f"there is no {what} `{name}` here", span, help=[help] if help else [])

    def oblige(self, fact: Fact, report: Callable[[Fact], Diagnostic]) -> None:
        """A fact to be shown when the definition is finished (metas are known then)."""
        self.unifier.obligations.append(Obligation(fact, self.unifier.facts, report))

    def require(self, fact: Fact, span: Span) -> None:
        """A fact that the definition now asks of its callers."""
        self.definition.requirements.append(Requirement(fact, span, written=False))
        self.unifier.facts = self.unifier.facts.assume(fact)

    # ---- dispatch ---------------------------------------------------------------------

    def value(self, expr: ast.Static, scope: Scope, expected: Type | None = None) -> Atom:
        """The value of an expression; `expected` is its type where that is known."""
        return self.checker.tables.value(self, expr, scope, expected)

    def apply(
        self, expr: ast.Static, scope: Scope, argument: Atom, expected: Type | None = None
    ) -> Atom:
        """A morphism expression applied to an input."""
        return self.checker.tables.apply(self, expr, scope, argument, expected)


PURE = (Operator, Convert, Filled, Call, Passed, Stacked, Lookup)


def is_pure(operation: Operation) -> bool:
    """Whether a value is the same for all items if what it is made of is."""
    draws = (
        isinstance(operation, Call)
        and isinstance(operation.callee, Instantiated)
        and operation.callee.definition.draws
    )
    return isinstance(operation, PURE) and not draws


def operands(operation: Operation) -> Iterable[Atom]:
    """The atoms that a pure operation reads."""
    match operation:
        case Operator(arguments=arguments) | Call(arguments=arguments):
            return arguments
        case Convert(argument=atom) | Passed(atom=atom):
            return (atom,)
        case Stacked(items=items):
            return items
        case Lookup(tensor=tensor, indices=indices):
            return (tensor, *indices)
        case _:
            return ()


__all__ = ["Abandon", "Elaborator", "Mismatch", "Report", "fresh_uid"]
