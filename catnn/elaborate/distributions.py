"""What `draw z : T ~ f(..)` knows: the distributions, their parameters, and how samples of them are made.

A few are noise that the backend makes (`core.Drawn`). All others are morphisms
of `std/random.cat`, written with those, and mapped over the axes of the sample:
of `draw z : [n, d] ~ laplace(m, 1)` each of the n d elements is a call of its own.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NoReturn

from attrs import frozen

from catnn.elaborate import core
from catnn.elaborate.calls import Callee, call, coerce, convert, instantiate
from catnn.elaborate.context import Abandon, Elaborator, fresh_uid
from catnn.elaborate.core import Atom, AxesView, Closure, Ref, Static
from catnn.elaborate.definition import Port
from catnn.elaborate.names import suggestion
from catnn.elaborate.scope import Scope
from catnn.elaborate.unify import Mismatch
from catnn.errors import Diagnostic
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import Dim
from catnn.types.types import (
    BOOL,
    REAL,
    Bool,
    Index,
    Int,
    Real,
    Row,
    Shape,
    Tensor,
)

MODULE = "std.random"


@frozen
class Distribution:
    """`parameters` maps names to what holds where none is given (None: it must be).

    A parameter has `own` axes of its own, a sample `event` axes, behind those over
    which samples are independent. `is_noise` tells what the backend makes.
    """

    name: str
    parameters: Mapping[str, int | None]
    own: int = 0
    event: int = 0
    is_noise: bool = False

    @property
    def shown(self) -> str:
        listed = (
            name if default is None else f"{name} = {default}"
            for name, default in self.parameters.items()
        )
        return f"{self.name}({', '.join(listed)})" if self.parameters else self.name


def noise(name: str, **parameters: int | None) -> Distribution:
    return Distribution(name, MappingProxyType(parameters), is_noise=True)


def derived(name: str, own: int = 0, event: int = 0, **parameters: int | None) -> Distribution:
    return Distribution(name, MappingProxyType(parameters), own, event)


OF_THE_LIBRARY = {name: noise(name) for name in ("wide_uniform", "wide_exponential")}
"""Standard noise in at least 32 bits, where its order counts: what `std.random` is made of, and no message lists."""

DISTRIBUTIONS = {
    one.name: one
    for one in (
        noise("normal", mean=0, deviation=1),
        noise("uniform", low=0, high=1),
        noise("bernoulli", probability=None),
        noise("exponential", rate=1),
        noise("gamma", shape=None, rate=1),
        noise("uniform_index"),
        derived("laplace", location=0, scale=1),
        derived("logistic", location=0, scale=1),
        derived("gumbel", location=0, scale=1),
        derived("cauchy", location=0, scale=1),
        derived("student", freedom=None, location=0, scale=1),
        derived("log_normal", mean=0, deviation=1),
        derived("logit_normal", mean=0, deviation=1),
        derived("beta", a=None, b=None),
        derived("dirichlet", own=1, event=1, concentration=None),
        derived("categorical", own=1, probabilities=None),
        derived("rademacher"),
        derived("permutation", event=1),
    )
}


def sampled(e: Elaborator, statement: ast.Draw, type_: Tensor, scope: Scope) -> Atom:
    """A sample of the type that the statement states."""
    distribution, given = _head(e, statement.distribution)
    arguments = _arguments(e, distribution, given, scope, statement.distribution.span)
    shape = e.unifier.shape(type_.shape)
    lead = shape[: len(shape) - distribution.event]
    _suits(e, distribution, type_, statement.pattern.span)
    for name, argument, node in arguments:
        _aligned(e, distribution, name, argument, lead, type_, node)
    atoms = [argument for _, argument, _ in arguments]
    e.definition.draws = True
    if distribution.is_noise:
        operation = core.Drawn(distribution.name, tuple(atoms), type_)
        return e.bind(operation, type_, distribution.name, statement.span)
    return _mapped(e, distribution, atoms, type_, lead, statement)


# ---- what is written ------------------------------------------------------------------

Given = Sequence[tuple[str | None, ast.Static]]
Arguments = Sequence[tuple[str, Atom, Span]]


def _head(e: Elaborator, expr: ast.Expr) -> tuple[Distribution, Given]:
    """The distribution, and its parameters by name or by place."""
    known = DISTRIBUTIONS | OF_THE_LIBRARY
    head: ast.Static = expr
    given: Given = ()
    if isinstance(expr, ast.Call):
        head, given = expr.head, [(item.label, item.value) for item in expr.arguments]
    elif isinstance(expr, ast.Instance):
        head, given = expr.head, [(argument.name, argument.value) for argument in expr.arguments]
    if isinstance(head, ast.Name) and head.text in known:
        return known[head.text], given
    near = suggestion(head.text, DISTRIBUTIONS) if isinstance(head, ast.Name) else None
    listed = ", ".join(f"`{name}`" for name in DISTRIBUTIONS)
    e.fail(
        "E0504",
        "a distribution is due here",
        expr.span,
        help=[*([near] if near else []), f"known are: {listed}"],
    )


def _arguments(
    e: Elaborator, distribution: Distribution, given: Given, scope: Scope, span: Span
) -> Arguments:
    names = list(distribution.parameters)
    if len(given) > len(names):
        count = len(names)
        _fail(
            e,
            distribution,
            f"takes {count} parameter{'' if count == 1 else 's'}, {len(given)} are given"
            if count
            else "has no parameters",
            span,
        )
    nodes: dict[str, ast.Static] = {}
    for position, (label, node) in enumerate(given):
        name = names[position] if label is None else label
        if name not in names:
            _fail(e, distribution, f"has no parameter `{name}`", node.span)
        if name in nodes:
            _fail(e, distribution, f"is given its `{name}` twice", node.span)
        nodes[name] = node
    found = []
    for name, default in distribution.parameters.items():
        if name in nodes:
            atom = _real(e, distribution, name, e.value(nodes[name], scope), nodes[name].span)
            found.append((name, atom, nodes[name].span))
        elif default is None:
            _fail(e, distribution, f"needs its `{name}`", span)
        else:
            found.append((name, Static(Dim.of(default), Tensor(REAL)), span))
    return found


def _fail(e: Elaborator, distribution: Distribution, what: str, span: Span) -> NoReturn:
    e.fail(
        "E0504",
        f"`{distribution.name}` {what}",
        span,
        notes=[f"it is written `{distribution.shown}`"],
    )


def _real(e: Elaborator, distribution: Distribution, name: str, atom: Atom, span: Span) -> Atom:
    """A parameter as real numbers."""
    if isinstance(atom, Static):
        return Static(atom.value, Tensor(REAL))
    type_ = e.unifier.type(atom.type)
    if isinstance(type_, Tensor) and isinstance(type_.element, Int):
        return convert(e, atom, Tensor(REAL, type_.shape), span)
    if not isinstance(type_, Tensor) or not isinstance(type_.element, Real):
        _fail(e, distribution, f"has a real number as its `{name}`, this is `{type_}`", span)
    return atom


# ---- types -----------------------------------------------------------------------------


def _suits(e: Elaborator, distribution: Distribution, type_: Tensor, span: Span) -> None:
    """Whether samples are of the stated kind, and have the axes that they need."""
    kinds: tuple[type, ...] = (Real,)
    if distribution.name == "bernoulli":
        kinds = (Real, Bool)
    elif distribution.name in ("uniform_index", "categorical", "permutation"):
        kinds = (Index,)
    shape = e.unifier.shape(type_.shape)
    if not isinstance(type_.element, kinds):
        due = "an index, like `ix(10)`" if Index in kinds else "a real number"
        due += f", or `{BOOL}`" if Bool in kinds else ""
        _fail(e, distribution, f"gives {due}; this is `{type_}`", span)
    if len(shape) < distribution.event:
        _fail(e, distribution, "gives a vector; this has no axes", span)
    if not distribution.is_noise and any(isinstance(item, Row) for item in shape):
        _fail(e, distribution, "needs a sample whose axes are all named", span)


def _aligned(
    e: Elaborator,
    distribution: Distribution,
    name: str,
    atom: Atom,
    lead: Shape,
    sample: Tensor,
    span: Span,
) -> None:
    """A parameter has the last of the axes over which samples are independent, or none."""
    assert isinstance(atom.type, Tensor)
    shape = e.unifier.shape(atom.type.shape)
    front = shape[: len(shape) - distribution.own]
    clash = Diagnostic(
        "E0504",
        f"the `{name}` of `{distribution.name}` does not line up with the sample",
        span,
        f"this is `{e.unifier.type(atom.type)}`",
        notes=(f"the sample is `{e.unifier.type(sample)}`; they line up at the last axis",),
    )
    fits = len(shape) >= distribution.own and len(front) <= len(lead)
    try:
        if not fits:
            raise Mismatch("shape", Tensor(REAL, front), Tensor(REAL, lead))
        e.unifier.unify_shape(front, lead[len(lead) - len(front) :], lambda m: clash)
    except Mismatch:
        e.report(clash)
        raise Abandon from None


# ---- samples of derived distributions ----------------------------------------------------


def _mapped(
    e: Elaborator,
    distribution: Distribution,
    atoms: Sequence[Atom],
    type_: Tensor,
    lead: Shape,
    statement: ast.Draw,
) -> Atom:
    """The morphism of the library at each index of the lead."""
    span = statement.span
    definition = e.checker.find(MODULE, distribution.name)
    assert definition is not None
    axes = tuple(item for item in lead if isinstance(item, Dim))
    event = Tensor(type_.element, type_.shape[len(lead) :])
    varied = [atom for atom in atoms if not isinstance(atom, Static)]
    ports = {id(atom): Ref(fresh_uid(), "x", _own(e, atom, distribution.own)) for atom in varied}

    def body() -> Atom:
        callee = instantiate(e, definition, (), Scope(MODULE), span)
        made = call(e, callee, [ports.get(id(atom), atom) for atom in atoms], span)
        return coerce(e, made, event, span)

    block = e.block(body)
    rank, own = len(axes), distribution.event
    morphism = core.OnAxes(
        axes,
        tuple(_view(e, atom, distribution.own, rank) for atom in varied),
        Closure(tuple(ports.values()), block),
        (tuple(range(rank + own)),),
        (type_,),
        (own,),
    )
    whole = tuple(Port("", e.unifier.type(atom.type)) for atom in varied)
    callee = Callee(morphism, whole, True, type_, distribution.name, span)
    ref = call(e, callee, varied, span)
    assert isinstance(ref, Ref)
    e.constants.discard(ref.uid)  # parameters may be constants, a sample is none
    return ref


def _own(e: Elaborator, atom: Atom, own: int) -> Tensor:
    assert isinstance(atom.type, Tensor)
    shape = e.unifier.shape(atom.type.shape)
    return Tensor(REAL, shape[len(shape) - own :])


def _view(e: Elaborator, atom: Atom, own: int, rank: int) -> AxesView:
    """A parameter has the last of the mapped axes."""
    assert isinstance(atom.type, Tensor)
    count = len(e.unifier.shape(atom.type.shape))
    others = tuple(range(rank - (count - own), rank))
    return AxesView(others, tuple(range(count)), own)


__all__ = ["DISTRIBUTIONS", "Distribution", "sampled"]
