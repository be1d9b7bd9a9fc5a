"""Two modules with one set of parameters."""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from catnn.errors import CatError, Diagnostic
from catnn.source import NOWHERE

SHOWN = 8
"""How many names of a kind a message lists."""


class Pair(nn.Module):
    """What two modules make of the same inputs."""

    def __init__(self, one: nn.Module, other: nn.Module) -> None:
        super().__init__()
        self.one, self.other = one, other

    def forward(self, *inputs: object) -> tuple[object, object]:
        return self.one(*inputs), self.other(*inputs)

    def named_parameters(self, *arguments: object, **options: object):  # type: ignore[no-untyped-def]
        """Those of both, each once, by the names in the first."""
        return self.one.named_parameters(*arguments, **options)  # type: ignore[arg-type]


def tied(modules: Sequence[nn.Module], models: tuple[str, str], names: Mapping[str, str]) -> Pair:
    """Give the second module the leaves of the first, `names` saying which goes where.

    `CatError` (E0606) if leaves are left over, or differ in shape.
    """
    one, other = modules
    leaves = dict(one.named_parameters(remove_duplicate=False)) | dict(one.named_buffers())
    due = dict(other.named_parameters(remove_duplicate=False)) | dict(other.named_buffers())
    given = {names.get(name, name): (name, leaf) for name, leaf in leaves.items()}
    _refuse(models, given, due, [name for name in names if name not in leaves])
    for name, (_, leaf) in given.items():
        path, _, last = name.rpartition(".")
        holder = other.get_submodule(path)
        if isinstance(leaf, nn.Parameter):
            holder.register_parameter(last, leaf)
        else:
            holder.register_buffer(last, leaf)
    return Pair(one, other)


def _refuse(
    models: tuple[str, str],
    given: Mapping[str, tuple[str, Tensor]],
    due: Mapping[str, Tensor],
    unknown: Sequence[str],
) -> None:
    notes = [
        *_listed(f"`{models[0]}` has none of the mapped", unknown),
        *_listed(f"only `{models[0]}` has", [n for key, (n, _) in given.items() if key not in due]),
        *_listed(f"only `{models[1]}` has", [key for key in due if key not in given]),
        *_listed(
            "of different shapes are",
            [
                f"{name} {list(leaf.shape)} and {key} {list(due[key].shape)}"
                for key, (name, leaf) in given.items()
                if key in due and leaf.shape != due[key].shape
            ],
        ),
    ]
    if notes:
        raise CatError(
            [
                Diagnostic(
                    "E0606",
                    f"the parameters of `{models[0]}` and `{models[1]}` do not correspond",
                    NOWHERE,
                    notes=notes,
                    help=("name factors alike (`linear[4] as head`), or pair names: `--map FILE`",),
                )
            ]
        )


def _listed(what: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return [f"{what} {', '.join(names[:SHOWN])}{more}"]


__all__ = ["tied"]
