"""How leaves begin: `torch.nn.init` where it has the initialiser, a computed value otherwise."""

import math
from collections.abc import Callable

from catnn.ir.terms import Apply, Constant, Leaf, Size
from catnn.types.types import Tensor
from catnn_torch.naming import Wish
from catnn_torch.writer import Writer, dims


def _number(term: Apply, name: str) -> str:
    value = term.attr(name)
    return repr(float(value)) if isinstance(value, int | float) else str(value)


def _truncated(term: Apply, target: str) -> str:
    std = term.attr("std")
    assert isinstance(std, int | float)
    return f"nn.init.trunc_normal_({target}, std={float(std)}, a={-2.0 * std}, b={2.0 * std})"


def _bias(term: Apply, target: str) -> str:
    fan = term.attr("fan_in")
    assert isinstance(fan, int | float)
    bound = f"1 / math.sqrt({int(fan)})"
    return f"nn.init.uniform_({target}, -{bound}, {bound})"


INITIALISERS: dict[str, Callable[[Apply, str], str]] = {
    "zeros": lambda term, target: f"nn.init.zeros_({target})",
    "ones": lambda term, target: f"nn.init.ones_({target})",
    "eye": lambda term, target: f"nn.init.eye_({target})",
    "constant": lambda term, target: f"nn.init.constant_({target}, {_number(term, 'value')})",
    "normal": lambda term, target: (
        f"nn.init.normal_({target}, {_number(term, 'mean')}, {_number(term, 'std')})"
    ),
    "uniform": lambda term, target: (
        f"nn.init.uniform_({target}, {_number(term, 'low')}, {_number(term, 'high')})"
    ),
    "truncated_normal": _truncated,
    "kaiming": lambda term, target: f"nn.init.kaiming_uniform_({target}, a=math.sqrt(5))",
    "kaiming_normal": lambda term, target: f'nn.init.kaiming_normal_({target}, mode="fan_out")',
    "xavier": lambda term, target: f"nn.init.xavier_uniform_({target})",
    "glorot": lambda term, target: f"nn.init.xavier_uniform_({target})",
    "orthogonal": lambda term, target: f"nn.init.orthogonal_({target})",
    "bias_like": _bias,
}

FANS = {"kaiming", "kaiming_normal", "xavier", "glorot", "orthogonal"}
VECTOR_BOUNDS = {"kaiming": 1.0, "xavier": 3.0, "glorot": 3.0}
"""For a leaf of fewer than two axes: uniform on +-sqrt(bound / size), its size being both fans."""


def initialise(writer: Writer, leaf: Leaf, target: str) -> None:
    """Write the lines that give a leaf its first value."""
    init = leaf.init
    copies = leaf.stacked
    if copies:
        whole = f"{target}.flatten(0, {copies - 1})" if copies > 1 else target
        name = writer.local(Wish("copy"))
        writer.line(f"for {name} in {whole}.unbind(0):")
        writer.indent += 1
        _one(writer, leaf, init, name)
        writer.indent -= 1
        return
    _one(writer, leaf, init, target)


def _one(writer: Writer, leaf: Leaf, init: object, target: str) -> None:
    match init:
        case Apply(op=op) if op in INITIALISERS:
            rank = len(dims(leaf)) - leaf.stacked
            if op in FANS and rank < 2:
                _vector(writer, leaf, op, target)
            else:
                writer.line(INITIALISERS[op](init, target))
        case Constant(value=value):
            writer.line(f"nn.init.constant_({target}, {float(value)})")
        case Apply() | Size() as term:
            assert isinstance(term.type, Tensor)
            writer.line(f"{target}.copy_({writer.value(term)})")
        case _:
            raise TypeError(init)


def _vector(writer: Writer, leaf: Leaf, op: str, target: str) -> None:
    """Fans of a vector are its length."""
    own = dims(leaf)[leaf.stacked :]
    size = (own[0].as_int() if own else 1) or 1
    if op == "kaiming_normal":
        writer.line(f"nn.init.normal_({target}, 0.0, {math.sqrt(2 / size)!r})")
    elif op == "orthogonal":
        writer.line(f"{target}.copy_(F.normalize(torch.randn_like({target}), dim=0))")
    else:
        bound = math.sqrt(VECTOR_BOUNDS[op] / size)
        writer.line(f"nn.init.uniform_({target}, {-bound!r}, {bound!r})")
