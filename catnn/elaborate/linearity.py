"""Whether morphisms are linear: how each value depends on the input, from its operations.

Each leaf of a value is `zero`, `fixed` (it does not depend on the input),
`linear` in the input (all of it jointly), or `bad`: it depends on the input
otherwise, and a `Reason` says what made it so. A morphism is linear if every
leaf of its result is linear, or zero. The sizes stay symbols: a condition that
they do not decide must be linear in both branches, a loop after any turn.

Primitives say in which groups of ports they are linear (`Primitive.linear_in`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

from attrs import define, evolve, field, frozen

from catnn.elaborate import core
from catnn.elaborate.context import Claim, Elaborator
from catnn.elaborate.definition import Definition, StaticParameter
from catnn.elaborate.names import written
from catnn.elaborate.scope import FamilyEntry
from catnn.elaborate.substitution import Substitution
from catnn.elaborate.unify import Unifier
from catnn.errors import Diagnostic, Label
from catnn.prims.rows import PRIMITIVES
from catnn.source import NOWHERE, Span
from catnn.types.dims import Dim, SizeError, SizeLimit, Symbol
from catnn.types.facts import Facts

# ---- how a value depends on the input ------------------------------------------------------


@frozen
class Reason:
    """What is not linear: where it stands in the body at hand, and why."""

    span: Span
    text: str
    help: str = ""
    inside: Label | None = None
    is_cured: bool = False


@frozen
class Leaf:
    """How one value depends on the input."""

    how: Literal["zero", "fixed", "linear", "bad"]
    reason: Reason | None = None


Kind: TypeAlias = "Leaf | tuple[Kind, ...]"
"""A leaf stands for a whole tuple if all of it is alike."""

ZERO, FIXED, LINEAR = Leaf("zero"), Leaf("fixed"), Leaf("linear")


def leaves_of(kind: Kind) -> Iterator[Leaf]:
    if isinstance(kind, Leaf):
        yield kind
    else:
        for item in kind:
            yield from leaves_of(item)


def part(kind: Kind, index: int) -> Kind:
    return kind if isinstance(kind, Leaf) else kind[index]


def alike(kind: Kind) -> Kind:
    """One kind for components that are not told apart: that of a tuple of a symbolic number."""
    found = set(leaves_of(kind)) - {ZERO}
    bad = next((leaf for leaf in found if leaf.how == "bad"), None)
    if bad is not None:
        return bad
    if len(found) <= 1:
        return next(iter(found), ZERO)
    return Leaf("bad", Reason(NOWHERE, "some components are fixed and some are not"))


def depends(kind: Kind) -> bool:
    """Whether any of a value depends on the input."""
    return any(leaf.how in ("linear", "bad") for leaf in leaves_of(kind))


def first_bad(kinds: Iterable[Kind]) -> Leaf | None:
    return next((leaf for kind in kinds for leaf in leaves_of(kind) if leaf.how == "bad"), None)


ADDS = "adds a value that does not depend on the input"
MULTIPLIES = "multiplies two values that both depend on the input"
JOINS = "joins a value that does not depend on the input to one that does"


# ---- what names mean -----------------------------------------------------------------------


@define(eq=False)
class Env:
    """One body: its sizes in those of the body that is judged, its values, its morphisms."""

    solved: Unifier
    filled: Substitution
    parent: "Env | None" = None
    values: dict[int, Kind] = field(factory=dict)
    morphisms: dict[int, "tuple[core.Morphism, Env]"] = field(factory=dict)
    instances: dict[int, "tuple[core.Morphism, Env]"] = field(factory=dict)

    def child(self) -> "Env":
        return Env(self.solved, self.filled, self)

    def dim(self, dim: Dim) -> Dim:
        return self.filled.dim(self.solved.dim(dim))

    def value(self, uid: int) -> Kind:
        """What is bound outside of all that is judged is fixed."""
        env: Env | None = self
        while env is not None:
            if uid in env.values:
                return env.values[uid]
            env = env.parent
        return FIXED

    def morphism(self, uid: int) -> "tuple[core.Morphism, Env] | None":
        env: Env | None = self
        while env is not None:
            if uid in env.morphisms:
                return env.morphisms[uid]
            env = env.parent
        return None

    def instance(self, uid: int) -> "tuple[core.Morphism, Env] | None":
        env: Env | None = self
        while env is not None:
            if uid in env.instances:
                return env.instances[uid]
            env = env.parent
        return None


Sizes: TypeAlias = tuple[tuple[Symbol, Dim], ...]

DEEPEST = 64
"""How often a morph may be inside itself, by sizes that are known, before it is judged for all."""


@define(eq=False)
class Judge:
    """Judges the claims of one definition."""

    definition: Definition
    facts: Facts
    place: Span = NOWHERE
    inside: Label | None = None
    active: list[tuple[Definition, Sizes]] = field(factory=list)
    assumed: dict[tuple[int, tuple[Kind, ...]], Kind] = field(factory=dict)

    def bad(self, text: str, help: str = "") -> Leaf:
        return Leaf("bad", Reason(self.place, text, help, self.inside))

    # ---- atoms and blocks ------------------------------------------------------------------

    def atom(self, atom: core.Atom, env: Env) -> Kind:
        match atom:
            case core.Ref(uid):
                return env.value(uid)
            case core.Static(value):
                return ZERO if value == Dim.of(0) else FIXED
            case core.Constant():
                return FIXED
            case core.Tupled(items):
                return tuple(self.atom(item, env) for item in items)
            case core.Component(of, index):
                return part(self.atom(of, env), index)
            case core.Indexed(of):
                return alike(self.atom(of, env))

    def block(self, block: core.Block, env: Env) -> Kind:
        outer = self.place
        for binding in block.bindings:
            self.at(binding.span)
            env.values[binding.ref.uid] = self.operation(binding, env)
        self.place = outer
        return self.atom(block.result, env)

    def at(self, span: Span) -> None:
        """Remember where we are: in the body that is judged, or inside a morph of the user's."""
        if not self.active and span.file:
            self.place = span
        elif span.file and not span.file.startswith("std."):
            self.inside = Label(span, "here")

    def operation(self, binding: core.Binding, env: Env) -> Kind:
        operation = binding.operation
        match operation:
            case core.Call(callee, arguments):
                return self.run(callee, [self.atom(atom, env) for atom in arguments], env)
            case core.Operator(op, arguments):
                return self.operator(op, [self.atom(atom, env) for atom in arguments])
            case core.Convert(atom) | core.Passed(atom):
                return self.atom(atom, env)
            case core.Lookup(tensor, indices):
                return self.lookup(
                    self.atom(tensor, env), [self.atom(index, env) for index in indices]
                )
            case core.Stacked(items):
                return self.joined([self.atom(item, env) for item in items])
            case core.Tabulated(indices, body=body):
                inner = env.child()
                inner.values.update(dict.fromkeys((index.uid for index in indices), FIXED))
                return self.block(body, inner)
            case core.Filled(name):
                return ZERO if name == "zeros" else FIXED
            case core.Chosen(condition, then, otherwise):
                decided = self.decide(condition, env)
                if decided is not None:
                    return self.block(then if decided else otherwise, env.child())
                return self.either(then, otherwise, env)
            case core.InTraining(then, otherwise):
                return self.either(then, otherwise, env)
            case core.Drawn():
                return self.bad("draws anew at every call")
            case core.Instance(morphism=morphism):
                env.instances[binding.ref.uid] = (morphism, env)
                return FIXED
            case core.Declared() | core.Stored() | core.Auxiliary():
                return FIXED

    def either(self, then: core.Block, otherwise: core.Block, env: Env) -> Kind:
        first, second = self.block(then, env.child()), self.block(otherwise, env.child())
        return self.join(first, second)

    def decide(self, condition: core.Condition, env: Env) -> bool | None:
        """What the sizes and facts say of a condition; None if they leave it open."""
        match condition:
            case core.Holds(stated):
                try:
                    fact = stated.map(env.dim)
                except (SizeError, SizeLimit):
                    return None
                if fact.decide() is not None:
                    return fact.decide()
                if self.facts.prove(fact):
                    return True
                return False if self.facts.refute(fact) else None
            case core.AllOf(parts):
                found = [self.decide(item, env) for item in parts]
                return False if False in found else None if None in found else True
            case core.AnyOf(parts):
                found = [self.decide(item, env) for item in parts]
                return True if True in found else None if None in found else False

    # ---- operations on kinds -----------------------------------------------------------------

    def join(self, one: Kind, other: Kind) -> Kind:
        """What is either of two."""
        if isinstance(one, tuple) or isinstance(other, tuple):
            count = len(one if isinstance(one, tuple) else other)  # type: ignore[arg-type]
            return tuple(self.join(part(one, k), part(other, k)) for k in range(count))
        return self.merged((one, other), JOINS)

    def joined(self, kinds: Sequence[Kind]) -> Kind:
        """One value made of several, leaf by leaf: a stack, a concatenation, a sequence of states."""
        tuples = [kind for kind in kinds if isinstance(kind, tuple)]
        if tuples:
            columns = range(len(tuples[0]))
            return tuple(self.joined([part(kind, k) for kind in kinds]) for k in columns)
        return self.merged([kind for kind in kinds if isinstance(kind, Leaf)], JOINS)

    def merged(self, leaves: Sequence[Leaf], why: str) -> Leaf:
        """A sum, or anything else that is linear in all its parts jointly."""
        worst = first_bad(leaves)
        if worst is not None:
            return worst
        found = {leaf.how for leaf in leaves}
        if found >= {"linear", "fixed"}:
            return self.bad(
                why, "a linear morphism takes 0 to 0: leave it out" if why == ADDS else ""
            )
        return LINEAR if "linear" in found else FIXED if "fixed" in found else ZERO

    def product(self, kinds: Sequence[Kind], why: str = MULTIPLIES) -> Leaf:
        """A product of values: linear if exactly one depends on the input."""
        worst = first_bad(kinds)
        if worst is not None:
            return worst
        factors = [leaf for kind in kinds for leaf in leaves_of(kind)]
        dependent = [leaf for leaf in factors if leaf.how == "linear"]
        if len(dependent) > 1:
            return self.bad(why)
        if dependent:
            return LINEAR
        return ZERO if ZERO in factors else FIXED

    def lookup(self, tensor: Kind, indices: Sequence[Kind]) -> Kind:
        worst = first_bad((tensor, *indices))
        if worst is not None:
            return worst
        if any(map(depends, indices)):
            return self.bad("looks up at an index that depends on the input")
        return tensor

    def operator(self, op: str, kinds: Sequence[Kind]) -> Kind:
        tuples = [kind for kind in kinds if isinstance(kind, tuple)]
        if tuples:  # tuples add and scale leaf by leaf
            count = range(len(tuples[0]))
            return tuple(self.operator(op, [part(kind, k) for kind in kinds]) for k in count)
        return self.primitive(op, kinds)

    def primitive(self, name: str, kinds: Sequence[Kind]) -> Kind:
        """A primitive by the groups of ports in which it is linear."""
        worst = first_bad(kinds)
        if worst is not None:
            return worst
        groups = PRIMITIVES[name].linear_in if name in PRIMITIVES else ()
        dependent = {k for k, kind in enumerate(kinds) if depends(kind)}
        if not dependent:
            vanishes = any(all(kinds[k] == ZERO for k in group) for group in groups)
            return ZERO if vanishes else FIXED
        fitting = [group for group in groups if dependent <= set(group)]
        if not fitting:
            return self.bad(*_why_not(name, dependent, groups))
        if any(all(_is_linear(kinds[k]) for k in group) for group in fitting):
            return LINEAR
        if name.startswith("push_") or name in ("add", "sub"):
            return self.bad(ADDS, "a linear morphism takes 0 to 0: leave it out")
        return self.bad(JOINS if name == "select" else "adds a bias")

    # ---- morphisms -----------------------------------------------------------------------------

    def run(self, morphism: core.Morphism, kinds: Sequence[Kind], env: Env) -> Kind:
        """What a morphism makes of inputs that depend so."""
        match morphism:
            case core.Instantiated():
                return self.instantiated(morphism, kinds, env)
            case core.Labelled(inner=inner) | core.OnAxes(inner=inner):
                return self.run(inner, kinds, env)
            case core.Copied(inner=inner):
                return self.run(inner, kinds, env)
            case core.Closure(ports, body):
                return self.closure(ports, body, kinds, env.child())
            case core.Argument(uid, name):
                bound = env.morphism(uid)
                return (
                    self.argument(uid, name, kinds) if bound is None else self.bound(bound, kinds)
                )
            case core.Shared(uid, name):
                shared = env.instance(uid)
                return FIXED if shared is None else self.bound(shared, kinds)
            case core.Repeated():
                return self.repeated(morphism, kinds[0], env)
            case core.Scanned(inner=inner):
                return self.scanned(inner, kinds, env)
            case core.Stages(op, parts):
                return self.stages(op, parts, kinds, env)
            case core.BigSequence(inner=inner):
                return self.settled(kinds[0], lambda state: self.run(inner, [state], env))
            case core.BigSum(op, inner=inner):
                found = self.run(inner, kinds, env)
                if op == "add" or not depends(found):
                    return found
                return first_bad((found,)) or self.bad(MULTIPLIES)
            case core.BigTuple(inner=inner):
                return alike(self.run(inner, kinds, env))
            case core.Joined():
                return alike(kinds[0])
            case core.Matched():
                return self.matched(morphism, kinds)
            case core.Adjoint(inner):
                return self.adjoint(inner, kinds, env)

    def bound(self, bound: "tuple[core.Morphism, Env]", kinds: Sequence[Kind]) -> Kind:
        return self.run(bound[0], kinds, bound[1])

    def closure(
        self, ports: Sequence[core.Ref], body: core.Block, kinds: Sequence[Kind], env: Env
    ) -> Kind:
        given = spread(kinds, len(ports))
        env.values.update(zip((port.uid for port in ports), given, strict=True))
        return self.block(body, env)

    def argument(self, uid: int, name: str, kinds: Sequence[Kind]) -> Kind:
        """A bracket argument of the definition at hand, of which its type alone is known."""
        parameter = next((p for p in self.definition.parameters if p.uid == uid), None)
        return self.by_type(parameter, name, kinds)

    def by_type(self, parameter: StaticParameter | None, name: str, kinds: Sequence[Kind]) -> Kind:
        worst = first_bad(kinds)
        if worst is not None or not any(map(depends, kinds)):
            return worst or FIXED
        arrow = None if parameter is None else parameter.arrow
        if parameter is None or arrow is None or not arrow.is_linear:
            where = (
                []
                if parameter is None
                else [Label(parameter.span, f"`{name}` may be any morphism")]
            )
            help = f"declare it linear: `{name} : A -o B`"
            outer = self.inside
            self.inside = where[0] if where else outer
            found = self.bad(f"`{name}` is not known to be linear", help)
            self.inside = outer
            return found
        if arrow.contexts and any(map(depends, kinds[-len(arrow.contexts) :])):
            return self.bad(f"`{name}` is linear in its input, not in its context")
        return LINEAR if all(map(_is_linear, kinds)) else self.bad(JOINS)

    def adjoint(self, inner: core.Morphism, kinds: Sequence[Kind], env: Env) -> Kind:
        """`dagger f` is linear; what it captures is fixed, or its argument is."""
        worst = first_bad(kinds)
        if worst is not None:
            return worst
        captured = self.run(inner, [FIXED], env)
        if not depends(captured):
            return self.merged([leaf for kind in kinds for leaf in leaves_of(kind)], JOINS)
        return first_bad((captured,)) or self.product([captured, *kinds])

    # ---- loops -----------------------------------------------------------------------------------

    def settled(self, state: Kind, turn: "Turn") -> Kind:
        """A state after any number of turns."""
        for _ in range(8):
            following = self.join(state, turn(state))
            if _levels(following) == _levels(state):
                return state
            state = following
        return state

    def repeated(self, morphism: core.Repeated, state: Kind, env: Env) -> Kind:
        if env.dim(morphism.count).as_int() == 0:
            return state

        def turn(given: Kind) -> Kind:
            kinds = [FIXED, given] if morphism.indexed else [given]
            return self.run(morphism.inner, kinds, env)

        if env.dim(morphism.count).as_int() == 1 and morphism.kind != "trail":
            return turn(state)
        return self.settled(state, turn)

    def scanned(self, inner: core.Morphism, kinds: Sequence[Kind], env: Env) -> Kind:
        xs = kinds[1]
        state = self.settled(kinds[0], lambda given: part(self.run(inner, [given, xs], env), 0))
        return (state, part(self.run(inner, [state, xs], env), 1))

    def stages(
        self, op: str, parts: Sequence[core.Morphism], kinds: Sequence[Kind], env: Env
    ) -> Kind:
        whole = kinds[0] if len(kinds) == 1 else tuple(kinds)
        if op == ">>":
            for stage in parts:
                whole = self.run(stage, [whole], env)
            return whole
        found = [
            self.run(stage, [part(whole, k) if op == "|" else whole], env)
            for k, stage in enumerate(parts)
        ]
        if op in ("&", "|"):
            return tuple(found)
        total = found[0]
        for other in found[1:]:
            total = self.operator("add" if op == "+" else "mul", [total, other])
        return total

    def matched(self, pattern: core.Matched, kinds: Sequence[Kind]) -> Kind:
        """A pattern: sums of products of its operands, joined."""
        operands = spread(kinds, 1 + max((piece.operand for piece in pattern.pieces), default=0))
        results = []
        for placement in pattern.results:
            terms = [
                self.product([operands[pattern.pieces[k].operand] for k in assembly.pieces])
                for assembly in placement.parts
            ]
            results.append(self.merged(terms, JOINS))
        return results[0] if len(results) == 1 else tuple(results)

    # ---- definitions --------------------------------------------------------------------------

    def instantiated(self, morphism: core.Instantiated, kinds: Sequence[Kind], env: Env) -> Kind:
        definition = morphism.definition
        if definition.primitive is not None:
            return self.leafwise(definition.name, spread(kinds, len(definition.ports)))
        worst = first_bad(kinds)
        if worst is not None:
            return worst
        values = [self.atom(atom, env) for _, atom in morphism.values]
        given = spread(kinds, len(definition.ports))
        own = [k for k, port in zip(given, definition.ports, strict=True) if not port.is_context]
        contexts = [k for k, port in zip(given, definition.ports, strict=True) if port.is_context]
        is_plain = not any(map(depends, (*contexts, *values))) and all(
            not depends(self.run(argument, [FIXED], env)) for _, argument in morphism.morphisms
        )
        if is_plain and not any(map(depends, own)):
            if definition.draws:
                return self.bad("draws anew at every call")
            return ZERO if definition.is_linear and all(map(_is_zero, own)) else FIXED
        if is_plain and definition.is_linear and all(map(_is_linear, own)):
            return LINEAR
        return self.inlined(morphism, given, values, env)

    def leafwise(self, name: str, kinds: Sequence[Kind]) -> Kind:
        """A primitive on a tuple (`[m; A]`) works on each leaf."""
        tuples = [kind for kind in kinds if isinstance(kind, tuple)]
        if not tuples:
            return self.primitive(name, kinds)
        columns = range(len(tuples[0]))
        return tuple(self.leafwise(name, [part(kind, k) for kind in kinds]) for k in columns)

    def inlined(
        self,
        morphism: core.Instantiated,
        kinds: Sequence[Kind],
        values: Sequence[Kind],
        env: Env,
    ) -> Kind:
        definition = morphism.definition
        if definition.body is None or definition.solved is None:
            return LINEAR  # what is wrong there is reported there
        filled = _filled(morphism, env)
        sizes = tuple(filled.sizes.items())
        above = [known for known, _ in self.active if known is definition]
        known_sizes = all(dim.is_constant() for dim in filled.sizes.values())
        if above and not (known_sizes and len(above) < DEEPEST):
            return self.for_all_sizes(morphism, kinds, values, env)
        found = self.body_of(morphism, filled, sizes, kinds, values, env)
        return self.cured(morphism, filled, sizes, kinds, values, env, found)

    def body_of(
        self,
        morphism: core.Instantiated,
        filled: Substitution,
        sizes: Sizes,
        kinds: Sequence[Kind],
        values: Sequence[Kind],
        env: Env,
    ) -> Kind:
        definition = morphism.definition
        assert definition.body is not None
        assert definition.solved is not None
        inner = Env(definition.solved, filled)
        inner.morphisms.update((uid, (given, env)) for uid, given in morphism.morphisms)
        inner.values.update(zip((uid for uid, _ in morphism.values), values, strict=True))
        inner.values.update(zip((ref.uid for ref in definition.inputs), kinds, strict=True))
        outer = self.inside
        self.active.append((definition, sizes))
        try:
            return self.block(definition.body, inner)
        finally:
            self.active.pop()
            self.inside = outer

    def for_all_sizes(
        self,
        morphism: core.Instantiated,
        kinds: Sequence[Kind],
        values: Sequence[Kind],
        env: Env,
    ) -> Kind:
        """A morph inside itself: by induction, as what its body makes of it again."""
        for _, given in morphism.morphisms:
            changed = first_bad((self.run(given, [LINEAR], env),))
            if changed is not None:
                return changed
        key = (id(morphism.definition), tuple(kinds))
        if key in self.assumed:
            return self.assumed[key]
        found: Kind = ZERO
        for _ in range(8):
            self.assumed[key] = found
            following = self.body_of(morphism, Substitution(), (), kinds, values, env)
            if _levels(following) == _levels(found):
                break
            found = following
        del self.assumed[key]
        return found

    def cured(
        self,
        morphism: core.Instantiated,
        filled: Substitution,
        sizes: Sizes,
        kinds: Sequence[Kind],
        values: Sequence[Kind],
        env: Env,
        found: Kind,
    ) -> Kind:
        """A flag of a library morph that would make it linear is the help: `bias = false`."""
        worst = first_bad((found,))
        if worst is None or worst.reason is None or worst.reason.is_cured:
            return found
        definition = morphism.definition
        for parameter in definition.parameters:
            if parameter.kind != "bool":
                continue
            value = 0 if filled.sizes[parameter.symbol].as_int() != 0 else 1
            other = evolve(filled, sizes={**filled.sizes, parameter.symbol: Dim.of(value)})
            if first_bad((self.body_of(morphism, other, sizes, kinds, values, env),)) is None:
                word = "true" if value else "false"
                help = f"write `{definition.name}[.., {parameter.name} = {word}]`"
                text = f"`{definition.name}` {worst.reason.text}"
                cure = evolve(worst.reason, help=help, text=text, is_cured=True)
                return Leaf("bad", cure)
        if self.active or worst.reason.text.startswith("`"):
            return found
        text = f"`{definition.name}` {worst.reason.text}"
        return Leaf("bad", evolve(worst.reason, text=text))


Turn: TypeAlias = Callable[[Kind], Kind]


def spread(kinds: Sequence[Kind], count: int) -> Sequence[Kind]:
    """As many kinds as there are ports."""
    if len(kinds) == count:
        return kinds
    if len(kinds) == 1:
        return [part(kinds[0], k) for k in range(count)]
    return [tuple(kinds)]


def _filled(morphism: core.Instantiated, env: Env) -> Substitution:
    filled = Substitution({symbol: env.dim(dim) for symbol, dim in morphism.sizes})
    for symbol, entry in morphism.lists:
        known = env.filled.lists.get(entry.symbol, entry) if entry.members is None else entry
        members = None if known.members is None else tuple(map(env.dim, known.members))
        filled.lists[symbol] = FamilyEntry(known.symbol, known.length, members, known.span)
    return filled


def _levels(kind: Kind) -> object:
    return kind.how if isinstance(kind, Leaf) else tuple(map(_levels, kind))


def _is_linear(kind: Kind) -> bool:
    return all(leaf.how in ("linear", "zero") for leaf in leaves_of(kind))


def _is_zero(kind: Kind) -> bool:
    return all(leaf.how == "zero" for leaf in leaves_of(kind))


SYMBOLS = {"pow": "^", "mod": "%", "floordiv": "//", "minimum": "min", "maximum": "max"}
COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}


def _why_not(name: str, dependent: set[int], groups: Sequence[tuple[int, ...]]) -> tuple[str, str]:
    """Why a primitive is not linear in these ports."""
    if name in COMPARISONS:
        return f"`{COMPARISONS[name]}` compares a value that depends on the input", ""
    if name == "div":
        return "divides by a value that depends on the input", ""
    if len(dependent) > 1 and dependent <= {k for group in groups for k in group}:
        return MULTIPLIES, ""
    return f"`{written(SYMBOLS.get(name, name))}` is not linear", ""


# ---- claims ----------------------------------------------------------------------------------


def prove_claims(e: Elaborator, definition: Definition) -> None:
    """Report every morphism of a body that must be linear and is not shown to be."""
    for claim in e.claims:
        env = Env(e.unifier, Substitution())
        env.instances.update((uid, (m, env)) for uid, m in e.instances.items())
        judge = Judge(definition, e.unifier.facts, claim.span)
        found = judge.run(claim.morphism, [LINEAR] * claim.inputs + [FIXED] * claim.contexts, env)
        reason = _refusal(found, claim)
        if reason is None:
            continue
        labels = [*([reason.inside] if reason.inside else []), *claim.places]
        e.report(
            Diagnostic(
                "E0331",
                claim.text,
                reason.span,
                reason.text,
                tuple(label for label in labels if label.span.file and label.span != reason.span),
                (),
                (reason.help,) if reason.help else (),
            )
        )
        definition.state = "failed"


def _refusal(found: Kind, claim: Claim) -> Reason | None:
    """Why a result is not linear in the input, if it is not."""
    worst = first_bad((found,))
    if worst is not None:
        return worst.reason
    if all(leaf.how in ("linear", "zero") for leaf in leaves_of(found)):
        return None
    return Reason(claim.span, "this gives a value that does not depend on the input")


__all__ = ["prove_claims"]
