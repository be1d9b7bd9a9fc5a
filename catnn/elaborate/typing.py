"""Types from syntax, in types proper and in the cover grammar of expressions."""

from collections.abc import Iterable, Iterator

from catnn.elaborate.context import Elaborator
from catnn.elaborate.facts_text import at_least_one
from catnn.elaborate.habits import TYPES
from catnn.elaborate.scope import Scope, SizeEntry
from catnn.elaborate.sizes import size
from catnn.elaborate.unify import leaves, prefixed
from catnn.errors import Diagnostic
from catnn.source import Span
from catnn.syntax import ast
from catnn.types.dims import Dim, SizeLimit, Symbol, fresh
from catnn.types.facts import Compare, Divides, Fact
from catnn.types.types import (
    BOOL,
    COMPLEX,
    INT,
    REAL,
    Abstract,
    Arrow,
    Element,
    Index,
    Product,
    Real,
    Row,
    Shape,
    ShapeItem,
    SizeType,
    Tensor,
    Type,
    several,
)

LATER = {
    "P": "parameters as values",
    "S": "parameters as values",
    "Seq": "terms of theories",
    "Tree": "terms of theories",
    "Maybe": "terms of theories",
}
ELEMENTS: dict[str, Element] = {"bool": BOOL, "int": INT, "complex": COMPLEX, "real": REAL}


def to_type(e: Elaborator, node: ast.Type | ast.Static, scope: Scope) -> Type:
    """The type that a piece of syntax states."""
    match node:
        case ast.TensorType(dims=dims, element=element):
            return _tensor(e, dims, element, scope)
        case ast.Listing(items=items, element=element):
            return _tensor(e, items, element, scope)
        case ast.ElementType():
            return _element(e, node, scope)
        case ast.TupleType(fields=fields):
            return _product(e, tuple((f.label, f.type) for f in fields), scope)
        case ast.Tuple(items=items):
            return _product(e, tuple((i.typed or i.label, i.value) for i in items), scope)
        case ast.Group(inner=inner):
            return to_type(e, inner, scope)
        case ast.TypeRef(name=name):
            return _reference(e, node, name, scope)
        case ast.Name(text=name) if name[0].isupper():
            return _reference(e, ast.TypeRef(name, span=node.span), name, scope)
        case ast.Instance(head=ast.Name(text=name), arguments=arguments) if name[0].isupper():
            return _reference(e, ast.TypeRef(name, (arguments,), span=node.span), name, scope)
        case ast.Name() | ast.Instance() | ast.Call():
            return _covered_element(e, node, scope)
        case ast.ArrowType():
            e.fail("E0305", "a type of values is due here, not one of morphisms", node.span)
        case ast.SomeType():
            e.fail("E0311", "elements with sizes of their own come with a later version", node.span)
        case ast.FamilyTuple():
            return _family(e, node, scope)
        case _:
            e.fail("E0305", "a type is due here", node.span)


def _tensor(
    e: Elaborator,
    dims: tuple[ast.Static | ast.Spread, ...],
    element: ast.Type | ast.Static | None,
    scope: Scope,
) -> Type:
    shape = to_shape(e, dims, scope)
    if element is None:
        return Tensor(REAL, shape)
    return prefixed(shape, to_type(e, element, scope))


def to_shape(e: Elaborator, dims: tuple[ast.Static | ast.Spread, ...], scope: Scope) -> Shape:
    items: list[ShapeItem] = []
    for dim in dims:
        if isinstance(dim, ast.Spread):
            items.append(_row(e, dim, scope))
        else:
            items.append(axis(e, dim, scope))
    return tuple(items)


def _row(e: Elaborator, spread: ast.Spread, scope: Scope) -> Row:
    found = scope.type(".." + spread.name)
    if isinstance(found, Tensor) and isinstance(found.shape[0], Row):
        return found.shape[0]
    e.unknown(".." + spread.name, spread.span, "row of axes", ())


def axis(e: Elaborator, node: ast.Static, scope: Scope) -> Dim:
    """A size used as an axis: a whole number, at least 1."""
    dim = size(e, node, scope)
    span = node.span
    quotients = list(_quotients(node))
    if quotients:
        e.oblige(
            Divides(Dim.of(1), dim),
            lambda fact: _not_whole(e, quotients, scope, span),
        )
    oblige_axis(e, dim, span)
    return dim


def oblige_axis(e: Elaborator, dim: Dim, span: Span) -> None:
    """Raise the obligation that an axis is at least 1, unless it is plain."""
    whole = dim.as_int()
    if whole is not None and whole >= 1:
        return
    e.oblige(Compare(">=", dim, Dim.of(1)), lambda fact: below_one(e, fact, span))


def below_one(e: Elaborator, fact: Fact, span: Span) -> Diagnostic:
    assert isinstance(fact, Compare)
    shown = e.unifier.dim(fact.left)
    return Diagnostic(
        "E0208",
        f"cannot show that the size `{shown}` is at least 1",
        span,
        f"an axis has size {shown}",
        help=(f"add `where {at_least_one(shown)}`",),
    )


def _not_whole(e: Elaborator, quotients: list[ast.Binary], scope: Scope, span: Span) -> Diagnostic:
    for quotient in quotients:
        left, right = size(e, quotient.left, scope), size(e, quotient.right, scope)
        if not e.unifier.facts.divides(e.unifier.dim(right), e.unifier.dim(left)):
            return Diagnostic(
                "E0207",
                f"cannot show that `{right}` divides `{left}`",
                quotient.span,
                "this division must be exact",
                help=(f"add `where {right} divides {left}`, or use `//` to round down",),
            )
    return Diagnostic("E0207", "cannot show that this size is a whole number", span)


def _quotients(node: ast.Static) -> Iterator[ast.Binary]:
    match node:
        case ast.Binary(op="/"):
            yield from _quotients(node.left)
            yield from _quotients(node.right)
            yield node
        case ast.Binary(left=left, right=right):
            yield from _quotients(left)
            yield from _quotients(right)
        case ast.Group(inner=inner):
            yield from _quotients(inner)
        case _:
            return


def _element(e: Elaborator, node: ast.ElementType, scope: Scope) -> Type:
    shape = to_shape(e, node.dims or (), scope)
    arguments = node.arguments
    if node.name == "ix":
        if arguments is None or len(arguments) != 1:
            e.fail(
                "E0304",
                "`ix` takes one size: the number of elements",
                node.span,
                help=["write `ix(v)[n]`"],
            )
        return Tensor(Index(axis(e, arguments[0], scope)), shape)
    if node.name == "size":
        if arguments is None or len(arguments) != 1 or shape:
            e.fail("E0304", "`size` takes one size and no axes", node.span)
        return SizeType(size(e, arguments[0], scope))
    if node.name in ELEMENTS and arguments is None:
        return Tensor(ELEMENTS[node.name], shape)
    if node.name == "dim":
        e.fail("E0305", "`dim` is a kind of sizes; it has no values at run time", node.span)
    if node.dims is None and node.arguments is None and node.name not in TYPES:
        help = [f"a tensor has brackets: `[{node.name}]`"]
        e.fail("E0302", f"there is no type `{node.name}` here", node.span, help=help)
    e.unknown(node.name, node.span, "type", [*ELEMENTS, "ix", "size"])


def _covered_element(e: Elaborator, node: ast.Name | ast.Instance | ast.Call, scope: Scope) -> Type:
    """`ix(v)[n]`, `bool[n]` as the grammar of expressions reads them."""
    dims: tuple[ast.Static | ast.Spread, ...] | None = None
    head: ast.Static = node
    if isinstance(head, ast.Instance):
        dims = tuple(argument.value for argument in head.arguments)
        head = head.head
    arguments = None
    if isinstance(head, ast.Call):
        arguments = tuple(item.value for item in head.arguments)
        head = head.head
    if not isinstance(head, ast.Name):
        e.fail("E0305", "a type is due here", node.span)
    sizes = (
        tuple(a for a in arguments if not isinstance(a, ast.ArrowType | ast.SomeType))
        if arguments is not None
        else None
    )
    own = (
        tuple(d for d in dims if not isinstance(d, ast.ArrowType | ast.SomeType))
        if dims is not None
        else None
    )
    return _element(e, ast.ElementType(head.text, sizes, own, span=node.span), scope)


def _product(
    e: Elaborator,
    fields: tuple[tuple[str | None, ast.Signature | ast.Static], ...],
    scope: Scope,
) -> Type:
    items = tuple(to_type(e, node, scope) for _, node in fields)
    labels = tuple(label for label, _ in fields if label is not None)
    return Product(items, labels if labels and len(labels) == len(items) else None)


def _reference(e: Elaborator, node: ast.TypeRef, name: str, scope: Scope) -> Type:
    found = scope.type(name)
    if found is not None:
        if node.arguments and isinstance(found, Abstract):
            if len(name) > 1:  # a variable is one letter; this is a type that is not there
                e.unknown(name, node.span, "type", e.checker.visible(scope.module))
            return prefixed(to_shape(e, tuple(a.value for a in node.arguments[0]), scope), found)
        return found
    alias = e.checker.alias(scope.module, name)
    if alias is not None:
        return _expand(e, node, alias[0], alias[1], scope)
    if name in LATER:
        e.fail("E0311", f"`{name}[..]`: {LATER[name]} come with a later version", node.span)
    e.unknown(name, node.span, "type", e.checker.visible(scope.module))


def _expand(
    e: Elaborator, node: ast.TypeRef, alias: ast.AliasDecl, module: str, scope: Scope
) -> Type:
    """An alias at its sizes."""
    arguments = node.arguments[0] if node.arguments else ()
    if len(arguments) != len(alias.parameters):
        e.fail(
            "E0304",
            f"`{alias.name}` takes {len(alias.parameters)} sizes, {len(arguments)} are given",
            node.span,
        )
    inner = Scope(module)
    for parameter, argument in zip(alias.parameters, arguments, strict=True):
        dim = size(e, argument.value, scope)
        inner.sizes[parameter.name] = SizeEntry(dim, "size", argument.span)
    if (module, alias.name) in e.aliases:
        e.fail(
            "E0220",
            f"the type `{alias.name}` contains itself",
            alias.name_span,
            help=["a type is written out in full, so it cannot be a part of itself"],
        )
    e.aliases.append((module, alias.name))
    try:
        with e.deeper(node.span):
            return to_type(e, alias.type, inner)
    finally:
        e.aliases.pop()


def _family(e: Elaborator, node: ast.FamilyTuple, scope: Scope) -> Type:
    """`(& i < k) [d[i]]`: one component is typed, for every index."""
    bound = size(e, node.range.bound, scope)
    if node.range.op not in ("<", "<="):
        e.fail("E0305", "a tuple counts up: `(& i < n)`", node.span)
    count = bound + 1 if node.range.op == "<=" else bound
    index = fresh(node.range.index, "index")
    inner = scope.inner()
    inner.sizes[node.range.index] = SizeEntry(Dim.of(index), "index", node.span)
    with e.unifier.within(index, count):
        item = to_type(e, node.type, inner)
    try:
        return several(index, count, item)
    except SizeLimit as limit:
        e.fail("E0219", f"this type is out of bounds: {limit}", node.span)


def contexts_in(written: Iterable[ast.Context]) -> Iterator[tuple[str, ast.Type | ast.Signature]]:
    """The contexts of a clause: `over g : A, x : B`, or one record `over (g : A, x : B)`."""
    for context in written:
        node = context.type
        if context.name is None and isinstance(node, ast.TupleType):
            yield from ((field.label or "", field.type) for field in node.fields)
        else:
            yield context.name or "", node


def context_types(
    e: Elaborator, written: Iterable[ast.Context], scope: Scope
) -> Iterator[tuple[str, Type]]:
    """The contexts of a clause with their types."""
    for name, node in contexts_in(written):
        if not name and isinstance(node, ast.ElementType) and node.arguments is node.dims is None:
            e.fail(
                "E0302",
                f"the context `{node.name}` has no type",
                node.span,
                help=[f"write its type: `over {node.name} : [..]`"],
            )
        if isinstance(node, ast.ArrowType):
            e.fail("E0305", "a context is a value, not a morphism", node.span)
        yield name, to_type(e, node, scope)


def to_arrow(e: Elaborator, node: ast.ArrowType, scope: Scope) -> Arrow:
    """The type of a morphism argument."""
    contexts: tuple[tuple[str, Type], ...] = ()
    if node.over is not None:
        contexts = tuple(context_types(e, (node.over,), scope))
    source, target = to_type(e, node.source, scope), to_type(e, node.target, scope)
    if node.arrow == "-o":
        refuse_no_numbers(e, source, target, node.span)
    return Arrow(source, target, contexts, node.arrow == "-o")


def refuse_no_numbers(e: Elaborator, source: Type, target: Type, span: Span) -> None:
    """A linear morphism maps real tensors: indices, booleans and sizes have no sums."""
    for leaf in (*leaves(source), *leaves(target)):
        if isinstance(leaf, SizeType) or (
            isinstance(leaf, Tensor) and not isinstance(leaf.element, Real)
        ):
            e.fail(
                "E0306",
                f"a linear morphism (`-o`) maps real tensors; `{leaf}` holds no real numbers",
                span,
                help=["what is fixed stands in brackets or in a context: `over i : ..`"],
            )


# ---- the names in a signature ------------------------------------------------------------


def names_in(node: object) -> Iterator[tuple[str, Span, str]]:
    """Names of a signature in order: `(name, span, what)`; what is size, axis, row or type."""
    match node:
        case ast.TensorType(dims=dims, element=element):
            yield from _axes(dims)
            if element is not None:
                yield from names_in(element)
        case ast.ElementType(name=name, arguments=arguments, dims=dims):
            yield from _axes(arguments or ())
            yield from _axes(dims or ())
        case ast.TupleType(fields=fields):
            for item in fields:
                yield from names_in(item.type)
        case ast.TypeRef(name=name, arguments=groups):
            yield name, node.span, "type"
            for group in groups:
                for argument in group:
                    yield from _argument_names(argument.value)
        case ast.ArrowType(source=source, target=target, over=over):
            yield from names_in(source)
            yield from names_in(target)
            if over is not None:
                yield from names_in(over.type)
        case ast.FamilyTuple(range=range_, type=type_):
            yield from size_names(range_.bound)
            yield from (found for found in names_in(type_) if found[0] != range_.index)
        case ast.Listing(items=items, element=element):
            yield from _axes(items)
            if element is not None:
                yield from names_in(element)
        case ast.Tuple(items=items):
            for entry in items:
                yield from names_in(entry.value)
        case _:
            return


def _argument_names(node: object) -> Iterator[tuple[str, Span, str]]:
    if isinstance(node, ast.Listing | ast.Tuple):
        yield from names_in(node)
    elif isinstance(node, ast.Name) and node.text[0].isupper():
        yield node.text, node.span, "type"
    elif isinstance(node, ast.Name):
        yield node.text, node.span, "axis"
    else:
        yield from size_names(node)


def _axes(dims: tuple[object, ...]) -> Iterator[tuple[str, Span, str]]:
    for dim in dims:
        if isinstance(dim, ast.Spread):
            yield dim.name, dim.span, "row"
        elif isinstance(dim, ast.Name):
            yield dim.text, dim.span, "axis"
        else:
            yield from size_names(dim)


def size_names(node: object) -> Iterator[tuple[str, Span, str]]:
    """The names of a size expression."""
    match node:
        case ast.Name(text=text) if text not in ("true", "false"):
            yield text, node.span, "size"
        case ast.Binary(left=left, right=right):
            yield from size_names(left)
            yield from size_names(right)
        case ast.Unary(operand=operand):
            yield from size_names(operand)
        case ast.Group(inner=inner):
            yield from size_names(inner)
        case ast.Call(arguments=items):
            for item in items:
                yield from size_names(item.value)
        case ast.Instance(head=ast.Name(text=text), arguments=arguments):
            yield text, node.span, "family"
            for argument in arguments:
                yield from size_names(argument.value)
        case ast.If(condition=test, then=then, otherwise=otherwise):
            for part in (test, then, otherwise):
                yield from size_names(part)
        case _:
            return


__all__ = [
    "Symbol",
    "axis",
    "context_types",
    "names_in",
    "oblige_axis",
    "refuse_no_numbers",
    "size_names",
    "to_arrow",
    "to_shape",
    "to_type",
]
