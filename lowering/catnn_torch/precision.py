"""Where values are more precise than the module, and where they meet its precision again.

    plain   in the precision of the module: inputs, leaves, and what is computed from them
    exact   reals computed from indices and sizes alone, such as the angles of positions:
            in 32 bits at least, for bfloat16 does not know 257
    wide    what `at_least_float32` widened, and what is computed from that

An exact value that meets a plain one is narrowed first. A wide one is not where
torch promotes by itself (`x * w`), but it is where torch wants one precision:
in products, convolutions and attention; there the language has no word for it.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from attrs import evolve

from catnn.cost.operations import ADJOINT_AXES, SPATIAL_AXES
from catnn.ir.rebuild import Rebuild
from catnn.ir.terms import (
    Apply,
    Loop,
    Program,
    Project,
    Region,
    Term,
    TupleTerm,
    WhenTraining,
)
from catnn.ir.walk import ordered, results
from catnn.types.types import REAL, Bool, Index, Int, Product, Real, Tensor
from catnn_torch.ops.pointwise import POINTWISE
from catnn_torch.ops.precision import EXACTLY, NARROW
from catnn_torch.writer import NOUNS, is_scalar

Precision: TypeAlias = Literal["plain", "exact", "wide"]

ONE_PRECISION = {
    "contract", "scaled_dot_product_attention", "masked_attention", "biased_attention", "batch_norm",
    *SPATIAL_AXES, *ADJOINT_AXES,
}  # fmt: skip
NORMS = {"layer_norm", "rms_norm", "group_norm"}
"""Their weights follow the value: a norm of a wide value is wide."""
EXACT_ANYWHERE = {"zeros", "ones", "eye", "constant", "one_hot"}


def settled(program: Program) -> Program:
    """The program with every change of precision written out as an application."""
    each = None if program.each is None else settled(program.each)
    if not any(map(_matters, _everything(program.region))):
        return program if each is program.each else evolve(program, each=each)
    return evolve(program, region=Settling().region(program.region), each=each)


def _everything(region: Region) -> Iterator[Term]:
    """The terms of a region and of the loops in it."""
    regions, seen = [region], set[int]()
    for inner in regions:
        for term in ordered(results(inner), seen):
            yield term
            if isinstance(term, Loop):
                regions.append(term.body)


def _matters(term: Term) -> bool:
    """Whether a term may be more precise than the module."""
    if not isinstance(term, Apply):
        return False
    return term.op in ("at_least_float32", *WIDE_NOISE) or (
        _is_real(term) and any(map(_is_whole, term.arguments)) and term.op in POINTWISE
    )


def _is_real(term: Term) -> bool:
    return isinstance(term.type, Tensor) and isinstance(term.type.element, Real)


def _is_whole(term: Term) -> bool:
    """Whether a term is a tensor of integers."""
    whole = isinstance(term.type, Tensor) and isinstance(term.type.element, Int | Index)
    return whole and not is_scalar(term)


WIDE_NOISE = ("draw.wide_uniform", "draw.wide_exponential")
"""Noise of which the order counts: in 8 bits many samples would be the same."""


class Settling(Rebuild):
    """Rebuilds terms with the changes of precision between them."""

    def __init__(self) -> None:
        super().__init__()
        self.precisions: dict[Term, Precision] = {}

    def of_region(self, region: Region) -> Region:
        """Results that are exact are narrowed; a buffer narrows what is stored."""
        inner = super().of_region(region)
        return evolve(inner, result=self.narrowed(inner.result))

    def when_training(self, term: WhenTraining, then: Term, otherwise: Term) -> Term:
        if self.precision(then) != self.precision(otherwise):
            then, otherwise = (self.narrowed(branch, wide=True) for branch in (then, otherwise))
        return super().when_training(term, then, otherwise)

    def loop(self, term: Loop, init: Term, xs: Term | None) -> Term:
        """The state of a loop has one precision in every turn: that of the module."""
        body = self.region(term.body)
        return self.builder.intern(
            evolve(
                term,
                init=self.narrowed(init, wide=True),
                xs=None if xs is None else self.narrowed(xs, wide=True),
                body=evolve(body, result=self.narrowed(body.result, wide=True)),
            )
        )

    # ---- applications -----------------------------------------------------------------------

    def apply(self, term: Apply, arguments: Sequence[Term]) -> Term:
        if term.op == "real" and _is_whole(arguments[0]):
            return self.changed(EXACTLY, arguments[0])
        if term.op in POINTWISE and term.op != "at_least_float32":
            arguments = self.met(term, arguments)
        elif term.op in NORMS:
            if self.precision(arguments[0]) == "plain":
                arguments = [self.narrowed(argument, wide=True) for argument in arguments]
            else:
                arguments = [arguments[0], *map(self.widened, arguments[1:])]
        elif self.has_plain(arguments):
            wide = term.op in ONE_PRECISION
            arguments = [self.narrowed(argument, wide) for argument in arguments]
        elif term.op.startswith("draw."):
            arguments = [self.narrowed(argument, wide=True) for argument in arguments]
        return super().apply(term, tuple(arguments))

    def met(self, term: Apply, arguments: Sequence[Term]) -> Sequence[Term]:
        """Arguments of a pointwise application: integers among reals, exact ones among plain ones."""
        in_reals = _is_real(term) or any(map(_is_real, arguments))
        if not in_reals:
            return arguments
        has_wide = any(self.precision(argument) == "wide" for argument in arguments)
        if self.has_plain(arguments) and not has_wide:
            return [self.narrowed(argument) for argument in arguments]
        return [self.changed(EXACTLY, a) if _is_whole(a) else a for a in arguments]

    def has_plain(self, arguments: Sequence[Term]) -> bool:
        return any(
            _is_real(a) and not is_scalar(a) and self.precision(a) == "plain" for a in arguments
        )

    # ---- changes ------------------------------------------------------------------------------

    def narrowed(self, term: Term, wide: bool = False) -> Term:
        """In the precision of the module, if it is exact (or, if asked for, wide)."""
        if isinstance(term.type, Product):
            if not isinstance(term, TupleTerm):
                return term
            items = tuple(self.narrowed(item, wide) for item in term.items)
            return self.builder.intern(evolve(term, items=items))
        precision = self.precision(term) if _is_real(term) else "plain"
        if precision == "exact" or (wide and precision == "wide"):
            return self.changed(NARROW, term)
        return term

    def widened(self, term: Term) -> Term:
        if self.precision(term) != "plain":
            return term
        return self.changed("at_least_float32", term)

    def changed(self, op: str, term: Term) -> Term:
        assert isinstance(term.type, Tensor)
        type_ = Tensor(REAL, term.type.shape)
        own = NOUNS.get(term.op, "") if isinstance(term, Apply) else ""
        return self.builder.apply(op, (term,), type_, hint=term.hint or own)

    # ---- precisions -----------------------------------------------------------------------------

    def precision(self, term: Term) -> Precision:
        found = self.precisions.get(term)
        if found is None:
            found = self.precisions[term] = self.found(term)
        return found

    def found(self, term: Term) -> Precision:
        match term:
            case Apply(op=op) if op == "at_least_float32" or op in WIDE_NOISE:
                return "wide"
            case Apply(op=op) if op == EXACTLY:
                return "exact"
            case Apply(op=op) if op == NARROW or op in EXACT_ANYWHERE or op.startswith("draw."):
                return "plain"
            case Apply(op="real", arguments=(argument,)) if isinstance(argument.type, Tensor):
                return "plain" if isinstance(argument.type.element, Bool) else "exact"
            case Apply(arguments=arguments):
                return self.joint([a for a in arguments if _is_real(a) and not is_scalar(a)])
            case Project(tuple=inner) if isinstance(inner, Apply):
                return self.precision(inner)
            case WhenTraining(then=then):
                return self.precision(then)
            case _:
                return "plain"

    def joint(self, arguments: Sequence[Term]) -> Precision:
        found = [self.precision(argument) for argument in arguments]
        if "wide" in found:
            return "wide"
        return "exact" if "exact" in found and "plain" not in found else "plain"


__all__ = ["settled"]
