"""Attention through `F.scaled_dot_product_attention`, on four axes wherever that is possible."""

from collections.abc import Sequence

from catnn.ir.terms import Apply
from catnn.types.dims import Dim
from catnn_torch.ops.table import Emitter, aligned, expanded
from catnn_torch.writer import Writer


def attention(writer: Writer, term: Apply) -> str:
    """Leads become (batch, heads); keys that lack the last lead axes are shared by a group of heads."""
    options = ", is_causal=True" if dict(term.attrs).get("causal") else ""
    if len(term.arguments) == 4:
        options = f", attn_mask={_mask(writer, term)}"
    if writer.optimise and _grouped(term):
        q = _four(writer, writer.value(term.arguments[0]), term.lead)
        k, v = (_four(writer, writer.value(a), term.lead[:-1]) for a in term.arguments[1:3])
        text = f"F.scaled_dot_product_attention({q}, {k}, {v}{options}, enable_gqa=True)"
    else:
        q, k, v = (_four(writer, expanded(writer, term, n), term.lead) for n in range(3))
        text = f"F.scaled_dot_product_attention({q}, {k}, {v}{options})"
    return _back(writer, text, term.lead)


def _grouped(term: Apply) -> bool:
    """Queries have one lead axis more than keys and values: (.., groups, heads in a group)."""
    rank = len(term.lead)
    full, shared = tuple(range(rank)), tuple(range(rank - 1))
    return rank == 3 and len(term.arguments) == 3 and term.carries == (full, shared, shared)


def _four(writer: Writer, text: str, lead: Sequence[Dim]) -> str:
    match len(lead):
        case 0:
            return f"{text}[None, None]"
        case 1:
            return f"{text}.unsqueeze(1)"
        case 2:
            return text
        case 3:
            return f"{text}.flatten(1, 2)"
        case count:
            return f"{text}.flatten(0, {count - 2})"


def _back(writer: Writer, text: str, lead: Sequence[Dim]) -> str:
    match len(lead):
        case 0:
            return f"{text}[0, 0]"
        case 1:
            return f"{text}.squeeze(1)"
        case 2:
            return text
        case 3:
            return f"{text}.unflatten(1, ({writer.shape(lead[1:])}))"
        case _:
            return f"{text}.unflatten(0, ({writer.shape(lead[:-1])}))"


def _mask(writer: Writer, term: Apply) -> str:
    """A mask broadcasts over the leads that it lacks."""
    if not term.carries[3]:
        return writer.value(term.arguments[3])
    if len(term.lead) <= 2:
        return _four(writer, aligned(writer, term, 3, 2), term.lead)
    return _four(writer, expanded(writer, term, 3), term.lead)


ATTENTION: dict[str, Emitter] = {
    "scaled_dot_product_attention": attention,
    "masked_attention": attention,
    "biased_attention": attention,
}
