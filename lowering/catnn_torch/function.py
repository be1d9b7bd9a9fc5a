"""Function bodies: every form of term, branches, stores. Loops are in `loops`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from catnn.errors import InternalError
from catnn.ir.terms import (
    Apply,
    Constant,
    Leaf,
    Loop,
    Project,
    Region,
    Size,
    Store,
    Term,
    TupleTerm,
    Var,
    WhenTraining,
)
from catnn.ir.walk import results
from catnn.types.atoms import Atom
from catnn.types.dims import Symbol
from catnn.types.types import Product
from catnn_torch.fusing import fused_norms
from catnn_torch.grouping import Group, groups, suggestions
from catnn_torch.ops import EMITTERS
from catnn_torch.ops.normal import fused_batch_norm
from catnn_torch.regions import (
    children,
    exclusive,
    memory,
    reachable,
    use_counts,
)
from catnn_torch.writer import Names, Writer, dims

if TYPE_CHECKING:
    from catnn_torch.loops import LoopEmitter


class SizeNames(dict[Atom, str]):
    """The names of sizes; remembers which were asked for."""

    def __init__(self, names: Mapping[Atom, str]) -> None:
        super().__init__(names)
        self.used: dict[Atom, None] = {}

    def __getitem__(self, atom: Atom) -> str:
        self.used.setdefault(atom)
        return super().__getitem__(atom)


@define(eq=False)
class Body(Writer):
    """A function body; `fused` are batch norms that store their statistics themselves.

    `bases` names the blocks in whose turn a line stands, by the index of their loop.
    """

    fused: set[Term] = field(factory=set)
    loops: "LoopEmitter | None" = None
    bases: dict[Symbol, str] = field(factory=dict)

    def enter(self) -> "Outside":
        """Remember what holds around a loop's body."""
        return Outside(dict(self.values), self.uses, self.fused, self.groups, self.suggested)

    def leave(self, outside: "Outside") -> None:
        self.values, self.uses, self.fused = outside.values, outside.uses, outside.fused
        self.groups, self.suggested = outside.groups, outside.suggested

    def region(self, region: Region) -> str:
        """All lines of a region but its return; the expression of its result."""
        self.uses = use_counts(region)
        terms = list(reachable(results(region)))
        self.fused = fused_norms(region, self.uses) if self.optimise else set()
        self.groups = groups(terms, self.uses) if self.optimise else {}
        self.suggested = suggestions(terms, self.uses)
        stores = [s for s in region.stores if not _is_fused(s.value, self.fused)]
        result = self.lasting(region.result, {store.buffer for store in region.stores})
        for name, term in region.aux:
            self.line(f'self.aux["{name}"] = {self.value(term)}')
        self.store(stores)
        return result

    def lasting(self, term: Term, stored: set[Leaf]) -> str:
        """A value that a store into a buffer does not change."""
        if isinstance(term, TupleTerm):
            items = ", ".join(self.lasting(item, stored) for item in term.items)
            return f"({items}{',' if len(term.items) == 1 else ''})"
        text = self.value(term)
        if memory(term) not in stored:
            return text
        name = self.local(self.wish(term))
        self.line(f"{name} = {text}.clone()", str(term.type))
        return name

    def store(self, stores: Sequence[Store]) -> None:
        """All new values first, then all stores: they are simultaneous."""
        if not stores:
            return
        self.line(f"if {self.training}:")
        self.indent += 1
        self.line("with torch.no_grad():")
        self.indent += 1
        kept = dict(self.values)
        changed = {store.buffer for store in stores} if len(stores) > 1 else set()
        texts = [self.lasting(store.value, changed) for store in stores]
        for store, text in zip(stores, texts, strict=True):
            self.line(f"{self.leaf_names(store.buffer)}.copy_({text})")
        self.values = kept
        self.indent -= 2


@frozen(eq=False)
class Outside:
    """The tables of a function body around a loop."""

    values: dict[Term, str]
    uses: Mapping[Term, int]
    fused: set[Term]
    groups: dict[Term, Group]
    suggested: dict[Term, str]


def _is_fused(value: Term, fused: set[Term]) -> bool:
    return isinstance(value, Project) and value.tuple in fused


# ---- terms ------------------------------------------------------------------------------


def emit(writer: Writer, term: Term) -> str:
    """The expression of a term that is met for the first time."""
    assert isinstance(writer, Body)
    match term:
        case Var(name=name):
            raise InternalError(f"the variable {name} is not bound here")
        case Leaf():
            return writer.leaf_names(term)
        case Constant() | Size():
            text = writer.scalar(term)
            assert text is not None
            return text
        case Apply():
            return _apply(writer, term)
        case TupleTerm(items=items):
            return f"({', '.join(writer.value(item) for item in items)}{',' if len(items) == 1 else ''})"
        case Project():
            return _project(writer, term)
        case WhenTraining():
            return _when_training(writer, term)
        case Loop():
            assert writer.loops is not None
            return writer.loops.emit(writer, term)


PARTS = {
    **dict.fromkeys(("argmax", "argmin"), ("value", "index")),
    **dict.fromkeys(("top", "sort"), ("values", "indices")),
    "batch_norm": ("normed", "mean", "var"),
}
"""What the components of a result are called."""


def _apply(writer: Body, term: Apply) -> str:
    scalar = writer.scalar(term)
    if scalar is not None:
        return scalar
    if term in writer.fused:
        text = fused_batch_norm(writer, term)
        assert isinstance(term.type, Product)
        first = Project(term, 0, term.type.items[0], hint=term.hint, factor=term.factor)
        writer.assign(first, text)
        return writer.values[first]
    if term in writer.groups and not any(t in writer.values for t in writer.groups[term].parts):
        return _grouped(writer, term)
    emitter = EMITTERS.get(term.op)
    if emitter is None:
        raise InternalError(f"the primitive `{term.op}` has no emission")
    text = emitter(writer, term)
    if isinstance(term.type, Product):
        names = PARTS.get(term.op, ("", "", ""))
        parts = [
            Project(term, k, item, hint=name)
            for k, (item, name) in enumerate(zip(term.type.items, names, strict=False))
        ]
        return writer.assign_parts(term, text, parts)
    return writer.assign(term, text)


def _grouped(writer: Body, term: Apply) -> str:
    """All views of a group in one call."""
    group = writer.groups[term]
    whole = writer.value(group.whole)
    axis = -1 if group.axis == len(dims(group.whole)) - 1 else group.axis
    if group.kind == "unbind":
        text = f"{whole}.unbind({axis})"
    else:
        sizes = ", ".join(writer.size(dims(part)[group.axis]) for part in group.parts)
        text = f"{whole}.split(({sizes}), dim={axis})"
    writer.assign_all(text, group.parts)
    return writer.values[term]


def _project(writer: Body, term: Project) -> str:
    whole = writer.value(term.tuple)
    found = writer.values.get(term)
    return found if found is not None else f"{whole}[{term.index}]"


def _when_training(writer: Body, term: WhenTraining) -> str:
    """Only the branch of the mode is computed; what others need too stands before it."""
    uses = dict(writer.uses)
    for branch in (term.then, term.otherwise):
        own = exclusive(branch, uses)
        for shared in _frontier(branch, own):
            writer.value(shared)
    name = writer.local(writer.wish(term))
    for word, branch in ((f"if {writer.training}:", term.then), ("else:", term.otherwise)):
        writer.line(word)
        kept = dict(writer.values)
        writer.indent += 1
        writer.line(f"{name} = {writer.value(branch)}")
        writer.indent -= 1
        writer.values = kept
    writer.values[term] = name
    return name


def _frontier(root: Term, own: set[Term]) -> list[Term]:
    found: dict[Term, None] = {}
    seen: set[Term] = set()

    def walk(term: Term) -> None:
        if term in seen:
            return
        seen.add(term)
        if term not in own:
            found.setdefault(term)
            return
        for child in children(term):
            walk(child)

    walk(root)
    return list(found)


__all__ = ["Body", "Names", "SizeNames", "emit"]
