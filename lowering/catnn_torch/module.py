"""A program as the source of one Python file: its model class, its blocks, its helpers."""

from collections.abc import Sequence

from attrs import define, field, frozen

from catnn.ir.signatures import RULES
from catnn.ir.terms import Apply, Leaf, Loop, Program, Segment, Term, Var
from catnn.ir.verify import verify
from catnn.types.dims import Dim, Symbol
from catnn.types.types import Real, Tensor
from catnn_torch import entry
from catnn_torch.function import (
    BlockTable,
    Body,
    LoopEmitter,
    SizeNames,
    emit,
    first_real,
    needs_passing,
)
from catnn_torch.layout import broken
from catnn_torch.ops.normal import HELPER as BATCH_NORM
from catnn_torch.ops.precision import PRECISION_RULES
from catnn_torch.paths import attribute, class_name
from catnn_torch.precision import settled
from catnn_torch.regions import body_leaves, captures, nested_loops, reachable, roots
from catnn_torch.tree import creation, resetting, tree_of
from catnn_torch.writer import NOUNS, Names, Writer

HELPERS = {
    "batch_norm": BATCH_NORM,
    "check_range": entry.CHECK_RANGE,
    "fields": entry.FIELDS,
    "misfit": entry.MISFIT,
    "over_leads": entry.OVER_LEADS,
    "ranks": entry.RANKS,
}

ERRORS = '''\
class ShapeError(ValueError):
    """An input of the wrong rank, size or kind."""


class IndexRangeError(IndexError):
    """An index outside its set."""'''

SEEDED = '''\
    def reset_parameters(self, seed=None):
        """Draw every parameter anew; the same seed draws the same, and leaves other draws alone."""
        if seed is not None:
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                return self.reset_parameters()'''.splitlines()

UNSEEDED = '''\
    def reset_parameters(self):
        """Draw every parameter anew."""'''.splitlines()

PART = '''\
class Part(nn.Module):
    """Parameters under one name."""'''


@frozen
class Emitted:
    """Source text, the model's class, and what may be compiled by itself.

    `blocks` gives, for each block function, the run-time axes of each argument;
    `methods` those of the model's methods that compute.
    """

    source: str
    model: str
    blocks: dict[str, tuple[tuple[int, ...], ...]]
    methods: dict[str, tuple[tuple[int, ...], ...]]


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
    leaves: list[tuple[tuple[Segment, ...], Leaf]] = field(factory=list)
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
class ModuleEmitter(BlockTable):
    """Emits one program."""

    program: Program
    infer: bool = False
    optimise: bool = True
    names: Names = field(factory=Names)
    texts: list[str | Block] = field(factory=list)
    helpers: set[str] = field(factory=set)
    blocks: dict[str, Block] = field(factory=dict)
    functions: dict[str, tuple[tuple[int, ...], ...]] = field(factory=dict)
    is_each: bool = False

    # ---- whole ----------------------------------------------------------------------------

    def emit(self, standalone: bool) -> Emitted:
        program = self.program
        model = class_name(program.name)
        self.names.taken |= {model, "Part", "ShapeError", "IndexRangeError", *HELPERS}
        leaves = [(leaf.path, leaf) for leaf in program.leaves]
        text = self.model_class(model, leaves)
        for block in self.blocks.values():  # now the blocks inside are known
            block.init = self.init_lines(block.leaves)
        source = "\n\n\n".join(
            [
                self.header(standalone),
                *([ERRORS] if standalone else []),
                PART,
                *(HELPERS[name].strip("\n") for name in sorted(self.helpers)),
                *(text if isinstance(text, str) else text.text() for text in self.texts),
                text,
            ]
        )
        forms = (
            {"run": program} if program.each is None else {"run": program, "run_each": program.each}
        )
        methods = {
            name: ((), *(self.run_time_axes(given.var.type) for given in form.inputs))
            for name, form in forms.items()
        }
        return Emitted(source + "\n", model, dict(self.functions), methods)

    def header(self, standalone: bool) -> str:
        lines = [
            f'"""{self.program.name} : {self.program.type}',
            "",
            "Made by catnn; it needs PyTorch only.",
            '"""',
            "",
            "import math",
            "",
            "import torch",
            "import torch.nn.functional as F",
            "from torch import nn",
        ]
        if not standalone:
            lines += ["", "from catnn.errors import IndexRangeError, ShapeError"]
        return "\n".join(lines)

    def run_time_axes(self, type_: object) -> tuple[int, ...]:
        if not isinstance(type_, Tensor):
            return ()
        return tuple(
            k
            for k, item in enumerate(type_.shape)
            if isinstance(item, Dim) and item.as_int() is None
        )

    def writer(self, names: Names, sizes: SizeNames, leaf_text: object) -> Body:
        assert callable(leaf_text)
        writer = Body(emit, names, sizes, leaf_text, {})
        writer.loops = LoopEmitter(self)
        writer.helpers = self.helpers
        writer.optimise = self.optimise
        if self.infer:
            writer.training = "False"
        return writer

    def size_names(self, names: Names) -> SizeNames:
        symbols = list(self.program.sizes)
        if self.program.batch is not None:
            symbols.insert(0, self.program.batch)
        return SizeNames({symbol: names.fresh(symbol.name) for symbol in symbols})

    # ---- the model --------------------------------------------------------------------------

    def model_class(self, model: str, leaves: list[tuple[tuple[Segment, ...], Leaf]]) -> str:
        program = self.program
        names = Names(set(self.names.taken))
        inputs = [names.fresh(given.var.name) for given in program.inputs]
        run = self.run_lines(names, inputs)
        arguments = ", ".join(["self", *inputs])
        lines = [
            f"class {model}(nn.Module):",
            f'    """`{program.type}`, over any leading axes."""',
            "",
            *self.init_lines(leaves, is_model=True),
            "",
            *broken(f"    def forward({arguments}):", "    "),
            *self.record_lines(inputs),
            *self.lead_lines(inputs),
            *broken(f"        self.check({', '.join(inputs)})", "        "),
            *self.each_lines(inputs),
            *broken(f"        return self.run({', '.join(inputs)})", "        "),
            "",
            *broken(f"    def check({arguments}):", "    "),
            '        """Refuse inputs that do not fit the type."""',
        ]
        checks = Writer(emit, Names(self.names.taken | set(inputs)), {}, str, {}, indent=2)
        checks.helpers = self.helpers
        entry.write_checks(checks, program, inputs)
        lines += checks.finish()
        lines += ["", *broken(f"    def run({arguments}):", "    "), *run]
        if program.each is not None:
            lines += ["", *broken(f"    def run_each({arguments}):", "    ")]
            lines += ['        """The same where each item has its own context."""']
            lines += self.each_run(program.each, inputs)
        return "\n".join(lines)

    def each_run(self, program: Program, inputs: Sequence[str]) -> list[str]:
        shared, self.program, self.is_each = self.program, program, True
        try:
            return self.run_lines(Names(set(self.names.taken) | set(inputs)), inputs)
        finally:
            self.program, self.is_each = shared, False

    def record_lines(self, inputs: Sequence[str]) -> list[str]:
        """Records become tuples."""
        lines = []
        for given, name in zip(self.program.inputs, inputs, strict=True):
            spec = entry.record_spec(given.var.type)
            if spec is not None:
                self.helpers.add("fields")
                call = f'{name} = fields("{self.program.name}", "{given.var.name}", {name}, {spec})'
                lines += broken(" " * 8 + call, " " * 8)
        return lines

    def lead_lines(self, inputs: Sequence[str]) -> list[str]:
        """Anything but exactly one leading axis takes the way round."""
        program = self.program
        if program.each is not None:
            return self.context_lead_lines(inputs)
        tests = []
        for given, name in zip(program.inputs, inputs, strict=True):
            if given.lifted:
                tests += [
                    f"not isinstance({text}, torch.Tensor) or {text}.dim() != {len(tensor.shape)}"
                    for text, tensor in entry.parts(name, given.var.type)
                ]
        if not tests:
            return []
        ranks = entry.own_ranks(program, lambda given: given.lifted)
        return [
            *broken(f"        if {' or '.join(tests)}:", " " * 8),
            *broken(" " * 12 + self.over_leads(inputs, ranks), " " * 12),
        ]

    def over_leads(self, inputs: Sequence[str], ranks: str) -> str:
        self.helpers |= {"over_leads", "misfit"}
        listed = f"({', '.join(inputs)}{',' if len(inputs) == 1 else ''})"
        types = ", ".join(
            f'"{given.var.name}": "{entry.declared_type(given)}"' for given in self.program.inputs
        )
        name = self.program.name
        return f'return over_leads(self.forward, "{name}", {listed}, {ranks}, {{{types}}})'

    def context_lead_lines(self, inputs: Sequence[str]) -> list[str]:
        """A context has its declared rank, or the batch axis in front; else the way round."""
        self.helpers.add("ranks")
        program = self.program
        due = entry.tensor_ranks(program)
        shared, each = (tuple(rank for _, rank, _ in due), tuple(rank for _, _, rank in due))
        listed = ", ".join(
            text
            for given, name in zip(program.inputs, inputs, strict=True)
            for text, _ in entry.parts(name, given.var.type)
        )
        contexts = sum(is_context for is_context, _, _ in due)
        own = entry.own_ranks(program, lambda given: True)
        without = entry.own_ranks(program, lambda given: given.lifted)
        return [
            *broken(f"        axes = ranks({listed})", " " * 8),
            f"        if axes != {shared} and axes != {each}:",
            f"            own = {without} if axes[{len(due) - contexts}:] == {shared[len(due) - contexts :]} else {own}",
            *broken(" " * 12 + self.over_leads(inputs, "own"), " " * 12),
        ]

    def each_lines(self, inputs: Sequence[str]) -> list[str]:
        """The way of contexts with the batch axis."""
        if self.program.each is None:
            return []
        each = tuple(rank for _, _, rank in entry.tensor_ranks(self.program))
        return [
            f"        if axes == {each}:",
            *broken(" " * 12 + f"return self.run_each({', '.join(inputs)})", " " * 12),
        ]

    def init_lines(
        self, leaves: list[tuple[tuple[Segment, ...], Leaf]], is_model: bool = False
    ) -> list[str]:
        """`__init__` and `reset_parameters` of a class that holds these leaves; the model draws all."""
        tree = tree_of(leaves)
        blocks = {path: (b.cls, b.count) for path, b in self.block_paths(leaves).items()}
        writer = self.writer(Names(), SizeNames({}), lambda leaf: "?")
        writer.indent = 2
        creation(writer, tree, "self", (), blocks)
        lines = ["    def __init__(self):", "        super().__init__()", *writer.finish()]
        lines += ["        self.reset_parameters()"] if is_model else []
        lines += ["", "    @torch.no_grad()"]
        lines += SEEDED if is_model else UNSEEDED
        writer.lines = []
        writer.real_source, writer.device_source = "torch.get_default_dtype()", '"cpu"'
        resetting(writer, tree, "self", (), blocks)
        return lines + writer.finish()

    def block_paths(
        self, leaves: list[tuple[tuple[Segment, ...], Leaf]]
    ) -> dict[tuple[str, ...], Block]:
        """The blocks directly below a class, by their path below it."""
        found: dict[tuple[str, ...], Block] = {}
        for path, leaf in leaves:
            full = leaf.path
            for k, step in enumerate(path):
                if isinstance(step, Symbol):
                    prefix = full[: len(full) - len(path) + k]
                    block = self.blocks[dotted(prefix)]
                    found[tuple(str(s) for s in path[:k])] = block
                    break
        return found

    def run_lines(self, names: Names, inputs: Sequence[str]) -> list[str]:
        program = self.program
        sizes = self.size_names(names)
        writer = self.writer(names, sizes, lambda leaf: attribute("self", leaf.path))
        writer.indent = 2
        marks = [writer.parameter(name) for name in inputs]
        writer.values.update(zip((given.var for given in program.inputs), marks, strict=True))
        tensors, marked = (
            [
                part
                for given, name in zip(program.inputs, shown, strict=True)
                for part in entry.parts(name, given.var.type)
            ]
            for shown in (inputs, marks)
        )
        writer.device_source = self.root_device(marked)
        writer.real_source = self.root_dtype(marked)
        if program.region.aux:
            writer.line("self.aux = {}")
        writer.line(f"return {writer.region(program.region)}")
        carried = [
            part
            for given, name in zip(program.inputs, inputs, strict=True)
            for part in entry.size_fields(name, given.var.type)
        ]
        return [*self.size_header(sizes, tensors, carried), *writer.finish()]

    def root_device(self, tensors: Sequence[tuple[str, Tensor]]) -> str:
        if tensors:
            return f"{tensors[0][0]}.device"
        kinds = {leaf.kind == "param" for leaf in self.program.leaves}
        if not kinds:
            return "torch.get_default_device()"
        return f"next(self.{'parameters' if True in kinds else 'buffers'}()).device"

    def root_dtype(self, tensors: Sequence[tuple[str, Tensor]]) -> str:
        for leaf in self.program.leaves:
            plain = not any(isinstance(step, Symbol) for step in leaf.path)
            if plain and leaf.kind == "param":
                return f"{attribute('self', leaf.path)}.dtype"
        for text, tensor in tensors:
            if isinstance(tensor.element, Real):
                return f"{text}.dtype"
        if any(leaf.kind == "param" for leaf in self.program.leaves):
            return "next(self.parameters()).dtype"
        return "torch.get_default_dtype()"

    def size_header(
        self,
        sizes: SizeNames,
        tensors: Sequence[tuple[str, Tensor]],
        carried: Sequence[tuple[str, Dim]] = (),
    ) -> list[str]:
        """Lines that read the sizes in use off shapes, or off sizes that are values."""
        lines = []
        for symbol in sizes.used:
            given = [text for text, size in carried if size.as_symbol() is symbol]
            text = given[0] if given else self.read_size(symbol, tensors)
            lines.append(f"        {dict.__getitem__(sizes, symbol)} = {text}")
        return lines

    def read_size(self, symbol: Symbol, tensors: Sequence[tuple[str, Tensor]]) -> str:
        for text, tensor in tensors:
            for k, item in enumerate(tensor.shape):
                if isinstance(item, Dim) and item.as_symbol() is symbol:
                    return f"{text}.shape[{k}]"
        for text, tensor in tensors:
            for k, item in enumerate(tensor.shape):
                if isinstance(item, Dim) and symbol in item.symbols():
                    found = entry.solved_text(symbol, item, f"{text}.shape[{k}]", {})
                    if found is not None:
                        return found
        raise LookupError(symbol.name)

    # ---- blocks -----------------------------------------------------------------------------

    def holder(self, writer: Body, loop: Loop) -> str:
        """The list of blocks of a loop; its class and function are emitted when it is first met."""
        key = dotted(loop.path)
        if loop.order:
            if key not in self.blocks:
                self.add_block(self.forward_of(loop))
        elif self.is_each:
            if len(self.blocks[key].forms) == 1:
                self.add_each(self.blocks[key], loop)
        elif key not in self.blocks:
            self.add_block(loop)
        base, below = "self", loop.path
        for k, step in enumerate(loop.path):
            if isinstance(step, Symbol):
                base, below = writer.bases.get(step, "self"), loop.path[k + 1 :]
        return attribute(base, below)

    def forward_of(self, loop: Loop) -> Loop:
        """The loop whose body is that of the block, if there is one beside its adjoint."""
        regions = [self.program.region]
        while regions:
            for term in reachable(roots(regions.pop())):
                if isinstance(term, Loop):
                    if term.path == loop.path and not term.order:
                        return term
                    regions.append(term.body)
        return loop

    def form(self, loop: Loop) -> str:
        """The argument by which a call of a block asks for its second form."""
        second = self.is_each and len(self.blocks[dotted(loop.path)].forms) == 2
        return ", each=True" if second else ""

    def add_block(self, loop: Loop) -> None:
        name = next((str(step) for step in reversed(loop.path) if not str(step).isdigit()), "block")
        cls = self.names.fresh(class_name(name))
        count = str(loop.count.as_int())
        block = Block(cls, tuple(map(str, loop.path)), count, dotted(loop.path))
        self.blocks[dotted(loop.path)] = block
        leaves = self.own_leaves(loop)
        block.leaves = self.leaves_below(loop)
        if loop.order:
            self.texts.append(block)
            return
        if nested_loops(loop.body) or bool(loop.body.aux):
            form = self.method_block(loop, leaves)
        else:
            function = self.names.fresh(name if name != cls else f"{name}_block")
            form = self.function_block(loop, function, leaves)
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
        function = self.names.fresh(f"{called}_each")
        form = self.function_block(loop, function, leaves)
        if form.function[2:] == shared.function[2:] and form.arguments == shared.arguments:
            del self.functions[function]
            return
        self.texts.insert(self.texts.index(block), "\n".join(form.function))
        block.forms.append(form)

    def leaves_below(self, loop: Loop) -> list[tuple[tuple[Segment, ...], Leaf]]:
        """All leaves of a turn, those that only an adjoint reads among them."""
        turn = (*loop.path, loop.index)
        return [
            (leaf.path[len(turn) :], leaf)
            for leaf in self.program.leaves
            if leaf.path[: len(turn)] == turn
        ]

    def own_leaves(self, loop: Loop) -> list[tuple[tuple[Segment, ...], Leaf]]:
        own = set(body_leaves(loop))
        return [
            (leaf.path[len(loop.path) + 1 :], leaf) for leaf in self.program.leaves if leaf in own
        ]

    def function_block(
        self, loop: Loop, function: str, leaves: list[tuple[tuple[Segment, ...], Leaf]]
    ) -> Form:
        names = Names(set(self.names.taken))
        (variable,) = loop.body.parameters
        outer = [capture for capture in captures(loop, loop.body) if needs_passing(capture)]
        state = names.fresh("x")
        passed = [names.fresh(self.passed_name(capture)) for capture in outer]
        leaf_names = {leaf: names.fresh("_".join(map(str, path))) for path, leaf in leaves}
        training = names.fresh("in_training")
        sizes = self.size_names(names)
        writer = self.writer(names, sizes, leaf_names.__getitem__)
        if not self.infer:
            writer.training = training
        writer.factor = dotted(loop.path)
        self.prepare(writer, variable, state, outer, passed, leaves, leaf_names)
        writer.line(f"return {writer.region(loop.body)}")
        uses_training = any(training in line.text for line in writer.lines)
        tensors = [(state, variable.type), *zip(passed, (c.type for c in outer), strict=True)]
        head = [
            line[4:]
            for line in self.size_header(
                sizes, [(n, t) for n, t in tensors if isinstance(t, Tensor)]
            )
        ]
        arguments = [state, *passed, *leaf_names.values(), *([training] if uses_training else [])]
        self.functions[function] = tuple(
            self.run_time_axes(type_)
            for _, type_ in [*tensors, *((n, leaf.type) for leaf, n in leaf_names.items())]
        )
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

    def method_block(self, loop: Loop, leaves: list[tuple[tuple[Segment, ...], Leaf]]) -> Form:
        names = Names(set(self.names.taken))
        (variable,) = loop.body.parameters
        outer = [capture for capture in captures(loop, loop.body) if needs_passing(capture)]
        state = names.fresh("x")
        passed = [names.fresh(self.passed_name(capture)) for capture in outer]
        own = {leaf: attribute("self", path) for path, leaf in leaves}
        sizes = self.size_names(names)
        writer = self.writer(names, sizes, own.__getitem__)
        writer.indent = 2
        writer.factor = dotted(loop.path)
        self.prepare(writer, variable, state, outer, passed, leaves, own)
        if loop.body.aux:
            writer.line("self.aux = {}")
        writer.line(f"return {writer.region(loop.body)}")
        tensors = [(state, variable.type), *zip(passed, (c.type for c in outer), strict=True)]
        head = self.size_header(sizes, [(n, t) for n, t in tensors if isinstance(t, Tensor)])
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
        leaves: list[tuple[tuple[Segment, ...], Leaf]],
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


def dotted(path: Sequence[Segment]) -> str:
    """`stages.0.rest`, with `*` for the index of a loop."""
    return ".".join("*" if isinstance(step, Symbol) else step for step in path)


def emit_program(
    program: Program, *, standalone: bool = True, infer: bool = False, optimise: bool = True
) -> Emitted:
    """The source of a program; see `Emitted`. Without `optimise`, one operation a primitive."""
    precise = settled(program)
    if precise is not program:
        verify(precise, "precision", {**RULES, **PRECISION_RULES})
    return ModuleEmitter(precise, infer, optimise).emit(standalone)


__all__ = ["Emitted", "emit_program"]
