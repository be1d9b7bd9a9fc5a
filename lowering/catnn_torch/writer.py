"""One function under construction: its lines, the names of its values, its sizes."""

import re
from collections.abc import Callable, Mapping, Sequence

from attrs import define, field

from catnn.errors import InternalError
from catnn.ir.terms import Apply, Constant, Leaf, Size, Term
from catnn.types.atoms import Atom
from catnn.types.dims import Dim
from catnn.types.types import (
    REAL,
    Bool,
    Complex,
    Index,
    Int,
    Real,
    Tensor,
)
from catnn_torch.aliases import aliased
from catnn_torch.grouping import Group
from catnn_torch.layout import laid_out
from catnn_torch.naming import Line, Naming, Wish, identifier, mark
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
    "batch_norm",
    "gelu_tanh",
    "gru",
    "lstm",
    "rnn_relu",
    "rnn_tanh",
}


@define(eq=False)
class Names:
    """Python names that are not taken yet."""

    taken: set[str] = field(factory=lambda: set(RESERVED))

    def fresh(self, wanted: str) -> str:
        base = identifier(wanted)
        name, number = base, 1
        while name in self.taken:
            number += 1
            name = f"{base}_{number}"
        self.taken.add(name)
        return name


@define(eq=False)
class Writer:
    """Lines of one function body. `value` emits a term once and gives what stands for it.

    Values are marks until `finish` names them; see `naming`.
    """

    emit_term: Callable[["Writer", Term], str]
    names: Names
    size_names: dict[Atom, str]
    leaf_names: Callable[[Leaf], str]
    uses: Mapping[Term, int]
    values: dict[Term, str] = field(factory=dict)
    lines: list[Line] = field(factory=list)
    indent: int = 1
    real_source: str = ""
    device_source: str = ""
    exact: str = ""
    training: str = "self.training"
    helpers: set[str] = field(factory=set)
    factor: str = ""
    wishes: dict[int, Wish] = field(factory=dict)
    suggested: dict[Term, str] = field(factory=dict)
    groups: dict[Term, Group] = field(factory=dict)
    optimise: bool = True
    """Whether several operations may be written as one that does the same faster."""

    # ---- lines --------------------------------------------------------------------------

    def line(self, text: str, comment: str = "") -> None:
        self.lines.append(Line(self.indent, text, comment))

    def local(self, wish: Wish) -> str:
        """A mark for a new value."""
        number = len(self.wishes)
        self.wishes[number] = wish
        return mark(number)

    def parameter(self, name: str) -> str:
        """A mark for an argument, whose name is settled."""
        return self.local(Wish(name, is_fixed=True))

    def finish(self) -> list[str]:
        """The text of all lines."""
        settled = {wish.hint for wish in self.wishes.values() if wish.is_fixed}
        lines = Naming(self.lines, self.wishes, self.names.taken - settled).resolve()
        return laid_out(aliased(lines) if self.optimise else lines)

    def assign(self, term: Term, expression: str) -> str:
        """Bind an expression to a name for the term, with its type as a comment."""
        name = self.local(self.wish(term))
        self.line(f"{name} = {expression}", shown(term))
        self.values[term] = name
        return name

    def assign_parts(self, term: Term, expression: str, parts: Sequence[Term]) -> str:
        """Bind the components of a product at once."""
        names = self.assign_all(expression, parts)
        return f"({', '.join(names)})"

    def assign_all(self, expression: str, parts: Sequence[Term]) -> list[str]:
        names = [self.local(self.wish(part, k)) for k, part in enumerate(parts)]
        self.line(f"{', '.join(names)} = {expression}")
        self.values.update(zip(parts, names, strict=True))
        return names

    def wish(self, term: Term, part: int | None = None) -> Wish:
        """The names that suit a term: the user's, its factor's, its operation's."""
        own = term.factor.removeprefix(self.factor).split(".")
        path = [step for step in own if step and step[0] not in "*#" and not step.isdigit()]
        names = [*path[-1:], "_".join(path), "_".join(path[-2:])]
        hint = term.hint
        if hint in ("", "x") or (hint == "y" and path):  # what bodies of the library say
            hint = self.suggested.get(term, "")
        if isinstance(term, Apply):
            noun = NOUNS.get(term.op)
            if term.op in RESULTS and not any(isinstance(a, Leaf) for a in term.arguments):
                noun = RESULTS[term.op]
            names = [noun] if noun else [*names, term.op]
        return Wish(hint, tuple(filter(None, names)), is_step(term), part=part)

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

    def exact_dtype(self) -> str:
        """The real type of what is computed from indices; named once, at the top."""
        if not self.exact:
            self.exact = self.local(Wish("exact"))
            text = f"{self.exact} = torch.promote_types({self.dtype()}, torch.float32)"
            margin = self.lines[0].indent if self.lines else self.indent
            self.lines.insert(0, Line(margin, text))
        return self.exact

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
    "pow": "", "neg": "-{}", "floordiv": "{} // {}", "mod": "{} % {}",
    "sqrt": "math.sqrt({})", "rsqrt": "(1 / math.sqrt({}))", "exp": "math.exp({})",
    "log": "math.log({})", "sin": "math.sin({})", "cos": "math.cos({})",
    "tanh": "math.tanh({})", "abs": "abs({})", "floor": "math.floor({})", "real": "float({})",
    "minimum": "min({}, {})", "maximum": "max({}, {})", "square": "",
}  # fmt: skip
NOUNS = {
    "arange": "index", "lt": "mask", "le": "mask", "gt": "mask", "ge": "mask", "eq": "mask",
    "ne": "mask", "logical_and": "mask", "logical_or": "mask", "logical_not": "mask",
    "sin": "sin", "cos": "cos", "draw.normal": "noise", "draw.uniform": "noise", "draw.bernoulli": "kept",
    "draw.exponential": "noise", "draw.gamma": "noise", "draw.uniform_index": "index",
    "softmax": "weights", "concat": "joined", "stack": "stacked", "gather": "rows", "slice": "part",
    "reshape": "view", "permute": "view", "expand": "view", "diagonal": "diagonal",
}  # fmt: skip
RESULTS = {"add": "total", "sub": "difference", "mul": "product", "div": "quotient"}
BEGINNERS = {
    "scaled_dot_product_attention", "masked_attention", "biased_attention", "contract", "select",
} | NOUNS.keys() - {"softmax", "reshape", "permute", "expand", "diagonal", "slice"}  # fmt: skip


def is_step(term: Term) -> bool:
    """Whether a value continues one of its arguments: no layer, and nothing that joins values."""
    if not isinstance(term, Apply):
        return False
    layer = any(isinstance(argument, Leaf) for argument in term.arguments)
    return not layer and term.op not in BEGINNERS


def _is_plain(hint: str) -> bool:
    return hint in ("", "x")


def _scalar_text(op: str, parts: Sequence[str]) -> str | None:
    form = SCALAR_OPS.get(op)
    if form is None:
        return None
    wrapped = [
        f"({part})" if any(c in part for c in " ") and not part.startswith(("(", "math.")) else part
        for part in parts
    ]
    if op in ("pow", "square"):
        return power(wrapped[0], wrapped[1] if op == "pow" else "2")
    return form.format(*wrapped)


def power(base: str, exponent: str) -> str:
    """`x**2`, spaced where an operand is more than a name or number."""
    simple = all(re.fullmatch("-?[\\w.\ue000\ue001]+", text) for text in (base, exponent))
    return f"{base}**{exponent}" if simple else f"{base} ** {exponent}"


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
