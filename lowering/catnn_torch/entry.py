"""The checks at entry: ranks, sizes, kinds, facts and index ranges, in the user's words."""

from collections.abc import Callable, Iterator, Sequence

from catnn.ir.terms import Input, Program
from catnn.types.atoms import Atom
from catnn.types.dims import Dim, Symbol
from catnn.types.facts import Fact
from catnn.types.types import (
    Bool,
    Complex,
    Index,
    Int,
    Product,
    Real,
    SizeType,
    Tensor,
    Type,
)
from catnn_torch.naming import Wish
from catnn_torch.sizes import failing_text, size_text
from catnn_torch.writer import Writer

KINDS = {
    Real: ("is_floating_point()", "real numbers"),
    Bool: ("dtype == torch.bool", "booleans"),
    Complex: ("is_complex()", "complex numbers"),
}


def parts(text: str, type_: Type) -> Iterator[tuple[str, Tensor]]:
    """The tensors of an input, with the expressions that reach them."""
    match type_:
        case Tensor():
            yield text, type_
        case Product(items, labels):
            del labels
            for k, item in enumerate(items):
                yield from parts(f"{text}[{k}]", item)
        case _:
            return


def size_fields(text: str, type_: Type) -> Iterator[tuple[str, Dim]]:
    """The sizes that an input carries as values, with the expressions that reach them."""
    match type_:
        case SizeType(size):
            yield text, size
        case Product(items):
            for k, item in enumerate(items):
                yield from size_fields(f"{text}[{k}]", item)
        case _:
            return


def record_spec(type_: Type) -> str | None:
    """The fields of a record as the argument of `fields`, nested as the type is."""
    if not isinstance(type_, Product):
        return None
    inner = [record_spec(item) for item in type_.items]
    if type_.labels is None and not any(inner):
        return None
    labels = type_.labels or ("",) * len(inner)
    parts = [
        f'"{label}"' if spec is None else f'("{label}", {spec})'
        for label, spec in zip(labels, inner, strict=True)
    ]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def own_rank(given: Input, type_: Type) -> object:
    """The declared rank of an input, nested as the input is."""
    match type_:
        case Tensor(_, shape):
            return len(shape) - (1 if given.lifted else 0)
        case Product(items):
            return tuple(own_rank(given, item) for item in items)
        case _:
            return None


def own_ranks(program: Program, counts: Callable[[Input], bool]) -> str:
    """The declared ranks of the inputs that count, as text; None for the others."""
    ranks = [own_rank(g, g.var.type) if counts(g) else None for g in program.inputs]
    return f"({', '.join(map(str, ranks))}{',' if len(ranks) == 1 else ''})"


def tensor_ranks(program: Program) -> list[tuple[bool, int, int]]:
    """For each tensor at entry: whether it is of a context, its rank, and that over the batch."""
    found = []
    for given in program.inputs:
        for _, tensor in parts("", given.var.type):
            rank = len(tensor.shape)
            found.append((given.is_context, rank, rank if given.lifted else rank + 1))
    return found


def declared_type(given: Input) -> str:
    """The type of an input as it is declared, of a record too."""

    def without_batch(type_: Type) -> Type:
        match type_:
            case Tensor(element, shape) if given.lifted:
                return Tensor(element, shape[1:])
            case Product(items, labels):
                return Product(tuple(map(without_batch, items)), labels)
            case _:
                return type_

    return str(without_batch(given.var.type))


def shown_type(given: Input, type_: Tensor) -> str:
    """The declared type of an input, without the batch axis."""
    shape = type_.shape[1:] if given.lifted else type_.shape
    return str(Tensor(type_.element, shape))


def write_checks(writer: Writer, program: Program, names: Sequence[str]) -> None:
    """The body of `check`: shapes first, then facts, then ranges."""
    known: dict[Atom, str] = {}
    later: list[tuple[str, Input, Tensor, int, Dim]] = []
    carried: set[Symbol | None] = set()
    for given, name in zip(program.inputs, names, strict=True):
        for text, tensor in parts(name, given.var.type):
            _rank(writer, program, given, text, tensor)
            _kind(writer, program, given, text, tensor)
            for k, item in enumerate(tensor.shape):
                if isinstance(item, Dim):
                    _axis(writer, program, given, text, tensor, k, item, known, later)
            _own_batch(writer, program, given, text, tensor, known)
        for text, size in size_fields(name, given.var.type):
            carried |= {size.as_symbol()} - known.keys()
            _size(writer, program, given, text, size, known)
    for text, given, tensor, k, item in later:
        _solve(writer, _measured(program, given, text, tensor, k), item, known)
        if not item.symbols() <= known.keys():
            continue
        due = size_text(item, known)
        _raise_unless(writer, program, given, text, tensor, k, due)
    for symbol in program.sizes:
        if symbol in carried:
            continue
        if symbol in known and not any(allows_zero(fact, symbol) for fact in program.facts):
            writer.line(f"if {known[symbol]} < 1:")
            _refuse(writer, f"{program.name}: `{symbol.name}` is 0; a size is at least 1")
    for fact in program.facts:
        if fact.symbols() <= known.keys():
            writer.line(f"if {failing_text(fact, known)}:")
            values = ", ".join(
                f"{s.name} = {{{known[s]}}}" for s in sorted(fact.symbols(), key=lambda s: s.name)
            )
            _refuse(writer, f"{program.name}: `{fact}` does not hold: {values}")
    _ranges(writer, program, names, known)
    used = {number for line in writer.lines for number in line.used()}
    writer.lines = [line for line in writer.lines if used.issuperset(line.targets())]


def allows_zero(fact: Fact, symbol: Symbol) -> bool:
    """Whether a fact such as `m >= 0` is there to say that a size may be 0."""
    return (
        fact.symbols() == {symbol}
        and fact.evaluate({symbol: 0})
        and not fact.evaluate({symbol: -1})
    )


def _rank(writer: Writer, program: Program, given: Input, text: str, tensor: Tensor) -> None:
    """Inputs over leading axes are measured before; others have exactly their own axes."""
    if given.lifted or program.each is not None:
        return
    count = len(tensor.shape)
    writer.line(f"if not isinstance({text}, torch.Tensor) or {text}.dim() != {count}:")
    shown = shown_type(given, tensor)
    arguments = f'"{program.name}", "{given.var.name}", {text}, "{shown}", "{count}"'
    writer.indent += 1
    writer.line(f"raise misfit({arguments})")
    writer.indent -= 1
    writer.helpers.add("misfit")


def _kind(writer: Writer, program: Program, given: Input, text: str, tensor: Tensor) -> None:
    name = given.var.name
    element = tensor.element
    if isinstance(element, Int | Index):
        test = f"{text}.is_floating_point() or {text}.is_complex() or {text}.dtype == torch.bool"
        words = "whole numbers"
    else:
        member, words = KINDS[type(element)]
        test = (
            f"not {text}.{member}" if "==" not in member else f"{text}.{member.replace('==', '!=')}"
        )
    shown = shown_type(given, tensor)
    writer.line(f"if {test}:")
    _refuse(
        writer,
        f"{program.name}: `{name}` holds {{{text}.dtype}}; its type is `{shown}`: {words} are due",
    )


def _refuse(writer: Writer, message: str) -> None:
    writer.indent += 1
    prefix = "f" if "{" in message else ""
    writer.line(f'raise ShapeError({prefix}"{message}")')
    writer.indent -= 1


def _axis(
    writer: Writer,
    program: Program,
    given: Input,
    text: str,
    tensor: Tensor,
    k: int,
    item: Dim,
    known: dict[Atom, str],
    later: list[tuple[str, Input, Tensor, int, Dim]],
) -> None:
    symbol = item.as_symbol()
    if symbol is not None and symbol not in known:
        known[symbol] = writer.local(Wish(symbol.name))
        writer.line(f"{known[symbol]} = {_measured(program, given, text, tensor, k)}")
    elif item.symbols() <= known.keys():
        _raise_unless(writer, program, given, text, tensor, k, size_text(item, known))
    else:
        later.append((text, given, tensor, k, item))


def _measured(program: Program, given: Input, text: str, tensor: Tensor, k: int) -> str:
    """An axis as text; what may have the batch axis in front is measured from the end."""
    if program.each is not None and not given.lifted:
        k -= len(tensor.shape)
    return f"{text}.shape[{k}]"


def _own_batch(
    writer: Writer,
    program: Program,
    given: Input,
    text: str,
    tensor: Tensor,
    known: dict[Atom, str],
) -> None:
    """The batch axis of a context agrees with that of the inputs."""
    batch = program.batch
    if program.each is None or given.lifted or batch is None:
        return
    if batch not in known:
        known[batch] = writer.local(Wish(batch.name))
        writer.line(f"{known[batch]} = {text}.shape[0] if {text}.dim() else 1")
        return
    rank = len(tensor.shape)
    writer.line(f"if {text}.dim() > {rank} and {text}.shape[0] != {known[batch]}:")
    leads = f"[{{{known[batch]}}}] and [{{{text}.shape[0]}}]"
    _refuse(writer, f"{program.name}: the inputs have different leading axes: {leads}")


def _size(
    writer: Writer, program: Program, given: Input, text: str, size: Dim, known: dict[Atom, str]
) -> None:
    """A size given as a value: it names the size, or agrees with what an axis shows."""
    symbol = size.as_symbol()
    name = given.var.name
    writer.line(f"if not isinstance({text}, (int, torch.SymInt)) or isinstance({text}, bool):")
    _refuse(
        writer,
        f"{program.name}: `{name}` gives {{{text}!r}} for `{size}`, which is a size: a whole number is due",
    )
    if symbol is not None and symbol not in known:
        known[symbol] = writer.local(Wish(symbol.name))
        writer.line(f"{known[symbol]} = {text}")
        low = 0 if any(allows_zero(fact, symbol) for fact in program.facts) else 1
        writer.line(f"if {known[symbol]} < {low}:")
        _refuse(
            writer,
            f"{program.name}: `{symbol.name}` is {{{known[symbol]}}}; a size is at least {low}",
        )
    elif size.symbols() <= known.keys():
        due = size_text(size, known)
        writer.line(f"if {text} != {due}:")
        _refuse(
            writer,
            f"{program.name}: `{given.var.name}` says that `{size}` is {{{text}}}; it is {{{due}}}",
        )


def _solve(writer: Writer, axis: str, item: Dim, known: dict[Atom, str]) -> None:
    """A size that no axis shows by itself, read off an axis in which it is linear."""
    open_ = [symbol for symbol in item.symbols() if symbol not in known]
    if len(open_) != 1:
        return
    (symbol,) = open_
    expression = solved_text(symbol, item, axis, known)
    if expression is not None:
        known[symbol] = writer.local(Wish(symbol.name))
        writer.line(f"{known[symbol]} = {expression}")


def solved_text(symbol: Symbol, item: Dim, axis: str, known: dict[Atom, str]) -> str | None:
    """`symbol` from `item == axis`, where that is linear with a constant factor."""
    rest = item.substitute({symbol: Dim.of(0)})
    factor = (item.substitute({symbol: Dim.of(1)}) - rest).as_int()
    if factor is None or factor < 1 or item != rest + factor * Dim.of(symbol):
        return None
    if not rest.symbols() <= known.keys():
        return None
    top = axis if rest == Dim.of(0) else f"({axis} - ({size_text(rest, known)}))"
    return top if factor == 1 else f"{top} // {factor}"


def _raise_unless(
    writer: Writer, program: Program, given: Input, text: str, tensor: Tensor, k: int, due: str
) -> None:
    axis = k - (1 if given.lifted else 0)
    found = _measured(program, given, text, tensor, k)
    if axis < 0:
        writer.line(f"if {found} != {due}:")
        leads = f"[{{{due}}}] and [{{{found}}}]"
        _refuse(writer, f"{program.name}: the inputs have different leading axes: {leads}")
        return
    shown = shown_type(given, tensor)
    size = tensor.shape[k]
    said = f"{size}" if str(size) == due else f"{size} = {{{due}}}"
    writer.line(f"if {found} != {due}:")
    _refuse(
        writer,
        f"{program.name}: axis {axis} of `{given.var.name}` has size {{{found}}}, "
        f"due is {said} (its type is `{shown}`)",
    )


def _ranges(writer: Writer, program: Program, names: Sequence[str], known: dict[Atom, str]) -> None:
    checks = []
    for given, name in zip(program.inputs, names, strict=True):
        for text, tensor in parts(name, given.var.type):
            if isinstance(tensor.element, Index) and tensor.element.size.symbols() <= known.keys():
                due = size_text(tensor.element.size, known)
                checks.append(f'check_range("{program.name}", "{given.var.name}", {text}, {due})')
    if checks:
        writer.helpers.add("check_range")
    for check in checks:
        writer.line(check)


OVER_LEADS = '''\
def over_leads(model, name, inputs, ranks, types):
    """`model` at inputs with any number of leading axes: all of them as one, and back."""
    leads = []

    def find(x, rank, label, type_):
        if isinstance(rank, tuple):
            for part, inner in zip(x, rank, strict=True):
                find(part, inner, label, type_)
        elif rank is not None:
            if not isinstance(x, torch.Tensor) or x.dim() < rank:
                raise misfit(name, label, x, type_, f"at least {rank}")
            leads.append(x.shape[: x.dim() - rank])

    def merge(x, rank):
        if isinstance(rank, tuple):
            return tuple(merge(part, inner) for part, inner in zip(x, rank, strict=True))
        if rank is None:
            return x
        own, rest = x.shape[: x.dim() - rank], x.shape[x.dim() - rank :]
        x = x.reshape((*own, *(1,) * (len(lead) - len(own)), *rest)).expand((*lead, *rest))
        return x.reshape((math.prod(lead), *rest))

    def split(y):
        if isinstance(y, tuple):
            return tuple(split(part) for part in y)
        return y.reshape((*lead, *y.shape[1:]))

    for x, rank, (label, type_) in zip(inputs, ranks, types.items(), strict=True):
        find(x, rank, label, type_)
    lead = max(leads, key=len, default=())
    for own in leads:
        if lead[: len(own)] != own:
            raise ShapeError(
                f"{name}: the inputs have different leading axes: {list(own)} and {list(lead)}"
            )
    return split(model(*merge(inputs, ranks)))
'''

RANKS = '''\
def ranks(*inputs):
    """How many axes each input has; -1 for what is no tensor."""
    return tuple(x.dim() if isinstance(x, torch.Tensor) else -1 for x in inputs)
'''

MISFIT = '''\
def misfit(model, name, x, type_, rank):
    """What is wrong with an input that is no tensor, or of another rank than its type."""
    if not isinstance(x, torch.Tensor):
        found = f"is a {type(x).__name__}, no tensor"
    else:
        found = f"has shape {list(x.shape)}"
    return ShapeError(f"{model}: `{name}` {found}; its type is `{type_}`, axes due: {rank}")
'''

FIELDS = '''\
def fields(model, name, value, labels):
    """The fields of a record, which is a dict, an object with these attributes, or a tuple."""
    parts = [label if isinstance(label, tuple) else (label, None) for label in labels]
    if isinstance(value, tuple | list):
        found = list(value) if len(value) == len(parts) else []
    elif isinstance(value, dict):
        found = [value[label] for label, _ in parts if label in value]
    else:
        found = [getattr(value, label) for label, _ in parts if hasattr(value, label)]
    if len(found) < len(parts):
        due = ", ".join(label for label, _ in parts)
        raise ShapeError(f"{model}: `{name}` is no record of {due}")
    return tuple(
        part if inner is None else fields(model, f"{name}.{label}", part, inner)
        for part, (label, inner) in zip(found, parts, strict=True)
    )
'''

CHECK_RANGE = '''\
def check_range(model, name, index, size):
    """Refuse indices outside `0 <= k < size`; an exported graph asserts that there are none."""
    if torch.compiler.is_exporting():
        fits = ((index >= 0) & (index < size)).all()
        torch._assert_async(fits, f"{model}: `{name}` holds an index that is not below {size}")
    elif not torch.compiler.is_compiling() and index.numel():
        low, high = torch.aminmax(index)
        if low < 0 or high >= size:
            wrong = int(low) if low < 0 else int(high)
            raise IndexRangeError(
                f"{model}: `{name}` holds the index {wrong}; its set has {size} elements"
            )
'''
