"""The figures: counts as formulas in sizes, for each named factor and in total."""

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from attrs import evolve, frozen

from catnn.types.dims import Dim, Symbol

Column: TypeAlias = Literal["parameters", "buffers", "flops", "activation_bytes", "parameter_bytes"]

COLUMNS: tuple[Column, ...] = (
    "parameters",
    "buffers",
    "flops",
    "activation_bytes",
    "parameter_bytes",
)

NOTHING = Dim.of(0)


@frozen
class Counts:
    """The five figures of a factor or a model.

    `parameters` are trainable numbers; `buffers` all others that are saved.
    `flops` are those of one forward pass, counted as `torch.utils.flop_counter`
    does: 2 m n k for matrix products, convolutions and attention, nothing for
    the rest. `activation_bytes` is what a forward pass in training keeps for the
    backward pass (the rule stands in `catnn.cost.saved`). A real takes 4 bytes.
    """

    parameters: Dim = NOTHING
    buffers: Dim = NOTHING
    flops: Dim = NOTHING
    activation_bytes: Dim = NOTHING
    parameter_bytes: Dim = NOTHING

    def __getitem__(self, column: Column) -> Dim:
        match column:
            case "parameters":
                return self.parameters
            case "buffers":
                return self.buffers
            case "flops":
                return self.flops
            case "activation_bytes":
                return self.activation_bytes
            case "parameter_bytes":
                return self.parameter_bytes

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(self[column] + other[column] for column in COLUMNS))

    def plus(self, column: Column, amount: Dim) -> "Counts":
        """The counts with `amount` more in one column."""
        return evolve(self, **{column: self[column] + amount})

    def substitute(self, sizes: Mapping[Symbol, Dim]) -> "Counts":
        return Counts(*(self[column].substitute(sizes) for column in COLUMNS))


@frozen
class Cost:
    """The cost of a program by named factor; `""` is what stands in no factor.

    `sizes` are the symbols that the figures may still hold.
    """

    name: str
    factors: Mapping[str, Counts]
    sizes: tuple[Symbol, ...] = ()

    @property
    def total(self) -> Counts:
        return sum(self.factors.values(), Counts())

    @property
    def parameters(self) -> "int | Dim":
        return number(self.total.parameters)

    @property
    def buffers(self) -> "int | Dim":
        return number(self.total.buffers)

    @property
    def flops(self) -> "int | Dim":
        return number(self.total.flops)

    @property
    def activation_bytes(self) -> "int | Dim":
        return number(self.total.activation_bytes)

    @property
    def parameter_bytes(self) -> "int | Dim":
        return number(self.total.parameter_bytes)

    def symbol(self, name: str) -> Symbol | None:
        """The open size of that name; `b` is the batch where nothing else is called so."""
        named = {symbol.name: symbol for symbol in self.sizes}
        return named.get(name) or (named.get("batch") if name == "b" else None)

    def at(self, sizes: Mapping[str, int]) -> "Cost":
        """The cost with sizes filled in by name; names that are no size change nothing."""
        found = ((self.symbol(name), value) for name, value in sizes.items())
        known = {symbol: Dim.of(value) for symbol, value in found if symbol is not None}
        factors = {name: counts.substitute(known) for name, counts in self.factors.items()}
        return Cost(self.name, factors, tuple(s for s in self.sizes if s not in known))

    def grouped(self, depth: int) -> "Cost":
        """The cost with factors merged that share their first `depth` names."""
        groups: dict[str, Counts] = {}
        for name, counts in self.factors.items():
            group = ".".join(names_of(name)[:depth])
            groups[group] = groups.get(group, Counts()) + counts
        return evolve(self, factors=groups)

    def __str__(self) -> str:
        from catnn.cost.table import table

        return table(self, self)


def names_of(factor: str) -> list[str]:
    """The steps of a dotted path, a loop's `*` belonging to the name before it."""
    names: list[str] = []
    for step in factor.split("."):
        if step == "*" and names:
            names[-1] += ".*"
        elif step:
            names.append(step)
    return names


def number(dim: Dim) -> "int | Dim":
    """The whole number that a formula is, or the formula."""
    value = dim.as_int()
    return dim if value is None else value


def product(dims: Iterable[Dim]) -> Dim:
    result = Dim.of(1)
    for dim in dims:
        result = result * dim
    return result
