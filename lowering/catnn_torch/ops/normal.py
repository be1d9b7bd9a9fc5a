"""Normalisations."""

from typing import cast

from catnn.ir.terms import Apply
from catnn_torch.ops.table import (
    Emitter,
    aligned,
    carries_all,
    carries_none,
    flattened,
    own_dims,
    unflattened,
)
from catnn_torch.writer import Writer


def _eps(term: Apply) -> str:
    return repr(float(cast(float, term.attr("eps"))))


def layer_norm(writer: Writer, term: Apply) -> str:
    x, w, b = (writer.value(argument) for argument in term.arguments)
    shape = writer.shape(own_dims(term, 0))
    if carries_none(term, 1) and carries_none(term, 2):
        return f"F.layer_norm({x}, ({shape},), {w}, {b}, {_eps(term)})"
    x, scale, shift = (aligned(writer, term, k, 1) for k in range(3))
    return f"F.layer_norm({x}, ({shape},), eps={_eps(term)}) * {scale} + {shift}"


def standardise(writer: Writer, term: Apply) -> str:
    own = own_dims(term, 0)
    if not own:
        return f"torch.zeros_like({writer.value(term.arguments[0])})"
    return (
        f"F.layer_norm({writer.value(term.arguments[0])}, ({writer.shape(own)},), eps={_eps(term)})"
    )


def rms_norm(writer: Writer, term: Apply) -> str:
    x, w = (writer.value(argument) for argument in term.arguments)
    shape = writer.shape(own_dims(term, 0))
    if carries_none(term, 1):
        return f"F.rms_norm({x}, ({shape},), {w}, {_eps(term)})"
    x, w = (aligned(writer, term, k, 1) for k in range(2))
    return f"F.rms_norm({x}, ({shape},), eps={_eps(term)}) * {w}"


def group_norm(writer: Writer, term: Apply) -> str:
    x, w, b = (writer.value(argument) for argument in term.arguments)
    lead = term.lead
    if not (carries_all(term, 0) and carries_none(term, 1) and carries_none(term, 2)):
        return _copies(
            writer,
            term,
            f"F.group_norm(x.unsqueeze(0), {term.attr('groups')}, w, b, {_eps(term)}).squeeze(0)",
            "x, w, b",
        )
    flat = flattened(writer, x, lead, own_dims(term, 0))
    text = f"F.group_norm({flat}, {term.attr('groups')}, {w}, {b}, {_eps(term)})"
    return unflattened(writer, text, lead)


def _copies(writer: Writer, term: Apply, body: str, names: str) -> str:
    """Parameters with leads of their own: map over the lead."""
    text = f"lambda {names}: {body}"
    for k in reversed(range(len(term.lead))):
        axes = []
        for carried in term.carries:
            axes.append("0" if k in carried else "None")
        text = f"torch.vmap({text}, in_dims=({', '.join(axes)}))"
    values = ", ".join(writer.value(argument) for argument in term.arguments)
    return f"{text}({values})"


def batch_norm(writer: Writer, term: Apply) -> str:
    """`(y, mean, var)`; the running statistics are stored by the caller's stores."""
    writer.helpers.add("batch_norm")
    x, w, b, mean, var = (writer.value(argument) for argument in term.arguments)
    settings = f"{float(cast(float, term.attr('momentum')))!r}, {_eps(term)}"
    if not term.lead:
        return f"batch_norm({x}, {w}, {b}, {mean}, {var}, {writer.training}, {settings})"
    body = f"batch_norm(x, w, b, m, v, {writer.training}, {settings})"
    return _copies(writer, term, body, "x, w, b, m, v")


def fused_batch_norm(writer: Writer, term: Apply) -> str:
    """`F.batch_norm`, which stores the running statistics itself."""
    x, w, b, mean, var = (writer.value(argument) for argument in term.arguments)
    momentum = repr(float(cast(float, term.attr("momentum"))))
    return (
        f"F.batch_norm({x}, {mean}, {var}, {w}, {b}, {writer.training}, {momentum}, {_eps(term)})"
    )


HELPER = '''\
def batch_norm(x, weight, bias, mean, var, training, momentum, eps):
    """Batch normalisation over all axes but the second, and the running statistics after it."""
    if not training:
        return F.batch_norm(x, mean, var, weight, bias, False, momentum, eps), mean, var
    axes = [k for k in range(x.dim()) if k != 1]
    count = x.numel() // x.shape[1]
    new_mean = torch.lerp(mean, x.detach().mean(axes).to(mean.dtype), momentum)
    own_var = x.detach().var(axes, correction=min(1, count - 1))
    new_var = torch.lerp(var, own_var.to(var.dtype), momentum)
    return F.batch_norm(x, None, None, weight, bias, True, momentum, eps), new_mean, new_var
'''

NORMS: dict[str, Emitter] = {
    "layer_norm": layer_norm,
    "standardise": standardise,
    "rms_norm": rms_norm,
    "group_norm": group_norm,
    "batch_norm": batch_norm,
}
