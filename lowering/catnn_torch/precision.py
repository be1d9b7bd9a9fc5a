"""Where values are more precise than the module, and where they meet its precision again.

    plain   in the precision of the module: inputs, leaves, and what is computed from them
    exact   reals computed from indices and sizes alone, such as the angles of positions:
            in 32 bits at least, for bfloat16 does not know 257
    wide    what `at_least_float32` widened, and what is computed from that

An exact value that meets a plain one is narrowed first. A wide one is not where
torch promotes by itself (`x * w`), but it is where torch wants one precision:
in products, convolutions and attention; there the language has no word for it.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from attrs import define, evolve, field

from catnn.ir.build import Builder
from catnn.ir.terms import (
    Apply,
    Loop,
    Program,
    Project,
    Region,
    Store,
    Term,
    TupleTerm,
    WhenTraining,
)
from catnn.types.types import REAL, Bool, Index, Int, Product, Real, Tensor
from catnn_torch.ops.pointwise import POINTWISE
from catnn_torch.ops.precision import EXACTLY, NARROW
from catnn_torch.regions import reachable, roots
from catnn_torch.writer import NOUNS, is_scalar

Precision: TypeAlias = Literal["plain", "exact", "wide"]

ONE_PRECISION = {
    "contract", "scaled_dot_product_attention", "masked_attention", "biased_attention", "batch_norm",
    "convolve1d", "convolve1d_bias", "convolve2d", "convolve2d_bias",
}  # fmt: skip
NORMS = {"layer_norm", "rms_norm", "group_norm"}
"""Their weights follow the value: a norm of a wide value is wide."""
EXACT_ANYWHERE = {"zeros", "ones", "eye", "constant", "one_hot"}


def settled(program: Program) -> Program:
    """The program with every change of precision written out as an application."""
    if not any(map(_matters, _everything(program.region))):
        return program
    return evolve(program, region=Settling().region(program.region))


def _everything(region: Region) -> Sequence[Term]:
    found = []
    for term in reachable(roots(region)):
        found.append(term)
        if isinstance(term, Loop):
            found.extend(_everything(term.body))
    return found


def _matters(term: Term) -> bool:
    """Whether a term may be more precise than the module."""
    if not isinstance(term, Apply):
        return False
    return term.op == "at_least_float32" or (
        _is_real(term) and any(map(_is_whole, term.arguments)) and term.op in POINTWISE
    )


def _is_real(term: Term) -> bool:
    return isinstance(term.type, Tensor) and isinstance(term.type.element, Real)


def _is_whole(term: Term) -> bool:
    """Whether a term is a tensor of integers."""
    whole = isinstance(term.type, Tensor) and isinstance(term.type.element, Int | Index)
    return whole and not is_scalar(term)


@define(eq=False)
class Settling:
    """Rebuilds terms with the changes of precision between them."""

    builder: Builder = field(factory=Builder)
    memo: dict[Term, Term] = field(factory=dict)
    precisions: dict[Term, Precision] = field(factory=dict)

    def region(self, region: Region) -> Region:
        """Results that are exact are narrowed; a buffer narrows what is stored."""
        stores = tuple(Store(store.buffer, self.term(store.value)) for store in region.stores)
        aux = tuple((name, self.term(value)) for name, value in region.aux)
        return Region(region.parameters, self.narrowed(self.term(region.result)), stores, aux)

    def term(self, term: Term) -> Term:
        found = self.memo.get(term)
        if found is None:
            found = self.memo[term] = self.builder.intern(self.rebuilt(term))
        return found

    def rebuilt(self, term: Term) -> Term:
        match term:
            case Apply():
                return self.apply(term, [self.term(argument) for argument in term.arguments])
            case TupleTerm(items=items):
                return evolve(term, items=tuple(map(self.term, items)))
            case Project(tuple=inner):
                return evolve(term, tuple=self.term(inner))
            case WhenTraining(then=then, otherwise=otherwise):
                branches = [self.term(then), self.term(otherwise)]
                if self.precision(branches[0]) != self.precision(branches[1]):
                    branches = [self.narrowed(branch, wide=True) for branch in branches]
                return evolve(term, then=branches[0], otherwise=branches[1])
            case Loop(init=init, xs=xs, body=body):
                return evolve(
                    term,
                    init=self.narrowed(self.term(init), wide=True),
                    xs=None if xs is None else self.narrowed(self.term(xs), wide=True),
                    body=self.body(body),
                )
            case _:
                return term

    def body(self, body: Region) -> Region:
        """The state of a loop has one precision in every turn: that of the module."""
        inner = self.region(body)
        return evolve(inner, result=self.narrowed(inner.result, wide=True))

    # ---- applications -----------------------------------------------------------------------

    def apply(self, term: Apply, arguments: list[Term]) -> Term:
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
        return evolve(term, arguments=tuple(arguments))

    def met(self, term: Apply, arguments: list[Term]) -> list[Term]:
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
        precision = self.precision(term)
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
        own = NOUNS.get(term.op, term.op) if isinstance(term, Apply) else ""
        return self.builder.apply(op, (term,), type_, hint=term.hint or own)

    # ---- precisions -----------------------------------------------------------------------------

    def precision(self, term: Term) -> Precision:
        found = self.precisions.get(term)
        if found is None:
            found = self.precisions[term] = self.found(term)
        return found

    def found(self, term: Term) -> Precision:
        match term:
            case Apply(op="at_least_float32"):
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
