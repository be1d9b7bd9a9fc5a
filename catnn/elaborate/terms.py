"""Values: every expression form that stands for a value of the run."""

import math
from collections.abc import Callable
from fractions import Fraction
from sys import float_info
from typing import NoReturn

from catnn.elaborate import core
from catnn.elaborate.apply import apply, apply_call, callee_of, is_morphism
from catnn.elaborate.calls import Callee, call, component
from catnn.elaborate.combinators import big_value
from catnn.elaborate.constants import constant, is_constant
from catnn.elaborate.context import Abandon, Elaborator
from catnn.elaborate.contexts import supplying
from catnn.elaborate.core import Atom, Constant, Static, Tupled
from catnn.elaborate.habits import HABITS
from catnn.elaborate.initialisers import NAMES, refuse_call
from catnn.elaborate.labels import labelled
from catnn.elaborate.names import suggestion
from catnn.elaborate.operators import operator
from catnn.elaborate.scope import (
    BufferEntry,
    FamilyEntry,
    MorphismEntry,
    PoisonedEntry,
    Scope,
    SizeEntry,
    TemplateEntry,
    ValueEntry,
)
from catnn.elaborate.seeds import is_seeded, seeded
from catnn.elaborate.sizes import condition, decide, facts_of, negated, number, size
from catnn.elaborate.statements import run_statements
from catnn.elaborate.tabulate import comprehension
from catnn.elaborate.unify import Mismatch, prefixed
from catnn.errors import Diagnostic, Label
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import Dim
from catnn.types.facts import Compare
from catnn.types.types import (
    BOOL,
    INT,
    REAL,
    UNIT,
    Element,
    Product,
    Several,
    Tensor,
    Type,
    at,
)

SCALAR_KINDS: dict[str, Element] = {"size": INT, "index": INT, "number": REAL, "bool": BOOL}
NUMBERS = {"pi": math.pi, "inf": math.inf, "euler": math.e}


def value(e: Elaborator, expr: ast.Static, scope: Scope, expected: Type | None = None) -> Atom:
    """The value of an expression; an error is reported and abandons the statement."""
    with e.deeper(expr.span):
        form = FORMS.get(type(expr))
        if form is None:
            later(e, expr)
        return form(e, expr, scope, expected)


def later(e: Elaborator, expr: ast.Static) -> NoReturn:
    what = {
        ast.Case: "`case`",
        ast.Choice: "a `choice`",
        ast.Leafwise: "`leafwise`",
        ast.Surgery: "surgery (`with`)",
        ast.WithParameters: "`@` (parameters as values)",
        ast.StartFrom: "`~` (starting from given parameters)",
        ast.Reparametrise: "`by` (reparametrisation)",
        ast.Cut: "`tap`, `upto` and `after`",
        ast.Given: "`given`",
        ast.PartOf: "a part by its path",
    }.get(type(expr))
    if what is not None:
        help = ["a product of matrices is a pattern: `{n k, k m -> n m}(a, b)`"]
        e.fail(
            "E0311",
            f"{what} comes with a later version",
            expr.span,
            help=help if isinstance(expr, ast.WithParameters) else [],
        )
    e.fail("E0305", "a value is due here", expr.span)


# ---- names and numbers ------------------------------------------------------------------


def _name(e: Elaborator, expr: ast.Name, scope: Scope, expected: Type | None) -> Atom:
    name = expr.text
    entry = scope.value(name)
    match entry:
        case ValueEntry(atom):
            return atom
        case BufferEntry():
            return entry.atom
        case PoisonedEntry():
            raise Abandon
        case MorphismEntry() | TemplateEntry():
            _morphism_as_value(e, expr, name)
    if name.endswith("'"):
        buffer = scope.value(name.rstrip("'"))
        if isinstance(buffer, BufferEntry):
            if buffer.stored is None:
                e.fail(
                    "E0503",
                    f"`{name}` is the new value of a buffer that is not stored yet",
                    expr.span,
                    help=[f"store first: `{name.rstrip(chr(39))} <- ..;`"],
                )
            return buffer.stored
    static = scope.size(name)
    if isinstance(static, SizeEntry):
        if static.kind == "string":
            e.fail("E0305", f"`{name}` is an enumeration; it has no value of the run", expr.span)
        return Static(static.dim, Tensor(SCALAR_KINDS[static.kind]))
    if isinstance(static, FamilyEntry):
        e.fail("E0305", f"`{name}` is a list of sizes; take a member: `{name}[0]`", expr.span)
    if name in ("true", "false"):
        return Static(Dim.of(int(name == "true")), Tensor(BOOL))
    if name in NUMBERS:
        return Constant(NUMBERS[name], Tensor(REAL))
    if name == "training":
        e.fail(
            "E0305",
            "`training` is a condition, not a value",
            expr.span,
            help=["use it in `if training then .. else ..`"],
        )
    return _nullary(e, expr, scope, expected)


def _nullary(e: Elaborator, expr: ast.Expr, scope: Scope, expected: Type | None) -> Atom:
    """`zeros`, `eye[n]`: a morphism without input, as the value that it gives."""
    filled = constant(e, expr, scope, expected)
    if filled is not None:
        return filled
    name = (
        expr.text
        if isinstance(expr, ast.Name)
        else getattr(getattr(expr, "head", None), "text", "")
    )
    found = e.checker.find(scope.module, name)
    if found is None and is_morphism(e, expr, scope):
        _morphism_as_value(e, expr, name)
    if found is None and e.begins and scope.value(name) is None and scope.size(name) is None:
        _unknown_initialiser(e, name, expr.span)
    if found is None:
        e.unknown(name, expr.span, "value", scope.visible() | e.checker.visible(scope.module))
    callee = callee_of(e, expr, scope, None)
    if callee.inputs:
        _morphism_as_value(e, expr, name)
    return call(e, callee, (), expr.span)


def _unknown_initialiser(e: Elaborator, name: str, span: Span) -> None:
    close = suggestion(name, NAMES)
    some = "initialisers are `zeros`, `ones`, `normal[0.02]`, `uniform[-1, 1]`, `kaiming`, `xavier`"
    e.fail("E0302", f"there is no initialiser `{name}`", span, help=[close or some])


def _head_text(expr: ast.Expr, name: str) -> str:
    return f"{name}[..]" if isinstance(expr, ast.Instance) and expr.arguments else name


def _morphism_as_value(e: Elaborator, expr: ast.Expr, name: str) -> None:
    e.fail(
        "E0305",
        f"`{name}` is a morphism; a value is due here",
        expr.span,
        help=["write the number itself"]
        if name == "const"
        else [f"apply it: `{_head_text(expr, name)}(x)`, or compose with `>>`"],
    )


_MOST_REAL = Fraction(float_info.max)


def _number(e: Elaborator, expr: ast.Number, scope: Scope, expected: Type | None) -> Atom:
    found = number(e, expr.text, expr.span)
    value = found.as_fraction() or Fraction(0)
    if abs(value) > _MOST_REAL:
        e.fail(
            "E0219",
            "this number is greater than any real number that can be computed with",
            expr.span,
            help=["the greatest is about `1.8e308`"],
        )
    return Static(found, Tensor(INT if expr.is_integer else REAL))


def _string(e: Elaborator, expr: ast.String, scope: Scope, expected: Type | None) -> Atom:
    e.fail(
        "E0305",
        "a text is no value; enumerations are given in brackets",
        expr.span,
        help=['write `f[norm = "sym"]`'],
    )


# ---- operators --------------------------------------------------------------------------


def _binary(e: Elaborator, expr: ast.Binary, scope: Scope, expected: Type | None) -> Atom:
    left, right = _both(e, expr.left, expr.right, scope, expected)
    return operator(e, expr.op, (left, right), expr.span, (expr.left.span, expr.right.span))


def _both(
    e: Elaborator, left: ast.Expr, right: ast.Expr, scope: Scope, expected: Type | None
) -> tuple[Atom, Atom]:
    """Both operands; a constant without a type of its own takes that of the other one."""
    due = expected if e.begins else None  # a leaf that begins as a multiple of an initialiser
    if is_constant(e, left, scope):
        second = value(e, right, scope, expected)
        return value(e, left, scope, due or second.type), second
    first = value(e, left, scope, expected)
    if is_constant(e, right, scope):
        return first, value(e, right, scope, due or first.type)
    return first, value(e, right, scope, first.type)


def _unary(e: Elaborator, expr: ast.Unary, scope: Scope, expected: Type | None) -> Atom:
    operand = value(e, expr.operand, scope, expected)
    return operator(
        e, "neg" if expr.op == "-" else "not", (operand,), expr.span, (expr.operand.span,)
    )


# ---- structure --------------------------------------------------------------------------


def _group(e: Elaborator, expr: ast.Group, scope: Scope, expected: Type | None) -> Atom:
    return value(e, expr.inner, scope, expected)


def _tuple(e: Elaborator, expr: ast.Tuple, scope: Scope, expected: Type | None) -> Atom:
    if not expr.items:
        return Tupled((), UNIT)
    labels = tuple(item.label for item in expr.items if item.label is not None)
    if labels and len(labels) != len(expr.items):
        e.fail("E0307", "label every component of a record, or none", expr.span)
    due: list[Type | None] = [None] * len(expr.items)
    if isinstance(expected, Product) and len(expected.items) == len(expr.items):
        due = list(expected.items)
    atoms = tuple(
        value(e, item.value, scope, type_) for item, type_ in zip(expr.items, due, strict=True)
    )
    return Tupled(atoms, Product(tuple(atom.type for atom in atoms), labels or None))


def _field(e: Elaborator, expr: ast.FieldOf, scope: Scope, expected: Type | None) -> Atom:
    head = value(e, expr.head, scope)
    type_ = e.unifier.type(head.type)
    if not isinstance(type_, Product) or type_.labels is None:
        e.fail(
            "E0308",
            f"a value of type `{type_}` has no field `{expr.name}`",
            expr.span,
            help=field_habit(e, expr.name, scope),
        )
    if expr.name not in type_.labels:
        from catnn.elaborate.names import suggestion

        help_line = suggestion(expr.name, type_.labels)
        e.fail(
            "E0308",
            f"there is no field `{expr.name}`",
            expr.span,
            notes=[f"the fields are: {', '.join(type_.labels)}"],
            help=[help_line] if help_line else [],
        )
    index = type_.labels.index(expr.name)
    return component(head, index, type_.items[index])


def field_habit(e: Elaborator, name: str, scope: Scope) -> list[str]:
    """What stands here for an attribute or method of a tensor in PyTorch."""
    habit = HABITS.get(name.lower())
    if habit is not None:
        return [habit]
    if name in ("sum", "mean", "prod", "max", "min", "softmax", "log_softmax", "argmax", "argmin"):
        return [f"name the axes and put brackets around those it acts on: `{name}{{n [d]}}(x)`"]
    known = e.checker.find(scope.module, name) is not None
    return [f"apply it: `{name}(x)`, or `x >> {name}`"] if known else []


def _listing(e: Elaborator, expr: ast.Listing, scope: Scope, expected: Type | None) -> Atom:
    if expr.element is not None or any(isinstance(item, ast.Spread) for item in expr.items):
        e.fail("E0305", "this reads as a type; a value is due here", expr.span)
    if not expr.items:
        e.fail("E0305", "an empty stack has no type", expr.span)
    element = None
    if isinstance(expected, Tensor) and expected.shape:
        element = Tensor(expected.element, expected.shape[1:])
    nodes = [item for item in expr.items if not isinstance(item, ast.Spread)]
    atoms = [value(e, node, scope, element) for node in nodes]
    atoms = [_as_real(e, atom, node.span) for atom, node in zip(atoms, nodes, strict=True)]
    first = e.unifier.type(atoms[0].type)
    for atom in atoms[1:]:
        try:
            e.unifier.unify(first, atom.type, lambda m: _uneven(e, nodes, atoms))
        except Mismatch:
            e.report(_uneven(e, nodes, atoms))
            raise Abandon from None
    type_ = prefixed((Dim.of(len(atoms)),), first)
    return e.bind(core.Stacked(tuple(atoms), type_), type_, "stack", expr.span)


def _as_real(e: Elaborator, atom: Atom, span: object) -> Atom:
    if isinstance(atom, Static) and atom.type == Tensor(INT):
        return Static(atom.value, Tensor(REAL))
    return atom


def _uneven(e: Elaborator, nodes: list[ast.Static], atoms: list[Atom]) -> Diagnostic:
    return Diagnostic(
        "E0204",
        "the elements of a stack have different types",
        nodes[0].span.to(nodes[-1].span),
        "",
        tuple(
            Label(node.span, f"this has type `{e.unifier.type(atom.type)}`")
            for node, atom in zip(nodes, atoms, strict=True)
        ),
        (),
        ("vectors of different lengths are joined by `concat(a, b)`",),
    )


# ---- control ----------------------------------------------------------------------------


def _if(e: Elaborator, expr: ast.If, scope: Scope, expected: Type | None) -> Atom:
    return choose(
        e,
        expr,
        scope,
        lambda branch: value(e, branch, scope.inner(), expected),
        expected,
    )


def choose(
    e: Elaborator,
    expr: ast.If,
    scope: Scope,
    build: Callable[[ast.Expr], Atom],
    expected: Type | None,
) -> Atom:
    """A static conditional; its condition is a fact in each branch."""
    polarity = is_training(expr.condition)
    if polarity is not None:
        then, otherwise = (expr.then, expr.otherwise) if polarity else (expr.otherwise, expr.then)
        blocks = e.block(lambda: build(then)), e.block(lambda: build(otherwise))
        type_ = _join(e, expr, blocks[0].result, blocks[1].result, None, None)
        return e.bind(core.InTraining(*blocks, type_), type_, "chosen", expr.span)
    _refuse_values(e, expr.condition, scope)
    test = condition(e, expr.condition, scope)
    decided = decide(e, test)
    if decided is not None:
        return build(expr.then if decided else expr.otherwise)
    opposite = negated(test)
    with e.assuming(facts_of(test)):
        then_block = e.block(lambda: build(expr.then))
    with e.assuming(facts_of(opposite)):
        else_block = e.block(lambda: build(expr.otherwise))
    type_ = _join(e, expr, then_block.result, else_block.result, test, opposite)
    return e.bind(core.Chosen(test, then_block, else_block, type_), type_, "chosen", expr.span)


def is_training(expr: ast.Static) -> bool | None:
    """True for `training`, False for `not training`, else None."""
    match expr:
        case ast.Group(inner=inner):
            return is_training(inner)
        case ast.Name(text="training"):
            return True
        case ast.Unary(op="not", operand=operand):
            found = is_training(operand)
            return None if found is None else not found
        case _:
            return None


def _refuse_values(e: Elaborator, expr: ast.Expr, scope: Scope) -> None:
    from catnn.elaborate.usage import children

    if (
        isinstance(expr, ast.Name)
        and isinstance(scope.value(expr.text), ValueEntry)
        and scope.size(expr.text) is None
    ):
        e.fail(
            "E0305",
            f"`{expr.text}` is a value of the run; a condition is decided at compile time",
            expr.span,
            help=["choose between values by `select(condition, a, b)`"],
        )
    for child in children(expr):
        if isinstance(child, ast.Item):
            child = child.value
        if isinstance(
            child, ast.Name | ast.Binary | ast.Unary | ast.Group | ast.Call | ast.FieldOf
        ):
            _refuse_values(e, child, scope)


def _join(
    e: Elaborator,
    expr: ast.If,
    then: Atom,
    otherwise: Atom,
    test: core.Condition | None,
    opposite: core.Condition | None,
) -> Type:
    """The type of both branches: one of the two, equal to the other under that branch's facts."""

    def report(mismatch: Mismatch) -> Diagnostic:
        return Diagnostic(
            "E0204",
            "the branches of this `if` have different types",
            expr.span,
            "",
            (
                Label(expr.then.span, f"this has type `{e.unifier.type(then.type)}`"),
                Label(expr.otherwise.span, f"this has type `{e.unifier.type(otherwise.type)}`"),
            ),
            (),
            _join_help(e, then, otherwise),
        )

    attempts = [(otherwise.type, then.type, test), (then.type, otherwise.type, opposite)]
    last: Mismatch | None = None
    for result, other, under in attempts:
        try:
            with e.assuming(facts_of(under) if under is not None else ()):
                e.unifier.unify(result, other, report)
            return e.unifier.type(result)
        except Mismatch as mismatch:
            last = mismatch
    assert last is not None
    e.report(report(last))
    raise Abandon


def _join_help(e: Elaborator, then: Atom, otherwise: Atom) -> tuple[str, ...]:
    types = [e.unifier.type(atom.type) for atom in (then, otherwise)]
    if any(isinstance(atom, Static | Constant) for atom in (then, otherwise)):
        return (
            "a number does not stretch here: `zeros`, `ones` take the type of the other branch",
        )
    if all(isinstance(type_, Tensor) for type_ in types):
        return ("map one branch to the type of the other, for example by `>> linear[d]`",)
    return ("both branches must give one type",)


def _block(e: Elaborator, expr: ast.Block, scope: Scope, expected: Type | None) -> Atom:
    inner = run_statements(e, expr.statements, scope)
    return value(e, expr.result, inner, expected)


# ---- application ------------------------------------------------------------------------


def _compose(e: Elaborator, expr: ast.Compose, scope: Scope, expected: Type | None) -> Atom:
    first, *rest = expr.factors
    if is_morphism(e, first, scope):
        e.fail(
            "E0305",
            "this is a morphism; a value is due here",
            expr.span,
            help=["start the chain with a value: `x >> ..`"],
        )
    if is_seeded(e, rest[0], first, scope):
        atom = seeded(e, rest.pop(0), first, scope, expr.span)
    else:
        atom = value(e, first, scope)
    for position, factor in enumerate(rest):
        last = position == len(rest) - 1
        atom = apply(e, factor, scope, atom, expected if last else None)
    return atom


def _call(e: Elaborator, expr: ast.Call, scope: Scope, expected: Type | None) -> Atom:
    refuse_call(e, expr, scope)
    return apply_call(e, expr, scope, expected)


def _named(e: Elaborator, expr: ast.Named, scope: Scope, expected: Type | None) -> Atom:
    inner: ast.Static = expr.inner
    while isinstance(inner, ast.Group):
        inner = inner.inner
    if isinstance(inner, ast.Call):
        head = ast.Named(inner.head, expr.name, span=inner.head.span)
        return apply_call(e, ast.Call(head, inner.arguments, span=inner.span), scope, expected)
    if isinstance(inner, ast.Name | ast.Tuple | ast.Number):
        e.fail("E0305", "`as` names a factor with parameters", expr.span)
    block = e.block(lambda: value(e, inner, scope, expected))
    callee = Callee(
        labelled(expr.name, core.Closure((), block)),
        (),
        True,
        block.result.type,
        expr.name,
        expr.span,
    )
    return call(e, callee, (), expr.span)


def _instance(e: Elaborator, expr: ast.Instance, scope: Scope, expected: Type | None) -> Atom:
    head = expr.head
    if isinstance(head, ast.Name):
        entry = scope.size(head.text)
        if isinstance(entry, FamilyEntry):
            return Static(size(e, expr, scope), Tensor(INT))
        bound = scope.value(head.text)
        if isinstance(bound, ValueEntry):
            return _project(e, expr, bound.atom, scope)
    elif not isinstance(head, ast.PatternTerm | ast.OnAxes):
        return _project(e, expr, value(e, head, scope), scope)
    return _nullary(e, expr, scope, expected)


def _project(e: Elaborator, expr: ast.Instance, atom: Atom, scope: Scope) -> Atom:
    """`xs[i]`: a component of a tuple at a static index."""
    type_ = e.unifier.type(atom.type)
    if isinstance(type_, Several):
        return _project_several(e, expr, atom, type_, scope)
    if not isinstance(type_, Product):
        e.fail(
            "E0315",
            "brackets are for compile time; a tensor is indexed with parentheses",
            expr.span,
            help=[_with_parentheses(e, expr, type_, scope)],
        )
    place = size(e, expr.arguments[0].value, scope)
    index = place.as_int()
    if index is None and type_.items and len(set(type_.items)) == 1:
        _oblige_component(e, expr, place, Dim.of(len(type_.items)))
        return core.Indexed(atom, place, type_.items[0])
    if index is None:
        e.fail(
            "E0308",
            f"the components of `{type_}` differ; which one `{place}` is, is not known here",
            expr.span,
        )
    if not 0 <= index < len(type_.items):
        e.fail("E0308", f"a tuple of {len(type_.items)} has no component {index}", expr.span)
    return component(atom, index, type_.items[index])


def _with_parentheses(e: Elaborator, expr: ast.Instance, type_: Type, scope: Scope) -> str:
    """`x(0)` for `x[0]`; what Python counts from the end is counted from the front."""
    name = expr.head.text if isinstance(expr.head, ast.Name) else "x"
    places = [argument.value for argument in expr.arguments]
    if len(places) != 1 or not isinstance(places[0], ast.Number | ast.Name | ast.Unary):
        return f"write `{name}(i)`"
    (place,) = places
    if isinstance(place, ast.Unary) and isinstance(place.operand, ast.Number):
        axis = type_.shape[0] if isinstance(type_, Tensor) and type_.shape else "n"
        return f"indices count from 0; from the end: `{name}({axis} - {place.operand.text})`"
    text = getattr(place, "text", "i")
    return f"write `{name}({text})`"


def _project_several(
    e: Elaborator, expr: ast.Instance, atom: Atom, type_: Several, scope: Scope
) -> Atom:
    """A component of a tuple of a symbolic number."""
    place = size(e, expr.arguments[0].value, scope)
    _oblige_component(e, expr, place, type_.count)
    return core.Indexed(atom, place, at(type_.item, {type_.index: place}))


def _oblige_component(e: Elaborator, expr: ast.Instance, place: Dim, count: Dim) -> None:
    for fact in (Compare(">=", place, Dim.of(0)), Compare("<", place, count)):
        e.oblige(
            fact,
            lambda found: Diagnostic(
                "E0308",
                f"cannot show that there is a component {e.unifier.dim(place)}: `{found}`",
                expr.span,
                f"a tuple of {e.unifier.dim(count)}",
                help=(f"add `where {e.resolve_fact(found)}`",),
            ),
        )


def _comprehension(
    e: Elaborator, expr: ast.Comprehension, scope: Scope, expected: Type | None
) -> Atom:
    return comprehension(e, expr, scope)


def _big(e: Elaborator, expr: ast.Big, scope: Scope, expected: Type | None) -> Atom:
    return big_value(e, expr, scope, expected)


def _supply(e: Elaborator, expr: ast.Supply, scope: Scope, expected: Type | None) -> Atom:
    return value(e, expr.inner, supplying(e, expr, scope), expected)


def _refuse_morphism(e: Elaborator, expr: ast.Static, scope: Scope, expected: Type | None) -> Atom:
    if isinstance(expr, ast.Prefixed) and isinstance(expr.operand, ast.Call):
        operand = expr.operand
        prefix = f"{expr.word}[..]" if expr.arguments else expr.word
        e.fail(
            "E0312",
            f"`{expr.word}` takes a morphism, and `f(x)` is a value",
            expr.span,
            labels=[Label(operand.span, "this is applied already")],
            help=[f"write `x >> {prefix} f`, or `({prefix} f)(x)`"],
        )
    e.fail(
        "E0305",
        "this is a morphism; a value is due here",
        expr.span,
        help=["apply it to a value: `f(x)` or `x >> f`"],
    )


FORMS: dict[type, Callable[..., Atom]] = {
    ast.Name: _name,
    ast.Number: _number,
    ast.String: _string,
    ast.Binary: _binary,
    ast.Unary: _unary,
    ast.Group: _group,
    ast.Tuple: _tuple,
    ast.FieldOf: _field,
    ast.Listing: _listing,
    ast.If: _if,
    ast.Block: _block,
    ast.Compose: _compose,
    ast.Call: _call,
    ast.Named: _named,
    ast.Instance: _instance,
    ast.Comprehension: _comprehension,
    ast.Big: _big,
    ast.Supply: _supply,
    ast.Lambda: _refuse_morphism,
    ast.Fan: _refuse_morphism,
    ast.Par: _refuse_morphism,
    ast.Prefixed: _refuse_morphism,
    ast.OnAxes: _refuse_morphism,
    ast.PatternTerm: _refuse_morphism,
}
