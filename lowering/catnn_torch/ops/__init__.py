"""How each primitive is written in PyTorch: one function a primitive, in tables by topic."""

from catnn_torch.ops.attention import ATTENTION
from catnn_torch.ops.constants import CONSTANTS
from catnn_torch.ops.contraction import CONTRACTION
from catnn_torch.ops.fourier import FOURIER
from catnn_torch.ops.normal import NORMS
from catnn_torch.ops.pointwise import POINTWISE
from catnn_torch.ops.precision import PRECISION
from catnn_torch.ops.push import PUSH
from catnn_torch.ops.reductions import REDUCTIONS
from catnn_torch.ops.spatial import SPATIAL
from catnn_torch.ops.structure import STRUCTURE
from catnn_torch.ops.table import Emitter
from catnn_torch.ops.transposed import TRANSPOSED

EMITTERS: dict[str, Emitter] = {
    **POINTWISE,
    **STRUCTURE,
    **CONTRACTION,
    **REDUCTIONS,
    **NORMS,
    **SPATIAL,
    **FOURIER,
    **ATTENTION,
    **CONSTANTS,
    **PRECISION,
    **PUSH,
    **TRANSPOSED,
}

__all__ = ["EMITTERS"]
