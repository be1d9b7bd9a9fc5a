"""One function under construction: its lines, the names of its values, its sizes."""

from collections.abc import Callable, Mapping, Sequence
from keyword import iskeyword

from attrs import define, field

from catnn.errors import InternalError
from catnn.ir.terms import Apply, Constant, Leaf, Size, Term
from catnn.types.dims import Dim, Symbol
from catnn.types.types import (
    REAL,
    Bool,
    Complex,
    Index,
    Int,
    Real,
    Tensor,
)
from catnn_torch.sizes import real_text, size_text

RESERVED = {
    "torch",
    "math",
    "nn",
    "F",
    "self",
    "device",
    "dtype",
    "training",
    "print",
    "range",
    "max",
    "min",
}


@define(eq=False)
class Names:
    """Python names that are not taken yet."""

    taken: set[str] = field(factory=lambda: set(RESERVED))

    def fresh(self, wanted: str) -> str:
        base = "".join(c if c.isalnum() or c == "_" else "_" for c in wanted) or "value"
        base = base.rstrip("_") or "value"
        if base[0].isdigit() or iskeyword(base):
            base = f"{base}_" if iskeyword(base) else f"_{base}"
        name, number = base, 1
        while name in self.taken:
            number += 1
            name = f"{base}_{number}"
        self.taken.add(name)
        return name


@define(eq=False)
class Writer:
    """Lines of one function body. `value` emits a term once and gives its name."""

    emit_term: Callable[["Writer", Term], str]
    names: Names
    size_names: dict[Symbol, str]
    leaf_names: Callable[[Leaf], str]
    uses: Mapping[Term, int]
    values: dict[Term, str] = field(factory=dict)
    lines: list[str] = field(factory=list)
    indent: int = 1
    real_source: str = ""
    device_source: str = ""
    training: str = "self.training"
    helpers: set[str] = field(factory=set)
    blocks: object = None

    # ---- lines --------------------------------------------------------------------------

    def line(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)

    def assign(self, term: Term, expression: str) -> str:
        """Bind an expression to a name for the term, with its type as a comment."""
        name = self.names.fresh(self.wanted(term))
        self.line(f"{name} = {expression}  # {shown(term)}")
        self.values[term] = name
        return name

    def assign_parts(self, term: Term, expression: str, parts: Sequence[Term]) -> str:
        """Bind the components of a product at once."""
        names = [self.names.fresh(self.wanted(part)) for part in parts]
        self.line(f"{', '.join(names)} = {expression}")
        for part, name in zip(parts, names, strict=True):
            self.values[part] = name
        return f"({', '.join(names)})"

    def wanted(self, term: Term) -> str:
        if term.hint and term.hint not in ("x", "it", "repeat"):
            return term.hint
        return term.op if isinstance(term, Apply) and term.op in SHORT else "x"

    # ---- values ---------------------------------------------------------------------------

    def value(self, term: Term) -> str:
        """The Python expression of a term: a name, or a literal for a scalar."""
        found = self.values.get(term)
        if found is None:
            found = self.emit_term(self, term)
            self.values.setdefault(term, found)
        return found

    def size(self, dim: Dim) -> str:
        return size_text(dim, self.size_names)

    def shape(self, dims: Sequence[object]) -> str:
        return ", ".join(self.size(dim) for dim in dims if isinstance(dim, Dim))

    def dtype(self) -> str:
        """The real type of the computation."""
        return self.real_source

    def device(self) -> str:
        return self.device_source

    def scalar(self, term: Term) -> str | None:
        """A compile-time scalar as Python text, or None for a tensor."""
        match term:
            case Constant(value=value):
                if isinstance(value, float) and value in (float("inf"), float("-inf")):
                    return "math.inf" if value > 0 else "-math.inf"
                return repr(value)
            case Size(dim=dim, type=type_):
                is_real = isinstance(type_, Tensor) and type_.element == REAL
                return (
                    real_text(dim, self.size_names) if is_real else size_text(dim, self.size_names)
                )
            case Apply(op=op, arguments=arguments) if arguments and is_scalar(term):
                parts = [self.scalar(argument) for argument in arguments]
                known = [part for part in parts if part is not None]
                return _scalar_text(op, known) if len(known) == len(parts) else None
            case _:
                return None


SCALAR_OPS = {
    "add": "({} + {})", "sub": "({} - {})", "mul": "{} * {}", "div": "{} / {}",
    "pow": "{} ** {}", "neg": "-{}", "floordiv": "{} // {}", "mod": "{} % {}",
    "sqrt": "math.sqrt({})", "rsqrt": "(1 / math.sqrt({}))", "exp": "math.exp({})",
    "log": "math.log({})", "sin": "math.sin({})", "cos": "math.cos({})",
    "tanh": "math.tanh({})", "abs": "abs({})", "floor": "math.floor({})", "real": "float({})",
    "minimum": "min({}, {})", "maximum": "max({}, {})", "square": "{} ** 2",
}  # fmt: skip
SHORT = {"softmax", "arange", "scaled_dot_product_attention", "concat", "stack"}


def _scalar_text(op: str, parts: Sequence[str]) -> str | None:
    form = SCALAR_OPS.get(op)
    if form is None:
        return None
    wrapped = [
        f"({part})" if any(c in part for c in " ") and not part.startswith(("(", "math.")) else part
        for part in parts
    ]
    return form.format(*wrapped)


def is_scalar(term: Term) -> bool:
    """Whether a term is a scalar made of compile-time numbers only."""
    match term:
        case Constant() | Size():
            return True
        case Apply(op=op, arguments=arguments, type=Tensor(shape=())):
            return op in SCALAR_OPS and bool(arguments) and all(map(is_scalar, arguments))
        case _:
            return False


def shown(term: Term) -> str:
    """The type of a term for a comment."""
    return str(term.type)


def tensor(term: Term) -> Tensor:
    if not isinstance(term.type, Tensor):
        raise InternalError(f"a tensor was due, not {term.type}")
    return term.type


def dims(term: Term) -> tuple[Dim, ...]:
    return tuple(item for item in tensor(term).shape if isinstance(item, Dim))


def torch_dtype(element: object, writer: Writer) -> str:
    match element:
        case Real():
            return writer.dtype()
        case Bool():
            return "torch.bool"
        case Int() | Index():
            return "torch.int64"
        case Complex():
            return "torch.complex64"
        case _:
            raise InternalError(f"no dtype for {element}")


__all__ = ["Names", "Writer", "dims", "is_scalar", "shown", "tensor", "torch_dtype"]
