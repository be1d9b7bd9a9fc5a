"""Random well-typed programs, made together with their types by the rules of the tests' own model."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from attrs import Factory, define, evolve
from hypothesis import strategies as st

from tests.heart.axes import OnAxes, Operand, Pattern
from tests.heart.shapes import (
    Both,
    Fact,
    Ill,
    Kind,
    Of,
    Shape,
    Size,
    Unsure,
    leaves,
    names_of,
    shape,
)
from tests.heart.terms import (
    ALONG,
    PAIRS,
    POINTWISE,
    REDUCTIONS,
    At,
    Big,
    Chain,
    Const,
    Copies,
    Env,
    Fan,
    If,
    Lam,
    Morphism,
    Named,
    Par,
    Point,
    Prim,
    Repeat,
    Result,
    Scan,
    Signature,
    Use,
    Value,
)
from tests.heart.values import (
    Arithmetic,
    Body,
    Builtin,
    Call,
    Definition,
    Field,
    Flow,
    Leaf,
    Let,
    Local,
    Lookup,
    Number,
    Program,
    Stack,
    Statement,
    Table,
    Tuple,
    Var,
)

T = TypeVar("T")

LIMIT = 5
"""Ranks of made tensors stay at or below this."""
LENGTH = 7
"""Numbers in types stay at or below this times two."""


class NotHere(Exception):
    """A form does not apply; another is tried."""


@define
class Maker:
    """Draws terms; each is typed by the model as soon as it is made."""

    draw: st.DrawFn
    numbered: int = 0
    taken: set[str] = Factory(set)

    # ---- choices ------------------------------------------------------------------------

    def pick(self, options: Sequence[T]) -> T:
        if not options:
            raise NotHere
        return options[self.draw(st.integers(0, len(options) - 1))]

    def chance(self, one_in: int) -> bool:
        return self.draw(st.integers(1, one_in)) == one_in

    def fresh(self, stem: str) -> str:
        self.numbered += 1
        return f"{stem}{self.numbered}"

    def first_that_fits(self, forms: Sequence[Callable[[], T]], tries: int = 6) -> T | None:
        for _ in range(tries):
            try:
                return self.pick(forms)()
            except (NotHere, Unsure, Ill):
                continue
        return None

    # ---- sizes --------------------------------------------------------------------------

    def size(self, env: Env) -> Size:
        """A size for a new axis: a small number, now and then a name or a sum."""
        if self.chance(3) and env.sizes:
            found = Size.of(self.pick(sorted(n for n in env.sizes if env.sizes[n].terms != ())))
            return self.pick([found, found + 1, found * 2])
        return Size.of(self.draw(st.integers(1, 4)))

    # ---- morphisms of one tensor ----------------------------------------------------------

    def factor(self, env: Env, given: Kind, depth: int) -> Morphism:
        """Any morphism that takes `given`."""
        forms: list[Callable[[], Morphism]] = []
        if isinstance(given, Both):
            forms = [
                lambda: self.par(env, given, depth),
                lambda: self.projection(given),
                lambda: Prim("swap"),
                lambda: self.branches(env, given, depth),
                lambda: self.use(env, given, depth),
                lambda: self.contraction_of(env, given),
                lambda: self.join(given),
                lambda: self.scan(env, given, depth),
                lambda: self.lambda_of(env, given, depth),
                lambda: self.big_par(env, given, depth),
                lambda: self.general(given),
                lambda: Prim("id"),
            ]
        elif given.kind in ("real", "int"):
            forms = self.real_forms(env, given, depth)
        else:
            forms = self.other_forms(env, given, depth)

        def typed(form: Callable[[], Morphism]) -> Callable[[], Morphism]:
            def build() -> Morphism:
                made = form()
                self.small(self.tried(env, made, given).type)
                return made

            return build

        made = self.first_that_fits([typed(form) for form in forms])
        return made if made is not None else Prim("id")

    def tried(self, env: Env, made: Morphism, given: Kind) -> Result:
        """The result, with what is required of the definition only if all fits."""
        trial = evolve(env, static=set(env.static), facts=list(env.facts))
        found = made.apply(trial, given)
        env.static.update(trial.static)
        env.facts[:] = trial.facts
        return found

    def small(self, kind: Kind) -> None:
        found = leaves(kind)
        if len(found) > 6:
            raise NotHere
        for leaf in found:
            if len(leaf.shape) > LIMIT:
                raise NotHere
            for size in leaf.shape:
                if sum(abs(c) for _, c in size.terms) > 2 * LENGTH or len(size.terms) > 4:
                    raise NotHere
                if any(len(m) > 3 for m, _ in size.terms):
                    raise NotHere

    def real_forms(self, env: Env, given: Of, depth: int) -> list[Callable[[], Morphism]]:
        axes = given.shape
        forms: list[Callable[[], Morphism]] = [
            lambda: Prim(self.pick(POINTWISE)),
            lambda: self.table_of_names(env, given),
            lambda: self.split(env, axes),
            lambda: self.merge(axes),
            lambda: self.permute(axes),
            lambda: self.grow(env, axes),
        ]
        if axes:
            forms += [
                lambda: Prim(self.pick(ALONG)),
                lambda: Prim("linear", (self.size(env),), self.pick(("", "bias = false"))),
                lambda: Prim(self.pick(("layernorm", "rmsnorm", "prelu"))),
                lambda: Prim("mlp", (Size.of(self.draw(st.integers(1, 3))),)),
                lambda: Prim(self.pick(PAIRS)),
                lambda: Prim(self.pick(("take", "top")), (Size.of(self.draw(st.integers(1, 3))),)),
                lambda: Prim(self.pick(REDUCTIONS)),
                lambda: self.cut(axes),
            ]
        if len(axes) >= 2:
            forms += [
                lambda: self.convolution(env),
                lambda: Prim("attention", (Size.of(self.draw(st.integers(1, 2))),)),
                lambda: self.diagonal(axes),
            ]
        if depth > 0:
            forms += self.deep_forms(env, given, depth - 1)
        return forms

    def deep_forms(self, env: Env, given: Of, depth: int) -> list[Callable[[], Morphism]]:
        return [
            lambda: self.chain(env, given, depth, self.draw(st.integers(2, 3))),
            lambda: self.fan(env, given, depth),
            lambda: self.point(env, given, depth),
            lambda: self.endomorphism(env, given, depth),
            lambda: self.trail(env, given, depth),
            lambda: self.copies(env, given, depth),
            lambda: self.big(env, given, depth),
            lambda: self.branches(env, given, depth),
            lambda: self.on_axes(env, given, depth),
            lambda: self.lambda_of(env, given, depth),
            lambda: self.use(env, given, depth),
            lambda: self.named(env, given, depth),
            lambda: self.copies(env, given, depth),
            lambda: self.copies(env, given, depth),
            lambda: self.use(env, given, depth),
            lambda: self.on_axes(env, given, depth),
            lambda: self.lambda_of(env, given, depth),
        ]

    def other_forms(self, env: Env, given: Of, depth: int) -> list[Callable[[], Morphism]]:
        forms: list[Callable[[], Morphism]] = [
            lambda: Prim("id"),
            lambda: self.permute(given.shape),
            lambda: self.lookup_in(env, given),
        ]
        if given.kind == "ix" and given.count is not None:
            count = given.count
            forms += [
                lambda: Prim("one_hot", (self.spoken(env, count),)),
                lambda: Prim("embedding", (self.spoken(env, count), self.size(env))),
                lambda: self.use(env, given, depth),
            ]
        return forms

    def spoken(self, env: Env, size: Size) -> Size:
        """A size that can be written where it is needed."""
        if not size.names() <= {n for n, s in env.sizes.items() if s == Size.of(n)}:
            raise NotHere
        return size

    def lookup_in(self, env: Env, index: Of) -> Morphism:
        fitting = [
            name
            for name, kind in env.values.items()
            if isinstance(kind, Of) and kind.shape and kind.shape[0] == index.count
        ]
        if index.kind != "ix":
            raise NotHere
        return At(self.pick(fitting))

    def convolution(self, env: Env) -> Morphism:
        k, pad = self.pick(((1, 0), (3, 1), (2, 1), (3, 2)))
        sizes = (
            Size.of(self.draw(st.integers(1, 3))),
            Size.of(k),
            Size.of(self.pick((1, 2))),
            Size.of(pad),
        )
        return Prim("conv1d", sizes)

    def chain(self, env: Env, given: Kind, depth: int, length: int) -> Morphism:
        factors = []
        for _ in range(length):
            factors.append(self.factor(env, given, depth))
            given = self.tried(env, factors[-1], given).type
        return Chain(tuple(factors))

    def fan(self, env: Env, given: Kind, depth: int) -> Morphism:
        return Fan(
            tuple(self.factor(env, given, depth) for _ in range(self.draw(st.integers(2, 3))))
        )

    def par(self, env: Env, given: Both, depth: int) -> Morphism:
        return Par(tuple(self.factor(env, item, depth - 1) for item in given.items))

    def projection(self, given: Both) -> Morphism:
        names = tuple(self.fresh("p") for _ in given.items)
        return Lam(names, Var(self.pick(names)))

    def named(self, env: Env, given: Kind, depth: int) -> Morphism:
        return Named(Prim("linear", (self.size(env),)), self.fresh("part"))

    def branches(self, env: Env, given: Kind, depth: int) -> Morphism:
        one = self.factor(env, given, depth)
        other = self.alike(env, one, given, depth)
        sizes = sorted(n for n in env.sizes if env.sizes[n] == Size.of(n))
        if not sizes or self.chance(2):
            return If("training", None, one, other)
        return If(self.pick(sizes), self.draw(st.integers(1, 4)), one, other)

    def alike(self, env: Env, one: Morphism, given: Kind, depth: int) -> Morphism:
        """Another morphism with the same result."""
        result = self.tried(env, one, given).type
        return Chain((one, self.endo(env, result, depth)))

    def point(self, env: Env, given: Of, depth: int) -> Morphism:
        op = self.pick(("+", "-", "*"))
        one = self.factor(env, given, depth)
        match self.draw(st.integers(0, 3)):
            case 0:
                return Point(op, one, Const(self.pick(("2.0", "0.5"))))
            case 1:
                return Point(op, one, self.factor(env, given, depth))
            case _:
                return Point(op, one, self.alike(env, one, given, depth))

    # ---- endomorphisms ---------------------------------------------------------------------

    def endo(self, env: Env, given: Kind, depth: int) -> Morphism:
        """A morphism whose result has the type of its input."""
        if isinstance(given, Both):
            return Par(tuple(self.endo(env, item, depth) for item in given.items))
        if given.kind != "real":
            return Prim("id")
        forms: list[Callable[[], Morphism]] = [lambda: Prim(self.pick(POINTWISE))]
        if given.shape:
            forms += [
                lambda: Prim(self.pick(ALONG)),
                lambda: Chain(
                    (
                        Prim("linear", (self.size(env),)),
                        Prim("linear", (self.spoken(env, given.shape[-1]),)),
                    )
                ),
            ]
        if len(given.shape) >= 2:
            forms.append(lambda: self.there_and_back(env, given, depth))
        if depth > 0:
            forms += [
                lambda: Chain((self.endo(env, given, depth - 1), self.endo(env, given, depth - 1))),
                lambda: Point(self.pick(("+", "*")), Prim("id"), self.endo(env, given, depth - 1)),
                lambda: self.endomorphism(env, given, depth - 1),
            ]

        def typed(form: Callable[[], Morphism]) -> Callable[[], Morphism]:
            def build() -> Morphism:
                made = form()
                if self.tried(env, made, given).type != given:
                    raise NotHere
                return made

            return build

        made = self.first_that_fits([typed(form) for form in forms])
        return made if made is not None else Prim("id")

    def endomorphism(self, env: Env, given: Kind, depth: int) -> Morphism:
        body = self.endo(env, given, depth)
        count = self.draw(st.integers(0, 3))
        size = Size.of(count)
        names = sorted(n for n in env.sizes if env.sizes[n] == Size.of(n))
        if names and self.chance(4):
            size = Size.of(self.pick(names))
        match self.draw(st.integers(0, 3)):
            case 0:
                return Repeat("repeat", size, body)
            case 1:
                return Repeat("iterate", size, body)
            case 2:
                return self.indexed(env, given, size, body)
            case _:
                return Big(">>", self.fresh("i"), max(1, count), body)

    def indexed(self, env: Env, given: Kind, size: Size, body: Morphism) -> Morphism:
        if not isinstance(given, Of) or given.kind != "real":
            raise NotHere
        i, x = self.fresh("i"), self.fresh("x")
        scaled: Value = Arithmetic("*", Var(x), Builtin("real", (Var(i),)))
        return Repeat("iterate", size, Lam((i, x), Flow(scaled, (body,))), True)

    def there_and_back(self, env: Env, given: Of, depth: int) -> Morphism:
        names = tuple("abcde"[: len(given.shape)])
        turned = self.draw(st.permutations(names))
        sizes = dict(zip(names, given.shape, strict=True))
        inner = Of(tuple(sizes[name] for name in turned))
        middle = self.endo(env, inner, depth - 1)
        return Chain(
            (Pattern((names,), (tuple(turned),)), middle, Pattern((tuple(turned),), (names,)))
        )

    def trail(self, env: Env, given: Kind, depth: int) -> Morphism:
        return Repeat("trail", Size.of(self.draw(st.integers(0, 2))), self.endo(env, given, depth))

    def copies(self, env: Env, given: Of, depth: int) -> Morphism:
        """The axes behind the copies are what the body reads."""
        places = [k for k, size in enumerate(given.shape) if size.number() is not None]
        at = self.pick(places)
        own = given.with_shape(given.shape[at + 1 :])
        names = self.names(len(own.shape))
        if not own.shape:
            return Copies(given.shape[at], Prim(self.pick(POINTWISE)))
        forms: list[Callable[[], Morphism]] = [
            lambda: self.factor(env, own, depth),
            lambda: Pattern((names,), (tuple(self.draw(st.permutations(names))),)),
            lambda: OnAxes(Prim("sum"), (tuple((name, True) for name in names),)),
            lambda: self.convolution(env),
            lambda: self.chain(env, own, depth, 2),
            lambda: Repeat(
                "repeat", Size.of(2), Prim("linear", (self.spoken(env, own.shape[-1]),))
            ),
            lambda: Prim("linear", (self.size(env),)),
        ]

        def typed(form: Callable[[], Morphism]) -> Callable[[], Morphism]:
            def build() -> Morphism:
                made = form()
                if self.tried(env, made, own).reads != len(own.shape):
                    raise NotHere
                return made

            return build

        body = self.first_that_fits([typed(form) for form in forms], 12)
        if body is None:
            raise NotHere
        return Copies(given.shape[at], body)

    def big(self, env: Env, given: Kind, depth: int) -> Morphism:
        op, index, count = (
            self.pick((">>", "&", "&", "+", "*")),
            self.fresh("i"),
            self.draw(st.integers(2, 3)),
        )
        inner = evolve(env, sizes={**env.sizes, index: Size.of(index)})
        width = Size.of(index) * self.draw(st.integers(0, 1)) + self.draw(st.integers(1, 3))
        if op in "+*" or not isinstance(given, Of) or not given.shape or self.chance(2):
            return Big(op, index, count, self.factor(env, given, depth))
        del inner
        return Big(op, index, count, Chain((Prim("linear", (width,)), Prim("tanh"))))

    def big_par(self, env: Env, given: Both, depth: int) -> Morphism:
        return Big(
            "|", self.fresh("i"), len(given.items), self.factor(env, given.items[0], depth - 1)
        )

    def scan(self, env: Env, given: Both, depth: int) -> Morphism:
        if len(given.items) != 2 or not all(isinstance(item, Of) for item in given.items):
            raise NotHere
        state, xs = given.items
        if (
            not isinstance(xs, Of)
            or not isinstance(state, Of)
            or not xs.shape
            or state.kind != "real"
        ):
            raise NotHere
        s, x = self.fresh("s"), self.fresh("x")
        item = xs.with_shape(xs.shape[1:])
        following = Flow(Var(s), (self.endo(env, state, depth - 1),))
        output = Flow(Var(x), (self.factor(env, item, depth - 1),))
        return Scan(Lam((s, x), Tuple((following, output))))

    # ---- patterns -----------------------------------------------------------------------------

    def names(self, count: int) -> tuple[str, ...]:
        return tuple(self.draw(st.permutations("abcefgpq"))[:count])

    def permute(self, axes: Shape) -> Morphism:
        if not axes:
            raise NotHere
        count = self.draw(st.integers(1, len(axes)))
        names = self.names(count)
        return Pattern((names,), (tuple(self.draw(st.permutations(names))),))

    def split(self, env: Env, axes: Shape) -> Morphism:
        """`(a b)` and `(p + q)` of the last axes."""
        if not axes:
            raise NotHere
        count = self.draw(st.integers(1, min(3, len(axes))))
        names = list(self.names(count + 1))
        at = self.draw(st.integers(0, count - 1))
        one, other = names[at], names.pop()
        left: Operand = tuple(("*", one, other) if k == at else n for k, n in enumerate(names))
        size = Size.of(self.draw(st.integers(1, 3)))
        if self.chance(2):
            kept = list(names)
            kept.insert(self.draw(st.integers(0, len(kept))), other)
            return Pattern((left,), (tuple(kept),), ((self.pick((one, other)), size),))
        left = tuple(("+", one, other) if k == at else n for k, n in enumerate(names))
        results = tuple(
            tuple(part if k == at else n for k, n in enumerate(names)) for part in (one, other)
        )
        return Pattern((left,), results, ((self.pick((one, other)), size),))

    def cut(self, axes: Shape) -> Morphism:
        """All of an axis with a number as size, into three summands."""
        known = axes[-1].number()
        if known is None or known < 3:
            raise NotHere
        a, b, c = self.names(3)
        sizes = ((a, Size.of(1)), (b, Size.of(self.draw(st.integers(1, known - 2)))))
        return Pattern(((("+", a, b, c),),), ((a,), (b,), (c,)), sizes)

    def merge(self, axes: Shape) -> Morphism:
        if len(axes) < 2:
            raise NotHere
        count = self.draw(st.integers(2, min(4, len(axes))))
        names = self.names(count)
        shuffled = list(self.draw(st.permutations(names)))
        start = self.draw(st.integers(0, count - 2))
        joined = ("*", *shuffled[start : start + 2])
        return Pattern((names,), ((*shuffled[:start], joined, *shuffled[start + 2 :]),))

    def grow(self, env: Env, axes: Shape) -> Morphism:
        """A new axis: repeated."""
        count = self.draw(st.integers(0, min(2, len(axes))))
        *names, extra = self.names(count + 1)
        at = self.draw(st.integers(0, count))
        if self.chance(3):
            number = str(self.draw(st.integers(1, 3)))
            return Pattern((tuple(names),), ((*names[:at], number, *names[at:]),))
        right = (*names[:at], extra, *names[at:])
        return Pattern((tuple(names),), (right,), ((extra, self.size(env)),))

    def diagonal(self, axes: Shape) -> Morphism:
        if axes[-1] != axes[-2]:
            raise NotHere
        return Pattern((("a", "a"),), (("a",),))

    def table_of_names(self, env: Env, given: Of) -> Morphism:
        """A contraction with a leaf or value in scope, as a lambda."""
        others = [
            n for n, k in env.values.items() if isinstance(k, Of) and k.kind == "real" and k.shape
        ]
        other = self.pick(others)
        x = self.fresh("x")
        kind = env.values[other]
        assert isinstance(kind, Of)
        return Lam((x,), Call(self.contraction([given, kind]), (Var(x), Var(other))))

    def contraction_of(self, env: Env, given: Both) -> Morphism:
        items = [item for item in given.items if isinstance(item, Of) and item.kind == "real"]
        if len(items) != len(given.items) or not 2 <= len(items) <= 4:
            raise NotHere
        return self.contraction(items)

    def contraction(self, items: Sequence[Of]) -> Pattern:
        """Axes of equal size may have one name; each is kept or summed."""
        if not all(item.shape for item in items):
            raise NotHere
        pool = list(self.draw(st.permutations("abcdefghpqrstuvw")))
        sizes: dict[str, Size] = {}
        operands: list[Operand] = []
        for item in items:
            axes: list[str] = []
            for size in item.shape:
                known = [n for n, s in sizes.items() if s == size and n not in axes]
                name = self.pick(known) if known and not self.chance(4) else pool.pop()
                sizes[name] = size
                axes.append(name)
            operands.append(tuple(axes))
        kept = [name for name in sizes if not self.chance(3)][:4]
        return Pattern(tuple(operands), (tuple(self.draw(st.permutations(kept))),))

    def join(self, given: Both) -> Morphism:
        """Tensors that differ in one axis, one after the other along it."""
        items = [item for item in given.items if isinstance(item, Of) and item.kind == "real"]
        if len(items) != len(given.items) or len({len(item.shape) for item in items}) != 1:
            raise NotHere
        rank = len(items[0].shape)
        differing = [k for k in range(rank) if len({item.shape[k] for item in items}) > 1]
        if rank == 0 or len(differing) > 1:
            raise NotHere
        at = differing[0] if differing else self.draw(st.integers(0, rank - 1))
        names = "abcde"[:rank]
        parts = tuple(f"p{k}" for k in range(len(items)))
        operands = tuple((*names[:at], part, *names[at + 1 :]) for part in parts)
        return Pattern(operands, ((*names[:at], ("+", *parts), *names[at + 1 :]),))

    def on_axes(self, env: Env, given: Of, depth: int) -> Morphism:
        if not given.shape:
            raise NotHere
        count = self.draw(st.integers(1, min(3, len(given.shape))))
        names = self.names(count)
        marks = tuple((name, not self.chance(2)) for name in names)
        own = tuple(
            s for (_, m), s in zip(marks, given.shape[len(given.shape) - count :], strict=True) if m
        )
        if not own:
            raise NotHere
        head = self.factor(env, given.with_shape(own), depth)
        if isinstance(head, Lam | If) or not head.simple:
            head = Chain((head,))
        result = self.tried(env, head, given.with_shape(own)).type
        if isinstance(result, Of) and self.chance(3):
            axes = [(name, False) for name, mine in marks if not mine]
            axes += [(f"r{k}", True) for k in range(len(result.shape))]
            return OnAxes(head, (marks,), (tuple(self.draw(st.permutations(axes))),))
        return OnAxes(head, (marks,))

    def general(self, given: Both) -> Morphism:
        """`f{[n] h, [m] h -> h [n]}` for tensors that share axes."""
        if len(given.items) != 2 or not all(
            isinstance(i, Of) and i.kind == "real" for i in given.items
        ):
            raise NotHere
        one, other = given.items
        assert isinstance(one, Of)
        assert isinstance(other, Of)
        if not one.shape or not other.shape:
            raise NotHere
        equal = [
            (a, b)
            for a in range(len(one.shape))
            for b in range(len(other.shape))
            if one.shape[a] == other.shape[b]
        ]
        a, b = self.pick(equal)
        left = tuple(("h", False) if k == a else (f"a{k}", True) for k in range(len(one.shape)))
        right = tuple(("h", False) if k == b else (f"b{k}", True) for k in range(len(other.shape)))
        kept = [f"a{k}" for k in range(len(one.shape)) if k != a]
        if not kept or len(other.shape) < 2:
            raise NotHere
        inner = Pattern(
            (tuple(kept), tuple(f"b{k}" for k in range(len(other.shape)) if k != b)), (tuple(kept),)
        )
        result = [("h", False), *((name, True) for name in kept)]
        return OnAxes(inner, (left, right), (tuple(self.draw(st.permutations(result))),))

    # ---- uses of morphs -------------------------------------------------------------------------

    def use(self, env: Env, given: Kind, depth: int) -> Morphism:
        signature = env.morphisms[self.pick(sorted(env.morphisms))]
        sizes: list[Size] = []
        for _ in signature.arguments:
            if self.chance(2):
                break
            sizes.append(self.size(env))
        functions = tuple(
            self.argument_of(env, signature, given, depth) for _ in signature.functions
        )
        if functions and len(sizes) < len(signature.arguments):
            sizes += [Size.of(d) for d in signature.defaults[len(sizes) :]]
        return Use(signature.name, tuple(sizes), functions)

    def argument_of(self, env: Env, signature: Signature, given: Kind, depth: int) -> Morphism:
        """An endomorphism of the last axis, or a linear map to any size."""
        ((_, source, target),) = signature.functions
        own = [Prim("tanh"), Prim("softmax"), Chain((Prim("relu"), Prim("layernorm")))]
        if source.shape == target.shape:
            return self.pick(own)
        return self.pick(
            (
                Prim("linear", (self.size(env),)),
                Chain((Prim("linear", (self.size(env),)), Prim("relu"))),
            )
        )

    # ---- values ---------------------------------------------------------------------------------

    def lambda_of(self, env: Env, given: Kind, depth: int) -> Morphism:
        if isinstance(given, Both) and given.labels is None:
            names = tuple(self.fresh("x") for _ in given.items)
            inner = env.inner(**dict(zip(names, given.items, strict=True)))
        else:
            names = (self.fresh("x"),)
            inner = env.inner(**{names[0]: given})
        return Lam(names, self.body(inner, depth))

    def body(self, env: Env, depth: int) -> Value:
        statements: list[Statement] = []
        for _ in range(self.draw(st.integers(0, 3 if depth > 0 else 1))):
            made = self.first_that_fits([partial(self.statement, env, depth)], 2)
            if made is not None:
                statements.append(made)
                env = made.enter(env)
                if isinstance(made, Local):
                    used = Let(
                        (self.fresh("v"),), Flow(self.at_type(env, made.source), (Use(made.name),))
                    )
                    statements.append(used)
                    env = used.enter(env)
        result = self.value(env, depth)
        return Body(tuple(statements), result) if statements else result

    def at_type(self, env: Env, kind: Kind) -> Value:
        """A value in scope that ends with the axes of `kind`."""
        found = [
            name
            for name, k in env.values.items()
            if isinstance(k, Of)
            and isinstance(kind, Of)
            and k.kind == kind.kind
            and k.shape[len(k.shape) - len(kind.shape) :] == kind.shape
        ]
        return Var(self.pick(found))

    def statement(self, env: Env, depth: int) -> Statement:
        forms: list[Callable[[], Statement]] = [
            lambda: self.let(env, depth),
            lambda: self.let(env, depth),
            lambda: self.leaf(env),
            lambda: self.local(env, depth),
        ]
        made = self.pick(forms)()
        trial = evolve(env, static=set(env.static), facts=list(env.facts))
        made.enter(trial)
        env.static.update(trial.static)
        env.facts[:] = trial.facts
        return made

    def let(self, env: Env, depth: int) -> Statement:
        value = self.value(env, depth)
        kind = value.type(env)
        if isinstance(kind, Both) and self.chance(2):
            return Let(tuple(self.fresh("v") for _ in kind.items), value)
        return Let((self.fresh("v"),), value)

    def leaf(self, env: Env) -> Statement:
        """A leaf with the axes of the end of some value, or new ones."""
        kinds = [
            k for k in env.values.values() if isinstance(k, Of) and k.kind == "real" and k.shape
        ]
        axes: Shape = (self.size(env),)
        if kinds and self.chance(2):
            found = self.pick(kinds).shape
            axes = tuple(
                self.spoken(env, s) for s in found[self.draw(st.integers(0, len(found) - 1)) :]
            )
        return Leaf(self.pick(("param", "param", "buffer")), self.fresh("w"), Of(axes[-3:]))

    def local(self, env: Env, depth: int) -> Statement:
        kinds = [
            k for k in env.values.values() if isinstance(k, Of) and k.kind == "real" and k.shape
        ]
        source = self.pick(kinds)
        source = source.with_shape(source.shape[-self.draw(st.integers(1, len(source.shape))) :])
        factors = tuple(
            self.pick((Prim("tanh"), Prim("softmax"), Prim("linear", (self.size(env),))))
            for _ in range(self.draw(st.integers(1, 2)))
        )
        return Local(self.pick(("morph", "share")), self.fresh("f"), Chain(factors), source)

    def value(self, env: Env, depth: int) -> Value:
        forms: list[Callable[[], Value]] = [lambda: self.variable(env)]
        if depth > 0:
            less = depth - 1
            forms = [
                lambda: self.flow(env, less),
                lambda: self.flow(env, less),
                lambda: self.arithmetic(env, less),
                lambda: self.arithmetic(env, less),
                lambda: self.lookup(env, less),
                lambda: self.table(env, less),
                lambda: self.stack(env, less),
                lambda: self.tupled(env, less),
                lambda: self.contracted(env, less),
                lambda: self.called(env, less),
                lambda: self.scanned(env, less),
                lambda: self.paired(env, less),
                lambda: self.selected(env, less),
                lambda: self.builtin(env, less),
                lambda: self.variable(env),
                lambda: self.field(env, less),
            ]

        def typed(form: Callable[[], Value]) -> Callable[[], Value]:
            def build() -> Value:
                made = form()
                trial = evolve(env, static=set(env.static), facts=list(env.facts))
                self.small(made.type(trial))
                env.static.update(trial.static)
                env.facts[:] = trial.facts
                return made

            return build

        made = self.first_that_fits([typed(form) for form in forms])
        return made if made is not None else self.fallback(env)

    def fallback(self, env: Env) -> Value:
        return self.variable(env) if env.values else Tuple((Number("1.0"), Number("2.0")))

    def variable(self, env: Env) -> Value:
        return Var(self.pick(sorted(env.values)))

    def of_kind(self, env: Env, kind: str) -> list[str]:
        return sorted(n for n, k in env.values.items() if isinstance(k, Of) and k.kind == kind)

    def flow(self, env: Env, depth: int) -> Value:
        source = self.value(env, max(0, depth - 1))
        kind = source.type(env)
        factors = []
        for _ in range(self.draw(st.integers(1, 2))):
            factors.append(self.factor(env, kind, depth))
            kind = self.tried(env, factors[-1], kind).type
        if (
            self.chance(3)
            and len(factors) == 1
            and factors[0].simple
            and not isinstance(factors[0], At)
        ):
            return Call(factors[0], (source,))
        return Flow(source, tuple(factors))

    def arithmetic(self, env: Env, depth: int) -> Value:
        op = self.pick(("+", "-", "*", "/", "min", "max"))
        left = self.value(env, depth)
        kind = left.type(env)
        choices: list[Callable[[], Value]] = [
            lambda: Number(self.pick(("2.0", "0.5", "3"))),
            lambda: self.value(env, depth),
            lambda: Flow(left, (self.endo(env, kind, depth),)),
        ]
        fitting = [
            n
            for n, k in env.values.items()
            if isinstance(k, Of)
            and isinstance(kind, Of)
            and k.shape
            and kind.shape[-len(k.shape) :] == k.shape
        ]
        if fitting:
            choices.append(lambda: Var(self.pick(fitting)))
        right = self.pick(choices)()
        return Arithmetic(op, *((left, right) if self.chance(2) else (right, left)))

    def lookup(self, env: Env, depth: int) -> Value:
        tables = [n for n, k in env.values.items() if isinstance(k, Of) and k.shape]
        name = self.pick(tables)
        table = env.values[name]
        assert isinstance(table, Of)
        indices: list[Value] = []
        for axis in table.shape[: self.draw(st.integers(1, min(2, len(table.shape))))]:
            fitting = [
                n
                for n, k in env.values.items()
                if isinstance(k, Of) and k.kind == "ix" and k.count == axis
            ]
            if fitting and not self.chance(4):
                indices.append(Var(self.pick(fitting)))
            else:
                indices.append(Number(str(self.draw(st.integers(0, 2)))))
        return Lookup(Var(name), tuple(indices))

    def table(self, env: Env, depth: int) -> Value:
        """Ranges over the first axes of values in scope, so that the body can look them up."""
        firsts = [k.shape[0] for k in env.values.values() if isinstance(k, Of) and k.shape] + [
            Size.of(2),
            Size.of(3),
        ]
        ranges = []
        inner = env
        for _ in range(self.draw(st.integers(1, 2))):
            name, size = self.fresh("j"), self.spoken(env, self.pick(firsts))
            ranges.append((name, size))
            inner = inner.inner(**{name: Of((), "ix", size)})
        return Table(tuple(ranges), self.value(inner, depth))

    def stack(self, env: Env, depth: int) -> Value:
        one = self.value(env, depth)
        kind = one.type(env)
        if not isinstance(kind, Of) or kind.kind != "real":
            raise NotHere
        return Stack(
            (
                one,
                *(
                    Flow(one, (self.endo(env, kind, depth),))
                    for _ in range(self.draw(st.integers(0, 2)))
                ),
            )
        )

    def tupled(self, env: Env, depth: int) -> Value:
        items = tuple(self.value(env, depth) for _ in range(self.draw(st.integers(2, 3))))
        labels = tuple("uvw"[: len(items)]) if self.chance(3) else None
        return Tuple(items, labels)

    def field(self, env: Env, depth: int) -> Value:
        records = [n for n, k in env.values.items() if isinstance(k, Both) and k.labels]
        name = self.pick(records)
        kind = env.values[name]
        assert isinstance(kind, Both)
        return Field(Var(name), self.pick(kind.labels or ()))

    def contracted(self, env: Env, depth: int) -> Value:
        values = [self.value(env, depth - 1) for _ in range(self.draw(st.integers(2, 4)))]
        kinds = [value.type(env) for value in values]
        items = [kind for kind in kinds if isinstance(kind, Of) and kind.kind == "real"]
        if len(items) != len(values):
            raise NotHere
        return Call(self.contraction(items), tuple(values))

    def called(self, env: Env, depth: int) -> Value:
        """A morph at values from the scope: leads may be prefixes of the longest."""
        signature = env.morphisms[self.pick(sorted(env.morphisms))]
        if len(signature.ports) < 2:
            raise NotHere
        sizes = tuple(self.size(env) for _ in signature.arguments)
        names = tuple(Var(self.pick(sorted(env.values))) for _ in signature.ports)
        functions = tuple(
            self.argument_of(env, signature, Of(()), depth) for _ in signature.functions
        )
        return Call(Use(signature.name, sizes, functions), names)

    def scanned(self, env: Env, depth: int) -> Value:
        """A run along the first axis of a value, from any state."""
        pair = tuple(Var(self.pick(self.of_kind(env, "real"))) for _ in range(2))
        kinds = Both(tuple(value.type(env) for value in pair))
        return Call(self.scan(env, kinds, depth), pair)

    def paired(self, env: Env, depth: int) -> Value:
        """The general bracket form on two values."""
        pair = tuple(self.value(env, depth - 1) for _ in range(2))
        return Call(self.general(Both(tuple(value.type(env) for value in pair))), pair)

    def selected(self, env: Env, depth: int) -> Value:
        one = self.value(env, depth)
        kind = one.type(env)
        if not isinstance(kind, Of) or kind.kind != "real":
            raise NotHere
        other: Value = Flow(one, (self.endo(env, kind, depth),))
        return Builtin(
            "select", (Arithmetic(self.pick(("<", ">=")), one, Number("0.5")), one, other)
        )

    def builtin(self, env: Env, depth: int) -> Value:
        one = self.value(env, depth)
        kind = one.type(env)
        if not isinstance(kind, Of):
            raise NotHere
        if kind.kind != "real":
            return Builtin("real", (one,))
        if self.chance(2):
            return Builtin(self.pick(("max", "min")), (one,))
        other: Value = Flow(one, (self.endo(env, kind, depth),))
        return Builtin("concat", (one, other))

    # ---- definitions ----------------------------------------------------------------------------

    def axis(self, names: Sequence[str]) -> Size:
        if names and not self.chance(3):
            return Size.of(self.pick(names))
        return Size.of(self.draw(st.integers(1, 4)))

    def port(self, names: Sequence[str], deep: bool = True) -> Kind:
        match self.draw(st.integers(0, 8)):
            case 0 | 1:
                axes = [self.axis(names) for _ in range(self.draw(st.integers(0, 2)))]
                return Of(tuple(axes), "ix", self.axis(names))
            case 2 if deep:
                items = tuple(self.port(names, False) for _ in range(2))
                return Both(items, ("u", "v") if self.chance(2) else None)
            case 3:
                axes = [self.axis(names) for _ in range(self.draw(st.integers(0, 2)))]
                return Of(tuple(axes), self.pick(("int", "bool")))
            case _:
                axes = [self.axis(names) for _ in range(self.draw(st.integers(0, 4)))]
                return Of(tuple(axes))

    def ports(self, names: Sequence[str], quantified: Sequence[str]) -> tuple[Kind, ...]:
        """One to three inputs; each quantified name that occurs stands alone as some axis."""
        found = [self.port(names) for _ in range(self.draw(st.sampled_from((1, 1, 2, 3))))]
        alone = {s.name() for kind in found for leaf in leaves(kind) for s in leaf.shape}
        missing = sorted({n for kind in found for n in names_of(kind)} & set(quantified) - alone)
        if missing:
            found.append(Of(shape(*missing)))
        if self.chance(4) and quantified:
            seen = sorted({n for kind in found for n in names_of(kind)} & set(quantified))
            if seen:
                found.append(Of((Size.of(self.pick(seen)) + 1, *shape(*seen[:1]))))
        return tuple(found[:4])

    def definition(
        self, word: str, name: str, morphisms: dict[str, Signature], depth: int
    ) -> Definition:
        quantified = ("n", "s", "t") if word == "model" else ("n", "d")
        arguments: tuple[tuple[str, int], ...] = ()
        if self.chance(2):
            stems = ("k", "w") if word == "model" else ("o",)
            arguments = tuple((stem, self.draw(st.integers(1, 4))) for stem in stems)
        names = (*quantified, *(stem for stem, _ in arguments))
        functions: tuple[tuple[str, Of, Of], ...] = ()
        ports = self.ports(names, quantified)
        if word == "morph" and self.chance(2):
            functions = (("g", Of(shape("d")), Of(shape(self.pick(("d", "r"))))),)
            ports = (
                Of(
                    (*(self.axis(names) for _ in range(self.draw(st.integers(0, 2)))), Size.of("d"))
                ),
            )
        used = frozenset(n for kind in ports for n in names_of(kind) & set(quantified))
        used |= frozenset(n for _, a, b in functions for n in names_of(a) | names_of(b))
        shell = Definition(word, name, arguments, functions, used, ports, Prim("id"), Of(()))
        shell = evolve(shell, facts=tuple(Fact(1, "<=", Size.of(stem)) for stem, _ in arguments))
        env = shell.env(morphisms, growing=True)
        source = shell.source()
        unnamed = isinstance(source, Both) and source.labels is not None
        if self.chance(3) and not unnamed:
            body: Morphism = self.chain(env, source, depth, self.draw(st.integers(1, 3)))
        else:
            body = self.named_inputs(env, ports, depth)
        result = body.apply(env, source).type
        stated = word == "morph" or not isinstance(body, Lam) or not self.chance(3)
        return evolve(shell, body=body, result=result, facts=tuple(env.facts), stated=stated)

    def named_inputs(self, env: Env, ports: Sequence[Kind], depth: int) -> Morphism:
        names = tuple(self.fresh("x") for _ in ports)
        inner = env.inner(**dict(zip(names, ports, strict=True)))
        return Lam(names, self.body(inner, depth))

    def program(self, depth: int) -> Program:
        morphisms: dict[str, Signature] = {}
        made: list[Definition] = []
        for k in range(self.draw(st.integers(0, 2))):
            definition = self.definition("morph", f"part{k}", morphisms, depth - 1)
            made.append(definition)
            morphisms[definition.name] = definition.check(morphisms)
        made.append(self.definition("model", "m", morphisms, depth))
        return Program(tuple(made))


@st.composite
def programs(draw: st.DrawFn, depth: int = 3) -> Program:
    """A program whose model `m` is well-typed by the tests' own model."""
    return Maker(draw).program(depth)


def run_time_sizes(program: Program, static: frozenset[str], draw: st.DrawFn) -> dict[str, int]:
    """Sizes for the model's own names under its facts, 1 included where the facts allow it."""
    model = program.model
    sizes = dict(model.arguments)
    for name in sorted(model.quantified):
        facts = [fact for fact in model.facts if fact.right.name() == name]
        fitting = [n for n in range(1, 25) if all(fact.holds({name: n}) for fact in facts)]
        sizes[name] = fitting[draw(st.integers(0, min(2, len(fitting) - 1)))]
    return sizes


__all__ = ["Fact", "Program", "programs", "run_time_sizes"]
