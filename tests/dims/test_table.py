"""Statements that must be provable, and statements that must not be accepted."""

from itertools import product

import pytest

from catnn.types.facts import Facts
from tests.dims import expressions as ex
from tests.dims.reading import declared, fact, read_fact, size, split

PROVED = """
multi-head attention          | h divides d                  | h * (d / h) == d
heads of a multiple           | h divides d                  | h divides d * k
quotients in turn             |                              | d / h / k == d / (h * k)
grouped heads                 | h divides d, g divides h     | d / h * (h / g) * g == d
grouped heads divide          | h divides d, g divides h     | g divides d
group size                    | h divides d, g divides h     | h / g >= 1
rotary                        | 2 divides r                  | 2 * (r / 2) == r
rotary on heads               | h divides d, 2 divides d / h | 2 * ((d / h) // 2) == d / h
rotary makes the width even   | h divides d, 2 divides d / h | 2 divides d
bidirectional halves          | 2 divides d                  | d / 2 + d / 2 == d
odd kernel                    | k % 2 == 1                   | 2 * (k // 2) == k - 1
odd kernel halves             | k % 2 == 1                   | k // 2 == (k - 1) / 2
same padding                  | k % 2 == 1                   | h + 2 * (k // 2) - k + 1 == h
strided same padding          | k % 2 == 1                   | (h + 2 * (k // 2) - k) // s + 1 == (h - 1) // s + 1
dilated same padding          | k % 2 == 1                   | h + 2 * e * (k // 2) - e * (k - 1) == h
strided by two                | 2 divides n                  | (n + 2 - 3) // 2 + 1 == n // 2
strided by two, exact         | 2 divides n                  | (n + 2 - 3) // 2 + 1 == n / 2
strided twice                 | 4 divides t                  | ((t - 1) // 2 + 1 - 1) // 2 + 1 == t / 4
stride that divides           | s divides h                  | (h - 1) // s + 1 == h / s
patches of a convolution      | p divides h                  | (h - p) // p + 1 == h / p
ViT patches                   | p divides h, p divides w     | (h / p) * (w / p) * (p * p * c) == h * w * c
ViT patches are an axis       | p divides h, p divides w     | (h / p) * (w / p) >= 1
ViT with a fact for each      | a == h / p, b == w / p       | a * p * b * p == h * w
pixel shuffle                 | r * r divides c              | c / (r * r) * (h * r) * (w * r) == c * h * w
two divisors of one size      | p divides n, q divides n     | p * (n / p) == q * (n / q)
two divisors, their product   | p divides n, q divides n     | p * q divides n * n
literal divisors join         | 2 divides n, 3 divides n     | 6 divides n
remainders join               | n % 2 == 1, n % 3 == 1       | 6 divides n - 1
divisors in turn              | a divides b, b divides c     | a divides c
divisor of a sum              | h divides d, h divides e     | h divides d + e
divisor of a difference       | h divides d, h divides d + e | h divides e
a sum that divides            | h + w divides d              | (h + w) * (d / (h + w)) == d
a larger power divides        | 4 divides h                  | 2 divides h / 2
U-Net, one level              | 2^k divides h                | 2 divides h
U-Net, next level             | 2^k divides h                | 2^(k - 1) divides h / 2
U-Net, two levels             | 2^k divides h, k >= 2        | 4 divides h
U-Net, in an else branch      | k >= 0, 2^k divides h, k != 0 | 2 divides h
U-Net, pooling                | 2^k divides h                | (h - 2) // 2 + 1 == h / 2
U-Net, up again               | 2^k divides h                | 2 * ((h - 2) // 2 + 1) == h
U-Net, an axis                | 2^k divides h                | h / 2 >= 1
U-Net, both axes              | 2^k divides h, 2^k divides w | 4 divides h * w
powers grow                   |                              | 2^k >= k + 1
powers of an index            | i <= n                       | 2^i <= 2^n
doubling                      |                              | 2^(n - 1) + 2^(n - 1) == 2^n
halving                       |                              | 2^n - 2^(n - 1) == 2^(n - 1)
powers multiply               |                              | 2^i * 2^j == 2^(i + j)
bases factor                  |                              | 6^k == 2^k * 3^k
squares of bases              |                              | 4^k == 2^(2 * k)
width doubles                 |                              | 2^i * 2 == 2^(i + 1)
nested floors                 |                              | (a // b) // c == a // (b * c)
nested floors, literal        |                              | (a // 2) // 3 == a // 6
nested floors, halves         | 2 divides n                  | (n // 2) // s == n // (2 * s)
floor of a floor plus one     |                              | (a // b + 1) // c == (a + b) // (b * c)
remainders                    |                              | s * (n // s) + n % s == n
remainder is small            |                              | n % s < s
remainder is not negative     |                              | n % s >= 0
remainder of a multiple       | s divides n                  | n % s == 0
a small negative quotient      | k <= n                       | -k // (n + 1) == -1
reciprocal where it has a value | k >= 0                      | n / k >= 0
ceil by floor                 |                              | ceil(n / s) == (n + s - 1) // s
ceil of a half                |                              | ceil(n / 2) == (n + 1) // 2
ceil and floor of a half      |                              | ceil(n / 2) + n // 2 == n
capacity is an axis           |                              | ceil(1.25 * t / e) >= 1
pairs                         |                              | 2 divides n * (n - 1)
triples                       |                              | 6 divides n * (n - 1) * (n - 2)
choose                        |                              | choose(n, 2) == n * (n - 1) / 2
choose recurs                 |                              | choose(n + 1, 2) == choose(n, 2) + n
least rank                    | r <= min(o, c)               | r <= o
least rank, both              | r <= o, r <= c               | r <= min(o, c)
least rank of factors         | p divides o, q divides c, r <= min(p * q, o / p * (c / q)) | r <= p * q
extrema of two                |                              | min(a, b) + max(a, b) == a + b
extrema shift                 |                              | max(a + 1, b + 1) == max(a, b) + 1
extrema scale                 |                              | max(2 * a, 2 * b) == 2 * max(a, b)
extrema scale by a size       |                              | max(c * a, c * b) == c * max(a, b)
extrema negate                |                              | max(-a, -b) == -min(a, b)
extrema nest                  |                              | max(a, max(b, c)) == max(max(a, b), c)
extrema absorb                |                              | min(a, max(a, b)) == a
extrema decided               | k <= n                       | max(k, n) == n
no maximum with zero          |                              | max(0, n) == n
spectral modes                | 2 * k <= h, k <= w // 2 + 1  | w // 2 + 1 - k >= 0
computed axis                 | n >= 3                       | n - 2 >= 1
computed axis by a fact       | k <= n                       | n - k + 1 >= 1
convolved axis                |                              | (h - 1) // s + 1 >= 1
a floor is at most            |                              | h // s <= h
a floor of something larger   | s <= h                       | h // s >= 1
a quotient is at most         | h divides d                  | d / h <= d
a divisor is at most          | h divides d                  | h <= d
transitive order              | a <= b, b < c                | a < c
order of products             | k <= n                       | h * k <= h * n
order of squares              | k <= n                       | k * k <= n * n
two bounds are an equation    | a <= b, b <= a               | a == b
experts                       | top <= g * k                 | g * k - top >= 0
an equation used              | k == o + c                   | k - o == c
an equation of products       | a * b == c * d               | a * b * e == c * e * d
an equation under a floor     | w == h // 2                  | 2 * w <= h
an equation of a floor        | h // s == 4                  | 4 * s <= h
an index is in range          | i < n                        | i + 1 <= n
an index makes an axis        | i < n                        | n - i >= 1
a branch taken                | i == 0                       | (if i == 0 then 1 else 2) == 1
a branch not taken            | i >= 1                       | (if i == 0 then 1 else 2) == 2
either branch                 |                              | (if i == 0 then 1 else 2) >= 1
either branch equal           | n == m                       | (if i == 0 then n else m) == m
strided by a branch           |                              | (h - 1) // (if i == 0 then 1 else 2) + 1 >= 1
member of a list              |                              | (3, 4, 6, 3)[2] == 6
members are at least          |                              | (3, 4, 6, 3)[i] >= 3
else of an axis               | n != 1                       | n >= 2
parity tells apart            | k % 2 == 1                   | 2 * m != k
whole numbers between         | 2 * n < 5                    | n <= 2
partial fractions             |                              | 1 / (a * (a + 1)) == 1 / a - 1 / (a + 1)
difference of squares         |                              | (a * a - b * b) / (a - b) == a + b
size of a join                | d == p + q                   | d - p == q
"""

REFUSED = """
doubling is not the identity  |                              | 2 * n == n
catgrad's mistake, larger     | 2 divides n                  | 2 * n == n
no fact, no division          |                              | h divides d
the wrong way round           | h divides d                  | d divides h
two divisors, their product   | p divides n, q divides n     | p * q divides n
even kernels                  |                              | 2 * (k // 2) == k - 1
strided by two, no fact       |                              | (n + 2 - 3) // 2 + 1 == n // 2
U-Net, too deep               | 2^k divides h                | 4 divides h
U-Net, depth 0                | k >= 0, 2^k divides h        | 2 divides h
computed axis, no fact        |                              | n - 2 >= 1
too many heads                | h divides d                  | 2 divides d / h
floors do not add             |                              | a // 2 + b // 2 == (a + b) // 2
ceil is not floor             |                              | ceil(n / s) == n // s
halves do not pair so         |                              | (n + 1) // 2 == -n - n // 2
products of floors            |                              | (a // b) * b == a
nearly an axis                | k <= n                       | n - k >= 1
nearly in range               | i <= n                       | i + 1 <= n
undecided maximum             |                              | max(k, n) == n
half a square                 |                              | 2 divides n * n
remainder is no quotient      |                              | n % s == n // s
squares are not doubles       |                              | n * n == 2 * n
powers are not products       |                              | 2^(i + j) == 2^i + 2^j
members differ                |                              | (3, 4, 6, 3)[i] == 3
order of squares              |                              | k * k <= n * n
a sum is not divided          | h divides d + e              | h divides d
stride of a patch             |                              | (h - p) // p + 1 == h / p
"""

REFUTED = """
doubling a size               |                              | 2 * n == n
doubling an even size         | 2 divides n                  | 2 * n == n
odd is not even               | k % 2 == 1                   | 2 divides k
one more                      |                              | n == n + 1
parity                        |                              | 2 * n == 2 * m + 1
remainders modulo four        | n % 4 == 1                   | 2 divides n
too large to divide           | d < h                        | h divides d
too many                      | k > n                        | k <= n
literal                       |                              | 4 == 5
literal division              |                              | 2 divides 5
an empty axis                 |                              | n < 1
the other branch              | i >= 1                       | (if i == 0 then 1 else 2) == 1
"""


def rows(table: str) -> list[object]:
    found: list[object] = []
    for line in table.strip().splitlines():
        name, facts, goal = (part.strip() for part in line.split("|"))
        found.append(pytest.param(facts, goal, id=name))
    return found


def scope(facts: str, goal: str) -> Facts:
    """All sizes at least 1 (unless a fact says `>= 0`), indices at least 0, the facts assumed."""
    stated = split(facts)
    names = ex.mentioned(read_fact(goal)).union(*(ex.mentioned(read_fact(s)) for s in stated))
    found = Facts.EMPTY
    for name in sorted(names):
        found = declared(found, name, 0 if f"{name} >= 0" in stated else 1)
    for one in stated:
        found = found.assume(fact(one))
    return found


@pytest.mark.parametrize(("facts", "goal"), rows(PROVED))
def test_proved(facts: str, goal: str) -> None:
    theory = scope(facts, goal)
    assert theory.prove(fact(goal))
    assert not theory.refute(fact(goal))
    assert theory.consistent()


@pytest.mark.parametrize(("facts", "goal"), rows(REFUSED))
def test_refused(facts: str, goal: str) -> None:
    assert not scope(facts, goal).prove(fact(goal))


@pytest.mark.parametrize(("facts", "goal"), rows(REFUTED))
def test_refuted(facts: str, goal: str) -> None:
    theory = scope(facts, goal)
    assert theory.refute(fact(goal))
    assert not theory.prove(fact(goal))


@pytest.mark.parametrize(("facts", "goal"), rows(REFUSED))
def test_what_is_refused_is_false_somewhere(facts: str, goal: str) -> None:
    """The table itself is right: an assignment satisfies the facts and falsifies the goal."""
    stated = [read_fact(one) for one in split(facts)]
    wanted = read_fact(goal)
    names = sorted(ex.mentioned(wanted).union(*map(ex.mentioned, stated)))
    zero = {name for name in names if name in "ij" or f"{name} >= 0" in facts}
    columns = [range(0 if name in zero else 1, 9) for name in names]
    assert any(
        _falsifies(stated, wanted, dict(zip(names, row, strict=True))) for row in product(*columns)
    )


def _falsifies(stated: list[ex.Expression], wanted: ex.Expression, at: dict[str, int]) -> bool:
    try:
        return all(ex.holds(one, at) for one in stated) and not ex.holds(wanted, at)
    except ex.Undefined:
        return False


@pytest.mark.parametrize(
    "facts",
    [
        "k % 2 == 1, 2 divides k",
        "k < n, n < k",
        "n % 4 == 1, n % 6 == 2",
        "n == n + 1",
        "a == b + 1, b == a",
        "2 * n == 5",
        "n >= 3, n <= 2",
        "a <= b, b <= c, c < a",
        "h divides d, d < h",
        "0 divides n",
        "n != n",
        "k == 3, 2 divides k",
    ],
)
def test_contradictions(facts: str) -> None:
    found = scope(facts, "n == n")
    assert not found.consistent()
    assert found.prove(fact("n == n"))
    assert found.equal(size("4 * n // 2"), size("2 * n"))
