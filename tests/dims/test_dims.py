"""Sizes without facts: arithmetic, canonical forms, substitution, evaluation, limits."""

import doctest
import subprocess
import sys
from fractions import Fraction
from types import ModuleType

import pytest

from catnn.types import dims, facts
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
    substitute_families,
)
from catnn.types.facts import Compare, Divides

A, B, H, D, J = fresh("a"), fresh("b"), fresh("h"), fresh("d"), fresh("i", "index")
a, b, h, d, i = map(Dim.of, (A, B, H, D, J))


def test_equal_sizes_are_equal_objects_with_equal_hashes() -> None:
    one, other = (a + b) * (a - b), a * a - b * b
    assert one == other
    assert hash(one) == hash(other)
    assert len({one, other}) == 1
    assert one != a
    assert a != 4


def test_symbols_are_equal_only_to_themselves() -> None:
    assert Dim.of(fresh("n")) != Dim.of(fresh("n"))


def test_exact_division_is_undone_by_multiplication() -> None:
    assert h * (d / h) == d
    assert d / h / a == d / (h * a)
    assert (a + b) * (d / (a + b)) == d
    assert d / (a + b) + h / (a + b) == (d + h) / (a + b)
    assert (a * a - b * b) / (a + b) == a - b
    assert 1 / (1 / (a + b) + 1) == (a + b) / (a + b + 1)


def test_operators_take_numbers_on_either_side() -> None:
    assert 1 + a - 1 == a
    assert 2 * a / 2 == a
    assert 7 // Dim.of(2) == Dim.of(3)
    assert 7 % Dim.of(4) == Dim.of(3)
    assert 2**a * 2 == 2 ** (a + 1)
    assert (5 - a) + a == Dim.of(5)
    assert 6 / Dim.of(4) == Dim.of(Fraction(3, 2))
    assert (a + 1) ** 2 == a * a + 2 * a + 1


def test_what_is_no_size_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        Dim.of(0.5)  # type: ignore[arg-type]


def test_constants() -> None:
    assert (a - a + 3).as_int() == 3
    assert (Dim.of(3) / 2).as_int() is None
    assert (Dim.of(3) / 2).as_fraction() == Fraction(3, 2)
    assert a.as_int() is None
    assert a.as_symbol() is A
    assert (a + 1).as_symbol() is None


def test_symbols_and_metas_are_found_inside_atoms() -> None:
    meta = fresh("m", "meta")
    dim = maximum(a, 2 ** (b // Dim.of(meta))) + literal_list((h, d), i)
    assert dim.symbols() == {A, B, H, D, J, meta}
    assert dim.metas() == {meta}
    assert (a - a).symbols() == frozenset()


def test_substitution_normalises_again() -> None:
    assert (a // 2).substitute({A: Dim.of(7)}) == Dim.of(3)
    assert maximum(a, b).substitute({A: b + 1}) == b + 1
    assert (d / (a + b)).substitute({D: a * a - b * b}) == a - b
    assert literal_list((3, a, 6), i).substitute({J: Dim.of(1), A: h}) == h
    assert conditional(Compare("==", i, 0), 1, a).substitute({J: Dim.of(0)}) == Dim.of(1)
    assert conditional(Compare("<", i, a), 1, 2).substitute({J: a + 1}) == Dim.of(2)
    assert conditional(Divides(2, i), h, d).substitute({J: Dim.of(3)}) == d
    assert (a * b).substitute({A: b, B: a}) == a * b
    assert (a / b).substitute({H: a}) == a / b


def test_substitution_may_have_no_value() -> None:
    with pytest.raises(SizeError, match="division by zero"):
        (a / b).substitute({B: Dim.of(0)})
    with pytest.raises(SizeError, match="no member 3"):
        literal_list((1, 2), i).substitute({J: Dim.of(3)})


def test_families() -> None:
    w = fresh("w")
    member = family(w, i + 1) * 2
    assert member.symbols() == {w, J}
    assert substitute_families(member, {w: (Dim.of(3), a)}).substitute({J: Dim.of(0)}) == 2 * a
    assert substitute_families(member, {w: A}) == 2 * family(A, i + 1)
    assert member.substitute({w: b}) == 2 * family(B, i + 1)
    assert member.evaluate({w: (5, 6), J: 0}) == 12
    assert family("d", i) == family("d", i) != family("e", i)
    assert literal_list((a, a), i) == a
    with pytest.raises(SizeError):
        member.substitute({w: b + 1})
    with pytest.raises(SizeError):
        family(w, -1)


def test_evaluation() -> None:
    env = {A: 7, B: 2, H: 3, D: 0}
    assert (a // b + a % b).evaluate(env) == 4
    assert (-a // b).evaluate(env) == -4
    assert (a / b).evaluate(env) == Fraction(7, 2)
    assert ceil(a / b).evaluate(env) == 4
    assert minimum(a, b, h).evaluate(env) == 2
    assert power(2, b - h).evaluate(env) == Fraction(1, 2)
    assert conditional(Divides(b, a), 1, 2).evaluate(env) == 2
    assert Compare("<", b, a).evaluate(env)
    assert not Divides(d, a).evaluate(env)
    for undefined in (a / d, a // d, a / (b - h + 1), i, power(2, a / b)):
        with pytest.raises(SizeError):
            undefined.evaluate(env)


def test_one_form_for_what_is_the_same_without_facts() -> None:
    assert (a - 1) // 2 == (a + 1) // 2 - 1
    assert (a // 2) // 3 == a // 6
    assert (2 * a + 1) // 2 == a
    assert (a + b) // b == a // b + 1
    assert (2 * a) // (2 * b) == a // b
    assert (a * (a + 1) + b) // 2 == a * (a + 1) / 2 + b // 2
    assert a % 2 == a - 2 * (a // 2)
    assert maximum(a + 1, b + 1) == maximum(b, a) + 1
    assert maximum(2 * a, maximum(b, 2 * a), b) == maximum(b, 2 * a)
    assert maximum(a, a + 1, 3, 4) == maximum(a + 1, 4)
    assert minimum(a) == a
    assert power(4, a) == power(2, 2 * a)
    assert power(6, a) == power(2, a) * power(3, a)
    assert power(2, a + b) / power(2, b) == power(2, a)
    assert power(1, a) == Dim.of(1)
    assert choose(a, 2) == a * (a - 1) / 2
    assert choose(5, 3) == Dim.of(10)
    assert conditional(Compare("!=", a, b), 1, 2) == conditional(Compare("==", b, a), 2, 1)
    assert conditional(Compare("<", a, b), 1, 2) == conditional(Compare("<=", b, a), 2, 1)
    assert conditional(Compare("==", a, b), h, h) == h


def test_what_needs_facts_is_left_alone() -> None:
    assert (a // b) // h != a // (b * h)  # b and h may be negative
    assert maximum(0, a) != a
    assert (a / b) * 1 != a // b
    assert (a // 2 + h / b) // 3 != (a / 2 + h / b) // 3  # h / b may be no whole number


def test_whole_numbers_without_facts() -> None:
    assert (a * b + a // 2 - choose(a, 0)).plainly_integral()
    assert not (a / 2).plainly_integral()
    assert not (2**a).plainly_integral()  # a may be negative
    assert not Dim.of(fresh("x", "number")).plainly_integral()


@pytest.mark.parametrize(
    ("fact", "decided"),
    [
        (Compare("<=", a, a + 1), True),
        (Compare("==", a, a + 1), False),
        (Compare("<=", a, b), None),
        (Divides(2, 4 * a), True),
        (Divides(2, a), None),
        (Divides(0, a), False),
        (Divides(2, 5), False),
        (Divides(a, a * b), None),  # a may be 0
    ],
)
def test_facts_decide_where_symbols_do_not_matter(
    fact: Compare | Divides, decided: bool | None
) -> None:
    assert fact.decide() is decided


# ---- limits ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "build",
    [
        lambda: Dim.of(2) ** 10**9,
        lambda: a**10**9,
        lambda: (2**a) ** 5000,
        lambda: 2 ** (a + 10**9),
        lambda: Dim.of(1 << 5000),
        lambda: Dim.of(10) ** 1000 * Dim.of(10) ** 1000,
        lambda: (a + b + h + d) ** 40,
        lambda: choose(a, 10**6),
        lambda: choose(a + b + h + d + i, 50),
        lambda: (2**a).evaluate({A: 10**9}),
        lambda: (a**4000).evaluate({A: 10**3}),
        lambda: nested(100),
    ],
)
def test_beyond_the_limits(build: object) -> None:
    with pytest.raises(SizeLimit) as found:
        build()  # type: ignore[operator]
    assert str(found.value)


def nested(depth: int) -> Dim:
    dim = a
    for _ in range(depth):
        dim = (dim - 1) // b + 1
    return dim


@pytest.mark.parametrize(
    "build",
    [
        lambda: a / 0,
        lambda: a // 0,
        lambda: a % 0,
        lambda: 1 / (a - a),
        lambda: power(0, a),
        lambda: power(-2, a),
        lambda: power(b, a),
        lambda: choose(a, b),
        lambda: maximum(),
        lambda: literal_list((), i),
        lambda: literal_list((1, 2), 2),
        lambda: literal_list((1, 2), Dim.of(1) / 2),
    ],
)
def test_without_a_value(build: object) -> None:
    with pytest.raises(SizeError) as found:
        build()  # type: ignore[operator]
    assert str(found.value)


def test_a_shared_part_is_visited_once() -> None:
    dim = a
    for _ in range(45):
        dim = dim + dim // b
    assert dim.substitute({B: h}).evaluate({A: 8, H: 2}) == dim.evaluate({A: 8, B: 2})


@pytest.mark.parametrize("module", [dims, facts])
def test_examples_in_docstrings(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


def test_needs_only_the_standard_library_and_attrs() -> None:
    code = (
        "import sys, catnn.types.solve;"
        "found = {name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names;"
        "print(sorted(found - {'attr', 'attrs', 'catnn', '__main__'}))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, env=_path()
    )
    assert done.stdout.strip() == "[]", done.stderr


def _path() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(path for path in sys.path if path)}
