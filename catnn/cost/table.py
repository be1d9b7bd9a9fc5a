"""Costs as a table for people: a row for each factor, its formula and its number."""

from collections.abc import Sequence

from catnn.cost.counts import Column, Cost
from catnn.types.dims import Dim

TITLES: dict[Column, str] = {
    "parameters": "parameters",
    "buffers": "buffers",
    "flops": "FLOPs of a forward pass",
    "activation_bytes": "bytes kept by a forward pass in training",
    "parameter_bytes": "bytes of the parameters",
}


def table(formulas: Cost, figures: Cost) -> str:
    """One block for each figure that is not 0.

    `formulas` leaves sizes open, `figures` has those filled in that are known;
    both have the same factors. A figure that still holds sizes is a formula.
    """
    blocks = [
        _block(TITLES[column], _rows(column, formulas, figures))
        for column in TITLES
        if formulas.total[column] != Dim.of(0)
    ]
    return "\n\n".join(blocks)


def _rows(column: Column, formulas: Cost, figures: Cost) -> list[tuple[str, str, str]]:
    """Factor, number and formula; the total last."""
    rows = [
        (name or "(in the model itself)", figures.factors[name][column], counts[column])
        for name, counts in formulas.factors.items()
        if counts[column] != Dim.of(0)
    ]
    if len(rows) != 1:
        rows.append(("total", figures.total[column], formulas.total[column]))
    return [(name, _figure(figure), _formula(figure, formula)) for name, figure, formula in rows]


def _figure(dim: Dim) -> str:
    value = dim.as_int()
    return str(dim) if value is None else f"{value:,}"


def _formula(figure: Dim, formula: Dim) -> str:
    """The formula where it says more than the figure."""
    return "" if formula == figure else str(formula)


def _block(title: str, rows: Sequence[tuple[str, str, str]]) -> str:
    """Columns aligned: names to the left, numbers to the right."""
    names = max(len(name) for name, _, _ in rows)
    numbers = max(len(number) for _, number, _ in rows)
    lines = [f"  {name:<{names}}  {number:>{numbers}}  {formula}" for name, number, formula in rows]
    return "\n".join([title, *(line.rstrip() for line in lines)])
