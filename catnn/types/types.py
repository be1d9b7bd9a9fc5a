"""Types of values: tensors over element sets, products, type variables.

The shapes hold symbolic sizes (`Dim`); a `Row` stands for any number of axes
(`..s`). `[n; A]` distributes over products, so only `Abstract`, a type
variable, ever carries a lead of its own.
"""

from collections.abc import Mapping
from typing import TypeAlias

from attrs import field, frozen

from catnn.types.dims import Dim, SizeLimit, Symbol

MOST_LEAVES = 4096
"""How many parts a tuple may have in all, those of its components counted."""

# ---- elements -------------------------------------------------------------------------


@frozen
class Real:
    """Floating-point numbers in the precision of the module."""

    def __str__(self) -> str:
        return ""


@frozen
class Bool:
    def __str__(self) -> str:
        return "bool"


@frozen
class Int:
    def __str__(self) -> str:
        return "int"


@frozen
class Complex:
    def __str__(self) -> str:
        return "complex"


@frozen
class Index:
    """Indices into a set of `size` elements: integers `0 <= k < size`."""

    size: Dim

    def __str__(self) -> str:
        return f"ix({self.size})"


Element: TypeAlias = Real | Bool | Int | Complex | Index

REAL = Real()
BOOL = Bool()
INT = Int()
COMPLEX = Complex()

# ---- shapes ---------------------------------------------------------------------------


@frozen
class Row:
    """Any number of axes: `..s` of a signature (kind `size`), or one to be found (`meta`)."""

    symbol: Symbol

    def __str__(self) -> str:
        return ".." if self.symbol.kind == "meta" else f"..{self.symbol.name}"


ShapeItem: TypeAlias = Dim | Row
Shape: TypeAlias = tuple[ShapeItem, ...]


@frozen(cache_hash=True)
class Tensor:
    """`element[shape]`; the empty shape is a scalar."""

    element: Element
    shape: Shape = ()

    def __str__(self) -> str:
        axes = ", ".join(map(str, self.shape))
        if isinstance(self.element, Real):
            return f"[{axes}]"
        return f"{self.element}[{axes}]" if self.shape else str(self.element)


@frozen(cache_hash=True)
class Product:
    """A tuple, or a record where `labels` are given; the empty one is the unit."""

    items: tuple["Type", ...] = ()
    labels: tuple[str, ...] | None = None
    leaves: int = field(init=False, eq=False, repr=False)

    @leaves.default
    def _count(self) -> int:
        """How many parts there are in all; a type that doubles at each step ends here."""
        count = sum(item.leaves if isinstance(item, Product) else 1 for item in self.items)
        if count > MOST_LEAVES:
            raise SizeLimit(f"a tuple of more than {MOST_LEAVES} parts")
        return count

    def __str__(self) -> str:
        if self.labels is None:
            return f"({', '.join(map(str, self.items))})"
        fields = (f"{label} : {item}" for label, item in zip(self.labels, self.items, strict=True))
        return f"({', '.join(fields)})"


@frozen(cache_hash=True)
class Abstract:
    """A type variable `A`, under the leading axes of `[n; A]`."""

    symbol: Symbol
    lead: Shape = ()

    def __str__(self) -> str:
        if not self.lead:
            return self.symbol.name
        return f"[{', '.join(map(str, self.lead))}; {self.symbol.name}]"


@frozen(cache_hash=True)
class SizeType:
    """`size(n)`: a value that carries the run-time size `n`."""

    size: Dim

    def __str__(self) -> str:
        return f"size({self.size})"


@frozen(cache_hash=True)
class Several:
    """`(& i < k) A[i]` while `k` is a symbol: a tuple of `count` components, `item` at each `index`."""

    index: Symbol
    count: Dim
    item: "Type"

    def __str__(self) -> str:
        return f"(& {self.index.name} < {self.count}) {self.item}"


Type: TypeAlias = Tensor | Product | Abstract | SizeType | Several


MOST = 512
"""How many components a tuple may be written out to."""


def several(index: Symbol, count: Dim, item: Type) -> Type:
    """`(& i < count) item`, written out where the count is known."""
    known = count.as_int()
    if known is None:
        return Several(index, count, item)
    if known > MOST:
        raise SizeLimit(f"a tuple of {known} components")
    return Product(tuple(at(item, {index: Dim.of(turn)}) for turn in range(known)))


def at(type_: Type, sizes: Mapping[Symbol, Dim]) -> Type:
    """The type with symbols of sizes replaced."""

    def shape(items: Shape) -> Shape:
        return tuple(i.substitute(sizes) if isinstance(i, Dim) else i for i in items)

    match type_:
        case Tensor(Index(size), own):
            return Tensor(Index(size.substitute(sizes)), shape(own))
        case Tensor(element, own):
            return Tensor(element, shape(own))
        case Product(items, labels):
            return Product(tuple(at(item, sizes) for item in items), labels)
        case Abstract(symbol, lead):
            return Abstract(symbol, shape(lead))
        case SizeType(size):
            return SizeType(size.substitute(sizes))
        case Several(index, count, item):
            return several(index, count.substitute(sizes), at(item, sizes))


@frozen(cache_hash=True)
class Arrow:
    """The type of a morphism, with the contexts that it still wants; `A -o B` if it is linear."""

    source: Type
    target: Type
    contexts: tuple[tuple[str, Type], ...] = field(default=())
    is_linear: bool = False

    def __str__(self) -> str:
        over = ", ".join(f"{name} : {context}" for name, context in self.contexts)
        sign = "-o" if self.is_linear else "->"
        return f"{self.source} {sign} {self.target}" + (f" over {over}" if over else "")


SCALAR = Tensor(REAL)
UNIT = Product()
