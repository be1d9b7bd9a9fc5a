"""Small changes of a program that are likely to make it ill-typed."""

from collections.abc import Iterator

from attrs import evolve, frozen

from tests.heart.axes import OnAxes, Pattern
from tests.heart.shapes import Ill, Of, Size, Unsure
from tests.heart.terms import Chain, Copies, Fan, If, Named, Node, Par, Prim, Repeat, Use
from tests.heart.values import (
    Call,
    Definition,
    Field,
    Flow,
    Leaf,
    Let,
    Lookup,
    Number,
    Program,
    Table,
    Var,
)


@frozen(eq=False)
class Mutant:
    """`old` became `new`; `what` says how."""

    what: str
    old: Node
    new: Node


def mutants(program: Program) -> Iterator[Mutant]:
    """All single changes of the program."""
    for node in program.nodes():
        for what, new in changes(node):
            yield Mutant(what, node, new)
    names = sorted({node.name for node in program.nodes() if isinstance(node, Var)})
    for node in program.nodes():
        if isinstance(node, Var):
            yield from (
                Mutant("other value", node, Var(name)) for name in names if name != node.name
            )


def changes(node: Node) -> Iterator[tuple[str, Node]]:
    match node:
        case Prim(name, sizes):
            for k, size in enumerate(sizes[:2] if name == "conv1d" else sizes):
                if size.number() is not None:
                    yield "literal", evolve(node, sizes=(*sizes[:k], size + 1, *sizes[k + 1 :]))
        case Pattern():
            yield from pattern(node)
        case OnAxes(_, operands, None):
            for k, axes in enumerate(operands):
                if len(axes) > 1:
                    yield (
                        "axis",
                        evolve(node, operands=(*operands[:k], axes[1:], *operands[k + 1 :])),
                    )
                turned = tuple((name, not own) for name, own in axes)
                yield "brackets", evolve(node, operands=(*operands[:k], turned, *operands[k + 1 :]))
        case Chain(factors) | Flow(factors=factors) if len(factors) > 1:
            yield "last factor", evolve(node, factors=factors[:-1])
            yield "first factor", evolve(node, factors=factors[1:])
        case Fan(factors) | Par(factors) if len(factors) > 2:
            yield "component", evolve(node, factors=factors[:-1])
        case Use(_, sizes, ()):
            yield "bracket count", evolve(node, sizes=(*sizes, *(Size.of(k) for k in range(2, 6))))
        case Call(_, arguments) if len(arguments) > 1:
            yield "operands", evolve(node, arguments=(*arguments[1:], arguments[0]))
            yield "argument", evolve(node, arguments=arguments[1:])
        case Lookup(_, indices):
            for k, index in enumerate(indices):
                if isinstance(index, Number):
                    far = Number(str(int(index.text) + 20))
                    yield "index", evolve(node, indices=(*indices[:k], far, *indices[k + 1 :]))
        case Copies(count=count):
            yield "count", evolve(node, count=count + 1)
        case Repeat(word="trail", count=count):
            yield "count", evolve(node, count=count + 1)
        case Table(ranges):
            (name, size), *rest = ranges
            yield "range", evolve(node, ranges=((name, size + 1), *rest))
        case Leaf(kind=kind):
            yield "leaf", evolve(node, kind=Of((kind.shape[0] + 1, *kind.shape[1:])))
        case Let(names) if len(names) > 1:
            yield "names", evolve(node, names=names[:-1])
        case Field(_, name):
            yield "field", evolve(node, name={"u": "v", "v": "u", "w": "u"}[name])
        case Named():
            return
        case Definition(facts=facts, result=result):
            for k, fact in enumerate(facts):
                if fact.left > 1:
                    yield "where", evolve(node, facts=(*facts[:k], *facts[k + 1 :]))
            if isinstance(result, Of) and result.shape:
                yield (
                    "result",
                    evolve(
                        node, result=result.with_shape((*result.shape[:-1], result.shape[-1] + 1))
                    ),
                )
                yield "result axes", evolve(node, result=result.with_shape(result.shape[1:]))


def pattern(node: Pattern) -> Iterator[tuple[str, Node]]:
    operands, results = node.operands, node.results
    if len(operands) > 1:
        yield "operands", evolve(node, operands=(*operands[1:], operands[0]))
    for k, axes in enumerate(operands):
        if axes:
            yield "axis", evolve(node, operands=(*operands[:k], axes[:-1], *operands[k + 1 :]))
            yield (
                "more axes",
                evolve(node, operands=(*operands[:k], ("z", *axes), *operands[k + 1 :])),
            )
    for k, axes in enumerate(results):
        if axes:
            yield "result axis", evolve(node, results=(*results[:k], axes[:-1], *results[k + 1 :]))
    for k, (name, size) in enumerate(node.given):
        yield "no size", evolve(node, given=(*node.given[:k], *node.given[k + 1 :]))
        yield "size", evolve(node, given=((name, size + 1),))


def verdict(program: Program) -> Ill | None:
    """What the model finds wrong with a program; None if nothing, or if it can't say."""
    if any(isinstance(node, If) and node.value is not None for node in program.nodes()):
        return None  # the condition may make sizes equal
    found = clash_of(program, growing=False)
    further = clash_of(program, growing=True) if found is not None else None
    if found is not None and further is not None:
        found.nodes += further.nodes  # a fact that is missing may come up after another clash
    return found


def clash_of(program: Program, growing: bool) -> Ill | None:
    try:
        program.check(growing)
    except Ill as error:
        return error
    except Unsure:
        return None
    return None
