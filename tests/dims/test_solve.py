"""Equations with unknowns (`u`, `v`): solved where one stands alone, else refused or left waiting."""

import pytest

from catnn.types.dims import Dim, fresh
from catnn.types.facts import Compare, Divides, Facts
from catnn.types.solve import Clash, Outcome, Solution, Solved, Waiting, solve
from tests.dims import expressions as ex
from tests.dims.reading import declared, fact, read, size, split


def outcome(equation: str, facts: str = "") -> Outcome:
    left, right = equation.split(" = ")
    names = ex.mentioned(read(left)) | ex.mentioned(read(right))
    known = Facts.EMPTY
    for name in sorted(names - {"u", "u2"}):
        known = declared(known, name)
    for one in split(facts):
        known = known.assume(fact(one))
    return solve(size(left), size(right), known)


SOLUTIONS = """
u = n                         | u = n
n + 1 = u                     | u = n + 1
u + 3 = n + 3                 | u = n
2 * u = 6                     | u = 3
h * u = d                     | u = d / h             | h divides d
h * w * u = d                 | u = d / (h * w)       | h * w divides d
2 * u = n                     | u = n / 2             | 2 divides n
2 * u / 3 = n                 | u = 3 * n / 2         | 2 divides 3 * n
u / h = d                     | u = h * d
d / u = h                     | u = d / h             | h divides d
160 * u = 160 * t             | u = t
p + u = 2 * p + q             | u = p + q
2^(n - 1) + u = 2^n           | u = 2^(n - 1)
(h + w) * u = d               | u = d / (h + w)       | h + w divides d
u = (h - 1) // s + 1          | u = (h - 1) // s + 1
u - n * u = h - n * h         | u = h
h * u + k = d + k             | u = d / h             | h divides d
"""


@pytest.mark.parametrize(
    "line", SOLUTIONS.strip().splitlines(), ids=lambda line: line.split("|")[0].strip()
)
def test_solved_for_the_unknown(line: str) -> None:
    equation, solution, *obligations = (part.strip() for part in line.split("|"))
    found = outcome(equation, "n != 1" if equation.startswith("u - n") else "")
    assert isinstance(found, Solution)
    assert found.symbol is ex.SYMBOLS["u"]
    assert found.value == size(solution.removeprefix("u = "))
    assert [str(one) for one in found.obligations] == obligations


@pytest.mark.parametrize(
    ("equation", "facts"),
    [
        ("h * u = d", "h divides d"),
        ("2 * u = h", "2^k divides h, k >= 1"),
        ("2 * u = n * (n - 1)", ""),
        ("h * u = d * k", "h divides d"),
    ],
)
def test_no_obligation_where_the_facts_show_the_division(equation: str, facts: str) -> None:
    found = outcome(equation, facts)
    assert isinstance(found, Solution)
    assert found.obligations == ()


@pytest.mark.parametrize(
    ("equation", "facts"),
    [
        ("h * (d / h) = d", ""),
        ("u = u", ""),
        ("u + n - n = u", ""),
        ("(n + 2 - 3) // 2 + 1 = n / 2", "2 divides n"),
        ("max(u, u) * 0 = 0", ""),
        ("a = b + 1", "a == b + 1"),
    ],
)
def test_nothing_to_solve(equation: str, facts: str) -> None:
    assert outcome(equation, facts) == Solved()


@pytest.mark.parametrize(
    "equation",
    [
        "n = n + 1",
        "2 * n = n",
        "h = d",
        "h * (n // h) = n",
        "2 * u = 5",
        "2 * u = 2 * n + 1",
        "2 * u = 2 * u2 + 1",
        "u = u + 1",
        "u + 3 = 2",
        "u + n = 0",
        "u // 2 = u // 2 + 1",
    ],
)
def test_clashes(equation: str) -> None:
    assert outcome(equation) == Clash()


@pytest.mark.parametrize(
    "equation",
    [
        "u + u2 = 5",
        "u * u2 = d",
        "2 * u = 3 * u2",
        "u // 2 = n",
        "u * u = n",
        "h * u + w * u2 = d",
        "u + u // 2 = n",
        "max(u, n) = h",
        "2^u = n",
        "(h - d) * u = n",  # h - d may be 0
    ],
)
def test_waits(equation: str) -> None:
    assert outcome(equation) == Waiting()


def test_the_younger_of_two_unknowns_is_replaced() -> None:
    old, young = fresh("old", "meta"), fresh("young", "meta")
    for left, right in ((old, young), (young, old)):
        found = solve(Dim.of(left), Dim.of(right), Facts.EMPTY)
        assert found == Solution(young, Dim.of(old))


def test_unknowns_may_add_to_a_value() -> None:
    found = outcome("h * u2 = u")
    assert isinstance(found, Solution)
    assert {str(found.symbol.name), str(found.value)} in ({"u", "h * u2"}, {"u2", "u / h"})
    assert isinstance(outcome("u = (u2 - 1) // 2 + 1"), Solution)


def test_what_is_known_about_the_unknown_is_an_obligation() -> None:
    meta, n = fresh("m", "meta"), fresh("n")
    facts = Facts.EMPTY.declare(n).declare(meta).assume(Divides(2, Dim.of(meta)))
    found = solve(Dim.of(meta), Dim.of(n) - 3, facts)
    assert isinstance(found, Solution)
    assert found.obligations == (
        Compare(">=", Dim.of(n) - 3, 1),
        Divides(2, Dim.of(n) - 3),
    )


def test_a_value_does_not_use_the_facts_of_a_branch() -> None:
    found = outcome("u = k + 1", "k == 3")
    assert isinstance(found, Solution)
    assert found.value == size("k + 1")


def test_a_cofactor_is_shown_not_zero_by_facts() -> None:
    assert outcome("(h - d) * u = n") == Waiting()
    found = outcome("(h - d) * u = n", "d < h")
    assert isinstance(found, Solution)
    assert found.value == size("n / (h - d)")
    assert found.obligations == (Divides(size("h - d"), size("n")),)
