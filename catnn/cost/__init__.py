"""What a program costs, as formulas in its sizes: parameters, FLOPs, activation bytes."""

from catnn.cost.count import cost
from catnn.cost.counts import COLUMNS, Column, Cost, Counts

__all__ = ["COLUMNS", "Column", "Cost", "Counts", "cost"]
