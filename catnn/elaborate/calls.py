"""Calls: bracket arguments to an instance, and input types to ports and leads."""

from collections.abc import Callable, Sequence

from attrs import frozen

from catnn.elaborate import core
from catnn.elaborate.context import Abandon, Claim, Elaborator
from catnn.elaborate.core import Atom, Component, Morphism, Tupled
from catnn.elaborate.definition import Definition, Port, StaticParameter
from catnn.elaborate.facts_text import near_divisors, needed
from catnn.elaborate.habits import argument_help
from catnn.elaborate.initialisers import default_start, initialiser
from catnn.elaborate.names import suggestion
from catnn.elaborate.scope import FamilyEntry, Scope, SizeEntry, ValueEntry
from catnn.elaborate.sizes import size
from catnn.elaborate.substitution import Substitution
from catnn.elaborate.unify import Mismatch, prefixed, promotes
from catnn.errors import Diagnostic, Label
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import Dim, SizeError, SizeLimit, Symbol, fresh
from catnn.types.facts import Compare, Fact
from catnn.types.types import (
    Abstract,
    Element,
    Index,
    Product,
    Real,
    Row,
    Several,
    Shape,
    SizeType,
    Tensor,
    Type,
    at,
)


@frozen
class Callee:
    """A morphism ready to be called: its ports and its result, with metas to be solved."""

    morphism: Morphism
    ports: tuple[Port, ...]
    tupled: bool
    target: Type
    name: str
    span: Span
    labels: tuple[str, ...] | None = None
    signature_span: Span | None = None
    contexts: tuple[Atom, ...] = ()
    shown: str = ""
    hint: str = ""
    """What to do where leads differ, if the callee knows better."""

    @property
    def title(self) -> str:
        """What messages call it."""
        return self.shown or self.name

    @property
    def inputs(self) -> tuple[Port, ...]:
        return tuple(port for port in self.ports if not port.is_context)


# ---- bracket arguments ----------------------------------------------------------------


def instantiate(
    e: Elaborator,
    definition: Definition,
    arguments: Sequence[ast.Argument],
    scope: Scope,
    span: Span,
) -> Callee:
    """A definition at bracket arguments; what is not given becomes a meta to solve."""
    if not e.checker.ensure(definition, e):
        raise Abandon
    given = _assign(e, definition, arguments, span)
    filled = Substitution()
    inner = Scope(definition.module)
    for parameter in definition.parameters:
        if parameter.kind in ("morphism", "value", "initialiser"):
            continue
        _scalar(e, definition, parameter, given.get(parameter.name), scope, inner, filled, span)
    for symbol in definition.sizes:
        meta = fresh(symbol.name, "meta")
        filled.sizes[symbol] = Dim.of(meta)
        e.wanted[meta] = (definition.name, symbol.name, span, False)
    for row in definition.rows:
        filled.rows[row] = (e.unifier.fresh_row(name=row.name),)
    for variable in definition.variables:
        filled.types[variable] = Abstract(fresh(variable.name, "meta"))
    _descend(e, definition, filled, span)
    morphisms, values = _terms(e, definition, given, scope, inner, filled, span)
    starts = _starts(e, definition, given, scope, filled, span)
    _require(e, definition, filled, span)
    e.definition.draws |= definition.draws
    morphism = core.Instantiated(
        definition,
        tuple(filled.sizes.items()),
        tuple(filled.rows.items()),
        tuple(filled.types.items()),
        tuple(morphisms),
        tuple(values),
        tuple(filled.lists.items()),
        tuple(starts.items()),
    )
    assert definition.target is not None
    ports = tuple(Port(p.name, filled.type(p.type), p.is_context) for p in definition.ports)
    return Callee(
        morphism,
        ports,
        definition.tupled,
        filled.type(definition.target),
        definition.name,
        span,
        definition.labels,
        definition.span,
        contexts_for(e, definition.name, ports, scope, span),
    )


def _descend(e: Elaborator, definition: Definition, filled: Substitution, span: Span) -> None:
    """A morph that uses itself does so at a smaller argument that stays at least 0."""
    if definition.state != "elaborating":
        return
    if definition is not e.definition:
        e.fail(
            "E0220",
            f"`{definition.name}` uses itself by way of `{e.definition.name}`",
            span,
            help=["write the recursion as one morph that uses itself under `if`"],
        )
    facts = e.unifier.facts
    for parameter in definition.parameters:
        if parameter.kind == "size":
            here, next_ = Dim.of(parameter.symbol), e.unifier.dim(filled.sizes[parameter.symbol])
            falls = facts.prove(Compare("<", next_, here))
            if falls and facts.prove(Compare(">=", next_, Dim.of(0))):
                return
    name = next((p.name for p in definition.parameters if p.kind == "size"), "n")
    e.fail(
        "E0220",
        f"this use of `{definition.name}` by itself is not shown to end",
        span,
        notes=["some argument must get smaller, and stay at least 0, at every step"],
        help=[f"write `if {name} == 0 then .. else .. {definition.name}[{name} - 1]`"],
    )


def contexts_for(
    e: Elaborator, name: str, ports: Sequence[Port], scope: Scope, span: Span
) -> tuple[Atom, ...]:
    """The contexts that a callee wants, from where its factor is written."""
    from catnn.elaborate.contexts import find_context

    return tuple(
        find_context(e, scope, port.name, port.type, name, span)
        for port in ports
        if port.is_context
    )


def _assign(
    e: Elaborator, definition: Definition, arguments: Sequence[ast.Argument], span: Span
) -> dict[str, ast.Argument]:
    given: dict[str, ast.Argument] = {}
    names = [parameter.name for parameter in definition.parameters]
    position = 0
    for argument in arguments:
        if argument.path is not None:
            e.fail(
                "E0311", "resizing a model along an axis comes with a later version", argument.span
            )
        if argument.name is None:
            if position >= len(names):
                _too_many(e, definition, arguments, argument.span)
            name = names[position]
            position += 1
        else:
            name = argument.name
            if name not in names:
                help = argument_help(name, names) or suggestion(name, names)
                listed = ", ".join(f"`{n}`" for n in names) or "none"
                e.fail(
                    "E0303",
                    f"`{definition.name}` has no argument `{name}`",
                    argument.span,
                    notes=[f"its arguments are: {listed}"],
                    help=[help] if help else [],
                )
        if name in given:
            e.fail(
                "E0313",
                f"`{name}` is given twice",
                argument.span,
                labels=[Label(given[name].span, "first here")],
            )
        given[name] = argument
    return given


def counted(count: int, noun: str) -> str:
    """`1 input`, `3 inputs`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _too_many(
    e: Elaborator, definition: Definition, arguments: Sequence[ast.Argument], span: Span
) -> None:
    names = [parameter.name for parameter in definition.parameters]
    listed = f"`{definition.name}[{', '.join(names)}]`" if names else f"`{definition.name}`"
    e.fail(
        "E0304",
        f"`{definition.name}` takes {counted(len(names), 'bracket argument')}, {len(arguments)} "
        + ("is given" if len(arguments) == 1 else "are given"),
        span,
        "one too many",
        notes=[f"it is declared as {listed}"],
        help=["inputs go in parentheses: `f[sizes](inputs)`"],
    )


def _scalar(
    e: Elaborator,
    definition: Definition,
    parameter: StaticParameter,
    argument: ast.Argument | None,
    scope: Scope,
    inner: Scope,
    filled: Substitution,
    span: Span,
) -> None:
    source, where = (argument.value, scope) if argument else (parameter.default, inner)
    place = argument.span if argument else span
    if parameter.kind in ("list", "family"):
        entry = _list(e, parameter, source, where, place)
        _length(e, definition, parameter, entry, filled, place)
        filled.lists[parameter.symbol] = entry
        inner.sizes[parameter.name] = entry
        return
    if source is None:
        meta = fresh(parameter.name, "meta")
        e.wanted[meta] = (definition.name, parameter.name, span, True)
        dim = Dim.of(meta)
    else:
        dim = size(e, source, where)
    filled.sizes[parameter.symbol] = dim
    inner.sizes[parameter.name] = SizeEntry(dim, parameter.kind, place)
    if argument is not None:
        _check_kind(e, definition, parameter, argument, scope, dim)


def _length(
    e: Elaborator,
    definition: Definition,
    parameter: StaticParameter,
    entry: FamilyEntry,
    filled: Substitution,
    span: Span,
) -> None:
    """A list has the length that its declaration states; a size that is only that is found so."""
    if parameter.length is None or entry.length is None:
        return
    due = filled.dim(parameter.length)

    def report(mismatch: Mismatch) -> Diagnostic:
        text = f"`{parameter.name}` of `{definition.name}` has {e.unifier.dim(due)} members"
        return Diagnostic("E0304", f"{text}, {e.unifier.dim(given)} are given", span)

    given = entry.length
    try:
        e.unifier.unify_dim(due, given, report)
    except Mismatch as mismatch:
        e.report(report(mismatch))
        raise Abandon from None


def _check_kind(
    e: Elaborator,
    definition: Definition,
    parameter: StaticParameter,
    argument: ast.Argument,
    scope: Scope,
    dim: Dim,
) -> None:
    written = _kind_of_argument(argument.value, scope)
    what = {
        "bool": "`true` or `false`",
        "string": 'a text like `"sym"`',
        "size": "a size",
        "number": "a number",
    }
    wrong = (
        written is not None
        and written != parameter.kind
        and not (
            {written, parameter.kind} <= {"size", "number", "index"}
            and (parameter.kind != "size" or written != "number")
        )
    )
    if parameter.kind == "size" and dim.as_fraction() is not None and dim.as_int() is None:
        e.fail(
            "E0305",
            f"`{parameter.name}` of `{definition.name}` is a size, and {dim} is no whole number",
            argument.span,
            help=["round it: `ceil(..)`, or `//` in place of `/`"],
        )
    if wrong:
        names = ", ".join(p.name for p in definition.parameters)
        e.fail(
            "E0305",
            f"`{parameter.name}` of `{definition.name}` is {what[parameter.kind]}",
            argument.span,
            notes=[f"it is declared as `{definition.name}[{names}]`"],
            help=["the sizes of its input are found from the input"]
            if argument.name is None and written in ("size", "index")
            else [],
        )
    if parameter.kind == "size" and (value := dim.as_int()) is not None and value < 0:
        e.fail(
            "E0208",
            f"`{parameter.name}` of `{definition.name}` is {value}; it is at least 0",
            argument.span,
        )


def _kind_of_argument(value: ast.Static, scope: Scope) -> str | None:
    match value:
        case ast.Name(text="true" | "false"):
            return "bool"
        case ast.String():
            return "string"
        case ast.Number():
            return "size" if value.is_integer else "number"
        case ast.Name(text=text):
            entry = scope.size(text)
            return entry.kind if isinstance(entry, SizeEntry) else None
        case _:
            return None


def _list(
    e: Elaborator,
    parameter: StaticParameter,
    source: ast.Static | None,
    scope: Scope,
    span: Span,
) -> FamilyEntry:
    match source:
        case ast.Tuple(items=items):
            nodes = [item.value for item in items]
        case ast.Listing(items=items):
            nodes = [item for item in items if not isinstance(item, ast.Spread)]
        case ast.Name(text=name):
            entry = scope.size(name)
            if isinstance(entry, FamilyEntry):
                return entry
            nodes = []
        case None:
            e.fail("E0209", f"`{parameter.name}` must be given: a list of sizes", span)
        case _:
            nodes = []
    if not nodes:
        e.fail(
            "E0305", f"`{parameter.name}` is a list of sizes", span, help=["write `(3, 4, 6, 3)`"]
        )
    members = tuple(size(e, node, scope) for node in nodes)
    length = parameter.length.as_int() if parameter.length is not None else None
    if length is not None and length != len(members):
        e.fail("E0304", f"`{parameter.name}` has {length} members, {len(members)} are given", span)
    return FamilyEntry(parameter.symbol, Dim.of(len(members)), members, span)


def _terms(
    e: Elaborator,
    definition: Definition,
    given: dict[str, ast.Argument],
    scope: Scope,
    inner: Scope,
    filled: Substitution,
    span: Span,
) -> tuple[list[tuple[int, Morphism]], list[tuple[int, Atom]]]:
    """Morphism and value arguments, after the scalars are known."""
    from catnn.elaborate.reify import reify

    morphisms: list[tuple[int, Morphism]] = []
    values: list[tuple[int, Atom]] = []
    for parameter in definition.parameters:
        if parameter.kind not in ("morphism", "value"):
            continue
        argument = given.get(parameter.name)
        source = argument.value if argument else parameter.default
        where = scope if argument else definition.scope
        if source is None:
            e.fail(
                "E0209",
                f"`{definition.name}` needs its argument `{parameter.name}`",
                span,
                help=[f"give a morphism: `{definition.name}[{parameter.name} = ..]`"],
            )
        if parameter.arrow is not None:
            _refuse_value(e, definition, parameter, source, where)
            arrow = filled.arrow(parameter.arrow)
            morphism = reify(e, source, where, arrow)
            morphisms.append((parameter.uid, morphism))
            if arrow.is_linear:
                _claim(e, definition, parameter, morphism, source.span)
        else:
            assert parameter.type is not None
            expected = filled.type(parameter.type)
            atom = e.value(source, where, expected)
            values.append((parameter.uid, coerce(e, atom, expected, source.span)))
    return morphisms, values


def _starts(
    e: Elaborator,
    definition: Definition,
    given: dict[str, ast.Argument],
    scope: Scope,
    filled: Substitution,
    span: Span,
) -> dict[int, core.Start]:
    """Initialiser arguments; a default may use the sizes of the instance and earlier arguments."""
    starts: dict[int, core.Start] = {}
    for parameter in definition.parameters:
        if parameter.kind != "initialiser":
            continue
        due = f"`{parameter.name}` of `{definition.name}`"
        argument = given.get(parameter.name)
        if argument is not None:
            starts[parameter.uid] = initialiser(e, argument.value, scope, due)
        elif parameter.default is not None:
            starts[parameter.uid] = default_start(
                e, parameter.default, definition.scope, filled.dim, starts, due
            )
        else:
            e.fail(
                "E0209",
                f"`{definition.name}` needs its argument `{parameter.name}`",
                span,
                help=[f"give an initialiser: `{definition.name}[{parameter.name} = normal[0.02]]`"],
            )
    return starts


def _claim(
    e: Elaborator,
    definition: Definition,
    parameter: StaticParameter,
    morphism: core.Closure,
    span: Span,
) -> None:
    """`A -o B` is due in brackets."""
    assert parameter.arrow is not None
    contexts = len(parameter.arrow.contexts)
    text = f"`{parameter.name}` of `{definition.name}` is linear (`-o`), and this is not"
    places = (Label(parameter.span, "declared here"),) if parameter.span.file else ()
    inputs = len(morphism.ports) - contexts
    e.claims.append(Claim(morphism, inputs, text, span, places, contexts))


def _refuse_value(
    e: Elaborator,
    definition: Definition,
    parameter: StaticParameter,
    source: ast.Static,
    scope: Scope,
) -> None:
    """A morphism is due in brackets, and this is a size or a value."""
    from catnn.elaborate.apply import is_morphism, refuse_unknown

    if is_morphism(e, source, scope):
        return
    if isinstance(source, ast.Name) and isinstance(scope.value(source.text), ValueEntry):
        return  # a tensor acts as the morphism that looks up in it
    refuse_unknown(e, source, scope)
    names = ", ".join(p.name for p in definition.parameters)
    e.fail(
        "E0305",
        f"`{parameter.name}` of `{definition.name}` is a morphism",
        source.span,
        notes=[f"it is declared as `{definition.name}[{names}]`"],
    )


def _require(e: Elaborator, definition: Definition, filled: Substitution, span: Span) -> None:
    for variable in definition.additive:
        e.additive.append((filled.type(Abstract(variable)), definition.name, span))
    for requirement in definition.requirements:
        try:
            fact = filled.fact(requirement.fact)
        except (SizeError, SizeLimit) as error:
            e.fail("E0208", f"`{definition.name}` here has a size without a value: {error}", span)
        if fact.decide() is True:
            continue
        e.oblige(fact, _unshown(e, definition, requirement.fact, requirement.span, span, filled))


def _unshown(
    e: Elaborator,
    definition: Definition,
    stated: Fact,
    place: Span,
    span: Span,
    filled: Substitution,
) -> Callable[[Fact], Diagnostic]:
    def report(found: Fact) -> Diagnostic:
        shown = e.resolve_fact(found)
        here = {
            s.name: e.unifier.dim(filled.sizes[s]) for s in stated.symbols() if s in filled.sizes
        }
        values = [
            f"`{name}` is {value}" for name, value in sorted(here.items()) if str(value) != name
        ]
        code = "E0208" if isinstance(shown, Compare) and shown.op == ">=" else "E0207"
        false = e.unifier.facts.refute(shown)
        labels = [Label(place, f"`{definition.name}` requires `{stated}`")] if place.file else []
        return Diagnostic(
            code,
            f"`{shown}` does not hold" if false else f"cannot show that `{shown}`",
            span,
            f"`{definition.name}` requires it here",
            tuple(labels),
            (f"here {', '.join(values)}",) if values else (),
            near_divisors(shown) if false else (f"add `where {needed(shown)}` to the signature",),
        )

    return report


# ---- inputs to ports ------------------------------------------------------------------


def call(
    e: Elaborator,
    callee: Callee,
    arguments: Sequence[Atom],
    span: Span,
    places: Sequence[Span] = (),
) -> Atom:
    """The call of a morphism: leads found, ports unified, the operation bound."""
    contexts = callee.contexts
    atoms = _distribute(e, callee, arguments, span)
    spans = list(places) if len(places) == len(atoms) else [span] * len(atoms)
    ports = [*callee.inputs, *(port for port in callee.ports if port.is_context)]
    atoms = [*atoms, *contexts]
    spans += [span] * len(contexts)
    order = sorted(range(len(ports)), key=lambda k: _takes_all(e, ports[k].type))
    leads: list[Shape] = [()] * len(ports)
    for k in order:
        atoms[k], leads[k] = match_port(e, callee, k, ports[k], atoms[k], spans[k])
    lead = longest(e, callee, leads, spans)
    target = e.unifier.type(prefixed(lead, callee.target))
    operation = core.Call(callee.morphism, tuple(atoms), lead, tuple(leads), target)
    return e.bind(operation, target, callee.name, span)


def _takes_all(e: Elaborator, type_: Type) -> bool:
    """Whether a port fixes nothing by itself: open type variables and rows wait for the others."""
    match e.unifier.type(type_):
        case Abstract(symbol):
            return symbol.kind == "meta"
        case Tensor(_, shape):
            return any(isinstance(item, Row) and item.symbol.kind == "meta" for item in shape)
        case Product(items):
            return any(_takes_all(e, item) for item in items)
        case Several(_, _, item):
            return _takes_all(e, item)
        case _:
            return False


def _distribute(e: Elaborator, callee: Callee, arguments: Sequence[Atom], span: Span) -> list[Atom]:
    """The arguments as one atom for each port."""
    inputs = callee.inputs
    if not callee.tupled:
        if len(arguments) == 1:
            return list(arguments)
        if not arguments and inputs:
            _wrong_count(e, callee, 0, span)
        return [Tupled(tuple(arguments), Product(tuple(a.type for a in arguments)))]
    if len(arguments) == len(inputs) and len(inputs) != 1:
        return list(arguments)
    if len(arguments) == 1:
        return _components(e, callee, arguments[0], span)
    _wrong_count(e, callee, len(arguments), span)
    raise Abandon


def _components(e: Elaborator, callee: Callee, argument: Atom, span: Span) -> list[Atom]:
    inputs = callee.inputs
    type_ = e.unifier.type(argument.type)
    if isinstance(type_, Abstract) and type_.symbol.kind == "meta":
        row = e.unifier.fresh_row()
        type_ = Product(tuple(prefixed((row,), port.type) for port in inputs), callee.labels)
        e.unifier.types[
            argument.type.symbol if isinstance(argument.type, Abstract) else fresh("A")
        ] = type_
    if isinstance(type_, Product) and len(type_.items) == len(inputs):
        return [component(argument, k, item) for k, item in enumerate(type_.items)]
    if len(inputs) == 1:
        return [argument]
    count = len(type_.items) if isinstance(type_, Product) else 1
    _wrong_count(e, callee, count, span)
    raise Abandon


def component(atom: Atom, index: int, type_: Type) -> Atom:
    if isinstance(atom, Tupled):
        return atom.items[index]
    if isinstance(atom.type, Several):
        return core.Indexed(atom, Dim.of(index), type_)
    return Component(atom, index, type_)


def _wrong_count(e: Elaborator, callee: Callee, count: int, span: Span) -> None:
    inputs = callee.inputs
    shown = ", ".join(str(e.unifier.type(port.type)) for port in inputs)
    labels = (
        [Label(callee.signature_span, "declared here")]
        if callee.signature_span and callee.signature_span.file
        else []
    )
    e.fail(
        "E0304",
        f"`{callee.name}` takes {counted(len(inputs), 'input')}, {count} "
        + ("is given" if count == 1 else "are given"),
        span,
        labels=labels,
        notes=[f"its input is `{shown if len(inputs) == 1 else f'({shown})'}`"],
        help=_layer_of(e, callee),
    )


def _layer_of(e: Elaborator, callee: Callee) -> list[str]:
    """A primitive that one takes for a layer: `batch_norm` for `batchnorm`."""
    layer = callee.name.replace("_", "")
    if layer == callee.name or e.checker.find(e.definition.module, layer) is None:
        return []
    return [f"the layer with parameters is `{layer}`"]


def match_port(
    e: Elaborator, callee: Callee, position: int, port: Port, atom: Atom, span: Span
) -> tuple[Atom, Shape]:
    """Unify one argument with its port; the converted argument and its lead."""
    due = e.unifier.type(port.type)
    given = e.unifier.type(atom.type)
    clash = Clashes(e, callee, position, port, atom, span)
    try:
        return _match(e, due, given, atom, clash)
    except Mismatch as mismatch:
        e.report(clash.describe(mismatch))
        raise Abandon from None


def _match(
    e: Elaborator, due: Type, given: Type, atom: Atom, clash: "Clashes"
) -> tuple[Atom, Shape]:
    match due, given:
        case Tensor() | Abstract(Symbol(kind="size")), Abstract(symbol) if symbol.kind == "meta":
            row = e.unifier.fresh_row()
            e.unifier.unify(given, prefixed((row,), due), clash.describe)
            return atom, e.unifier.shape((row,))
        case Tensor(), Tensor():
            return _match_tensor(e, due, given, atom, clash)
        case Abstract(symbol, lead), _ if symbol.kind == "meta":
            return _match_variable(e, due, given, atom, clash)
        case Abstract(symbol, own), Abstract(other, lead) if symbol is other:
            split = len(lead) - len(own)
            if split < 0:
                raise Mismatch("type", due, given)
            e.unifier.unify_shape(own, lead[split:], clash.describe)
            return atom, lead[:split]
        case Product(items), Product(others) if len(items) == len(others):
            return _match_product(e, due, given, atom, clash)
        case Several(), Several():
            return atom, _match_several(e, due, given, clash)
        case Several(), Product(items):
            e.unifier.written_out(due, len(items), clash.describe)
            return _match(e, e.unifier.type(due), given, atom, clash)
        case Product(items), Several():
            e.unifier.written_out(given, len(items), clash.describe)
            return _match(e, due, e.unifier.type(given), atom, clash)
        case Product() | Several(), Abstract(symbol) if symbol.kind == "meta":
            row = e.unifier.fresh_row()
            e.unifier.unify(given, prefixed((row,), due), clash.describe)
            return atom, e.unifier.shape((row,))
        case SizeType(), SizeType():
            e.unifier.unify_dim(due.size, given.size, clash.describe)
            return atom, ()
        case SizeType(), _ if isinstance(atom, core.Static):
            e.unifier.unify_dim(due.size, atom.value, clash.describe)
            return atom, ()
        case _:
            raise Mismatch("type", due, given)


def _match_several(e: Elaborator, due: Several, given: Several, clash: "Clashes") -> Shape:
    """Tuples of one symbolic length, component by component; nothing in them is converted."""
    e.unifier.unify_dim(due.count, given.count, clash.describe)
    other = at(given.item, {given.index: Dim.of(due.index)})
    placeholder = core.Ref(0, "", other)
    known = set(e.unifier.dims)
    with e.unifier.within(due.index, due.count):
        atom, lead = _match(e, e.unifier.type(due.item), e.unifier.type(other), placeholder, clash)
    if atom is not placeholder:
        raise Mismatch("element", due, given)
    fixed = [e.unifier.dim(Dim.of(meta)) for meta in e.unifier.dims.keys() - known]
    axes = [axis for axis in e.unifier.shape(lead) if isinstance(axis, Dim)]
    if any(due.index in dim.symbols() for dim in (*fixed, *axes)):
        raise Mismatch("type", due, given)
    return lead


def _match_tensor(
    e: Elaborator, due: Tensor, given: Tensor, atom: Atom, clash: "Clashes"
) -> tuple[Atom, Shape]:
    atom = _element(e, due.element, given, atom, clash)
    if any(isinstance(item, Row) and item.symbol.kind == "meta" for item in due.shape):
        if due.shape == e.unifier.shape(given.shape):
            return atom, ()  # the very row that it was made from: nothing more is read
        shape = e.unifier.reveal_all(given.shape)
        e.unifier.unify_shape(due.shape, shape, clash.describe)
        return atom, ()
    if any(isinstance(item, Row) for item in due.shape):
        return atom, _match_rows(e, due.shape, given.shape, clash)
    split = e.unifier.trailing(given.shape, len(due.shape))
    if split is None:
        raise Mismatch("rank", due, e.unifier.type(given))
    lead, own = split
    for one, other in zip(due.shape, own, strict=True):
        assert isinstance(one, Dim)
        e.unifier.unify_dim(one, other, clash.describe)
    return atom, lead


def _match_rows(e: Elaborator, due: Shape, given: Shape, clash: "Clashes") -> Shape:
    """A shape with a rigid row: it must be there as such; what is in front leads."""
    given = e.unifier.shape(given)
    while any(isinstance(i, Row) and i.symbol.kind == "meta" for i in given) and len(given) < len(
        due
    ):
        row = next(i for i in given if isinstance(i, Row) and i.symbol.kind == "meta")
        if not e.unifier.reveal(row):
            break
        given = e.unifier.shape(given)
    split = len(given) - len(due)
    if split < 0:
        raise Mismatch("rank", Tensor(Real(), due), Tensor(Real(), given))
    e.unifier.unify_shape(due, given[split:], clash.describe)
    return given[:split]


def _element(e: Elaborator, due: Element, given: Tensor, atom: Atom, clash: "Clashes") -> Atom:
    have = given.element
    if isinstance(due, Index) and isinstance(atom, core.Static):
        e.oblige(
            Compare("<", atom.value, due.size),
            lambda f: clash.describe(Mismatch("element", due, have)),
        )
        return core.Static(atom.value, Tensor(due))
    if isinstance(due, Index) and isinstance(have, Index):
        e.unifier.unify_dim(due.size, have.size, clash.describe_index)
        return atom
    if type(due) is type(have):
        return atom
    if not promotes(have, due):
        raise Mismatch("element", due, have)
    return convert(e, atom, Tensor(due, given.shape), clash.span)


def convert(e: Elaborator, atom: Atom, type_: Type, span: Span) -> Atom:
    if isinstance(atom, core.Static):
        return core.Static(atom.value, type_)
    return e.bind(core.Convert(atom, type_), type_, "real", span)


def _match_variable(
    e: Elaborator, due: Abstract, given: Type, atom: Atom, clash: "Clashes"
) -> tuple[Atom, Shape]:
    """An open type variable takes the whole type."""
    if due.lead and isinstance(given, Tensor):
        shape = e.unifier.reveal_all(given.shape)
        given = Tensor(given.element, shape)
    e.unifier.unify(due, given, clash.describe)
    return atom, ()


def _match_product(
    e: Elaborator, due: Product, given: Product, atom: Atom, clash: "Clashes"
) -> tuple[Atom, Shape]:
    if due.labels and given.labels and due.labels != given.labels:
        raise Mismatch("labels", due, given)
    atoms, leads = [], []
    for k, (one, other) in enumerate(zip(due.items, given.items, strict=True)):
        part, lead = _match(
            e, e.unifier.type(one), e.unifier.type(other), component(atom, k, other), clash
        )
        atoms.append(part)
        leads.append(lead)
    for lead in leads[1:]:
        e.unifier.unify_shape(leads[0], lead, clash.describe)
    unchanged = all(isinstance(a, Component) and a.of is atom for a in atoms)
    return (atom if unchanged else Tupled(tuple(atoms), due)), leads[0] if leads else ()


def longest(e: Elaborator, callee: Callee, leads: Sequence[Shape], spans: Sequence[Span]) -> Shape:
    """The lead of the call: the longest, of which every other must be a prefix."""
    resolved = [e.unifier.shape(lead) for lead in leads]
    lead = max(resolved, key=len, default=())
    at = resolved.index(lead) if resolved else 0
    for k, other in enumerate(resolved):
        if not _is_prefix(e, other, lead):
            e.fail(
                "E0203",
                f"the inputs of `{callee.name}` have different leading axes",
                spans[k],
                f"this one leads with {_axes(other)}",
                labels=[Label(spans[at], f"this one leads with {_axes(lead)}")],
                notes=[
                    "a morphism maps over leading axes; every lead must be a prefix of the longest"
                ],
                help=[callee.hint or "move the axes by name: `f{n [..], n [..] -> n [..]}(x, y)`"],
            )
    return lead


def _is_prefix(e: Elaborator, short: Shape, lead: Shape) -> bool:
    for one, other in zip(short, lead, strict=False):
        if isinstance(one, Row) or isinstance(other, Row):
            if one != other:
                return False
            continue
        try:
            e.unifier.unify_dim(
                one, other, lambda m: Diagnostic("E0203", "leading axes differ", Span("", 0, 0))
            )
        except Mismatch:
            return False
    return True


def _axes(shape: Shape) -> str:
    return f"[{', '.join(map(str, shape))}]" if shape else "no axes"


# ---- coercion of a value to a known type -------------------------------------------------


def coerce(e: Elaborator, atom: Atom, expected: Type, span: Span) -> Atom:
    """A value where exactly `expected` is due (no lead)."""
    callee = Callee(core.Argument(0, ""), (Port("", expected),), False, expected, "", span)
    clash = Clashes(e, callee, 0, callee.ports[0], atom, span)
    try:
        atom, lead = _match(e, e.unifier.type(expected), e.unifier.type(atom.type), atom, clash)
        if lead:
            e.unifier.unify_shape(lead, (), clash.describe)
    except Mismatch as mismatch:
        e.report(clash.describe_result(mismatch))
        raise Abandon from None
    return atom


@frozen
class Clashes:
    """The words for a clash between an argument and its port, with both origins."""

    e: Elaborator
    callee: Callee
    position: int
    port: Port
    atom: Atom
    span: Span

    def describe(self, mismatch: Mismatch) -> Diagnostic:
        from catnn.elaborate.clashes import argument_clash

        return argument_clash(self, mismatch)

    def describe_index(self, mismatch: Mismatch) -> Diagnostic:
        return self.describe(Mismatch("index", mismatch.left, mismatch.right))

    def describe_result(self, mismatch: Mismatch) -> Diagnostic:
        from catnn.elaborate.clashes import result_clash

        return result_clash(self, mismatch)


__all__ = ["Callee", "call", "coerce", "component", "convert", "instantiate", "match_port"]
