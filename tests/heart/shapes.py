"""Sizes and types of the tests' own model of the language; nothing here imports the checker."""

from collections.abc import Iterable, Mapping
from typing import NoReturn, TypeAlias, Union

from attrs import frozen

Atom: TypeAlias = Union[str, "Quotient"]
Monomial: TypeAlias = tuple[Atom, ...]


class Ill(Exception):
    """The program is ill-typed; `nodes` are the places whose types clash."""

    def __init__(self, why: str, *nodes: object) -> None:
        super().__init__(why)
        self.nodes = list(nodes)


class Unsure(Exception):
    """The model says nothing about such a program."""


@frozen
class Quotient:
    """`top // bottom`; where the division is exact it is written `top / bottom`."""

    top: "Size"
    bottom: int
    exact: bool

    def text(self) -> str:
        return f"(({self.top.text()}) {'/' if self.exact else '//'} {self.bottom})"


def _order(atom: Atom) -> str:
    return atom if isinstance(atom, str) else atom.text()


@frozen
class Size:
    """A polynomial over names and quotients: `((monomial, coefficient), ..)` in a fixed order."""

    terms: tuple[tuple[Monomial, int], ...]

    @staticmethod
    def of(value: Union[int, str, "Size", Quotient]) -> "Size":
        match value:
            case Size():
                return value
            case int():
                return Size((((), value),) if value else ())
            case _:
                return Size((((value,), 1),))

    @staticmethod
    def _collect(terms: Iterable[tuple[Monomial, int]]) -> "Size":
        found: dict[Monomial, int] = {}
        for monomial, factor in terms:
            key = tuple(sorted(monomial, key=_order))
            found[key] = found.get(key, 0) + factor
        ordered = sorted(found.items(), key=lambda item: [_order(a) for a in item[0]])
        return Size(tuple((m, c) for m, c in ordered if c))

    def __add__(self, other: "Size | int") -> "Size":
        return Size._collect((*self.terms, *Size.of(other).terms))

    def __sub__(self, other: "Size | int") -> "Size":
        return self + Size.of(other) * Size.of(-1)

    def __mul__(self, other: "Size | int") -> "Size":
        right = Size.of(other).terms
        return Size._collect((m + n, a * b) for m, a in self.terms for n, b in right)

    def quotient(self, bottom: int, exact: bool) -> "Size":
        if all(c % bottom == 0 for _, c in self.terms):
            return Size(tuple((m, c // bottom) for m, c in self.terms))
        known = self.number()
        if known is not None:
            return Size.of(known // bottom)
        return Size.of(Quotient(self, bottom, exact))

    def number(self) -> int | None:
        if not self.terms:
            return 0
        return self.terms[0][1] if self.terms[0][0] == () and len(self.terms) == 1 else None

    def name(self) -> str | None:
        """The name, if the size is one name."""
        match self.terms:
            case (((str(name),), 1),):
                return name
            case _:
                return None

    def positive(self) -> bool:
        """At least 1, seen at once: every name is at least 1."""
        plain = all(isinstance(a, str) for m, _ in self.terms for a in m)
        return plain and bool(self.terms) and all(c > 0 for _, c in self.terms)

    def names(self) -> frozenset[str]:
        found: set[str] = set()
        for monomial, _ in self.terms:
            for atom in monomial:
                found |= {atom} if isinstance(atom, str) else atom.top.names()
        return frozenset(found)

    def at(self, sizes: Mapping[str, int]) -> int:
        total = 0
        for monomial, factor in self.terms:
            for atom in monomial:
                factor *= (
                    sizes[atom] if isinstance(atom, str) else atom.top.at(sizes) // atom.bottom
                )
            total += factor
        return total

    def fill(self, sizes: Mapping[str, "Size"]) -> "Size":
        total = Size(())
        for monomial, factor in self.terms:
            product = Size.of(factor)
            for atom in monomial:
                if isinstance(atom, str):
                    product *= sizes.get(atom, Size.of(atom))
                else:
                    product *= atom.top.fill(sizes).quotient(atom.bottom, atom.exact)
            total += product
        return total

    def text(self) -> str:
        if not self.terms:
            return "0"
        parts = []
        for monomial, factor in self.terms:
            atoms = [_order(atom) for atom in monomial]
            number = [str(abs(factor))] if abs(factor) != 1 or not atoms else []
            parts.append(("- " if factor < 0 else "+ ") + " * ".join([*number, *atoms]))
        parts.sort(key=lambda part: part.startswith("-"))
        whole = " ".join(parts)
        return whole[2:] if whole.startswith("+ ") else "0 " + whole

    def as_factor(self) -> str:
        text = self.text()
        return text if text.isalnum() else f"({text})"


Shape: TypeAlias = tuple[Size, ...]


def clash(found: "Kind", due: "Kind", *nodes: object) -> NoReturn:
    """Raise `Ill` for types that differ for sure, `Unsure` where only elements or labels differ."""
    one, other = leaves(found), leaves(due)
    if [leaf.shape for leaf in one] != [leaf.shape for leaf in other]:
        raise Ill(f"{found.text()} against {due.text()}", *nodes)
    raise Unsure


def shape(*sizes: Size | int | str) -> Shape:
    return tuple(map(Size.of, sizes))


# ---- types ------------------------------------------------------------------------------


@frozen
class Of:
    """A tensor: `kind` is real, int, bool or ix; `count` the size of the index set."""

    shape: Shape
    kind: str = "real"
    count: Size | None = None

    def text(self) -> str:
        axes = ", ".join(size.text() for size in self.shape)
        if self.kind == "real":
            return f"[{axes}]"
        head = f"ix({self.count.text()})" if self.count is not None else self.kind
        return f"{head}[{axes}]" if self.shape else head

    def with_shape(self, new: Shape) -> "Of":
        return Of(new, self.kind, self.count)


@frozen
class Both:
    """A tuple, or a record where it has labels."""

    items: "tuple[Kind, ...]"
    labels: tuple[str, ...] | None = None

    def text(self) -> str:
        if self.labels is None:
            return f"({', '.join(item.text() for item in self.items)})"
        pairs = zip(self.labels, self.items, strict=True)
        return f"({', '.join(f'{label} : {item.text()}' for label, item in pairs)})"


Kind: TypeAlias = Of | Both


def leaves(kind: Kind) -> list[Of]:
    return [kind] if isinstance(kind, Of) else [leaf for k in kind.items for leaf in leaves(k)]


def lead(front: Shape, kind: Kind) -> Kind:
    """`[front; kind]`."""
    if isinstance(kind, Of):
        return kind.with_shape(front + kind.shape)
    return Both(tuple(lead(front, item) for item in kind.items), kind.labels)


def fill(kind: Kind, sizes: Mapping[str, Size]) -> Kind:
    if isinstance(kind, Of):
        count = kind.count.fill(sizes) if kind.count is not None else None
        return Of(tuple(size.fill(sizes) for size in kind.shape), kind.kind, count)
    return Both(tuple(fill(item, sizes) for item in kind.items), kind.labels)


def names_of(kind: Kind) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for leaf in leaves(kind):
        for size in (*leaf.shape, *([leaf.count] if leaf.count is not None else [])):
            found |= size.names()
    return found


@frozen
class Fact:
    """`left divides right` or `left <= right`, for a number on the left."""

    left: int
    word: str
    right: Size

    def text(self) -> str:
        return f"{self.left} {self.word} {self.right.text()}"

    def holds(self, sizes: Mapping[str, int]) -> bool:
        value = self.right.at(sizes)
        return value % self.left == 0 if self.word == "divides" else self.left <= value

    def follows(self, other: "Fact") -> bool:
        """Whether it follows from another one."""
        if self.word != other.word or self.right != other.right:
            return False
        return other.left % self.left == 0 if self.word == "divides" else self.left <= other.left

    def known(self) -> bool | None:
        if self.right.number() is not None:
            return self.holds({})
        if self.word == "divides" and all(c % self.left == 0 for _, c in self.right.terms):
            return True
        if self.word == "<=" and self.right.positive():
            return True if sum(c for _, c in self.right.terms) >= self.left else None
        return None
