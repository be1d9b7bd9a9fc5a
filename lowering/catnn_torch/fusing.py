"""Batch norms that are one call with their stores: `F.batch_norm` keeps its statistics itself."""

from catnn.ir.terms import Apply, Project, Region, Term
from catnn.types.types import Product


def fused_norms(region: Region, uses: dict[Term, int]) -> set[Term]:
    """Batch norms whose new statistics go exactly into the buffers that they read."""
    stored = {(store.buffer, store.value) for store in region.stores}
    found: set[Term] = set()
    for _, value in stored:
        if not (isinstance(value, Project) and isinstance(value.tuple, Apply)):
            continue
        norm = value.tuple
        if norm.op != "batch_norm" or norm.lead or not isinstance(norm.type, Product):
            continue
        items = norm.type.items
        parts = [Project(norm, k, items[k]) for k in (1, 2)]
        pairs = [(norm.arguments[3], parts[0]), (norm.arguments[4], parts[1])]
        if all(pair in stored for pair in pairs) and all(uses.get(part, 0) == 1 for part in parts):
            found.add(norm)
    return {norm for norm in found if _read_by_norms_only(norm, found, uses)}


def _read_by_norms_only(norm: Term, norms: set[Term], uses: dict[Term, int]) -> bool:
    """Whether nothing but these norms sees the running statistics change."""
    assert isinstance(norm, Apply)
    readers = [other for other in norms if isinstance(other, Apply)]
    return all(
        uses.get(buffer, 0) == sum(buffer in other.arguments for other in readers)
        for buffer in norm.arguments[3:]
    )


__all__ = ["fused_norms"]
