"""Run one term of the standard library, with leads, and compare it with a PyTorch module."""

from collections.abc import Callable, Sequence

import torch
from attrs import field, frozen
from torch import Tensor, nn

import catnn
from catnn.api import Model
from tests.references.harness import Rule, agree

LEADS = {"": (), "p": (3,), "p, q": (3, 2)}
"""Names and sizes of the axes in front: run-time sizes of the model."""
NO_AND_TWO = ("", "p, q")


@frozen
class Case:
    """`term` at inputs of the given types is `reference` on tensors of the same shapes.

    An input is `(element, axes)`: `("", (5,))` is real, `("ix(7)", ())` an index.
    """

    name: str
    term: str
    inputs: Sequence[tuple[str, tuple[int, ...]]]
    output: tuple[int, ...]
    reference: Callable[[], nn.Module]
    rules: Sequence[Rule] = ()
    positive: bool = False
    modes: Sequence[str] = field(default=("eval", "train"))


class Function(nn.Module):
    """A function of tensors as a module without leaves."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


class OneBatchAxis(nn.Module):
    """A module that knows one batch axis, on inputs with any number of them."""

    def __init__(self, module: nn.Module, ranks: Sequence[int]) -> None:
        super().__init__()
        self.module = module
        self.ranks = ranks

    def forward(self, *inputs: Tensor) -> Tensor:
        lead = inputs[0].shape[: inputs[0].dim() - self.ranks[0]]
        flat = [x.reshape(-1, *x.shape[len(lead) :]) for x in inputs]
        found: Tensor = self.module(*flat)
        return found.reshape(*lead, *found.shape[1:])


def source(case: Case, lead: str) -> str:
    """A model of the case with leading axes in its type."""

    def tensor(element: str, axes: tuple[int, ...]) -> str:
        listed = ", ".join([lead] * bool(lead) + [str(axis) for axis in axes])
        return f"{element}[{listed}]" if listed or not element else element

    inputs = [tensor(element, axes) for element, axes in case.inputs]
    given = inputs[0] if len(inputs) == 1 else f"({', '.join(inputs)})"
    return f"model m : {given} -> {tensor('', case.output)} = {case.term}\n"


def draw(element: str, shape: tuple[int, ...], positive: bool, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    if element:
        return torch.randint(int(element[3:-1]), shape, generator=generator)
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    return 0.01 + 0.98 * x.sigmoid() if positive else x


def compare(case: Case, lead: str) -> None:
    """Values and gradients agree, for a batch of inputs that lead with `lead`."""
    ours = model(source(case, lead)).torch()
    ranks = [len(axes) for _, axes in case.inputs]
    theirs = OneBatchAxis(case.reference(), ranks)
    inputs = [
        draw(element, (4, *LEADS[lead], *axes), case.positive, seed)
        for seed, (element, axes) in enumerate(case.inputs)
    ]
    rules = [Rule("module\\." + rule.theirs, rule.ours, rule.change) for rule in case.rules]
    agree(ours, theirs, rules, inputs, modes=case.modes)


def model(text: str, **sizes: int) -> Model:
    """The model `m` of a text."""
    return catnn.loads(text)["m"].bind(**sizes)
