"""Whether an unannotated bracket argument is a size or a number: by its default, else by its use."""

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import field, frozen

from catnn.elaborate.definition import ParameterKind
from catnn.elaborate.initialisers import NAMES, head_of
from catnn.elaborate.typing import names_in, size_names
from catnn.syntax import ast

if TYPE_CHECKING:
    from catnn.elaborate.checker import Checker

TYPES = (ast.TensorType, ast.ElementType, ast.TypeRef, ast.TupleType, ast.FamilyTuple)


def children(node: object) -> Iterator[object]:
    """The nodes directly below a node."""
    for attribute in getattr(type(node), "__attrs_attrs__", ()):
        yield from _nodes(getattr(node, attribute.name))


def _nodes(value: object) -> Iterator[object]:
    if isinstance(value, ast.Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def kind_of(
    checker: "Checker",
    module: str,
    parameter: ast.Parameter,
    header: ast.Header,
    body: ast.Expr | None,
) -> ParameterKind:
    """The kind of a bracket argument."""
    annotated = _annotated(parameter.type)
    if annotated is not None:
        return annotated
    default = parameter.default
    match default:
        case ast.String():
            return "string"
        case ast.Name(text="true" | "false") | ast.Unary(op="not"):
            return "bool"
        case ast.Tuple() | ast.Listing():
            return "list"
        case ast.Number() if not default.is_integer:
            return "number"
        case ast.Unary(op="-", operand=ast.Number()):
            return "number"
        case ast.Name() | ast.Instance() if _is_initialiser(default, header):
            return "initialiser"
    if _in_signature(parameter.name, header):
        return "size"
    found = set(_uses(checker, module, parameter.name, body)) if body is not None else {"size"}
    for kind in ("initialiser", "morphism", "bool", "string"):
        if kind in found and "size" not in found:
            return kind
    return "size" if "size" in found or not found else "number"


def _is_initialiser(default: ast.Static, header: ast.Header) -> bool:
    """Whether a default is an initialiser, or an argument whose default is one."""
    name, _ = head_of(default)
    for other in header.parameters:
        if other.name == name:
            found = other.default
            return found is not None and found is not default and _is_initialiser(found, header)
    return name in NAMES


def _annotated(node: ast.Signature | None) -> ParameterKind | None:
    match node:
        case None:
            return None
        case ast.ArrowType():
            return "morphism"
        case ast.ElementType(name="dim", dims=dims):
            return "family" if dims is not None else "size"
        case ast.ElementType(name="int", arguments=None, dims=dims) if dims:
            return "list"
        case ast.ElementType(name="bool", arguments=None, dims=None):
            return "bool"
        case _:
            return "value"


def _in_signature(name: str, header: ast.Header) -> bool:
    return name in _signature_names(_Same(header))


@frozen
class _Same:
    """A header by identity: those of equal text are looked at anew."""

    header: ast.Header = field(eq=id)


@lru_cache(16)
def _signature_names(same: _Same) -> frozenset[str]:
    """The names of sizes in the types and facts of a header."""
    header = same.header
    nodes: list[object] = [
        header.type,
        *(b.type for b in header.inputs or ()),
        *(c.type for c in header.over),
        *(p.type for p in header.parameters),
    ]
    found = {name for node in nodes for name, _, what in names_in(node) if what != "type"}
    parts = [part for fact in header.where for part in children(fact)]
    return frozenset(found | {name for part in parts for name, _, _ in size_names(part)})


def _uses(checker: "Checker", module: str, name: str, node: object) -> Iterator[str]:
    if isinstance(node, TYPES):
        if any(found == name for found, _, what in names_in(node) if what != "type"):
            yield "size"
        return
    match node:
        case ast.Instance(head=head, arguments=arguments):
            yield from _uses(checker, module, name, head)
            yield from _argument_uses(checker, module, name, head, arguments)
            return
        case ast.Prefixed(arguments=arguments, operand=operand):
            for argument in arguments:
                if _mentions(argument.value, name):
                    yield "size"
            yield from _uses(checker, module, name, operand)
            return
        case ast.Range(bound=bound):
            if _mentions(bound, name):
                yield "size"
            return
        case ast.ParamDecl(init=init) | ast.BufferDecl(init=init) | ast.FixedDecl(init=init) if (
            isinstance(init, ast.Name | ast.Instance) and head_of(init)[0] == name
        ):
            yield "initialiser"
            yield from _uses(checker, module, name, node.type)
            return
        case ast.If(condition=ast.Name(text=text)) if text == name:
            yield "bool"
        case ast.Unary(op="not", operand=ast.Name(text=text)) if text == name:
            yield "bool"
        case ast.Binary(op="==" | "!=", left=ast.Name(text=text), right=ast.String()) if (
            text == name
        ):
            yield "string"
        case ast.Binary(op="+" | "-" | "*" | "/" | "^"):
            if any(_is_name(side, name) for side in (node.left, node.right)):
                yield "number"
        case ast.Call(arguments=items):
            # An argument that reads as a size may be an index, which is one.
            if any(_mentions(item.value, name) for item in items if _is_size(item.value)):
                yield "size"
        case ast.Binary(op="==" | "!=" | "<" | "<=" | ">" | ">=" | "//" | "%"):
            if _mentions(node.left, name) or _mentions(node.right, name):
                yield "size"
    for child in children(node):
        yield from _uses(checker, module, name, child)


def _argument_uses(
    checker: "Checker", module: str, name: str, head: ast.Expr, arguments: tuple[ast.Argument, ...]
) -> Iterator[str]:
    kinds = checker.parameter_kinds(module, head.text) if isinstance(head, ast.Name) else None
    for position, argument in enumerate(arguments):
        if isinstance(argument.value, ast.Name) and argument.value.text == name:
            key: str | int = argument.name if argument.name is not None else position
            yield "size" if kinds is None else kinds.get(key, "size")
        elif _mentions_as_size(argument.value, name):
            key = argument.name if argument.name is not None else position
            kind = "size" if kinds is None else kinds.get(key, "size")
            if kind == "morphism":
                yield from _uses(checker, module, name, argument.value)
            elif kind == "initialiser":
                yield "number"
            else:
                yield kind
        else:
            yield from _uses(checker, module, name, argument.value)


def _is_name(node: object, name: str) -> bool:
    while isinstance(node, ast.Group):
        node = node.inner
    return isinstance(node, ast.Name) and node.text == name


def _is_size(node: object) -> bool:
    """Whether an expression is made of names and whole numbers alone."""
    match node:
        case ast.Group(inner=inner):
            return _is_size(inner)
        case ast.Binary(left=left, right=right):
            return _is_size(left) and _is_size(right)
        case ast.Number():
            return node.is_integer
        case _:
            return isinstance(node, ast.Name)


def _mentions(node: object, name: str) -> bool:
    return any(found == name for found, _, _ in size_names(node))


def _mentions_as_size(node: object, name: str) -> bool:
    return _mentions(node, name)
