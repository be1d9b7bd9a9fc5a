"""The questions that facts answer, beyond the table of statements."""

import pytest

from catnn.types.dims import Dim, choose, family, fresh, literal_list, maximum
from catnn.types.facts import Compare, Divides, Facts
from tests.dims.reading import fact, size
from tests.dims.test_table import scope

N, K, H, D, J = fresh("n"), fresh("k"), fresh("h"), fresh("d"), fresh("i", "index")
n, k, h, d, i = map(Dim.of, (N, K, H, D, J))
SIZES = Facts.EMPTY.declare(N).declare(K).declare(H).declare(D).declare(J, 0)


def test_facts_are_immutable() -> None:
    more = SIZES.assume(Divides(h, d))
    assert more.divides(h, d)
    assert not SIZES.divides(h, d)
    assert more.assume(Divides(h, d)) is more
    assert more.stated == (Divides(h, d),)
    assert SIZES.stated == ()


def test_declarations_bound_symbols() -> None:
    assert SIZES.at_least(n, 1)
    assert not SIZES.at_least(n, 2)
    assert not Facts.EMPTY.at_least(n, 0)
    assert SIZES.declare(N, 0).at_least(n, 0)
    assert not SIZES.declare(N, 0).at_least(n, 1)
    assert not SIZES.declare(N, None).at_least(n, 0)
    assert Facts.EMPTY.at_least(i, 0)  # an index, declared or not


def test_at_least_takes_sizes() -> None:
    facts = SIZES.assume(Compare("<=", k, n))
    assert facts.at_least(n, k)
    assert facts.at_least(n * h, k * h)
    assert not facts.at_least(k, n)


def test_nothing_is_assumed_of_undeclared_symbols() -> None:
    assert not Facts.EMPTY.equal((n // k) // h, n // (k * h))
    assert not Facts.EMPTY.equal(maximum(n, 0), n)
    assert not Facts.EMPTY.prove(Compare("<=", n, n * n + k))
    assert not SIZES.declare(K, None).at_least(n / k, 0)
    assert not SIZES.declare(K, None).at_least(1 + n / k, 0)
    assert Facts.EMPTY.equal(k * (n // k) + n % k, n)


def test_divisibility_wants_a_divisor_that_is_not_zero() -> None:
    assert SIZES.divides(n, n * k)
    assert not SIZES.declare(N, 0).divides(n, n * k)
    assert (
        SIZES.declare(N, 0).assume(Divides(n, d)).divides(n, n * k)
    )  # n divides d, so it is not 0
    assert SIZES.declare(N, 0).assume(Compare("!=", n, 0)).at_least(n, 1)


def test_numbers_are_not_whole() -> None:
    x = Dim.of(fresh("x", "number"))
    assert not SIZES.integral(x)
    assert not SIZES.integral(x * n)
    assert not SIZES.equal(x // 1, x)
    assert SIZES.equal((x + n) // 1, x // 1 + n)
    assert not SIZES.assume(Compare("<", x, n)).at_least(n, x + 1)
    half = SIZES.assume(Compare(">=", 2 * x, 1))
    assert half.at_least(2 * x, 1)
    assert not half.at_least(x, 1)
    assert SIZES.assume(Compare("<", x, n)).prove(Compare("<", 2 * x, 2 * n))


def test_whole_numbers() -> None:
    assert SIZES.integral(choose(n, 5))
    assert SIZES.integral(n * (n - 1) * h / 2 + 3)
    assert not SIZES.integral(n * (n + 1) / 4)
    assert SIZES.integral(2**k / 2)
    assert not SIZES.integral(2**k / 4)
    assert SIZES.assume(Divides(3, 2 * n)).integral(n / 3)
    assert SIZES.assume(Compare("==", n % 3, 2)).integral((n + 1) / 3)
    assert SIZES.assume(Compare("==", n % h, 1)).integral((n - 1) / h)


def test_families_have_the_least_value_of_their_symbol() -> None:
    w = fresh("w")
    assert not SIZES.at_least(family(w, i), 1)
    assert SIZES.declare(w).at_least(family(w, i) * n, 1)
    assert SIZES.declare(w).assume(Divides(h, family(w, i))).divides(h, family(w, i) * 2)
    assert not SIZES.declare(w).assume(Divides(h, family(w, i))).divides(h, family(w, i + 1))
    assert SIZES.at_least(literal_list((3, n + 1, 6), i), 2)


def test_normal_forms_use_the_facts() -> None:
    facts = scope("2 divides n, k <= n, w == h / p", "n == n")
    assert facts.normalise(size("(n + 1) // 2")) == size("n / 2")
    assert facts.normalise(size("max(k, n)")) == size("n")
    assert facts.normalise(size("w * p")) == size("h")
    assert facts.normalise(size("n + k")) == size("n + k")
    assert facts.normalise(size("-k // (n + 1)")) == Dim.of(-1)


def test_equations_solve_for_what_stands_alone() -> None:
    facts = scope("a == b, b == c, d == 2 * c", "h == h")
    assert facts.equal(size("a + b"), size("d"))
    assert facts.divides(2, size("d"))
    unsolved = scope("a * a == b * b", "a == a")
    assert unsolved.equal(size("a * a"), size("b * b"))


def test_an_eliminated_size_keeps_its_bounds() -> None:
    facts = scope("n == h - 3", "n == n")
    assert facts.at_least(size("h"), 4)
    facts = scope("w == h / p", "w == w")
    assert facts.divides(size("p"), size("h"))
    assert facts.at_least(size("h"), size("p"))


def test_the_order_of_facts_does_not_matter() -> None:
    stated = ["h divides d", "k == d / h", "k % 2 == 1", "w == k // 2", "h <= 4"]
    goals = ["2 * w + 1 == d / h", "h divides d", "d == k * h", "h <= 6"]
    for turn in range(len(stated)):
        facts = scope(", ".join(stated[turn:] + stated[:turn]), "n == n")
        assert [goal for goal in goals if not facts.prove(fact(goal))] == []


def test_a_question_does_not_change_later_answers() -> None:
    questions = [
        fact("h // s >= 1"),
        fact("max(h // s, 1) == h // s"),
        fact("min(h, s) == s"),
        fact("2 * (h // 2) <= h"),
        fact("(h // s) * s <= h"),
    ]
    alone = [scope("s <= h", "h == h").prove(question) for question in questions]
    together = scope("s <= h", "h == h")
    backwards = [together.prove(question) for question in reversed(questions)]
    assert alone == backwards[::-1] == [True] * len(questions)


@pytest.mark.parametrize("stated", ["n / (k - k) == 1", "a // 0 == 1"])
def test_facts_without_a_value_are_errors_when_they_are_built(stated: str) -> None:
    from catnn.types.dims import SizeError

    with pytest.raises(SizeError):
        fact(stated)


def test_a_fact_may_take_the_value_of_a_size_away() -> None:
    facts = Facts.EMPTY.assume(Compare("==", k, 0))
    undefined = n / k
    assert facts.normalise(undefined) == undefined
    assert not facts.equal(undefined, n)
    assert not facts.divides(k, n)
    assert facts.refute(Divides(k, n))


def test_a_bound_of_one_member_of_a_list_bounds_its_products() -> None:
    w, c = fresh("w", "list"), fresh("c", "list")
    left, right = family(w, Dim.of(0)), family(c, Dim.of(1))
    known = SIZES.assume(Compare(">=", left, Dim.of(2))).assume(Compare(">=", right, Dim.of(3)))
    assert known.at_least(left * right, 6)
    assert known.at_least(left * n, 2)
    assert not known.at_least(left * family(c, Dim.of(0)), 1)
    assert not known.at_least(family(w, Dim.of(1)), 1)
