"""Contexts: found where a factor is written, by name and type; supplied by `over`."""

from catnn.elaborate.calls import component
from catnn.elaborate.context import Elaborator
from catnn.elaborate.core import Atom, Static
from catnn.elaborate.scope import Scope, ValueEntry
from catnn.elaborate.unify import Mismatch, promotes
from catnn.errors import Diagnostic, Label
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.types import Index, Int, Product, Tensor, Type

SUPPLIED = "·supplied"


def find_context(
    e: Elaborator, scope: Scope, name: str, due: Type, callee: str, span: Span
) -> Atom:
    """The context of that name whose type fits, else the only one whose type fits."""
    candidates = scope.all_contexts()
    supplied = {k: v for k, v in candidates.items() if k.startswith(SUPPLIED)}
    for entry in supplied.values():
        if _fits(e, entry.atom, due):
            return entry.atom
    own = candidates.get(name)
    if own is not None and _fits(e, own.atom, due):
        return own.atom
    fitting = {k: v for k, v in candidates.items() if k not in supplied and _fits(e, v.atom, due)}
    if len(fitting) == 1:
        return next(iter(fitting.values())).atom
    wanted = f"`{name} : {e.unifier.type(due)}`" if name else f"`{e.unifier.type(due)}`"
    labels = [
        Label(
            v.span,
            f"`{e.unifier.type(v.atom.type)}`"
            if k in supplied
            else f"`{k} : {e.unifier.type(v.atom.type)}`",
        )
        for k, v in candidates.items()
        if v.span.file
    ]
    if not fitting:
        e.fail(
            "E0401",
            f"`{callee}` wants a context {wanted}, and none "
            + ("in sight fits" if labels else "is in sight"),
            span,
            labels=labels,
            help=[
                f"add `over {name or 'g'} : {e.unifier.type(due)}` to the signature, or supply it: `{callee} over c`"
            ],
        )
    e.fail(
        "E0402",
        f"`{callee}` wants a context {wanted}, and {len(fitting)} fit",
        span,
        labels=labels,
        help=[f"say which: `{callee} over {next(iter(fitting))}`"],
    )


def _fits(e: Elaborator, atom: Atom, due: Type) -> bool:
    """Whether a context can be used; unification is undone if it can't."""
    from catnn.elaborate.snapshot import attempt

    return attempt(e.unifier, lambda: _unify(e, atom, due))


def _unify(e: Elaborator, atom: Atom, due: Type) -> None:
    given, wanted = e.unifier.type(atom.type), e.unifier.type(due)
    if isinstance(given, Product) and isinstance(wanted, Product):
        if len(given.items) != len(wanted.items) or (
            given.labels and wanted.labels and given.labels != wanted.labels
        ):
            raise Mismatch("labels", wanted, given)
        for k, (own, part) in enumerate(zip(given.items, wanted.items, strict=True)):
            _unify(e, component(atom, k, own), part)
        return
    if isinstance(given, Tensor) and isinstance(wanted, Tensor):
        found = e.unifier.trailing(given.shape, len(wanted.shape))
        if found is None:
            raise Mismatch("rank", wanted, given)
        element = wanted.element if _converts(atom, given, wanted) else given.element
        given = Tensor(element, found[1])
    e.unifier.unify(wanted, given, lambda m: Diagnostic("E0401", "context", Span("", 0, 0)))


def _converts(atom: Atom, given: Tensor, wanted: Tensor) -> bool:
    """Whether the call will convert the elements: whole numbers to reals, a number to an index."""
    constant = isinstance(atom, Static) and isinstance(wanted.element, Index)
    return promotes(given.element, wanted.element) or (constant and isinstance(given.element, Int))


def supplying(e: Elaborator, expr: ast.Supply, scope: Scope) -> Scope:
    """The scope inside `f over h`: `h` comes first; a record of contexts by their names."""
    inner = scope.inner()
    context = expr.context
    while isinstance(context, ast.Group) and not isinstance(
        context.inner, ast.ArrowType | ast.SomeType
    ):
        context = context.inner
    atom = e.value(context, scope)
    depth = sum(key.startswith(SUPPLIED) for key in scope.all_contexts())
    inner.contexts[f"{SUPPLIED}{depth}"] = ValueEntry(atom, expr.context.span)
    if isinstance(context, ast.Tuple) and all(item.label for item in context.items):
        type_ = e.unifier.type(atom.type)
        assert isinstance(type_, Product)
        for k, item in enumerate(context.items):
            assert item.label is not None
            part = component(atom, k, type_.items[k])
            inner.contexts[item.label] = ValueEntry(part, item.span)
    return inner
