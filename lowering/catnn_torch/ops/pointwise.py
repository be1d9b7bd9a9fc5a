"""Pointwise primitives and operators: broadcasting over what `carries` says."""

from catnn.cost.operations import ADJOINT_AXES, SPATIAL_AXES
from catnn.ir.terms import Apply, Project, Term
from catnn.types.dims import Dim
from catnn.types.types import Index, Int, Real
from catnn_torch.ops.contraction import biased_linear
from catnn_torch.ops.table import Emitter, aligned, expanded
from catnn_torch.writer import Writer, power, tensor

INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "mod": "%", "floordiv": "//",
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
    "logical_and": "&", "logical_or": "|",
}  # fmt: skip
FUNCTIONS = {
    "relu6": "F.relu6({0})",
    "gelu": "F.gelu({0})",
    "silu": "F.silu({0})",
    "sigmoid": "torch.sigmoid({0})",
    "tanh": "torch.tanh({0})",
    "exp": "torch.exp({0})",
    "log": "torch.log({0})",
    "sqrt": "torch.sqrt({0})",
    "rsqrt": "torch.rsqrt({0})",
    "abs": "torch.abs({0})",
    "sign": "torch.sign({0})",
    "sin": "torch.sin({0})",
    "cos": "torch.cos({0})",
    "erf": "torch.erf({0})",
    "floor": "torch.floor({0})",
    "round": "torch.round({0})",
    "log_sigmoid": "F.logsigmoid({0})",
    "mish": "F.mish({0})",
    "hardswish": "F.hardswish({0})",
    "hardsigmoid": "F.hardsigmoid({0})",
    "selu": "F.selu({0})",
    "neg": "-{0}",
    "square": "torch.square({0})",
    "stop": "{0}.detach()",
    "logical_not": "~{0}",
}


def _operand(writer: Writer, term: Apply, position: int, real: bool) -> tuple[str, bool]:
    """An argument, aligned and of the real type if need be; whether it is a Python scalar."""
    argument = term.arguments[position]
    scalar = writer.scalar(argument)
    if scalar is not None:
        return (f"({scalar})" if " " in scalar and not scalar.startswith("(") else scalar), True
    text = aligned(writer, term, position)
    if real and isinstance(tensor(argument).element, Int | Index):
        text = f"{text}.to({writer.dtype()})"
    return text, False


def _is_real(term: Term) -> bool:
    return isinstance(tensor(term).element, Real)


def _infix(writer: Writer, term: Apply) -> str:
    if term.op == "add":
        fused = biased_linear(writer, term)
        if fused is not None:
            return fused
    real = _is_real(term) or any(_is_real(argument) for argument in term.arguments)
    (left, _), (right, _) = (_operand(writer, term, k, real) for k in range(2))
    if term.op == "pow":
        return power(left, right)
    if term.op == "floordiv" and real:  # `//` on tensors has no derivative
        return f"torch.floor({left} / {right})"
    return f"{left} {INFIX[term.op]} {right}"


FRESH = {
    "add", "sub", "mul", "batch_norm", "layer_norm", "group_norm",
    *SPATIAL_AXES, *ADJOINT_AXES,
}  # fmt: skip
"""What makes a new tensor that its backward pass does not need."""


def _relu(writer: Writer, term: Apply) -> str:
    """In place where the argument is a new tensor that nothing else reads."""
    (argument,) = term.arguments
    if writer.scalar(argument) is not None:
        return f"F.relu({_tensor(writer, term, 0)})"
    made = argument.tuple if isinstance(argument, Project) else argument
    is_free = (
        writer.optimise
        and isinstance(made, Apply)
        and made.op in FRESH
        and argument not in writer.values
        and made not in writer.values
        and writer.uses.get(argument, 0) == 1
    )
    text = writer.value(argument)
    return f"F.relu({text}, inplace=True)" if is_free else f"F.relu({text})"


def _function(writer: Writer, term: Apply) -> str:
    count = len(term.arguments)
    texts = [_tensor(writer, term, k) for k in range(count)]
    return FUNCTIONS[term.op].format(*texts)


def _tensor(writer: Writer, term: Apply, position: int) -> str:
    """An argument of a function of torch, which takes no Python numbers."""
    text, is_scalar = _operand(writer, term, position, _is_real(term))
    if not is_scalar:
        return text
    return f"torch.tensor({text}, dtype={writer.dtype()}, device={writer.device()})"


def _clamp(writer: Writer, term: Apply) -> str:
    """`min(x, c)` and `max(x, c)` with a number."""
    operands = [_operand(writer, term, k, _is_real(term)) for k in range(2)]
    (left, left_scalar), (right, right_scalar) = operands
    if not left_scalar and not right_scalar:
        return f"torch.{term.op}({left}, {right})"
    value, bound = (right, left) if left_scalar else (left, right)
    return f"{value}.clamp({'max' if term.op == 'minimum' else 'min'}={bound})"


def _select(writer: Writer, term: Apply) -> str:
    texts = [_operand(writer, term, k, k > 0 and _is_real(term))[0] for k in range(3)]
    return f"torch.where({', '.join(texts)})"


def _number(value: object) -> str:
    return repr(float(value)) if isinstance(value, int | float) else str(value)


def _with(function: str, **defaults: float) -> Emitter:
    """A function of torch with numbers in its order; those at its own defaults are left out."""

    def emit(writer: Writer, term: Apply) -> str:
        attrs = dict(term.attrs)
        numbers = [(_number(attrs.get(name, due)), due) for name, due in defaults.items()]
        while numbers and numbers[-1][1] is not None and numbers[-1][0] == repr(numbers[-1][1]):
            numbers.pop()
        return f"{function}({', '.join([_tensor(writer, term, 0), *(n for n, _ in numbers)])})"

    return emit


def _dropout(writer: Writer, term: Apply) -> str:
    text = expanded(writer, term, 0)
    if writer.training == "False":
        return text
    return f"F.dropout({text}, {_number(term.attr('p'))}, {writer.training})"


def _real(writer: Writer, term: Apply) -> str:
    return f"{writer.value(term.arguments[0])}.to({writer.dtype()})"


def _index(writer: Writer, term: Apply) -> str:
    size = term.attr("n")
    last = writer.size(size - 1) if isinstance(size, Dim) else str(int(str(size)) - 1)
    return f"{writer.value(term.arguments[0])}.clamp(0, {last})"


def _widened(writer: Writer, term: Apply) -> str:
    text = writer.value(term.arguments[0])
    return f"{text}.to(torch.promote_types({text}.dtype, torch.float32))"


def _complex(writer: Writer, term: Apply) -> str:
    return f"torch.complex({writer.value(term.arguments[0])}, torch.zeros_like({writer.value(term.arguments[0])}))"


GELU = '''\
def gelu_tanh(x):
    """x (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3); x sigmoid(2 u) has one exponential less."""
    if torch.compiler.is_compiling():
        return x * torch.sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))
    return F.gelu(x, approximate="tanh")
'''


def _gelu_tanh(writer: Writer, term: Apply) -> str:
    """By a helper, for the compiler takes the formula as it is written."""
    if not writer.optimise:
        return f'F.gelu({expanded(writer, term, 0)}, approximate="tanh")'
    writer.helpers.add("gelu_tanh")
    return f"gelu_tanh({expanded(writer, term, 0)})"


POINTWISE: dict[str, Emitter] = {
    "gelu_tanh": _gelu_tanh,
    **dict.fromkeys(INFIX, _infix),
    **dict.fromkeys(FUNCTIONS, _function),
    "relu": _relu,
    "minimum": _clamp,
    "maximum": _clamp,
    "select": _select,
    "leaky_relu": _with("F.leaky_relu", slope=0.01),
    "elu": _with("F.elu", alpha=1.0),
    "celu": _with("F.celu", alpha=1.0),
    "softplus": _with("F.softplus", beta=1.0, threshold=20.0),
    "hardtanh": _with("F.hardtanh", low=-1.0, high=1.0),
    "hardshrink": _with("F.hardshrink", width=0.5),
    "softshrink": _with("F.softshrink", width=0.5),
    "threshold": _with("F.threshold", at=0.0, value=0.0),
    "dropout": _dropout,
    "real": _real,
    "complex": _complex,
    "index": _index,
    "at_least_float32": _widened,
}
