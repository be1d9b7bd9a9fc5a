"""A program of the IR as text, for people who work on the compiler.

program net : [n, 4] -> [n, 2]
  input x : [batch, n, 4]
  param head.weight : [2, 4]
  %1 = relu(x) over batch, n, 4 : [batch, n, 4]
  %2 = contract[operands = ((0, 1, 2), (3, 2)), result = (0, 1, 3)](%1, head.weight) : [batch, n, 2]
  return %2
"""

from collections.abc import Iterator, Sequence
from itertools import count

from attrs import define, field

from catnn.ir.terms import (
    Apply,
    AttrValue,
    Constant,
    Leaf,
    Loop,
    Program,
    Project,
    Region,
    Segment,
    Size,
    Term,
    TupleTerm,
    Var,
    WhenTraining,
)
from catnn.ir.walk import ordered, results
from catnn.types.dims import Symbol

AROUND = 30
"""Lines on each side of the term in question."""


def show(program: Program, wrong: Term | None = None) -> str:
    """The program as text; with `wrong`, the lines around that term, which `>` marks."""
    shown = Shown()
    lines = list(shown.program(program))
    if wrong is None:
        return "\n".join(lines)
    place = shown.places.get(id(wrong), 0)
    first, last = max(0, place - AROUND), place + AROUND + 1
    marked = [(">" if k == place else " ") + line for k, line in enumerate(lines)]
    gap = ["  .."]
    return "\n".join(
        [*(gap if first else []), *marked[first:last], *(gap if last < len(lines) else [])]
    )


def dotted(path: Sequence[Segment]) -> str:
    """A path as text, the index of a loop as `*`."""
    return ".".join("*" if isinstance(step, Symbol) else step for step in path)


@define(eq=False)
class Shown:
    """Terms are numbered as they are shown; `places` has the line of each."""

    names: dict[int, str] = field(factory=dict)
    places: dict[int, int] = field(factory=dict)
    seen: set[int] = field(factory=set)
    numbers: "count[int]" = field(factory=lambda: count(1))
    line: int = 0

    def program(self, program: Program) -> Iterator[str]:
        yield from self.lines(f"program {program.name} : {program.type}", "")
        for given in program.inputs:
            what = "context" if given.is_context else "input"
            yield from self.lines(f"{what} {given.var.name} : {given.var.type}", "  ")
        for leaf in program.leaves:
            yield from self.lines(f"{leaf.kind} {dotted(leaf.path)} : {leaf.type}", "  ", leaf)
        yield from self.region(program.region, "  ")

    def region(self, region: Region, margin: str) -> Iterator[str]:
        for term in ordered(results(region), self.seen):
            if isinstance(term, Loop):
                yield from self.loop(term, margin)
            elif not isinstance(term, Var | Leaf | Constant | Size):
                name = self.names[id(term)] = f"%{next(self.numbers)}"
                yield from self.lines(f"{name} = {self.text(term)} : {term.type}", margin, term)
        for name, value in region.aux:
            yield from self.lines(f"aux {name} <- {self.name(value)}", margin)
        for store in region.stores:
            buffer = dotted(store.buffer.path)
            yield from self.lines(f"{buffer} <- {self.name(store.value)}", margin)
        yield from self.lines(f"return {self.name(region.result)}", margin)

    def loop(self, loop: Loop, margin: str) -> Iterator[str]:
        name = self.names[id(loop)] = f"%{next(self.numbers)}"
        parameters = ", ".join(f"{v.name} : {v.type}" for v in loop.body.parameters)
        along = "" if loop.xs is None else f" along {self.name(loop.xs)}"
        at = f" at {dotted(loop.path)}" if loop.path else ""
        order = f" {loop.order}" if loop.order else ""
        head = f"{name} = {loop.kind}[{loop.count}]({self.name(loop.init)}){along}{at}{order}"
        yield from self.lines(f"{head} : {loop.type} with {parameters}", margin, loop)
        yield from self.region(loop.body, margin + "  ")

    def lines(self, text: str, margin: str, term: Term | None = None) -> Iterator[str]:
        if term is not None:
            self.places[id(term)] = self.line
        self.line += 1
        yield margin + text

    # ---- terms ------------------------------------------------------------------------

    def name(self, term: Term) -> str:
        match term:
            case Var(name=name):
                return name
            case Leaf(path=path):
                return dotted(path)
            case Constant(value=value):
                return repr(value)
            case Size(dim=dim):
                return f"size({dim})"
            case _:
                return self.names.get(id(term), "?")

    def text(self, term: Term) -> str:
        match term:
            case Apply():
                return self.application(term)
            case TupleTerm(items=items):
                return f"({', '.join(map(self.name, items))})"
            case Project(tuple=whole, index=index):
                return f"{self.name(whole)}.{index}"
            case WhenTraining(then=then, otherwise=otherwise):
                return f"if training then {self.name(then)} else {self.name(otherwise)}"
            case _:
                return self.name(term)

    def application(self, term: Apply) -> str:
        attrs = ", ".join(f"{key} = {attribute(value)}" for key, value in term.attrs)
        brackets = f"[{attrs}]" if attrs else ""
        arguments = ", ".join(map(self.name, term.arguments))
        lead = f" over {', '.join(map(str, term.lead))}" if term.lead else ""
        full = tuple(range(len(term.lead)))
        uneven = any(carried != full for carried in term.carries)
        carries = f" carrying {', '.join(map(str, term.carries))}" if lead and uneven else ""
        return f"{term.op}{brackets}({arguments}){lead}{carries}"


def attribute(value: AttrValue) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(attribute, value))}{',' if len(value) == 1 else ''})"
    return str(value)


__all__ = ["dotted", "show"]
