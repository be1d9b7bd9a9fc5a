"""Random chains of views, in normal form and emitted, against numpy on the plain chain."""

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from attrs import define, field

from catnn.ir.build import Builder, tensor_type
from catnn.ir.normal import NormalBuilder
from catnn.ir.terms import Apply, Term, Var
from catnn.ir.views import shape_of
from catnn.types.dims import Dim
from catnn.types.types import REAL, Tensor
from catnn_torch.backend import backend
from tests.lowering.apply import dims, one_program

pytestmark = pytest.mark.torch


@define
class Chain:
    """A term and the array that it has to be."""

    draw: random.Random
    builder: Builder
    term: Term
    array: np.ndarray
    steps: list[str] = field(factory=list)

    def sizes(self) -> list[int]:
        return list(self.array.shape)

    def permute(self) -> None:
        axes = list(range(self.array.ndim))
        self.draw.shuffle(axes)
        self.term = self.builder.permute(self.term, axes)
        self.array = self.array.transpose(axes)

    def slice(self) -> None:
        axis = self.draw.randrange(self.array.ndim)
        size = self.array.shape[axis]
        start = self.draw.randrange(size)
        length = self.draw.randint(1, size - start)
        self.term = self.builder.slice(self.term, axis, Dim.of(start), Dim.of(length))
        self.array = self.array.take(range(start, start + length), axis)

    def reshape(self) -> None:
        """Drop or insert an axis of size 1, merge two, or split one."""
        shape = self.sizes()
        way = self.draw.choice(["drop", "insert", "merge", "split"])
        k = self.draw.randrange(len(shape))
        if way == "drop" and shape[k] == 1:
            del shape[k]
        elif way == "insert":
            shape.insert(k, 1)
        elif way == "merge" and k + 1 < len(shape):
            shape[k : k + 2] = [shape[k] * shape[k + 1]]
        elif way == "split" and shape[k] % 2 == 0:
            shape[k : k + 1] = [2, shape[k] // 2]
        self.term = self.builder.reshape(self.term, dims(shape))
        self.array = self.array.reshape(shape)

    def expand(self) -> None:
        axis = self.draw.randrange(self.array.ndim + 1)
        size = self.draw.choice([1, 2, 3])
        self.array = np.repeat(np.expand_dims(self.array, axis), size, axis)
        self.term = self.builder.expand(self.term, [axis], dims(self.sizes()))

    def pick(self) -> None:
        axis = self.draw.randrange(self.array.ndim)
        k = self.draw.randrange(self.array.shape[axis])
        cut = self.builder.slice(self.term, axis, Dim.of(k), Dim.of(1))
        self.array = self.array.take(k, axis)
        self.term = self.builder.reshape(cut, dims(self.sizes()))

    def concat(self) -> None:
        """With a part of itself."""
        axis = self.draw.randrange(self.array.ndim)
        part = self.builder.slice(self.term, axis, Dim.of(0), Dim.of(1))
        self.term = self.builder.concat([part, self.term], axis)
        self.array = np.concatenate([self.array.take([0], axis), self.array], axis)

    def stack(self) -> None:
        axis = self.draw.randrange(self.array.ndim + 1)
        own = shape_of(self.term)
        type_ = Tensor(REAL, (*own[:axis], Dim.of(2), *own[axis:]))
        self.term = self.builder.apply("stack", (self.term,) * 2, type_, (("axis", axis),))
        self.array = np.stack([self.array, self.array], axis)

    def diagonal(self) -> None:
        for first in range(self.array.ndim):
            for second in range(first + 1, self.array.ndim):
                if self.array.shape[first] == self.array.shape[second]:
                    self.term = self.builder.diagonal(self.term, first, second)
                    whole = np.diagonal(self.array, 0, first, second)
                    self.array = np.moveaxis(whole, -1, first)
                    return

    def softmax(self) -> None:
        """Along the last axis."""
        lead = shape_of(self.term)[:-1]
        if self.array.ndim:
            carries = (tuple(range(len(lead))),)
            attrs = (("axes", (-1,)),)
            self.term = self.builder.apply(
                "softmax", (self.term,), self.term.type, attrs, lead, carries
            )
            powers = np.exp(self.array - self.array.max(-1, keepdims=True))
            self.array = powers / powers.sum(-1, keepdims=True)

    def total(self) -> None:
        """The sum over the last two axes."""
        if self.array.ndim > 2:
            lead = shape_of(self.term)[:-2]
            carries = (tuple(range(len(lead))),)
            self.term = self.builder.apply(
                "sum", (self.term,), Tensor(REAL, lead), (("axes", (-2, -1)),), lead, carries
            )
            self.array = self.array.sum((-2, -1))


STEPS: list[Callable[[Chain], None]] = [
    Chain.permute, Chain.permute, Chain.slice, Chain.reshape, Chain.expand, Chain.pick,
    Chain.concat, Chain.stack, Chain.diagonal, Chain.softmax, Chain.total,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(150))
def test_a_chain_of_views_is_what_numpy_says(seed: int) -> None:
    draw = random.Random(seed)
    shape = [draw.choice([1, 2, 3, 4]) for _ in range(draw.randint(2, 4))]
    x = np.random.default_rng(seed).standard_normal(shape)
    builder = NormalBuilder()
    var = builder.var(Var("x", Tensor(REAL, dims(shape)), 0))
    chain = Chain(draw, builder, var, x)
    for _ in range(draw.randint(2, 8)):
        step = draw.choice(STEPS)
        if chain.array.ndim and chain.array.size < 4000:
            step(chain)
            chain.steps.append(step.__name__)
            assert list(shape_of(chain.term)) == [Dim.of(size) for size in chain.array.shape]
    module = backend.build(one_program(chain.term, [var]))
    found = module(torch.from_numpy(x))
    np.testing.assert_allclose(found.numpy(), chain.array, rtol=1e-12, atol=1e-12)


# ---- the normal form ------------------------------------------------------------------------


@pytest.fixture
def b() -> Builder:
    return NormalBuilder()


def tensor(b: Builder, *shape: int) -> Var:
    return b.var(Var("x", Tensor(REAL, dims(shape)), 0))


def ops(term: Term) -> list[str]:
    """The operations of a chain, outermost first."""
    found = []
    while isinstance(term, Apply):
        found.append(term.op)
        term = term.arguments[0]
    return found


def test_there_and_back_is_nothing(b: Builder) -> None:
    x = tensor(b, 2, 3, 4)
    assert b.permute(b.permute(x, (2, 0, 1)), (1, 2, 0)) is x
    assert b.reshape(b.reshape(x, dims((6, 4))), dims((2, 3, 4))) is x


def test_slices_go_below_permutations(b: Builder) -> None:
    x = tensor(b, 2, 3, 4)
    cut = b.slice(b.permute(x, (2, 0, 1)), 0, Dim.of(1), Dim.of(2))
    assert ops(cut) == ["permute", "slice"]
    assert cut is b.permute(b.slice(x, 2, Dim.of(1), Dim.of(2)), (2, 0, 1))


def test_an_element_of_a_moved_value_needs_no_permutation(b: Builder) -> None:
    """`{n (3 h e) -> 3 n h e}` and then `(0)`: three axes in order."""
    x = tensor(b, 5, 3, 2, 4)
    moved = b.permute(x, (1, 0, 2, 3))
    cut = b.slice(moved, 0, Dim.of(0), Dim.of(1))
    assert ops(b.reshape(cut, dims((5, 2, 4)))) == ["reshape", "slice"]


def test_a_part_of_a_join_is_the_part(b: Builder) -> None:
    x, y = tensor(b, 2, 3), b.var(Var("y", Tensor(REAL, dims((2, 4))), 1))
    joined = b.concat([x, y], 1)
    assert b.slice(joined, 1, Dim.of(0), Dim.of(3)) is x
    assert b.slice(joined, 1, Dim.of(3), Dim.of(4)) is y
    stacked = b.apply("stack", (x, x), Tensor(REAL, dims((2, 2, 3))), (("axis", 1),))
    cut = b.slice(stacked, 1, Dim.of(1), Dim.of(1))
    assert b.reshape(cut, dims((2, 3))) is x


def test_repetitions_are_one_and_outermost(b: Builder) -> None:
    x = tensor(b, 3)
    twice = b.expand(b.expand(x, [0], dims((2, 3))), [2], dims((2, 3, 4)))
    assert ops(twice) == ["expand"]
    assert ops(b.permute(twice, (2, 1, 0))) == ["expand"]
    assert tensor_type(b.slice(twice, 0, Dim.of(1), Dim.of(1))).shape == dims((1, 3, 4))
    assert ops(b.slice(twice, 1, Dim.of(1), Dim.of(1))) == ["expand", "slice"]
