"""What elaboration makes of a body: bindings in order, over atoms, at the declared types.

A body is elaborated once, with symbolic sizes. Every call holds the lead that
it maps over; nothing here is batched. `specialise` runs these bindings with
sizes filled in and leads made explicit.
"""

from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from catnn.source import NOWHERE, Span
from catnn.types.dims import Dim, Symbol
from catnn.types.facts import Fact
from catnn.types.types import Arrow, Shape, Type

if TYPE_CHECKING:
    from catnn.elaborate.definition import Definition
    from catnn.elaborate.scope import FamilyEntry

# ---- atoms ----------------------------------------------------------------------------


@frozen(repr=False, slots=False)
class Ref:
    """A bound value."""

    uid: int
    name: str
    type: Type


@frozen(repr=False, slots=False)
class Static:
    """A compile-time number as a scalar value: real, int, bool or index by its type."""

    value: Dim
    type: Type


@frozen(repr=False, slots=False)
class Constant:
    """A number that is no rational: `pi`, `inf`."""

    value: float
    type: Type


@frozen(repr=False, slots=False)
class Tupled:
    items: tuple["Atom", ...]
    type: Type


@frozen(repr=False, slots=False)
class Component:
    """Component `index` of a product."""

    of: "Atom"
    index: int
    type: Type


@frozen(repr=False, slots=False)
class Indexed:
    """`xs[i]`: the component of a tuple at a static index that is no literal."""

    of: "Atom"
    index: Dim
    type: Type


Atom: TypeAlias = Ref | Static | Constant | Tupled | Component | Indexed

# ---- conditions -----------------------------------------------------------------------


@frozen(repr=False, slots=False)
class Holds:
    fact: Fact


@frozen(repr=False, slots=False)
class AllOf:
    parts: tuple["Condition", ...]


@frozen(repr=False, slots=False)
class AnyOf:
    parts: tuple["Condition", ...]


Condition: TypeAlias = Holds | AllOf | AnyOf

# ---- morphisms ------------------------------------------------------------------------


@frozen(repr=False, slots=False)
class Instantiated:
    """A definition (or primitive) at its bracket arguments and quantified sizes."""

    definition: "Definition"
    sizes: tuple[tuple[Symbol, Dim], ...]
    rows: tuple[tuple[Symbol, Shape], ...]
    types: tuple[tuple[Symbol, Type], ...]
    morphisms: tuple[tuple[int, "Morphism"], ...]
    values: tuple[tuple[int, Atom], ...] = ()
    lists: tuple[tuple[Symbol, "FamilyEntry"], ...] = ()
    starts: tuple[tuple[int, "Start"], ...] = ()


@frozen(repr=False, slots=False)
class Argument:
    """A bracket argument of the definition under elaboration, by its uid."""

    uid: int
    name: str


@frozen(repr=False, slots=False)
class Irrational:
    """A number of an initialiser that is no size: `sqrt(2 * layers)`, and arithmetic on it."""

    op: str
    arguments: tuple["Setting", ...]


Setting: TypeAlias = Dim | Irrational
Settings: TypeAlias = tuple[tuple[str, Setting], ...]


@frozen(repr=False, slots=False)
class Initialiser:
    """How a leaf begins, at any type: `normal[0.02]`. A fan-in may be left open for its layer."""

    name: str
    settings: Settings = ()


Start: TypeAlias = Initialiser | Argument


@frozen(repr=False, slots=False)
class Shared:
    """The one instance bound by `share`."""

    uid: int
    name: str


@frozen(repr=False, slots=False)
class Closure:
    """A lambda, a composite, or a template: ports and a body."""

    ports: tuple[Ref, ...]
    body: "Block"


@frozen(repr=False, slots=False)
class Labelled:
    """`f as name`."""

    label: str
    inner: "Morphism"


@frozen(repr=False, slots=False)
class Repeated:
    """`repeat`, `trail`, `iterate`; `index` is bound in `iterate` bodies that take it."""

    kind: str
    count: Dim
    index: Symbol
    inner: "Morphism"
    indexed: bool = False


@frozen(repr=False, slots=False)
class Copied:
    """`copies[n] f`."""

    count: Dim
    inner: "Morphism"


@frozen(repr=False, slots=False)
class Scanned:
    """`scan f` for `f : (X, A) -> (X, B)`."""

    length: Dim
    inner: "Morphism"


@frozen(repr=False, slots=False)
class Stages:
    """A big operator with a literal count: `parts[i]` is the body at `i`."""

    op: str
    parts: tuple["Morphism", ...]


@frozen(repr=False, slots=False)
class BigSequence:
    """`(>> i < n) f[i]` with a symbolic count: a state of one type through n stages."""

    index: Symbol
    count: Dim
    inner: "Morphism"


@frozen(repr=False, slots=False)
class BigSum:
    """`(+ i < n) f[i]` with a symbolic count; `op` is `add` or `mul`."""

    op: str
    index: Symbol
    count: Dim
    inner: "Morphism"


@frozen(repr=False, slots=False)
class BigTuple:
    """`(& i < n) f[i]`, `(| i < n) f[i]` with a symbolic count; `op` is `&` or `|`."""

    op: str
    index: Symbol
    count: Dim
    inner: "Morphism"


@frozen(repr=False, slots=False)
class Joined:
    """`concat` of a tuple of a symbolic number of components, along the last axis."""


@frozen(repr=False, slots=False)
class AxesView:
    """Where the axes of one operand are: `others` by name, `ports` in order.

    `order` permutes the operand's axes to (others in the global order, then the
    bracketed ones).
    """

    others: tuple[int, ...]
    order: tuple[int, ...]
    own: int


@frozen(repr=False, slots=False)
class OnAxes:
    """`f{..}`: move named axes to the front, map over them, place the result.

    `axes` are the sizes of the named axes in order; `results` gives, for each
    result component, the permutation from (named axes, own axes) to the layout.
    """

    axes: tuple[Dim, ...]
    views: tuple[AxesView, ...]
    inner: "Morphism"
    results: tuple[tuple[int, ...], ...]
    result_types: tuple[Type, ...]
    own_ranks: tuple[int, ...]


@frozen(repr=False, slots=False)
class Piece:
    """Operand `operand`, cut along its sum axes and split into atomic axes.

    `slices` are `(axis, start, length)` on the operand's own axes; `shape` is
    the shape after splitting products, `axes` the atomic axis of each position.
    """

    operand: int
    slices: tuple[tuple[int, Dim, Dim], ...]
    shape: tuple[Dim, ...]
    axes: tuple[int, ...]


@frozen(repr=False, slots=False)
class Assembly:
    """The sum of products of `pieces` over the axes absent in `axes`, merged to `shape`; unknown axes repeat."""

    pieces: tuple[int, ...]
    axes: tuple[int, ...]
    shape: tuple[Dim, ...]


@frozen(repr=False, slots=False)
class Placement:
    """One result: assemblies joined along axis `join` (-1: there is only one)."""

    parts: tuple[Assembly, ...]
    join: int


@frozen(repr=False, slots=False)
class Matched:
    """A pattern literal `{n (h e) -> h n e}`: atomic axes are numbered, `sizes` gives each its size."""

    sizes: tuple[Dim, ...]
    pieces: tuple[Piece, ...]
    results: tuple[Placement, ...]


@frozen(repr=False, slots=False)
class Adjoint:
    """`dagger f` for a linear `inner : source -> target`: takes the target, gives the source."""

    inner: "Morphism"
    source: Type


Morphism: TypeAlias = (
    Adjoint
    | Instantiated
    | Argument
    | Shared
    | Closure
    | Labelled
    | Repeated
    | Copied
    | Scanned
    | Stages
    | BigSequence
    | BigSum
    | BigTuple
    | Joined
    | OnAxes
    | Matched
)

# ---- operations -----------------------------------------------------------------------


@frozen(repr=False, slots=False)
class Call:
    """`callee` at `arguments`, one for each port, mapped over `lead`.

    `leads[k]` is the prefix of `lead` that argument `k` has in front.
    """

    callee: Morphism
    arguments: tuple[Atom, ...]
    lead: Shape
    leads: tuple[Shape, ...]
    type: Type


@frozen(repr=False, slots=False)
class Operator:
    """A pointwise operator on values, aligned after `front` at the end, leaf by leaf."""

    op: str
    arguments: tuple[Atom, ...]
    front: Shape
    type: Type
    fronted: tuple[bool, ...] = ()


@frozen(repr=False, slots=False)
class Convert:
    """`real` of an int, an index as an int: the same number at another type."""

    argument: Atom
    type: Type


@frozen(repr=False, slots=False)
class Lookup:
    """`T(i, j)`: indices consume the leading axes of `tensor`."""

    tensor: Atom
    indices: tuple[Atom, ...]
    type: Type


@frozen(repr=False, slots=False)
class Stacked:
    items: tuple[Atom, ...]
    type: Type


@frozen(repr=False, slots=False)
class Tabulated:
    """`[e for i < n, j < m]`: `indices` are bound to 0..size-1 along new leading axes."""

    indices: tuple[Ref, ...]
    sizes: tuple[Dim, ...]
    body: "Block"
    type: Type


@frozen(repr=False, slots=False)
class Filled:
    """`zeros`, `ones`, `eye`, or another initialiser, at a type.

    If `given` is the uid of a bracket argument, that is the initialiser, and
    `arguments` are what it may have left open.
    """

    name: str
    type: Type
    arguments: Settings = ()
    given: int | None = None


@frozen(repr=False, slots=False)
class Chosen:
    """`if c then .. else ..` on a static condition."""

    condition: Condition
    then: "Block"
    otherwise: "Block"
    type: Type


@frozen(repr=False, slots=False)
class InTraining:
    """`if training then .. else ..`."""

    then: "Block"
    otherwise: "Block"
    type: Type


@frozen(repr=False, slots=False)
class Declared:
    """`param`, `buffer` or `fixed` of this instance."""

    kind: str
    name: str
    type: Type
    init: "Block"


@frozen(repr=False, slots=False)
class Instance:
    """`share f = ..`: one instance, used through `Shared`."""

    name: str
    morphism: Morphism
    arrow: Arrow


@frozen(repr=False, slots=False)
class Stored:
    buffer: Ref
    value: Atom


@frozen(repr=False, slots=False)
class Auxiliary:
    name: str
    value: Atom


@frozen(repr=False, slots=False)
class Drawn:
    distribution: str
    arguments: tuple[Atom, ...]
    type: Type


@frozen(repr=False, slots=False)
class Passed:
    """An atom under a new name (`let y = x;`)."""

    atom: Atom
    type: Type


Operation: TypeAlias = (
    Call
    | Operator
    | Convert
    | Lookup
    | Stacked
    | Tabulated
    | Filled
    | Chosen
    | InTraining
    | Declared
    | Instance
    | Stored
    | Auxiliary
    | Drawn
    | Passed
)


@frozen(repr=False, slots=False)
class Binding:
    """`named` says that the user gave the value its name."""

    ref: Ref
    operation: Operation
    span: Span = field(default=NOWHERE, eq=False)
    named: bool = False


@frozen(repr=False, slots=False)
class Block:
    bindings: tuple[Binding, ...]
    result: Atom


__all__ = [name for name in dir() if not name.startswith("_") and name not in {"Row"}]
