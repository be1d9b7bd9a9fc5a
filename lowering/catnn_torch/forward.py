"""The lines of `forward` before anything is computed: records, leading axes, forms of contexts."""

from collections.abc import Sequence

from attrs import frozen

from catnn_torch import entry
from catnn_torch.file import File
from catnn_torch.layout import broken


@frozen
class Forward:
    """The `forward` of a model."""

    file: File

    def lines(self, inputs: Sequence[str]) -> list[str]:
        arguments = ", ".join(inputs)
        return [
            *broken(f"    def forward({', '.join(['self', *inputs])}):", "    "),
            *self.record_lines(inputs),
            *self.lead_lines(inputs),
            *broken(f"        self.check({arguments})", "        "),
            *self.each_lines(inputs),
            *broken(f"        return self.run({arguments})", "        "),
        ]

    def record_lines(self, inputs: Sequence[str]) -> list[str]:
        """Records become tuples."""
        lines = []
        for given, name in zip(self.file.program.inputs, inputs, strict=True):
            spec = entry.record_spec(given.var.type)
            if spec is not None:
                self.file.helpers.add("fields")
                call = f'{name} = fields("{self.file.program.name}", "{given.var.name}", {name}, {spec})'
                lines += broken(" " * 8 + call, " " * 8)
        return lines

    def lead_lines(self, inputs: Sequence[str]) -> list[str]:
        """Anything but exactly one leading axis takes the way round."""
        program = self.file.program
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
        self.file.helpers |= {"over_leads", "misfit"}
        listed = f"({', '.join(inputs)}{',' if len(inputs) == 1 else ''})"
        types = ", ".join(
            f'"{given.var.name}": "{entry.declared_type(given)}"'
            for given in self.file.program.inputs
        )
        name = self.file.program.name
        return f'return over_leads(self.forward, "{name}", {listed}, {ranks}, {{{types}}})'

    def context_lead_lines(self, inputs: Sequence[str]) -> list[str]:
        """A context has its declared rank, or the batch axis in front; else the way round."""
        self.file.helpers.add("ranks")
        program = self.file.program
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
        if self.file.program.each is None:
            return []
        each = tuple(rank for _, _, rank in entry.tensor_ranks(self.file.program))
        return [
            f"        if axes == {each}:",
            *broken(" " * 12 + f"return self.run_each({', '.join(inputs)})", " " * 12),
        ]


__all__ = ["Forward"]
