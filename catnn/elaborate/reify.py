"""Morphisms as things: bracket arguments, shared instances, templates, composites."""

from collections.abc import Sequence

from attrs import evolve

from catnn.elaborate import core
from catnn.elaborate.calls import Callee, call, coerce, contexts_for
from catnn.elaborate.constants import is_constant
from catnn.elaborate.context import Abandon, Claim, Elaborator, fresh_uid
from catnn.elaborate.core import Atom, Closure, Ref, Tupled
from catnn.elaborate.definition import Port
from catnn.elaborate.initialisers import NAMES, head_of, initialiser
from catnn.elaborate.labels import labelled
from catnn.elaborate.scope import (
    InitialiserEntry,
    MorphismEntry,
    Scope,
    SizeEntry,
    TemplateEntry,
    ValueEntry,
)
from catnn.elaborate.sizes import size
from catnn.elaborate.typing import context_types, names_in, refuse_no_numbers, to_type
from catnn.errors import Label
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import Dim, fresh
from catnn.types.types import REAL, Abstract, Arrow, Product, Row, Several, Tensor, Type


def reify(e: Elaborator, expr: ast.Static, scope: Scope, expected: Arrow) -> Closure:
    """A morphism expression at an expected arrow; open leads of its input are closed."""
    if isinstance(expr, ast.ArrowType | ast.SomeType):
        e.fail("E0305", "a morphism is due here, not a type", expr.span)
    expected = e.unifier.arrow(expected)
    source = expected.source
    ports = _ports(source)
    argument: Atom = ports[0] if not isinstance(source, Product) else Tupled(tuple(ports), source)
    inner = scope.inner()
    context_ports = []
    for name, type_ in expected.contexts:
        ref = Ref(fresh_uid(), name or "context", type_)
        context_ports.append(ref)
        inner.contexts[name or "context"] = ValueEntry(ref, expr.span)

    def build() -> Atom:
        result = _applied(e, expr, inner, argument, expected.target)
        return coerce(e, result, expected.target, expr.span)

    block = e.block(build)
    close_inputs(e, source)
    return Closure((*ports, *context_ports), block)


def _applied(e: Elaborator, expr: ast.Static, scope: Scope, argument: Atom, target: Type) -> Atom:
    from catnn.elaborate.apply import is_morphism

    if not is_morphism(e, expr, scope) and is_constant(e, expr, scope):
        return e.value(expr, scope, target)
    return e.apply(expr, scope, argument, target)


def _ports(source: Type) -> list[Ref]:
    items = source.items if isinstance(source, Product) else (source,)
    return [Ref(fresh_uid(), "x", item) for item in items]


def close_inputs(e: Elaborator, source: Type) -> None:
    """A principal type has no lead: rows of the input that nobody read are empty."""
    match e.unifier.type(source):
        case Tensor(_, shape):
            for item in shape:
                if isinstance(item, Row):
                    e.unifier.close(item)
        case Abstract(symbol, lead):
            for item in lead:
                if isinstance(item, Row):
                    e.unifier.close(item)
            del symbol
        case Product(items):
            for part in items:
                close_inputs(e, part)
        case Several(_, _, item):
            close_inputs(e, item)
        case _:
            return


def closure_at(e: Elaborator, expr: ast.Static, scope: Scope, argument: Atom | None) -> Callee:
    """A composite as one morphism, at the type of what it is applied to."""
    type_ = e.unifier.type(argument.type) if argument is not None else Abstract(fresh("A", "meta"))
    ref = Ref(fresh_uid(), "x", type_)
    block = e.block(lambda: e.apply(expr, scope, ref))
    return Callee(
        Closure((ref,), block), (Port("", type_),), False, block.result.type, "it", expr.span
    )


# ---- share ------------------------------------------------------------------------------


def shared_morphism(e: Elaborator, statement: ast.Share, scope: Scope) -> None:
    """`share f = t;`: one instance at the principal type of `t`."""
    from catnn.elaborate.apply import is_morphism, refuse_unknown

    if not is_morphism(e, statement.value, scope):
        refuse_unknown(e, statement.value, scope)
        e.fail(
            "E0309",
            "`share` names a morphism, and this is a value",
            statement.value.span,
            help=[f"name a value by `let {statement.name} = ..;`"],
        )
    type_ = Abstract(fresh("A", "meta"))
    ref = Ref(fresh_uid(), "x", type_)
    block = e.block(lambda: e.apply(statement.value, scope, ref))
    close_inputs(e, type_)
    source = e.unifier.type(type_)
    ports: tuple[Ref, ...] = (Ref(ref.uid, "x", source),)
    target = e.unifier.type(block.result.type)
    arrow = Arrow(source, target)
    morphism = labelled(statement.name, Closure(ports, block))
    instance = e.bind(
        core.Instance(statement.name, morphism, arrow), Product(), statement.name, statement.span
    )
    scope.values[statement.name] = MorphismEntry(
        core.Shared(instance.uid, statement.name), arrow, statement.span
    )
    e.instances[instance.uid] = morphism


# ---- local templates ----------------------------------------------------------------------

MOST_USES = 2000
"""How many copies of local morphs, those within copies included, one definition may hold."""



def template_callee(
    e: Elaborator,
    name: str,
    entry: TemplateEntry,
    arguments: Sequence[ast.Argument],
    scope: Scope,
    argument: Atom | None,
    span: Span,
) -> Callee:
    """One use of a local `morph`: its body afresh, at its header's type or at the input's."""
    e.uses += 1
    if e.uses > MOST_USES:
        e.fail(
            "E0219",
            f"the local morphs of `{e.definition.name}` are used more than {MOST_USES} times",
            span,
            help=["each use is a copy of the body: declare them as morphs of the file"],
        )
    inner = entry.scope.inner()
    _bind_arguments(e, name, entry, arguments, scope, inner, span)
    header = entry.header
    _quantify(e, header, inner)
    contexts = _context_ports(e, header, inner)
    wanted = tuple(Port(ref.name, ref.type, is_context=True) for ref in contexts)
    found = contexts_for(e, name, wanted, scope, span)
    if header.type is None and header.inputs is None:
        type_ = (
            e.unifier.type(argument.type) if argument is not None else Abstract(fresh("A", "meta"))
        )
        row = None
        if isinstance(type_, Tensor) and argument is not None:
            row = e.unifier.fresh_row(type_.shape)
            type_ = Tensor(type_.element, (row,))
        ref = Ref(fresh_uid(), "x", type_)
        block = e.block(lambda: e.apply(entry.body, inner, ref))
        if row is not None:
            from catnn.elaborate.apply import settle

            settle(e, row)
        if entry.is_linear:
            _claim(e, name, entry, Closure((ref,), block))
        return Callee(
            labelled(name, Closure((ref, *contexts), block)),
            (Port("", type_), *wanted),
            False,
            block.result.type,
            name,
            span,
            None,
            entry.span,
            found,
        )
    callee = _typed_template(e, name, entry, inner, contexts, span)
    return evolve(callee, ports=(*callee.ports, *wanted), contexts=found)


def _context_ports(e: Elaborator, header: ast.Header, inner: Scope) -> tuple[Ref, ...]:
    """The contexts of a local morph, in sight in its body."""
    refs = []
    for name, type_ in context_types(e, header.over, inner):
        ref = Ref(fresh_uid(), name or "context", type_)
        refs.append(ref)
        entry = ValueEntry(ref, header.span)
        inner.contexts[name or ref.name] = entry
        if name:
            inner.values[name] = entry
    return tuple(refs)


def _bind_arguments(
    e: Elaborator,
    name: str,
    entry: TemplateEntry,
    arguments: Sequence[ast.Argument],
    scope: Scope,
    inner: Scope,
    span: Span,
) -> None:
    parameters = entry.header.parameters
    if len(arguments) > len(parameters):
        e.fail(
            "E0304",
            f"`{name}` takes {len(parameters)} bracket arguments, {len(arguments)} are given",
            span,
            labels=[Label(entry.span, "declared here")],
        )
    named = {a.name: a for a in arguments if a.name is not None}
    unnamed = [a for a in arguments if a.name is None]
    for position, parameter in enumerate(parameters):
        given = unnamed[position] if position < len(unnamed) else named.get(parameter.name)
        source, where = (given.value, scope) if given else (parameter.default, inner)
        if source is None:
            e.fail("E0209", f"`{name}` needs its argument `{parameter.name}`", span)
        if isinstance(parameter.type, ast.ArrowType):
            if isinstance(source, ast.ArrowType | ast.SomeType):
                e.fail("E0305", "a morphism is due here, not a type", source.span)
            inner.values[parameter.name] = TemplateEntry(
                ast.Header(parameter.name, span=parameter.span),
                source,
                where,
                parameter.span,
                parameter.type.arrow == "-o",
            )
            continue
        name_, _ = head_of(source)
        if name_ in NAMES or isinstance(where.value(name_), InitialiserEntry):
            start = initialiser(e, source, where, f"`{parameter.name}` of `{name}`")
            inner.values[parameter.name] = InitialiserEntry(start, parameter.span)
            continue
        kind = (
            "bool" if isinstance(source, ast.Name) and source.text in ("true", "false") else "size"
        )
        if isinstance(source, ast.Number) and not source.is_integer:
            kind = "number"
        inner.sizes[parameter.name] = SizeEntry(size(e, source, where), kind, parameter.span)


def _typed_template(
    e: Elaborator,
    name: str,
    entry: TemplateEntry,
    inner: Scope,
    contexts: tuple[Ref, ...],
    span: Span,
) -> Callee:
    header = entry.header
    ports: list[Ref] = []
    tupled = False
    if header.inputs is not None:
        for binder in header.inputs:
            ports.append(Ref(fresh_uid(), binder.name, to_type(e, _plain(e, binder.type), inner)))
        tupled = len(ports) > 1
        target = to_type(e, _plain(e, header.type), inner) if header.type is not None else None
    else:
        assert isinstance(header.type, ast.ArrowType)
        source = to_type(e, header.type.source, inner)
        items = source.items if isinstance(source, Product) else (source,)
        tupled = isinstance(source, Product)
        ports = [Ref(fresh_uid(), "x", item) for item in items]
        target = to_type(e, header.type.target, inner)

    def build() -> Atom:
        if header.inputs is not None:
            from catnn.elaborate.binding import bind_name

            for ref in ports:
                bind_name(e, ref.name, ref, inner, entry.span)
            result = e.value(entry.body, inner, target)
        else:
            atom: Atom = ports[0]
            if tupled:
                atom = Tupled(tuple(ports), Product(tuple(ref.type for ref in ports)))
            result = _applied(e, entry.body, inner, atom, target or Tensor(REAL))
        return result if target is None else coerce(e, result, target, entry.body.span)

    block = e.block(build)
    if entry.is_linear or (isinstance(header.type, ast.ArrowType) and header.type.arrow == "-o"):
        if target is not None:
            refuse_no_numbers(e, Product(tuple(p.type for p in ports)), target, entry.span)
        _claim(e, name, entry, Closure(tuple(ports), block))
    return Callee(
        labelled(name, Closure((*ports, *contexts), block)),
        tuple(Port(ref.name, ref.type) for ref in ports),
        tupled,
        target if target is not None else block.result.type,
        name,
        span,
        None,
        entry.span,
    )


def _claim(e: Elaborator, name: str, entry: TemplateEntry, closure: Closure) -> None:
    """The `-o` of a local morph, or of one of its bracket arguments."""
    text = f"`{name}` is declared linear (`-o`), and this is not linear in its input"
    places = (Label(entry.span, "declared here"),)
    e.claims.append(Claim(closure, len(closure.ports), text, entry.body.span, places))


def _plain(e: Elaborator, node: ast.Signature | None) -> ast.Type:
    if node is None or isinstance(node, ast.ArrowType):
        e.fail(
            "E0305",
            "an input is a value; morphisms are given in brackets",
            node.span if node else Span("", 0, 0),
        )
    return node


def _quantify(e: Elaborator, header: ast.Header, inner: Scope) -> None:
    """Names of a local signature that mean nothing outside are found by unification."""
    nodes: list[object] = [b.type for b in header.inputs or ()]
    nodes.append(header.type)
    nodes.extend(context.type for context in header.over)
    for node in nodes:
        for name, found_at, what in names_in(node):
            if what == "row" and inner.type(".." + name) is None:
                inner.types[".." + name] = Tensor(REAL, (e.unifier.fresh_row(name=name),))
            elif (
                what == "type"
                and inner.type(name) is None
                and not e.checker.knows_type(inner.module, name)
            ):
                inner.types[name] = Abstract(fresh(name, "meta"))
            elif what in ("axis", "size") and inner.size(name) is None:
                inner.sizes[name] = SizeEntry(Dim.of(fresh(name, "meta")), "size", found_at)


__all__ = [
    "Abandon",
    "call",
    "close_inputs",
    "closure_at",
    "reify",
    "shared_morphism",
    "template_callee",
]
