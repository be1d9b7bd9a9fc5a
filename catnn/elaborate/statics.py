"""Which quantified sizes are static: those that reach a parameter's shape, a count or a condition."""

from collections.abc import Iterator

from catnn.elaborate import core
from catnn.elaborate.context import Elaborator, operands
from catnn.elaborate.definition import Definition
from catnn.elaborate.initialisers import dims_of
from catnn.elaborate.unify import leaves
from catnn.types.dims import Dim, Symbol
from catnn.types.types import Abstract, Index, Product, Several, SizeType, Tensor, Type


def static_sizes(e: Elaborator, definition: Definition) -> frozenset[Symbol]:
    """The sizes of a definition, arguments included, that must be known when it is bound."""
    own = set(definition.sizes) | {parameter.symbol for parameter in definition.parameters}
    if definition.primitive is not None:
        return frozenset(own - _plain_axes(definition))
    assert definition.body is not None
    found: set[Symbol] = set()
    for type_ in (*(port.type for port in definition.ports), definition.target):
        for count in () if type_ is None else tuple_counts(type_):
            found |= e.unifier.dim(count).symbols()
    for dim in _block(e, definition.body):
        found |= e.unifier.dim(dim).symbols()
    return frozenset(found & own)


def _plain_axes(definition: Definition) -> set[Symbol]:
    """The sizes of a primitive that are axes of its types: they may be run-time sizes."""
    types = [port.type for port in definition.ports]
    if definition.target is not None:
        types.append(definition.target)
    symbols = (dim.as_symbol() for type_ in types for dim in type_dims(type_))
    return {symbol for symbol in symbols if symbol is not None}


def _block(e: Elaborator, block: core.Block) -> Iterator[Dim]:
    for binding in block.bindings:
        yield from _operation(e, binding.operation)


def _operation(e: Elaborator, operation: core.Operation) -> Iterator[Dim]:
    match operation:
        case core.Call(callee=callee):
            yield from _morphism(e, callee)
        case core.Declared(type=type_, init=init):
            yield from type_dims(e.unifier.type(type_))
            yield from _block(e, init)
            yield from _values(init)
        case core.Chosen(condition=condition, then=then, otherwise=otherwise):
            yield from condition_dims(condition)
            yield from _block(e, then)
            yield from _block(e, otherwise)
        case core.InTraining(then=then, otherwise=otherwise):
            yield from _block(e, then)
            yield from _block(e, otherwise)
        case core.Tabulated(body=body):
            yield from _block(e, body)
        case core.Instance(morphism=morphism):
            yield from _morphism(e, morphism)
        case _:
            return


def _values(block: core.Block) -> Iterator[Dim]:
    """Sizes that stand as numbers in the first value of a leaf: it is made when nothing has run."""
    atoms: list[core.Atom] = [block.result]
    for binding in block.bindings:
        if isinstance(binding.operation, core.Filled):
            yield from dims_of(binding.operation.arguments)
        else:
            atoms.extend(operands(binding.operation))
    for atom in atoms:
        if isinstance(atom, core.Static):
            yield atom.value


def _morphism(e: Elaborator, morphism: core.Morphism) -> Iterator[Dim]:
    match morphism:
        case core.Instantiated(definition=definition, sizes=sizes, morphisms=morphisms):
            # In a recursion nothing is known yet of what the body does with its arguments.
            unknown = (
                {p.symbol for p in definition.parameters}
                if definition.state == "elaborating"
                else set()
            )
            for symbol, dim in sizes:
                if symbol in definition.static or symbol in unknown:
                    yield dim
            for _, inner in morphisms:
                yield from _morphism(e, inner)
            for _, start in morphism.starts:
                if isinstance(start, core.Initialiser):
                    yield from dims_of(start.settings)
        case core.Labelled(inner=inner):
            yield from _morphism(e, inner)
        case core.Closure(body=body):
            yield from _block(e, body)
        case core.Repeated(count=count, inner=inner) | core.Copied(count=count, inner=inner):
            yield count
            yield from _morphism(e, inner)
        case (
            core.BigSequence(count=count, inner=inner)
            | core.BigSum(count=count, inner=inner)
            | core.BigTuple(count=count, inner=inner)
        ):
            yield count
            yield from _morphism(e, inner)
        case core.Stages(parts=parts):
            for part in parts:
                yield from _morphism(e, part)
        case core.Scanned(inner=inner) | core.OnAxes(inner=inner) | core.Adjoint(inner=inner):
            yield from _morphism(e, inner)
        case core.Argument() | core.Shared() | core.Matched() | core.Joined():
            return


def condition_dims(condition: core.Condition) -> Iterator[Dim]:
    match condition:
        case core.Holds(fact):
            yield from fact.dims()
        case core.AllOf(parts) | core.AnyOf(parts):
            for part in parts:
                yield from condition_dims(part)


def tuple_counts(type_: Type) -> Iterator[Dim]:
    """The symbolic lengths of the tuples in a type."""
    match type_:
        case Several(_, count, item):
            yield count
            yield from tuple_counts(item)
        case Product(items):
            for item in items:
                yield from tuple_counts(item)


def type_dims(type_: Type) -> Iterator[Dim]:
    """Every size of a type."""
    for leaf in leaves(type_):
        match leaf:
            case Tensor(element, shape):
                if isinstance(element, Index):
                    yield element.size
                yield from (item for item in shape if isinstance(item, Dim))
            case Abstract(_, lead):
                yield from (item for item in lead if isinstance(item, Dim))
            case SizeType(size):
                yield size
