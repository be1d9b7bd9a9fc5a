"""Changes of precision, which `catnn_torch.precision` puts between primitives."""

from collections.abc import Mapping

from catnn.ir.signatures import Rule, pointwise
from catnn.ir.terms import Apply
from catnn.types.types import REAL, Index, Int, Real
from catnn_torch.ops.table import Emitter
from catnn_torch.writer import Writer, dims

EXACTLY, NARROW = "exactly", "narrow"


def _exactly(writer: Writer, term: Apply) -> str:
    """Integers as reals of at least 32 bits."""
    (argument,) = term.arguments
    dtype = writer.exact_dtype()
    is_own = argument not in writer.values and writer.uses.get(argument, 0) == 1
    if isinstance(argument, Apply) and argument.op == "arange" and is_own:
        size = writer.size(dims(argument)[0])
        return f"torch.arange({size}, dtype={dtype}, device={writer.device()})"
    return f"{writer.value(argument)}.to({dtype})"


def _narrow(writer: Writer, term: Apply) -> str:
    """Reals in the precision of the module."""
    return f"{writer.value(term.arguments[0])}.to({writer.dtype()})"


PRECISION: dict[str, Emitter] = {EXACTLY: _exactly, NARROW: _narrow}
PRECISION_RULES: Mapping[str, Rule] = {
    EXACTLY: pointwise(lambda elements: REAL, (Int, Index)),
    NARROW: pointwise(lambda elements: REAL, (Real,)),
}
