"""Layout of declarations."""

from catnn.syntax import ast
from catnn.syntax.format_base import (
    Page,
    after_arrow,
    after_equals,
    braces,
    enclose,
    quoted,
    show,
    statements,
)
from catnn.syntax.format_types import define, filled, header, over, parameters, where
from catnn.syntax.layout import HARD, LINE, Doc, fill, group, nest

# ---- modules and types ------------------------------------------------------------------


@show.register
def _(node: ast.Import, page: Page) -> Doc:
    module = f"import {'.'.join(node.module)}"
    if node.names is None:
        return module
    return (module, " ", enclose("(", node.names, ")", page))


@show.register
def _(node: ast.FromImport, page: Page) -> Doc:
    names = filled([show(name, page) for name in node.names])
    return (f"from {quoted(node.path)} import ", nest(names))


@show.register
def _(node: ast.AliasDecl, page: Page) -> Doc:
    facts: Doc = (LINE, where(node.where, page)) if node.where else ""
    start = (f"type {node.name}", parameters(node.parameters, page), " =")
    return group(start, nest(LINE, show(node.type, page), facts))


@show.register
def _(node: ast.NewTypeDecl, page: Page) -> Doc:
    start = (f"newtype {node.name}", parameters(node.parameters, page), " =")
    return group(start, nest(LINE, show(node.type, page)))


# ---- morphisms --------------------------------------------------------------------------


@show.register
def _(node: ast.Morph, page: Page) -> Doc:
    return define((f"{node.kind} ", show(node.header, page)), node.body, page)


@show.register
def _(node: ast.Extern, page: Page) -> Doc:
    start = (f"extern {node.kind} {node.name}", parameters(node.parameters, page))
    grad = " grad" if node.differentiable else ""
    target = nest(fill(f"{quoted(node.target)}{grad}"))
    return (header(start, [(": ", show(node.type, page))]), " =", target)


@show.register
def _(node: ast.Reparam, page: Page) -> Doc:
    start = (f"reparam {node.name}", parameters(node.parameters, page))
    clauses = [show(clause, page) for clause in node.clauses]
    if len(clauses) == 1:
        return (start, " ", clauses[0])
    return (start, nest(*((HARD, clause) for clause in clauses)))


@show.register
def _(node: ast.ReparamClause, page: Page) -> Doc:
    clauses: list[Doc] = []
    if node.using:
        probes = [show(probe, page) for probe in node.using]
        clauses.append(("using ", nest(filled(probes))))
    if node.over:
        clauses.append(over(node.over, page))
    if node.where:
        clauses.append(where(node.where, page))
    start = header(("on ", _selection(node, page)), clauses)
    return define(start, node.body, page)


def _selection(node: ast.ReparamClause, page: Page) -> Doc:
    if node.together:
        return enclose("(", node.select, ")", page)
    binder = node.select[0]
    stack = "" if node.stack is None else f"[{node.stack}]"
    return (f"{binder.name}{stack} : ", show(binder.type, page))


@show.register
def _(node: ast.Probe, page: Page) -> Doc:
    return (f"{node.name} = {node.wire} : ", show(node.type, page))


# ---- theories, algebras, sheaves, lenses ------------------------------------------------


@show.register
def _(node: ast.Theory, page: Page) -> Doc:
    start = (f"theory {node.name}", parameters(node.parameters, page))
    return (start, " ", braces([(e, show(e, page)) for e in node.entries], node, page))


@show.register
def _(node: ast.Sorts, page: Page) -> Doc:
    return f"sort {', '.join(node.names)}"


@show.register
def _(node: ast.Operation, page: Page) -> Doc:
    return (f"{node.name} : ", show(node.type, page))


@show.register
def _(node: ast.Equation, page: Page) -> Doc:
    return group(f"law {node.name} :", _relation(node.relation, page))


@show.register
def _(node: ast.Algebra, page: Page) -> Doc:
    start = (f"algebra {node.name}", parameters(node.parameters, page))
    clauses: list[Doc] = [(": ", show(node.theory, page))]
    if node.over:
        clauses.append(over(node.over, page))
    if node.where:
        clauses.append(where(node.where, page))
    entries = braces([(e, show(e, page)) for e in node.entries], node, page)
    return (header(start, clauses), " ", entries)


@show.register
def _(node: ast.AlgebraEntry, page: Page) -> Doc:
    return (f"{node.name} =", after_equals(node.value, page))


@show.register
def _(node: ast.Sheaf, page: Page) -> Doc:
    inputs = enclose("(", node.inputs, ")", page) if node.inputs else ""
    start = (f"sheaf {node.name}", parameters(node.parameters, page), inputs)
    entries = braces([(e, show(e, page)) for e in node.entries], node, page)
    return (header(start, [over(node.over, page)]), " ", entries)


@show.register
def _(node: ast.SheafEntry, page: Page) -> Doc:
    start = (f"{node.name} : ", show(node.type, page))
    return start if node.value is None else (start, " =", after_equals(node.value, page))


@show.register
def _(node: ast.Lens, page: Page) -> Doc:
    start = (f"lens {node.name}", parameters(node.parameters, page))
    clauses: list[Doc] = [(": ", show(node.type, page))]
    if node.over:
        clauses.append(over(node.over, page))
    if node.where:
        clauses.append(where(node.where, page))
    forward = [(e, ("forward =", after_equals(e, page))) for e in node.forward]
    backward = [(e, ("backward =", after_equals(e, page))) for e in node.backward]
    entries: list[tuple[ast.Node, Doc]] = [(e, show(e, page)) for e in node.buffers]
    entries += [*forward, *backward]
    entries.sort(key=lambda entry: entry[0].span.start)
    return (header(start, clauses), " ", braces(entries, node, page))


# ---- laws -------------------------------------------------------------------------------


@show.register
def _(node: ast.Law, page: Page) -> Doc:
    scope: Doc = "" if node.scope is None else show(node.scope, page)
    start = ("law", scope, f" {node.name}", parameters(node.parameters, page), " :")
    facts: Doc = nest(LINE, where(node.where, page)) if node.where else ""
    return group(start, _relation(node.relation, page), facts)


@show.register
def _(node: ast.LawScope, page: Page) -> Doc:
    options = [(f", {name} = ", show(value, page)) for name, value in node.options]
    return (f"[{node.word}", *options, "]")


def _left(node: ast.Expr, page: Page) -> Doc:
    return statements(node, page) if isinstance(node, ast.Block) else show(node, page)


def _relation(node: ast.Relation, page: Page) -> Doc:
    if node.right is None:
        return after_arrow(node.left, page)
    right = (LINE, "==> ", show(node.right, page))
    taking: Doc = ""
    if node.taking:
        entries = [(e, (f"{'.'.join(path)} = ", show(e, page))) for path, e in node.taking]
        taking = (LINE, "taking ", braces(entries, node, page))
    return nest(LINE, _left(node.left, page), right, taking)


# ---- weights, data, placement, trainings ------------------------------------------------


@show.register
def _(node: ast.Weights, page: Page) -> Doc:
    start = (f"weights {node.name} : ", show(node.type, page))
    source = "" if node.source is None else f" = {quoted(node.source)}"
    if not node.leaves:
        return (start, source)
    maps = [(e, (f"{quoted(path)} <-> ", show(e, page))) for path, e in node.leaves]
    return (start, source, " ", braces(maps, node, page))


@show.register
def _(node: ast.Data, page: Page) -> Doc:
    source = "" if node.source is None else f" = {quoted(node.source)}"
    return (f"data {node.name} : ", show(node.type, page), source)


@show.register
def _(node: ast.Mesh, page: Page) -> Doc:
    return (f"mesh {node.name} = ", enclose("(", node.axes, ")", page))


@show.register
def _(node: ast.Place, page: Page) -> Doc:
    entries = braces([(e, show(e, page)) for e in node.entries], node, page)
    return (f"place {node.model} on {node.mesh} ", entries)


@show.register
def _(node: ast.Placed, page: Page) -> Doc:
    axis = quoted(node.axis) if node.is_path else node.axis
    return f"{axis} over {node.mesh_axis}"


@show.register
def _(node: ast.Train, page: Page) -> Doc:
    inputs = enclose("(", node.inputs, ")", page) if node.inputs else ""
    player = "" if node.player is None else f"{node.player} : "
    start = (f"train {node.name}", parameters(node.parameters, page), inputs, f" = {player}")
    clauses = [(HARD, _clause(clause, page)) for clause in node.clauses]
    return (start, show(node.model, page), nest(*clauses))


def _clause(clause: ast.Clause, page: Page) -> Doc:
    ends = ";" if isinstance(clause, ast.ParamDecl | ast.BufferDecl) else ""
    return (show(clause, page), ends)
