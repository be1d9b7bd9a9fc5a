"""What a backend does for laws: compute both sides once, on given sizes and drawn numbers."""

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

from attrs import frozen

from catnn.ir.terms import Program

Operator: TypeAlias = Literal["==", "<="]


@frozen
class Trial:
    """Both sides once: `excess` is their difference over the tolerance, so above 1 they differ.

    `undefined` says that both sides have elements that are no numbers, which says
    nothing about the law.
    """

    excess: float
    what: str = "value"
    undefined: bool = False


@frozen
class Shown:
    """A counterexample for people: inputs, parameters if they are few, and what the sides are there."""

    inputs: Mapping[str, str]
    left: str
    right: str
    what: str


class Sides(Protocol):
    """A law at chosen static sizes, ready to be computed."""

    def trial(self, sizes: Mapping[str, int], seed: int) -> Trial:
        """Draw parameters and inputs from `seed`, and compare the sides."""
        ...

    def shown(self, sizes: Mapping[str, int], seed: int) -> Shown:
        """A failing trial with simpler inputs, if simpler ones fail as well."""
        ...


class Evaluator(Protocol):
    """A backend that can compute the sides of laws."""

    def sides(
        self, program: Program, operator: Operator, scope: Literal["value", "gradient"]
    ) -> Sides:
        """The pair of sides that a law is."""
        ...

    def pair(self, one: Program, other: Program, names: Mapping[str, str]) -> Sides:
        """Two models as the sides of an equation: `names` maps parameters of the first.

        `CatError` (E0606) if parameters do not correspond.
        """
        ...


__all__ = ["Evaluator", "Shown", "Sides", "Trial"]
