"""Repeated blocks: a class for each, and a function of its parameters that is compiled once."""

from collections.abc import Callable, Sequence

from attrs import define, field, frozen

from catnn.ir.show import dotted
from catnn.ir.terms import Apply, Leaf, Loop, Term, Var
from catnn.ir.walk import results
from catnn.types.dims import Symbol
from catnn.types.types import Real, Tensor
from catnn_torch.file import File, Function
from catnn_torch.function import Body, Names, SizeNames
from catnn_torch.layout import broken
from catnn_torch.loops import BlockTable, LoopEmitter, needs_passing
from catnn_torch.paths import attribute, class_name
from catnn_torch.regions import body_leaves, captures, nested_loops, reachable
from catnn_torch.tree import Leaves
from catnn_torch.writer import NOUNS


@frozen
class Form:
    """What a block computes: its arguments, the lines of its `forward`, those of its function."""

    arguments: tuple[str, ...]
    lines: tuple[str, ...]
    function: tuple[str, ...] = ()


@define(eq=False)
class Block:
    """A repeated block: its class, its path, and its two forms where they differ.

    The second is for contexts of which each item has its own.
    """

    cls: str
    path: tuple[str, ...]
    count: str
    title: str
    leaves: Leaves = field(factory=list)
    init: list[str] = field(factory=list)
    forms: list[Form] = field(factory=list)

    def text(self) -> str:
        """The class; without a form it only holds what an adjoint reads."""
        lines = [
            f"class {self.cls}(nn.Module):",
            f'    """One block of `{self.title}`."""',
            "",
            *self.init,
        ]
        if not self.forms:
            return "\n".join(lines)
        shared = self.forms[0]
        lines.append("")
        if len(self.forms) == 1:
            lines += [*broken(f"    def forward({', '.join(shared.arguments)}):", "    ")]
            return "\n".join([*lines, *shared.lines])
        each = self.forms[1]
        same = len(each.arguments) == len(shared.arguments)
        own = shared.arguments[:2]
        passed = shared.arguments[2:] if same else ("*passed",)
        lines += broken(f"    def forward({', '.join([*own, *passed, 'each=False'])}):", "    ")
        lines += ["        if each:"]
        given = ", ".join([*own[1:], *passed])
        lines += broken(" " * 12 + f"return self.each({given})", " " * 12)
        if same:
            lines += shared.lines
        else:
            lines += broken(" " * 8 + f"return self.shared({given})", " " * 8)
            lines += ["", *broken(f"    def shared({', '.join(shared.arguments)}):", "    ")]
            lines += shared.lines
        lines += ["", *broken(f"    def each({', '.join(each.arguments)}):", "    ")]
        return "\n".join([*lines, *each.lines])


@define(eq=False)
class Blocks(BlockTable):
    """The blocks of a file, in the order in which they are first met; `texts` are theirs."""

    file: File
    known: dict[str, Block] = field(factory=dict)
    texts: list[str | Block] = field(factory=list)

    def body(self, names: Names, sizes: SizeNames, leaf_text: Callable[[Leaf], str]) -> Body:
        """A function body in which blocks are called."""
        writer = self.file.writer(names, sizes, leaf_text)
        writer.loops = LoopEmitter(self)
        return writer

    def holder(self, writer: Body, loop: Loop) -> str:
        """The list of blocks of a loop; its class and function are emitted when it is first met."""
        key = dotted(loop.path)
        if loop.order:
            if key not in self.known:
                self.add_block(self.forward_of(loop))
        elif self.file.is_each:
            if len(self.known[key].forms) == 1:
                self.add_each(self.known[key], loop)
        elif key not in self.known:
            self.add_block(loop)
        base, below = "self", loop.path
        for k, step in enumerate(loop.path):
            if isinstance(step, Symbol):
                base, below = writer.bases.get(step, "self"), loop.path[k + 1 :]
        return attribute(base, below)

    def forward_of(self, loop: Loop) -> Loop:
        """The loop whose body is that of the block, if there is one beside its adjoint."""
        regions = [self.file.program.region]
        while regions:
            for term in reachable(results(regions.pop())):
                if isinstance(term, Loop):
                    if term.path == loop.path and not term.order:
                        return term
                    regions.append(term.body)
        return loop

    def form(self, loop: Loop) -> str:
        """The argument by which a call of a block asks for its second form."""
        second = self.file.is_each and len(self.known[dotted(loop.path)].forms) == 2
        return ", each=True" if second else ""

    def add_block(self, loop: Loop) -> None:
        name = next((str(step) for step in reversed(loop.path) if not str(step).isdigit()), "block")
        cls = self.file.names.fresh(class_name(name))
        count = str(loop.count.as_int())
        block = Block(cls, tuple(map(str, loop.path)), count, dotted(loop.path))
        self.known[dotted(loop.path)] = block
        leaves = self.own_leaves(loop)
        block.leaves = self.leaves_below(loop)
        if loop.order:
            self.texts.append(block)
            return
        if nested_loops(loop.body) or bool(loop.body.aux):
            form = self.method_block(loop, leaves)
        else:
            function = self.file.names.fresh(name if name != cls else f"{name}_block")
            form = self.function_block(loop, cls, function, leaves)
            self.texts.append("\n".join(form.function))
        block.forms.append(form)
        self.texts.append(block)

    def add_each(self, block: Block, loop: Loop) -> None:
        """The second form, if it is not the first over again."""
        leaves = self.own_leaves(loop)
        (shared,) = block.forms
        if not shared.function:
            form = self.method_block(loop, leaves)
            if form != shared:
                block.forms.append(form)
            return
        called = shared.function[0].removeprefix("def ").partition("(")[0]
        function = self.file.names.fresh(f"{called}_each")
        form = self.function_block(loop, block.cls, function, leaves)
        if form.function[2:] == shared.function[2:] and form.arguments == shared.arguments:
            del self.file.functions[function]
            return
        self.texts.insert(self.texts.index(block), "\n".join(form.function))
        block.forms.append(form)

    def leaves_below(self, loop: Loop) -> Leaves:
        """All leaves of a turn, those that only an adjoint reads among them."""
        turn = (*loop.path, loop.index)
        return [
            (leaf.path[len(turn) :], leaf)
            for leaf in self.file.program.leaves
            if leaf.path[: len(turn)] == turn
        ]

    def own_leaves(self, loop: Loop) -> Leaves:
        own = set(body_leaves(loop))
        return [
            (leaf.path[len(loop.path) + 1 :], leaf)
            for leaf in self.file.program.leaves
            if leaf in own
        ]

    def function_block(self, loop: Loop, cls: str, function: str, leaves: Leaves) -> Form:
        names = Names(set(self.file.names.taken))
        (variable,) = loop.body.parameters
        outer = [capture for capture in captures(loop, loop.body) if needs_passing(capture)]
        state = names.fresh("x")
        passed = [names.fresh(self.passed_name(capture)) for capture in outer]
        leaf_names = {leaf: names.fresh("_".join(map(str, path))) for path, leaf in leaves}
        training = names.fresh("in_training")
        sizes = self.file.size_names(names, [variable.type, *(c.type for c in outer)])
        writer = self.body(names, sizes, leaf_names.__getitem__)
        if not self.file.infer:
            writer.training = training
        writer.factor = dotted(loop.path)
        self.prepare(writer, variable, state, outer, passed, leaves, leaf_names)
        writer.line(f"return {writer.region(loop.body)}")
        uses_training = any(training in line.text for line in writer.lines)
        tensors = [(state, variable.type), *zip(passed, (c.type for c in outer), strict=True)]
        head = [
            line[4:]
            for line in self.file.size_header(
                sizes, [(n, t) for n, t in tensors if isinstance(t, Tensor)]
            )
        ]
        arguments = [state, *passed, *leaf_names.values(), *([training] if uses_training else [])]
        axes = tuple(
            self.file.run_time_axes(type_)
            for _, type_ in [*tensors, *((n, leaf.type) for leaf, n in leaf_names.items())]
        )
        self.file.functions[function] = Function(cls, axes)
        lines = [
            *broken(f"def {function}({', '.join(arguments)}):", ""),
            f'    """One turn of `{function}` on {variable.type}."""',
            *head,
            *writer.finish(),
        ]
        own = [attribute("self", path) for path, _ in leaves] + (
            ["self.training"] if uses_training else []
        )
        call = f"return {function}({', '.join([state, *passed, *own])})"
        return Form(("self", state, *passed), tuple(broken(" " * 8 + call, " " * 8)), tuple(lines))

    def method_block(self, loop: Loop, leaves: Leaves) -> Form:
        names = Names(set(self.file.names.taken))
        (variable,) = loop.body.parameters
        outer = [capture for capture in captures(loop, loop.body) if needs_passing(capture)]
        state = names.fresh("x")
        passed = [names.fresh(self.passed_name(capture)) for capture in outer]
        own = {leaf: attribute("self", path) for path, leaf in leaves}
        sizes = self.file.size_names(names, [variable.type, *(c.type for c in outer)])
        writer = self.body(names, sizes, own.__getitem__)
        writer.indent = 2
        writer.factor = dotted(loop.path)
        self.prepare(writer, variable, state, outer, passed, leaves, own)
        if loop.body.aux:
            writer.line("self.aux = {}")
        writer.line(f"return {writer.region(loop.body)}")
        tensors = [(state, variable.type), *zip(passed, (c.type for c in outer), strict=True)]
        head = self.file.size_header(sizes, [(n, t) for n, t in tensors if isinstance(t, Tensor)])
        return Form(("self", state, *passed), (*head, *writer.finish()))

    def passed_name(self, capture: Term) -> str:
        """What a block calls a value of its surroundings."""
        match capture:
            case Leaf(path=path):
                return "_".join(map(str, path))
            case Var(name=name):
                return name
            case Apply(op=op) if not capture.hint and op not in NOUNS:
                return op
            case _:
                return capture.hint or "context"

    def prepare(
        self,
        writer: Body,
        variable: Var,
        state: str,
        outer: Sequence[Term],
        passed: Sequence[str],
        leaves: Leaves,
        leaf_names: dict[Leaf, str],
    ) -> None:
        """Bind the state, the captured values and where dtype and device come from."""
        marks = [writer.parameter(name) for name in (state, *passed)]
        known = list(zip(marks, (variable, *outer), strict=True))
        writer.values.update({term: text for text, term in known})
        real = first_real(known) or first_real([(leaf_names[leaf], leaf) for _, leaf in leaves])
        writer.real_source = f"{real}.dtype" if real else "torch.get_default_dtype()"
        tensors = [name for name, term in known if isinstance(term.type, Tensor)]
        writer.device_source = f"{tensors[0]}.device" if tensors else '"cpu"'


def first_real(parameters: Sequence[tuple[str, Term]]) -> str | None:
    """The name of the first real tensor among some parameters."""
    for name, term in parameters:
        if isinstance(term.type, Tensor) and isinstance(term.type.element, Real):
            return name
    return None


__all__ = ["Block", "Blocks"]
