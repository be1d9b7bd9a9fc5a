"""A `law` as a morphism: from the values that it speaks of to the pair of its sides.

`law l[a] : share f = ..; forall x : A; s == t` is checked as
`morph l[a](x : A) = share f = ..; (s, t)`, and an equation between morphisms
as `share f = ..; s & t`, whose input is found from its sides. So a law has
sizes, facts and parameters as every definition has, and only what is shared
has the same parameters on both sides.
"""

from typing import Literal, NoReturn

from attrs import frozen

from catnn.elaborate.checker import Checker
from catnn.elaborate.definition import Definition
from catnn.elaborate.scope import Scope
from catnn.errors import CatError, Diagnostic
from catnn.laws.trial import Operator
from catnn.source import Span
from catnn.syntax import ast


@frozen
class Law:
    """A law whose sides have one type.

    `scope` says what both sides share: their values, or also the gradients.
    """

    name: str
    operator: Operator
    scope: Literal["value", "gradient"]
    is_directed: bool
    definition: Definition

    @property
    def span(self) -> Span:
        return self.definition.span


def stated(checker: Checker, module: str, declaration: ast.Law) -> Law | None:
    """The law that a declaration states, its sides not checked yet; None if it was refused."""
    try:
        operator, morph = _as_morph(declaration)
        scope = _scope(declaration)
    except CatError as error:
        for diagnostic in error.diagnostics:
            checker.report(diagnostic)
        return None
    definition = Definition(
        declaration.name,
        "law",
        module,
        declaration.name_span,
        morph.header,
        morph.body,
        Scope(module),
    )
    is_directed = declaration.relation.right is not None
    return Law(declaration.name, operator, scope, is_directed, definition)


def _scope(law: ast.Law) -> Literal["value", "gradient"]:
    word = law.scope.word if law.scope is not None else "gradient"
    if word == "value" or word == "gradient":
        return word
    assert law.scope is not None
    return _later(f"the scope `{word}` of a law", law.scope.span)


def _as_morph(law: ast.Law) -> tuple[Operator, ast.Morph]:
    relation = law.relation
    if relation.taking:
        _later("`taking` in a law", relation.span, "state what is `share`d instead")
    block = relation.left if isinstance(relation.left, ast.Block) else None
    statements = block.statements if block is not None else ()
    stated = block.result if block is not None else relation.left
    if relation.right is not None:
        operator: Operator = "=="
        sides = (stated, relation.right)
    else:
        operator, sides = _sides(stated)
    binders = [
        binder for item in statements if isinstance(item, ast.Forall) for binder in item.binders
    ]
    for binder in binders:
        if isinstance(binder.type, ast.ElementType) and binder.type.name in QUANTIFIERS:
            _later(f"a quantifier over `{binder.type.name}`", binder.span)
    rest = tuple(item for item in statements if not isinstance(item, ast.Forall))
    result: ast.Expr
    if binders:
        items = tuple(ast.Item(side, span=side.span) for side in sides)
        result = ast.Tuple(items, span=relation.span)
    else:
        result = ast.Fan(sides, span=relation.span)
    body = ast.Block(rest, result, span=relation.span) if rest else result
    header = ast.Header(
        law.name,
        law.parameters,
        tuple(binders) if binders else None,
        where=law.where,
        span=law.span,
        name_span=law.name_span,
    )
    return operator, ast.Morph("morph", header, body, span=law.span)


def _sides(expr: ast.Expr) -> tuple[Operator, tuple[ast.Expr, ast.Expr]]:
    while isinstance(expr, ast.Group) and isinstance(expr.inner, ast.Binary):
        expr = expr.inner
    if isinstance(expr, ast.Binary):
        if expr.op == "==" or expr.op == "<=":
            return expr.op, (expr.left, expr.right)
        if expr.op == ">=":
            return "<=", (expr.right, expr.left)
    if (
        isinstance(expr, ast.Call)
        and isinstance(expr.head, ast.Name)
        and expr.head.text in BUILT_IN
    ):
        _later(f"the property `{expr.head.text}`", expr.span)
    raise CatError(
        [
            Diagnostic(
                "E0602",
                "a law states an equation or an inequality",
                expr.span,
                "this is neither",
                help=("write `left == right`, `left <= right`, or `left ==> right`",),
            )
        ]
    )


BUILT_IN = frozenset(
    (
        "bounded", "causal", "equivariant", "idempotent", "independent", "invariant", "involution",
        "linear", "pure",
    )
)  # fmt: skip
"""Properties that hold of a morphism as a whole."""


QUANTIFIERS = frozenset(("cyclic", "orth", "perm", "positive", "rotation", "signs", "simplex"))
"""Sets of numbers and of groups that a law will speak of."""


def _later(
    what: str, span: Span, help: str = "take it out to check the rest by itself"
) -> NoReturn:
    message = f"{what} comes with a later version"
    raise CatError([Diagnostic("E0311", message, span, help=(help,))])


__all__ = ["Law", "stated"]
