"""Declarations whose meaning comes later: they parse and format, and are refused by name."""

from catnn.elaborate.checker import Checker
from catnn.errors import Diagnostic
from catnn.syntax import ast

WHAT: dict[type, str] = {
    ast.NewTypeDecl: "`newtype`",
    ast.Extern: "`extern`",
    ast.Reparam: "`reparam`",
    ast.Theory: "`theory`",
    ast.Algebra: "`algebra`",
    ast.Sheaf: "`sheaf`",
    ast.Lens: "`lens`",
    ast.Weights: "`weights`",
    ast.Data: "`data`",
    ast.Mesh: "`mesh`",
    ast.Place: "`place`",
    ast.Once: "`once`",
    ast.Train: "`train`",
}


def refuse_later(checker: Checker, declaration: ast.Declaration) -> None:
    """Report a declaration that has no meaning yet."""
    what = WHAT.get(type(declaration))
    if what is not None:
        name = getattr(declaration, "name", "")
        checker.report(
            Diagnostic(
                "E0311",
                f"{what} comes with a later version"
                + (f": `{name}` is not checked" if name else ""),
                declaration.span,
                help=("take it out to check the rest by itself",),
            )
        )
