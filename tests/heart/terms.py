"""Terms of the tests' own model: each knows its text and, by the rules of the language, its type.

A morphism has `apply(env, A) -> Result(B, reads)`: `reads` is how many trailing axes of a tensor
input belong to its own type, None where the model does not say. A value has `type(env)`.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias, Union

from attrs import Factory, evolve, fields, frozen

from tests.heart.shapes import (
    Both,
    Fact,
    Ill,
    Kind,
    Of,
    Shape,
    Size,
    Unsure,
    clash,
    fill,
    lead,
    names_of,
)

Part: TypeAlias = Union[str, "Node"]


@frozen
class Result:
    type: Kind
    reads: int | None


@frozen
class Env:
    """What is in scope: sizes, values, morphisms; and what the definition has been found to need.

    While a program is made, `facts` grows with what is required; afterwards it is fixed.
    """

    sizes: dict[str, Size] = Factory(dict)
    values: dict[str, Kind] = Factory(dict)
    morphisms: "dict[str, Signature]" = Factory(dict)
    static: set[str] = Factory(set)
    facts: list[Fact] = Factory(list)
    growing: bool = True
    quantified: frozenset[str] = frozenset()
    tested: set[str] = Factory(set)
    """Sizes that decide an `if`; a fact about one might decide it beforehand."""

    def inner(self, **values: Kind) -> "Env":
        return evolve(self, values={**self.values, **values})

    def with_size(self, name: str, size: Size) -> "Env":
        return evolve(self, sizes={**self.sizes, name: size})

    def with_morphism(self, name: str, signature: "Signature") -> "Env":
        return evolve(self, morphisms={**self.morphisms, name: signature})

    def make_static(self, *sizes: Size) -> None:
        for size in sizes:
            self.static.update(size.names())

    def size(self, size: Size) -> Size:
        """A size as written here: its names must be in scope; indices have their values."""
        for name in size.names():
            if name not in self.sizes:
                raise Ill(f"no size {name}")
        return size.fill(self.sizes)

    def require(self, fact: Fact, node: object) -> None:
        known = fact.known()
        if known or any(map(fact.follows, self.facts)):
            return
        if known is False:
            raise Ill(f"{fact.text()} is false", node)
        if self.growing and fact.right.names() & self.tested and fact.left > 1:
            raise Unsure
        if not self.growing and fact.right.name() is None:
            raise Unsure
        if not self.growing:
            raise Ill(f"{fact.text()} is not known", node)
        if fact.right.name() not in self.quantified:
            raise Unsure
        self.facts.append(fact)


@frozen(eq=False)
class Node:
    """A term; compared by identity, so that it has one place in the text."""

    def parts(self) -> Sequence[Part]:
        raise NotImplementedError

    simple = False
    """Whether it may stand as an operand without parentheses."""

    def children(self) -> "Iterator[Node]":
        for attribute in fields(type(self)):
            value = getattr(self, attribute.name)
            if isinstance(value, Node):
                yield value
            elif isinstance(value, tuple):
                yield from (item for item in value if isinstance(item, Node))

    def nodes(self) -> "Iterator[Node]":
        yield self
        for child in self.children():
            yield from child.nodes()

    def replace(self, old: "Node", new: "Node") -> "Node":
        """The same tree with one node exchanged."""
        if self is old:
            return new
        changes: dict[str, object] = {}
        for attribute in fields(type(self)):
            value = getattr(self, attribute.name)
            if isinstance(value, Node):
                found: object = value.replace(old, new)
            elif isinstance(value, tuple) and any(isinstance(item, Node) for item in value):
                items = [i.replace(old, new) if isinstance(i, Node) else i for i in value]
                found = (
                    value
                    if all(a is b for a, b in zip(items, value, strict=True))
                    else tuple(items)
                )
            else:
                continue
            if found is not value:
                changes[attribute.name] = found
        return evolve(self, **changes) if changes else self


class Morphism(Node):
    def apply(self, env: Env, given: Kind) -> Result:
        raise NotImplementedError


class Value(Node):
    def type(self, env: Env) -> Kind:
        raise NotImplementedError


def operand(node: Node) -> Sequence[Part]:
    return (node,) if node.simple else ("(", node, ")")


def listed(items: Sequence[Node], separator: str = ", ", wrap: bool = False) -> list[Part]:
    found: list[Part] = []
    for k, item in enumerate(items):
        found += [separator] if k else []
        found += operand(item) if wrap else [item]
    return found


def tensor(given: Kind, node: object, least: int = 0) -> Of:
    if not isinstance(given, Of) or len(given.shape) < least:
        raise Ill("too few axes", node)
    return given


def real(given: Kind, node: object, least: int = 0) -> Of:
    found = tensor(given, node, least)
    if found.kind not in ("real", "int"):
        raise Ill("numbers are due", node)
    return Of(found.shape)


def same(one: Kind, other: Kind) -> bool:
    return one == other


def number(size: Size) -> int:
    found = size.number()
    if found is None:
        raise Unsure
    return found


# ---- leaves of the term language ------------------------------------------------------------

POINTWISE = ("tanh", "relu", "sigmoid", "neg", "square", "silu", "abs", "gelu", "elu[0.5]", "sin")
ALONG = ("softmax", "cumsum", "flip", "log_softmax")
REDUCTIONS = ("sum", "mean", "amax", "logsumexp", "variance")
PAIRS = ("sort", "argmax", "argmin")


@frozen(eq=False)
class Prim(Morphism):
    """A primitive, a layer or a builtin with its bracket sizes."""

    name: str
    sizes: tuple[Size, ...] = ()
    option: str = ""
    simple = True

    def parts(self) -> Sequence[Part]:
        inside = ", ".join(
            [*(size.text() for size in self.sizes), *([self.option] if self.option else [])]
        )
        return [self.name + (f"[{inside}]" if inside else "")]

    def apply(self, env: Env, given: Kind) -> Result:
        sizes = tuple(map(env.size, self.sizes))
        return getattr(self, "_" + self.family())(env, given, sizes)  # type: ignore[no-any-return]

    def family(self) -> str:
        groups = {"pointwise": POINTWISE, "along": ALONG, "reduction": REDUCTIONS, "pair": PAIRS}
        found = [family for family, names in groups.items() if self.name in names]
        return found[0] if found else self.name

    def _pointwise(self, env: Env, given: Kind, sizes: Shape) -> Result:
        return Result(real(given, self), 0)

    def _along(self, env: Env, given: Kind, sizes: Shape) -> Result:
        return Result(real(given, self, 1), 1)

    def _reduction(self, env: Env, given: Kind, sizes: Shape) -> Result:
        return Result(Of(()), len(real(given, self).shape))

    def _pair(self, env: Env, given: Kind, sizes: Shape) -> Result:
        x = real(given, self, 1)
        axes = x.shape if self.name == "sort" else x.shape[:-1]
        return Result(Both((Of(axes), Of(axes, "ix", x.shape[-1]))), 1)

    def _top(self, env: Env, given: Kind, sizes: Shape) -> Result:
        x = real(given, self, 1)
        env.require(Fact(number(sizes[0]), "<=", x.shape[-1]), self)
        axes = (*x.shape[:-1], sizes[0])
        return Result(Both((Of(axes), Of(axes, "ix", x.shape[-1]))), 1)

    def _take(self, env: Env, given: Kind, sizes: Shape) -> Result:
        x = real(given, self, 1)
        env.require(Fact(number(sizes[0]), "<=", x.shape[-1]), self)
        return Result(Of((*x.shape[:-1], sizes[0])), 1)

    def _linear(self, env: Env, given: Kind, sizes: Shape) -> Result:
        x = real(given, self, 1)
        env.make_static(x.shape[-1], sizes[0])
        return Result(Of((*x.shape[:-1], sizes[0])), 1)

    def _layernorm(self, env: Env, given: Kind, sizes: Shape) -> Result:
        x = real(given, self, 1)
        env.make_static(x.shape[-1])
        return Result(x, 1)

    _rmsnorm = _prelu = _layernorm

    def _conv1d(self, env: Env, given: Kind, sizes: Shape) -> Result:
        """`conv1d[o, k, stride, pad]` with pad so large that any width will do."""
        x = real(given, self, 2)
        o, k, stride, pad = sizes
        env.make_static(x.shape[-2], o, k)
        inner = x.shape[-1] + Size.of(2 * number(pad) - number(k))
        wide = inner.quotient(number(stride), exact=False) + 1
        if not (x.shape[-1] + Size.of(2 * number(pad) - number(k) + 1)).positive():
            raise Unsure
        return Result(Of((*x.shape[:-2], o, wide)), 2)

    def _embedding(self, env: Env, given: Kind, sizes: Shape) -> Result:
        x = tensor(given, self)
        env.make_static(*sizes)
        if x.kind != "ix" or x.count != sizes[0]:
            raise Ill("indices of another set", self)
        return Result(Of((*x.shape, sizes[1])), 0)

    def _one_hot(self, env: Env, given: Kind, sizes: Shape) -> Result:
        x = tensor(given, self)
        if x.kind != "ix" or x.count != sizes[0]:
            raise Ill("indices of another set", self)
        return Result(Of((*x.shape, sizes[0])), 0)

    def _mlp(self, env: Env, given: Kind, sizes: Shape) -> Result:
        x = real(given, self, 1)
        env.make_static(x.shape[-1], sizes[0])
        return Result(x, 1)

    def _attention(self, env: Env, given: Kind, sizes: Shape) -> Result:
        x = real(given, self, 2)
        env.require(Fact(number(sizes[0]), "divides", x.shape[-1]), self)
        env.make_static(x.shape[-1])
        return Result(x, 2)

    def _id(self, env: Env, given: Kind, sizes: Shape) -> Result:
        return Result(given, 0)

    def _dup(self, env: Env, given: Kind, sizes: Shape) -> Result:
        return Result(Both((given, given)), None)

    def _swap(self, env: Env, given: Kind, sizes: Shape) -> Result:
        if not isinstance(given, Both) or len(given.items) != 2:
            raise Ill("a pair is due", self)
        return Result(Both((given.items[1], given.items[0])), None)

    def _first(self, env: Env, given: Kind, sizes: Shape) -> Result:
        return self._part(given, 0)

    def _second(self, env: Env, given: Kind, sizes: Shape) -> Result:
        return self._part(given, 1)

    def _part(self, given: Kind, k: int) -> Result:
        if not isinstance(given, Both) or len(given.items) != 2:
            raise Ill("a pair is due", self)
        return Result(given.items[k], None)


@frozen(eq=False)
class Const(Morphism):
    number: str
    simple = True

    def parts(self) -> Sequence[Part]:
        return [f"const[{self.number}]"]

    def apply(self, env: Env, given: Kind) -> Result:
        return Result(Of(()), 0)


@frozen(eq=False)
class At(Morphism):
    """A tensor in scope, where indices arrive."""

    name: str
    simple = True

    def parts(self) -> Sequence[Part]:
        return [self.name]

    def apply(self, env: Env, given: Kind) -> Result:
        return Result(looked_up(tensor(env.values[self.name], self), [given], self), None)


def looked_up(table: Of, indices: Sequence[Kind], node: object) -> Of:
    """`T(i, j)`: indices pair up; the longest of their shapes stands in front."""
    if len(indices) > len(table.shape):
        raise Ill("too many indices", node)
    shapes: list[Shape] = []
    for index, axis in zip(indices, table.shape, strict=False):
        found = tensor(index, node)
        if found.kind != "ix" or found.count != axis:
            raise Ill("indices of another set", node)
        shapes.append(found.shape)
    longest = max(shapes, key=len)
    if any(longest[: len(one)] != one for one in shapes):
        raise Ill("indices do not pair up", node)
    return table.with_shape(longest + table.shape[len(indices) :])


# ---- combinators --------------------------------------------------------------------------


@frozen(eq=False)
class Chain(Morphism):
    factors: tuple[Morphism, ...]

    def parts(self) -> Sequence[Part]:
        found: list[Part] = []
        for k, factor in enumerate(self.factors):
            bare = (
                factor.simple or isinstance(factor, Point) or (k == 0 and isinstance(factor, Fan))
            )
            bare = bare or (k == len(self.factors) - 1 and isinstance(factor, Lam))
            found += [" >> "] if k else []
            found += [factor] if bare else ["(", factor, ")"]
        return found

    def apply(self, env: Env, given: Kind) -> Result:
        reads: int | None = 0
        own = 0
        for factor in self.factors:
            found = factor.apply(env, given)
            if reads is None or found.reads is None or isinstance(given, Both):
                reads = None
            else:
                reads += max(0, found.reads - own)
                if isinstance(found.type, Of):
                    own = max(own, found.reads) - len(given.shape) + len(found.type.shape)
                else:
                    reads = None
            given = found.type
        return Result(given, reads)


@frozen(eq=False)
class Fan(Morphism):
    factors: tuple[Morphism, ...]

    def parts(self) -> Sequence[Part]:
        return listed(self.factors, " & ", wrap=True)

    def apply(self, env: Env, given: Kind) -> Result:
        return Result(Both(tuple(f.apply(env, given).type for f in self.factors)), None)


@frozen(eq=False)
class Par(Morphism):
    factors: tuple[Morphism, ...]

    def parts(self) -> Sequence[Part]:
        return listed(self.factors, " | ", wrap=True)

    def apply(self, env: Env, given: Kind) -> Result:
        if not isinstance(given, Both) or len(given.items) != len(self.factors):
            raise Ill("a tuple is due", self)
        pairs = zip(self.factors, given.items, strict=True)
        return Result(Both(tuple(f.apply(env, k).type for f, k in pairs)), None)


def aligned(one: Shape, other: Shape, node: object) -> Shape:
    """Shapes align at the end; where the shorter would fit in front as well it is refused."""
    short, long = sorted((one, other), key=len)
    if long[len(long) - len(short) :] != short:
        raise Ill("the operands do not align", node)
    if short and len(short) < len(long) and long[: len(short)] == short:
        raise Unsure
    return long


def combined(kind: Kind, op: str, node: object) -> Kind:
    """The type of an operation on two values of one type: indices become whole numbers."""
    if isinstance(kind, Both):
        return Both(tuple(combined(item, op, node) for item in kind.items), kind.labels)
    if kind.kind == "bool":
        raise Ill("booleans are no numbers", node)
    return Of(kind.shape, "real" if kind.kind == "real" or op == "/" else "int")


@frozen(eq=False)
class Point(Morphism):
    """`f + g`: aligned at their own types, then lifted."""

    op: str
    left: Morphism
    right: Morphism

    def parts(self) -> Sequence[Part]:
        return [*operand(self.left), f" {self.op} ", *operand(self.right)]

    def apply(self, env: Env, given: Kind) -> Result:
        one, other = self.left.apply(env, given), self.right.apply(env, given)
        if isinstance(one.type, Both) or isinstance(other.type, Both) or isinstance(given, Both):
            if not same(one.type, other.type):
                raise Unsure
            return Result(combined(one.type, self.op, self), None)
        left, right = real(one.type, self).shape, real(other.type, self).shape
        kinds = {one.type.kind, other.type.kind}
        kind = "int" if kinds == {"int"} and self.op != "/" else "real"
        if one.reads is None or other.reads is None:
            if left != right:
                raise Unsure
            return Result(Of(left, kind), None)
        reads = max(one.reads, other.reads)
        front = len(given.shape) - reads
        if isinstance(self.left, Const) or isinstance(self.right, Const):
            long = max(left, right, key=len)
            return Result(Of(long, kind), reads)
        return Result(
            Of(given.shape[:front] + aligned(left[front:], right[front:], self), kind), reads
        )


@frozen(eq=False)
class Repeat(Morphism):
    """`repeat` and `iterate` read what their body reads; `trail` takes the whole input."""

    word: str
    count: Size
    body: Morphism
    indexed: bool = False

    def parts(self) -> Sequence[Part]:
        return [f"{self.word}[{self.count.text()}] ", *operand(self.body)]

    def apply(self, env: Env, given: Kind) -> Result:
        count = env.size(self.count)
        env.make_static(count)
        taken = Both((Of((), "ix", count), given)) if self.indexed else given
        found = self.body.apply(env, taken)
        if not same(found.type, given):
            clash(found.type, given, self, self.body)
        if self.word == "trail":
            return Result(lead((count + 1,), given), None)
        return Result(given, found.reads if isinstance(given, Of) else None)


@frozen(eq=False)
class Copies(Morphism):
    count: Size
    body: Morphism

    def parts(self) -> Sequence[Part]:
        return [f"copies[{self.count.text()}] ", *operand(self.body)]

    def apply(self, env: Env, given: Kind) -> Result:
        count = env.size(self.count)
        env.make_static(count)
        x = tensor(given, self, 1)
        # What the body reads does not depend on what stands in front.
        reads = self.body.apply(env, x).reads
        if reads is None:
            raise Unsure
        at = len(x.shape) - reads - 1
        if at < 0 or x.shape[at] != count:
            raise Ill("no axis of copies", self, self.body)
        found = self.body.apply(env, x.with_shape(x.shape[at + 1 :]))
        return Result(lead(x.shape[: at + 1], found.type), reads + 1)


@frozen(eq=False)
class Big(Morphism):
    """`(>> i < n) f`, `&`, `+` and `|`, with an index that is a number."""

    op: str
    index: str
    count: int
    body: Morphism

    def parts(self) -> Sequence[Part]:
        return [f"({self.op} {self.index} < {self.count}) ", *operand(self.body)]

    def apply(self, env: Env, given: Kind) -> Result:
        if self.op == "|" and (not isinstance(given, Both) or len(given.items) != self.count):
            raise Ill("a tuple is due", self)
        results: list[Kind] = []
        for i in range(self.count):
            inner = env.with_size(self.index, Size.of(i))
            taken = given.items[i] if self.op == "|" and isinstance(given, Both) else given
            results.append(self.body.apply(inner, taken).type)
            if self.op == ">>":
                given = results[-1]
        if self.op == ">>":
            return Result(given, None)
        if self.op in "&|":
            return Result(Both(tuple(results)), None)
        if not all(same(results[0], other) for other in results):
            raise Unsure
        if len(results) > 1:
            return Result(combined(results[0], self.op, self), None)
        return Result(results[0], None)


@frozen(eq=False)
class Scan(Morphism):
    body: Morphism

    def parts(self) -> Sequence[Part]:
        return ["scan ", *operand(self.body)]

    def apply(self, env: Env, given: Kind) -> Result:
        if not isinstance(given, Both) or len(given.items) != 2:
            raise Ill("a state and a sequence are due", self)
        state, sequence = given.items
        xs = tensor(sequence, self, 1)
        item = xs.with_shape(xs.shape[1:])
        found = self.body.apply(env, Both((state, item))).type
        if not isinstance(found, Both) or len(found.items) != 2 or found.items[0] != state:
            raise Ill("the body gives a state and an output", self, self.body)
        return Result(Both((state, lead(xs.shape[:1], found.items[1]))), None)


@frozen(eq=False)
class If(Morphism):
    """A condition of compile time (`d == 4`) or `training`."""

    name: str
    value: int | None
    then: Morphism
    otherwise: Morphism

    def parts(self) -> Sequence[Part]:
        test = self.name if self.value is None else f"{self.name} == {self.value}"
        branches = [
            ["(", branch, ")"] if isinstance(branch, Lam | If) else [branch]
            for branch in (self.then, self.otherwise)
        ]
        return [f"if {test} then ", *branches[0], " else ", *branches[1]]

    def apply(self, env: Env, given: Kind) -> Result:
        if self.value is not None:
            size = env.size(Size.of(self.name))
            if any(f.right.names() & size.names() and f.left > 1 for f in env.facts):
                raise Unsure
            env.tested.update(size.names())
            env.make_static(size)
        one, other = self.then.apply(env, given), self.otherwise.apply(env, given)
        if not same(one.type, other.type):
            clash(one.type, other.type, self, self.then, self.otherwise)
        return Result(one.type, None)


@frozen(eq=False)
class Lam(Morphism):
    """`x => e` and `(a, b) => e`."""

    names: tuple[str, ...]
    body: Value

    def parts(self) -> Sequence[Part]:
        head = self.names[0] if len(self.names) == 1 else f"({', '.join(self.names)})"
        return [f"{head} => ", self.body]

    def apply(self, env: Env, given: Kind) -> Result:
        if len(self.names) == 1:
            return Result(self.body.type(env.inner(**{self.names[0]: given})), None)
        if not isinstance(given, Both) or len(given.items) != len(self.names):
            raise Ill("a tuple is due", self)
        return Result(
            self.body.type(env.inner(**dict(zip(self.names, given.items, strict=True)))), None
        )


@frozen(eq=False)
class Named(Morphism):
    body: Morphism
    name: str

    simple = True

    def parts(self) -> Sequence[Part]:
        return ["(", *operand(self.body), f" as {self.name})"]

    def apply(self, env: Env, given: Kind) -> Result:
        return self.body.apply(env, given)


# ---- user morphs --------------------------------------------------------------------------


@frozen
class Signature:
    """A morph as its callers see it: everything in its own names."""

    name: str
    arguments: tuple[str, ...]
    functions: tuple[tuple[str, Of, Of], ...]
    """Morphism arguments with the types of their input and result."""
    ports: tuple[Kind, ...]
    result: Kind
    static: frozenset[str]
    facts: tuple[Fact, ...]
    defaults: tuple[int, ...] = ()
    rigid: bool = False
    """Its sizes are those of the scope: an argument, an instance, a local morph."""
    loose: bool = False
    """It may well take other inputs too: a local morph."""


@frozen(eq=False)
class Use(Morphism):
    """A user's morph at bracket arguments; sizes by name after the first."""

    name: str
    sizes: tuple[Size, ...] = ()
    functions: tuple[Morphism, ...] = ()
    simple = True

    def parts(self) -> Sequence[Part]:
        items: list[Part] = []
        for k, size in enumerate(self.sizes):
            items += [", "] * bool(k) + [size.text()]
        for function in self.functions:
            items += [", "] * bool(items) + [function]
        return [self.name, *(["[", *items, "]"] if items else [])]

    def apply(self, env: Env, given: Kind) -> Result:
        signature = env.morphisms[self.name]
        ports = signature.ports
        single = len(ports) == 1
        if single:
            return self.call(env, [given])
        if not isinstance(given, Both) or len(given.items) != len(ports):
            raise Ill("the wrong number of inputs", self)
        return self.call(env, list(given.items))

    def call(self, env: Env, given: Sequence[Kind]) -> Result:
        signature = env.morphisms[self.name]
        if not signature.loose:
            return self.strictly(env, given)
        try:
            return self.strictly(env, given)
        except Ill as error:
            raise Unsure from error

    def strictly(self, env: Env, given: Sequence[Kind]) -> Result:
        signature = env.morphisms[self.name]
        if len(self.sizes) > len(signature.arguments):
            raise Ill("too many brackets", self)
        if len(given) != len(signature.ports):
            raise Ill("the wrong number of inputs", self)
        bound = dict(zip(signature.arguments, map(env.size, self.sizes), strict=False))
        for name, default in zip(signature.arguments, signature.defaults, strict=True):
            bound.setdefault(name, Size.of(default))
        if signature.rigid:
            for port in signature.ports:
                bound.update({name: Size.of(name) for name in names_of(port)})
        leads = [
            matched(port, kind, bound, self)
            for port, kind in zip(signature.ports, given, strict=True)
        ]
        front = max(leads, key=len)
        if any(front[: len(one)] != one for one in leads):
            raise Ill("leading axes that differ", self)
        for (_, source, target), function in zip(signature.functions, self.functions, strict=True):
            self._function(env, source, target, function, bound)
        for fact in signature.facts:
            env.require(evolve(fact, right=fact.right.fill(bound)), self)
        env.make_static(*(bound[name] for name in signature.static if name in bound))
        reads = None
        if len(given) == 1 and isinstance(signature.ports[0], Of):
            reads = len(signature.ports[0].shape)
        return Result(lead(front, fill(signature.result, bound)), reads)

    def _function(
        self, env: Env, source: Of, target: Of, function: Morphism, bound: dict[str, Size]
    ) -> None:
        taken = source.with_shape(tuple(size.fill(bound) for size in source.shape))
        found = function.apply(env, taken).type
        if not isinstance(found, Of) or len(found.shape) != len(target.shape):
            raise Ill("the wrong type of a morphism argument", self, function)
        for due, size in zip(target.shape, found.shape, strict=True):
            name = due.name()
            if name is not None and name not in bound:
                bound[name] = size
            elif due.fill(bound) != size:
                raise Ill("the wrong type of a morphism argument", self, function)


def matched(port: Kind, given: Kind, bound: dict[str, Size], node: object) -> Shape:
    """Unify a port with a value from the right; what is left is the lead."""
    if isinstance(port, Both):
        if not isinstance(given, Both) or len(port.items) != len(given.items):
            raise Ill("a tuple is due", node)
        leads = [matched(a, b, bound, node) for a, b in zip(port.items, given.items, strict=True)]
        if any(one != leads[0] for one in leads):
            raise Ill("leads of one port differ", node)
        return leads[0]
    if not isinstance(given, Of) or len(given.shape) < len(port.shape):
        raise Ill("too few axes", node)
    if port.kind != given.kind and (given.kind, port.kind) != ("int", "real"):
        raise Ill("the wrong elements", node)
    cut = len(given.shape) - len(port.shape)
    pairs = [*zip(port.shape, given.shape[cut:], strict=True)]
    if port.count is not None and given.count is not None:
        pairs.append((port.count, given.count))
    for due, size in pairs:
        name = due.name()
        if name is not None and name not in bound:
            bound[name] = size
        elif due.names() <= bound.keys():
            if due.fill(bound) != size:
                raise Ill("sizes that differ", node)
        else:
            raise Unsure
    return given.shape[:cut]
