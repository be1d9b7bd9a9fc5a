"""Normal forms of what is no Laurent polynomial: floors, extrema, powers, members, conditions.

Everything here holds for all integer values of the symbols, negative ones and
0 included; what needs facts is in `dim_normal`.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import lcm, prod

from catnn.types import dim_terms
from catnn.types.atoms import (
    BOUND,
    MAX_COUNT,
    Atom,
    Extremum,
    Floor,
    Number,
    Symbol,
    conditional_atom,
    extremum_atom,
    family_name,
    floor_atom,
    listing_atom,
    member_atom,
    position,
    power_atom,
    total_atom,
)
from catnn.types.dim_core import Dim, Sizelike, plainly_integral
from catnn.types.dim_limits import SizeError, SizeLimit, check_exponent, check_power, check_terms
from catnn.types.dim_relations import Compare, Divides, Fact
from catnn.types.dim_terms import ONE, Monomial, Terms

MAX_GRID = 1024
MAX_GROUP = 64
MAX_CHOOSE = 64

# ---- floors ---------------------------------------------------------------------------


def floor(argument: Dim) -> Dim:
    """The greatest integer that is at most `argument`.

    Whole parts come out, the constant is rounded as far as the denominators
    allow, and a floor inside a floor is flattened: `(a // b) // 3 = a // (3 * b)`.
    """
    whole, part = floor_parts(argument)
    return whole if part.is_constant() else whole + Dim.atom(floor_atom(part))


def floor_parts(argument: Dim) -> tuple[Dim, Dim]:
    """`floor(argument) = whole + floor(part)`, the part in normal form; a constant one has floor 0."""
    whole = Dim({})
    while True:
        out, part = _separate(argument)
        whole = whole + out
        inner = flattened(part, plainly_integral)
        if inner is None:
            return whole, part
        argument = inner


def ceil(argument: Sizelike) -> Dim:
    """The least integer that is at least `argument`: `-floor(-x)`."""
    dim = Dim.of(argument)
    if all(map(plainly_integral, dim.terms)):
        below = lcm(*(coefficient.denominator for coefficient in dim.terms.values()))
        return floor(dim + Fraction(below - 1, below))
    return -floor(-dim)


def _separate(argument: Dim) -> tuple[Dim, Dim]:
    """`argument = whole + part`: whole parts of whole terms, and the rest with its constant rounded."""
    whole: dict[Monomial, Number] = {}
    part: dict[Monomial, Number] = {}
    for monomial, coefficient in argument.terms.items():
        units = coefficient // 1 if plainly_integral(monomial) else 0
        if units:
            whole[monomial] = units
        if coefficient != units:
            part[monomial] = coefficient - units
    for group in integer_valued_groups(part):
        for monomial in group:
            whole[monomial] = whole.get(monomial, 0) + part.pop(monomial)
    constant = part.pop(ONE, 0)
    if constant:
        constant = _rounded(constant, part)
        if constant:
            part[ONE] = constant
    terms = {monomial: dim_terms.reduced(c) for monomial, c in whole.items() if c}
    return Dim(terms), Dim(part, argument.mixed)


def _rounded(constant: Number, rest: Terms) -> Number:
    """The constant of a floor, rounded down to a multiple of what the rest is a multiple of."""
    if not all(map(plainly_integral, rest)):
        return constant
    below = lcm(*(coefficient.denominator for coefficient in rest.values()))
    return dim_terms.reduced(Fraction(constant * below // 1, below))


def flattened(
    part: Dim, integral: Callable[[Monomial], bool], below: Dim | None = None
) -> Dim | None:
    """`(a + r) / c` for `(floor(a) + r) / c`, `r` a whole number and `c` a positive integer.

    Both have the same floor. `c` is the denominator of the coefficients, or `below`.
    """
    for monomial, coefficient in sorted(
        part.terms.items(), key=lambda term: term[0][0][0].uid if term[0] else 0
    ):
        scale = below if below is not None else Dim.of(coefficient.denominator)
        floors = [(atom, rest) for atom, rest in _floors(monomial)]
        for atom, rest in floors:
            unit = Dim({rest: coefficient}) * scale
            others = (part - Dim({monomial: coefficient})) * scale
            if unit.as_int() == 1 and all(
                c.denominator == 1 and integral(m) for m, c in others.terms.items()
            ):
                return (others + atom.argument) / scale
    return None


def _floors(monomial: Monomial) -> Iterator[tuple[Floor, Monomial]]:
    for atom, exponent in monomial:
        if isinstance(atom, Floor) and exponent == 1:
            yield atom, dim_terms.without(monomial, atom)[1]


def integer_valued_groups(terms: Terms) -> list[list[Monomial]]:
    """Groups of terms that are whole numbers together, such as `n^2 / 2 + n / 2`."""
    if not any(len(m) > 1 or (m and m[0][1] > 1) for m in terms):
        return []
    usable = [m for m in terms if m and plainly_integral(m)]
    return [group for group in _connected(usable) if _integer_valued(group, terms)]


def _connected(monomials: list[Monomial]) -> list[list[Monomial]]:
    """Monomials in groups that share no atoms with each other."""
    groups: list[tuple[set[Atom], list[Monomial]]] = []
    for monomial in monomials:
        atoms, members = {atom for atom, _ in monomial}, [monomial]
        apart = []
        for known in groups:
            if known[0].isdisjoint(atoms):
                apart.append(known)
            else:
                atoms, members = atoms | known[0], known[1] + members
        groups = [*apart, (atoms, members)]
    return [members for _, members in groups]


def _integer_valued(group: list[Monomial], terms: Terms) -> bool:
    """A polynomial of degree `e` in `x` is integer-valued if it is at `x = 0, .., e` (Polya)."""
    highest: dict[Atom, int] = {}
    for monomial in group:
        for atom, exponent in monomial:
            highest[atom] = max(exponent, highest.get(atom, 0))
    if len(group) > MAX_GROUP or max(highest.values()) > 64:
        return False
    if prod(e + 1 for e in highest.values()) > MAX_GRID:
        return False
    for point in product(*(range(exponent + 1) for exponent in highest.values())):
        at = dict(zip(highest, point, strict=True))
        value = sum(terms[m] * prod(at[atom] ** e for atom, e in m) for m in group)
        if value.denominator != 1:
            return False
    return True


# ---- extrema --------------------------------------------------------------------------


def minimum(*dims: Sizelike) -> Dim:
    """The least of the sizes."""
    return extremum(False, [Dim.of(dim) for dim in dims])


def maximum(*dims: Sizelike) -> Dim:
    """The greatest of the sizes."""
    return extremum(True, [Dim.of(dim) for dim in dims])


def extremum(greatest: bool, dims: Sequence[Dim]) -> Dim:
    """Flattened, without repetitions; what all arguments have in common comes out.

    `max(a + 1, b + 1) = max(a, b) + 1`, `max(2 * a, 2 * b) = 2 * max(a, b)`.
    """
    if not dims:
        raise SizeError("the extremum of no sizes")
    arguments = _without_worse(greatest, [part for dim in dims for part in spread(greatest, dim)])
    if len(arguments) == 1:
        return arguments[0]
    check_terms(len(arguments))
    monomials = {monomial for dim in arguments for monomial in dim.terms}
    shared = {m: min(dim.terms.get(m, 0) for dim in arguments) for m in monomials}
    common = Dim({m: c for m, c in shared.items() if c}, any(dim.mixed for dim in arguments))
    rests = [dim - common for dim in arguments]
    scale = dim_terms.content(c for dim in rests for c in dim.terms.values())
    ordered = sorted((dim / scale for dim in rests), key=order)
    return common + Dim.atom(extremum_atom(greatest, tuple(ordered))) * scale


def spread(greatest: bool, dim: Dim) -> list[Dim]:
    """The arguments of an extremum inside an extremum: `max(2 * max(a, b) + c, d)`.

    Only where there is one such: sums of several would multiply out.
    """
    found = [
        (monomial, atom)
        for monomial, coefficient in dim.terms.items()
        for atom, exponent in monomial[:1]
        if len(monomial) == 1 and exponent == 1 and isinstance(atom, Extremum)
        if atom.greatest == (greatest == (coefficient > 0))
    ]
    if len(found) != 1:
        return [dim]
    ((monomial, extreme),) = found
    coefficient = dim.terms[monomial]
    rest = dim - Dim({monomial: coefficient})
    return [argument * coefficient + rest for argument in extreme.arguments]


def _without_worse(greatest: bool, dims: list[Dim]) -> list[Dim]:
    """Only the best of those that differ by a constant."""
    best: dict[Dim, Number] = {}
    for dim in dims:
        constant = dim.terms.get(ONE, 0)
        shape = dim - Dim.of(constant)
        known = best.get(shape)
        if known is None or (constant > known) == greatest:
            best[shape] = constant
    return [shape + Dim.of(constant) for shape, constant in best.items()]


def order(dim: Dim) -> tuple[tuple[tuple[tuple[int, int], ...], Number], ...]:
    """A key that sorts sizes, the same way for as long as their atoms live."""
    return tuple(sorted((tuple((a.uid, e) for a, e in m), c) for m, c in dim.terms.items()))


# ---- powers ---------------------------------------------------------------------------


def power(base: Sizelike, exponent: Sizelike) -> Dim:
    """`base ^ exponent`: any base to a whole number, a positive literal to any size.

    `2^(i + 1) = 2 * 2^i`, `4^k = 2^(2 * k)`, `6^k = 2^k * 3^k`: prime bases, and exponents
    that are single monomials, so that powers multiply like any other atom.
    """
    base, exponent = Dim.of(base), Dim.of(exponent)
    whole = exponent.as_int()
    if whole is not None:
        return base.raised(whole)
    literal = base.as_fraction()
    if literal is None or literal <= 0:
        raise SizeError(f"the base of `({base})^({exponent})` is no positive number")
    result = Dim.of(1)
    for part, sign in ((literal.numerator, 1), (literal.denominator, -1)):
        for prime, multiplicity in _factors(part):
            result = result * _prime_power(prime, exponent * (sign * multiplicity))
    return result


def _prime_power(prime: int, exponent: Dim) -> Dim:
    factors: dict[Atom, int] = {}
    rest: dict[Monomial, Number] = {}
    scale: Number = 1
    for monomial, coefficient in exponent.terms.items():
        units = coefficient // 1 if plainly_integral(monomial) else 0
        if coefficient != units:
            rest[monomial] = coefficient - units
        if units and monomial:
            check_exponent(units)
            factors[power_atom(prime, Dim({monomial: 1}))] = units
        elif units:
            check_power(prime, units)
            scale = Fraction(prime) ** units
    if rest:
        factors[power_atom(prime, Dim(rest, exponent.mixed))] = 1
    monomial = tuple(sorted(factors.items(), key=lambda factor: factor[0].uid))
    return Dim({monomial: dim_terms.reduced(scale)})


def _factors(number: int) -> Iterator[tuple[int, int]]:
    """Prime factors with multiplicity; a part without factors below 1000 stays whole."""
    for prime in (2, *range(3, 1000, 2)):
        multiplicity = 0
        while number % prime == 0:
            number //= prime
            multiplicity += 1
        if multiplicity:
            yield prime, multiplicity
        if number == 1:
            return
    yield number, 1


def choose(dim: Sizelike, count: Sizelike) -> Dim:
    """The binomial coefficient `n * (n - 1) * .. * (n - k + 1) / k!` for a literal `k`."""
    dim, whole = Dim.of(dim), Dim.of(count).as_int()
    if whole is None or whole < 0:
        raise SizeError(f"`choose({dim}, {count})` needs a literal whole number")
    if whole > MAX_CHOOSE and dim.as_int() is None:
        raise SizeLimit(f"a choice of more than {MAX_CHOOSE}")
    if whole > 4 * MAX_CHOOSE:
        raise SizeLimit(f"a choice of more than {4 * MAX_CHOOSE}")
    result = Dim.of(1)
    for place in range(whole):
        result = result * (dim - place) / (place + 1)
    return result


# ---- members and conditions -----------------------------------------------------------


def family(name: Symbol | str, index: Sizelike) -> Dim:
    """Member `index` of a family of unknown sizes: `d[i]`."""
    index = Dim.of(index)
    value = index.as_fraction()
    if value is not None and (value < 0 or value.denominator != 1):
        raise SizeError(f"there is no member {value} in `{family_name(name)}`")
    return Dim.atom(member_atom(name, index))


def literal_list(values: Sequence[Sizelike], index: Sizelike) -> Dim:
    """Member `index` of a list of sizes; it projects where the index is a constant."""
    dims, index = tuple(map(Dim.of, values)), Dim.of(index)
    value = index.as_fraction()
    if value is not None:
        return dims[position(value, len(dims))]
    if not dims:
        raise SizeError("a member of an empty list")
    if all(dim == dims[0] for dim in dims):
        return dims[0]
    return Dim.atom(listing_atom(dims, index))


def total(index: Symbol, count: Sizelike, term: Sizelike) -> Dim:
    """The sum of `term` for `index` from 0 up to `count`: written out where the count is known."""
    count, term = Dim.of(count), Dim.of(term)
    if index not in term.symbols():
        return count * term
    whole = count.as_int()
    if whole is not None:
        if whole > MAX_COUNT:
            raise SizeLimit(f"a sum of {whole} sizes")
        result = Dim.of(0)
        for turn in range(whole):
            result = result + term.substitute({index: Dim.of(turn)})
        return result
    if index is not BOUND:
        if BOUND in term.symbols():
            raise SizeLimit("a sum of sizes inside another")
        term = term.substitute({index: Dim.of(BOUND)})
    return Dim.atom(total_atom(count, term))


def conditional(fact: Fact, then: Sizelike, otherwise: Sizelike) -> Dim:
    """`if fact then a else b`; decided where the fact is."""
    then, otherwise = Dim.of(then), Dim.of(otherwise)
    if then == otherwise:
        return then
    decided = fact.decide()
    if decided is not None:
        return then if decided else otherwise
    if isinstance(fact, Divides):
        return Dim.atom(conditional_atom(fact, then, otherwise))
    if fact.op in ("!=", "<", ">"):
        fact, then, otherwise = fact.negated(), otherwise, then
    return Dim.atom(conditional_atom(_canonical(fact), then, otherwise))


def _canonical(fact: Compare) -> Compare:
    """An equation or `<=` between coprime polynomials without negative coefficients."""
    left, right = (fact.right, fact.left) if fact.op == ">=" else (fact.left, fact.right)
    difference = left - right
    scale = dim_terms.content(difference.terms.values())
    if fact.op == "==" and difference.terms[dim_terms.leading(difference.terms)] < 0:
        scale = -scale
    difference = difference / scale
    positive = {m: c for m, c in difference.terms.items() if c > 0}
    above = Dim(positive, difference.mixed)
    return Compare("==" if fact.op == "==" else "<=", above, above - difference)
