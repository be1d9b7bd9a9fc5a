"""Whether a program of the IR is sound; run after every pass.

- every type follows from the arguments and attributes by the rules of `signatures`;
- equal terms are one object;
- variables are bound by the program or a loop around them, and no two share a `uid`;
- a body takes and gives what its loop hands on; stores go to buffers of their type, one to each;
- leaves have paths of their own, below their loop where they are one for each turn;
- no size is open: all are made of the program's run-time sizes.

A breach is a bug in catnn: `InternalError` names the pass and shows the place.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias, assert_never

from attrs import define, field

from catnn.errors import InternalError
from catnn.ir.samples import Samples
from catnn.ir.show import dotted, show
from catnn.ir.signatures import RULES, Judge, Misfit, Rule
from catnn.ir.terms import (
    Apply,
    AttrValue,
    Constant,
    Leaf,
    Loop,
    Program,
    Project,
    Region,
    Segment,
    Size,
    Store,
    Term,
    TupleTerm,
    Var,
    WhenTraining,
)
from catnn.ir.walk import operands, ordered, results
from catnn.types.dims import Dim, Symbol
from catnn.types.types import (
    REAL,
    Bool,
    Index,
    Int,
    Product,
    SizeType,
    Tensor,
    Type,
)

Binder: TypeAlias = int | Symbol
"""What has to be bound: the `uid` of a variable, or the index of a loop."""


def verify(
    program: Program, after: str, rules: Mapping[str, Rule] = RULES, is_symbolic: bool = False
) -> Program:
    """The program itself; `InternalError` if it is not sound after the pass of that name.

    `rules` are those of a backend that has primitives of its own. A symbolic
    program has static sizes left as symbols.
    """
    try:
        Verification(program, rules, is_symbolic).whole()
    except Breach as breach:
        shown = show(program, breach.term)
        raise InternalError(f"the program is wrong after `{after}`: {breach}\n{shown}") from None
    if program.each is not None:
        verify(program.each, after, rules, is_symbolic)
    return program


class Breach(Exception):
    """What is wrong, and with which term."""

    def __init__(self, message: str, term: Term | None = None) -> None:
        super().__init__(message)
        self.term = term


@define(eq=False)
class Verification:
    """One program under verification; `free` has what each term needs bound, by identity."""

    program: Program
    rules: Mapping[str, Rule]
    is_symbolic: bool = False
    judge: Judge = field(init=False)
    objects: dict[Term, Term] = field(factory=dict)
    free: dict[int, frozenset[Binder]] = field(factory=dict)
    variables: dict[int, Var] = field(factory=dict)
    closed: set[int] = field(factory=set)
    seen: set[int] = field(factory=set)
    sizes: frozenset[Symbol] = field(init=False)
    leaves: frozenset[int] = field(init=False)
    holders: dict[Symbol, tuple[Segment, ...]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.judge = Judge(Samples(self.program.facts))
        self.leaves = frozenset(map(id, self.program.leaves))
        batch = self.program.batch
        self.sizes = frozenset((*self.program.sizes, *(() if batch is None else (batch,))))

    def whole(self) -> None:
        self.paths()
        for leaf in self.program.leaves:
            self.leaf(leaf)
        inputs = [given.var for given in self.program.inputs]
        if self.program.region.parameters:
            raise Breach("the region of a program binds variables")
        for variable in inputs:
            self.term(variable)
        needs = self.region(self.program.region)
        for binder in needs - {variable.uid for variable in inputs}:
            raise Breach(f"{self.called(binder)} is used where nothing binds it")

    def called(self, binder: Binder) -> str:
        if isinstance(binder, Symbol):
            return f"the index `{binder.name}` of a loop"
        return f"the variable `{self.variables[binder].name}`"

    # ---- leaves ---------------------------------------------------------------------------

    def paths(self) -> None:
        """No two leaves have one path, none is inside of another, and an index has one place."""
        known: dict[tuple[Segment, ...], Leaf] = {}
        for leaf in self.program.leaves:
            if not leaf.path or not isinstance(leaf.path[-1], str):
                raise Breach("a leaf has no name", leaf)
            if leaf.path in known:
                raise Breach(f"two leaves are called `{dotted(leaf.path)}`", leaf)
            known[leaf.path] = leaf
        for leaf in self.program.leaves:
            for k in range(1, len(leaf.path)):
                if leaf.path[:k] in known:
                    raise Breach(f"the leaf `{dotted(leaf.path)}` is inside of another", leaf)
                step = leaf.path[k - 1]
                if isinstance(step, Symbol):
                    at = self.holders.setdefault(step, leaf.path[: k - 1])
                    if at != leaf.path[: k - 1]:
                        raise Breach(f"the turns of `{dotted(leaf.path)}` are elsewhere too", leaf)

    def leaf(self, leaf: Leaf) -> None:
        self.seen.add(id(leaf))
        self.term(leaf)
        if not isinstance(leaf.type, Tensor):
            raise Breach(f"a leaf is {leaf.type}, no tensor", leaf)
        if leaf.kind == "param" and isinstance(leaf.type.element, Int | Index | Bool):
            raise Breach(f"the parameter `{dotted(leaf.path)}` holds no real numbers", leaf)
        for term in ordered([leaf.init], self.seen):
            if isinstance(term, Var | Leaf | Loop | WhenTraining):
                raise Breach(f"the first value of `{dotted(leaf.path)}` is not closed", leaf)
            self.term(term)
        starts, shape = leaf.init.type, leaf.type.shape[leaf.stacked :]
        is_number = isinstance(starts, Tensor) and not starts.shape
        if not is_number and not self.same(starts, Tensor(leaf.type.element, shape)):
            raise Breach(f"`{dotted(leaf.path)}` : {leaf.type} begins as {starts}", leaf)

    # ---- regions --------------------------------------------------------------------------

    def region(self, region: Region) -> frozenset[Binder]:
        """What a region needs bound, its own parameters among it."""
        for term in ordered(results(region), self.seen):
            self.term(term)
        for store in region.stores:
            self.store(store)
        if len({id(store.buffer) for store in region.stores}) < len(region.stores):
            raise Breach("two stores go to one buffer", region.result)
        for name, value in region.aux:
            if value.type != Tensor(REAL):
                raise Breach(f"the part `{name}` of the loss is {value.type}, no number", value)
        buffers = (store.buffer for store in region.stores)
        return union(self.free[id(term)] for term in (*results(region), *buffers))

    def store(self, store: Store) -> None:
        buffer, name = store.buffer, dotted(store.buffer.path)
        self.term(buffer)
        if buffer.kind != "buffer":
            raise Breach(f"`{name}` is a {buffer.kind}, nothing is stored in it", store.value)
        if not self.same(store.value.type, buffer.type):
            raise Breach(f"{store.value.type} goes into `{name}` : {buffer.type}", store.value)

    # ---- terms ----------------------------------------------------------------------------

    def term(self, term: Term) -> None:
        """One term; what it reads was verified before."""
        if self.objects.setdefault(term, term) is not term:
            raise Breach("the same term is there twice", term)
        self.closed_type(term.type, term)
        self.free[id(term)] = union(self.free[id(inner)] for inner in operands(term))
        match term:
            case Var():
                if self.variables.setdefault(term.uid, term) is not term:
                    raise Breach(f"two variables have the number {term.uid}", term)
                self.free[id(term)] = frozenset([term.uid])
            case Leaf():
                self.free[id(term)] = self.of_leaf(term)
            case Constant() | Size():
                self.scalar(term)
            case Apply():
                self.application(term)
            case TupleTerm():
                self.tuple_(term)
            case Project():
                self.component(term)
            case WhenTraining():
                for branch in (term.then, term.otherwise):
                    self.due(term, branch.type)
            case Loop():
                self.free[id(term)] |= self.loop(term)
            case _:
                assert_never(term)

    def of_leaf(self, leaf: Leaf) -> frozenset[Binder]:
        if id(leaf) not in self.leaves:
            raise Breach(f"the leaf `{dotted(leaf.path)}` is none of the program's", leaf)
        return frozenset(step for step in leaf.path if isinstance(step, Symbol))

    def scalar(self, term: Constant | Size) -> None:
        if not isinstance(term.type, Tensor) or term.type.shape:
            raise Breach(f"a number of the type {term.type}", term)
        if isinstance(term, Size):
            self.closed_size(term.dim, term)

    def application(self, term: Apply) -> None:
        rule = self.rules.get(term.op)
        if rule is None:
            raise Breach(f"`{term.op}` has no rule in `catnn.ir.signatures`", term)
        for size in term.lead:
            self.closed_size(size, term)
        for _, value in term.attrs:
            self.closed_attribute(value, term)
        if len(term.carries) != len(term.arguments):
            raise Breach(f"{len(term.arguments)} arguments carry {len(term.carries)} leads", term)
        try:
            found = rule(self.judge, term)
        except Misfit as misfit:
            raise Breach(f"{term.op}: {misfit}", term) from None
        except (KeyError, ValueError, TypeError) as error:
            raise Breach(f"{term.op}: its attributes do not fit ({error})", term) from None
        self.due(term, found)

    def tuple_(self, term: TupleTerm) -> None:
        labels = term.type.labels if isinstance(term.type, Product) else None
        self.due(term, Product(tuple(item.type for item in term.items), labels))

    def component(self, term: Project) -> None:
        whole = term.tuple.type
        if not isinstance(whole, Product) or not 0 <= term.index < len(whole.items):
            raise Breach(f"there is no component {term.index} of {whole}", term)
        self.due(term, whole.items[term.index])

    # ---- loops ----------------------------------------------------------------------------

    def loop(self, loop: Loop) -> frozenset[Binder]:
        """What a loop needs bound around it."""
        self.closed_size(loop.count, loop)
        for variable in loop.body.parameters:
            self.term(variable)
        needs = self.region(loop.body)
        match loop.kind:
            case "scan":
                self.scan(loop)
            case "iterate":
                self.state(loop, (Tensor(Index(loop.count)),))
                self.due(loop, loop.init.type)
            case "repeat":
                self.state(loop)
                self.due(loop, loop.init.type)
            case "trail":
                self.state(loop)
                self.due(loop, leading(loop.count + 1, loop.init.type))
            case _:
                assert_never(loop.kind)
        if (loop.kind in ("repeat", "trail") or loop.order) and loop.index in needs:
            if self.holders.get(loop.index) != loop.path:
                raise Breach(f"its leaves are not below `{dotted(loop.path)}`", loop)
        elif loop.index in needs:
            raise Breach(f"`{loop.kind}` has leaves of its own in each turn", loop)
        return needs - {variable.uid for variable in loop.body.parameters} - {loop.index}

    def state(self, loop: Loop, front: tuple[Type, ...] = ()) -> None:
        """A body takes the state, perhaps after the number of the turn, and gives it."""
        given = tuple(parameter.type for parameter in loop.body.parameters)
        variable = loop.init.type if not given else given[-1]
        if loop.xs is not None:
            raise Breach(f"`{loop.kind}` runs along nothing", loop)
        if not given or given[:-1] not in ((), front):
            raise Breach("its body does not take the state", loop)
        if not self.same(variable, loop.init.type):
            raise Breach(f"it begins with {loop.init.type}, its body takes {variable}", loop)
        if not self.same(loop.body.result.type, variable):
            raise Breach(f"its body takes {variable} and gives {loop.body.result.type}", loop)

    def scan(self, loop: Loop) -> None:
        if loop.xs is None or len(loop.body.parameters) != 2:
            raise Breach("a scan takes a state and an element of a sequence", loop)
        state, element = (parameter.type for parameter in loop.body.parameters)
        gives = loop.body.result.type
        if not isinstance(gives, Product) or len(gives.items) != 2:
            raise Breach(f"its body gives {gives}, a state and an output are due", loop)
        if not self.same(loop.xs.type, leading(loop.count, element)):
            raise Breach(f"it runs along {loop.xs.type}, its body takes {element}", loop)
        if not (self.same(loop.init.type, state) and self.same(gives.items[0], state)):
            raise Breach(
                f"the state is {loop.init.type}, then {state}, then {gives.items[0]}", loop
            )
        self.due(loop, Product((state, leading(loop.count, gives.items[1]))))

    # ---- types ----------------------------------------------------------------------------

    def due(self, term: Term, type_: Type) -> None:
        if not self.same(term.type, type_):
            raise Breach(f"its type is {term.type}, due is {type_}", term)

    def same(self, one: Type, other: Type) -> bool:
        if one is other or one == other:
            return True
        match one, other:
            case Tensor(), Tensor():
                return self.same_tensors(one, other)
            case Product(items), Product(others):
                return len(items) == len(others) and all(map(self.same, items, others))
            case SizeType(size), SizeType(due):
                return self.judge.sizes.same(size, due)
            case _:
                return False

    def same_tensors(self, one: Tensor, other: Tensor) -> bool:
        mine, theirs = self.judge.shape(one), self.judge.shape(other)
        match one.element, other.element:
            case Index(size), Index(due):
                fits = self.judge.sizes.same(size, due)
            case own, due_:
                fits = own == due_
        sizes = self.judge.sizes
        return fits and len(mine) == len(theirs) and all(map(sizes.same, mine, theirs))

    def closed_type(self, type_: Type, term: Term) -> None:
        """Every size in a type is made of sizes of the program."""
        if id(type_) in self.closed:
            return
        self.closed.add(id(type_))
        match type_:
            case Tensor(element, shape):
                if isinstance(element, Index):
                    self.closed_size(element.size, term)
                for item in shape:
                    if not isinstance(item, Dim):
                        raise Breach(f"a row of axes is still open: {type_}", term)
                    self.closed_size(item, term)
            case Product(items=items):
                for inner in items:
                    self.closed_type(inner, term)
            case SizeType(size):
                self.closed_size(size, term)
            case _:
                raise Breach(f"a type is still open: {type_}", term)

    def closed_size(self, size: Dim, term: Term) -> None:
        if size.is_constant():
            return
        for symbol in size.symbols() - self.sizes:
            if symbol.kind == "meta" or not self.is_symbolic:
                raise Breach(f"the size `{symbol.name}` is open", term)

    def closed_attribute(self, value: AttrValue, term: Term) -> None:
        if isinstance(value, Dim):
            self.closed_size(value, term)
        elif isinstance(value, tuple):
            for item in value:
                self.closed_attribute(item, term)


def union(parts: Iterable[frozenset[Binder]]) -> frozenset[Binder]:
    found: frozenset[Binder] = frozenset()
    for part in parts:
        if part:
            found = found | part if found else part
    return found


def leading(size: Dim, type_: Type) -> Type:
    """`[size; type]`."""
    match type_:
        case Tensor(element, shape):
            return Tensor(element, (size, *shape))
        case Product(items, labels):
            return Product(tuple(leading(size, item) for item in items), labels)
        case _:
            return type_


__all__ = ["verify"]
