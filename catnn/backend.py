"""Where modules come from: a backend, found through the entry point group `catnn.backends`.

catnn itself imports no tensor library. A package that can turn a program into
modules registers an object with the functions of `Backend` under its name.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, cast

from catnn.errors.diagnostic import CatError, Diagnostic
from catnn.ir.terms import Program
from catnn.laws.trial import Sides
from catnn.source import NOWHERE

if TYPE_CHECKING:
    from torch.nn import Module

GROUP = "catnn.backends"

Mode: TypeAlias = Literal["train", "infer"]


class Backend(Protocol):
    """What a backend does with a program at chosen static sizes."""

    def emit(self, program: Program, *, mode: Mode, optimise: bool) -> str:
        """Source text that runs without catnn."""
        ...

    def build(
        self, program: Program, *, mode: Mode, seed: int, checkpoint: str | None, optimise: bool
    ) -> "Module":
        """A module with parameters drawn from `seed`, not compiled."""
        ...

    def sides(
        self, program: Program, operator: Literal["==", "<="], scope: Literal["value", "gradient"]
    ) -> Sides:
        """A law, to be tried on numbers."""
        ...

    def pair(
        self, one: Program, other: Program, names: Mapping[str, str]
    ) -> Sides:
        """Two models, to be compared on numbers; `names` maps parameters of the first."""
        ...

    def compile(self, module: "Module") -> "Module":
        """The same module, compiled; its repeated blocks once."""
        ...


def find_backend(name: str = "torch") -> Backend:
    """The backend of that name; `CatError` (E0801) where it or what it needs is missing."""
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        raise _missing(name, known, "reinstall catnn: `pip install catnn[torch]`")
    try:
        return cast(Backend, known[name].load())
    except ModuleNotFoundError as error:
        package = (error.name or name).partition(".")[0]
        raise _missing(
            name, known, f"`{package}` is not installed: `pip install catnn[{name}]`"
        ) from error


def _missing(name: str, known: Iterable[str], help: str) -> CatError:
    there = ", ".join(f"`{other}`" for other in sorted(known)) or "none"
    return CatError(
        [
            Diagnostic(
                "E0801",
                f"the backend `{name}` cannot be used",
                NOWHERE,
                notes=[f"registered backends: {there}"],
                help=[help],
            )
        ]
    )
