"""Both sides of a law on numbers, and how far apart rounding alone can bring them.

The sides are computed in float64 as they are written, without any rewriting. The
same numbers go through the same operations in float32, too: what the results
differ by, in units of the last place of float32, is by how much the computation
amplifies rounding errors. Sides that differ by more than `SLACK` times that, in
units of the last place of float64, are different.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

import torch
from attrs import define, frozen
from torch import Tensor, nn

from catnn.ir.terms import Program
from catnn.laws.trial import Shown, Trial
from catnn.types.dims import Dim, Symbol
from catnn.types.types import Bool, Index, Int, Product, SizeType, Type
from catnn.types.types import Tensor as TensorType

SLACK = 2.0**6
UNITS = torch.finfo(torch.float64).eps / torch.finfo(torch.float32).eps
ITEMS = 3
"""How many independent inputs a trial takes, as a batch."""

Value: TypeAlias = "Tensor | int | tuple[Value, ...]"


@frozen
class Outcome:
    """The sides, and the gradients of a random combination of each."""

    left: list[Tensor]
    right: list[Tensor]
    gradients: list[tuple[Tensor, Tensor]]


@define(eq=False)
class TorchSides:
    """A law at chosen static sizes as a module that gives the pair of its sides."""

    program: Program
    module: nn.Module
    operator: Literal["==", "<="]
    scope: Literal["value", "gradient"]

    def trial(self, sizes: Mapping[str, int], seed: int) -> Trial:
        self.redraw(seed)
        return self.compared(self.inputs(sizes, seed, ITEMS), seed)

    def shown(self, sizes: Mapping[str, int], seed: int) -> Shown:
        self.redraw(seed)
        inputs, items = self.fewest(self.inputs(sizes, seed, ITEMS), seed)
        what = self.compared(inputs, seed).what
        self.simplify_parameters(inputs, seed, what)
        inputs = self.simplified(inputs, seed, what)
        outcome = self.outcome(inputs, torch.float64, seed)
        left, right = tuple(outcome.left), tuple(outcome.right)
        if what == "gradient":
            left, right = zip(*outcome.gradients, strict=True)
        single_item = items == 1 and self.program.batch is not None
        texts = {
            given.var.name: text(value, single_item and given.lifted)
            for given, value in zip(self.program.inputs, inputs, strict=True)
        }
        leaves_ = {name: text(leaf.detach()) for name, leaf in self.module.named_parameters()}
        own = single_item and what == "value"
        return Shown({**texts, **leaves_}, text(left, own), text(right, own), what)

    # ---- numbers ------------------------------------------------------------------------

    def redraw(self, seed: int) -> None:
        """Parameters that hide nothing: initial ones are often all zero or one."""
        draw = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for leaf in self.module.parameters():
                noise = torch.randn(leaf.shape, generator=draw, dtype=torch.float64)
                leaf.copy_(single(noise))

    def inputs(self, sizes: Mapping[str, int], seed: int, items: int) -> list[Value]:
        draw = torch.Generator().manual_seed(seed + 1)
        known = {symbol: Dim.of(sizes[symbol.name]) for symbol in self.program.sizes}
        if self.program.batch is not None:
            known[self.program.batch] = Dim.of(items)
        return [drawn(given.var.type, known, draw) for given in self.program.inputs]

    def outcome(self, inputs: Sequence[Value], dtype: torch.dtype, seed: int) -> Outcome:
        """The sides in a precision; nothing is stored in buffers for good."""
        self.module.to(dtype)
        taken = [converted(value, dtype) for value in inputs]
        kept = {name: leaf.clone() for name, leaf in self.module.named_buffers()}
        left, right = (leaves(side) for side in self.module(*taken))
        with torch.no_grad():
            for name, leaf in self.module.named_buffers():
                leaf.copy_(kept[name])
        gradients = []
        if self.scope == "gradient":
            sources = [leaf for leaf in leaves(tuple(taken)) if leaf.requires_grad]
            sources += list(self.module.parameters())
            gradients = [
                pair
                for one, other in zip(left, right, strict=True)
                for pair in gradient_pairs(one, other, sources, seed)
            ]
        self.module.double()
        return Outcome([x.detach() for x in left], [x.detach() for x in right], gradients)

    def compared(self, inputs: Sequence[Value], seed: int) -> Trial:
        exact = self.outcome(inputs, torch.float64, seed)
        rough = self.outcome(inputs, torch.float32, seed)
        pairs = list(zip(exact.left, exact.right, strict=True))
        if any(x.isnan().any() and torch.equal(x.isnan(), y.isnan()) for x, y in pairs):
            return Trial(0.0, undefined=True)
        given = [x for x in leaves(tuple(inputs)) if x.is_floating_point()]
        given += [leaf.detach() for leaf in self.module.parameters()]
        allowed = tolerance(exact, rough, given)
        found = excess(pairs, allowed, self.operator)
        if found > 1 or self.operator == "<=":
            return Trial(found)
        inner = excess(exact.gradients, allowed, "==")
        return Trial(max(found, inner), "gradient" if inner > 1 else "value")

    def fewest(self, inputs: list[Value], seed: int) -> tuple[list[Value], int]:
        """One item of a batch that fails by itself, or the batch."""
        for k in range(ITEMS):
            item = [
                one_of(value, k) if given.lifted else value
                for value, given in zip(inputs, self.program.inputs, strict=True)
            ]
            if self.program.batch is not None and self.compared(item, seed).excess > 1:
                return item, 1
        return inputs, ITEMS

    def simplified(self, inputs: list[Value], seed: int, what: str) -> list[Value]:
        """Inputs of which as much as possible is zero, one, whole or short, and the sides differ."""
        for change in SIMPLER:
            for k in range(len(inputs)):
                simpler = [*inputs[:k], changed(inputs[k], change), *inputs[k + 1 :]]
                if self.differs(simpler, seed, what):
                    inputs = simpler
        return inputs

    def simplify_parameters(self, inputs: list[Value], seed: int, what: str) -> None:
        """The same for the parameters, in place."""
        for leaf in self.module.parameters():
            for change in SIMPLER:
                before = leaf.detach().clone()
                with torch.no_grad():
                    leaf.copy_(change(leaf))
                if self.differs(inputs, seed, what):
                    break
                with torch.no_grad():
                    leaf.copy_(before)

    def differs(self, inputs: Sequence[Value], seed: int, what: str) -> bool:
        trial = self.compared(inputs, seed)
        return trial.excess > 1 and trial.what == what


def one_of(value: Value, k: int) -> Value:
    """Item `k` of a batch, as a batch of one."""
    if isinstance(value, tuple):
        return tuple(one_of(item, k) for item in value)
    return value[k : k + 1] if isinstance(value, Tensor) else value


def one_digit(x: Tensor) -> Tensor:
    return (10 * x).round() / 10


SIMPLER: tuple[Callable[[Tensor], Tensor], ...] = (
    torch.zeros_like,
    torch.ones_like,
    torch.round,
    one_digit,
)


def changed(value: Value, change: Callable[[Tensor], Tensor]) -> Value:
    if isinstance(value, tuple):
        return tuple(changed(item, change) for item in value)
    if isinstance(value, Tensor) and value.is_floating_point():
        return change(value)
    return value


def single(x: Tensor) -> Tensor:
    """Numbers that float32 has, too, so that both precisions compute on the same."""
    return x.float().double()


def drawn(type_: Type, sizes: Mapping[Symbol, Dim], draw: torch.Generator) -> Value:
    """A random value of a type."""
    match type_:
        case Product(items):
            return tuple(drawn(item, sizes, draw) for item in items)
        case SizeType(size):
            return whole(size, sizes)
        case TensorType(element, shape):
            axes = tuple(whole(item, sizes) for item in shape)
            match element:
                case Index(size):
                    return torch.randint(whole(size, sizes), axes, generator=draw)
                case Int():
                    return torch.randint(-3, 4, axes, generator=draw)
                case Bool():
                    return torch.randint(2, axes, generator=draw).bool()
                case _:
                    return single(torch.randn(axes, generator=draw, dtype=torch.float64))
        case _:
            raise TypeError(f"no values of the type {type_}")


def whole(dim: object, sizes: Mapping[Symbol, Dim]) -> int:
    assert isinstance(dim, Dim)
    found = dim.substitute(sizes).as_int()
    assert found is not None
    return found


def converted(value: Value, dtype: torch.dtype) -> Value:
    """A copy of real tensors in a precision, ready for gradients."""
    if isinstance(value, tuple):
        return tuple(converted(item, dtype) for item in value)
    if isinstance(value, Tensor) and value.is_floating_point():
        return value.to(dtype).clone().requires_grad_()
    return value


def leaves(value: object) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, tuple | list):
        return [leaf for item in value for leaf in leaves(item)]
    return []


def gradient_pairs(
    left: Tensor, right: Tensor, sources: Sequence[Tensor], seed: int
) -> list[tuple[Tensor, Tensor]]:
    """Gradients of one random combination of each side, by every source."""
    draw = torch.Generator().manual_seed(seed + 2)
    weight = single(torch.randn(left.shape, generator=draw, dtype=torch.float64)).to(left.dtype)
    sides = []
    for side in (left, right):
        if not side.requires_grad:
            sides.append([torch.zeros_like(source) for source in sources])
            continue
        found = torch.autograd.grad(
            (weight * side).sum(), sources, retain_graph=True, allow_unused=True
        )
        pairs = zip(sources, found, strict=True)
        sides.append([torch.zeros_like(s) if g is None else g for s, g in pairs])
    return list(zip(*sides, strict=True))


def tolerance(exact: Outcome, rough: Outcome, given: Sequence[Tensor]) -> float:
    """How far rounding may part the sides: by what it does in float32, and by units of the greatest number.

    One bound for all results: where terms cancel, what is left has the errors of the terms.
    """
    fine, coarse = flat(exact), flat(rough)
    noise = max((greatest(x - y) for x, y in zip(fine, coarse, strict=True)), default=0.0)
    scale = max(map(greatest, [*fine, *given]), default=0.0)
    eps = torch.finfo(torch.float64).eps
    return SLACK * (UNITS * noise + eps * scale) + torch.finfo(torch.float64).tiny


def flat(outcome: Outcome) -> list[Tensor]:
    pairs = [side for pair in outcome.gradients for side in pair]
    return [x for x in (*outcome.left, *outcome.right, *pairs) if x.is_floating_point()]


def greatest(x: Tensor) -> float:
    """The greatest magnitude of what is finite."""
    return float(x.abs().nan_to_num(0, 0, 0).max()) if x.numel() else 0.0


def excess(
    pairs: Sequence[tuple[Tensor, Tensor]], allowed: float, operator: Literal["==", "<="]
) -> float:
    """The greatest difference of the sides, in parts of what is allowed."""
    worst = 0.0
    for left, right in pairs:
        agree = (left == right) | (
            (left <= right) if operator == "<=" else (left != left) & (right != right)
        )
        if bool(agree.all()):
            continue
        if not left.is_floating_point():
            return float("inf")
        difference = torch.where(agree, 0, left - right)
        difference = difference if operator == "<=" else difference.abs()
        found = float(difference.max()) / allowed
        worst = float("inf") if found != found else max(worst, found)
    return worst


def text(value: object, is_single: bool = False) -> str:
    """Numbers in short; `is_single` takes the batch axis of one item off."""
    if isinstance(value, Tensor):
        value = value[0] if is_single else value
        if value.numel() > 64:
            return f"{value.numel()} numbers of shape {list(value.shape)}"
        return shorter(value.tolist())
    if isinstance(value, tuple):
        parts = [text(item, is_single) for item in value]
        return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
    return str(value)


def shorter(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(shorter, value))}]"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value).lower()


__all__ = ["TorchSides"]
