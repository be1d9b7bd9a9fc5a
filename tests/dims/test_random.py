"""Normal forms, proofs and solutions against brute force over small assignments."""

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from catnn.types.dims import Dim, SizeError, SizeLimit, fresh
from catnn.types.facts import Compare, Divides
from catnn.types.solve import Clash, Solution, Solved, solve
from tests.dims import expressions as ex

T = TypeVar("T")
MANY = range(25_000)
RANDOMS = st.randoms(use_true_random=False)
PHASES = (Phase.explicit, Phase.generate, Phase.shrink)


def few(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=PHASES,
        suppress_health_check=[HealthCheck.too_slow],
    )


def attempt(build: Callable[[], T]) -> T | None:
    """What `build` gives; None where the size is undefined or out of bounds."""
    try:
        return build()
    except (SizeError, SizeLimit):
        return None


def value(expression: ex.Expression, at: dict[str, Fraction]) -> Fraction | None:
    try:
        return ex.value(expression, at)
    except ex.Undefined:
        return None


def agrees(dim: Dim, at: dict[str, Fraction], expected: Fraction) -> bool:
    """Whether the size has the expected value; one too wide to compute is no counterexample."""
    try:
        return dim.evaluate(ex.environment(at)) == expected
    except SizeLimit:
        return True


def evaluated(dim: Dim, at: dict[str, Fraction]) -> Fraction | None:
    return attempt(lambda: dim.evaluate(ex.environment(at)))


# ---- properties ------------------------------------------------------------------------


def check_normal_form(expression: ex.Expression) -> None:
    dim = attempt(lambda: ex.build(expression))
    if dim is None:
        return
    for at in ex.Scope({}, ()).assignments(ex.mentioned(expression)):
        expected = value(expression, at)
        if expected is not None:
            assert agrees(dim, at, expected), (at, str(dim))
        if dim.plainly_integral() and expected is not None:
            assert expected.denominator == 1


def check_normalise(scope: ex.Scope, expression: ex.Expression) -> None:
    dim = attempt(lambda: ex.build(expression))
    if dim is None:
        return
    normal = scope.facts.normalise(dim)
    whole, low = scope.facts.integral(dim), scope.facts.at_least(dim, 1)
    zero = scope.facts.at_least(dim, 0)
    for at in scope.assignments(ex.mentioned(expression)):
        expected = value(expression, at)
        if expected is None:
            continue
        assert agrees(normal, at, expected), (at, str(dim), str(normal))
        assert not whole or expected.denominator == 1, (at, str(dim))
        assert not low or expected >= 1, (at, str(dim))
        assert not zero or expected >= 0, (at, str(dim))


def check_proofs(scope: ex.Scope, left: ex.Expression, right: ex.Expression) -> None:
    one, other = attempt(lambda: ex.build(left)), attempt(lambda: ex.build(right))
    if one is None or other is None:
        return
    facts = scope.facts
    proved = {op: facts.prove(Compare(op, one, other)) for op in ex.OPERATORS}
    refuted = {op: facts.refute(Compare(op, one, other)) for op in ex.OPERATORS}
    same, differ = facts.equal(one, other), facts.apart(one, other)
    divides, not_divides = facts.divides(one, other), facts.refute(Divides(one, other))
    satisfying = scope.assignments(ex.mentioned(left) | ex.mentioned(right))
    assert not satisfying or facts.consistent()
    for at in satisfying:
        first, second = value(left, at), value(right, at)
        if first is None or second is None:
            continue
        where = (at, str(one), str(other))
        assert not same or first == second, where
        assert not differ or first != second, where
        numbers = ("number", first), ("number", second)
        for op in ex.OPERATORS:
            true = ex.holds((op, *numbers), {})
            assert not proved[op] or true, (op, where)
            assert not refuted[op] or not true, (op, where)
        true = ex.holds(("divides", *numbers), {})
        assert not divides or true, where
        assert not not_divides or not true, where


def check_solve(scope: ex.Scope, left: ex.Expression, right: ex.Expression, least: int) -> None:
    """`a` is the unknown: its solution makes both sides equal wherever its obligations hold."""
    one, other = attempt(lambda: ex.build(left)), attempt(lambda: ex.build(right))
    if one is None or other is None:
        return
    meta = fresh("m", "meta")
    put = {ex.SYMBOLS["a"]: Dim.of(meta)}
    facts = scope.facts.declare(meta, least)
    sides = attempt(lambda: (one.substitute(put), other.substitute(put)))
    if sides is None:
        return
    outcome = solve(*sides, facts)
    unknown = facts.normalise(sides[0] - sides[1]).metas()
    names = (ex.mentioned(left) | ex.mentioned(right)) - {"a"}
    for at in scope.assignments(names, tries=40):
        env = ex.environment(at)
        if isinstance(outcome, Solution):
            check_solution(outcome, left, right, at, env)
        for number in range(least, 7):
            first, second = (
                value(left, at | {"a": Fraction(number)}),
                value(right, at | {"a": Fraction(number)}),
            )
            if first is None or second is None:
                continue
            where = (at, number, str(sides[0]), str(sides[1]), outcome)
            if isinstance(outcome, Clash) and unknown:
                assert first != second, where
            if isinstance(outcome, Solved):
                assert first == second, where
            if isinstance(outcome, Solution) and first == second:
                assert evaluated(outcome.value, at) in (number, None), where


def check_solution(
    outcome: Solution, left: ex.Expression, right: ex.Expression, at: dict[str, Fraction], env: dict
) -> None:
    found = evaluated(outcome.value, at)
    if found is None or not all(attempt(lambda f=f: f.evaluate(env)) for f in outcome.obligations):
        return
    assert found.denominator == 1, (at, outcome)
    first, second = value(left, at | {"a": found}), value(right, at | {"a": found})
    if first is not None and second is not None:
        assert first == second, (at, outcome)


# ---- runs ------------------------------------------------------------------------------


def random_normal_form(random: Random) -> None:
    check_normal_form(ex.expression(random, random.randint(1, 7)))


def random_normalise(random: Random) -> None:
    check_normalise(ex.scope(random), ex.expression(random, random.randint(1, 6)))


def random_proofs(random: Random) -> None:
    scope = ex.scope(random)
    left = ex.expression(random, random.randint(1, 4))
    if random.random() < 0.5:
        right = ex.variant(random, left)
    else:
        right = ex.expression(random, random.randint(1, 3))
    check_proofs(scope, left, right)


def random_solve(random: Random) -> None:
    scope = ex.scope(random)
    left = ex.expression(random, random.randint(1, 4))
    right = ex.expression(random, random.randint(1, 3))
    check_solve(scope, left, right, random.choice((0, 1)))


@few(200)
@given(RANDOMS)
def test_normal_form_keeps_the_value(random: Random) -> None:
    random_normal_form(random)


@few(150)
@given(RANDOMS)
def test_normalising_under_facts_keeps_the_value(random: Random) -> None:
    random_normalise(random)


@few(150)
@given(RANDOMS)
def test_proofs_hold(random: Random) -> None:
    random_proofs(random)


@few(100)
@given(RANDOMS)
def test_solutions_solve(random: Random) -> None:
    random_solve(random)


@pytest.mark.slow
@pytest.mark.parametrize(
    "check", [random_normal_form, random_normalise, random_proofs, random_solve]
)
def test_many(check: Callable[[Random], None]) -> None:
    for seed in MANY:
        try:
            check(Random(seed))
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
