"""The adjoint of a linear graph: transposition, term by term, from the results to the inputs.

A cotangent of a value has its type; None stands for zero, a tuple for a
product. Each term hands the cotangent of its result on to the arguments through
which it depends on the input: primitives by `transpose`, loops by `adjoint_loop`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias, cast

from attrs import define, evolve, field

from catnn.errors import InternalError
from catnn.ir.build import Builder
from catnn.ir.terms import (
    Apply,
    Leaf,
    Loop,
    Project,
    Region,
    Term,
    TupleTerm,
    Var,
    WhenTraining,
)
from catnn.specialise.transpose import RULES, Algebra, Piece, Window
from catnn.specialise.transpose_windows import WINDOWS
from catnn.types.dims import Symbol
from catnn.types.types import Product, Tensor, Type

Cotangent: TypeAlias = "Piece | tuple[Cotangent, ...] | None"
Dependence: TypeAlias = "bool | tuple[Dependence, ...]"
Binder: TypeAlias = int | Symbol

TRANSPOSITIONS = {**RULES, **WINDOWS}


def some(dependence: Dependence) -> bool:
    return dependence if isinstance(dependence, bool) else any(map(some, dependence))


def either(one: Dependence, other: Dependence) -> Dependence:
    if isinstance(one, bool) and isinstance(other, bool):
        return one or other
    count = len(one if isinstance(one, tuple) else cast("tuple[Dependence, ...]", other))
    return tuple(either(component(one, k), component(other, k)) for k in range(count))


def component(dependence: Dependence, index: int) -> Dependence:
    return dependence if isinstance(dependence, bool) else dependence[index]


def operands(term: Term) -> tuple[Term, ...]:
    """What a term reads directly; of a loop, not what its body reads."""
    match term:
        case Apply(arguments=parts) | TupleTerm(items=parts):
            return parts
        case Project(tuple=whole):
            return (whole,)
        case WhenTraining(then=then, otherwise=otherwise):
            return (then, otherwise)
        case Loop(init=init, xs=xs):
            return (init,) if xs is None else (init, xs)
        case _:
            return ()


# ---- what terms depend on ---------------------------------------------------------------------


@define(eq=False)
class Bound:
    """The variables and loop indices that terms speak of, bound outside of them.

    `turns` gives the loops in whose turns a leaf is another one, by the first step of its path.
    """

    turns: Mapping[object, frozenset[Symbol]] = field(factory=dict)
    known: dict[Term, frozenset[Binder]] = field(factory=dict)

    def free(self, term: Term) -> frozenset[Binder]:
        found = self.known.get(term)
        if found is None:
            found = self.known[term] = self._free(term)
        return found

    def _free(self, term: Term) -> frozenset[Binder]:
        own = frozenset[Binder]().union(*(self.free(part) for part in operands(term)))
        match term:
            case Var(uid=uid):
                return frozenset([uid])
            case Leaf(path=path):
                return self.turns.get(path[0], frozenset())
            case Loop(body=body):
                return own | (self.free(body.result) - bound_by(term))
            case _:
                return own


def bound_by(loop: Loop) -> frozenset[Binder]:
    return frozenset([loop.index, *(parameter.uid for parameter in loop.body.parameters)])


@define(eq=False)
class Dependences:
    """Through which leaves of their values terms depend on some variables."""

    variables: Mapping[int, Dependence]
    bound: Bound
    known: dict[Term, Dependence] = field(factory=dict)

    def of(self, term: Term) -> Dependence:
        found = self.known.get(term)
        if found is None:
            speaks = not self.bound.free(term).isdisjoint(self.variables)
            found = self.known[term] = self._of(term) if speaks else False
        return found

    def _of(self, term: Term) -> Dependence:
        match term:
            case Var(uid=uid):
                return self.variables.get(uid, False)
            case TupleTerm(items=items):
                return tuple(map(self.of, items))
            case Project(tuple=whole, index=index):
                return component(self.of(whole), index)
            case WhenTraining(then=then, otherwise=otherwise):
                return either(self.of(then), self.of(otherwise))
            case Loop():
                return self.loop(term)
            case _:
                return any(some(self.of(part)) for part in operands(term))

    def inside(self, loop: Loop, state: Dependence) -> "Dependences":
        """The same in a loop's body, whose state depends so."""
        own: dict[int, Dependence] = dict(self.variables)
        *indices, last = loop.body.parameters
        if loop.kind == "scan":
            assert loop.xs is not None
            own[indices[0].uid], own[last.uid] = state, self.of(loop.xs)
        else:
            own.update((index.uid, False) for index in indices)
            own[last.uid] = state
        return Dependences(own, self.bound)

    def state(self, loop: Loop) -> Dependence:
        """How the state of a loop depends in any turn."""
        state = self.of(loop.init)
        while True:
            after = self.inside(loop, state).of(loop.body.result)
            following = either(state, component(after, 0) if loop.kind == "scan" else after)
            if following == state:
                return state
            state = following

    def loop(self, loop: Loop) -> Dependence:
        state = self.state(loop)
        if loop.kind != "scan":
            return state
        return (state, component(self.inside(loop, state).of(loop.body.result), 1))


# ---- the walk ----------------------------------------------------------------------------------


@define(eq=False)
class Transposer:
    """Pulls cotangents of results back to variables."""

    builder: Builder
    uids: Iterator[int]
    bound: Bound = field(factory=Bound)

    @property
    def algebra(self) -> Algebra:
        return Algebra(self.builder)

    def fresh(self, name: str, type_: Type) -> Var:
        return self.builder.var(Var(name, type_, next(self.uids)))

    def pull(
        self, roots: Sequence[tuple[Term, Cotangent]], variables: Sequence[Var]
    ) -> list[Term | None]:
        """The cotangents of variables (tensors) from those of results; None where it is zero."""
        dependences = Dependences(dict.fromkeys((v.uid for v in variables), True), self.bound)
        pulling = Pulling(self, dependences)
        for term, cotangent in roots:
            pulling.give(term, cotangent)
        for term in reversed(self.order([term for term, _ in roots], dependences)):
            if not isinstance(term, Var):
                pulling.hand_on(term)
        return [cast("Term | None", pulling.total(variable)) for variable in variables]

    def order(self, roots: Sequence[Term], dependences: Dependences) -> list[Term]:
        """The terms that depend on the variables, each after what it reads."""
        found: dict[Term, None] = {}
        stack = [(root, False) for root in reversed(roots)]
        while stack:
            term, is_ready = stack.pop()
            if term in found or not some(dependences.of(term)):
                continue
            if is_ready:
                found[term] = None
                continue
            stack.append((term, True))
            read = list(operands(term))
            if isinstance(term, Loop):
                read += self.captured(term, dependences)
            stack.extend((part, False) for part in reversed(read))
        return list(found)

    def captured(self, loop: Loop, dependences: Dependences) -> list[Term]:
        """The outermost terms of a body that depend on the variables and not on the loop."""
        found: dict[Term, None] = {}
        seen: set[Term] = set()

        def walk(term: Term, binders: frozenset[Binder]) -> None:
            if term in seen:
                return
            seen.add(term)
            free = self.bound.free(term)
            if free.isdisjoint(dependences.variables):
                return
            if free.isdisjoint(binders):
                if some(dependences.of(term)):
                    found[term] = None
                return
            for part in operands(term):
                walk(part, binders)
            if isinstance(term, Loop):
                walk(term.body.result, binders | bound_by(term))

        walk(loop.body.result, bound_by(loop))
        return list(found)

    def substitute(self, term: Term, mapping: Mapping[Term, Term]) -> Term:
        """A term with others in place of some that it is made of."""
        memo: dict[Term, Term] = dict(mapping)

        def go(term: Term) -> Term:
            found = memo.get(term)
            if found is None:
                found = memo[term] = rebuilt(term)
            return found

        def rebuilt(term: Term) -> Term:
            match term:
                case Apply(arguments=parts):
                    return self.builder.intern(evolve(term, arguments=tuple(map(go, parts))))
                case TupleTerm(items=items):
                    return self.builder.intern(evolve(term, items=tuple(map(go, items))))
                case Project(tuple=whole, index=index):
                    return self.builder.project(go(whole), index)
                case WhenTraining(then=then, otherwise=otherwise):
                    return self.builder.when_training(go(then), go(otherwise))
                case Loop(init=init, xs=xs, body=body):
                    inner = Region(body.parameters, go(body.result))
                    along = None if xs is None else go(xs)
                    return self.builder.loop(evolve(term, init=go(init), xs=along, body=inner))
                case _:
                    return term

        return go(term)


@define(eq=False)
class Pulling:
    """One walk: the cotangents that each term was given so far."""

    transposer: Transposer
    dependences: Dependences
    given: dict[Term, list[Cotangent]] = field(factory=dict)

    def give(self, term: Term, cotangent: Cotangent) -> None:
        if cotangent is not None and some(self.dependences.of(term)):
            self.given.setdefault(term, []).append(cotangent)

    def total(self, term: Term) -> Cotangent:
        return self.summed(term.type, self.given.get(term, []))

    def summed(self, type_: Type, cotangents: Sequence[Cotangent]) -> Cotangent:
        known = [c for c in cotangents if c is not None]
        if not known:
            return None
        if isinstance(type_, Product):
            columns = [c for c in known if isinstance(c, tuple)]
            return tuple(
                self.summed(item, [column[k] for column in columns])
                for k, item in enumerate(type_.items)
            )
        assert isinstance(type_, Tensor)
        pieces = [c for c in known if not isinstance(c, tuple)]
        return self.transposer.algebra.summed(type_, pieces)

    def hand_on(self, term: Term) -> None:
        """Give the arguments of a term their parts of its cotangent."""
        from catnn.specialise.adjoint_loop import transpose_loop

        cotangent = self.total(term)
        if cotangent is None:
            return
        match term:
            case TupleTerm(items=items):
                assert isinstance(cotangent, tuple)
                for item, part in zip(items, cotangent, strict=True):
                    self.give(item, part)
            case Project(tuple=whole, index=index):
                assert isinstance(whole.type, Product)
                count = len(whole.type.items)
                self.give(whole, tuple(cotangent if k == index else None for k in range(count)))
            case WhenTraining(then=then, otherwise=otherwise):
                self.give(then, self.in_mode(cotangent, True))
                self.give(otherwise, self.in_mode(cotangent, False))
            case Loop():
                transpose_loop(self, term, cotangent)
            case Apply():
                self.apply(term, cotangent)
            case _:
                raise InternalError(f"no transposition of {type(term).__name__}")

    def apply(self, term: Apply, cotangent: Cotangent) -> None:
        rule = TRANSPOSITIONS.get(term.op)
        if rule is None or isinstance(cotangent, tuple | Window) or cotangent is None:
            raise InternalError(f"`{term.op}` has no transposition")
        for position, argument in enumerate(term.arguments):
            if some(self.dependences.of(argument)):
                self.give(argument, rule(self.transposer.algebra, term, cotangent, position))

    def in_mode(self, cotangent: Cotangent, trains: bool) -> Cotangent:
        """The cotangent in one mode, zero in the other."""
        if isinstance(cotangent, tuple):
            return tuple(self.in_mode(part, trains) for part in cotangent)
        if cotangent is None:
            return None
        assert not isinstance(cotangent, Window)
        assert isinstance(cotangent.type, Tensor)
        zeros = self.transposer.algebra.zeros(cotangent.type)
        return self.transposer.builder.when_training(
            *((cotangent, zeros) if trains else (zeros, cotangent))
        )


__all__ = ["TRANSPOSITIONS", "Cotangent", "Pulling", "Transposer"]
