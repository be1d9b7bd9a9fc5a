"""Sizes as sympy expressions agree with sizes at random values."""

from fractions import Fraction

import pytest

from catnn.cost.formula import formula
from catnn.types.dims import Dim, ceil, conditional, fresh, literal_list, maximum, minimum, power
from catnn.types.facts import Compare, Divides

N, K = fresh("n"), fresh("k")
n, k = Dim.of(N), Dim.of(K)

FORMS = [
    Dim.of(0),
    3 * n * n - k / 2 + 7,
    n / k + k / n,
    (n + 2 * k - 3) // 2 + 1,
    ceil(n / 3) * (n % k),
    maximum(n, k, 5) - minimum(n * k, 17),
    power(Dim.of(2), n) * n,
    (n + 1) / (n + k),
    conditional(Compare("<=", n, k), n, 2 * k),
    conditional(Divides(k, n), n / k, k),
    literal_list([Dim.of(3), n, k], n % 3),
]


@pytest.mark.parametrize("dim", FORMS, ids=str)
@pytest.mark.parametrize("values", [(1, 1), (2, 3), (7, 2), (12, 4)])
def test_the_values_agree(dim: Dim, values: tuple[int, int]) -> None:
    import sympy

    symbols = [sympy.Symbol(name, integer=True, positive=True) for name in ("n", "k")]
    expected = dim.evaluate({N: values[0], K: values[1]})
    found = formula(dim).subs(dict(zip(symbols, values, strict=True)))
    assert Fraction(int(found.p), int(found.q)) == expected


def test_different_sizes_of_one_name_stay_different() -> None:
    other = Dim.of(fresh("n"))
    assert str(formula(n - other)) == "n - n_2"
