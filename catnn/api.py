"""catnn from Python: load a program, choose sizes, get a module, a cost or source text."""

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from attrs import evolve, field, frozen

from catnn.backend import Mode, find_backend
from catnn.cost import Cost
from catnn.cost import cost as cost_of
from catnn.elaborate.names import suggestion
from catnn.errors.diagnostic import CatError, Diagnostic
from catnn.pipeline import (
    Checked,
    Definition,
    check,
    check_text,
    specialise,
    specialise_symbolic,
    verify,
)
from catnn.weights import load_strictly

if TYPE_CHECKING:
    import sympy
    from torch import Tensor
    from torch import device as Device
    from torch import dtype as Precision
    from torch.nn import Module

    from catnn.ir import terms as ir
    from catnn.laws.verify import Report

Setting: TypeAlias = int | float | bool | str | tuple[int, ...]


@frozen
class Program(Mapping[str, "Model"]):
    """A checked file: a mapping from the names of its models and morphs.

    `diagnostics` are the warnings; a program with errors is never made.
    """

    checked: Checked = field(repr=False)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return self.checked.diagnostics

    def verify(self, *, examples: int = 100, seed: int = 0) -> "list[Report]":
        """What is known of each law of the file: proved, tested on `examples`, or refuted.

        The same seed gives the same reports. `CatError` if torch or hypothesis is not installed.
        """
        backend = find_backend()
        laws = self.checked.laws.values()
        return [verify(self.checked, law, backend, examples, seed) for law in laws]

    def __getitem__(self, name: str) -> "Model":
        if name not in self.checked.definitions:
            near = suggestion(name, self.checked.definitions) or f"there are {', '.join(self)}"
            raise KeyError(f"no model or morph `{name}`; {near}")
        return Model(self.checked, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.checked.definitions)

    def __len__(self) -> int:
        return len(self.checked.definitions)


@frozen(slots=False)
class Model:
    """A model (or morph) of a program with some of its arguments bound."""

    checked: Checked = field(repr=False)
    name: str
    settings: Mapping[str, Setting] = field(factory=dict)

    def bind(self, **settings: Setting) -> "Model":
        """The model with arguments chosen; later ones replace earlier ones.

        `CatError` for an argument that is not there, or a value that breaks a fact.
        """
        bound = evolve(self, settings={**self.settings, **settings})
        bound.program  # noqa: B018 - errors belong here, not where the module is built
        return bound

    @property
    def definition(self) -> Definition:
        return self.checked.definitions[self.name]

    @property
    def type(self) -> str:
        """The type at the chosen arguments, as the language prints it."""
        return self.program.type

    @cached_property
    def program(self) -> "ir.Program":
        """The intermediate representation; a public form is not promised."""
        return self.specialised(optimise=True)

    def specialised(self, optimise: bool) -> "ir.Program":
        """The program in normal form, or as it is written."""
        try:
            return specialise(self.checked, self.name, self.settings, optimise)
        except CatError as error:
            raise CatError(error.diagnostics, error.sources or self.checked.sources) from None

    @property
    def parameters_formula(self) -> "sympy.Expr":
        """How many parameters there are, as a sympy expression in the static sizes.

        Sizes that are bound are numbers in it, and so are those on which the
        structure depends.
        """
        from catnn.cost.formula import formula

        found = cost_of(specialise_symbolic(self.checked, self.name, self.settings))
        known = {k: v for k, v in self.settings.items() if isinstance(v, int)}
        return formula(found.at(known).total.parameters)

    def cost(self, **sizes: int) -> Cost:
        """Parameters, FLOPs and bytes, by factor and in total, at run-time sizes.

        A figure is a number where all its sizes are given, else a formula.
        """
        found = cost_of(self.program)
        for name in sizes:
            if found.symbol(name) is None:
                raise self._no_size(name, [symbol.name for symbol in found.sizes])
        return found.at(sizes)

    def _no_size(self, name: str, known: list[str]) -> CatError:
        """The error for a run-time size that the model does not have."""
        help = suggestion(name, known) or f"it has {', '.join(f'`{other}`' for other in known)}"
        message = f"`{self.name}` has no run-time size `{name}`"
        diagnostic = Diagnostic("E0303", message, self.definition.span, help=[help])
        return CatError([diagnostic], self.checked.sources)

    def torch(
        self,
        *,
        mode: Mode = "train",
        optimise: bool = True,
        seed: int = 0,
        weights: "Mapping[str, Tensor] | None" = None,
        device: "Device | str | None" = None,
        dtype: "Precision | None" = None,
        checkpoint: str | None = None,
    ) -> "Module":
        """A `torch.nn.Module`, not yet compiled, with parameters drawn from `seed`.

        `weights` is a state dict, loaded strictly. `checkpoint` is a path such as
        `"blocks.*"`: activations inside are computed again in the backward pass.
        Without `optimise` the program is built as it is written: views are not
        simplified, contractions go from the left, and no two operations become one.
        Values are the same up to rounding. `CatError` if the weights do not fit or
        torch is not installed.
        """
        program = self.program if optimise else self.specialised(optimise=False)
        module = find_backend().build(
            program, mode=mode, seed=seed, checkpoint=checkpoint, optimise=optimise
        )
        if weights is not None:
            load_strictly(module, weights, self.name)
        return module.to(device=device, dtype=dtype)

    def compile(self, *, mode: Mode = "train", seed: int = 0) -> "Module":
        """The module through `torch.compile`; a block that repeats often is compiled once."""
        return find_backend().compile(self.torch(mode=mode, seed=seed))

    def emit(self, *, mode: Mode = "train", optimise: bool = True) -> str:
        """Python source of the module; it imports torch and nothing else.

        For `optimise` see `torch`.
        """
        program = self.program if optimise else self.specialised(optimise=False)
        return find_backend().emit(program, mode=mode, optimise=optimise)


def load(path: str | Path) -> Program:
    """Read and check a `.cat` file.

    `CatError` with every diagnostic if the program has errors; `OSError` if the
    file cannot be read.
    """
    file = Path(path)
    # What cannot be read is no error of a program; a pipe without a writer is not waited for.
    os.close(os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)))
    return _accepted(check(file))


def loads(text: str, name: str = "<string>") -> Program:
    """Check a program given as text; `name` stands for the file in diagnostics."""
    return _accepted(check_text(text, name))


def compile(path: str | Path, model: str, **settings: Setting) -> "Module":
    """Load a file, bind a model's arguments, and compile its module, in one call."""
    return load(path)[model].bind(**settings).compile()


def _accepted(checked: Checked) -> Program:
    if any(diagnostic.severity == "error" for diagnostic in checked.diagnostics):
        raise CatError(checked.diagnostics, checked.sources)
    return Program(checked)
