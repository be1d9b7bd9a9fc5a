"""From a header to a signed definition: arguments, quantified sizes, ports, requirements."""

from collections.abc import Iterable

from attrs import evolve

from catnn.elaborate.context import Elaborator, fresh_uid
from catnn.elaborate.core import Argument, Ref
from catnn.elaborate.definition import (
    Definition,
    ParameterKind,
    Port,
    Requirement,
    StaticParameter,
)
from catnn.elaborate.scope import (
    FamilyEntry,
    InitialiserEntry,
    MorphismEntry,
    Scope,
    SizeEntry,
    ValueEntry,
)
from catnn.elaborate.sizes import size
from catnn.elaborate.stated import facts
from catnn.elaborate.typing import (
    context_types,
    names_in,
    refuse_no_numbers,
    to_arrow,
    to_type,
)
from catnn.elaborate.unify import leaves
from catnn.elaborate.usage import kind_of
from catnn.errors import Label
from catnn.source import NOWHERE, Span
from catnn.syntax import ast
from catnn.types.dims import Dim, Symbol, fresh
from catnn.types.facts import Compare
from catnn.types.types import REAL, Abstract, Product, Row, Tensor, Type

SCALARS = ("size", "number", "bool", "string")


def sign(e: Elaborator, definition: Definition) -> None:
    """Fill in what the header states; a missing type is found from the body later."""
    header, scope = definition.header, definition.scope
    _parameters(e, definition)
    _quantify(e, definition)
    # Types of arguments may speak of any size of the header, also of one that stands behind.
    for parameter in sorted(definition.parameters, key=lambda p: p.kind not in SCALARS):
        _enter(e, parameter, definition)
    _declare(e, definition)
    _ports(e, definition, scope)
    if header.across is not None:
        definition.across = fresh(header.across)
        scope.sizes[header.across] = SizeEntry(Dim.of(definition.across), "size", header.span)
        e.unifier.facts = e.unifier.facts.declare(definition.across, 1)
    for node in header.where:
        place = node.span if definition.primitive is None else NOWHERE
        for stated in facts(e, node, scope):
            definition.requirements.append(Requirement(stated, place))
            e.unifier.facts = e.unifier.facts.assume(stated)
    # Sizes of the signature are judged under all its facts, which stand behind them.
    e.unifier.obligations = [evolve(o, facts=e.unifier.facts) for o in e.unifier.obligations]
    if not e.unifier.facts.consistent():
        e.fail(
            "E0217",
            f"the facts of `{header.name}` contradict each other",
            header.where[0].span.to(header.where[-1].span),
            "no sizes satisfy all of these",
        )


def _parameters(e: Elaborator, definition: Definition) -> None:
    seen: dict[str, Span] = {}
    for parameter in definition.header.parameters:
        if parameter.name in seen:
            e.fail(
                "E0313",
                f"`{parameter.name}` is an argument twice",
                parameter.span,
                labels=[Label(seen[parameter.name], "first here")],
            )
        seen[parameter.name] = parameter.span
        kind = kind_of(
            e.checker, definition.module, parameter, definition.header, definition.body_ast
        )
        # Numbers and codes are no whole numbers: their symbols are of a kind of their own.
        symbol = fresh(parameter.name, "size" if kind == "size" else "number")
        definition.parameters.append(
            StaticParameter(parameter.name, kind, symbol, parameter.default, parameter.span)
        )


def _quantify(e: Elaborator, definition: Definition) -> None:
    """Names of the signature that are no arguments are quantified, in order."""
    header, scope = definition.header, definition.scope
    own = {parameter.name for parameter in definition.parameters}
    for name, _, what in _signature_names(header):
        if name in own or (what == "row" and scope.type(".." + name)):
            continue
        if what == "row":
            row = fresh(name)
            definition.rows.append(row)
            scope.types[".." + name] = Tensor(REAL, (Row(row),))
        elif what == "type":
            if scope.type(name) is None and not e.checker.knows_type(definition.module, name):
                variable = fresh(name)
                definition.variables.append(variable)
                scope.types[name] = Abstract(variable)
        elif what != "family" and scope.size(name) is None:
            symbol = fresh(name)
            definition.sizes.append(symbol)
            scope.sizes[name] = SizeEntry(Dim.of(symbol), "size", header.span)


def _signature_names(header: ast.Header) -> Iterable[tuple[str, Span, str]]:
    for binder in header.inputs or ():
        yield from names_in(binder.type)
    if header.type is not None:
        yield from names_in(header.type)
    for context in header.over:
        yield from names_in(context.type)
    for parameter in header.parameters:
        if parameter.type is not None and not _is_kind(parameter.type):
            yield from names_in(parameter.type)


def _is_kind(node: ast.Signature) -> bool:
    return (
        isinstance(node, ast.ElementType)
        and node.name in ("dim", "int", "bool")
        and node.arguments is None
    )


def _enter(e: Elaborator, parameter: StaticParameter, definition: Definition) -> None:
    scope, header = definition.scope, definition.header
    written = next(p for p in header.parameters if p.name == parameter.name)
    if parameter.kind in SCALARS:
        scope.sizes[parameter.name] = SizeEntry(
            Dim.of(parameter.symbol), parameter.kind, parameter.span
        )
    elif parameter.kind in ("list", "family"):
        length = _length(e, written, scope)
        scope.sizes[parameter.name] = FamilyEntry(parameter.symbol, length, None, parameter.span)
        _replace(definition, parameter, length=length)
    elif parameter.kind == "morphism":
        if not isinstance(written.type, ast.ArrowType):
            e.fail(
                "E0305",
                f"`{parameter.name}` is used as a morphism; its type must be written",
                parameter.span,
                help=[f"annotate it: `{parameter.name} : A -> B`"],
            )
        arrow = to_arrow(e, written.type, scope)
        if arrow.is_linear:
            _add_numbers(definition, arrow.source, arrow.target)
        uid = fresh_uid()
        scope.values[parameter.name] = MorphismEntry(
            Argument(uid, parameter.name), arrow, parameter.span
        )
        _replace(definition, parameter, arrow=arrow, uid=uid)
    elif parameter.kind == "initialiser":
        uid = fresh_uid()
        start = Argument(uid, parameter.name)
        scope.values[parameter.name] = InitialiserEntry(start, parameter.span)
        _replace(definition, parameter, uid=uid)
    else:
        assert written.type is not None
        assert not isinstance(written.type, ast.ArrowType)
        type_ = to_type(e, written.type, scope)
        uid = fresh_uid()
        scope.values[parameter.name] = ValueEntry(
            Ref(uid, parameter.name, type_), parameter.span, constant=True
        )
        _replace(definition, parameter, type=type_, uid=uid)


def _replace(definition: Definition, parameter: StaticParameter, **changes: object) -> None:
    position = definition.parameters.index(parameter)
    definition.parameters[position] = evolve(parameter, **changes)  # type: ignore[arg-type]


def _length(e: Elaborator, written: ast.Parameter, scope: Scope) -> Dim | None:
    if isinstance(written.type, ast.ElementType) and written.type.dims:
        (dim,) = written.type.dims[:1]
        if not isinstance(dim, ast.Spread):
            return size(e, dim, scope)
    return None


def _declare(e: Elaborator, definition: Definition) -> None:
    """Least values: a size that is an axis of the signature is at least 1, unless a fact says less."""
    axes = {name for name, _, what in _signature_names(definition.header) if what == "axis"}
    low = {name for name in axes if _may_be_zero(definition.header, name)}
    facts = e.unifier.facts
    for symbol in definition.sizes:
        definition.least[symbol] = 0 if symbol.name in low else 1
        facts = facts.declare(symbol, definition.least[symbol])
    for parameter in definition.parameters:
        if parameter.kind == "size":
            least = 1 if parameter.name in axes - low else 0
            facts = facts.declare(parameter.symbol, least)
            if least:
                definition.requirements.append(
                    Requirement(
                        Compare(">=", Dim.of(parameter.symbol), Dim.of(1)),
                        parameter.span if definition.primitive is None else NOWHERE,
                        False,
                    )
                )
        elif parameter.kind == "bool":
            flag = Dim.of(parameter.symbol)
            facts = facts.assume(Compare(">=", flag, Dim.of(0)))
            facts = facts.assume(Compare("<=", flag, Dim.of(1)))
    e.unifier.facts = facts


def _may_be_zero(header: ast.Header, name: str) -> bool:
    for node in header.where:
        match node:
            case ast.Comparison(op=">=", left=ast.Name(text=text), right=ast.Number(text="0")):
                if text == name:
                    return True
            case ast.Comparison(op="<=", left=ast.Number(text="0"), right=ast.Name(text=text)):
                if text == name:
                    return True
    return False


def _ports(e: Elaborator, definition: Definition, scope: Scope) -> None:
    header = definition.header
    if header.inputs is not None:
        for binder in header.inputs:
            definition.ports.append(Port(binder.name, _value_type(e, binder.type, scope)))
        definition.tupled = len(header.inputs) > 1
        if isinstance(header.type, ast.ArrowType):
            e.fail(
                "E0311",
                "a morphism that returns a morphism comes with a later version",
                header.span,
            )
        if header.type is not None:
            definition.target = to_type(e, header.type, scope)
    elif isinstance(header.type, ast.ArrowType):
        _arrow_ports(e, definition, header.type, scope)
    elif header.type is not None:
        definition.tupled = True
        definition.labels = None
        definition.target = to_type(e, header.type, scope)
    for name, type_ in context_types(e, header.over, scope):
        definition.ports.append(Port(name, type_, is_context=True))


def _value_type(e: Elaborator, node: ast.Signature, scope: Scope) -> Type:
    if isinstance(node, ast.ArrowType):
        e.fail(
            "E0305",
            "an input is a value; morphisms are given in brackets",
            node.span,
            help=["write it as a bracket argument: `[f : A -> B]`"],
        )
    return to_type(e, node, scope)


def _arrow_ports(e: Elaborator, definition: Definition, arrow: ast.ArrowType, scope: Scope) -> None:
    if arrow.arrow == "~>":
        e.fail("E0311", "trainings (`~>`) come with a later version", arrow.span)
    source = to_type(e, arrow.source, scope)
    definition.is_linear = arrow.arrow == "-o"
    if isinstance(source, Product):
        definition.tupled = True
        definition.labels = source.labels
        names = source.labels or ("",) * len(source.items)
        definition.ports.extend(map(Port, names, source.items))
    else:
        definition.ports.append(Port("", source))
    definition.target = to_type(e, arrow.target, scope)
    if definition.is_linear:
        refuse_no_numbers(e, source, definition.target, arrow.span)
        _add_numbers(definition, source, definition.target)


def _add_numbers(definition: Definition, *types: Type) -> None:
    """Type variables of a linear morphism are made of numbers."""
    for type_ in types:
        definition.additive |= {v.symbol for v in leaves(type_) if isinstance(v, Abstract)}


__all__ = ["ParameterKind", "sign"]


def symbols_of(dims: Iterable[Dim]) -> frozenset[Symbol]:
    """All symbols of some sizes."""
    return frozenset(symbol for dim in dims for symbol in dim.symbols())
