"""One body at its declared type, or the principal type of a body without one."""

from catnn.elaborate.apply import is_morphism, refuse_unknown, value_help
from catnn.elaborate.binding import bind_name
from catnn.elaborate.calls import coerce
from catnn.elaborate.constants import is_constant
from catnn.elaborate.context import Abandon, Claim, Elaborator, fresh_uid
from catnn.elaborate.core import Atom, Block, Closure, Ref, Static, Tupled
from catnn.elaborate.crossing import prove_whole
from catnn.elaborate.definition import Definition, Port, Requirement
from catnn.elaborate.linearity import prove_claims
from catnn.elaborate.names import written
from catnn.elaborate.patterns import PATTERN
from catnn.elaborate.reify import close_inputs
from catnn.elaborate.scope import Scope, ValueEntry
from catnn.elaborate.statements import run_statements
from catnn.elaborate.statics import static_sizes
from catnn.elaborate.unify import Mismatch, Obligation, leaves, prefixed
from catnn.errors import Diagnostic, Label
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.atoms import Member, Total
from catnn.types.dims import Dim, Symbol, fresh
from catnn.types.facts import Compare, Fact, Facts
from catnn.types.types import (
    Abstract,
    Bool,
    Index,
    Int,
    Product,
    Row,
    Several,
    Shape,
    SizeType,
    Tensor,
    Type,
)

ONE = Dim.of(1)


def elaborate_body(e: Elaborator, definition: Definition) -> None:
    """Fill in `body`, `inputs`, and, where it was not written, the type."""
    if definition.primitive is not None:
        definition.additive |= set(definition.variables)
        _primitive_obligations(e)
        definition.static = static_sizes(e, definition)
        return
    assert definition.body_ast is not None
    scope = definition.scope.inner()
    inferred = not definition.is_complete
    if inferred and definition.header.inputs is None:
        definition.ports.insert(0, Port("", Abstract(fresh("A", "meta"))))
    refs = [_input(e, definition, port) for port in definition.ports]
    definition.inputs = tuple(refs)
    _bind_inputs(e, definition, scope, refs)
    body = _block(e, definition, scope, refs)
    if definition.kind == "law":
        _sides_agree(e, definition, body)
    e.unifier.retry()
    if inferred:
        _generalise(e, definition, body)
    definition.body = body
    _wanted(e, definition)
    _numbers(e, definition)
    # A law holds for the sizes that it states; no fact is added to them in silence.
    _discharge(e, definition, inferred and not (definition.kind == "law" and definition.ports))
    definition.static = static_sizes(e, definition)
    definition.solved = e.unifier
    if definition.is_linear:
        _claim_linear(e, definition, body)
    if definition.state != "failed":
        prove_claims(e, definition)
        prove_whole(e, definition)


def _sides(e: Elaborator, body: ast.Expr, scope: Scope) -> Atom:
    """The pair of the sides of a law; a number is what the other side makes of it."""
    if isinstance(body, ast.Block):
        scope, body = run_statements(e, body.statements, scope), body.result
    assert isinstance(body, ast.Tuple)
    one, other = (item.value for item in body.items)
    left, right = e.value(one, scope), e.value(other, scope)
    if isinstance(left, Static) and not isinstance(right, Static):
        left = coerce(e, left, right.type, one.span)
    elif isinstance(right, Static) and not isinstance(left, Static):
        right = coerce(e, right, left.type, other.span)
    return Tupled((left, right), Product((left.type, right.type)))


def _sides_agree(e: Elaborator, definition: Definition, body: Block) -> None:
    """Both sides of a law have the same type; `body` is the pair of them."""
    pair = e.unifier.type(body.result.type)
    assert isinstance(pair, Product)
    left, right = pair.items
    one, other = _side_nodes(definition)

    def report(mismatch: Mismatch) -> Diagnostic:
        here = Label(one.span, f"this has type `{e.unifier.type(left)}`")
        there = f"this has type `{e.unifier.type(right)}`"
        help = ("let both sides end with the same type",)
        return Diagnostic(
            "E0603",
            "the sides of a law differ in type",
            other.span,
            there,
            labels=(here,),
            help=help,
        )

    try:
        e.unifier.unify(left, right, report)
    except Mismatch as mismatch:
        e.report(report(mismatch))
        raise Abandon from None


def _side_nodes(definition: Definition) -> tuple[ast.Static, ast.Static]:
    body = definition.body_ast
    if isinstance(body, ast.Block):
        body = body.result
    if isinstance(body, ast.Tuple):
        one, other = (item.value for item in body.items)
    else:
        assert isinstance(body, ast.Fan)
        one, other = body.factors
    return one, other


def _claim_linear(e: Elaborator, definition: Definition, body: Block) -> None:
    """The `-o` of the signature."""
    pairs = zip(definition.inputs, definition.ports, strict=True)
    own = tuple(ref for ref, port in pairs if not port.is_context)
    assert definition.body_ast is not None
    text = f"`{definition.name}` is declared linear (`-o`), and this is not linear in its input"
    place = Label(definition.span, "declared here")
    span = definition.body_ast.span
    e.claims.append(Claim(Closure(own, body), len(own), text, span, (place,)))


def _primitive_obligations(e: Elaborator) -> None:
    """What a primitive's signature asks (axes at least 1, exact divisions) is its callers' to show."""
    for obligation in e.unifier.obligations:
        if not e.unifier.facts.prove(obligation.fact):
            e.definition.requirements.append(
                Requirement(obligation.fact, e.definition.span, written=False)
            )


def _input(e: Elaborator, definition: Definition, port: Port) -> Ref:
    type_ = port.type
    if definition.across is not None and not port.is_context:
        type_ = prefixed((Dim.of(definition.across),), type_)
    return Ref(fresh_uid(), port.name or "x", type_)


def _bind_inputs(e: Elaborator, definition: Definition, scope: Scope, refs: list[Ref]) -> None:
    for port, ref in zip(definition.ports, refs, strict=True):
        if port.is_context:
            entry = ValueEntry(ref, definition.header.span)
            scope.contexts[port.name or ref.name] = entry
            if port.name:
                scope.values[port.name] = entry
        elif definition.header.inputs is not None:
            bind_name(e, port.name, ref, scope, definition.header.span)


def _block(e: Elaborator, definition: Definition, scope: Scope, refs: list[Ref]) -> Block:
    body = definition.body_ast
    assert body is not None
    own = [ref for ref, port in zip(refs, definition.ports, strict=True) if not port.is_context]
    target = definition.target
    if target is not None and definition.across is not None:
        target = prefixed((Dim.of(definition.across),), target)

    def build() -> Atom:
        if definition.kind == "law" and definition.header.inputs is not None:
            return _sides(e, body, scope)
        if (
            definition.header.inputs is not None
            or definition.is_nullary
            or (not own and not is_morphism(e, body, scope))
        ):
            result = e.value(body, scope, target)
        else:
            argument: Atom = (
                own[0]
                if own and not definition.tupled
                else Tupled(tuple(own), Product(tuple(ref.type for ref in own), definition.labels))
            )
            result = _applied(e, definition, scope, argument, target)
        return result if target is None else coerce(e, result, target, body.span)

    block = e.block(build)
    if definition.state == "failed":
        raise Abandon
    return block


def _applied(
    e: Elaborator, definition: Definition, scope: Scope, argument: Atom, target: Type | None
) -> Atom:
    body = definition.body_ast
    assert body is not None
    if not is_morphism(e, body, scope):
        if is_constant(e, body, scope) and target is not None:
            return e.value(body, scope, target)
        refuse_unknown(e, body, scope)
        e.fail(
            "E0305",
            f"`{definition.name}` is a morphism, and its body is a value",
            body.span,
            help=[value_help(e, body, scope)],
        )
    return e.apply(body, scope, argument, target)


# ---- generalisation -----------------------------------------------------------------------


def _generalise(e: Elaborator, definition: Definition, body: Block) -> None:
    """What is still open in the inferred type is quantified."""
    own = [port for port in definition.ports if not port.is_context]
    for port in own:
        close_inputs(e, port.type)
    target = e.unifier.type(body.result.type)
    for type_ in (*(e.unifier.type(port.type) for port in own), target):
        _quantify(e, definition, type_)
    if definition.header.inputs is None:
        (port,) = own
        source = e.unifier.type(port.type)
        position = definition.ports.index(port)
        definition.ports[position] = Port(port.name, source)
    else:
        definition.ports = [
            Port(p.name, e.unifier.type(p.type), p.is_context) for p in definition.ports
        ]
    target = e.unifier.type(target)
    if definition.across is not None:
        stripped = e.unifier.strip(target, 1)
        target = stripped[1] if stripped is not None else target
    definition.target = target


def _quantify(e: Elaborator, definition: Definition, type_: Type) -> None:
    match type_:
        case Tensor(element, shape):
            if isinstance(element, Index):
                _quantify_dim(e, definition, element.size)
            _quantify_shape(e, definition, shape)
        case Abstract(symbol, lead):
            if symbol.kind == "meta":
                variable = fresh("ABCDE"[len(definition.variables) % 5])
                definition.variables.append(variable)
                e.unifier.types[symbol] = Abstract(variable)
            _quantify_shape(e, definition, lead)
        case Product(items):
            for item in items:
                _quantify(e, definition, e.unifier.type(item))
        case Several(_, count, item):
            _quantify_dim(e, definition, count)
            _quantify(e, definition, e.unifier.type(item))
        case SizeType(size):
            _quantify_dim(e, definition, size)


def _quantify_shape(e: Elaborator, definition: Definition, shape: Shape) -> None:
    for item in shape:
        if isinstance(item, Row):
            if item.symbol.kind == "meta":
                row = fresh("s")
                definition.rows.append(row)
                e.unifier.rows[item.symbol] = (Row(row),)
        else:
            _quantify_dim(e, definition, item)


def _quantify_dim(e: Elaborator, definition: Definition, dim: Dim) -> None:
    for meta in sorted(e.unifier.dim(dim).metas(), key=lambda m: m.uid):
        used = {symbol.name for symbol in definition.sizes} | {
            p.name for p in definition.parameters
        }
        name = meta.name if meta.name not in used else f"{meta.name}{len(used)}"
        symbol = fresh(name)
        definition.sizes.append(symbol)
        e.unifier.facts = e.unifier.facts.declare(symbol, 1)
        e.unifier.dims[meta] = Dim.of(symbol)
    e.unifier.retry()


# ---- what is left ---------------------------------------------------------------------------


def _wanted(e: Elaborator, definition: Definition) -> None:
    """Sizes that nothing determines: name the argument to give. What speaks of them is not judged."""
    open_sizes: set[Symbol] = set()
    for meta, (callee, name, span, is_argument) in e.wanted.items():
        open_ = e.unifier.dim(Dim.of(meta)).metas()
        if not open_:
            continue
        if not _follows(e, open_, open_sizes):
            e.report(_undetermined(callee, name, span, is_argument))
        definition.state = "failed"
        for symbol in open_:
            e.unifier.dims[symbol] = Dim.of(fresh(symbol.name))
            open_sizes.update(e.unifier.dims[symbol].symbols())
    e.unifier.obligations = [
        obligation
        for obligation in e.unifier.obligations
        if not open_sizes & e.resolve_fact(obligation.fact).symbols()
    ]
    for name, type_, span in e.filled:
        found = e.unifier.type(type_)
        shape = found.shape if isinstance(found, Tensor) else ()
        if any(isinstance(item, Row) and item.symbol.kind == "meta" for item in shape):
            help = f"give its sizes: `{name}[n]`"
            e.report(Diagnostic("E0209", f"the type of `{name}` is open here", span, help=(help,)))
            definition.state = "failed"
    if e.unifier.waiting and definition.state != "failed":
        equation = e.unifier.waiting[0]
        from catnn.elaborate.unify import Mismatch

        left, right = e.unifier.dim(equation.left), e.unifier.dim(equation.right)
        e.report(equation.report(Mismatch("size", left, right)))
        definition.state = "failed"


def _follows(e: Elaborator, metas: frozenset[Symbol], reported: set[Symbol]) -> bool:
    """Whether an equation would give a size if one that was reported were known."""
    for equation in e.unifier.waiting:
        symbols = e.unifier.dim(equation.left).symbols() | e.unifier.dim(equation.right).symbols()
        if metas & symbols and reported & symbols:
            return True
    return False


def _undetermined(callee: str, name: str, span: Span, is_argument: bool) -> Diagnostic:
    if callee == PATTERN:
        help = f"give it: `{{..}}[{name} = ..]`"
        return Diagnostic("E0211", f"the size of the axis `{name}` is open", span, help=(help,))
    side = "comes out" if callee.startswith("dagger ") else "goes in"
    help = f"give it: `{callee}[{name} = ..]`" if is_argument else f"state the type of what {side}"
    text = f"nothing determines the size `{name}` of `{callee}`"
    return Diagnostic("E0209", text, span, help=(help,))


def _numbers(e: Elaborator, definition: Definition) -> None:
    """A type variable on which a callee computes is made of numbers; indices would leave their set."""
    for type_, callee, span in e.additive:
        for leaf in leaves(e.unifier.type(type_)):
            if isinstance(leaf, Abstract):
                definition.additive.add(leaf.symbol)
            elif isinstance(leaf, Tensor) and (
                isinstance(leaf.element, Index | Bool)
                or (callee == "push_mean" and isinstance(leaf.element, Int))
            ):
                e.report(
                    Diagnostic(
                        "E0306",
                        f"`{written(callee)}` computes with values of type `{leaf}`, which are no "
                        + ("real numbers" if isinstance(leaf.element, Int) else "numbers"),
                        span,
                        help=("make them real first: `real(x)`",),
                    )
                )
                definition.state = "failed"


def _discharge(e: Elaborator, definition: Definition, inferred: bool) -> None:
    """Show every obligation, from the facts where it arose."""
    known = _Known(definition)
    open_ = _strengthen(e, definition, known)
    missing: list[Fact] = []
    for obligation in open_:
        fact = e.resolve_fact(obligation.fact)
        facts = known.at(obligation.facts)
        for reported in missing:  # what follows from a reported fact needs no report of its own
            facts = assuming(facts, reported)
        if facts.prove(fact):
            continue
        if inferred and not facts.refute(fact) and _speaks_of(fact, definition):
            e.require(fact, definition.span)
            continue
        if not facts.refute(fact):
            missing.append(fact)
        outer, e.unifier.facts = e.unifier.facts, obligation.facts
        e.report(obligation.report(fact))
        e.unifier.facts = outer
        definition.state = "failed"


def _strengthen(e: Elaborator, definition: Definition, known: "_Known") -> list[Obligation]:
    """A size argument that is used as an axis is at least 1: a requirement, not an error."""
    rest = []
    for obligation in e.unifier.obligations:
        fact = e.resolve_fact(obligation.fact)
        if obligation.facts.plainly(fact) or fact.decide() or known.requires(fact):
            continue
        if _is_lower_bound(fact) and _is_member(fact, definition):
            # A list has many members: what else they are required to be is left aside.
            if obligation.facts.prove(fact):
                continue
            if not obligation.facts.refute(fact):
                e.require(fact, definition.span)
                continue
        facts = known.at(obligation.facts)
        if facts.prove(fact):
            continue
        positive = _factors(fact, definition)
        stronger = facts
        for part in positive:
            stronger = assuming(stronger, part)
        if _is_lower_bound(fact) and not facts.refute(fact) and stronger.prove(fact):
            for part in positive:
                if not facts.prove(part):
                    e.require(part, definition.span)
        else:
            rest.append(obligation)
    return rest


def _factors(fact: Fact, definition: Definition) -> list[Fact]:
    """That the size arguments, and the members of lists, in a fact are at least 1."""
    own = {p.symbol for p in definition.parameters if p.kind == "size"} | set(definition.sizes)
    lists = _lists(definition)
    members = [
        atom
        for dim in fact.dims()
        for atom in dim.atoms()
        if isinstance(atom, Member) and Dim.atom(atom).symbols() <= lists
    ]
    sizes = [Dim.of(s) for s in sorted(fact.symbols() & own, key=_uid)]
    return [Compare(">=", size, ONE) for size in [*sizes, *map(Dim.atom, members)]]


def _lists(definition: Definition) -> set[Symbol]:
    return {p.symbol for p in definition.parameters if p.kind in ("list", "family")}


def _is_member(fact: Fact, definition: Definition) -> bool:
    """Whether a fact speaks of one member of a list argument alone, or of the sum of all."""
    left, right = fact.dims()
    atoms = list(left.atoms())
    lists = _lists(definition)
    single = len(atoms) == 1 and isinstance(atoms[0], Member | Total) and left == Dim.atom(atoms[0])
    return single and bool(left.symbols() & lists) and right.is_constant()


def _uid(symbol: Symbol) -> int:
    return symbol.uid


def _is_lower_bound(fact: Fact) -> bool:
    return isinstance(fact, Compare) and fact.op == ">=" and fact.right in (Dim.of(0), ONE)


class _Known:
    """The facts of a place with what the definition was found to require since.

    What follows from facts is worked out once for each such set, so places
    that share their facts share these.
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.found: dict[int, tuple[int, Facts]] = {}

    def requires(self, fact: Fact) -> bool:
        """Whether the definition was found to require this very fact."""
        found = self.definition.requirements
        return any(not one.written and one.fact == fact for one in found)

    def at(self, facts: Facts) -> Facts:
        """With what is required by now; each requirement is worked out on top of those before it."""
        done, known = self.found.get(id(facts), (0, facts))
        for requirement in self.definition.requirements[done:]:
            if not requirement.written and not known.plainly(requirement.fact):
                known = assuming(known, requirement.fact)
        self.found[id(facts)] = (len(self.definition.requirements), known)
        return known


def assuming(facts: Facts, fact: Fact) -> Facts:
    """A lower bound of one size is best declared: divisibility then rounds it up."""
    symbol = fact.left.as_symbol() if isinstance(fact, Compare) else None
    if symbol is not None and _is_lower_bound(fact):
        return facts.declare(symbol, 1)
    return facts.assume(fact)


def _speaks_of(fact: Fact, definition: Definition) -> bool:
    symbols = fact.symbols()
    own = {p.symbol for p in definition.parameters} | set(definition.sizes)
    return bool(symbols) and symbols <= own
