"""Patterns of the tests' own model: splits, joins, contractions, and morphisms on named axes."""

from collections.abc import Sequence
from typing import TypeAlias

from attrs import frozen

from tests.heart.shapes import Both, Fact, Ill, Kind, Of, Shape, Size, Unsure
from tests.heart.terms import Env, Morphism, Node, Part, Result, operand, real, tensor

Axis: TypeAlias = str | tuple[str, ...]
"""A name or number, `("*", "a", "b")` for `(a b)`, `("+", "a", "b")` for `(a + b)`."""
Operand: TypeAlias = tuple[Axis, ...]


def atoms(axes: Operand) -> list[str]:
    return [name for axis in axes for name in ([axis] if isinstance(axis, str) else axis[1:])]


def written(axes: Operand) -> str:
    def one(axis: Axis) -> str:
        if isinstance(axis, str):
            return axis
        return f"({(' ' if axis[0] == '*' else ' + ').join(axis[1:])})"

    return " ".join(map(one, axes))


@frozen(eq=False)
class Pattern(Morphism):
    operands: tuple[Operand, ...]
    results: tuple[Operand, ...]
    given: tuple[tuple[str, Size], ...] = ()
    simple = True

    def parts(self) -> Sequence[Part]:
        left, right = (", ".join(map(written, side)) for side in (self.operands, self.results))
        sizes = ", ".join(f"{name} = {size.text()}" for name, size in self.given)
        return [f"{{{left} -> {right}}}" + (f"[{sizes}]" if sizes else "")]

    def apply(self, env: Env, given: Kind) -> Result:
        if len(self.operands) == 1:
            return self.call(env, [given])
        if not isinstance(given, Both) or len(given.items) != len(self.operands):
            raise Ill("the wrong number of operands", self)
        return self.call(env, given.items)

    def call(self, env: Env, given: Sequence[Kind]) -> Result:
        if len(given) != len(self.operands):
            raise Ill("the wrong number of operands", self)
        tensors = [tensor(kind, self, len(o)) for kind, o in zip(given, self.operands, strict=True)]
        if len(tensors) > 1:
            tensors = [real(x, self) for x in tensors]
        cuts = [len(x.shape) - len(o) for x, o in zip(tensors, self.operands, strict=True)]
        leads = [x.shape[:cut] for x, cut in zip(tensors, cuts, strict=True)]
        front = max(leads, key=len)
        if any(front[: len(one)] != one for one in leads):
            raise Ill("leading axes that differ", self)
        own = [x.shape[cut:] for x, cut in zip(tensors, cuts, strict=True)]
        sizes = self.solve(env, own)
        self.nothing_dropped(sizes)
        items = tuple(
            Of(
                front + tuple(self.size(axis, sizes) for axis in result),
                tensors[0].kind,
                tensors[0].count,
            )
            for result in self.results
        )
        reads = len(self.operands[0]) if len(given) == 1 else None
        return Result(items[0] if len(items) == 1 else Both(items), reads)

    def solve(self, env: Env, shapes: Sequence[Shape]) -> dict[str, Size]:
        sizes: dict[str, Size] = {}
        pairs = [
            pair
            for o, s in zip(self.operands, shapes, strict=True)
            for pair in zip(o, s, strict=True)
        ]
        every = [name for side in (*self.operands, *self.results) for name in atoms(side)]
        for name in every:
            if name.isdigit():
                sizes[name] = Size.of(int(name))
        for axis, size in pairs:
            if isinstance(axis, str) and sizes.setdefault(axis, size) != size:
                raise Ill(f"two sizes for {axis}", self)
        for name, size in self.given:
            if sizes.setdefault(name, env.size(size)) != env.size(size):
                raise Ill(f"two sizes for {name}", self)
        for name in every:
            if name in env.sizes:
                sizes.setdefault(name, env.sizes[name])
        for axis, size in pairs:
            if not isinstance(axis, str):
                self.equation(env, axis, size, sizes)
        for name in every:
            if name not in sizes:
                raise Unsure  # what stands around the pattern may tell
        return sizes

    def equation(self, env: Env, axis: tuple[str, ...], size: Size, sizes: dict[str, Size]) -> None:
        unknown = [name for name in axis[1:] if name not in sizes]
        if len(unknown) > 1 or len(set(axis[1:])) != len(axis[1:]):
            raise Unsure
        if not unknown:
            if self.size(axis, sizes) != size:
                raise Ill("an axis has another size than its parts", self)
            return
        known = [sizes[name] for name in axis[1:] if name in sizes]
        if axis[0] == "+":
            rest = size
            for part in known:
                rest = rest - part
            number = rest.number()
            if number is not None and number < 1:
                raise Ill("nothing is left of an axis", self)
            if not rest.positive():
                raise Unsure
            sizes[unknown[0]] = rest
            return
        factor = Size.of(1)
        for part in known:
            factor = factor * part
        divisor = factor.number()
        if divisor is None or divisor == 0:
            raise Unsure
        env.require(Fact(divisor, "divides", size), self)
        sizes[unknown[0]] = size.quotient(divisor, exact=True)

    def size(self, axis: Axis, sizes: dict[str, Size]) -> Size:
        if isinstance(axis, str):
            return sizes[axis]
        total = Size.of(1 if axis[0] == "*" else 0)
        for name in axis[1:]:
            total = total * sizes[name] if axis[0] == "*" else total + sizes[name]
        return total

    def nothing_dropped(self, sizes: dict[str, Size]) -> None:
        for result in self.results:
            if len(set(atoms(result))) != len(atoms(result)):
                raise Unsure
        if len(self.operands) > 1:
            return
        kept = {name for result in self.results for name in atoms(result)}
        for name in atoms(self.operands[0]):
            if name not in kept and sizes[name] != Size.of(1):
                raise Ill(f"{name} is dropped", self)


Marked: TypeAlias = tuple[tuple[str, bool], ...]
"""Axis names and whether each is in brackets."""


def marked(axes: Marked) -> str:
    return " ".join(f"[{name}]" if own else name for name, own in axes)


@frozen(eq=False)
class OnAxes(Morphism):
    """`f{h [n] m}` and `f{[n] h, [m] h -> h [n]}`."""

    head: Morphism
    operands: tuple[Marked, ...]
    results: tuple[Marked, ...] | None = None

    simple = True

    def parts(self) -> Sequence[Part]:
        text = ", ".join(map(marked, self.operands))
        if self.results is not None:
            text += " -> " + ", ".join(map(marked, self.results))
        return [*operand(self.head), "{" + text + "}"]

    def apply(self, env: Env, given: Kind) -> Result:
        if len(self.operands) == 1:
            return self.call(env, [given])
        if not isinstance(given, Both) or len(given.items) != len(self.operands):
            raise Ill("the wrong number of operands", self)
        return self.call(env, given.items)

    def call(self, env: Env, given: Sequence[Kind]) -> Result:
        if len(given) != len(self.operands):
            raise Ill("the wrong number of operands", self)
        sizes: dict[str, Size] = {}
        leads: list[Shape] = []
        owns: list[Kind] = []
        for kind, axes in zip(given, self.operands, strict=True):
            x = tensor(kind, self, len(axes))
            cut = len(x.shape) - len(axes)
            leads.append(x.shape[:cut])
            for (name, _), size in zip(axes, x.shape[cut:], strict=True):
                if sizes.setdefault(name, size) != size:
                    raise Ill(f"two sizes for {name}", self)
            own = tuple(s for (_, mine), s in zip(axes, x.shape[cut:], strict=True) if mine)
            owns.append(x.with_shape(own))
        front = max(leads, key=len)
        if any(front[: len(one)] != one for one in leads):
            raise Ill("leading axes that differ", self)
        found = self.head.apply(env, owns[0] if len(owns) == 1 else Both(tuple(owns))).type
        items = found.items if isinstance(found, Both) else (found,)
        placed = tuple(self.place(k, item, front, sizes) for k, item in enumerate(items))
        reads = len(self.operands[0]) if len(given) == 1 else None
        return Result(Both(placed) if isinstance(found, Both) else placed[0], reads)

    def place(self, k: int, item: Kind, front: Shape, sizes: dict[str, Size]) -> Of:
        if not isinstance(item, Of):
            raise Unsure
        own = list(item.shape)
        if self.results is None:
            return item.with_shape(front + self.in_place(item, sizes))
        if k >= len(self.results) or sum(mine for _, mine in self.results[k]) != len(own):
            raise Ill("the result has other own axes", self)
        axes: list[Size] = []
        for name, mine in self.results[k]:
            size = own.pop(0) if mine else sizes[name]
            if name in sizes and sizes[name] != size:
                raise Ill(f"two sizes for {name}", self)
            axes.append(size)
        return item.with_shape((*front, *axes))

    def in_place(self, item: Of, sizes: dict[str, Size]) -> Shape:
        if len(self.operands) != 1:
            raise Ill("say where the axes go", self)
        (axes,) = self.operands
        at = [k for k, (_, mine) in enumerate(axes) if mine]
        own = list(item.shape)
        if not at:
            return (*(sizes[name] for name, _ in axes), *own)
        if len(own) == len(at):
            return tuple(own.pop(0) if mine else sizes[name] for name, mine in axes)
        if own and at != list(range(at[0], at[0] + len(at))):
            raise Ill("say where the axes go", self)
        found: list[Size] = []
        for k, (name, mine) in enumerate(axes):
            if not mine:
                found.append(sizes[name])
            elif k == at[0]:
                found.extend(own)
        return tuple(found)


__all__ = ["Axis", "Marked", "Node", "OnAxes", "Operand", "Pattern"]
