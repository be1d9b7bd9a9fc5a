"""Morphism expressions applied to an input: composition, fans, lambdas, lookups, calls."""

from collections.abc import Callable, Sequence
from typing import NoReturn

from attrs import evolve

from catnn.elaborate import constants, core
from catnn.elaborate.adjoints import adjoint_applied
from catnn.elaborate.binding import bind_pattern
from catnn.elaborate.calls import Callee, call, component, contexts_for, convert, instantiate
from catnn.elaborate.combinators import big, prefixed_morphism
from catnn.elaborate.context import Abandon, Elaborator
from catnn.elaborate.contexts import supplying
from catnn.elaborate.core import Atom, Component, Ref, Static, Tupled
from catnn.elaborate.definition import Port
from catnn.elaborate.habits import AXES_BY_NAME, AXIS_WORDS, HABITS
from catnn.elaborate.initialisers import NAMES
from catnn.elaborate.labels import labelled
from catnn.elaborate.onaxes import on_axes
from catnn.elaborate.operators import operator
from catnn.elaborate.patterns import pattern_callee
from catnn.elaborate.reify import closure_at, template_callee
from catnn.elaborate.scope import (
    BufferEntry,
    MorphismEntry,
    PoisonedEntry,
    Scope,
    TemplateEntry,
    ValueEntry,
)
from catnn.elaborate.seeds import is_seeded, seeded
from catnn.elaborate.sizes import size
from catnn.elaborate.statements import run_statements
from catnn.elaborate.unify import Mismatch
from catnn.errors import Diagnostic
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import Dim, SizeLimit, total
from catnn.types.facts import Compare, Fact
from catnn.types.types import (
    Abstract,
    Arrow,
    Bool,
    Index,
    Int,
    Product,
    Real,
    Several,
    Tensor,
    Type,
)

PUSHES = ("sum", "mean", "max", "min")
STRUCTURE = ("id", "drop", "dup", "swap", "concat", "real")
EXTREMES = {"min": ("amin", "minimum"), "max": ("amax", "maximum")}


def is_morphism(e: Elaborator, expr: ast.Static, scope: Scope) -> bool:
    """Whether an expression stands for a morphism rather than for a value."""
    match expr:
        case (
            ast.Lambda() | ast.Fan() | ast.Par() | ast.Prefixed() | ast.OnAxes() | ast.PatternTerm()
        ):
            return True
        case ast.Group(inner=inner) | ast.Named(inner=inner) | ast.Supply(inner=inner):
            return is_morphism(e, inner, scope)
        case ast.Compose(factors=factors):
            return is_morphism(e, factors[0], scope)
        case ast.Binary(left=left, right=right):
            return is_morphism(e, left, scope) or is_morphism(e, right, scope)
        case ast.Unary(operand=operand):
            return is_morphism(e, operand, scope)
        case ast.If(then=then, otherwise=otherwise):
            return is_morphism(e, then, scope) or is_morphism(e, otherwise, scope)
        case ast.Block(result=result):
            return _block_is_morphism(e, expr, result, scope)
        case ast.Big(op=op, body=body):
            return op in (">>", "|") or is_morphism(e, body, scope)
        case ast.Name(text=name):
            return _name_is_morphism(e, name, scope)
        case ast.Instance(head=ast.Name(text=name)):
            return _name_is_morphism(e, name, scope)
        case ast.Instance(head=ast.PatternTerm()):
            return True
        case _:
            return False


def _block_is_morphism(e: Elaborator, block: ast.Block, result: ast.Expr, scope: Scope) -> bool:
    introduced = {s.name for s in block.statements if isinstance(s, ast.Share)}
    introduced |= {s.header.name for s in block.statements if isinstance(s, ast.LocalMorph)}
    values = {
        s.name
        for s in block.statements
        if isinstance(s, ast.ParamDecl | ast.BufferDecl | ast.FixedDecl)
    }
    inner = scope.inner()
    for name in introduced:
        inner.values[name] = MorphismEntry(core.Shared(0, name), None, block.span)  # type: ignore[arg-type]
    for name in values | _let_names(block):
        inner.values[name] = ValueEntry(Tupled((), Product()), block.span)
    return is_morphism(e, result, inner)


def _let_names(block: ast.Block) -> set[str]:
    names: set[str] = set()

    def walk(pattern: ast.Pattern) -> None:
        if isinstance(pattern, ast.PatternName):
            names.add(pattern.name)
        else:
            for item in pattern.items:
                walk(item)

    for statement in block.statements:
        if isinstance(statement, ast.Let | ast.Draw | ast.Once):
            walk(statement.pattern)
    return names


def _name_is_morphism(e: Elaborator, name: str, scope: Scope) -> bool:
    entry = scope.value(name)
    if entry is not None:
        return isinstance(entry, MorphismEntry | TemplateEntry)
    if scope.size(name) is not None or name in ("true", "false", "pi", "inf", "euler", "training"):
        return False
    if name in NAMES:
        return False
    if name in (*STRUCTURE, *EXTREMES, "at", "const", "push"):
        return True
    found = e.checker.find(scope.module, name)
    if found is None:
        return False
    return not found.is_nullary


# ---- application ------------------------------------------------------------------------


def apply(
    e: Elaborator, expr: ast.Static, scope: Scope, argument: Atom, expected: Type | None = None
) -> Atom:
    """`argument >> expr`."""
    with e.deeper(expr.span):
        form = FORMS.get(type(expr))
        if form is not None:
            return form(e, expr, scope, argument, expected)
        if isinstance(expr, VALUES):
            return _value_applied(e, expr, scope, argument)
        return call(e, callee_of(e, expr, scope, argument), (argument,), expr.span)


VALUES = (ast.Call, ast.FieldOf, ast.Tuple, ast.Listing, ast.Number, ast.String, ast.Comprehension)


def _value_applied(e: Elaborator, expr: ast.Static, scope: Scope, argument: Atom) -> Atom:
    """A value where a morphism is due: a tensor is one where indices arrive."""
    tensor = e.value(expr, scope)
    type_ = e.unifier.type(argument.type)
    first = type_.items[0] if isinstance(type_, Product) and type_.items else type_
    if not isinstance(first, Tensor) or not isinstance(first.element, Index):
        _not_applicable(e, expr, scope)
    return lookup(e, tensor, _indices(e, argument), expr.span)


def _group(
    e: Elaborator, expr: ast.Group, scope: Scope, argument: Atom, expected: Type | None
) -> Atom:
    return apply(e, expr.inner, scope, argument, expected)


def _compose(
    e: Elaborator, expr: ast.Compose, scope: Scope, argument: Atom, expected: Type | None
) -> Atom:
    for position, factor in enumerate(expr.factors):
        last = position == len(expr.factors) - 1
        argument = apply(e, factor, scope, argument, expected if last else None)
    return argument


def _fan(e: Elaborator, expr: ast.Fan, scope: Scope, argument: Atom, expected: Type | None) -> Atom:
    atoms = tuple(apply(e, factor, scope, argument) for factor in expr.factors)
    return Tupled(atoms, Product(tuple(atom.type for atom in atoms)))


def _par(e: Elaborator, expr: ast.Par, scope: Scope, argument: Atom, expected: Type | None) -> Atom:
    type_ = e.unifier.type(argument.type)
    if isinstance(type_, Abstract) and type_.symbol.kind == "meta":
        from catnn.types.dims import fresh

        type_ = Product(tuple(Abstract(fresh("A", "meta")) for _ in expr.factors))
        e.unifier.unify(argument.type, type_, lambda m: _no_tuple(e, expr, argument))
    if not isinstance(type_, Product) or len(type_.items) != len(expr.factors):
        e.report(_no_tuple(e, expr, argument))
        raise Abandon
    atoms = tuple(
        apply(e, factor, scope, component(argument, k, item))
        for k, (factor, item) in enumerate(zip(expr.factors, type_.items, strict=True))
    )
    return Tupled(atoms, Product(tuple(atom.type for atom in atoms)))


def _no_tuple(e: Elaborator, expr: ast.Par, argument: Atom) -> Diagnostic:
    return Diagnostic(
        "E0307",
        f"`|` of {len(expr.factors)} morphisms takes a tuple of {len(expr.factors)}",
        expr.span,
        f"its input has type `{e.unifier.type(argument.type)}`",
        help=("to give all of them the same input, write `f & g`",),
    )


def _lambda(
    e: Elaborator, expr: ast.Lambda, scope: Scope, argument: Atom, expected: Type | None
) -> Atom:
    inner = scope.inner()
    bind_pattern(e, expr.parameter, argument, inner, expr.parameter.span)
    return e.value(expr.body, inner, expected)


def _if(e: Elaborator, expr: ast.If, scope: Scope, argument: Atom, expected: Type | None) -> Atom:
    from catnn.elaborate.terms import choose

    return choose(
        e, expr, scope, lambda b: _branch(e, b, scope.inner(), argument, expected), expected
    )


def _branch(
    e: Elaborator, expr: ast.Expr, scope: Scope, argument: Atom, expected: Type | None
) -> Atom:
    """A branch of an `if` between morphisms; a constant there is a constant morphism."""
    if is_morphism(e, expr, scope):
        return apply(e, expr, scope, argument, expected)
    return e.value(expr, scope, expected)


def _block(
    e: Elaborator, expr: ast.Block, scope: Scope, argument: Atom, expected: Type | None
) -> Atom:
    inner = run_statements(e, expr.statements, scope)
    return apply(e, expr.result, inner, argument, expected)


def _pointwise(
    e: Elaborator, expr: ast.Binary | ast.Unary, scope: Scope, argument: Atom, expected: Type | None
) -> Atom:
    """`f + g`: combined at their own types, then lifted over what neither reads."""
    operands = (expr.left, expr.right) if isinstance(expr, ast.Binary) else (expr.operand,)
    if not any(is_morphism(e, operand, scope) for operand in operands):
        _not_applicable(e, expr, scope)
    type_ = e.unifier.type(argument.type)
    row = None
    read: Atom = argument
    if isinstance(type_, Tensor):
        row = e.unifier.fresh_row(type_.shape)
        read = retyped(argument, Tensor(type_.element, (row,)))
    atoms = [_branch(e, operand, scope, read, expected) for operand in operands]
    symbol = expr.op if isinstance(expr, ast.Binary) else ("neg" if expr.op == "-" else "not")
    result = operator(e, symbol, atoms, expr.span, [operand.span for operand in operands])
    if row is not None:
        settle(e, row)
    return result


def settle(e: Elaborator, row: object) -> None:
    """What nobody read of a row with a backing is its backing."""
    from catnn.types.types import Row

    assert isinstance(row, Row)
    front = e.unifier.shape((row,))
    if front and isinstance(front[0], Row) and front[0].symbol in e.unifier.backing:
        symbol = front[0].symbol
        e.unifier.rows[symbol] = e.unifier.shape(e.unifier.backing[symbol])


def retyped(atom: Atom, type_: Type) -> Atom:
    """The same value with its type written otherwise."""
    match atom:
        case Ref(uid, name):
            return Ref(uid, name, type_)
        case Component(of, index):
            return Component(of, index, type_)
        case core.Indexed(of, place):
            return core.Indexed(of, place, type_)
        case Static(value):
            return Static(value, type_)
        case core.Constant(value):
            return core.Constant(value, type_)
        case Tupled(items):
            return Tupled(items, type_)


def _not_applicable(e: Elaborator, expr: ast.Static, scope: Scope) -> NoReturn:
    e.fail(
        "E0305",
        "this is a value; a morphism is due here",
        expr.span,
        help=["values are arguments: `f(x)`; a constant morphism is `const[c]`"],
    )


def _name(
    e: Elaborator, expr: ast.Name, scope: Scope, argument: Atom, expected: Type | None
) -> Atom:
    name = expr.text
    if scope.value(name) is None and name in STRUCTURE:
        return _structure(e, name, argument, expr.span)
    return _headed(e, expr, name, (), scope, argument, expected)


def _instance(
    e: Elaborator, expr: ast.Instance, scope: Scope, argument: Atom, expected: Type | None
) -> Atom:
    if isinstance(expr.head, ast.Name):
        return _headed(e, expr, expr.head.text, expr.arguments, scope, argument, expected)
    return call(e, callee_of(e, expr, scope, argument), (argument,), expr.span)


def _headed(
    e: Elaborator,
    expr: ast.Name | ast.Instance,
    name: str,
    arguments: Sequence[ast.Argument],
    scope: Scope,
    argument: Atom,
    expected: Type | None,
) -> Atom:
    entry = scope.value(name)
    if entry is None and name == "at" and arguments:
        tensor = e.value(arguments[0].value, scope)
        return lookup(e, tensor, _indices(e, argument), expr.span)
    if entry is None and name == "const" and arguments:
        return e.value(arguments[0].value, scope, expected)
    if entry is None and name in NAMES:
        filled = constants.constant(e, expr, scope, expected)
        if filled is not None:
            return filled
    if isinstance(entry, ValueEntry | BufferEntry):
        if arguments:
            return lookup(e, e.value(expr, scope), _indices(e, argument), expr.span)
        return _lookup_or_refuse(e, expr, entry.atom, argument, scope)
    return call(e, callee_of(e, expr, scope, argument), (argument,), expr.span)


def _lookup_or_refuse(
    e: Elaborator, expr: ast.Expr, tensor: Atom, argument: Atom, scope: Scope
) -> Atom:
    indices = _indices(e, argument)
    for index in indices:
        type_ = e.unifier.type(index.type)
        if not (isinstance(type_, Tensor) and isinstance(type_.element, Index | Int)):
            e.fail(
                "E0305",
                "a value is no morphism: a tensor applies to indices only",
                expr.span,
                f"this has type `{e.unifier.type(tensor.type)}`",
                notes=[f"the input has type `{type_}`"],
                help=["a matrix acts by a contraction: `{k j, j -> k}(R, x)`"],
            )
    return lookup(e, tensor, indices, expr.span)


def _indices(e: Elaborator, argument: Atom) -> tuple[Atom, ...]:
    type_ = e.unifier.type(argument.type)
    if isinstance(type_, Product):
        return tuple(component(argument, k, item) for k, item in enumerate(type_.items))
    return (argument,)


def lookup(e: Elaborator, tensor: Atom, indices: Sequence[Atom], span: Span) -> Atom:
    """`T(i, j)`: the indices consume the leading axes of `T`."""
    type_ = e.unifier.type(tensor.type)
    if not isinstance(type_, Tensor):
        e.fail("E0305", f"a value of type `{type_}` is not indexed", span)
    shape = e.unifier.reveal_all(type_.shape)
    if len(shape) < len(indices) or any(
        not isinstance(item, Dim) for item in shape[: len(indices)]
    ):
        given = "1 index is" if len(indices) == 1 else f"{len(indices)} indices are"
        e.fail("E0202", f"a tensor of type `{type_}` has too few axes: {given} given", span)
    found = [
        _index(e, index, axis, type_, span) for index, axis in zip(indices, shape, strict=False)
    ]
    own: tuple[object, ...] = ()
    for index in found:
        index_type = e.unifier.type(index.type)
        assert isinstance(index_type, Tensor)
        if len(index_type.shape) > len(own):
            own = index_type.shape
    result = Tensor(type_.element, (*own, *shape[len(indices) :]))  # type: ignore[arg-type]
    return e.bind(core.Lookup(tensor, tuple(found), result), result, "looked_up", span)


def _from_the_end(index: Dim, axis: Dim) -> str:
    """What Python counts from the end is counted from the front."""
    place = index.as_int()
    if place is None or place >= 0:
        return "indices count from 0"
    return f"indices count from 0; from the end: `x({axis} - {-place})`"


def _index(e: Elaborator, index: Atom, axis: object, tensor: Type, span: Span) -> Atom:
    assert isinstance(axis, Dim)
    type_ = e.unifier.type(index.type)
    if isinstance(index, Static):

        def outside(fact: Fact) -> Diagnostic:
            if e.unifier.facts.refute(e.resolve_fact(fact)):
                return Diagnostic(
                    "E0306",
                    f"the index {index.value} is outside an axis of size `{e.unifier.dim(axis)}`",
                    span,
                    help=(_from_the_end(index.value, axis),),
                )
            return Diagnostic(
                "E0306",
                f"the index {index.value} is not shown to be below `{e.unifier.dim(axis)}`",
                span,
                help=(f"add `where {index.value} < {e.unifier.dim(axis)}`",),
            )

        e.oblige(Compare("<", index.value, axis), outside)
        e.oblige(Compare(">=", index.value, Dim.of(0)), outside)
        return Static(index.value, Tensor(Index(axis)))
    if not isinstance(type_, Tensor) or not isinstance(type_.element, Index):
        what = (
            "real numbers"
            if isinstance(type_, Tensor) and isinstance(type_.element, Real)
            else f"`{type_}`"
        )
        help = (
            ["make it an index by `index[n](k)`, which clamps"]
            if isinstance(type_, Tensor) and not isinstance(type_.element, Bool)
            else []
        )
        e.fail("E0306", f"a tensor is indexed with indices, not with {what}", span, help=help)
    element = type_.element

    def report(mismatch: Mismatch) -> Diagnostic:
        return Diagnostic(
            "E0306",
            f"an index into `{e.unifier.dim(element.size)}` elements is used on an axis of size `{e.unifier.dim(axis)}`",
            span,
            notes=(
                f"the tensor has type `{e.unifier.type(tensor)}`, the index `{e.unifier.type(type_)}`",
            ),
        )

    try:
        e.unifier.unify_dim(element.size, axis, report)
    except Mismatch as mismatch:
        e.report(report(mismatch))
        raise Abandon from None
    return index


def _structure(e: Elaborator, name: str, argument: Atom, span: Span) -> Atom:
    match name:
        case "id":
            return argument
        case "drop":
            return Tupled((), Product())
        case "real":
            return _as_real(e, argument, span)
        case "dup":
            return Tupled((argument, argument), Product((argument.type, argument.type)))
        case "swap":
            type_ = e.unifier.type(argument.type)
            if not isinstance(type_, Product) or len(type_.items) != 2:
                e.fail("E0307", "`swap` takes a pair", span, f"its input has type `{type_}`")
            first, second = (component(argument, k, t) for k, t in enumerate(type_.items))
            return Tupled((second, first), Product((second.type, first.type)))
        case _:
            type_ = e.unifier.type(argument.type)
            if isinstance(type_, Several):
                return _join(e, argument, type_, span)
            parts = (
                [component(argument, k, t) for k, t in enumerate(type_.items)]
                if isinstance(type_, Product)
                else [argument]
            )
            return concat(e, parts, span)


# ---- callees ----------------------------------------------------------------------------


def callee_of(e: Elaborator, expr: ast.Static, scope: Scope, argument: Atom | None) -> Callee:
    """A morphism expression as something to call; `argument` gives the type where it is known."""
    match expr:
        case ast.Group(inner=inner):
            return callee_of(e, inner, scope, argument)
        case ast.Name(text=name):
            return _named_callee(e, expr, name, (), scope, argument)
        case ast.Instance(head=ast.Name(text=name), arguments=arguments):
            return _named_callee(e, expr, name, arguments, scope, argument)
        case ast.Instance(head=ast.PatternTerm(pattern=pattern), arguments=arguments):
            return pattern_callee(e, pattern, arguments, scope, argument, expr.span)
        case ast.Instance(head=ast.OnAxes()):
            e.fail("E0315", "sizes of a pattern are given before `{..}`", expr.span)
        case ast.PatternTerm(pattern=pattern):
            return pattern_callee(e, pattern, (), scope, argument, expr.span)
        case ast.OnAxes():
            return on_axes(e, expr, scope, argument)
        case ast.Named(inner=inner, name=name):
            return _label(e, inner, name, scope, argument)
        case ast.Prefixed():
            return prefixed_morphism(e, expr, scope, argument)
        case ast.Big():
            return big(e, expr, scope, argument)
        case ast.Supply(inner=inner):
            return callee_of(e, inner, supplying(e, expr, scope), argument)
        case _ if isinstance(expr, VALUES):
            e.value(expr, scope)
            _not_applicable(e, expr, scope)
        case _ if isinstance(expr, TO_COME):
            _to_come(e, expr)
        case _:
            return closure_at(e, expr, scope, argument)


TO_COME = (
    ast.Choice,
    ast.Surgery,
    ast.WithParameters,
    ast.StartFrom,
    ast.Reparametrise,
    ast.Cut,
    ast.Given,
)
"""Forms of morphisms whose meaning comes later."""


def _to_come(e: Elaborator, expr: ast.Static) -> NoReturn:
    from catnn.elaborate.terms import later

    later(e, expr)


def _label(
    e: Elaborator, inner: ast.Expr, name: str, scope: Scope, argument: Atom | None
) -> Callee:
    bare: ast.Static = inner
    while isinstance(bare, ast.Group):
        bare = bare.inner
    simple = isinstance(
        bare, ast.Name | ast.Instance | ast.Prefixed | ast.Big | ast.OnAxes | ast.Supply
    )
    callee = callee_of(e, bare, scope, argument) if simple else closure_at(e, bare, scope, argument)
    return evolve(callee, morphism=labelled(name, callee.morphism))


def _named_callee(
    e: Elaborator,
    expr: ast.Expr,
    name: str,
    arguments: Sequence[ast.Argument],
    scope: Scope,
    argument: Atom | None,
) -> Callee:
    entry = scope.value(name)
    match entry:
        case MorphismEntry(morphism, arrow):
            if arguments:
                e.fail("E0304", f"`{name}` is a morphism already; it takes no brackets", expr.span)
            return arrow_callee(e, morphism, arrow, name, scope, expr.span)
        case TemplateEntry():
            return template_callee(e, name, entry, arguments, scope, argument, expr.span)
        case PoisonedEntry():
            raise Abandon
        case ValueEntry() | BufferEntry():
            _not_applicable(e, expr, scope)
    if entry is None and name in (*STRUCTURE, "at", "const"):
        return closure_at(e, expr, scope, argument)
    definition = e.checker.find(scope.module, name)
    if definition is None and name in EXTREMES:
        definition = e.checker.find(scope.module, EXTREMES[name][_is_pair(e, argument)])
    if definition is None and name == "push":
        return _push(e, arguments, scope, expr.span)
    if definition is None:
        if scope.size(name) is not None:
            e.fail("E0305", f"`{name}` is a size; a morphism is due here", expr.span)
        _unknown_morphism(e, name, expr, scope)
    assert definition is not None
    return instantiate(e, definition, arguments, scope, expr.span)


def _push(e: Elaborator, arguments: Sequence[ast.Argument], scope: Scope, span: Span) -> Callee:
    """`push[sum]`: the name of a reduction, and the number of places if it is to be said."""
    first, *rest = arguments or (None,)
    known = ", ".join(f"`push[{name}]`" for name in PUSHES)
    name = first.value.text if first is not None and isinstance(first.value, ast.Name) else ""
    if first is None or first.name is not None or name not in PUSHES:
        e.fail(
            "E0305",
            "`push` takes a reduction in brackets",
            span if first is None else first.span,
            help=[f"there are {known}"],
        )
    if len(rest) > 1 or any(argument.name not in (None, "n") for argument in rest):
        e.fail("E0304", "`push` takes a reduction and at most the number of places", span)
    definition = e.checker.find(scope.module, f"push_{name}")
    assert definition is not None
    callee = instantiate(e, definition, (), scope, span)
    index = callee.ports[0].type
    if rest and isinstance(index, Tensor) and isinstance(index.element, Index):
        places = size(e, rest[0].value, scope)
        e.unifier.unify_dim(
            index.element.size,
            places,
            lambda m: Diagnostic("E0201", f"`{m.left}` and `{m.right}` differ", rest[0].span),
        )
    return evolve(callee, shown=f"push[{name}]")


def _is_pair(e: Elaborator, argument: Atom | None) -> bool:
    """Whether `max` is that of two values rather than that of all elements of one."""
    type_ = None if argument is None else e.unifier.type(argument.type)
    return isinstance(type_, Product) and len(type_.items) == 2


def refuse_unknown(e: Elaborator, expr: ast.Static, scope: Scope) -> None:
    """Report a factor whose name means nothing; that is why it is no morphism."""
    match expr:
        case ast.Group(inner=inner) | ast.Named(inner=inner) | ast.Supply(inner=inner):
            refuse_unknown(e, inner, scope)
        case ast.Compose(factors=factors):
            refuse_unknown(e, factors[0], scope)
        case ast.Call(head=head) | ast.FieldOf(head=head):
            refuse_unknown(e, head, scope)
        case _ if isinstance(expr, TO_COME):
            _to_come(e, expr)
        case ast.Name(text=name) | ast.Instance(head=ast.Name(text=name)):
            known = scope.value(name) or scope.size(name) or e.checker.find(scope.module, name)
            if known is None and not is_reserved(name):
                _unknown_morphism(e, name, expr, scope)


def value_help(e: Elaborator, body: ast.Static, scope: Scope) -> str:
    """The cure for a value where the body of a morphism is due."""
    while isinstance(body, ast.Group):
        body = body.inner
    if isinstance(body, ast.Compose) and isinstance(body.factors[0], ast.Call):
        return value_help(e, body.factors[0], scope)
    if isinstance(body, ast.Tuple) and all(is_morphism(e, i.value, scope) for i in body.items):
        return "run both on one input by `f & g`, or side by side by `f | g`"
    if isinstance(body, ast.Call) and is_morphism(e, body.head, scope) and body.arguments:
        nodes = [item.value for item in body.arguments]
        if any(is_morphism(e, node, scope) for node in nodes):
            return "compose morphisms by `f >> g`"
        name = body.head.text if isinstance(body.head, ast.Name) else "f"
        values = [isinstance(n, ast.Name) and scope.value(n.text) is not None for n in nodes]
        if not any(values):
            given = ", ".join(
                n.text if isinstance(n, ast.Name | ast.Number) else ".." for n in nodes
            )
            return f"sizes and numbers stand in brackets, inputs in parentheses: `{name}[{given}]`"
    return "name its input: `x => ..`"


def is_reserved(name: str) -> bool:
    """Whether a name has a meaning that no one declares."""
    known = (*STRUCTURE, *BUILTINS, *NAMES, "at", "const", "push")
    return name in known or name in ("true", "false", "pi", "inf", "euler", "training")


def _unknown_morphism(e: Elaborator, name: str, expr: ast.Expr, scope: Scope) -> None:
    from catnn.elaborate.names import suggestion

    if e.checker.is_excused(scope.module, name):
        raise Abandon
    visible = scope.visible() | e.checker.visible(scope.module) | set(STRUCTURE)
    homes = e.checker.library.homes(name) if e.definition.primitive is None else []
    imported = f"`import {homes[0]} ({name})`" if homes else None
    known = (imported, HABITS.get(name.lower()), suggestion(name, visible))
    help = [line for line in known if line]
    e.fail("E0302", f"there is no morphism `{name}` here", expr.span, help=help[:1])


def arrow_callee(
    e: Elaborator, morphism: core.Morphism, arrow: Arrow, name: str, scope: Scope, span: Span
) -> Callee:
    """A bracket argument or shared instance as something to call."""
    source = arrow.source
    items = source.items if isinstance(source, Product) else (source,)
    ports = [Port("", item) for item in items]
    ports += [Port(name_, type_, is_context=True) for name_, type_ in arrow.contexts]
    return Callee(
        morphism,
        tuple(ports),
        isinstance(source, Product),
        arrow.target,
        name,
        span,
        source.labels if isinstance(source, Product) else None,
        None,
        contexts_for(e, name, ports, scope, span),
    )


# ---- calls with parentheses ---------------------------------------------------------------


def apply_call(e: Elaborator, expr: ast.Call, scope: Scope, expected: Type | None) -> Atom:
    """`f(a, b)`, `T(i)`, `min(a, b)`."""
    head: ast.Static = expr.head
    nodes = [item.value for item in expr.arguments]
    labelled_items = [item for item in expr.arguments if item.label is not None]
    if labelled_items and len(labelled_items) != len(nodes):
        _misplaced(e, expr, labelled_items[0], scope)
    if labelled_items:
        record = ast.Tuple(expr.arguments, span=expr.span)
        return apply(e, head, scope, e.value(record, scope), expected)
    bare = head
    while isinstance(bare, ast.Group | ast.Named):
        bare = bare.inner
    if isinstance(bare, ast.Name) and scope.value(bare.text) is None:
        builtin = BUILTINS.get(bare.text)
        if builtin is not None:
            return builtin(e, nodes, scope, expr.span)
        if bare.text in ("ceil", "choose") and e.checker.find(scope.module, bare.text) is None:
            return Static(size(e, expr, scope), Tensor(Int()))
    if not is_morphism(e, head, scope) and not _is_callable_name(e, bare, scope):
        tensor = e.value(head, scope)
        return lookup(e, tensor, [e.value(node, scope) for node in nodes], expr.span)
    if _has_signature(e, bare, scope):
        callee = callee_of(e, head, scope, None)
        atoms = _arguments(e, callee, nodes, scope)
        return call(e, callee, atoms, expr.span, [node.span for node in nodes])
    whole = nodes[0] if len(nodes) == 1 else ast.Tuple(expr.arguments, span=expr.span)
    if nodes and is_seeded(e, head, whole, scope):
        return seeded(e, head, whole, scope, expr.span)
    atoms = [e.value(node, scope) for node in nodes]
    if isinstance(bare, ast.PatternTerm | ast.OnAxes | ast.Instance):
        tupled = (
            atoms[0]
            if len(atoms) == 1
            else Tupled(tuple(atoms), Product(tuple(a.type for a in atoms)))
        )
        callee = callee_of(e, head, scope, tupled)
        return call(
            e,
            callee,
            atoms if len(callee.inputs) == len(atoms) else (tupled,),
            expr.span,
            [node.span for node in nodes],
        )
    one = (
        atoms[0] if len(atoms) == 1 else Tupled(tuple(atoms), Product(tuple(a.type for a in atoms)))
    )
    return apply(e, head, scope, one, expected)


def _misplaced(e: Elaborator, expr: ast.Call, item: ast.Item, scope: Scope) -> None:
    """A named argument in parentheses, as Python has them."""
    refuse_unknown(e, expr.head, scope)
    help = "named arguments stand in brackets, inputs in parentheses: `f[name = ..](x)`"
    if item.label in AXIS_WORDS:
        help = AXES_BY_NAME
    e.fail("E0315", f"`{item.label} = ..` is no input", item.span, help=[help])


def _is_callable_name(e: Elaborator, bare: ast.Static, scope: Scope) -> bool:
    """A name that is no value: calls of it are reported as calls."""
    name = (
        bare.text
        if isinstance(bare, ast.Name)
        else (
            bare.head.text
            if isinstance(bare, ast.Instance) and isinstance(bare.head, ast.Name)
            else None
        )
    )
    return name is not None and scope.value(name) is None


def _has_signature(e: Elaborator, bare: ast.Static, scope: Scope) -> bool:
    name = (
        bare.text
        if isinstance(bare, ast.Name)
        else (
            bare.head.text
            if isinstance(bare, ast.Instance) and isinstance(bare.head, ast.Name)
            else None
        )
    )
    if name is None:
        return False
    entry = scope.value(name)
    if entry is None:
        return name not in (*STRUCTURE, "at", "const") and name not in NAMES
    if isinstance(entry, TemplateEntry):
        return entry.header.type is not None or entry.header.inputs is not None
    return isinstance(entry, MorphismEntry | PoisonedEntry)


def _arguments(
    e: Elaborator, callee: Callee, nodes: Sequence[ast.Static], scope: Scope
) -> list[Atom]:
    inputs = callee.inputs
    due: list[Type | None] = [None] * len(nodes)
    if len(inputs) == len(nodes):
        due = [port.type for port in inputs]
    return [e.value(node, scope, type_) for node, type_ in zip(nodes, due, strict=True)]


def _extreme(symbol: str, reduction: str) -> Callable[..., Atom]:
    def build(e: Elaborator, nodes: Sequence[ast.Static], scope: Scope, span: Span) -> Atom:
        atoms = [e.value(node, scope) for node in nodes]
        if len(atoms) == 1:
            definition = e.checker.find(scope.module, reduction)
            assert definition is not None
            return call(e, instantiate(e, definition, (), scope, span), atoms, span)
        result = atoms[0]
        for k, atom in enumerate(atoms[1:], 1):
            result = operator(e, symbol, (result, atom), span, (nodes[0].span, nodes[k].span))
        return result

    return build


def _concat(e: Elaborator, nodes: Sequence[ast.Static], scope: Scope, span: Span) -> Atom:
    atoms = [e.value(node, scope) for node in nodes]
    return _structure(e, "concat", atoms[0], span) if len(atoms) == 1 else concat(e, atoms, span)


def _join(e: Elaborator, argument: Atom, type_: Several, span: Span) -> Atom:
    """`concat` of a tuple of a symbolic number of components."""
    item = type_.item
    shape = e.unifier.reveal_all(item.shape) if isinstance(item, Tensor) else ()
    lead = [axis for axis in shape[:-1] if isinstance(axis, Dim)]
    if not isinstance(item, Tensor) or not shape or not isinstance(shape[-1], Dim):
        e.fail("E0202", f"`concat` joins tensors; these are `{type_}`", span)
    if any(type_.index in axis.symbols() for axis in lead):
        e.fail("E0204", f"`concat` of tensors of different leading axes: `{type_}`", span)
    try:
        joined = total(type_.index, type_.count, shape[-1])
    except SizeLimit as limit:
        e.fail("E0219", f"this size is out of bounds: {limit}", span)
    target = Tensor(item.element, (*shape[:-1], joined))
    callee = Callee(core.Joined(), (Port("", type_),), False, target, "concat", span)
    return call(e, callee, (argument,), span)


def concat(e: Elaborator, parts: Sequence[Atom], span: Span) -> Atom:
    """Join along the last axis; leads follow the rule of calls."""
    names = [f"x{k}" for k in range(len(parts))]
    operands = tuple(ast.Operand((ast.Axis(name, span=span),), span=span) for name in names)
    joined = ast.SumAxis(tuple(ast.Axis(name, span=span) for name in names), span=span)
    result: ast.AxisTerm = joined if len(parts) > 1 else ast.Axis(names[0], span=span)
    pattern = ast.AxisPattern(operands, (ast.Operand((result,), span=span),), span=span)
    whole: Atom = (
        parts[0] if len(parts) == 1 else Tupled(tuple(parts), Product(tuple(p.type for p in parts)))
    )
    callee = pattern_callee(e, pattern, (), Scope(""), whole, span)
    return call(e, callee, parts, span)


def _real(e: Elaborator, nodes: Sequence[ast.Static], scope: Scope, span: Span) -> Atom:
    if len(nodes) != 1:
        e.fail("E0304", f"`real` takes one value, {len(nodes)} are given", span)
    return _as_real(e, e.value(nodes[0], scope), span)


def _as_real(e: Elaborator, atom: Atom, span: Span) -> Atom:
    """Booleans, indices and whole numbers as real numbers."""
    type_ = e.unifier.type(atom.type)
    if not isinstance(type_, Tensor):
        e.fail("E0305", f"`real` makes numbers real, not `{type_}`", span)
    return convert(e, atom, Tensor(Real(), type_.shape), span)


BUILTINS: dict[str, Callable[..., Atom]] = {
    "min": _extreme("min", "amin"),
    "max": _extreme("max", "amax"),
    "concat": _concat,
    "real": _real,
}


def _supply(
    e: Elaborator, expr: ast.Supply, scope: Scope, argument: Atom, expected: Type | None
) -> Atom:
    return apply(e, expr.inner, supplying(e, expr, scope), argument, expected)


def _prefixed(
    e: Elaborator, expr: ast.Prefixed, scope: Scope, argument: Atom, expected: Type | None
) -> Atom:
    if expr.word == "dagger" and not isinstance(expr.operand, ast.Call):
        return adjoint_applied(e, expr, scope, argument, expected)
    return call(e, prefixed_morphism(e, expr, scope, argument), (argument,), expr.span)


FORMS: dict[type, Callable[..., Atom]] = {
    ast.Supply: _supply,
    ast.Group: _group,
    ast.Compose: _compose,
    ast.Fan: _fan,
    ast.Par: _par,
    ast.Lambda: _lambda,
    ast.If: _if,
    ast.Block: _block,
    ast.Binary: _pointwise,
    ast.Unary: _pointwise,
    ast.Name: _name,
    ast.Instance: _instance,
    ast.Prefixed: _prefixed,
}
