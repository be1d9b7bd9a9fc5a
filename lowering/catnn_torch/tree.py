"""The tree of a class's parameters: plain parts, lists of parts, lists of repeated blocks."""

from typing import TypeAlias

from attrs import define, field

from catnn.errors import InternalError
from catnn.ir.terms import Leaf, Segment
from catnn.types.dims import Symbol
from catnn.types.types import Bool, Index, Int, Tensor
from catnn_torch.initialise import initialise
from catnn_torch.naming import Wish
from catnn_torch.paths import assignment, attribute
from catnn_torch.writer import Writer

Leaves: TypeAlias = list[tuple[tuple[Segment, ...], Leaf]]
"""Leaves with their paths below one class."""


@define(eq=False)
class Part:
    """What stands under one name: leaves, further parts, or the blocks of a loop."""

    children: dict[str, "Part"] = field(factory=dict)
    leaves: dict[str, Leaf] = field(factory=dict)
    loop: Symbol | None = None
    block_leaves: Leaves = field(factory=list)


def tree_of(leaves: Leaves) -> Part:
    """The tree of leaves at their paths below one class."""
    root = Part()
    for path, leaf in leaves:
        part = root
        for k, step in enumerate(path[:-1]):
            if isinstance(step, Symbol):
                part.loop = step
                part.block_leaves.append((path[k + 1 :], leaf))
                break
            part = part.children.setdefault(step, Part())
        else:
            name = path[-1]
            if isinstance(name, Symbol):
                raise InternalError("a leaf without a name")
            part.leaves[name] = leaf
    return root


def creation(
    writer: Writer,
    part: Part,
    base: str,
    path: tuple[str, ...],
    blocks: dict[tuple[str, ...], tuple[str, str]],
) -> None:
    """Lines of `__init__` that make the leaves and parts below `base`."""
    for name, leaf in part.leaves.items():
        writer.line(declared(writer, base, name, leaf))
    for name, child in part.children.items():
        here = (*path, name)
        if here in blocks:
            cls, count = blocks[here]
            writer.line(assignment(base, name, f"nn.ModuleList({cls}() for _ in range({count}))"))
            continue
        if child.children and all(key.isdigit() for key in child.children) and not child.leaves:
            size = 1 + max(map(int, child.children))
            writer.line(assignment(base, name, f"nn.ModuleList(Part() for _ in range({size}))"))
        elif not name.isdigit():
            writer.line(assignment(base, name, "Part()"))
        creation(writer, child, attribute(base, (name,)), here, blocks)


def declared(writer: Writer, base: str, name: str, leaf: Leaf) -> str:
    assert isinstance(leaf.type, Tensor)
    shape = writer.shape(leaf.type.shape)
    match leaf.type.element:
        case Int() | Index():
            empty = f"torch.zeros({shape or '()'}, dtype=torch.int64)"
        case Bool():
            empty = f"torch.zeros({shape or '()'}, dtype=torch.bool)"
        case _:
            empty = f"torch.empty({shape or '()'})"
    if leaf.kind == "param":
        return assignment(base, name, f"nn.Parameter({empty})")
    return f'{base}.register_buffer("{name}", {empty})'


def resetting(
    writer: Writer,
    part: Part,
    base: str,
    path: tuple[str, ...],
    blocks: dict[tuple[str, ...], tuple[str, str]],
) -> None:
    """Lines of `reset_parameters`, in the order of declaration."""
    for name, leaf in part.leaves.items():
        initialise(writer, leaf, attribute(base, (name,)))
    for name, child in part.children.items():
        here = (*path, name)
        if here in blocks:
            block = writer.local(Wish("block"))
            writer.line(f"for {block} in {attribute(base, (name,))}:")
            writer.indent += 1
            writer.line(f"{block}.reset_parameters()")
            writer.indent -= 1
            continue
        resetting(writer, child, attribute(base, (name,)), here, blocks)
