"""Substitution in sizes: symbols, atoms and families replaced, everything in normal form again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from catnn.types.atoms import (
    BOUND,
    Atom,
    Compound,
    Conditional,
    Extremum,
    Floor,
    Inverse,
    Listing,
    Member,
    Power,
    Symbol,
    Total,
    family_name,
)
from catnn.types.dim_core import Dim
from catnn.types.dim_forms import conditional, extremum, family, floor, literal_list, power, total
from catnn.types.dim_limits import SizeError

Members: TypeAlias = Dim | Symbol | Sequence[Dim]


class Replacement:
    """One substitution in many sizes; it remembers what it made of each atom.

    `images` are what atoms become, at the top and inside other atoms; `families`
    are what families of sizes become: a list, a symbol, or a size that is a symbol.
    """

    def __init__(
        self,
        images: Iterable[tuple[Atom, Dim]],
        families: Mapping[Symbol, Members] | None = None,
    ) -> None:
        self.images: dict[Atom, Dim] = dict(images)
        self.families = families or {}
        self.symbols = {atom for atom in self.images if isinstance(atom, Symbol)}
        self.symbols.update(self.families)
        self.only_symbols = all(isinstance(atom, Symbol) for atom in self.images)
        self.known: dict[Atom, Dim | None] = {}

    def __call__(self, dim: Dim) -> Dim:
        return dim.rebuild(self._image)

    def _image(self, atom: Atom) -> Dim | None:
        if atom in self.images:
            return self.images[atom]
        if not isinstance(atom, Compound):
            return None
        if atom not in self.known:
            self.known[atom] = self._inside(atom)
        return self.known[atom]

    def _inside(self, atom: Compound) -> Dim | None:
        if self.only_symbols and atom.symbols().isdisjoint(self.symbols):
            return None
        found = rebuilt(atom, self, self.families)
        return None if found == Dim.atom(atom) else found


def rebuilt(
    atom: Compound,
    change: Callable[[Dim], Dim],
    families: Mapping[Symbol, Members] | None = None,
) -> Dim:
    """The atom with every part changed, in normal form again."""
    match atom:
        case Floor():
            return floor(change(atom.argument))
        case Extremum():
            return extremum(atom.greatest, [change(argument) for argument in atom.arguments])
        case Power():
            return power(atom.base, change(atom.exponent))
        case Inverse():
            return Dim.of(1) / change(atom.divisor)
        case Member():
            return _member(atom.family, change(atom.index), families or {})
        case Total():
            return total(BOUND, change(atom.count), change(atom.term))
        case Listing():
            return literal_list([change(value) for value in atom.values], change(atom.index))
        case Conditional():
            fact = atom.fact.map(change)
            decided = fact.decide()
            if decided is not None:
                return change(atom.then if decided else atom.otherwise)
            return conditional(fact, change(atom.then), change(atom.otherwise))
    raise TypeError(f"no atom: {atom!r}")


def _member(name: Symbol | str, index: Dim, families: Mapping[Symbol, Members]) -> Dim:
    found = families.get(name) if isinstance(name, Symbol) else None
    if found is None:
        return family(name, index)
    if isinstance(found, Dim):
        symbol = found.as_symbol()
        if symbol is None:
            raise SizeError(f"`{family_name(name)}` is a list, `{found}` is not")
        return family(symbol, index)
    return family(found, index) if isinstance(found, Symbol) else literal_list(found, index)


def substitute_families(dim: Dim, members: Mapping[Symbol, Members]) -> Dim:
    """`dim` with families replaced by lists of sizes or by other families."""
    return Replacement((), members)(dim)
