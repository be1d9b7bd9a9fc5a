"""Values during specialisation: terms with the lead axes that they carry.

`Lifted.axes` are the axes of the current lead that stand in front of the
value's own axes in `term`, outermost first. An axis that a value does not
carry is one along which it is constant; it is only expanded when something
needs it in place.
"""

from itertools import count
from typing import TypeAlias

from attrs import field, frozen

from catnn.errors import InternalError
from catnn.ir.build import Builder, tensor_type
from catnn.ir.terms import Term
from catnn.types.dims import Dim
from catnn.types.types import Product, Tensor

_uids = count(1)


@frozen(eq=False)
class Axis:
    """One axis of a lead. `copies` axes have parameters of their own and are never merged."""

    size: Dim
    is_copies: bool = False
    uid: int = field(factory=lambda: next(_uids))


@frozen(eq=False)
class Lifted:
    """A tensor: `term` has type `[axes.., own..]`."""

    term: Term
    axes: tuple[Axis, ...] = ()

    @property
    def own(self) -> tuple[Dim, ...]:
        shape = tensor_type(self.term).shape[len(self.axes) :]
        return tuple(item for item in shape if isinstance(item, Dim))


@frozen(eq=False)
class Bundle:
    """A tuple or record of values."""

    items: tuple["Value", ...]
    labels: tuple[str, ...] | None = None


@frozen(eq=False)
class SizeValue:
    """The value of `size(n)`."""

    size: Dim


Value: TypeAlias = Lifted | Bundle | SizeValue


def sizes(axes: tuple[Axis, ...]) -> tuple[Dim, ...]:
    return tuple(axis.size for axis in axes)


def element_of(value: Lifted) -> Tensor:
    """The own type of a lifted tensor."""
    return Tensor(tensor_type(value.term).element, value.own)


class Shaper:
    """Moves axes of values between leads and own shapes."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def shift(self, value: Value, axes: tuple[Axis, ...]) -> Value:
        """The first own axes of every leaf become lead axes; nothing moves."""
        if not axes:
            return value
        match value:
            case Lifted(term, own):
                return Lifted(term, own + axes)
            case Bundle(items, labels):
                return Bundle(tuple(self.shift(item, axes) for item in items), labels)
            case SizeValue():
                return value

    def unshift(self, value: Value, axes: tuple[Axis, ...]) -> Value:
        """The innermost lead axes become the first own axes; those not carried are expanded."""
        if not axes:
            return value
        match value:
            case Lifted():
                carried = tuple(axis for axis in value.axes if axis not in axes)
                full = self.carry(value, carried + axes)
                return Lifted(full.term, carried)
            case Bundle(items, labels):
                return Bundle(tuple(self.unshift(item, axes) for item in items), labels)
            case SizeValue():
                return value

    def carry(self, value: Lifted, axes: tuple[Axis, ...]) -> Lifted:
        """The value with exactly these lead axes, in this order; what is missing is expanded."""
        if value.axes == axes:
            return value
        if any(axis not in axes for axis in value.axes):
            raise InternalError("a value carries an axis that is not in the lead")
        term = value.term
        kept = [axis for axis in axes if axis in value.axes]
        order = [value.axes.index(axis) for axis in kept]
        own = list(range(len(value.axes), len(tensor_type(term).shape)))
        term = self.builder.permute(term, order + own)
        missing = [k for k, axis in enumerate(axes) if axis not in value.axes]
        term = self.builder.expand(term, missing, sizes(axes) + value.own)
        return Lifted(term, axes)

    def carry_all(self, value: Value, axes: tuple[Axis, ...]) -> Value:
        match value:
            case Lifted():
                return self.carry(value, axes)
            case Bundle(items, labels):
                return Bundle(tuple(self.carry_all(item, axes) for item in items), labels)
            case SizeValue():
                return value

    def own_permute(self, value: Lifted, order: tuple[int, ...]) -> Lifted:
        lead = list(range(len(value.axes)))
        moved = [len(lead) + k for k in order]
        return Lifted(self.builder.permute(value.term, lead + moved), value.axes)

    def own_reshape(self, value: Lifted, shape: tuple[Dim, ...]) -> Lifted:
        return Lifted(self.builder.reshape(value.term, sizes(value.axes) + shape), value.axes)

    def as_term(self, value: Value) -> Term:
        """One term of the value: a tuple term for a bundle. Carried axes are part of the types."""
        match value:
            case Lifted(term):
                return term
            case Bundle(items, labels):
                terms = [self.as_term(item) for item in items]
                return self.builder.tuple(terms, Product(tuple(t.type for t in terms), labels))
            case SizeValue(size):
                from catnn.types.types import INT

                return self.builder.number(size, Tensor(INT))

    def of_term(self, term: Term, like: Value) -> Value:
        """A term of the layout of `like` as a value."""
        match like:
            case Lifted(axes=axes):
                return Lifted(term, axes)
            case Bundle(items, labels):
                parts = (
                    self.of_term(self.builder.project(term, k), item)
                    for k, item in enumerate(items)
                )
                return Bundle(tuple(parts), labels)
            case SizeValue():
                return like


def union(values: list[Lifted], stack: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """The axes that any of the values carries, in the order of the lead."""
    return tuple(axis for axis in stack if any(axis in value.axes for value in values))


__all__ = [
    "Axis",
    "Bundle",
    "Lifted",
    "Shaper",
    "SizeValue",
    "Value",
    "element_of",
    "sizes",
    "union",
]
