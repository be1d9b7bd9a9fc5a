"""Random size expressions, read twice: as a `Dim`, and directly as numbers.

An expression is a tuple `(operator, *operands)`. `build` makes the size in
normal form, `value` computes with fractions at one assignment and knows
nothing of normal forms, so that the two check each other.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil as ceil_of
from random import Random

from catnn.types.dims import (
    Dim,
    SizeError,
    SizeLimit,
    Symbol,
    SymbolKind,
    ceil,
    choose,
    conditional,
    family,
    fresh,
    literal_list,
    maximum,
    minimum,
    power,
)
from catnn.types.facts import Compare, Divides, Fact, Facts

Expression = tuple  # (operator, *operands), nested
NAMES = ("a", "b", "c", "i", "x")
KINDS: dict[str, SymbolKind] = {"i": "index", "j": "index", "x": "number"}


class _Symbols(dict[str, Symbol]):
    """One symbol for each name, made when it is first asked for."""

    def __missing__(self, name: str) -> Symbol:
        kind: SymbolKind = "meta" if name.startswith("u") else KINDS.get(name, "size")
        self[name] = fresh(name, kind)
        return self[name]


SYMBOLS = _Symbols()
for _name in [
    "a",
    "b",
    "c",
    "d",
    "h",
    "w",
    "k",
    "n",
    "m",
    "o",
    "p",
    "q",
    "r",
    "s",
    "t",
    "e",
    "g",
    "i",
    "j",
    "x",
    "top",
    "width",
    "stride",
]:
    SYMBOLS[_name]  # the order of making is the order of display
FAMILY = fresh("d")
MEMBERS = (3, 1, 4)
VALUES = {
    "a": (1, 2, 3, 4, 6, 9, 0, -1, -2, -5),
    "b": (1, 2, 3, 4, 6, 8, 0, -1, -3),
    "c": (1, 2, 5, 6, 12, 0, -1, -4),
    "i": (0, 1, 2, 3),
    "x": (Fraction(1, 2), 0, 1, Fraction(-3, 2), 2),
}
OPERATORS = ("<=", "<", ">=", ">", "==", "!=")


class Undefined(Exception):
    """The expression has no value at this assignment."""


# ---- reading an expression -------------------------------------------------------------


def value(expression: Expression, at: Mapping[str, Fraction]) -> Fraction:
    """The value at an assignment, by the definition of every operator."""
    operator, *operands = expression
    match operator:
        case "number":
            return Fraction(operands[0])
        case "symbol":
            return Fraction(at[operands[0]])
        case "family":
            return Fraction(_member(MEMBERS, value(operands[0], at)))
        case "-" if len(operands) == 1:
            return -value(operands[0], at)
        case "list":
            return value(_member(operands[:-1], value(operands[-1], at)), at)
        case "if":
            return value(operands[1] if holds(operands[0], at) else operands[2], at)
    values = [value(operand, at) for operand in operands]
    return _apply(operator, values)


def _apply(operator: str, values: list[Fraction]) -> Fraction:
    match operator, values:
        case "+", (left, right):
            return left + right
        case "-", (left, right):
            return left - right
        case "*", (left, right):
            return left * right
        case "/", (left, right) if right:
            return left / right
        case "//", (left, right) if right:
            return Fraction(left // right)
        case "%", (left, right) if right:
            return left % right
        case "min", _:
            return min(values)
        case "max", _:
            return max(values)
        case "ceil", (argument,):
            return Fraction(ceil_of(argument))
        case "choose", (total, count):
            result = Fraction(1)
            for place in range(int(count)):
                result = result * (total - place) / (place + 1)
            return result
        case "^", (base, exponent) if exponent.denominator == 1 and abs(exponent) < 200:
            return base**exponent.numerator
    raise Undefined


def _member(members: tuple, index: Fraction):
    if index.denominator != 1 or not 0 <= index < len(members):
        raise Undefined
    return members[int(index)]


def holds(fact: Expression, at: Mapping[str, Fraction]) -> bool:
    """Whether a fact holds at an assignment."""
    operator, left, right = fact
    one, other = value(left, at), value(right, at)
    match operator:
        case "divides":
            return one != 0 and (other / one).denominator == 1
        case "<=":
            return one <= other
        case "<":
            return one < other
        case ">=":
            return one >= other
        case ">":
            return one > other
        case "==":
            return one == other
        case _:
            return one != other


def build(expression: Expression) -> Dim:
    """The expression as a size in normal form."""
    operator, *operands = expression
    match operator:
        case "number":
            return Dim.of(operands[0])
        case "symbol":
            return Dim.of(SYMBOLS[operands[0]])
        case "family":
            return family(FAMILY, build(operands[0]))
        case "list":
            return literal_list([build(operand) for operand in operands[:-1]], build(operands[-1]))
        case "if":
            return conditional(build_fact(operands[0]), build(operands[1]), build(operands[2]))
        case "choose":
            return choose(build(operands[0]), build(operands[1]))
    dims = [build(operand) for operand in operands]
    match operator:
        case "-" if len(dims) == 1:
            return -dims[0]
        case "+":
            return dims[0] + dims[1]
        case "-":
            return dims[0] - dims[1]
        case "*":
            return dims[0] * dims[1]
        case "/":
            return dims[0] / dims[1]
        case "//":
            return dims[0] // dims[1]
        case "%":
            return dims[0] % dims[1]
        case "min":
            return minimum(*dims)
        case "max":
            return maximum(*dims)
        case "ceil":
            return ceil(dims[0])
        case _:
            return power(dims[0], dims[1])


def build_fact(fact: Expression) -> Fact:
    """The fact as catnn's own."""
    operator, left, right = fact
    if operator == "divides":
        return Divides(build(left), build(right))
    return Compare(operator, build(left), build(right))


# ---- scopes ----------------------------------------------------------------------------


class Scope:
    """Declared symbols and facts, with the assignments that satisfy them."""

    def __init__(self, least: Mapping[str, int | None], facts: tuple[Expression, ...]) -> None:
        self.stated = facts
        self.least = least
        self.facts = Facts.EMPTY
        for name, low in least.items():
            if low is not None:
                self.facts = self.facts.declare(SYMBOLS[name], low)
        for fact in facts:
            self.facts = self.facts.assume(build_fact(fact))

    def assignments(
        self, names: set[str], seed: int = 0, tries: int = 120
    ) -> list[dict[str, Fraction]]:
        """Some assignments to `names` and to what the facts mention, all facts true."""
        used = sorted(names.union(*(mentioned(fact) for fact in self.stated)))
        random = Random(seed)
        found = []
        for _ in range(tries):
            at = {name: Fraction(random.choice(self._values(name))) for name in used}
            if at not in found and self.allows(at):
                found.append(at)
        return found

    def _values(self, name: str) -> list[int | Fraction]:
        low = self.least.get(name)
        return [value for value in VALUES[name] if low is None or value >= low]

    def allows(self, at: Mapping[str, Fraction]) -> bool:
        try:
            return all(holds(fact, at) for fact in self.stated)
        except Undefined:
            return False


def mentioned(expression: Expression) -> set[str]:
    """The names of the symbols in an expression or fact."""
    if expression[0] == "symbol":
        return {expression[1]}
    return set().union(*(mentioned(part) for part in expression if isinstance(part, tuple)))


def environment(at: Mapping[str, Fraction]) -> dict[Symbol, int | Fraction | tuple[int, ...]]:
    """An assignment as `Dim.evaluate` takes it."""
    env: dict[Symbol, int | Fraction | tuple[int, ...]] = {FAMILY: MEMBERS}
    for name, number in at.items():
        env[SYMBOLS[name]] = number.numerator if number.denominator == 1 else number
    return env


# ---- random expressions ----------------------------------------------------------------

ARITHMETIC = ("+", "-", "*", "//", "/", "%", "min", "max")


def number(value: int | Fraction) -> Expression:
    return ("number", value)


def symbol(name: str) -> Expression:
    return ("symbol", name)


def leaf(random: Random) -> Expression:
    if random.random() < 0.65:
        return symbol(random.choice("aaabbbccix"))
    return number(random.choice((1, 2, 2, 3, 4, 0, 6, -1, -2, Fraction(1, 2), Fraction(5, 4))))


def expression(random: Random, size: int) -> Expression:
    """A random expression with at most `size` leaves, more or less."""
    if size <= 1:
        return leaf(random)
    left = random.randint(1, size - 1)
    kind = random.choice("aaaaaaaaalcecmsfi")
    if kind == "a":
        operator = random.choice(ARITHMETIC)
        return (operator, expression(random, left), expression(random, size - left))
    inner = expression(random, size - 1)
    match kind:
        case "l":
            return ("list", leaf(random), leaf(random), inner)
        case "c":
            return ("ceil", inner)
        case "e":
            return ("^", number(random.choice((2, 3, 4, 6))), inner)
        case "m":
            return (random.choice(("min", "max")), leaf(random), leaf(random), inner)
        case "s":
            return (random.choice(("^", "choose")), inner, number(random.choice((2, 3, 1, 0))))
        case "f":
            return ("family", inner)
    return ("if", fact(random, 2), expression(random, left), expression(random, size - left))


def fact(random: Random, size: int) -> Expression:
    """A random fact, often of a kind that users write."""
    one, other = symbol(random.choice("abc")), symbol(random.choice("abc"))
    literal = number(random.choice((2, 3, 4, 1)))
    match random.choice("dddpmcccemoq"):
        case "d":
            return ("divides", random.choice((literal, one)), expression(random, size - 1))
        case "p":
            return ("divides", ("^", number(2), one), other)
        case "m":
            return ("==", ("%", one, literal), number(random.choice((0, 1))))
        case "c":
            return (random.choice(OPERATORS), one, expression(random, size - 1))
        case "e":
            return ("==", one, expression(random, size))
        case "q":
            return ("==", one, ("/", other, random.choice((symbol("a"), literal))))
    return (random.choice(OPERATORS), expression(random, size), expression(random, size))


def scope(random: Random) -> Scope:
    """Up to three random facts about symbols that are often at least 1."""
    least = {name: random.choice((1, 1, 1, 0, None, 2)) for name in "abc"}
    count = random.choice((1, 1, 2, 2, 3, 0))
    return Scope(least, tuple(filter(_has_a_form, (fact(random, 2) for _ in range(count)))))


def _has_a_form(stated: Expression) -> bool:
    try:
        build_fact(stated)
    except (SizeError, SizeLimit):
        return False
    return True


def variant(random: Random, one: Expression) -> Expression:
    """An expression that is often equal to `one`, by a law of numbers or nearly one."""
    other, literal = leaf(random), number(random.choice((2, 3, 1)))
    match random.choice("aecmhfdzox"):
        case "a":
            return ("-", ("+", one, other), other)
        case "e":
            return ("/", ("*", one, other), other)
        case "c":
            return ("-", number(0), ("ceil", ("-", number(0), one)))
        case "m":
            return ("-", ("+", one, other), ("min", one, other))
        case "h":
            return ("*", other, ("/", one, other))
        case "f":
            return ("//", ("//", one, other), literal)
        case "d":
            return ("+", ("*", literal, ("//", one, literal)), ("%", one, literal))
        case "z":
            return ("//", ("+", one, ("-", literal, number(1))), literal)
        case "o":
            return ("-", one, ("%", one, literal))
    return (
        one[0],
        *(
            variant(random, part) if isinstance(part, tuple) and len(part) > 2 else part
            for part in one[1:]
        ),
    )
