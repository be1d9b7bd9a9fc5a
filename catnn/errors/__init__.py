"""What went wrong, as data, and how it is shown."""

from catnn.errors.diagnostic import CatError, Diagnostic, InternalError, Label, Severity

__all__ = ["CatError", "Diagnostic", "InternalError", "Label", "Severity"]
