"""Hash-consing: equal terms are one object, and views that change nothing never arise."""

from collections.abc import Sequence
from typing import TypeVar

from catnn.errors import InternalError
from catnn.ir.terms import (
    Apply,
    Attrs,
    Constant,
    Leaf,
    Loop,
    Project,
    Size,
    Term,
    TupleTerm,
    Var,
    WhenTraining,
)
from catnn.types.dims import Dim, SizeLimit
from catnn.types.types import REAL, Product, Tensor, Type

AnyTerm = TypeVar("AnyTerm", bound=Term)


class Builder:
    """Makes the terms of one program."""

    def __init__(self) -> None:
        self._terms: dict[Term, Term] = {}
        self.hint = ""
        self.factor = ""

    def intern(self, term: AnyTerm) -> AnyTerm:
        return self._terms.setdefault(term, term)  # type: ignore[return-value]

    def number(self, dim: Dim, type_: Type) -> Term:
        """A compile-time scalar: a literal where its value is known."""
        value = dim.as_fraction()
        if value is None:
            return self.intern(Size(dim, type_))
        is_real = isinstance(type_, Tensor) and type_.element == REAL
        try:
            literal: float | int = float(value) if is_real else int(value)
        except OverflowError:
            raise SizeLimit("a number that no real number of 64 bits can hold") from None
        return self.intern(Constant(literal, type_))

    def constant(self, value: float | int | bool, type_: Type) -> Term:
        return self.intern(Constant(value, type_))

    def apply(
        self,
        op: str,
        arguments: Sequence[Term],
        type_: Type,
        attrs: Attrs = (),
        lead: Sequence[Dim] = (),
        carries: Sequence[tuple[int, ...]] = (),
        site: int = 0,
        hint: str = "",
    ) -> Term:
        if not carries:
            carries = ((),) * len(arguments)
        return self.intern(
            Apply(
                op,
                tuple(arguments),
                type_,
                attrs,
                tuple(lead),
                tuple(carries),
                site,
                hint=hint or self.hint,
                factor=self.factor,
            )
        )

    # ---- structure --------------------------------------------------------------------

    def reshape(self, term: Term, shape: Sequence[Dim]) -> Term:
        """The same elements at another shape."""
        tensor = tensor_type(term)
        if tensor.shape == tuple(shape):
            return term
        return self.apply("reshape", (term,), Tensor(tensor.element, tuple(shape)))

    def permute(self, term: Term, axes: Sequence[int]) -> Term:
        """Result axis k is argument axis `axes[k]`."""
        if list(axes) == list(range(len(axes))):
            return term
        tensor = tensor_type(term)
        shape = tuple(tensor.shape[a] for a in axes)
        return self.apply(
            "permute", (term,), Tensor(tensor.element, shape), (("axes", tuple(axes)),)
        )

    def expand(self, term: Term, axes: Sequence[int], shape: Sequence[Dim]) -> Term:
        """New axes at the positions `axes` of the result, along which the value repeats."""
        if not axes:
            return term
        tensor = tensor_type(term)
        return self.apply(
            "expand", (term,), Tensor(tensor.element, tuple(shape)), (("axes", tuple(axes)),)
        )

    def slice(self, term: Term, axis: int, start: Dim, length: Dim) -> Term:
        tensor = tensor_type(term)
        if tensor.shape[axis] == length and start == Dim.of(0):
            return term
        shape = (*tensor.shape[:axis], length, *tensor.shape[axis + 1 :])
        attrs = (("axis", axis), ("start", start), ("length", length))
        return self.apply("slice", (term,), Tensor(tensor.element, shape), attrs)

    def concat(self, terms: Sequence[Term], axis: int) -> Term:
        if len(terms) == 1:
            return terms[0]
        first = tensor_type(terms[0])
        total = Dim.of(0)
        for term in terms:
            size = tensor_type(term).shape[axis]
            assert isinstance(size, Dim)
            total = total + size
        shape = (*first.shape[:axis], total, *first.shape[axis + 1 :])
        return self.apply("concat", terms, Tensor(first.element, shape), (("axis", axis),))

    def diagonal(self, term: Term, first: int, second: int) -> Term:
        """The diagonal over two axes of one size; the second is dropped."""
        tensor = tensor_type(term)
        shape = (*tensor.shape[:second], *tensor.shape[second + 1 :])
        return self.apply(
            "diagonal", (term,), Tensor(tensor.element, shape), (("axes", (first, second)),)
        )

    def contract(
        self,
        terms: Sequence[Term],
        labels: Sequence[tuple[int, ...]],
        result: Sequence[int],
        type_: Tensor,
    ) -> Term:
        attrs: Attrs = (("operands", tuple(labels)), ("result", tuple(result)))
        return self.apply("contract", terms, type_, attrs)

    # ---- products and control -----------------------------------------------------------

    def tuple(self, items: Sequence[Term], type_: Product) -> Term:
        return self.intern(TupleTerm(tuple(items), type_))

    def project(self, term: Term, index: int) -> Term:
        if isinstance(term, TupleTerm):
            return term.items[index]
        if not isinstance(term.type, Product):
            raise InternalError(f"component {index} of {term.type}")
        return self.intern(Project(term, index, term.type.items[index]))

    def when_training(self, then: Term, otherwise: Term) -> Term:
        if then == otherwise:
            return then
        return self.intern(WhenTraining(then, otherwise, then.type))

    def loop(self, loop: Loop) -> Term:
        return self.intern(loop)

    def leaf(self, leaf: Leaf) -> Leaf:
        return self.intern(leaf)

    def var(self, var: Var) -> Var:
        return self.intern(var)


def give_hint(term: Term, hint: str) -> None:
    """Call a term by the user's name. Names are no part of a term's identity, so this is safe."""
    object.__setattr__(term, "hint", hint)


def tensor_type(term: Term) -> Tensor:
    """The type of a term that is one tensor."""
    if not isinstance(term.type, Tensor):
        raise InternalError(f"a tensor was due, not {term.type}")
    return term.type


__all__ = ["Builder", "give_hint", "tensor_type"]
