"""Pickles of built modules: the text they come from and their state, so that any process can load them."""

import copy
from collections.abc import Callable, Mapping

from attrs import frozen
from torch import Tensor, nn


@frozen
class State:
    """What a module is besides its text: its leaves, and its flags by name."""

    leaves: Mapping[str, Tensor]
    trains: Mapping[str, bool]
    needs_gradient: Mapping[str, bool]


def make_picklable(model: type[nn.Module], restore: Callable[[State], nn.Module]) -> None:
    """Let modules of a class that no file holds be pickled: `restore` makes one again."""

    def reduce(self: nn.Module) -> tuple[object, ...]:
        return restore, (state_of(self),)

    model.__reduce__ = reduce  # type: ignore[method-assign, assignment]
    model.__deepcopy__ = copied  # type: ignore[attr-defined]


def copied(module: nn.Module, memo: dict[int, object]) -> nn.Module:
    """A deep copy of the same class, as of any module."""
    twin = module.__class__.__new__(module.__class__)
    memo[id(module)] = twin
    twin.__dict__.update(copy.deepcopy(module.__dict__, memo))
    return twin


def state_of(module: nn.Module) -> State:
    return State(
        {name: leaf.detach() for name, leaf in module.state_dict(keep_vars=True).items()},
        {name: part.training for name, part in module.named_modules()},
        {name: leaf.requires_grad for name, leaf in module.named_parameters()},
    )


def put_back(module: nn.Module, state: State) -> nn.Module:
    module.load_state_dict(state.leaves, assign=True)
    for name, part in module.named_modules():
        part.training = state.trains[name]
    for name, leaf in module.named_parameters():
        leaf.requires_grad_(state.needs_gradient[name])
    return module


__all__ = ["State", "make_picklable", "put_back"]
