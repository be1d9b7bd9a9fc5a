"""What went wrong, as data, and how it is shown."""

from catnn.errors.diagnostic import CatError, Diagnostic, InternalError, Label, Severity
from catnn.errors.inputs import IndexRangeError, ShapeError

__all__ = [
    "CatError",
    "Diagnostic",
    "IndexRangeError",
    "InternalError",
    "Label",
    "Severity",
    "ShapeError",
]
