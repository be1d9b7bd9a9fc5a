"""How sizes and facts are shown: in the syntax of the language, and read back with the same value."""

from random import Random

import pytest

from catnn.types.dims import Dim, SizeError, SizeLimit, ceil, fresh, maximum
from tests.dims import expressions as ex
from tests.dims.reading import fact, read, size

SHOWN = [
    "0",
    "12",
    "-n",
    "4 * d",
    "d / h",
    "d / (h * k)",
    "4 * d / h",
    "3 * n / 2",
    "h - 1",
    "1 - h",
    "(h - 1) // stride + 1",
    "(n + 1) // 2",
    "n // s // e",
    "-(n // s)",
    "w * (h // s)",
    "h // s / e",
    "n % 2",
    "n % s",
    "2 * (n % s)",
    "h - k % 2",
    "ceil(n / s)",
    "ceil(5 * t / (4 * e))",
    "(n^2 - n) / 2",
    "n^2",
    "(h - 1) / s",
    "(h + w) / (2 * s)",
    "d / (h + w)",
    "2^i",
    "2^i * width",
    "64 * 2^i",
    "2^(i + 1)",
    "2^(k - 1)",
    "2^(i + j)",
    "6^k",
    "h / 2^k",
    "h / 2^(k - 1)",
    "2^(k // 2)",
    "min(o, p)",
    "max(1, n - 2)",
    "2 * max(a, b)",
    "max(a, b) + 1",
    "d[i]",
    "3 * d[i + 1]",
    "(3, 4, 6, 3)[i]",
    "if i == 0 then 1 else 2",
    "2 * (if i == 0 then 1 else 2)",
    "(h - 1) // (if i == 0 then 1 else 2) + 1",
]


@pytest.mark.parametrize("text", SHOWN)
def test_shown_as_written(text: str) -> None:
    assert str(size(text)) == text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("h * (d / h)", "d"),
        ("(h + 2 - 3) // 2 + 1", "(h + 1) // 2"),
        ("2 * n + 3 * n", "5 * n"),
        ("n - s * (n // s)", "n % s"),
        ("max(max(a, b), a)", "max(a, b)"),
        ("2 * 2^i", "2^(i + 1)"),
        ("4^k", "2^(2 * k)"),
        ("if 1 <= 2 then n else h", "n"),
        ("-max(-a, -b)", "a + b - max(a, b)"),
    ],
)
def test_shown_in_normal_form(written: str, shown: str) -> None:
    assert str(size(written)) == shown


@pytest.mark.parametrize(
    "text", ["h divides d", "2^k divides h", "k <= n", "n % 2 == 1", "r < min(o, p)", "n * m != 3"]
)
def test_facts_are_shown_as_written(text: str) -> None:
    assert str(fact(text)) == text


def test_what_would_fill_a_page_is_elided() -> None:
    n, s = Dim.of(fresh("n")), Dim.of(fresh("s"))
    deep = n
    for _ in range(30):
        deep = deep + deep // s
    assert len(str(deep)) < 20_000
    assert "..." in str(deep)


def test_representation_names_the_class() -> None:
    assert repr(maximum(fresh("a"), 2)) == "Dim(max(2, a))"
    assert repr(ceil(Dim.of(fresh("n")) / 2)) == "Dim((n + 1) // 2)"


@pytest.mark.parametrize("seed", range(300))
def test_text_reads_back_with_the_same_value(seed: int) -> None:
    random = Random(seed)
    expression = ex.expression(random, random.randint(1, 6))
    try:
        dim = ex.build(expression)
    except (SizeError, SizeLimit):
        return
    shown = read(str(dim))
    for at in ex.Scope({}, ()).assignments(ex.mentioned(expression), tries=20):
        try:
            expected = ex.value(expression, at)
        except ex.Undefined:
            continue
        assert ex.value(shown, at) == expected, (at, str(dim))
