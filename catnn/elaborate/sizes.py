"""Compile-time scalars: sizes, numbers, booleans and enumerations as `Dim`s; conditions."""

from collections.abc import Callable
from fractions import Fraction

from catnn.elaborate.context import Elaborator
from catnn.elaborate.core import AllOf, AnyOf, Condition, Holds
from catnn.elaborate.scope import FamilyEntry, Scope, SizeEntry
from catnn.errors import Diagnostic
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dim_relations import Operator
from catnn.types.dims import (
    Dim,
    SizeError,
    SizeLimit,
    ceil,
    choose,
    conditional,
    family,
    fresh,
    literal_list,
    maximum,
    minimum,
    power,
    total,
)
from catnn.types.facts import Compare, Divides, Fact

ONE, ZERO = Dim.of(1), Dim.of(0)
_texts: dict[str, int] = {}

FUNCTIONS: dict[str, Callable[..., Dim]] = {
    "min": minimum,
    "max": maximum,
    "ceil": ceil,
    "choose": choose,
}
COUNTS = {"ceil": 1, "choose": 2}


def text_code(text: str) -> Dim:
    """An enumeration value as a number: equal texts have equal codes."""
    return Dim.of(1_000_003 + _texts.setdefault(text, len(_texts)))


def text_of(code: int) -> str:
    """The text of an enumeration's code."""
    return list(_texts)[code - 1_000_003]


def size(e: Elaborator, expr: ast.Static, scope: Scope) -> Dim:
    """A compile-time scalar; every exact division in it raises its divisibility."""
    with e.deeper(expr.span):
        try:
            return _size(e, expr, scope)
        except SizeLimit as limit:
            e.fail("E0219", f"this size is out of bounds: {limit}", expr.span)
        except SizeError as error:
            e.fail("E0208", f"this size has no value: {error}", expr.span)


def _size(e: Elaborator, expr: ast.Static, scope: Scope) -> Dim:
    match expr:
        case ast.Number(text=text):
            return number(e, text, expr.span)
        case ast.Name(text=name):
            return _named(e, name, expr.span, scope)
        case ast.String(value=text):
            return text_code(text)
        case ast.Group(inner=inner):
            return size(e, inner, scope)
        case ast.Unary(op="-", operand=operand):
            return -size(e, operand, scope)
        case ast.Unary(op="not", operand=operand):
            return ONE - size(e, operand, scope)
        case ast.Binary():
            return _binary(e, expr, scope)
        case ast.Call(head=ast.Name(text=name), arguments=items) if name in FUNCTIONS:
            due = COUNTS.get(name, len(items))
            if len(items) != due or not items:
                due = due or 1
                message = f"`{name}` of sizes takes {due}, {len(items)} are given"
                e.fail("E0304", message, expr.span)
            return FUNCTIONS[name](*(size(e, item.value, scope) for item in items))
        case ast.Call(head=ast.Name(text="sum"), arguments=(item,)):
            return _sum_of(e, item.value, scope)
        case ast.Instance(head=ast.Name(text=name), arguments=(argument,)):
            return _member(e, name, size(e, argument.value, scope), expr.span, scope)
        case ast.Big(op="+"):
            return _total(e, expr, scope)
        case ast.If(condition=test, then=then, otherwise=otherwise):
            return _if(e, test, then, otherwise, scope)
        case _:
            e.fail(
                "E0305",
                "a size is due here",
                expr.span,
                help=["sizes are names, whole numbers and + - * / // % ^ min max ceil choose if"],
            )


def _sum_of(e: Elaborator, expr: ast.Static, scope: Scope) -> Dim:
    """`sum(d)`: all members of a list of sizes, added up."""
    entry = scope.size(expr.text) if isinstance(expr, ast.Name) else None
    if not isinstance(entry, FamilyEntry) or entry.length is None:
        e.fail(
            "E0305",
            "`sum` of sizes takes a list of a known length",
            expr.span,
            help=["declare it with its length: `[k, d : int[k]]`"],
        )
    index = fresh("i", "index")
    members = entry.members
    member = (
        family(entry.symbol, index) if members is None else literal_list(members, Dim.of(index))
    )
    return total(index, entry.length, member)


def _total(e: Elaborator, expr: ast.Big, scope: Scope) -> Dim:
    """`(+ i < k) d[i]`: the sum of the sizes of a list."""
    bound = size(e, expr.range.bound, scope)
    if expr.range.op not in ("<", "<="):
        e.fail("E0305", "a sum counts up: `(+ i < n)`", expr.range.span)
    count = bound + 1 if expr.range.op == "<=" else bound
    index = fresh(expr.range.index, "index")
    inner = scope.inner()
    inner.sizes[expr.range.index] = SizeEntry(Dim.of(index), "index", expr.range.span)
    with e.unifier.within(index, count):
        return total(index, count, size(e, expr.body, inner))


def number(e: Elaborator, text: str, span: Span) -> Dim:
    exponent = text.lower().partition("e")[2]
    if len(text) > 400 or len(exponent) > 5:  # before it is computed
        e.fail("E0219", "this number has too many digits", span)
    fraction = Fraction(text)
    if max(fraction.numerator.bit_length(), fraction.denominator.bit_length()) > 4096:
        e.fail("E0219", "this number is out of bounds", span)
    return Dim.of(fraction)


def _named(e: Elaborator, name: str, span: Span, scope: Scope) -> Dim:
    if name in ("true", "false"):
        return ONE if name == "true" else ZERO
    entry = scope.size(name)
    if isinstance(entry, SizeEntry):
        return entry.dim
    if isinstance(entry, FamilyEntry):
        e.fail(
            "E0305",
            f"`{name}` is a list; a size is due here",
            span,
            help=[f"take a member: `{name}[0]`"],
        )
    if scope.value(name) is not None:
        e.fail(
            "E0305",
            f"`{name}` is a value of the run; a size is due here",
            span,
            help=["sizes never depend on data"],
        )
    from catnn.elaborate.names import suggestion

    if suggestion(name, scope.visible()) is None and not e.checker.is_excused(scope.module, name):
        owner = e.definition.name
        e.fail(
            "E0302",
            f"there is no size `{name}` here",
            span,
            help=[f"declare it as an argument, `{owner}[{name}]`, or in the type of `{owner}`"],
        )
    e.unknown(name, span, "size", scope.visible())


def _member(e: Elaborator, name: str, index: Dim, span: Span, scope: Scope) -> Dim:
    entry = scope.size(name)
    if not isinstance(entry, FamilyEntry):
        e.fail("E0305", f"`{name}` is not a list of sizes", span)
    position = index.as_int()
    length = entry.length if entry.members is None else Dim.of(len(entry.members))
    count = None if length is None else length.as_int()
    if position is not None and count is not None and not 0 <= position < count:
        e.fail(
            "E0219",
            f"`{name}` has {count} members; there is no [{position}]",
            span,
            help=["members count from 0"],
        )
    if entry.members is not None:
        return literal_list(entry.members, index)
    return family(entry.symbol, index)


def _binary(e: Elaborator, expr: ast.Binary, scope: Scope) -> Dim:
    if expr.op in ("and", "or", "==", "!=", "<", "<=", ">", ">="):
        return _truth(condition(e, expr, scope))
    left, right = size(e, expr.left, scope), size(e, expr.right, scope)
    match expr.op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case "//":
            _divisor(e, right, expr)
            return left // right
        case "%":
            _divisor(e, right, expr)
            return left % right
        case "^":
            return _power(e, left, right, expr)
    raise AssertionError(expr.op)


def _divisor(e: Elaborator, divisor: Dim, expr: ast.Binary) -> None:
    """What rounds down divides by at least 1; a bare argument is then required to."""
    if divisor.as_fraction() is not None:
        return
    e.oblige(
        Compare(">=", divisor, ONE),
        lambda fact: Diagnostic(
            "E0208",
            f"cannot show that the divisor `{e.unifier.dim(divisor)}` is at least 1",
            expr.right.span,
            help=(f"add `where {e.unifier.dim(divisor)} >= 1`",),
        ),
    )


def _power(e: Elaborator, base: Dim, exponent: Dim, expr: ast.Binary) -> Dim:
    whole = exponent.as_int()
    if whole is not None and abs(whole) > 4096:
        e.fail("E0219", f"the exponent {whole} is out of bounds", expr.span)
    if base.as_int() is None and whole is None:
        e.fail("E0305", "only a literal base takes a symbolic exponent in a size", expr.span)
    return power(base, exponent)


def _if(e: Elaborator, test: ast.Expr, then: ast.Expr, otherwise: ast.Expr, scope: Scope) -> Dim:
    found = condition(e, test, scope)
    decided = decide(e, found)
    if decided is not None:
        return size(e, then if decided else otherwise, scope)
    return _select(found, size(e, then, scope), size(e, otherwise, scope))


def _select(test: Condition, then: Dim, otherwise: Dim) -> Dim:
    match test:
        case Holds(fact):
            return conditional(fact, then, otherwise)
        case AllOf(parts):
            for part in reversed(parts):
                then = _select(part, then, otherwise)
            return then
        case AnyOf(parts):
            for part in reversed(parts):
                otherwise = _select(part, then, otherwise)
            return otherwise


def _truth(test: Condition) -> Dim:
    return _select(test, ONE, ZERO)


# ---- conditions -----------------------------------------------------------------------

OPPOSITE: dict[str, Operator] = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def condition(e: Elaborator, expr: ast.Static, scope: Scope) -> Condition:
    """A compile-time condition."""
    match expr:
        case ast.Group(inner=inner):
            return condition(e, inner, scope)
        case ast.Unary(op="not", operand=operand):
            return negated(condition(e, operand, scope))
        case ast.Binary(op="and", left=left, right=right):
            return AllOf((condition(e, left, scope), condition(e, right, scope)))
        case ast.Binary(op="or", left=left, right=right):
            return AnyOf((condition(e, left, scope), condition(e, right, scope)))
        case ast.Binary(op=op, left=left, right=right) if op in OPPOSITE:
            return Holds(
                Compare(OPPOSITE[OPPOSITE[op]], size(e, left, scope), size(e, right, scope))
            )
        case _:
            return Holds(Compare("==", size(e, expr, scope), ONE))


def negated(test: Condition) -> Condition:
    match test:
        case Holds(Compare(op, left, right)):
            return Holds(Compare(OPPOSITE[op], left, right))
        case Holds(Divides(divisor, dividend)):
            return Holds(Compare("!=", dividend % divisor, ZERO))
        case AllOf(parts):
            return AnyOf(tuple(negated(part) for part in parts))
        case AnyOf(parts):
            return AllOf(tuple(negated(part) for part in parts))
    raise AssertionError(test)


def facts_of(test: Condition) -> list[Fact]:
    """What may be assumed where a condition holds."""
    match test:
        case Holds(fact):
            return [fact]
        case AllOf(parts):
            return [fact for part in parts for fact in facts_of(part)]
        case AnyOf(parts):
            return facts_of(parts[0]) if len(parts) == 1 else []


def decide(e: Elaborator, test: Condition) -> bool | None:
    """Whether the facts in force already settle a condition."""
    match test:
        case Holds(fact):
            resolved = e.resolve_fact(fact)
            if e.unifier.facts.prove(resolved):
                return True
            return False if e.unifier.facts.refute(resolved) else None
        case AllOf(parts):
            found = [decide(e, part) for part in parts]
            return True if all(found) else (False if False in found else None)
        case AnyOf(parts):
            found = [decide(e, part) for part in parts]
            return True if True in found else (None if None in found else False)
