"""Values and statements of the tests' own model, and the text of a whole program."""

from collections.abc import Sequence

from attrs import Factory, define, evolve, frozen

from tests.heart.axes import OnAxes, Pattern
from tests.heart.shapes import Both, Fact, Ill, Kind, Of, Size, Unsure, clash, lead
from tests.heart.terms import (
    Env,
    Lam,
    Morphism,
    Node,
    Part,
    Point,
    Signature,
    Use,
    Value,
    aligned,
    listed,
    looked_up,
    operand,
    real,
    same,
    tensor,
)


@frozen(eq=False)
class Var(Value):
    name: str
    simple = True

    def parts(self) -> Sequence[Part]:
        return [self.name]

    def type(self, env: Env) -> Kind:
        if self.name not in env.values:
            raise Ill(f"no value {self.name}", self)
        return env.values[self.name]


@frozen(eq=False)
class Number(Value):
    text: str
    simple = True

    def parts(self) -> Sequence[Part]:
        return [self.text]

    def type(self, env: Env) -> Kind:
        return Of((), "real" if "." in self.text else "int")


@frozen(eq=False)
class Arithmetic(Value):
    """`x + y`, `x < y`, `min(x, y)`."""

    op: str
    left: Value
    right: Value

    def parts(self) -> Sequence[Part]:
        if self.op in ("min", "max"):
            return [f"{self.op}(", self.left, ", ", self.right, ")"]
        return [*operand(self.left), f" {self.op} ", *operand(self.right)]

    def type(self, env: Env) -> Kind:
        return self.combine(self.left.type(env), self.right.type(env))

    def combine(self, one: Kind, other: Kind) -> Kind:
        if isinstance(one, Both) or isinstance(other, Both):
            if not same(one, other):
                raise Unsure
            assert isinstance(one, Both)
            return Both(tuple(self.combine(a, a) for a in one.items), one.labels)
        if "bool" in (one.kind, other.kind):
            raise Ill("booleans", self)
        shape = aligned(one.shape, other.shape, self)
        if self.op in ("<", ">="):
            return Of(shape, "bool")
        whole = one.kind != "real" and other.kind != "real" and self.op != "/"
        return Of(shape, "int" if whole else "real")


@frozen(eq=False)
class Flow(Value):
    """`x >> f >> g`."""

    source: Value
    factors: tuple[Morphism, ...]

    def parts(self) -> Sequence[Part]:
        found: list[Part] = list(operand(self.source))
        for k, factor in enumerate(self.factors):
            last = k == len(self.factors) - 1
            bare = factor.simple or isinstance(factor, Point) or (last and isinstance(factor, Lam))
            found += [" >> ", factor] if bare else [" >> (", factor, ")"]
        return found

    def type(self, env: Env) -> Kind:
        kind = self.source.type(env)
        for factor in self.factors:
            kind = factor.apply(env, kind).type
        return kind


@frozen(eq=False)
class Call(Value):
    """`f(x, y)`."""

    head: Morphism
    arguments: tuple[Value, ...]
    simple = True

    def parts(self) -> Sequence[Part]:
        return [*operand(self.head), "(", *listed(self.arguments), ")"]

    def type(self, env: Env) -> Kind:
        kinds = [argument.type(env) for argument in self.arguments]
        if isinstance(self.head, Use | Pattern | OnAxes):
            return self.head.call(env, kinds).type
        return self.head.apply(env, kinds[0] if len(kinds) == 1 else Both(tuple(kinds))).type


@frozen(eq=False)
class Lookup(Value):
    """`T(i, j)`; an index is a value or a number."""

    table: Var
    indices: tuple[Value, ...]
    simple = True

    def parts(self) -> Sequence[Part]:
        return [self.table, "(", *listed(self.indices), ")"]

    def type(self, env: Env) -> Kind:
        table = tensor(self.table.type(env), self, len(self.indices))
        kinds: list[Kind] = []
        for index, axis in zip(self.indices, table.shape, strict=False):
            if isinstance(index, Number):
                env.require(Fact(int(index.text) + 1, "<=", axis), self)
                kinds.append(Of((), "ix", axis))
            else:
                kinds.append(index.type(env))
        return looked_up(table, kinds, self)


@frozen(eq=False)
class Table(Value):
    """`[e for i < n, j < m]`."""

    ranges: tuple[tuple[str, Size], ...]
    body: Value
    simple = True

    def parts(self) -> Sequence[Part]:
        ranges = ", ".join(f"{name} < {size.text()}" for name, size in self.ranges)
        return ["[", self.body, f" for {ranges}]"]

    def type(self, env: Env) -> Kind:
        sizes = tuple(env.size(size) for _, size in self.ranges)
        names = [name for name, _ in self.ranges]
        inner = env.inner(**{n: Of((), "ix", s) for n, s in zip(names, sizes, strict=True)})
        return lead(sizes, self.body.type(inner))


@frozen(eq=False)
class Stack(Value):
    items: tuple[Value, ...]
    simple = True

    def parts(self) -> Sequence[Part]:
        return ["[", *listed(self.items), "]"]

    def type(self, env: Env) -> Kind:
        kinds = [item.type(env) for item in self.items]
        if not all(same(kinds[0], kind) for kind in kinds):
            for kind in kinds:
                if not same(kinds[0], kind):
                    clash(kinds[0], kind, self, *self.items)
        return lead((Size.of(len(kinds)),), kinds[0])


@frozen(eq=False)
class Tuple(Value):
    items: tuple[Value, ...]
    labels: tuple[str, ...] | None = None
    simple = True

    def parts(self) -> Sequence[Part]:
        found: list[Part] = ["("]
        for k, item in enumerate(self.items):
            found += [", "] * bool(k) + ([f"{self.labels[k]} = "] if self.labels else []) + [item]
        return [*found, ")"]

    def type(self, env: Env) -> Kind:
        return Both(tuple(item.type(env) for item in self.items), self.labels)


@frozen(eq=False)
class Field(Value):
    record: Value
    name: str
    simple = True

    def parts(self) -> Sequence[Part]:
        return [*operand(self.record), f".{self.name}"]

    def type(self, env: Env) -> Kind:
        kind = self.record.type(env)
        if not isinstance(kind, Both) or kind.labels is None or self.name not in kind.labels:
            raise Ill(f"no field {self.name}", self)
        return kind.items[kind.labels.index(self.name)]


@frozen(eq=False)
class Builtin(Value):
    """`select(c, x, y)`, `real(i)`, `max(x)`, `concat(x, y)`."""

    name: str
    arguments: tuple[Value, ...]
    simple = True

    def parts(self) -> Sequence[Part]:
        return [f"{self.name}(", *listed(self.arguments), ")"]

    def type(self, env: Env) -> Kind:
        xs = [tensor(argument.type(env), self) for argument in self.arguments]
        match self.name:
            case "real":
                return Of(xs[0].shape)
            case "max" | "min":
                return Of((), real(xs[0], self).kind)
            case "select":
                test, *values = xs
                if test.kind != "bool" or any(x.kind not in ("real", "int") for x in values):
                    raise Ill("select takes a condition and numbers", self)
                longest = max((x.shape for x in xs), key=len)
                if any(longest[: len(x.shape)] != x.shape for x in xs):
                    raise Ill("leading axes that differ", self)
                return Of(longest)
            case _:
                one, other = (real(x, self, 1) for x in xs)
                if one.shape[:-1] != other.shape[:-1]:
                    raise Unsure
                return Of((*one.shape[:-1], one.shape[-1] + other.shape[-1]))


# ---- statements ---------------------------------------------------------------------------


class Statement(Node):
    def enter(self, env: Env) -> Env:
        raise NotImplementedError


@frozen(eq=False)
class Let(Statement):
    names: tuple[str, ...]
    value: Value

    def parts(self) -> Sequence[Part]:
        head = self.names[0] if len(self.names) == 1 else f"({', '.join(self.names)})"
        return [f"let {head} = ", self.value, "; "]

    def enter(self, env: Env) -> Env:
        kind = self.value.type(env)
        if len(self.names) == 1:
            return env.inner(**{self.names[0]: kind})
        if not isinstance(kind, Both) or len(kind.items) != len(self.names):
            raise Ill("a tuple is due", self, self.value)
        return env.inner(**dict(zip(self.names, kind.items, strict=True)))


@frozen(eq=False)
class Leaf(Statement):
    """`param` and `buffer`."""

    word: str
    name: str
    kind: Of

    def parts(self) -> Sequence[Part]:
        start = " ~ kaiming" if self.word == "param" else " = zeros"
        return [f"{self.word} {self.name} : {self.kind.text()}{start}; "]

    def enter(self, env: Env) -> Env:
        env.make_static(*self.kind.shape)
        sizes = tuple(env.size(size) for size in self.kind.shape)
        return env.inner(**{self.name: Of(sizes)})


@frozen(eq=False)
class Local(Statement):
    """`morph` or `share` of a morphism from vectors or tensors whose type is stated."""

    word: str
    name: str
    body: Morphism
    source: Of

    def parts(self) -> Sequence[Part]:
        return [f"{self.word} {self.name} = ", self.body, "; "]

    def enter(self, env: Env) -> Env:
        found = self.body.apply(env, self.source)
        if found.reads is None or found.reads > len(self.source.shape):
            raise Unsure
        own = self.source.with_shape(self.source.shape[len(self.source.shape) - found.reads :])
        result = self.body.apply(env, own).type
        return env.with_morphism(
            self.name,
            Signature(self.name, (), (), (own,), result, frozenset(), (), rigid=True, loose=True),
        )


@frozen(eq=False)
class Body(Value):
    """Statements and a result."""

    statements: tuple[Statement, ...]
    result: Value

    def parts(self) -> Sequence[Part]:
        return [*self.statements, self.result]

    def type(self, env: Env) -> Kind:
        for statement in self.statements:
            env = statement.enter(env)
        return self.result.type(env)


# ---- definitions and programs -----------------------------------------------------------------


@frozen(eq=False)
class Definition(Node):
    """One `morph` or `model`; `body` is a morphism where the inputs have no names."""

    word: str
    name: str
    arguments: tuple[tuple[str, int], ...]
    functions: tuple[tuple[str, Of, Of], ...]
    quantified: frozenset[str]
    ports: tuple[Kind, ...]
    body: Morphism
    result: Kind
    facts: tuple[Fact, ...] = ()
    stated: bool = True

    def env(self, morphisms: dict[str, Signature], growing: bool) -> Env:
        names = {*self.quantified, *(name for name, _ in self.arguments)}
        env = Env(
            {n: Size.of(n) for n in names},
            {},
            dict(morphisms),
            growing=growing,
            quantified=self.quantified,
        )
        env.facts.extend(self.facts)
        for name, source, target in self.functions:
            signature = Signature(name, (), (), (source,), target, frozenset(), (), rigid=True)
            env = env.with_morphism(name, signature)
        return env

    def source(self) -> Kind:
        return self.ports[0] if len(self.ports) == 1 else Both(self.ports)

    def check(self, morphisms: dict[str, Signature], growing: bool = False) -> Signature:
        """The signature, after the body was found to have the stated type."""
        env = self.env(morphisms, growing)
        found = self.body.apply(env, self.source()).type
        if self.stated and not same(found, self.result):
            clash(found, self.result, self.body, self)
        return self.signature(env.static)

    def signature(self, static: set[str]) -> Signature:
        names = tuple(name for name, _ in self.arguments)
        defaults = tuple(value for _, value in self.arguments)
        return Signature(
            self.name,
            names,
            self.functions,
            self.ports,
            self.result,
            frozenset(static),
            self.facts,
            defaults,
        )

    def parts(self) -> Sequence[Part]:
        items = [f"{name} = {value}" for name, value in self.arguments]
        items += [f"{name} : {a.text()} -> {b.text()}" for name, a, b in self.functions]
        brackets = f"[{', '.join(items)}]" if items else ""
        facts = ", ".join(fact.text() for fact in self.facts)
        where = f" where {facts}" if facts else ""
        if self.stated:
            head = f" : {self.source().text()} -> {self.result.text()}"
            return [f"{self.word} {self.name}{brackets}{head}{where} = ", self.body, "\n"]
        assert isinstance(self.body, Lam)
        inputs = ", ".join(
            f"{n} : {k.text()}" for n, k in zip(self.body.names, self.ports, strict=True)
        )
        return [f"{self.word} {self.name}{brackets}({inputs}){where} = ", self.body.body, "\n"]


@frozen(eq=False)
class Program(Node):
    """Morphs, then the model `m`."""

    definitions: tuple[Definition, ...]

    @property
    def model(self) -> Definition:
        return self.definitions[-1]

    def parts(self) -> Sequence[Part]:
        return self.definitions

    def check(self, growing: bool = False) -> Signature:
        """The model's signature; `growing` takes it that every fact that is wanted holds."""
        morphisms: dict[str, Signature] = {}
        for definition in self.definitions:
            morphisms[definition.name] = definition.check(morphisms, growing)
        return morphisms[self.model.name]


@define
class Printer:
    """The text of a tree and the spans of each of its nodes; a term may stand at several places."""

    pieces: list[str] = Factory(list)
    spans: dict[int, list[tuple[int, int]]] = Factory(dict)
    length: int = 0

    def write(self, part: Part) -> None:
        if isinstance(part, str):
            self.pieces.append(part)
            self.length += len(part)
            return
        start = self.length
        for inner in part.parts():
            self.write(inner)
        self.spans.setdefault(id(part), []).append((start, self.length))

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def printed(node: Node) -> Printer:
    printer = Printer()
    printer.write(node)
    return printer


__all__ = ["Unsure", "evolve"]
