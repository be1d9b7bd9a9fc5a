"""Keep a library's model from narrowing to float32 inside, so that it can be compared in float64.

Several references compute norms, rotary angles, softmax or scans in float32 whatever
precision they are given. Within `wide(..)()` what such a model is told to do in
float32 it does in float64, when it is built and when it runs; ours is left alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from importlib import import_module
from unittest.mock import patch

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


class InFloat64(TorchFunctionMode):
    """Every float32 that is asked for becomes a float64."""

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Sequence[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        if func is Tensor.float:
            return Tensor.double(*args)  # type: ignore[arg-type]
        named = {name: _wider(value) for name, value in (kwargs or {}).items()}
        return func(*map(_wider, args), **named)


def _wider(value: object) -> object:
    return torch.float64 if value is torch.float32 else value


def wide(module: str, name: str) -> Callable[[], AbstractContextManager[object]]:
    """The `exact` of a case whose reference is the class `name` of `module`."""

    @contextmanager
    def exact() -> Iterator[None]:
        owner = getattr(import_module(module), name)
        with (
            patch.object(owner, "__init__", _inside(owner.__init__)),
            patch.object(owner, "forward", _inside(owner.forward)),
        ):
            yield

    return exact


def _inside(method: Callable[..., object]) -> Callable[..., object]:
    @wraps(method)
    def run(*args: object, **kwargs: object) -> object:
        with InFloat64():
            return method(*args, **kwargs)

    return run
