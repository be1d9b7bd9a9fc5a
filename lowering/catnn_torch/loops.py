"""Loops inside a function: repeated blocks are called, others stand in place, scans collect."""

from collections.abc import Callable

from attrs import frozen

from catnn.ir.terms import Leaf, Loop, Project, Term, TupleTerm
from catnn.types.types import Product
from catnn_torch.function import Body
from catnn_torch.naming import Wish
from catnn_torch.paths import attribute
from catnn_torch.recurrent import Cell, recognised
from catnn_torch.regions import body_leaves, captures
from catnn_torch.writer import is_scalar


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
        cell = recognised(loop) if writer.optimise else None
        if cell is not None:
            return self.kernel(writer, loop, cell)
        for capture in captures(loop, loop.body):
            writer.value(capture)
        sequence = writer.value(loop.xs)
        state = self.initial(writer, loop)
        outputs = writer.local(Wish("outputs"))
        writer.line(f"{outputs} = []")
        item, elements = self.items(writer, loop, sequence)
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

    def items(self, writer: Body, loop: Loop, sequence: str) -> tuple[str, str]:
        """The name of an element of `xs` and what it runs through; components have names of their own."""
        element = loop.body.parameters[1]
        assert loop.xs is not None
        if not isinstance(loop.xs, TupleTerm) or len(loop.xs.items) < 2:
            return writer.local(Wish("item")), turns(sequence, loop.xs.type)
        assert isinstance(element.type, Product)
        names, runs = [], []
        for k, part in enumerate(loop.xs.items):
            name = writer.local(Wish("item"))
            writer.values[Project(element, k, element.type.items[k])] = name
            names.append(name)
            runs.append(turns(writer.value(part), part.type))
        return f"({', '.join(names)})", f"zip({', '.join(runs)}, strict=True)"

    def kernel(self, writer: Body, loop: Loop, cell: Cell) -> str:
        """A scan by the kernel of its cell."""
        assert loop.xs is not None
        assert isinstance(loop.type, Product)
        writer.helpers.add(cell.kind)
        leaves = (cell.weight_ih, cell.weight_hh, *cell.biases)
        sequence, state = writer.value(loop.xs), writer.value(loop.init)
        if cell.order == (1, 0):
            state = f"{state}[::-1]"
        arguments = ", ".join((sequence, state, *map(writer.value, leaves)))
        last, outputs = (Project(loop, k, loop.type.items[k]) for k in (0, 1))
        ys = writer.local(Wish("outputs"))
        states = [writer.local(Wish(name)) for name in ("h", "c")[: len(cell.order)]]
        writer.line(
            f"{', '.join((ys, *states))} = {cell.kind}({arguments})", str(loop.type.items[1])
        )
        placed = [states[k] for k in cell.order]
        writer.values[last] = placed[0] if len(placed) == 1 else f"({', '.join(placed)})"
        writer.values[outputs] = ys
        return f"({writer.values[last]}, {ys})"


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
    return not is_scalar(term)


class BlockTable:
    """Where the repeated blocks of a program are emitted; see `module`."""

    def holder(self, writer: Body, loop: Loop) -> str:
        """The expression of the list of blocks."""
        raise NotImplementedError

    def form(self, loop: Loop) -> str:
        """What a call of a block has behind its arguments."""
        raise NotImplementedError


__all__ = ["BlockTable", "LoopEmitter", "needs_passing"]
