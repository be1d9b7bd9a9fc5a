"""What type rules of primitives are made of: the types of arguments, compared under what is known of sizes."""

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

from attrs import define

from catnn.ir.samples import Samples
from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn.types.types import Element, Product, Tensor, Type

Own: TypeAlias = list[Tensor]
Rule: TypeAlias = "Callable[[Judge, Apply], Type]"

ZERO, ONE = Dim.of(0), Dim.of(1)


class Misfit(Exception):
    """Arguments or attributes that an application of its primitive cannot have."""


@define(eq=False)
class Judge:
    """Rules under what is known of sizes."""

    sizes: Samples

    def shape(self, tensor: Tensor) -> tuple[Dim, ...]:
        shape = tuple(item for item in tensor.shape if isinstance(item, Dim))
        if len(shape) != len(tensor.shape):
            raise Misfit(f"{tensor} has an open row")
        return shape

    def alike(self, one: Sequence[Dim], other: Sequence[Dim], what: str) -> None:
        """Two shapes are the same."""
        if len(one) != len(other) or not all(map(self.sizes.same, one, other)):
            raise Misfit(f"{what}: {shown(one)} and {shown(other)}")

    # ---- arguments ------------------------------------------------------------------------

    def tensors(self, apply: Apply, count: int | None = None) -> Own:
        """The whole types of the arguments."""
        if count is not None and len(apply.arguments) != count:
            raise Misfit(f"{len(apply.arguments)} arguments, {count} are due")
        found = []
        for argument in apply.arguments:
            if not isinstance(argument.type, Tensor):
                raise Misfit(f"an argument of type {argument.type} is no tensor")
            found.append(argument.type)
        return found

    def owns(self, apply: Apply, *elements: type[Element]) -> Own:
        """The types behind the lead; `elements` says of what kind each argument is."""
        found = []
        for position, whole in enumerate(self.tensors(apply, len(elements) or None)):
            carried, shape = apply.carries[position], self.shape(whole)
            if not (
                list(carried) == sorted(set(carried))
                and set(carried) <= set(range(len(apply.lead)))
            ):
                raise Misfit(
                    f"argument {position} carries the lead axes {carried} of {len(apply.lead)}"
                )
            front = [apply.lead[k] for k in carried]
            self.alike(shape[: len(front)], front, f"argument {position} and the lead differ")
            found.append(Tensor(whole.element, shape[len(front) :]))
        for position, (element, own) in enumerate(zip(elements, found, strict=False)):
            kind = element.__name__.lower()
            fits = isinstance(own.element, element)
            if not fits:
                raise Misfit(f"argument {position} is {own}, of {kind} numbers is due")
        return found

    def plain(self, apply: Apply) -> None:
        """Structural primitives have no lead."""
        if apply.lead:
            raise Misfit("a structural primitive has a lead")


def shown(shape: Sequence[Dim]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def batched(apply: Apply, own: Type) -> Type:
    """A type behind the lead."""
    match own:
        case Tensor(element, shape):
            return Tensor(element, (*apply.lead, *shape))
        case Product(items, labels):
            return Product(tuple(batched(apply, item) for item in items), labels)
        case _:
            return own


def size_of(apply: Apply, name: str) -> Dim:
    value = apply.attr(name)
    if isinstance(value, bool) or not isinstance(value, Dim | int):
        raise Misfit(f"the attribute `{name}` is no size")
    return Dim.of(value)


def numbers(apply: Apply, name: str) -> tuple[int, ...]:
    value = apply.attr(name)
    if not (isinstance(value, tuple) and all(isinstance(item, int) for item in value)):
        raise Misfit(f"the attribute `{name}` is no list of numbers")
    return cast("tuple[int, ...]", value)


def place(apply: Apply, name: str, rank: int) -> int:
    """An attribute that is an axis below `rank`."""
    value = apply.attr(name)
    if not isinstance(value, int) or not 0 <= value < rank:
        raise Misfit(f"there is no axis {value} among {rank}")
    return value


def row(judge: Judge, own: Tensor) -> Dim:
    if len(own.shape) != 1:
        raise Misfit(f"{own} is no row")
    return judge.shape(own)[0]
