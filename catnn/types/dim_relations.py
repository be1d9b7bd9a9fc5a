"""Facts about sizes: `h divides d`, `k <= n`. What `where` clauses and `if` conditions state."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Literal, TypeAlias

from attrs import field, frozen

from catnn.types.atoms import Assignment, Env, Number, Symbol
from catnn.types.dim_core import Dim, Sizelike

Operator: TypeAlias = Literal["<=", "<", ">=", ">", "==", "!="]

NEGATED: dict[Operator, Operator] = {
    "<=": ">", "<": ">=", ">=": "<", ">": "<=", "==": "!=", "!=": "==",
}  # fmt: skip


def as_dim(value: Sizelike) -> Dim:
    return Dim.of(value)


@frozen(cache_hash=True)
class Divides:
    """`dividend / divisor` is a whole number, and `divisor` is not 0."""

    divisor: Dim = field(converter=as_dim)
    dividend: Dim = field(converter=as_dim)

    def dims(self) -> tuple[Dim, ...]:
        return (self.divisor, self.dividend)

    def symbols(self) -> frozenset[Symbol]:
        return self.divisor.symbols() | self.dividend.symbols()

    def map(self, change: Callable[[Dim], Dim]) -> "Fact":
        return Divides(change(self.divisor), change(self.dividend))

    def substitute(self, mapping: Mapping[Symbol, Dim]) -> "Fact":
        return self.map(lambda dim: dim.substitute(mapping))

    def evaluate(self, env: Env) -> bool:
        return self.holds(Assignment(env))

    def holds(self, at: Assignment) -> bool:
        divisor, dividend = Fraction(self.divisor.value(at)), self.dividend.value(at)
        return divisor != 0 and (dividend / divisor).denominator == 1

    def decide(self) -> bool | None:
        """Whether it holds, if that does not depend on the symbols."""
        divisor, dividend = self.divisor.as_fraction(), self.dividend.as_fraction()
        if divisor == 0:
            return False
        if divisor is not None and dividend is not None:
            return (dividend / divisor).denominator == 1
        if divisor is not None and (self.dividend / self.divisor).plainly_integral():
            return True
        return None

    def __str__(self) -> str:
        return f"{self.divisor} divides {self.dividend}"


@frozen(cache_hash=True)
class Compare:
    """An equation or inequality of two sizes."""

    op: Operator
    left: Dim = field(converter=as_dim)
    right: Dim = field(converter=as_dim)

    def dims(self) -> tuple[Dim, ...]:
        return (self.left, self.right)

    def symbols(self) -> frozenset[Symbol]:
        return self.left.symbols() | self.right.symbols()

    def map(self, change: Callable[[Dim], Dim]) -> "Fact":
        return Compare(self.op, change(self.left), change(self.right))

    def substitute(self, mapping: Mapping[Symbol, Dim]) -> "Fact":
        return self.map(lambda dim: dim.substitute(mapping))

    def negated(self) -> "Compare":
        return Compare(NEGATED[self.op], self.left, self.right)

    def evaluate(self, env: Env) -> bool:
        return self.holds(Assignment(env))

    def holds(self, at: Assignment) -> bool:
        return compared(self.op, self.left.value(at) - self.right.value(at))

    def decide(self) -> bool | None:
        """Whether it holds, if that does not depend on the symbols."""
        difference = (self.left - self.right).as_fraction()
        return None if difference is None else compared(self.op, difference)

    def __str__(self) -> str:
        return f"{self.left} {self.op} {self.right}"


Fact: TypeAlias = Divides | Compare


def compared(op: Operator, difference: Number) -> bool:
    """Whether `left op right`, given `left - right` as a number."""
    match op:
        case "<=":
            return difference <= 0
        case "<":
            return difference < 0
        case ">=":
            return difference >= 0
        case ">":
            return difference > 0
        case "==":
            return difference == 0
        case "!=":
            return difference != 0
