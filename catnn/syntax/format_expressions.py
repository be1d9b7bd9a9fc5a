"""Layout of expressions, patterns and axis patterns."""

from catnn.syntax import ast
from catnn.syntax.format_base import (
    Page,
    after_arrow,
    body,
    braces,
    chain,
    enclose,
    function,
    is_chain,
    quoted,
    show,
    statements,
)
from catnn.syntax.layout import LINE, SOFT, Doc, fill, group, join, nest

# ---- atoms ------------------------------------------------------------------------------


@show.register
def _(node: ast.Name, page: Page) -> Doc:
    return node.text


@show.register
def _(node: ast.Number, page: Page) -> Doc:
    return node.text


@show.register
def _(node: ast.String, page: Page) -> Doc:
    return quoted(node.value)


@show.register
def _(node: ast.Group, page: Page) -> Doc:
    inner = node.inner
    if is_chain(inner) or isinstance(inner, ast.If | ast.Block):
        return group("(", nest(SOFT, body(inner, page)), SOFT, ")")
    return ("(", show(inner, page), ")")


@show.register
def _(node: ast.Tuple, page: Page) -> Doc:
    return enclose("(", node.items, ")", page)


@show.register
def _(node: ast.Item, page: Page) -> Doc:
    value = show(node.value, page)
    if node.typed is not None:
        return (f"{node.typed} : ", value)
    if node.label is not None:
        return (f"{node.label} = ", value)
    return value if node.path is None else (f"{quoted(node.path)} = ", value)


@show.register
def _(node: ast.Listing, page: Page) -> Doc:
    if node.element is None:
        return enclose("[", node.items, "]", page)
    items = join(", ", [show(item, page) for item in node.items])
    return ("[", items, "; ", show(node.element, page), "]")


@show.register
def _(node: ast.Spread, page: Page) -> Doc:
    return f"..{node.name}"


@show.register
def _(node: ast.Comprehension, page: Page) -> Doc:
    ranges = join(", ", [show(range_, page) for range_ in node.ranges])
    return group("[", nest(show(node.body, page), LINE, "for ", ranges), "]")


@show.register
def _(node: ast.Range, page: Page) -> Doc:
    return (f"{node.index} {node.op} ", show(node.bound, page))


# ---- application ------------------------------------------------------------------------


@show.register
def _(node: ast.Argument, page: Page) -> Doc:
    value = show(node.value, page)
    if node.name is not None:
        return (f"{node.name} = ", value)
    return value if node.path is None else (f"{quoted(node.path)} = ", value)


@show.register
def _(node: ast.Instance, page: Page) -> Doc:
    return (show(node.head, page), enclose("[", node.arguments, "]", page))


@show.register
def _(node: ast.Call, page: Page) -> Doc:
    return (show(node.head, page), enclose("(", node.arguments, ")", page))


@show.register
def _(node: ast.FieldOf, page: Page) -> Doc:
    return (show(node.head, page), f".{node.name}")


@show.register
def _(node: ast.PartOf, page: Page) -> Doc:
    return (show(node.head, page), f".{quoted(node.path)}")


@show.register
def _(node: ast.OnAxes, page: Page) -> Doc:
    return (show(node.head, page), show(node.pattern, page))


# ---- operators --------------------------------------------------------------------------


@show.register
def _(node: ast.Binary, page: Page) -> Doc:
    if node.op == "^":
        return (show(node.left, page), "^", show(node.right, page))
    return chain(node, page)


@show.register
def _(node: ast.Unary, page: Page) -> Doc:
    word = "not " if node.op == "not" else "-"
    return (word, show(node.operand, page))


@show.register
def _(node: ast.Compose, page: Page) -> Doc:
    return chain(node, page)


@show.register
def _(node: ast.Fan, page: Page) -> Doc:
    return chain(node, page)


@show.register
def _(node: ast.Par, page: Page) -> Doc:
    return chain(node, page)


@show.register
def _(node: ast.Big, page: Page) -> Doc:
    return (f"({node.op} ", show(node.range, page), ") ", show(node.body, page))


@show.register
def _(node: ast.Prefixed, page: Page) -> Doc:
    arguments = enclose("[", node.arguments, "]", page) if node.arguments else ""
    return (node.word, arguments, " ", show(node.operand, page))


@show.register
def _(node: ast.Named, page: Page) -> Doc:
    return (show(node.inner, page), f" as {node.name}")


@show.register
def _(node: ast.Supply, page: Page) -> Doc:
    return (show(node.inner, page), " over ", show(node.context, page))


@show.register
def _(node: ast.WithParameters, page: Page) -> Doc:
    return (show(node.inner, page), " @ ", show(node.parameters, page))


@show.register
def _(node: ast.StartFrom, page: Page) -> Doc:
    return (show(node.inner, page), " ~ ", show(node.parameters, page))


@show.register
def _(node: ast.Reparametrise, page: Page) -> Doc:
    where = f" at {quoted(node.path)}"
    return (show(node.inner, page), nest(fill("by ", show(node.by, page), where)))


@show.register
def _(node: ast.Cut, page: Page) -> Doc:
    return (show(node.inner, page), f" {node.word} {quoted(node.path)}")


@show.register
def _(node: ast.Given, page: Page) -> Doc:
    order = " in order" if node.in_order else ""
    return (show(node.inner, page), nest(fill("given ", show(node.data, page), order)))


@show.register
def _(node: ast.Surgery, page: Page) -> Doc:
    steps: list[Doc] = []
    inner: ast.Expr = node
    while isinstance(inner, ast.Surgery):
        name = "" if inner.name is None else f" as {inner.name}"
        new = show(inner.replacement, page)
        steps.append((LINE, f"with {quoted(inner.path)}{name} := ", new))
        inner = inner.inner
    return group(show(inner, page), nest(*reversed(steps)))


# ---- what stands alone ------------------------------------------------------------------


@show.register
def _(node: ast.Lambda, page: Page) -> Doc:
    return function(node, page)


@show.register
def _(node: ast.If, page: Page) -> Doc:
    parts: list[Doc] = []
    rest: ast.Expr = node
    while isinstance(rest, ast.If):
        condition = show(rest.condition, page)
        parts += ["if ", condition, " then", _branch(rest.then, page), LINE, "else"]
        rest = rest.otherwise
        if isinstance(rest, ast.If):
            parts.append(" ")
    return group(*parts, _branch(rest, page))


def _branch(node: ast.Expr, page: Page) -> Doc:
    if isinstance(node, ast.Block):
        return after_arrow(node, page)
    return (" ", nest(show(node, page)))


@show.register
def _(node: ast.Case, page: Page) -> Doc:
    arms = [(arm, show(arm, page)) for arm in node.arms]
    return ("case ", show(node.subject, page), " of ", braces(arms, node, page))


@show.register
def _(node: ast.Arm, page: Page) -> Doc:
    if node.parameter is None:
        return (f"{node.constructor} =>", after_arrow(node.body, page))
    inner = show(node.parameter, page)
    if isinstance(node.parameter, ast.PatternName):
        inner = ("(", inner, ")")
    return (node.constructor, inner, " =>", after_arrow(node.body, page))


@show.register
def _(node: ast.Choice, page: Page) -> Doc:
    name = "choice " if node.name is None else f"choice {node.name} "
    return (name, braces([(a, show(a, page)) for a in node.alternatives], node, page))


@show.register
def _(node: ast.Alternative, page: Page) -> Doc:
    name = "" if node.name is None else f"{node.name} = "
    range_: Doc = "" if node.range is None else (" for ", show(node.range, page))
    return (name, show(node.value, page), range_)


@show.register
def _(node: ast.Leafwise, page: Page) -> Doc:
    cases = braces([(case, show(case, page)) for case in node.cases], node, page)
    return ("leafwise", enclose("(", node.arguments, ")", page), " ", cases)


@show.register
def _(node: ast.LeafCase, page: Page) -> Doc:
    path = "" if node.path is None else f"{quoted(node.path)} "
    return (path, show(node.head, page), " =>", after_arrow(node.body, page))


@show.register
def _(node: ast.Block, page: Page) -> Doc:
    return group(statements(node, page))


# ---- patterns ---------------------------------------------------------------------------


@show.register
def _(node: ast.PatternName, page: Page) -> Doc:
    return node.name if node.type is None else (f"{node.name} : ", show(node.type, page))


@show.register
def _(node: ast.PatternTuple, page: Page) -> Doc:
    items = ("(", join(", ", [show(item, page) for item in node.items]), ")")
    return items if node.type is None else (items, " : ", show(node.type, page))


@show.register
def _(node: ast.PatternTerm, page: Page) -> Doc:
    return show(node.pattern, page)


@show.register
def _(node: ast.AxisPattern, page: Page) -> Doc:
    left = _side(node.operands)
    if node.results is None:
        return f"{{{left}}}"
    right = _side(node.results)
    return f"{{{left + ' ' if left else ''}-> {right}}}"


def _side(operands: tuple[ast.Operand, ...]) -> str:
    return ", ".join(" ".join(_axis(axis) for axis in operand.axes) for operand in operands)


def _axis(axis: ast.AxisTerm) -> str:
    match axis:
        case ast.Axis(text, rest):
            return f"..{text}" if rest else text
        case ast.ProductAxis(factors):
            return f"({' '.join(_axis(factor) for factor in factors)})"
        case ast.SumAxis(summands):
            return f"({' + '.join(_axis(summand) for summand in summands)})"
        case ast.Bracket(axes):
            return f"[{' '.join(_axis(inner) for inner in axes)}]"
