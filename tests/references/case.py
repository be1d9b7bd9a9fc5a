"""An example beside an independent implementation: what tests compare and benchmarks time.

`cases/NAME.py` belongs to `examples/NAME.cat` and has one `CASE`. Libraries are
imported inside of functions, so that the cases themselves can be read quickly.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

import torch
from attrs import frozen
from torch import Tensor
from torch.nn import Module

import catnn
from catnn.api import Model, Setting
from tests.references.harness import Rule

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"

Sizes: TypeAlias = Mapping[str, Setting]
Inputs: TypeAlias = Sequence[Tensor]
Call: TypeAlias = Callable[[Module, Inputs], object]


def plain(module: Module, inputs: Inputs) -> object:
    return module(*inputs)


@frozen
class At:
    """Our model at `sizes`, the reference at the same sizes, inputs that both take, and how leaves go over."""

    sizes: Sizes
    theirs: Callable[[], Module]
    inputs: Callable[[], Inputs]
    rules: Sequence[Rule]


@frozen
class Case:
    """`call` runs the reference and picks the outputs that are ours.

    `published` is the number of parameters of the model at its defaults, as the
    paper or the library has it. `own` is the reference at these defaults, compared
    in slow runs only. `speed` has inputs for which a forward pass takes 20 to 200 ms
    on two cores. `exact` replaces for a while what the reference narrows to float32.
    `wide` has leaves large enough to compare how both begin; names that match
    `begins_otherwise` are left out of that.
    """

    small: Sequence[At]
    call: Call = plain
    published: int | None = None
    own: At | None = None
    speed: At | None = None
    modes: Sequence[str] = ("eval", "train")
    wide: At | None = None
    begins_otherwise: str | None = None
    exact: Callable[[], AbstractContextManager[object]] = nullcontext


NAMES = sorted(path.stem for path in (HERE / "cases").glob("*.py") if path.stem != "__init__")


def case(name: str) -> Case:
    """The case of an example."""
    found = import_module(f"tests.references.cases.{name}").CASE
    assert isinstance(found, Case)
    return found


def model(name: str) -> Model:
    """The model of an example, which is named after its file."""
    return catnn.load(EXAMPLES / f"{name}.cat")[name]


def reals(*shape: int, seed: int = 3) -> Tensor:
    """Standard normal numbers in float64."""
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=draw, dtype=torch.float64)


def indices(below: int, *shape: int, seed: int = 3) -> Tensor:
    """Indices below a number."""
    return torch.randint(below, shape, generator=torch.Generator().manual_seed(seed))


def small(name: str) -> tuple[Model, list[Tensor]]:
    """An example at its small sizes, and inputs for it in single precision."""
    at = case(name).small[0]
    given = [x.float() if x.is_floating_point() else x for x in at.inputs()]
    return model(name).bind(**at.sizes), given
