"""Function bodies: every form of term, loops and branches, stores."""

from collections.abc import Callable, Mapping, Sequence

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
from catnn.types.dims import Dim, Symbol
from catnn.types.types import Product, Real, Tensor
from catnn_torch.grouping import Group, groups, suggestions
from catnn_torch.naming import Wish
from catnn_torch.ops import EMITTERS
from catnn_torch.ops.normal import fused_batch_norm
from catnn_torch.paths import attribute
from catnn_torch.regions import (
    body_leaves,
    captures,
    exclusive,
    memory,
    reachable,
    roots,
    use_counts,
)
from catnn_torch.writer import Names, Writer, dims


class SizeNames(dict[Symbol, str]):
    """The names of sizes; remembers which were asked for."""

    def __init__(self, names: dict[Symbol, str]) -> None:
        super().__init__(names)
        self.used: dict[Symbol, None] = {}

    def __getitem__(self, symbol: Symbol) -> str:
        self.used.setdefault(symbol)
        return super().__getitem__(symbol)


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
        terms = list(reachable(roots(region)))
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


def fused_norms(region: Region, uses: dict[Term, int]) -> set[Term]:
    """Batch norms whose new statistics go exactly into the buffers that they read."""
    stored = {(store.buffer, store.value) for store in region.stores}
    found: set[Term] = set()
    for _, value in stored:
        if not (isinstance(value, Project) and isinstance(value.tuple, Apply)):
            continue
        norm = value.tuple
        if norm.op != "batch_norm" or norm.lead or not isinstance(norm.type, Product):
            continue
        items = norm.type.items
        parts = [Project(norm, k, items[k]) for k in (1, 2)]
        pairs = [(norm.arguments[3], parts[0]), (norm.arguments[4], parts[1])]
        if all(pair in stored for pair in pairs) and all(uses.get(part, 0) == 1 for part in parts):
            found.add(norm)
    return {norm for norm in found if _read_by_norms_only(norm, found, uses)}


def _read_by_norms_only(norm: Term, norms: set[Term], uses: dict[Term, int]) -> bool:
    """Whether nothing but these norms sees the running statistics change."""
    assert isinstance(norm, Apply)
    readers = [other for other in norms if isinstance(other, Apply)]
    return all(
        uses.get(buffer, 0) == sum(buffer in other.arguments for other in readers)
        for buffer in norm.arguments[3:]
    )


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
    "batch_norm": ("", "mean", "var"),
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
    from catnn_torch.regions import children

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


# ---- loops ------------------------------------------------------------------------------


class LoopEmitter:
    """Loops inside a function; repeated blocks are emitted by `Blocks`."""

    def __init__(self, blocks: "BlockTable") -> None:
        self.blocks = blocks

    def emit(self, writer: Body, loop: Loop) -> str:
        if loop.order and loop.path and body_leaves(loop):
            return self.ordered(writer, loop)
        if loop.kind == "scan":
            return self.scan(writer, loop)
        if loop.path and body_leaves(loop):
            return self.repeated(writer, loop)
        return self.inline(writer, loop)

    def repeated(self, writer: Body, loop: Loop) -> str:
        """`for block in self.blocks: x = block(x, ..)`."""
        outer = [capture for capture in captures(loop, loop.body) if needs_passing(capture)]
        passed = [writer.value(capture) for capture in outer]
        state = self.initial(writer, loop)
        block = writer.local(Wish("block"))
        extra = "".join(f", {text}" for text in passed)
        if loop.kind == "trail":
            head = f"for {block} in {self.blocks.holder(writer, loop)}:"
            call = f"{block}({{}}{extra}{self.blocks.form(loop)})"
            return self.trail(writer, loop, state, head, call)
        writer.line(f"for {block} in {self.blocks.holder(writer, loop)}:")
        extra += self.blocks.form(loop)
        writer.indent += 1
        writer.line(f"{state} = {block}({state}{extra})", str(loop.type))
        writer.indent -= 1
        writer.values[loop] = state
        return state

    def initial(self, writer: Body, loop: Loop) -> str:
        text = writer.value(loop.init)
        name = writer.local(writer.wish(loop))
        writer.line(f"{name} = {text}")
        return name

    def trail(self, writer: Body, loop: Loop, state: str, head: str, call: str) -> str:
        states = writer.local(Wish("states"))
        writer.line(f"{states} = [{state}]")
        writer.line(head)
        writer.indent += 1
        writer.line(f"{states}.append({call.format(f'{states}[-1]')})")
        writer.indent -= 1
        return writer.assign(loop, stacked(states, loop.type))

    def ordered(self, writer: Body, loop: Loop) -> str:
        """A body in place, over the leaves of the blocks in turn: an adjoint has no block of its own."""
        for capture in captures(loop, loop.body):
            writer.value(capture)
        holder = self.blocks.holder(writer, loop)
        blocks = f"reversed({holder})" if loop.order == "descending" else holder
        block = writer.local(Wish("block"))
        inner = InBlock(writer.leaf_names, loop, block)
        outside, outer = writer.leaf_names, writer.bases
        writer.leaf_names, writer.bases = inner, {**outer, loop.index: block}
        try:
            if loop.kind == "scan":
                return self.scan(writer, loop, (block, blocks))
            return self.inline(writer, loop, f"for {block} in {blocks}:")
        finally:
            writer.leaf_names, writer.bases = outside, outer

    def inline(self, writer: Body, loop: Loop, head: str = "") -> str:
        """A loop without leaves of its own: its body stands in place."""
        for capture in captures(loop, loop.body):
            writer.value(capture)
        state = self.initial(writer, loop)
        states = ""
        if loop.kind == "trail":
            states = writer.local(Wish("states"))
            writer.line(f"{states} = [{state}]")
        *indices, variable = loop.body.parameters
        counter = writer.local(Wish("i")) if indices else "_"
        turns_of = f"range({writer.size(loop.count)})"
        if indices:
            turns_of = (
                f"torch.arange({writer.size(loop.count)}, device={writer.device()}).unbind(0)"
            )
        writer.line(head or f"for {counter} in {turns_of}:")
        outside = writer.enter()
        writer.indent += 1
        writer.values[variable] = state
        for index in indices:
            writer.values[index] = counter
        result = writer.region(loop.body)
        writer.line(f"{state} = {result}")
        if states:
            writer.line(f"{states}.append({state})")
        writer.indent -= 1
        writer.leave(outside)
        if states:
            return writer.assign(loop, stacked(states, loop.type))
        writer.values[loop] = state
        return state

    def scan(self, writer: Body, loop: Loop, beside: tuple[str, str] | None = None) -> str:
        """Along the leading axis of `xs`, outputs stacked; `beside` runs with it."""
        assert loop.xs is not None
        assert isinstance(loop.type, Product)
        for capture in captures(loop, loop.body):
            writer.value(capture)
        sequence = writer.value(loop.xs)
        state = self.initial(writer, loop)
        outputs = writer.local(Wish("outputs"))
        item = writer.local(Wish("item"))
        writer.line(f"{outputs} = []")
        elements = turns(sequence, loop.xs.type)
        if beside is None:
            writer.line(f"for {item} in {elements}:")
        else:
            writer.line(f"for {beside[0]}, {item} in zip({beside[1]}, {elements}, strict=True):")
        outside = writer.enter()
        writer.indent += 1
        variable, element = loop.body.parameters
        writer.values[variable], writer.values[element] = state, item
        result = writer.region(loop.body)
        output = writer.local(Wish("output"))
        writer.line(f"{state}, {output} = {result}")
        writer.line(f"{outputs}.append({output})")
        writer.indent -= 1
        writer.leave(outside)
        last = Project(loop, 0, loop.type.items[0])
        writer.values[last] = state
        writer.assign(
            Project(loop, 1, loop.type.items[1], hint="outputs"),
            stacked(outputs, loop.type.items[1]),
        )
        return f"({state}, {writer.values[Project(loop, 1, loop.type.items[1])]})"


@frozen
class InBlock:
    """The leaves of a block by the name that it has in a loop; other leaves as outside."""

    outside: Callable[[Leaf], str]
    loop: Loop
    block: str

    def __call__(self, leaf: Leaf) -> str:
        if self.loop.index not in leaf.path:
            return self.outside(leaf)
        return attribute(self.block, leaf.path[len(self.loop.path) + 1 :])


def stacked(names: str, type_: object) -> str:
    """A list of states as one value with a new leading axis on every leaf."""
    if isinstance(type_, Product):
        parts = [
            stacked(f"[part[{k}] for part in {names}]", item) for k, item in enumerate(type_.items)
        ]
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    return f"torch.stack({names})"


def turns(text: str, type_: object) -> str:
    """The elements along the leading axis of a value."""
    if isinstance(type_, Product):
        parts = ", ".join(turns(f"{text}[{k}]", item) for k, item in enumerate(type_.items))
        return f"zip({parts}, strict=True)"
    return f"{text}.unbind(0)"


def needs_passing(term: Term) -> bool:
    """Whether a captured term is a value that a block must be given."""
    from catnn_torch.writer import is_scalar

    return not is_scalar(term)


class BlockTable:
    """Where the repeated blocks of a program are emitted; see `module`."""

    def holder(self, writer: Body, loop: Loop) -> str:
        """The expression of the list of blocks."""
        raise NotImplementedError

    def form(self, loop: Loop) -> str:
        """What a call of a block has behind its arguments."""
        raise NotImplementedError


def first_real(parameters: Sequence[tuple[str, Term]]) -> str | None:
    """The name of the first real tensor among some parameters."""
    for name, term in parameters:
        if isinstance(term.type, Tensor) and isinstance(term.type.element, Real):
            return name
    return None


def size_lines(
    used: Sequence[Symbol], names: dict[Symbol, str], parameters: Sequence[tuple[str, Term]]
) -> tuple[list[str], list[Symbol]]:
    """Lines that read sizes off the shapes of parameters; what cannot be read so."""
    lines, missing = [], []
    for symbol in used:
        place = _axis_of(symbol, parameters)
        if place is None:
            missing.append(symbol)
        else:
            lines.append(f"{names[symbol]} = {place}")
    return lines, missing


def _axis_of(symbol: Symbol, parameters: Sequence[tuple[str, Term]]) -> str | None:
    for name, term in parameters:
        if isinstance(term.type, Tensor):
            for k, item in enumerate(term.type.shape):
                if isinstance(item, Dim) and item.as_symbol() is symbol:
                    return f"{name}.shape[{k}]"
    return None


__all__ = [
    "BlockTable",
    "Body",
    "LoopEmitter",
    "Names",
    "SizeNames",
    "emit",
    "first_real",
    "size_lines",
]
