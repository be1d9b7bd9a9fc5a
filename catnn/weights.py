"""Load a state dict into a module strictly: every entry fits, none is left over."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from catnn.elaborate.names import nearest
from catnn.errors.diagnostic import CatError, Diagnostic
from catnn.source import NOWHERE

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

SHOWN = 8
"""How many entries of a kind a message names."""


def load_strictly(module: "Module", weights: "Mapping[str, Tensor]", model: str) -> None:
    """Copy `weights` into the parameters and buffers of `module`.

    `CatError` (E0591) names every entry that is missing, unexpected, or of
    another shape or kind of number; then nothing is loaded.
    """
    own = module.state_dict()
    missing = [name for name in own if name not in weights]
    unexpected = [name for name in weights if name not in own]
    misfits = [
        (n, own[n], weights[n]) for n in own if n in weights and not _fits(own[n], weights[n])
    ]
    if missing or unexpected or misfits:
        notes = [
            *_listed("missing", [f"`{n}` {_describe(own[n])}" for n in missing]),
            *_listed("unexpected", _with_hints(unexpected, missing)),
            *_listed(
                "misfit", [f"`{n}` is {_describe(w)}, due is {_describe(o)}" for n, o, w in misfits]
            ),
        ]
        counts = [
            (len(missing), "missing"),
            (len(unexpected), "unexpected"),
            (len(misfits), "of another shape or type"),
        ]
        summary = ", ".join(f"{count} {what}" for count, what in counts if count)
        raise CatError(
            [
                Diagnostic(
                    "E0591",
                    f"the weights do not fit `{model}`: {summary}",
                    NOWHERE,
                    notes=notes,
                    help=[f"names and shapes are those of `state_dict()` of a fresh `{model}`"],
                )
            ]
        )
    module.load_state_dict(weights)


def _fits(own: "Tensor", given: "Tensor") -> bool:
    """Same shape, and the same kind of number; precision may differ."""
    return (
        tuple(own.shape) == tuple(given.shape)
        and own.dtype.is_floating_point == given.dtype.is_floating_point
        and own.dtype.is_complex == given.dtype.is_complex
    )


def _describe(tensor: "Tensor") -> str:
    kind = str(tensor.dtype).removeprefix("torch.")
    return f"{kind}[{', '.join(map(str, tensor.shape))}]"


def _with_hints(unexpected: Sequence[str], missing: Sequence[str]) -> list[str]:
    hints = ((name, nearest(name, missing)) for name in unexpected)
    return [f"`{name}`" + (f" (for `{near}`?)" if near else "") for name, near in hints]


def _listed(kind: str, entries: Sequence[str]) -> Iterator[str]:
    for entry in entries[:SHOWN]:
        yield f"{kind}: {entry}"
    if len(entries) > SHOWN:
        yield f"{kind}: and {len(entries) - SHOWN} more"
