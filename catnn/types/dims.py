"""Symbolic sizes: symbols, their arithmetic, and what else a size may say.

`Dim` is a size in normal form; this module is the whole public surface of
sizes without facts. `facts` reasons about them, `solve` finds unknown ones.

>>> h, d = Dim.of(fresh("h")), Dim.of(fresh("d"))
>>> h * (d / h) == d
True
>>> str((h + 2 - 3) // 2 + 1)
'(h + 1) // 2'
"""

from catnn.types.atoms import Env, Symbol, SymbolKind, fresh
from catnn.types.dim_core import Dim, Sizelike
from catnn.types.dim_forms import (
    ceil,
    choose,
    conditional,
    family,
    floor,
    literal_list,
    maximum,
    minimum,
    power,
    total,
)
from catnn.types.dim_limits import SizeError, SizeLimit
from catnn.types.dim_replace import substitute_families

__all__ = [
    "Dim",
    "Env",
    "SizeError",
    "SizeLimit",
    "Sizelike",
    "Symbol",
    "SymbolKind",
    "ceil",
    "choose",
    "conditional",
    "family",
    "floor",
    "fresh",
    "literal_list",
    "maximum",
    "minimum",
    "power",
    "substitute_families",
    "total",
]
