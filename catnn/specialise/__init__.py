"""From a checked definition and its sizes to one program of the IR."""

from catnn.specialise.program import Binding, Opened, opened, specialise, specialise_symbolic

__all__ = ["Binding", "Opened", "opened", "specialise", "specialise_symbolic"]
