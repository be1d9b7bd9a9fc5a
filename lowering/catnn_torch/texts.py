"""What stands in emitted files as it is here: errors, helpers, the class of named parts."""

from catnn_torch import entry, recurrent
from catnn_torch.ops.normal import HELPER as BATCH_NORM
from catnn_torch.ops.pointwise import GELU

HELPERS = {
    "batch_norm": BATCH_NORM,
    "check_range": entry.CHECK_RANGE,
    "fields": entry.FIELDS,
    "gelu_tanh": GELU,
    "misfit": entry.MISFIT,
    "over_leads": entry.OVER_LEADS,
    "ranks": entry.RANKS,
    **recurrent.HELPERS,
}

ERRORS = '''\
class ShapeError(ValueError):
    """An input of the wrong rank, size or kind."""


class IndexRangeError(IndexError):
    """An index outside its set."""'''

SEEDED = '''\
    def reset_parameters(self, seed=None):
        """Draw every parameter anew; the same seed draws the same, and leaves other draws alone."""
        if seed is not None:
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                return self.reset_parameters()'''.splitlines()

UNSEEDED = '''\
    def reset_parameters(self):
        """Draw every parameter anew."""'''.splitlines()

PART = '''\
class Part(nn.Module):
    """Parameters under one name."""'''
