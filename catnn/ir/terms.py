"""The typed intermediate representation: hash-consed terms on a directed acyclic graph.

A `Program` is one model at chosen static sizes. Every call is inlined, every
lift is explicit, static conditions are decided; what is left is a graph of
primitive applications over full (batched) types whose sizes are polynomials
in the run-time sizes, and `Loop` regions for what repeats.

Conventions of `Apply`
----------------------
`lead` lists the batch axes of the application, outermost first; `carries[k]`
lists which of them (as positions in `lead`, ascending) argument `k` has in
front of its own axes. An argument that lacks some is constant along them.
The result type is always `lead` followed by the primitive's own result shape.

Structural primitives (`lead` is empty, axes count over the whole tensor):

==========  =============================================  =====================================
op          attributes                                     meaning
==========  =============================================  =====================================
reshape                                                    same elements in row-major order, shape from the type
permute     axes: result axis k is argument axis axes[k]   transpose
expand      axes: positions of the new axes in the result  repeat along new axes, sizes from the type
diagonal    axes: two argument axes of one size            x[.., i, .., i, ..] -> the second is dropped
contract    operands: labels per argument; result: labels  sum of products over labels absent in the result
concat      axis                                           join along `axis`
slice       axis, start, length                            `length` elements from `start` along `axis`
stack       axis                                           join along a new axis
gather      count                                          x[i1, .., icount]: indices of one shape consume the
                                                           leading axes of x; `lead` may be non-empty
==========  =============================================  =====================================

Labels of `contract` are integers. Axis attributes of every other primitive
(`axes` of reductions and softmax) count from the end of the argument: -1 is
the last axis.
"""

from typing import Literal, TypeAlias

from attrs import field, frozen

from catnn.source import NOWHERE, Span
from catnn.types.dims import Dim, Symbol
from catnn.types.facts import Fact
from catnn.types.types import Type

AttrValue: TypeAlias = "Dim | int | float | bool | str | tuple[int, ...] | tuple[Dim, ...] | tuple[tuple[int, ...], ...]"
Attrs: TypeAlias = tuple[tuple[str, AttrValue], ...]

Segment: TypeAlias = str | Symbol
"""A step of a path: a name, or the index of the enclosing loop."""

LeafKind: TypeAlias = Literal["param", "buffer", "fixed"]


@frozen(kw_only=True)
class Node:
    """What every term carries for people, without a part in equality.

    `factor` is the dotted path of the factor that wrote it (`blocks.*.attn`,
    a `*` for the index of a loop).
    """

    hint: str = field(default="", eq=False, repr=False)
    factor: str = field(default="", eq=False, repr=False)
    span: Span = field(default=NOWHERE, eq=False, repr=False)


@frozen(cache_hash=True)
class Var(Node):
    """A bound value: an input of the program, or the state of a region."""

    name: str
    type: Type
    uid: int


@frozen(cache_hash=True)
class Leaf(Node):
    """A parameter, a buffer, or a fixed leaf; `init` is a closed term of the leaf's type.

    Under `repeat` the path holds the loop's index symbol: one leaf for each
    turn. Under `copies` the type has the copies as its leading axes, of which
    there are `stacked`, and `init` is drawn for each copy by itself.
    """

    path: tuple[Segment, ...]
    kind: LeafKind
    type: Type
    init: "Term"
    stacked: int = 0


@frozen(cache_hash=True)
class Constant(Node):
    """A scalar constant."""

    value: float | int | bool
    type: Type


@frozen(cache_hash=True)
class Size(Node):
    """A size as a scalar value."""

    dim: Dim
    type: Type


@frozen(cache_hash=True)
class Apply(Node):
    """One primitive application; see the module's conventions.

    `site` tells random draws apart: two draws are never one.
    """

    op: str
    arguments: tuple["Term", ...]
    type: Type
    attrs: Attrs = ()
    lead: tuple[Dim, ...] = ()
    carries: tuple[tuple[int, ...], ...] = ()
    site: int = 0

    def attr(self, name: str) -> AttrValue:
        """The attribute `name`; `KeyError` if the primitive has none of that name."""
        for key, value in self.attrs:
            if key == name:
                return value
        raise KeyError(name)


@frozen(cache_hash=True)
class TupleTerm(Node):
    items: tuple["Term", ...]
    type: Type


@frozen(cache_hash=True)
class Project(Node):
    """Component `index` of a product."""

    tuple: "Term"
    index: int
    type: Type


@frozen(cache_hash=True)
class WhenTraining(Node):
    """`if training then .. else ..`: only the branch of the mode is computed."""

    then: "Term"
    otherwise: "Term"
    type: Type


@frozen(cache_hash=True)
class Store:
    """`buffer <- value`, in training mode, after the call's values are computed."""

    buffer: Leaf
    value: "Term"


@frozen(cache_hash=True)
class Region:
    """A function with its own bound variables; other variables in it belong outside."""

    parameters: tuple[Var, ...]
    result: "Term"
    stores: tuple[Store, ...] = ()
    aux: tuple[tuple[str, "Term"], ...] = ()


@frozen(cache_hash=True)
class Loop(Node):
    """A body that runs `count` times.

    - `repeat`: `body(state) -> state`, leaves of their own in each turn (their
      paths hold `index`); the value is the last state.
    - `trail`: the same, the value has all `count + 1` states on a new leading axis.
    - `iterate`: one set of leaves; `body(state)` or `body(i, state)`.
    - `scan`: `body(state, x) -> (state, y)` along the leading axis of `xs`; the
      value is `(last state, ys)`; one set of leaves; `count` may be a run-time size.

    `path` names the repeated block (`blocks`), for code and compilation regions.

    With an `order` the body is not that of the block, but reads the leaves of its
    turns from the first to the last or from the last to the first; a `scan` may
    then have leaves of its own in each turn, and takes `xs` in their own order.
    """

    kind: Literal["repeat", "trail", "iterate", "scan"]
    count: Dim
    index: Symbol
    body: Region
    init: "Term"
    type: Type
    xs: "Term | None" = None
    path: tuple[Segment, ...] = ()
    order: Literal["", "ascending", "descending"] = ""


Term: TypeAlias = Var | Leaf | Constant | Size | Apply | TupleTerm | Project | WhenTraining | Loop


@frozen
class Input:
    """An argument of the emitted module: a variable and what the user calls it.

    The type of a `lifted` one has the batch axis in front of the declared axes.
    """

    var: Var
    is_context: bool = False
    lifted: bool = True


@frozen
class Program:
    """A model at chosen static sizes, ready to be optimised and emitted.

    `sizes` are the run-time sizes in order of appearance; `facts` are checked
    at entry, in the user's words; `leaves` are in declaration order. The
    program is lifted over one leading axis of size `batch`: a call may have any
    number of leading axes. A context is one for the whole batch; in `each`, the
    same program otherwise, every item has its own.
    """

    name: str
    inputs: tuple[Input, ...]
    region: Region
    leaves: tuple[Leaf, ...]
    sizes: tuple[Symbol, ...]
    facts: tuple[Fact, ...]
    type: str
    source: str = ""
    batch: Symbol | None = None
    each: "Program | None" = None
