"""Polynomial and rational identities are decided: equal exactly if sympy says so."""

from random import Random

import pytest
import sympy

from catnn.types.dims import SizeError
from catnn.types.facts import Facts
from tests.dims import expressions as ex

NAMES = ("a", "b", "c")


def rational(random: Random, leaves: int) -> ex.Expression:
    """A random rational expression with that many leaves."""
    if leaves == 1:
        if random.random() < 0.7:
            return ex.symbol(random.choice(NAMES))
        return ex.number(random.choice((1, 2, 3, -1)))
    if random.random() < 0.15:
        return ("^", rational(random, leaves - 1), ex.number(random.choice((2, 3))))
    left = random.randint(1, leaves - 1)
    parts = rational(random, left), rational(random, leaves - left)
    return (random.choice("+-**//"), *parts)


def rewritten(random: Random, one: ex.Expression) -> ex.Expression:
    """An equal expression by laws of fields, or now and then nearly one."""
    if one[0] in ("symbol", "number"):
        return one if random.random() < 0.97 else ex.symbol(random.choice(NAMES))
    operator, *parts = one
    parts = [rewritten(random, part) for part in parts]
    match operator, random.random() < 0.5:
        case ("+", True) | ("*", True):
            return (operator, *reversed(parts))
        case "-", True:
            return ("+", parts[0], ("*", ex.number(-1), parts[1]))
        case "/", True:
            return ("*", parts[0], ("^", parts[1], ex.number(-1)))
        case "*", False if parts[1][0] in ("+", "-"):
            inner, *terms = parts[1]
            return (inner, *(("*", parts[0], term) for term in terms))
        case "/", False if parts[0][0] in ("+", "-"):
            inner, *terms = parts[0]
            return (inner, *(("/", term, parts[1]) for term in terms))
    return (operator, *parts)


def to_sympy(expression: ex.Expression) -> sympy.Expr:
    operator, *parts = expression
    match operator:
        case "symbol":
            return sympy.Symbol(parts[0])
        case "number":
            return sympy.Integer(parts[0])
    left, right = map(to_sympy, parts)
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
    return left**right


def check(seed: int) -> bool:
    """Compare one pair; whether it was equal."""
    random = Random(seed)
    left = rational(random, random.randint(1, 7))
    right = rewritten(random, left) if random.random() < 0.8 else rational(random, 3)
    try:
        one, other = ex.build(left), ex.build(right)
    except SizeError:
        return False
    difference = sympy.together(to_sympy(left) - to_sympy(right))
    expected = sympy.expand(sympy.fraction(difference)[0]) == 0
    assert Facts.EMPTY.equal(one, other) == expected, (str(one), str(other))
    if one == other:
        assert expected
    return expected


def test_equal_exactly_if_sympy_says_so() -> None:
    equal = sum(check(seed) for seed in range(150))
    assert 30 < equal < 120  # both answers are met


@pytest.mark.slow
def test_equal_exactly_if_sympy_says_so_many() -> None:
    equal = sum(check(seed) for seed in range(150, 5000))
    assert equal > 1000
