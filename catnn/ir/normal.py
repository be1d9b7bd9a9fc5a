"""The structural normal form: chains of views made simple by the algebra of `views`.

Composition, tuples and their components are in normal form as they are built;
what is left are reshapes, permutations, repetitions and slices in each other.
The Fourier transform of reals that were made complex is that of the reals.
"""

from collections.abc import Sequence
from typing import cast

from attrs import define, evolve, field

from catnn.ir import views
from catnn.ir.build import Builder, give_hint, tensor_type
from catnn.ir.rebuild import Rebuild
from catnn.ir.terms import Apply, Program, Term
from catnn.types.dims import Dim


def normalise(program: Program) -> Program:
    """The program with its views in normal form; its values are the same up to rounding."""
    each = None if program.each is None else normalise(program.each)
    return evolve(program, region=Normalising().region(program.region), each=each)


class NormalBuilder(Builder):
    """Makes views in normal form."""

    def reshape(self, term: Term, shape: Sequence[Dim]) -> Term:
        if tensor_type(term).shape == tuple(shape):
            return term
        simpler = views.reshaped(self, term, shape)
        return super().reshape(term, shape) if simpler is None else simpler

    def permute(self, term: Term, axes: Sequence[int]) -> Term:
        if list(axes) == list(range(len(axes))):
            return term
        simpler = views.permuted(self, term, axes)
        return super().permute(term, axes) if simpler is None else simpler

    def expand(self, term: Term, axes: Sequence[int], shape: Sequence[Dim]) -> Term:
        if not axes:
            return term
        simpler = views.expanded(self, term, axes, shape)
        return super().expand(term, axes, shape) if simpler is None else simpler

    def slice(self, term: Term, axis: int, start: Dim, length: Dim) -> Term:
        if tensor_type(term).shape[axis] == length and start == views.ZERO:
            return term
        simpler = views.sliced(self, term, axis, start, length)
        return super().slice(term, axis, start, length) if simpler is None else simpler


@define(eq=False)
class Normalising(Rebuild):
    """Makes every view anew; names pass on to what stands for it."""

    builder: Builder = field(factory=NormalBuilder)

    def apply(self, term: Apply, arguments: tuple[Term, ...]) -> Term:
        if term.op in ("fft", "fft2"):
            arguments = tuple(map(_of_reals, arguments))
        if term.op not in ("reshape", "permute", "expand", "slice"):
            return super().apply(term, arguments)
        self.builder.hint, self.builder.factor = term.hint, term.factor
        found = self.view(term, arguments[0])
        if term.hint and isinstance(found, Apply) and not found.hint:
            give_hint(found, term.hint)
        return found

    def view(self, term: Apply, argument: Term) -> Term:
        shape = views.shape_of(term)
        match term.op:
            case "reshape":
                return self.builder.reshape(argument, shape)
            case "permute":
                return self.builder.permute(argument, views.axes_of(term))
            case "expand":
                return self.builder.expand(argument, views.axes_of(term), shape)
            case _:
                start, length = (cast(Dim, term.attr(name)) for name in ("start", "length"))
                return self.builder.slice(argument, cast(int, term.attr("axis")), start, length)


def _of_reals(term: Term) -> Term:
    """What a term was before it was made complex."""
    if isinstance(term, Apply) and term.op == "complex":
        (inner,) = term.arguments
        if views.shape_of(inner) == views.shape_of(term):
            return inner
    return term


__all__ = ["NormalBuilder", "normalise"]
