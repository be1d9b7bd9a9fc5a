"""`__init__` and `reset_parameters` of a class that holds leaves and blocks."""

from collections.abc import Mapping

from catnn.ir.show import dotted
from catnn.types.dims import Symbol
from catnn_torch.blocks import Block
from catnn_torch.file import File
from catnn_torch.function import Names, SizeNames
from catnn_torch.texts import SEEDED, UNSEEDED
from catnn_torch.tree import Leaves, creation, resetting, tree_of


def state_lines(
    file: File, known: Mapping[str, Block], leaves: Leaves, is_model: bool = False
) -> list[str]:
    """`__init__` and `reset_parameters` of a class that holds these leaves; the model draws all."""
    tree = tree_of(leaves)
    blocks = {path: (b.cls, b.count) for path, b in block_paths(known, leaves).items()}
    writer = file.writer(Names(), SizeNames({}), lambda leaf: "?")
    writer.indent = 2
    creation(writer, tree, "self", (), blocks)
    lines = ["    def __init__(self):", "        super().__init__()", *writer.finish()]
    lines += ["        self.reset_parameters()"] if is_model else []
    lines += ["", "    @torch.no_grad()"]
    lines += SEEDED if is_model else UNSEEDED
    writer.lines = []
    writer.real_source, writer.device_source = "torch.get_default_dtype()", '"cpu"'
    resetting(writer, tree, "self", (), blocks)
    return lines + writer.finish()


def block_paths(known: Mapping[str, Block], leaves: Leaves) -> dict[tuple[str, ...], Block]:
    """The blocks directly below a class, by their path below it."""
    found: dict[tuple[str, ...], Block] = {}
    for path, leaf in leaves:
        full = leaf.path
        for k, step in enumerate(path):
            if isinstance(step, Symbol):
                prefix = full[: len(full) - len(path) + k]
                block = known[dotted(prefix)]
                found[tuple(str(s) for s in path[:k])] = block
                break
    return found


__all__ = ["state_lines"]
