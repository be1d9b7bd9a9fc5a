"""What the functions of one emitted file have in common: the program, names, helpers, sizes."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from attrs import define, field, frozen

from catnn.ir.terms import Leaf, Program
from catnn.types.atoms import Atom, Floor
from catnn.types.dims import Dim, Symbol
from catnn.types.types import Tensor
from catnn_torch import entry
from catnn_torch.function import Body, Names, SizeNames, emit

RunTimeAxes: TypeAlias = tuple[tuple[int, ...], ...]
"""The run-time axes of each argument of a function."""


@frozen
class Function:
    """A function that computes one turn: the class that calls it, and the axes of its arguments."""

    caller: str
    axes: RunTimeAxes


@define(eq=False)
class File:
    """One emitted file; `is_each` while the form of contexts for each item is written."""

    program: Program
    infer: bool = False
    optimise: bool = True
    names: Names = field(factory=Names)
    helpers: set[str] = field(factory=set)
    functions: dict[str, Function] = field(factory=dict)
    is_each: bool = False

    def writer(self, names: Names, sizes: SizeNames, leaf_text: Callable[[Leaf], str]) -> Body:
        """A function body to be written."""
        writer = Body(emit, names, sizes, leaf_text, {})
        writer.helpers = self.helpers
        writer.optimise = self.optimise
        if self.infer:
            writer.training = "False"
        return writer

    def run_time_axes(self, type_: object) -> tuple[int, ...]:
        if not isinstance(type_, Tensor):
            return ()
        return tuple(
            k
            for k, item in enumerate(type_.shape)
            if isinstance(item, Dim) and item.as_int() is None
        )

    def size_names(self, names: Names, types: Sequence[object] = ()) -> SizeNames:
        """Names of the sizes of the run, and of the axes of these types that are rounded sizes."""
        symbols = list(self.program.sizes)
        if self.program.batch is not None:
            symbols.insert(0, self.program.batch)
        named: dict[Atom, str] = {symbol: names.fresh(symbol.name) for symbol in symbols}
        for type_ in types:
            for item in type_.shape if isinstance(type_, Tensor) else ():
                rounded = _as_floor(item)
                if rounded is not None and rounded not in named:
                    first = min(Dim.atom(rounded).symbols(), key=lambda symbol: symbol.uid)
                    named[rounded] = names.fresh(first.name)
        return SizeNames(named)

    def size_header(
        self,
        sizes: SizeNames,
        tensors: Sequence[tuple[str, Tensor]],
        carried: Sequence[tuple[str, Dim]] = (),
    ) -> list[str]:
        """Lines that read the sizes in use off shapes, or off sizes that are values."""
        lines = []
        for atom in sizes.used:
            given = [text for text, size in carried if size == Dim.atom(atom)]
            text = given[0] if given else self.read_size(atom, tensors)
            lines.append(f"        {dict.__getitem__(sizes, atom)} = {text}")
        return lines

    def read_size(self, atom: Atom, tensors: Sequence[tuple[str, Tensor]]) -> str:
        for text, tensor in tensors:
            for k, item in enumerate(tensor.shape):
                if item == Dim.atom(atom):
                    return f"{text}.shape[{k}]"
        if isinstance(atom, Symbol):
            return self.solve_size(atom, tensors)
        raise LookupError(str(atom))

    def solve_size(self, symbol: Symbol, tensors: Sequence[tuple[str, Tensor]]) -> str:
        """The size as what follows from an axis that is a multiple of it, or a sum."""
        for text, tensor in tensors:
            for k, item in enumerate(tensor.shape):
                if isinstance(item, Dim) and symbol in item.symbols():
                    found = entry.solved_text(symbol, item, f"{text}.shape[{k}]", {})
                    if found is not None:
                        return found
        raise LookupError(symbol.name)


def _as_floor(item: object) -> Floor | None:
    """The rounded size that an axis is, if it is nothing else."""
    if not isinstance(item, Dim) or len(item.atoms()) != 1:
        return None
    (atom,) = item.atoms()
    return atom if isinstance(atom, Floor) and item == Dim.atom(atom) else None


__all__ = ["File", "Function", "RunTimeAxes"]
