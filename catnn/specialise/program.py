"""A definition at chosen sizes as one program: inputs lifted over one batch axis, leaves named."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TypeAlias

from attrs import evolve, frozen

from catnn.elaborate import core
from catnn.elaborate.checker import Checker
from catnn.elaborate.context import Abandon, Elaborator
from catnn.elaborate.definition import Definition, StaticParameter
from catnn.elaborate.initialisers import default_start
from catnn.elaborate.names import suggestion
from catnn.elaborate.scope import FamilyEntry, Scope, SizeEntry
from catnn.elaborate.sizes import size, text_code
from catnn.elaborate.substitution import Substitution
from catnn.elaborate.unify import Unifier, leaves
from catnn.errors import CatError, Diagnostic
from catnn.ir.build import Builder
from catnn.ir.rebuild import rename_leaves, used_leaves, used_sizes
from catnn.ir.terms import Input, Program, Region, Term, Var
from catnn.specialise.frame import Crossing, Frame, Place, Undecided, written_out
from catnn.specialise.naming import Factor, Segment, name_factors, name_leaves
from catnn.specialise.run import Runner
from catnn.specialise.values import Axis, Bundle, Lifted, SizeValue, Value
from catnn.syntax import ast
from catnn.types.dims import Dim, Symbol, fresh
from catnn.types.facts import Compare, Fact, Facts
from catnn.types.types import Product, SizeType, Tensor, Type

Binding: TypeAlias = int | float | bool | str | tuple[int, ...]


def specialise(
    checker: Checker, definition: Definition, bindings: Mapping[str, Binding]
) -> Program:
    """The program of a definition with its static sizes bound; `CatError` if some are missing or wrong."""
    return _Specialisation(checker, definition, bindings, symbolic=False).program()


def specialise_symbolic(
    checker: Checker, definition: Definition, bindings: Mapping[str, Binding]
) -> Program:
    """The same with static sizes left as symbols, but for those that decide a condition or a count.

    Those take their values from `bindings`, else from their defaults; arguments
    that are no sizes are bound as given.
    """
    kinds = {p.name: p.kind for p in definition.parameters}
    known = {*kinds, *(symbol.name for symbol in definition.static)}
    open_sizes = {name for name in known if kinds.get(name, "size") == "size"}
    chosen = {name: bindings[name] for name in bindings.keys() & open_sizes}
    decided = {name: value for name, value in bindings.items() if name not in open_sizes}
    for _ in range(64):
        attempt = _Specialisation(checker, definition, decided, symbolic=True)
        try:
            return attempt.program()
        except Undecided as undecided:
            defaults = {**attempt.defaults(), **chosen}
            names = sorted({s.name for s in undecided.symbols} & defaults.keys() - decided.keys())
            if not names:
                raise CatError(
                    [attempt.missing(sorted(s.name for s in undecided.symbols)[0])]
                ) from None
            decided.update({name: defaults[name] for name in names})
    raise CatError([attempt.missing("?")])


@frozen
class Opened:
    """A definition's arguments for people: sizes stay symbols where nothing binds them.

    `values` are what those symbols are by default, as far as that is known.
    """

    filled: Substitution
    values: Mapping[Symbol, Dim]


def opened(checker: Checker, definition: Definition, bindings: Mapping[str, Binding]) -> Opened:
    """The sizes of a definition with `bindings` filled in; `CatError` for wrong ones."""
    attempt = _Opening(checker, definition, bindings, symbolic=True)
    attempt.bind_all()
    attempt.facts()
    defaults = attempt.defaults().items()
    numbers = {name: Dim.of(value) for name, value in defaults if isinstance(value, int)}
    closed = _Specialisation(checker, definition, bindings, symbolic=False)
    try:
        closed.bind_all()
    except CatError:  # one without a default: what does not need its value is open all the same
        pass
    else:
        closed.facts()
        known = closed.filled.sizes
        numbers |= {s.name: d for s, d in known.items() if d.as_int() is not None}
    values = {
        left: numbers[left.name]
        for dim in attempt.filled.sizes.values()
        if (left := dim.as_symbol()) is not None and left.name in numbers
    }
    return Opened(attempt.filled, values)


class _Specialisation:
    def __init__(
        self,
        checker: Checker,
        definition: Definition,
        bindings: Mapping[str, Binding],
        symbolic: bool,
    ) -> None:
        self.checker = checker
        self.definition = definition
        self.bindings = bindings
        self.symbolic = symbolic
        self.filled = Substitution()
        self.runtime: list[Symbol] = []
        self.starts: dict[int, core.Start] = {}

    # ---- sizes ------------------------------------------------------------------------

    def fail(self, code: str, message: str, help: str = "") -> CatError:
        span = self.definition.span
        return CatError([Diagnostic(code, message, span, help=(help,) if help else ())])

    def missing(self, name: str) -> Diagnostic:
        return Diagnostic(
            "E0218",
            f"`{self.definition.name}` needs its static size `{name}`",
            self.definition.span,
            help=(f"give it: `--set {name}=..` or `bind({name}=..)`",),
        )

    def bind_all(self) -> None:
        definition = self.definition
        names = [p.name for p in definition.parameters]
        statics = {symbol.name for symbol in definition.static}
        for name in self.bindings:
            if name not in names and name not in statics:
                runtime = {s.name for s in definition.sizes}
                message = f"`{definition.name}` has no argument `{name}`"
                help = suggestion(name, [*names, *statics]) or ""
                if name in runtime:
                    message = f"`{name}` of `{definition.name}` is a run-time size; it is not bound"
                    help = (
                        "leave it out: it is read off the inputs of each call; "
                        f"to fix it, make it an argument: `{definition.name}[{name}]`"
                    )
                raise self.fail("E0303", message, help)
        scope = Scope(definition.module)
        self.bindings = {**self.lengths(), **self.bindings}
        for parameter in definition.parameters:
            self.parameter(parameter, scope)
        for symbol in definition.sizes:
            if symbol in definition.static:
                self.static(symbol)
            else:
                fresh_symbol = fresh(symbol.name)
                self.runtime.append(fresh_symbol)
                self.filled.sizes[symbol] = Dim.of(fresh_symbol)

    def lengths(self) -> dict[str, Binding]:
        """Sizes that are the length of a list that is given."""
        named = {p.symbol: p.name for p in self.definition.parameters}
        found: dict[str, Binding] = {}
        for parameter in self.definition.parameters:
            symbol = None if parameter.length is None else parameter.length.as_symbol()
            value = self.bindings.get(parameter.name)
            if symbol in named and isinstance(value, tuple | list):
                found[named[symbol]] = len(value)
        return found

    def static(self, symbol: Symbol) -> None:
        if symbol.name in self.bindings:
            value = self.bindings[symbol.name]
            if isinstance(value, bool) or not isinstance(value, int):
                raise self.fail("E0305", f"`{symbol.name}` is a size, not {value!r}")
            least = self.definition.least.get(symbol, 1)
            if value < least:
                raise self.fail("E0208", f"`{symbol.name}` is {value}; it is at least {least}")
            self.filled.sizes[symbol] = Dim.of(value)
        elif self.symbolic:
            self.filled.sizes[symbol] = Dim.of(fresh(symbol.name))
        else:
            raise CatError([self.missing(symbol.name)])

    def parameter(self, parameter: StaticParameter, scope: Scope) -> None:
        given = self.bindings.get(parameter.name)
        if parameter.kind in ("morphism", "value"):
            raise self.fail(
                "E0218",
                f"`{self.definition.name}` takes a {parameter.kind} as `{parameter.name}`; it is compiled inside another model only",
            )
        if parameter.kind == "initialiser":
            self.initialiser(parameter, given)
        elif given is not None:
            self.given(parameter, given, scope)
        elif self.symbolic and parameter.kind == "size":
            self.enter(parameter, Dim.of(fresh(parameter.name)), scope)
        elif parameter.default is not None:
            self.default(parameter, scope)
        else:
            raise CatError([self.missing(parameter.name)])

    def initialiser(self, parameter: StaticParameter, given: Binding | None) -> None:
        name = parameter.name
        if given is not None:
            raise self.fail(
                "E0305",
                f"`{name}` is an initialiser; it is not bound from outside",
                f"write it in the file: `{self.definition.name}[{name} = normal[0.02]]`",
            )
        if parameter.default is None:
            raise self.fail(
                "E0218",
                f"`{self.definition.name}` needs its initialiser `{name}`",
                f"give it a default: `{name} = normal[0.02]`",
            )
        elaborator = Elaborator(self.checker, self.definition, Unifier(Facts.EMPTY))
        try:
            self.starts[parameter.uid] = default_start(
                elaborator,
                parameter.default,
                self.definition.scope,
                lambda dim: dim,
                self.starts,
                f"`{name}` of `{self.definition.name}`",
            )
        except Abandon:
            raise CatError(self.checker.diagnostics) from None

    def given(self, parameter: StaticParameter, value: Binding, scope: Scope) -> None:
        kind = parameter.kind
        fits = {
            "size": isinstance(value, int) and not isinstance(value, bool),
            "number": isinstance(value, int | float) and not isinstance(value, bool),
            "bool": isinstance(value, bool),
            "string": isinstance(value, str),
            "list": isinstance(value, tuple | list),
            "family": isinstance(value, tuple | list),
        }
        if not fits[kind]:
            what = {"bool": "true or false", "list": "a list of sizes", "family": "a list of sizes"}
            raise self.fail(
                "E0305", f"`{parameter.name}` is {what.get(kind, 'a ' + kind)}, not {value!r}"
            )
        if isinstance(value, tuple | list):
            self.enter_list(parameter, tuple(Dim.of(int(item)) for item in value), scope)
        elif isinstance(value, str):
            self.enter(parameter, text_code(value), scope)
        else:
            self.enter(
                parameter,
                Dim.of(Fraction(str(value)) if isinstance(value, float) else int(value)),
                scope,
            )

    def enter(self, parameter: StaticParameter, dim: Dim, scope: Scope) -> None:
        if parameter.kind == "size" and (known := dim.as_int()) is not None and known < 0:
            raise self.fail("E0208", f"`{parameter.name}` is {known}; it is at least 0")
        self.filled.sizes[parameter.symbol] = dim
        scope.sizes[parameter.name] = SizeEntry(dim, parameter.kind, parameter.span)

    def enter_list(
        self, parameter: StaticParameter, members: tuple[Dim, ...], scope: Scope
    ) -> None:
        entry = FamilyEntry(parameter.symbol, Dim.of(len(members)), members, parameter.span)
        length = parameter.length
        due = length.substitute(self.filled.sizes).as_int() if length is not None else None
        if due is not None and due != len(members):
            raise self.fail(
                "E0304", f"`{parameter.name}` has {due} members, {len(members)} are given"
            )
        self.filled.lists[parameter.symbol] = entry
        scope.sizes[parameter.name] = entry

    def default(self, parameter: StaticParameter, scope: Scope) -> None:
        elaborator = Elaborator(self.checker, self.definition, Unifier(Facts.EMPTY))
        assert parameter.default is not None
        try:
            if parameter.kind in ("list", "family"):
                items = parameter.default
                nodes = items.items if isinstance(items, ast.Tuple) else ()
                members = tuple(size(elaborator, item.value, scope) for item in nodes)
                self.enter_list(parameter, members, scope)
            else:
                self.enter(parameter, size(elaborator, parameter.default, scope), scope)
        except Abandon:
            raise CatError(self.checker.diagnostics) from None

    def defaults(self) -> dict[str, Binding]:
        """The whole-number defaults, for sizes that a symbolic program has to decide."""
        found: dict[str, Binding] = {}
        scope = Scope(self.definition.module)
        elaborator = Elaborator(self.checker, self.definition, Unifier(Facts.EMPTY))
        for parameter in self.definition.parameters:
            if parameter.default is None or parameter.kind in (
                "morphism",
                "value",
                "initialiser",
                "list",
                "family",
            ):
                continue
            try:
                dim = size(elaborator, parameter.default, scope)
            except Abandon:
                continue
            scope.sizes[parameter.name] = SizeEntry(dim, parameter.kind, parameter.span)
            value = dim.as_int()
            if value is not None and parameter.kind == "size":
                found[parameter.name] = value
        return found

    # ---- the program --------------------------------------------------------------------

    def facts(self) -> tuple[Fact, ...]:
        """The requirements: refused if false, left for the entry if they speak of run-time sizes."""
        left = []
        for requirement in self.definition.requirements:
            fact = self.filled.fact(requirement.fact)
            decided = fact.decide()
            if decided is False:
                self.refuse_small(requirement.fact, fact)
                raise self.fail(
                    "E0207",
                    f"`{requirement.fact}` does not hold for these sizes: `{fact}`",
                    "choose other sizes",
                )
            if decided is None:
                left.append(fact)
        return tuple(left)

    def refuse_small(self, stated: Fact, fact: Fact) -> None:
        """`hidden >= 1` where `hidden` is 0, in plain words."""
        if isinstance(stated, Compare) and isinstance(fact, Compare) and stated.op == ">=":
            symbol, least = stated.left.as_symbol(), stated.right.as_int()
            if symbol is not None and least is not None:
                raise self.fail("E0208", f"`{symbol.name}` is {fact.left}; it is at least {least}")

    def program(self) -> Program:
        definition = self.definition
        if definition.body is None or definition.solved is None or definition.target is None:
            raise CatError(self.checker.diagnostics)
        self.bind_all()
        self.refuse_abstract()
        facts = self.facts()
        try:
            shared = self.form(facts, each=False)
        except Crossing as crossing:
            raise self.fail(
                "E0403",
                f"`{crossing.definition}` sees all leading axes at once (`across`), "
                f"and its context `{crossing.context}` is another along them",
                f"give `{crossing.definition}` what differs as an input, not as a context",
            ) from None
        if not any(port.is_context for port in definition.ports):
            return shared
        try:
            return evolve(shared, each=self.form(facts, each=True))
        except Crossing:  # such a model takes one context for the whole batch only
            return shared

    def form(self, facts: tuple[Fact, ...], each: bool) -> Program:
        """The program with one context for the whole batch, or with one for each item."""
        definition = self.definition
        assert definition.body is not None
        assert definition.solved is not None
        runner = Runner()
        batch = fresh("batch")
        # Without an input that varies there is nothing to lift over.
        varies = any(
            not isinstance(leaf, SizeType)
            for port in definition.ports
            if each or not port.is_context
            for leaf in leaves(port.type)
        )
        lead = (Axis(Dim.of(batch)),) if varies else ()
        frame = Frame(definition.solved, self.filled)
        frame.starts.update((uid, frame.start(start)) for uid, start in self.starts.items())
        place = Place(lead, Factor(""))
        inputs = []
        names = input_names(definition)
        values: list[Value] = []
        for port in definition.ports:
            name = port.name or names.pop(0)
            type_ = written_out(self.filled.type(port.type))
            lifted = each or not port.is_context
            axes = lead if lifted else ()
            var = runner.builder.var(Var(name, _lifted_type(type_, axes), next(runner.uids)))
            inputs.append(Input(var, port.is_context, lifted))
            values.append(_value(runner, var, type_, axes))
        if definition.across is not None:
            result = runner.across(definition, frame, values, place)
        else:
            for ref, value in zip(definition.inputs, values, strict=True):
                frame.values[ref.uid] = value
            result = runner.block(definition.body, frame, place)
        result = runner.shaper.carry_all(result, lead)
        region = Region((), runner.shaper.as_term(result), tuple(place.stores), tuple(place.aux))
        return self.finish(runner, region, inputs, place.factor, facts, batch)

    def refuse_abstract(self) -> None:
        definition = self.definition
        if definition.variables or definition.rows:
            open_ = [s.name for s in definition.variables] + [
                f"..{s.name}" for s in definition.rows
            ]
            raise self.fail(
                "E0218",
                f"`{definition.name}` is open in `{open_[0]}`; it is compiled inside another model only",
                "state its type in full to compile it by itself",
            )

    def finish(
        self,
        runner: Runner,
        region: Region,
        inputs: list[Input],
        root: Factor,
        facts: tuple[Fact, ...],
        batch: Symbol,
    ) -> Program:
        paths = name_leaves(root)
        renamed = {leaf: evolve(leaf, path=path) for leaf, path in paths.items()}
        holders = _factor_paths(root)
        factors = {name: _dotted(path) for name, path in holders.items()}
        builder = Builder()
        region = rename_leaves(region, renamed, builder, holders, factors)
        if not self.symbolic:
            self.refuse_unseen(region, inputs)
        used = used_leaves(region)
        return Program(
            self.definition.name,
            tuple(inputs),
            region,
            tuple(builder.leaf(leaf) for leaf in renamed.values() if leaf in used),
            tuple(self.runtime),
            facts,
            self.shown_type(),
            "",
            batch,
        )

    def refuse_unseen(self, region: Region, inputs: list[Input]) -> None:
        """A run-time size that the program needs is an axis of some input, or a value `size(n)`."""
        shown = {s for given in inputs for dim in _shown(given.var.type) for s in dim.symbols()}
        hidden = [symbol for symbol in self.runtime if symbol not in shown]
        needed = used_sizes(region) if hidden else frozenset()
        for symbol in hidden:
            if symbol in needed:
                raise self.fail(
                    "E0218",
                    f"`{self.definition.name}` needs the size `{symbol.name}`, and no input has such an axis",
                    f"make it an argument, `{self.definition.name}[{symbol.name}]`, or give it as a value: `over k : size({symbol.name})`",
                )

    def shown_type(self) -> str:
        own = [p.type for p in self.definition.ports if not p.is_context]
        source = Product(tuple(own)) if self.definition.tupled else own[0]
        assert self.definition.target is not None
        contexts = [p for p in self.definition.ports if p.is_context]
        over = ", ".join(f"{p.name} : {self.filled.type(p.type)}" for p in contexts)
        arrow = f"{self.filled.type(source)} -> {self.filled.type(self.definition.target)}"
        return f"{arrow} over {over}" if over else arrow


def default_sizes(checker: Checker, definition: Definition) -> dict[Symbol, Dim]:
    """What arguments are by default, in terms of the arguments before them."""
    found: dict[Symbol, Dim] = {}
    scope = Scope(definition.module)
    elaborator = Elaborator(checker, definition, Unifier(Facts.EMPTY))
    for parameter in definition.parameters:
        if parameter.kind not in ("size", "number", "bool", "string"):
            continue
        if parameter.default is not None:
            found[parameter.symbol] = size(elaborator, parameter.default, scope)
        entry = SizeEntry(Dim.of(parameter.symbol), parameter.kind, parameter.span)
        scope.sizes[parameter.name] = entry
    return found


class _Opening(_Specialisation):
    """Whatever is not given stays open, also what a program could not do without."""

    def parameter(self, parameter: StaticParameter, scope: Scope) -> None:
        is_given = parameter.name in self.bindings or parameter.default is not None
        if parameter.name not in self.bindings and parameter.kind in ("morphism", "value"):
            return
        if is_given or parameter.kind in ("size", "list", "family"):
            super().parameter(parameter, scope)
        elif parameter.kind != "initialiser":
            self.enter(parameter, Dim.of(fresh(parameter.name)), scope)


def input_names(definition: Definition) -> list[str]:
    """What the user calls the inputs: the names of the header, else of the body's lambda."""
    count = sum(not port.is_context and not port.name for port in definition.ports)
    body = definition.body_ast
    pattern = body.parameter if isinstance(body, ast.Lambda) else None
    items = pattern.items if isinstance(pattern, ast.PatternTuple) else (pattern,)
    names = [item.name if isinstance(item, ast.PatternName) else "" for item in items]
    if count == 1:
        return [names[0] if len(names) == 1 and names[0] else "x"]
    padded = [*names, *[""] * count] if len(names) > 1 else [""] * count
    return [name or f"x{k + 1}" for k, name in enumerate(padded[:count])]


def _dotted(path: tuple[Segment, ...]) -> str:
    return ".".join(step if isinstance(step, str) else "*" for step in path)


def _factor_paths(root: Factor) -> dict[str, tuple[Segment, ...]]:
    """The path of each factor by its provisional name."""
    return {f"#{number}": path for number, path in name_factors(root).items()}


def _shown(type_: Type) -> Iterator[Dim]:
    """The sizes that a value shows when the program runs."""
    match type_:
        case Tensor(_, shape):
            yield from (item for item in shape if isinstance(item, Dim))
        case Product(items):
            for item in items:
                yield from _shown(item)
        case SizeType(size):
            yield size


def _lifted_type(type_: Type, axes: tuple[Axis, ...]) -> Type:
    match type_:
        case Tensor(element, shape):
            return Tensor(element, tuple(axis.size for axis in axes) + shape)
        case Product(items, labels):
            return Product(tuple(_lifted_type(item, axes) for item in items), labels)
        case _:
            return type_


def _value(runner: Runner, term: Term, type_: Type, axes: tuple[Axis, ...]) -> Value:
    match type_:
        case Product(items, labels):
            parts = (
                _value(runner, runner.builder.project(term, k), item, axes)
                for k, item in enumerate(items)
            )
            return Bundle(tuple(parts), labels)
        case SizeType(dim):
            return SizeValue(dim)
        case _:
            return Lifted(term, axes)


__all__ = ["Binding", "Opened", "default_sizes", "opened", "specialise", "specialise_symbolic"]
