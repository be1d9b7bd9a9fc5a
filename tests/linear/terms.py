"""Random linear terms of the language, each with the shape that it makes of the shape of its input."""

from collections.abc import Callable
from typing import TypeAlias

from hypothesis import strategies as st

Shape: TypeAlias = tuple[int, ...]
Draw: TypeAlias = Callable[[st.SearchStrategy], "int"]  # type: ignore[type-arg]

NAMES = "abc"


def axes(shape: Shape) -> str:
    return " ".join(NAMES[: len(shape)])


def typed(shape: Shape) -> str:
    return f"[{', '.join(map(str, shape))}]"


def size(draw: Draw) -> int:
    return draw(st.sampled_from([1, 2, 3, 5]))


def same(shape: Shape, draw: Draw, depth: int) -> str:
    """A linear term that keeps the shape."""
    last = shape[-1]
    forms = [
        lambda: "neg",
        lambda: "(x => 0.5 * x - x / 3)",
        lambda: f"linear[{last}, bias = false]",
        lambda: "cumsum",
        lambda: "flip",
        lambda: (
            f"(morph turned : [{last}] -> [{last}] = x => x * [cos(real(j)) for j < {last}]; turned)"
        ),
        lambda: (
            f"(morph kept : [{last}] -> [{last}] = x => select([j % 2 == 0 for j < {last}], x, 0); kept)"
        ),
        lambda: f"(x => param s : [{last}] ~ normal[1.0]; x * s)",
        lambda: f"cumsum{{[a] {' '.join(NAMES[1 : len(shape)])}}}",
        lambda: "(x => if training then x else 2 * x)",
        lambda: "(x => stop(0.5) * x)",
        lambda: f"(x => share f = linear[{last}, bias = false]; f(f(x)) + x)",
    ]
    deep = [
        lambda: f"(id + {same(shape, draw, depth - 1)})",
        lambda: f"({same(shape, draw, depth - 1)} - {same(shape, draw, depth - 1)})",
        lambda: f"({same(shape, draw, depth - 1)} >> {same(shape, draw, depth - 1)})",
        lambda: f"(repeat[2] {same(shape, draw, depth - 1)})",
        lambda: f"(iterate[3] {same(shape, draw, depth - 1)})",
        lambda: f"((+ i < 2) {same(shape, draw, depth - 1)})",
        lambda: (
            f"(x => let (y, t) = x >> (id & const[1.0]) >> iterate[3] ((y, t) => (t * {same(shape, draw, depth - 1)}(y), 0.5 * t)); y)"
        ),
        lambda: f"(dagger {same(shape, draw, depth - 1)})",
        lambda: f"(dagger dagger {same(shape, draw, depth - 1)})",
    ]
    if len(shape) > 1:
        if len(shape) == 2:  # a copy takes what its body reads
            deep.append(
                lambda: (
                    f"(copies[{shape[0]}] (linear[{last}, bias = false] >> {same(shape[1:], draw, depth - 1)}))"
                )
            )
        deep.append(
            lambda: (
                f"(xs => second((scan ((s, x) => (0.5 * s + {same(shape[1:], draw, depth - 1)}(x), s - x)))(zeros{typed(shape[1:])}, xs)))"
            )
        )
    return (
        forms[draw(st.integers(0, len(forms) - 1))]()
        if depth == 0
        else (forms + deep)[draw(st.integers(0, len(forms) + len(deep) - 1))]()
    )


def step(shape: Shape, draw: Draw) -> tuple[str, Shape]:
    """A linear term and the shape that it gives."""
    own, k = axes(shape), size(draw)
    *front, last = shape
    found: list[Callable[[], tuple[str, Shape]]] = [
        lambda: (same(shape, draw, 2), shape),
        lambda: (f"linear[{k}, bias = false]", (*front, k)),
        lambda: (f"(x => [x(index[{shape[0]}](2 * j)) for j < {k}])", (k, *shape[1:])),
        lambda: (f"(x => push[sum]([index[{k}](j % 3) for j < {shape[0]}], x))", (k, *shape[1:])),
        lambda: (f"(x => push[mean]([index[{k}](j % 2) for j < {shape[0]}], x))", (k, *shape[1:])),
        lambda: (
            f"(({same(shape, draw, 1)} & {same(shape, draw, 1)}) >> concat)",
            (*front, 2 * last),
        ),
        lambda: (f"take[{min(k, last)}]", (*front, min(k, last))),
        lambda: (
            f"{{{own} -> {own} d}}[d = {k}] >> {{{own} d -> ({own} d)}}",
            (product(shape) * k,),
        ),
    ]
    if len(shape) < 3:
        found += [
            lambda: (f"{{{own} -> n {own}}}[n = {k}]", (k, *shape)),
            lambda: (f"(trail[2] {same(shape, draw, 1)})", (3, *shape)),
            lambda: (f"(x => [{same(shape, draw, 0)}(x), x])", (2, *shape)),
        ]
    if len(shape) > 1:
        reduced = " ".join(NAMES[: len(shape) - 1]) + f" [{NAMES[len(shape) - 1]}]"
        found += [
            lambda: (f"{{{own} -> {' '.join(reversed(own.split()))}}}", shape[::-1]),
            lambda: (f"sum{{{reduced}}}", tuple(front)),
            lambda: (f"mean{{{reduced}}}", tuple(front)),
            lambda: ("(x => x(0))", shape[1:]),
            lambda: (f"conv1d[{k}, 3, pad = 1, bias = false]", (*shape[:-2], k, last)),
            lambda: ("upsample[2]", (*shape[:-2], 2 * shape[-2], 2 * last)),
        ]
        if shape[0] == shape[1]:
            rest = own.split()[2:]
            found.append(
                lambda: (
                    f"{{{' '.join(['a', 'a', *rest])} -> {' '.join(['a', *rest])}}}",
                    shape[1:],
                )
            )
    if last > 2:
        found.append(lambda: ("avgpool1d[2, stride = 1]", (*front, last - 1)))
    return found[draw(st.integers(0, len(found) - 1))]()


def product(shape: Shape) -> int:
    total = 1
    for item in shape:
        total *= item
    return total


@st.composite
def linear_terms(draw: Draw) -> tuple[str, Shape, Shape]:
    """`(term, shape of the input, shape of the result)`."""
    start = tuple(size(draw) for _ in range(draw(st.integers(1, 3))))
    shape, terms = start, []
    for _ in range(draw(st.integers(1, 4))):
        term, shape = step(shape, draw)
        terms.append(term)
        if product(shape) > 200:
            break
    return " >> ".join(terms), start, shape


__all__ = ["linear_terms", "typed"]
