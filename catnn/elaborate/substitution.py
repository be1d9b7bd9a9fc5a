"""The symbols of a definition replaced by what an instance gives them."""

from attrs import define, field

from catnn.elaborate.scope import FamilyEntry
from catnn.elaborate.unify import prefixed
from catnn.types.dims import Dim, Symbol
from catnn.types.facts import Fact
from catnn.types.types import (
    Abstract,
    Arrow,
    Index,
    Product,
    Row,
    Several,
    Shape,
    ShapeItem,
    SizeType,
    Tensor,
    Type,
    several,
)


@define
class Substitution:
    """Sizes, rows, type variables and lists of one definition, filled in."""

    sizes: dict[Symbol, Dim] = field(factory=dict)
    rows: dict[Symbol, Shape] = field(factory=dict)
    types: dict[Symbol, Type] = field(factory=dict)
    lists: dict[Symbol, FamilyEntry] = field(factory=dict)

    def dim(self, dim: Dim) -> Dim:
        if self.lists:
            from catnn.types.dims import substitute_families

            members = {
                s: e.members if e.members is not None else e.symbol for s, e in self.lists.items()
            }
            dim = substitute_families(dim, members)
        return dim.substitute(self.sizes)

    def shape(self, shape: Shape) -> Shape:
        items: list[ShapeItem] = []
        for item in shape:
            if isinstance(item, Row):
                items.extend(self.rows.get(item.symbol, (item,)))
            else:
                items.append(self.dim(item))
        return tuple(items)

    def type(self, type_: Type) -> Type:
        match type_:
            case Tensor(Index(size), shape):
                return Tensor(Index(self.dim(size)), self.shape(shape))
            case Tensor(element, shape):
                return Tensor(element, self.shape(shape))
            case Product(items, labels):
                return Product(tuple(map(self.type, items)), labels)
            case SizeType(size):
                return SizeType(self.dim(size))
            case Several(index, count, item):
                return several(index, self.dim(count), self.type(item))
            case Abstract(symbol, lead):
                found = self.types.get(symbol)
                lead = self.shape(lead)
                return Abstract(symbol, lead) if found is None else prefixed(lead, found)

    def arrow(self, arrow: Arrow) -> Arrow:
        contexts = tuple((name, self.type(context)) for name, context in arrow.contexts)
        source, target = self.type(arrow.source), self.type(arrow.target)
        return Arrow(source, target, contexts, arrow.is_linear)

    def fact(self, fact: Fact) -> Fact:
        return fact.map(self.dim)
