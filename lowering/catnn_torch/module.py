"""A program as the source of one Python file: its model class, its blocks, its helpers."""

from collections.abc import Sequence

from attrs import define, frozen

from catnn.ir.signatures import RULES
from catnn.ir.terms import Program
from catnn.ir.verify import verify
from catnn.types.dims import Symbol
from catnn.types.types import Real, Tensor
from catnn_torch import entry
from catnn_torch.blocks import Blocks
from catnn_torch.file import File, Function, RunTimeAxes
from catnn_torch.forward import Forward
from catnn_torch.function import emit
from catnn_torch.layout import broken
from catnn_torch.ops.precision import PRECISION_RULES
from catnn_torch.paths import attribute, class_name
from catnn_torch.precision import settled
from catnn_torch.state import state_lines
from catnn_torch.texts import ERRORS, HELPERS, PART
from catnn_torch.tree import Leaves
from catnn_torch.writer import Names, Writer


@frozen
class Emitted:
    """Source text, the model's class, and what may be compiled by itself.

    `blocks` gives, for each block function, who calls it and the run-time axes of
    each argument; `methods` those axes for the model's methods that compute.
    """

    source: str
    model: str
    blocks: dict[str, Function]
    methods: dict[str, RunTimeAxes]


@define(eq=False)
class ModuleEmitter:
    """Emits one program."""

    file: File
    blocks: Blocks

    def emit(self, standalone: bool) -> Emitted:
        program = self.file.program
        model = class_name(program.name)
        self.file.names.taken |= {model, "Part", "ShapeError", "IndexRangeError", *HELPERS}
        leaves = [(leaf.path, leaf) for leaf in program.leaves]
        text = self.model_class(model, leaves)
        for block in self.blocks.known.values():  # now the blocks inside are known
            block.init = state_lines(self.file, self.blocks.known, block.leaves)
        source = "\n\n\n".join(
            [
                self.header(standalone),
                *([ERRORS] if standalone else []),
                PART,
                *(HELPERS[name].strip("\n") for name in sorted(self.file.helpers)),
                *(text if isinstance(text, str) else text.text() for text in self.blocks.texts),
                text,
            ]
        )
        forms = (
            {"run": program} if program.each is None else {"run": program, "run_each": program.each}
        )
        methods = {
            name: ((), *(self.file.run_time_axes(given.var.type) for given in form.inputs))
            for name, form in forms.items()
        }
        return Emitted(source + "\n", model, dict(self.file.functions), methods)

    def header(self, standalone: bool) -> str:
        lines = [
            f'"""{self.file.program.name} : {self.file.program.type}',
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

    # ---- the model --------------------------------------------------------------------------

    def model_class(self, model: str, leaves: Leaves) -> str:
        program = self.file.program
        names = Names(set(self.file.names.taken))
        inputs = [names.fresh(given.var.name) for given in program.inputs]
        run = self.run_lines(names, inputs)
        arguments = ", ".join(["self", *inputs])
        lines = [
            f"class {model}(nn.Module):",
            f'    """`{program.type}`, over any leading axes."""',
            "",
            *state_lines(self.file, self.blocks.known, leaves, is_model=True),
            "",
            *Forward(self.file).lines(inputs),
            "",
            *broken(f"    def check({arguments}):", "    "),
            '        """Refuse inputs that do not fit the type."""',
        ]
        checks = Writer(emit, Names(self.file.names.taken | set(inputs)), {}, str, {}, indent=2)
        checks.helpers = self.file.helpers
        entry.write_checks(checks, program, inputs)
        lines += checks.finish()
        lines += ["", *broken(f"    def run({arguments}):", "    "), *run]
        if program.each is not None:
            lines += ["", *broken(f"    def run_each({arguments}):", "    ")]
            lines += ['        """The same where each item has its own context."""']
            lines += self.each_run(program.each, inputs)
        return "\n".join(lines)

    def each_run(self, program: Program, inputs: Sequence[str]) -> list[str]:
        shared, self.file.program, self.file.is_each = self.file.program, program, True
        try:
            return self.run_lines(Names(set(self.file.names.taken) | set(inputs)), inputs)
        finally:
            self.file.program, self.file.is_each = shared, False

    def run_lines(self, names: Names, inputs: Sequence[str]) -> list[str]:
        program = self.file.program
        sizes = self.file.size_names(names)
        writer = self.blocks.body(names, sizes, lambda leaf: attribute("self", leaf.path))
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
        return [*self.file.size_header(sizes, tensors, carried), *writer.finish()]

    def root_device(self, tensors: Sequence[tuple[str, Tensor]]) -> str:
        if tensors:
            return f"{tensors[0][0]}.device"
        kinds = {leaf.kind == "param" for leaf in self.file.program.leaves}
        if not kinds:
            return "torch.get_default_device()"
        return f"next(self.{'parameters' if True in kinds else 'buffers'}()).device"

    def root_dtype(self, tensors: Sequence[tuple[str, Tensor]]) -> str:
        for leaf in self.file.program.leaves:
            plain = not any(isinstance(step, Symbol) for step in leaf.path)
            if plain and leaf.kind == "param":
                return f"{attribute('self', leaf.path)}.dtype"
        for text, tensor in tensors:
            if isinstance(tensor.element, Real):
                return f"{text}.dtype"
        if any(leaf.kind == "param" for leaf in self.file.program.leaves):
            return "next(self.parameters()).dtype"
        return "torch.get_default_dtype()"


def emit_program(
    program: Program, *, standalone: bool = True, infer: bool = False, optimise: bool = True
) -> Emitted:
    """The source of a program; see `Emitted`. Without `optimise`, one operation a primitive."""
    precise = settled(program)
    if precise is not program:
        verify(precise, "precision", {**RULES, **PRECISION_RULES})
    file = File(precise, infer, optimise)
    return ModuleEmitter(file, Blocks(file)).emit(standalone)


__all__ = ["Emitted", "emit_program"]
