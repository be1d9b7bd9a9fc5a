"""`repeat`, `trail`, `iterate`, `copies`, `scan` and the big operators."""

from collections.abc import Sequence

from catnn.elaborate import core
from catnn.elaborate.adjoints import adjoint
from catnn.elaborate.calls import Callee, coerce
from catnn.elaborate.context import Abandon, Elaborator, fresh_uid
from catnn.elaborate.core import Atom, Closure, Ref, Tupled
from catnn.elaborate.definition import Port
from catnn.elaborate.facts_text import at_least_zero
from catnn.elaborate.onaxes import head_name
from catnn.elaborate.operators import operator
from catnn.elaborate.reify import close_inputs, closure_at
from catnn.elaborate.scope import Scope, SizeEntry
from catnn.elaborate.sizes import size
from catnn.elaborate.statics import type_dims
from catnn.elaborate.unify import Mismatch, prefixed
from catnn.errors import Diagnostic
from catnn.syntax import ast
from catnn.types.dims import Dim, Symbol, fresh
from catnn.types.facts import Compare
from catnn.types.types import Abstract, Index, Product, Row, Several, Tensor, Type, at, several

UNROLL_LIMIT = 512
TERMS_LIMIT = 2048
LATER = {"fold": "folds", "unfold": "unfolds"}


def prefixed_morphism(
    e: Elaborator, expr: ast.Prefixed, scope: Scope, argument: Atom | None
) -> Callee:
    """A prefix form as something to call."""
    if isinstance(expr.operand, ast.Call):
        e.fail(
            "E0312",
            f"`{expr.word}` takes a morphism, and this is applied already",
            expr.operand.span,
            help=[f"write `x >> {expr.word}[..] f`, or put the call in parentheses"],
        )
    if expr.word in LATER:
        e.fail("E0311", f"`{expr.word}` ({LATER[expr.word]}) comes with a later version", expr.span)
    if expr.word == "scan":
        return _scan(e, expr, scope, argument)
    if expr.word == "dagger":
        return adjoint(e, expr, scope)
    count = _count(e, expr, scope)
    if expr.word == "copies":
        return _copies(e, expr, count, scope, argument)
    return _repeat(e, expr, count, scope, argument)


def _count(e: Elaborator, expr: ast.Prefixed, scope: Scope) -> Dim:
    if len(expr.arguments) != 1 or expr.arguments[0].name is not None:
        e.fail("E0304", f"`{expr.word}` takes one count: `{expr.word}[n] f`", expr.span)
    argument = expr.arguments[0]
    count = size(e, argument.value, scope)
    known = count.as_int()
    flag = isinstance(argument.value, ast.Name) and argument.value.text in ("true", "false")
    if flag or (known is None and count.as_fraction() is not None):
        e.fail("E0305", "a count is a whole number", argument.span)
    if known is not None and known < 0:
        e.fail("E0208", f"a count is at least 0; this is {known}", argument.span)
    if known is None:
        e.oblige(
            Compare(">=", count, Dim.of(0)),
            lambda fact: Diagnostic(
                "E0208",
                f"cannot show that the count `{count}` is at least 0",
                argument.span,
                help=(f"add `where {at_least_zero(e.unifier.dim(count))}`",),
            ),
        )
    return count


def _readable(e: Elaborator, argument: Atom | None) -> tuple[Type, Row | None]:
    """The input type with its front to be read on demand."""
    if argument is None:
        return Abstract(fresh("A", "meta")), None
    type_ = e.unifier.type(argument.type)
    if isinstance(type_, Tensor):
        row = e.unifier.fresh_row(type_.shape)
        return Tensor(type_.element, (row,)), row
    return type_, None


def _settle(e: Elaborator, row: Row | None) -> None:
    if row is not None:
        from catnn.elaborate.apply import settle

        settle(e, row)


# ---- repeat, trail, iterate ---------------------------------------------------------------


def _repeat(
    e: Elaborator, expr: ast.Prefixed, count: Dim, scope: Scope, argument: Atom | None
) -> Callee:
    index = fresh("i", "index")
    type_, row = _readable(e, argument)
    ref = Ref(fresh_uid(), "x", type_)
    indexed = expr.word == "iterate" and _takes_index(e, expr.operand, scope, type_)
    ports: tuple[Ref, ...] = (ref,)
    given: Atom = ref
    if indexed:
        position = Ref(fresh_uid(), "i", Tensor(Index(count)))
        ports = (position, ref)
        given = Tupled(ports, Product((position.type, ref.type)))
    block = _same_type(e, expr, scope, given, ref)
    _settle(e, row)
    if expr.word == "trail" and isinstance(type_, Tensor):
        e.unifier.reveal_all(type_.shape)
    target = type_ if expr.word != "trail" else prefixed((count + 1,), e.unifier.type(type_))
    morphism = core.Repeated(expr.word, count, index, Closure(ports, block), indexed)
    return Callee(morphism, (Port("", type_),), False, target, head_name(expr.operand), expr.span)


def _same_type(
    e: Elaborator, expr: ast.Prefixed, scope: Scope, given: Atom, ref: Ref
) -> core.Block:
    """The body `A -> A`."""
    results: list[Atom] = []

    def report(mismatch: Mismatch) -> Diagnostic:
        return Diagnostic(
            "E0216",
            f"`{expr.word}` needs a morphism whose result has the type of its input",
            expr.operand.span,
            f"it takes `{e.unifier.type(ref.type)}` and gives `{e.unifier.type(results[0].type)}`",
            help=("end with a projection back, for example `>> linear[d]`",),
        )

    def build() -> Atom:
        result = e.apply(expr.operand, scope, given)
        results.append(result)
        try:
            e.unifier.unify(ref.type, result.type, report)
        except Mismatch as mismatch:
            e.report(report(mismatch))
            raise Abandon from None
        return result

    return e.block(build)


def _takes_index(e: Elaborator, operand: ast.Expr, scope: Scope, type_: Type) -> bool:
    """Whether an `iterate` body is `(ix(n), A) -> A`."""
    while isinstance(operand, ast.Group):
        inner = operand.inner
        if isinstance(inner, ast.ArrowType | ast.SomeType):
            return False
        operand = inner
    if isinstance(operand, ast.Lambda):
        pair = isinstance(operand.parameter, ast.PatternTuple) and len(operand.parameter.items) == 2
        return pair and not (isinstance(type_, Product) and len(type_.items) == 2)
    name = head_name(operand)
    if scope.value(name) is not None:
        return False
    definition = e.checker.find(scope.module, name)
    if definition is None or len(definition.ports) != 2:
        return False
    first = definition.ports[0].type
    return isinstance(first, Tensor) and isinstance(first.element, Index) and not first.shape


# ---- copies -------------------------------------------------------------------------------


def _copies(
    e: Elaborator, expr: ast.Prefixed, count: Dim, scope: Scope, argument: Atom | None
) -> Callee:
    """`[n; A] -> [n; B]`: what the body reads of the input is `A`; in front of it stands `n`."""
    type_, row = _readable(e, argument)
    if isinstance(type_, Product) or (isinstance(type_, Abstract) and argument is not None):
        stripped = e.unifier.strip(type_, 1)
        if stripped is None:
            e.fail("E0202", f"`copies` takes `[n; A]`; this input is `{type_}`", expr.span)
        type_ = stripped[1]
    ref = Ref(fresh_uid(), "x", type_)
    block = e.block(lambda: e.apply(expr.operand, scope, ref))
    if row is not None:
        front = e.unifier.shape((row,))
        if not front or not isinstance(front[0], Row):
            e.fail(
                "E0202",
                f"`copies[{count}]` takes `[{count}; A]`, and its body reads every axis of the input",
                expr.span,
                help=["say what one copy takes: a `morph` with a signature"],
            )
        e.unifier.rows[front[0].symbol] = ()
    else:
        close_inputs(e, type_)
    source, result = e.unifier.type(type_), e.unifier.type(block.result.type)
    morphism = core.Copied(count, Closure((ref,), block))
    port = Port("", prefixed((count,), source))
    name = head_name(expr.operand)
    target = prefixed((count,), result)
    return Callee(
        morphism,
        (port,),
        False,
        target,
        name,
        expr.span,
        shown=f"copies[{count}]" if name == "it" else f"copies[{count}] {name}",
    )


# ---- scan ---------------------------------------------------------------------------------


def _scan(e: Elaborator, expr: ast.Prefixed, scope: Scope, argument: Atom | None) -> Callee:
    """`(X, [t; A]) -> (X, [t; B])` for `f : (X, A) -> (X, B)`."""
    type_ = e.unifier.type(argument.type) if argument is not None else None
    if not isinstance(type_, Product) or len(type_.items) != 2:
        e.fail(
            "E0307",
            "`scan f` takes a state and a sequence: `(scan f)(x, xs)`",
            expr.span,
            f"the input has type `{type_}`" if type_ is not None else "",
        )
    state, sequence = type_.items
    if isinstance(sequence, Tensor):  # the leading axis is known when every axis is read
        sequence = Tensor(sequence.element, e.unifier.reveal_all(sequence.shape))
    stripped = e.unifier.strip(sequence, 1)
    if stripped is None:
        e.fail("E0202", f"`scan` runs along a leading axis; `{sequence}` has none", expr.span)
    (length,), element = stripped
    assert isinstance(length, Dim)
    ref, item = Ref(fresh_uid(), "state", state), Ref(fresh_uid(), "x", element)
    given = Tupled((ref, item), Product((state, element)))
    block = e.block(lambda: _step(e, expr, scope, given, state))
    result = e.unifier.type(block.result.type)
    assert isinstance(result, Product)
    target = Product((state, prefixed((length,), result.items[1])))
    morphism = core.Scanned(length, Closure((ref, item), block))
    ports = (Port("", state), Port("", sequence))
    return Callee(morphism, ports, True, target, head_name(expr.operand), expr.span)


def _step(e: Elaborator, expr: ast.Prefixed, scope: Scope, given: Atom, state: Type) -> Atom:
    from catnn.elaborate.calls import component

    result = e.apply(expr.operand, scope, given)
    type_ = e.unifier.type(result.type)
    if not isinstance(type_, Product) or len(type_.items) != 2:
        e.fail(
            "E0216",
            "the body of `scan` gives a state and an output",
            expr.operand.span,
            f"it gives `{type_}`",
            help=["write `(state, x) => (next, output)`"],
        )
    first = coerce(e, component(result, 0, type_.items[0]), state, expr.operand.span)
    second = component(result, 1, type_.items[1])
    return Tupled((first, second), Product((state, second.type)))


# ---- big operators --------------------------------------------------------------------------


def big(e: Elaborator, expr: ast.Big, scope: Scope, argument: Atom | None) -> Callee:
    """`(>> i < n) f[i]` and its kin, as a morphism."""
    bound = size(e, expr.range.bound, scope)
    if expr.range.op not in ("<", "<="):
        e.fail("E0305", "a big operator counts up: `(>> i < n)`", expr.range.span)
    count = bound + 1 if expr.range.op == "<=" else bound
    known = count.as_int()
    if known is None:
        return _symbolic(e, expr, count, scope, argument)
    if known > UNROLL_LIMIT:
        e.fail(
            "E0219",
            f"a big operator of {known} terms is over the limit of {UNROLL_LIMIT}",
            expr.span,
            help=["use `repeat` where the terms are alike"],
        )
    _count_terms(e, known, expr)
    return _unrolled(e, expr, known, scope, argument)


def _count_terms(e: Elaborator, known: int, expr: ast.Big) -> None:
    """Each term is checked by itself, also those of a big operator within another."""
    e.terms += known
    if e.terms > TERMS_LIMIT:
        e.fail(
            "E0219",
            f"the big operators of `{e.definition.name}` have more than {TERMS_LIMIT} terms in all",
            expr.span,
            help=["use `repeat` where the terms are alike"],
        )


def _indexed(scope: Scope, expr: ast.Big, value: Dim) -> Scope:
    inner = scope.inner()
    inner.sizes[expr.range.index] = SizeEntry(value, "index", expr.range.span)
    return inner


def _unrolled(
    e: Elaborator, expr: ast.Big, count: int, scope: Scope, argument: Atom | None
) -> Callee:
    type_ = e.unifier.type(argument.type) if argument is not None else Abstract(fresh("A", "meta"))
    port = Ref(fresh_uid(), "x", type_)
    current: Atom = port
    parts: list[core.Morphism] = []
    results: list[Atom] = []
    for i in range(count):
        inner = _indexed(scope, expr, Dim.of(i))
        given = current if expr.op != "|" else _part(e, current, i, count, expr)
        callee = closure_at(e, expr.body, inner, given)
        parts.append(callee.morphism)
        result = Ref(fresh_uid(), "x", e.unifier.type(callee.target))
        results.append(result)
        if expr.op == ">>":
            current = result
    target = _combined(e, expr, type_, results)
    return Callee(
        core.Stages(expr.op, tuple(parts)),
        (Port("", type_),),
        False,
        target,
        head_name(expr.body),
        expr.span,
    )


def _part(e: Elaborator, current: Atom, i: int, count: int, expr: ast.Big) -> Atom:
    from catnn.elaborate.calls import component

    type_ = e.unifier.type(current.type)
    if not isinstance(type_, Product) or len(type_.items) != count:
        e.fail(
            "E0307",
            f"`(| i < {count})` takes a tuple of {count}",
            expr.span,
            f"its input has type `{type_}`",
        )
    return component(current, i, type_.items[i])


def _combined(e: Elaborator, expr: ast.Big, source: Type, results: Sequence[Atom]) -> Type:
    if expr.op == ">>":
        return results[-1].type if results else source
    if expr.op in ("&", "|"):
        return Product(tuple(result.type for result in results))
    if not results:
        e.fail("E0219", "a big sum of no terms has no type", expr.span)
    first = results[0]
    scratch = e.bindings
    e.bindings = []
    for other in results[1:]:
        first = operator(e, expr.op, (first, other), expr.span, (expr.body.span, expr.body.span))
    e.bindings = scratch
    return first.type


def _symbolic(
    e: Elaborator, expr: ast.Big, count: Dim, scope: Scope, argument: Atom | None
) -> Callee:
    """A count that is no literal: each term has one type, whatever the index."""
    index = fresh(expr.range.index, "index")
    inner = _indexed(scope, expr, Dim.of(index))
    with e.unifier.within(index, count):
        if expr.op == ">>":
            return _sequence(e, expr, count, index, inner, argument)
        if expr.op in ("+", "*"):
            return _sum(e, expr, count, index, inner, argument)
        if expr.op == "&":
            return _fan(e, expr, count, index, inner, argument)
        return _side_by_side(e, expr, count, index, inner, argument)


def _fan(
    e: Elaborator, expr: ast.Big, count: Dim, index: Symbol, inner: Scope, argument: Atom | None
) -> Callee:
    """`(& i < n) f[i]`: all on the same input, a tuple of their results."""
    callee = closure_at(e, expr.body, inner, argument)
    target = _tuple_of(e, index, count, callee.target)
    morphism = core.BigTuple("&", index, count, callee.morphism)
    return Callee(morphism, callee.ports, callee.tupled, target, head_name(expr.body), expr.span)


def _side_by_side(
    e: Elaborator, expr: ast.Big, count: Dim, index: Symbol, inner: Scope, argument: Atom | None
) -> Callee:
    """`(| i < n) f[i]`: each on its own component of a tuple."""
    type_ = e.unifier.type(argument.type) if argument is not None else None

    def report(mismatch: Mismatch) -> Diagnostic:
        shown = "" if type_ is None else f"its input has type `{e.unifier.type(type_)}`"
        return Diagnostic("E0307", f"`(| i < {count})` takes a tuple of {count}", expr.span, shown)

    try:
        if not isinstance(type_, Several):
            raise Mismatch("type", type_, count)
        e.unifier.unify_dim(type_.count, count, report)
    except Mismatch as mismatch:
        e.report(report(mismatch))
        raise Abandon from None
    item = Ref(fresh_uid(), "x", at(type_.item, {type_.index: Dim.of(index)}))
    callee = closure_at(e, expr.body, inner, item)
    target = _tuple_of(e, index, count, callee.target)
    morphism = core.BigTuple("|", index, count, callee.morphism)
    return Callee(morphism, (Port("", type_),), False, target, head_name(expr.body), expr.span)


def _tuple_of(e: Elaborator, index: Symbol, count: Dim, item: Type) -> Type:
    """The type of a tuple whose component at `index` has type `item`."""
    bound = fresh(index.name, "index")
    return several(bound, count, at(e.unifier.type(item), {index: Dim.of(bound)}))


def _alike(e: Elaborator, expr: ast.Big, index: Symbol, type_: Type) -> None:
    """The terms of a big sum have one type, whatever the index."""
    shown = e.unifier.type(type_)
    if index in {symbol for dim in type_dims(shown) for symbol in dim.symbols()}:
        e.fail(
            "E0204",
            f"the terms of `({expr.op} {index.name} ..)` differ in type",
            expr.body.span,
            f"this has type `{shown}`",
            help=["map each to one size, for example by `>> linear[d]`"],
        )


def _sequence(
    e: Elaborator, expr: ast.Big, count: Dim, index: Symbol, inner: Scope, argument: Atom | None
) -> Callee:
    type_, row = _readable(e, argument)
    ref = Ref(fresh_uid(), "x", type_)
    form = ast.Prefixed("repeat", (), expr.body, span=expr.span)
    block = _same_type(e, form, inner, ref, ref)
    _settle(e, row)
    morphism = core.BigSequence(index, count, Closure((ref,), block))
    return Callee(morphism, (Port("", type_),), False, type_, head_name(expr.body), expr.span)


def _sum(
    e: Elaborator, expr: ast.Big, count: Dim, index: Symbol, inner: Scope, argument: Atom | None
) -> Callee:
    callee = closure_at(e, expr.body, inner, argument)
    _alike(e, expr, index, callee.target)
    morphism = core.BigSum("add" if expr.op == "+" else "mul", index, count, callee.morphism)
    return Callee(
        morphism, callee.ports, callee.tupled, callee.target, head_name(expr.body), expr.span
    )


def big_value(e: Elaborator, expr: ast.Big, scope: Scope, expected: Type | None) -> Atom:
    """`(+ i < n) e(i)` on values."""
    if expr.op in (">>", "|"):
        e.fail("E0305", f"`({expr.op} ..)` is a morphism; a value is due here", expr.span)
    count = size(e, expr.range.bound, scope)
    known = (count + 1 if expr.range.op == "<=" else count).as_int()
    if known is None:
        bound = count + 1 if expr.range.op == "<=" else count
        return _symbolic_value(e, expr, bound, scope)
    if known > UNROLL_LIMIT:
        e.fail(
            "E0219",
            f"a big operator of {known} terms is over the limit of {UNROLL_LIMIT}",
            expr.span,
        )
    _count_terms(e, known, expr)
    atoms = [e.value(expr.body, _indexed(scope, expr, Dim.of(i))) for i in range(known)]
    if expr.op == "&":
        return Tupled(tuple(atoms), Product(tuple(atom.type for atom in atoms)))
    if not atoms:
        e.fail("E0219", "a big sum of no terms has no type", expr.span)
    total = atoms[0]
    for atom in atoms[1:]:
        total = operator(e, expr.op, (total, atom), expr.span, (expr.body.span, expr.body.span))
    return total


def _symbolic_value(e: Elaborator, expr: ast.Big, count: Dim, scope: Scope) -> Atom:
    from catnn.elaborate.calls import call

    index = fresh(expr.range.index, "index")
    inner = _indexed(scope, expr, Dim.of(index))
    with e.unifier.within(index, count):
        block = e.block(lambda: e.value(expr.body, inner))
    target = block.result.type
    morphism: core.Morphism
    if expr.op == "&":
        target = _tuple_of(e, index, count, target)
        morphism = core.BigTuple("&", index, count, Closure((), block))
    else:
        _alike(e, expr, index, target)
        op = "add" if expr.op == "+" else "mul"
        morphism = core.BigSum(op, index, count, Closure((), block))
    callee = Callee(morphism, (), True, target, head_name(expr.body), expr.span)
    return call(e, callee, (), expr.span)
