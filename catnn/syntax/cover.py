"""Read an expression as the pattern or the type that it spells.

Inside parentheses and brackets of expressions one grammar covers all three;
these functions say what was meant where the place decides it.
"""

from catnn.syntax import ast


def as_pattern(value: ast.Static) -> ast.Pattern | None:
    """`x`, `(x, y)`, `(x : [n], (y, z))` as what they bind; None if it binds nothing."""
    if isinstance(value, ast.Name):
        return ast.PatternName(value.text, span=value.span, name_span=value.span)
    if isinstance(value, ast.Group):
        return as_pattern(value.inner)
    if not isinstance(value, ast.Tuple):
        return None
    patterns = []
    for item in value.items:
        pattern = _item_pattern(item)
        if pattern is None:
            return None
        patterns.append(pattern)
    if len(patterns) == 1:
        return patterns[0]
    return ast.PatternTuple(tuple(patterns), span=value.span)


def _item_pattern(item: ast.Item) -> ast.Pattern | None:
    if item.label is not None or item.path is not None:
        return None
    if item.typed is None:
        return as_pattern(item.value)
    type_ = as_type(item.value)
    if type_ is None:
        return None
    return ast.PatternName(item.typed, type_, span=item.span, name_span=item.name_span)


def as_type(value: ast.Static) -> ast.Type | None:
    """`[n, d]`, `ix(v)[n]`, `Graph[n, m]`, `(A, B)` as types; None if it spells no type."""
    match value:
        case ast.SomeType():
            return value
        case ast.Listing():
            return _tensor(value)
        case ast.Tuple():
            return _tuple(value)
        case ast.Group():
            inner = as_signature(value.inner)
            if inner is None:
                return None
            return ast.TupleType((ast.TypeField(None, inner, span=inner.span),), span=value.span)
        case ast.Big(op="&"):
            body = as_type(value.body)
            return None if body is None else ast.FamilyTuple(value.range, body, span=value.span)
        case ast.Name() | ast.Call() | ast.Instance() | ast.FieldOf() | ast.PartOf():
            return _reference(value)
        case _:
            return None


def as_signature(value: ast.Static) -> ast.Signature | None:
    """A type, or `A -> B`, `A -> B over T`."""
    if not isinstance(value, ast.ArrowType):
        return as_type(value)
    target, over = value.target, value.over
    if isinstance(target, ast.Supply):
        context = as_type(target.context)
        if context is None:
            return None
        over, target = ast.Context(None, context, span=context.span), target.inner
    left, right = _side(value.source), _side(target)
    if left is None or right is None:
        return None
    return ast.ArrowType(value.arrow, left, right, over, span=value.span)


_TYPES = (
    ast.TensorType,
    ast.ElementType,
    ast.TypeRef,
    ast.TupleType,
    ast.SomeType,
    ast.FamilyTuple,
)


def _side(value: ast.Type | ast.Expr) -> ast.Type | None:
    return value if isinstance(value, _TYPES) else as_type(value)


def _tensor(value: ast.Listing) -> ast.TensorType | None:
    dims = _dims(value.items)
    if dims is None:
        return None
    if value.element is None:
        return ast.TensorType(dims, span=value.span)
    element = as_type(value.element)
    return None if element is None else ast.TensorType(dims, element, span=value.span)


def _dims(
    items: tuple[ast.Static | ast.Spread, ...],
) -> tuple[ast.Expr | ast.Spread, ...] | None:
    dims = tuple(item for item in items if not isinstance(item, ast.ArrowType | ast.SomeType))
    return dims if len(dims) == len(items) else None


def _tuple(value: ast.Tuple) -> ast.TupleType | None:
    fields = []
    for item in value.items:
        type_ = as_signature(item.value)
        if type_ is None or item.label is not None or item.path is not None:
            return None
        fields.append(ast.TypeField(item.typed, type_, span=item.span, name_span=item.name_span))
    return ast.TupleType(tuple(fields), span=value.span)


def _reference(
    value: ast.Name | ast.Call | ast.Instance | ast.FieldOf | ast.PartOf,
) -> ast.ElementType | ast.TypeRef | None:
    """A named type: lower case `ix(v)[n]`, upper case `T[..][..].S`."""
    member: str | None = None
    path: str | None = None
    head: ast.Expr = value
    if isinstance(value, ast.FieldOf):
        head, member = value.head, value.name
    elif isinstance(value, ast.PartOf):
        head, path = value.head, value.path
    brackets: list[tuple[ast.Argument, ...]] = []
    while isinstance(head, ast.Instance):
        brackets.insert(0, head.arguments)
        head = head.head
    if isinstance(head, ast.Name) and head.text[0].isupper():
        if member is not None and not member[0].isupper():
            return None
        return ast.TypeRef(head.text, tuple(brackets), member, path, span=value.span)
    if member is not None or path is not None or len(brackets) > 1:
        return None
    return _element(head, brackets[0] if brackets else None, value)


def _element(
    head: ast.Expr, bracket: tuple[ast.Argument, ...] | None, whole: ast.Expr
) -> ast.ElementType | None:
    dims = None if bracket is None else _positional_dims(bracket)
    if bracket is not None and dims is None:
        return None
    sizes = None
    if isinstance(head, ast.Call):
        sizes = _plain_sizes(head.arguments)
        if sizes is None:
            return None
        head = head.head
    if not isinstance(head, ast.Name):
        return None
    return ast.ElementType(head.text, sizes, dims, span=whole.span)


def _positional_dims(
    arguments: tuple[ast.Argument, ...],
) -> tuple[ast.Expr | ast.Spread, ...] | None:
    if any(argument.name or argument.path for argument in arguments):
        return None
    return _dims(tuple(argument.value for argument in arguments))


def _plain_sizes(items: tuple[ast.Item, ...]) -> tuple[ast.Expr, ...] | None:
    if any(item.label or item.path or item.typed for item in items):
        return None
    sizes = [item.value for item in items]
    exprs = [size for size in sizes if not isinstance(size, ast.ArrowType | ast.SomeType)]
    return tuple(exprs) if len(exprs) == len(sizes) else None
