"""How leaves begin: `torch.nn.init` where it has the initialiser, a computed value otherwise."""

import math
from collections.abc import Callable, Iterator

from catnn.ir.terms import Apply, Constant, Leaf, Size, Term
from catnn.ir.walk import operands
from catnn.types.dims import Dim
from catnn.types.types import Tensor
from catnn_torch.naming import Wish
from catnn_torch.ops import EMITTERS
from catnn_torch.writer import Writer, dims


def _number(term: Apply, name: str) -> str:
    value = term.attr(name)
    return repr(float(value)) if isinstance(value, int | float) else str(value)


def _truncated(term: Apply, target: str) -> str:
    std = term.attr("std")
    assert isinstance(std, int | float)
    return f"nn.init.trunc_normal_({target}, std={float(std)}, a={-2.0 * std}, b={2.0 * std})"


def _lecun(term: Apply, target: str) -> str:
    """The deviation before the cut: what is left has variance 1 / fan_in."""
    assert isinstance(term.type, Tensor)
    shape = [dim.as_int() or 1 for dim in term.type.shape if isinstance(dim, Dim)]
    std = math.prod(shape[1:] or shape) ** -0.5 / CUT
    return f"nn.init.trunc_normal_({target}, std={std}, a={-2 * std}, b={2 * std})"


def _bias(term: Apply, target: str) -> str:
    fan = term.attr("fan_in")
    assert isinstance(fan, int | float)
    bound = f"1 / math.sqrt({int(fan)})"
    return f"nn.init.uniform_({target}, -{bound}, {bound})"


CUT = 0.87962566103423978
"""The deviation of a standard normal distribution that is cut at -2 and 2."""

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
    "lecun_normal": _lecun,
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
        _one(writer, init, name)
        writer.indent -= 1
        return
    _one(writer, init, target)


def _drawn(term: Term) -> Iterator[Apply]:
    """The initialisers in a first value that is computed: each is drawn before it."""
    for part in operands(term):
        if isinstance(part, Apply) and part.op in INITIALISERS.keys() - EMITTERS.keys():
            yield part
        else:
            yield from _drawn(part)


def _one(writer: Writer, init: object, target: str) -> None:
    match init:
        case Apply(op=op) if op in INITIALISERS:
            if op in FANS and len(dims(init)) < 2:
                _vector(writer, init, op, target)
            else:
                writer.line(INITIALISERS[op](init, target))
        case Constant(value=value):
            writer.line(f"nn.init.constant_({target}, {float(value)})")
        case Apply() | Size() as term:
            assert isinstance(term.type, Tensor)
            for part in _drawn(term):
                name = writer.local(Wish(part.op))
                writer.line(f"{name} = {target}.new_empty(({writer.shape(dims(part))},))")
                _one(writer, part, name)
                writer.values[part] = name
            writer.line(f"{target}.copy_({writer.value(term)})")
        case _:
            raise TypeError(init)


def _vector(writer: Writer, init: Apply, op: str, target: str) -> None:
    """Fans of a vector are its length."""
    own = dims(init)
    size = (own[0].as_int() if own else 1) or 1
    if op == "kaiming_normal":
        writer.line(f"nn.init.normal_({target}, 0.0, {math.sqrt(2 / size)!r})")
    elif op == "orthogonal":
        writer.line(f"{target}.copy_(F.normalize(torch.randn_like({target}), dim=0))")
    else:
        bound = math.sqrt(VECTOR_BOUNDS[op] / size)
        writer.line(f"nn.init.uniform_({target}, {-bound!r}, {bound!r})")
