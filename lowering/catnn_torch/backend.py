"""The PyTorch backend: what `catnn.backends` finds under the name `torch`."""

import linecache
import os
import shutil
import sys
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import count
from types import ModuleType
from typing import Literal

import torch
from attrs import define
from torch import nn

from catnn.errors import CatError, Diagnostic
from catnn.ir.terms import Program
from catnn.source import NOWHERE
from catnn_torch.file import RunTimeAxes
from catnn_torch.initialise import INITIALISERS
from catnn_torch.module import Emitted, emit_program
from catnn_torch.ops import EMITTERS
from catnn_torch.ops.precision import PRECISION
from catnn_torch.pickling import State, make_picklable, put_back
from catnn_torch.recurrent import HELPERS as RECURRENT
from catnn_torch.tied import tied
from catnn_torch.trial import TorchSides

_numbers = count(1)

MANY_TURNS = 6
"""From so many turns of a block on average, a compiled model is compiled block by block."""


class TorchBackend:
    """Source text, modules and compiled modules from programs."""

    def primitives(self) -> frozenset[str]:
        """The primitives that have an emission."""
        return (frozenset(EMITTERS) - frozenset(PRECISION)) | frozenset(INITIALISERS)

    def emit(
        self,
        program: Program,
        *,
        mode: Literal["train", "infer"] = "train",
        optimise: bool = True,
    ) -> str:
        """Source text that imports torch and nothing else."""
        with deep_recursion():
            return emit_program(program, infer=mode == "infer", optimise=optimise).source

    def build(
        self,
        program: Program,
        *,
        mode: Literal["train", "infer"] = "train",
        seed: int | None = 0,
        checkpoint: str | None = None,
        optimise: bool = True,
    ) -> nn.Module:
        """The module of the same source, its parameters drawn from `seed`."""
        with deep_recursion():
            emitted = emit_program(
                program, standalone=False, infer=mode == "infer", optimise=optimise
            )
        with torch.random.fork_rng(devices=[]):
            if seed is not None:
                torch.manual_seed(seed)
            module = made(emitted, program.name, checkpoint)
        return module.eval() if mode == "infer" else module

    def sides(
        self, program: Program, operator: Literal["==", "<="], scope: Literal["value", "gradient"]
    ) -> TorchSides:
        """A law, to be tried on numbers: its sides as they are written."""
        module = self.build(program, optimise=False).double()
        return TorchSides(program, module, operator, scope)

    def pair(
        self, one: Program, other: Program, names: Mapping[str, str]
    ) -> TorchSides:
        """Two models, to be compared on numbers, with one set of parameters."""
        modules = [self.build(program, optimise=False).double() for program in (one, other)]
        return TorchSides(one, tied(modules, (one.name, other.name), names), "==", "gradient")

    def compile(self, module: nn.Module) -> nn.Module:
        """The same module through `torch.compile`; a repeated block is compiled once."""
        need_compiler()
        origin = module.__dict__["_catnn"]
        assert isinstance(origin, Origin)
        origin.compile(module)
        return module


@define(eq=False)
class Origin:
    """The text and the names that a module comes from; a copy of the module has the same."""

    emitted: Emitted
    name: str
    namespace: dict[str, object]
    is_compiled: bool = False

    def __attrs_post_init__(self) -> None:
        weakref.finalize(self, unload, self.name)

    def __deepcopy__(self, memo: object) -> "Origin":
        return self

    def compile(self, module: nn.Module) -> None:
        """Compile the functions of the blocks where that pays, else the whole.

        Class and functions belong to one built module and its copies alone.
        """
        if self.is_compiled:
            return
        self.is_compiled = True
        is_whole = not self.part_kernels()
        if self.has_many_turns(module):
            for name, function in self.emitted.blocks.items():
                self.namespace[name] = compiled(self.namespace[name], function.axes, is_whole)
            return
        model = self.namespace[self.emitted.model]
        assert isinstance(model, type)
        for name, axes in self.emitted.methods.items():
            setattr(model, name, compiled(getattr(model, name), axes, is_whole))

    def part_kernels(self) -> bool:
        """Keep the kernels of recurrent cells out of the compiler, which would unroll their steps."""
        kernels = self.namespace.keys() & RECURRENT.keys()
        for name in kernels:
            self.namespace[name] = torch.compiler.disable(self.namespace[name])  # type: ignore[no-untyped-call]
        return bool(kernels)

    def has_many_turns(self, module: nn.Module) -> bool:
        """Whether a block that is compiled once serves so many turns that the whole would take longer.

        Few turns do not make up for what a region costs in every step: 0.1 ms for
        its call, and nothing fused across its ends or between regions.
        """
        turns = Counter(type(part).__name__ for part in module.modules())
        callers = {function.caller for function in self.emitted.blocks.values()}
        return bool(callers) and sum(turns[c] for c in callers) >= MANY_TURNS * len(callers)


def compiled(function: object, axes: RunTimeAxes, is_whole: bool = True) -> Callable[..., object]:
    """`function` in one graph, its run-time axes marked so that a new size compiles nothing.

    One graph before and one behind each kernel that is not for the compiler unless it `is_whole`.
    """
    assert callable(function)
    inner = torch.compile(function, fullgraph=is_whole, dynamic=False)
    marked = [(position, marks(own)) for position, own in enumerate(axes) if own]

    def call(*arguments: object) -> object:
        for position, own in marked:
            argument = arguments[position]
            if isinstance(argument, torch.Tensor):
                for name, value in own:
                    argument.__dict__.setdefault(name, value)
        return inner(*arguments)

    return call


def marks(axes: tuple[int, ...]) -> list[tuple[str, object]]:
    """What `maybe_mark_dynamic` notes on a tensor: copied, since to ask for it costs 10 microseconds."""
    sample = torch.empty((1,) * (max(axes) + 1))
    for axis in axes:
        torch._dynamo.maybe_mark_dynamic(sample, axis)
    return list(sample.__dict__.items())


def made(emitted: Emitted, name: str, checkpoint: str | None) -> nn.Module:
    """A module of emitted source, its parameters drawn."""
    origin = Origin(emitted, *load(emitted.source, name))
    model = origin.namespace[emitted.model]
    assert isinstance(model, type)
    make_picklable(model, partial(restored, emitted, name, checkpoint))
    module = model()
    assert isinstance(module, nn.Module)
    module.__dict__["_catnn"] = origin
    if checkpoint is not None:
        checkpointed(module, checkpoint)
    return module


def restored(emitted: Emitted, name: str, checkpoint: str | None, state: State) -> nn.Module:
    """A module again from what a pickle has of it."""
    with torch.device("meta"):
        module = made(emitted, name, checkpoint)
    return put_back(module, state)


def checkpointed(module: nn.Module, pattern: str) -> None:
    """Compute the activations of the blocks that match a path again in the backward pass."""
    from fnmatch import fnmatchcase

    classes: dict[type[nn.Module], type[nn.Module]] = {}
    for name, part in module.named_modules():
        if name and fnmatchcase(name, pattern) and name.count(".") == pattern.count("."):
            cls = type(part)
            part.__class__ = classes.setdefault(cls, checkpointing(cls))


def checkpointing(cls: type[nn.Module]) -> type[nn.Module]:
    """The class of a block that keeps its inputs only; a copy of a block is of the same class."""
    from torch.utils.checkpoint import checkpoint

    def forward(self: nn.Module, *inputs: object, **form: object) -> object:
        return checkpoint(partial(cls.forward, self, **form), *inputs, use_reentrant=False)

    return type(cls.__name__, (cls,), {"forward": forward, "__module__": cls.__module__})


def load(source: str, name: str) -> tuple[str, dict[str, object]]:
    """Run emitted source as a module of its own: its name in `sys.modules`, and its names.

    Tracebacks, `inspect.getsource` and `torch.export` find it until it is unloaded.
    """
    module = ModuleType(f"catnn_emitted_{next(_numbers)}_{name}")
    module.__file__ = filename = f"<{module.__name__}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    sys.modules[module.__name__] = module
    exec(compile(source, filename, "exec"), module.__dict__)  # our own text, of a checked program
    return module.__name__, module.__dict__


def unload(name: str) -> None:
    """Forget emitted source that no module comes from any more."""
    sys.modules.pop(name, None)
    linecache.cache.pop(f"<{name}>", None)


def need_compiler() -> None:
    """E0801 where inductor would find no C++ compiler: `CXX`, or the usual one of the system."""
    usual = {"darwin": "clang++", "win32": "cl"}.get(sys.platform, "g++")
    if shutil.which(os.environ.get("CXX", usual)) is None:
        raise CatError(
            [
                Diagnostic(
                    "E0801",
                    "torch.compile needs a C++ compiler, and none is on the path",
                    NOWHERE,
                    help=("install one (`apt install g++`), or use `model.torch()` uncompiled",),
                )
            ]
        )


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Terms of deep models are walked recursively."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 100_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


backend = TorchBackend()
