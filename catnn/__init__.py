"""catnn: neural architectures as composed parametric morphisms, lowered to plain PyTorch.

    import catnn

    program = catnn.load("gpt2.cat")
    model = program["gpt2"].bind(layers=2, d=64, h=4)
    module = model.torch()

`import catnn` alone imports neither torch nor sympy, and no compiler stage:
each name below is fetched when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catnn.api import Model, Program, compile, load, loads
    from catnn.errors.diagnostic import CatError, Diagnostic
    from catnn.errors.inputs import IndexRangeError, ShapeError

__all__ = [
    "CatError",
    "Diagnostic",
    "IndexRangeError",
    "Model",
    "Program",
    "ShapeError",
    "compile",
    "load",
    "loads",
]

__version__ = "0.1.0"

_HOMES = {
    "CatError": "catnn.errors.diagnostic",
    "Diagnostic": "catnn.errors.diagnostic",
    "IndexRangeError": "catnn.errors.inputs",
    "Model": "catnn.api",
    "Program": "catnn.api",
    "ShapeError": "catnn.errors.inputs",
    "compile": "catnn.api",
    "load": "catnn.api",
    "loads": "catnn.api",
}


def __getattr__(name: str) -> object:
    """Fetch a public name from its module (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'catnn' has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
