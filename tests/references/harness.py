"""Compare a `.cat` program with code that nobody here wrote: values and gradients in float64.

A test names the program, the reference and the rules that carry the names (and layouts) of the
reference's leaves to ours; `agree` does the rest. Every leaf of both sides must be met exactly once.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import torch
from attrs import frozen
from torch import Tensor
from torch.nn import Module

from catnn.api import Model

BOUND = 1e-9
"""Largest difference, relative to max(1, greatest element of the reference)."""

Leaves: TypeAlias = dict[str, Tensor]


@frozen
class Rule:
    """The leaves whose names match `theirs` (a regular expression) are ours under `ours`, after `change`.

    `change` only moves elements, so it carries gradients too. Several names share
    a leaf in equal parts, in order.
    """

    theirs: str
    ours: str | tuple[str, ...]
    change: Callable[[Tensor], Tensor] = lambda leaf: leaf

    def parts(self, leaf: Tensor) -> Iterator[tuple[str, Tensor]]:
        if isinstance(self.ours, str):
            return iter([(self.ours, self.change(leaf))])
        names = self.ours
        return zip(names, self.change(leaf).chunk(len(names)), strict=True)


def renamed(leaves: Mapping[str, Tensor], rules: Sequence[Rule]) -> Leaves:
    """The reference's leaves under our names; each must match exactly one rule."""
    found: Leaves = {}
    for name, leaf in leaves.items():
        fitting = [(rule, match) for rule in rules if (match := re.fullmatch(rule.theirs, name))]
        assert len(fitting) == 1, f"{len(fitting)} rules for {name}"
        rule, match = fitting[0]
        for pattern, part in rule.parts(leaf):
            ours = match.expand(pattern)
            assert ours not in found, f"two leaves for {ours}"
            found[ours] = part
    return found


def redraw(module: Module, seed: int) -> None:
    """Draw every leaf anew: the defaults of some libraries (zeros, ones) would hide mistakes.

    Buffers that are not saved are tables that follow from the sizes, and stay.
    """
    draw = torch.Generator().manual_seed(seed)
    saved = module.state_dict()
    with torch.no_grad():
        for name, leaf in [*module.named_parameters(), *module.named_buffers()]:
            if not leaf.is_floating_point() or name not in saved:
                continue
            noise = torch.randn(leaf.shape, generator=draw, dtype=torch.float64)
            if name.endswith("var"):
                leaf.copy_(0.5 + noise.abs())
            elif leaf.dim() < 2:
                leaf.copy_(0.3 * noise + (1 if name.endswith("weight") else 0))
            else:
                leaf.copy_(noise / (leaf.numel() / leaf.shape[0]) ** 0.5)


def agree(
    ours: Module,
    theirs: Module,
    rules: Sequence[Rule],
    inputs: Sequence[Tensor],
    call: Callable[[Module, Sequence[Tensor]], object] = lambda module, inputs: module(*inputs),
    modes: Iterable[str] = ("eval", "train"),
    seed: int = 0,
) -> None:
    """Same leaves, same inputs: same outputs, gradients of all inputs and parameters, and stored buffers."""
    ours.double()
    theirs.double()
    redraw(theirs, seed)
    for mode in modes:
        ours.train(mode == "train")
        theirs.train(mode == "train")
        ours.load_state_dict(renamed(_leaves(theirs), rules), strict=True)
        expected, their_gradients, their_inputs = _run(
            theirs, lambda x: call(theirs, x), inputs, seed
        )
        found, our_gradients, our_inputs = _run(ours, lambda x: ours(*x), inputs, seed)
        _all_close(f"{mode}: output", dict(enumerate(found)), dict(enumerate(expected)))
        _all_close(f"{mode}: gradient of input", our_inputs, their_inputs)
        _all_close(f"{mode}: gradient of", our_gradients, renamed(their_gradients, rules))
        _all_close(f"{mode}: buffer", dict(ours.state_dict()), renamed(_leaves(theirs), rules))


def _leaves(module: Module) -> Leaves:
    """Parameters, each once, and the buffers that are saved, batch counters aside."""
    saved = module.state_dict()
    leaves = {name: leaf.detach().clone() for name, leaf in module.named_parameters()}
    buffers = {name: leaf for name, leaf in module.named_buffers() if name in saved}
    return leaves | {
        name: leaf.clone()
        for name, leaf in buffers.items()
        if not name.endswith("num_batches_tracked")
    }


def _run(
    module: Module,
    forward: Callable[[Sequence[Tensor]], object],
    inputs: Sequence[Tensor],
    seed: int,
) -> tuple[list[Tensor], Leaves, dict[int, Tensor]]:
    """Outputs, and gradients of a random combination of them; what is drawn is drawn from `seed`."""
    torch.manual_seed(seed)
    module.zero_grad()
    taken = [
        x.double().requires_grad_() if x.is_floating_point() else x
        for x in map(torch.clone, inputs)
    ]
    outputs = _flat(forward(taken))
    draw = torch.Generator().manual_seed(seed + 1)
    sum((torch.randn(y.shape, generator=draw, dtype=y.dtype) * y).sum() for y in outputs).backward()  # type: ignore[union-attr]
    for name, leaf in module.named_parameters():
        assert leaf.grad is not None, f"no gradient reaches {name}"
    gradients = {
        name: leaf.grad for name, leaf in module.named_parameters() if leaf.grad is not None
    }
    return (
        [y.detach() for y in outputs],
        gradients,
        {k: x.grad for k, x in enumerate(taken) if x.grad is not None},
    )


def _flat(outputs: object) -> list[Tensor]:
    if isinstance(outputs, Tensor):
        return [outputs]
    assert isinstance(outputs, tuple | list)
    return [tensor for output in outputs for tensor in _flat(output)]


def _all_close(
    what: str, found: Mapping[object, Tensor], expected: Mapping[object, Tensor]
) -> None:
    assert found.keys() == expected.keys(), f"{what}: {set(found) ^ set(expected)}"
    for name, tensor in expected.items():
        close(f"{what} {name}", found[name], tensor)


def close(what: str, found: Tensor, expected: Tensor) -> None:
    """Equal shapes and finite elements, and differences within the bound."""
    assert found.shape == expected.shape, (
        f"{what}: shape {tuple(found.shape)}, not {tuple(expected.shape)}"
    )
    assert expected.isfinite().all(), f"{what}: the reference is not finite"
    found, expected = found.detach(), expected.detach()
    if expected.numel():
        scale = max(1.0, float(expected.abs().max()))
        error = float((found - expected).abs().max())
        assert error <= BOUND * scale, (
            f"{what}: off by {error:.3g}, the reference goes up to {scale:.3g}"
        )


def parameters(module: Module) -> int:
    """How many numbers are trained; a tied leaf counts once."""
    return sum(leaf.numel() for leaf in module.parameters())


def published(model: Model) -> int:
    """The same for a model at its defaults, without making a tensor."""
    count = model.bind().cost().parameters
    assert isinstance(count, int)
    return count
