"""What is to be said of each morphism of the library: its type, comment, settings, leaves, and a use.

The data of the reference pages, for whatever shows it. A comment that stands
right above a declaration is its own; a line `# > model ..` in it is an example,
and without one a minimal use is made from the signature.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice, product

from attrs import field, frozen

from catnn.elaborate import core
from catnn.elaborate.checker import Checker
from catnn.elaborate.definition import Definition, StaticParameter
from catnn.elaborate.show import signature
from catnn.elaborate.substitution import Substitution
from catnn.pipeline import Checked, check
from catnn.source import SourceFile
from catnn.specialise.program import default_sizes
from catnn.syntax.library import FOLDER, INDEX
from catnn.syntax.names import names_in
from catnn.types.dims import Dim, Symbol
from catnn.types.facts import Fact
from catnn.types.types import REAL, Product, SizeType, Tensor, Type

ARGUMENTS = (4, 3, 2, 8, 1, 16, 6)
SIZES = (8, 16, 12, 4, 24, 2, 3, 6, 1, 32)
"""What the arguments and the sizes of a generated example are taken from."""
TRIES = 20_000


@frozen
class Setting:
    """An argument in brackets; without a default it has to be given."""

    name: str
    kind: str
    default: str | None


@frozen
class LeafInfo:
    """A `param`, `buffer` or `fixed` of a body, as it is written."""

    kind: str
    name: str
    type: str
    start: str


@frozen
class Entry:
    """A declaration of the library; `example` is a model that uses it, empty if none is known."""

    name: str
    kind: str
    signature: str
    comment: str
    settings: tuple[Setting, ...] = ()
    facts: tuple[str, ...] = ()
    leaves: tuple[LeafInfo, ...] = ()
    example: str = ""


@frozen
class Module:
    """A file of the library: what its first comment says, and its declarations in order."""

    name: str
    about: str
    entries: tuple[Entry, ...] = field(repr=False)


def modules() -> list[str]:
    """The modules of the library, in the order in which names are searched in them; others behind."""
    lines = (FOLDER / INDEX).read_text("utf-8").splitlines()
    searched = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    others = sorted(path.stem for path in FOLDER.glob("*.cat"))
    return [*searched, *(name for name in others if name not in searched)]


@cache
def module(name: str) -> Module:
    """What is said of a module of the library, `linear` or `attention`."""
    path = FOLDER / f"{name}.cat"
    checked = check(path)
    source = checked.sources[str(path)]
    entries = []
    for piece in names_in(source.text):
        text = source.text[piece.start :]
        if text.startswith("type "):
            declared = " ".join(_first_statement(text).split())
            comment = comment_above(source.text, piece.start)[0]
            entries += [Entry(one, "type", declared, comment) for one in piece.names]
        for one in piece.names:
            if one in checked.definitions:
                entries.append(entry(checked, source, one, piece.start))
    return Module(name, _about(source.text), tuple(entries))


def entry(checked: Checked, source: SourceFile, name: str, start: int) -> Entry:
    """What is said of a definition whose declaration starts at an offset of its file."""
    found = checked.definitions[name]
    definition = found.elaborated
    comment, example = comment_above(source.text, start)
    defaults = {p.name: p.default for p in found.parameters if p.default is not None}
    return Entry(
        name,
        found.kind,
        signature(definition, defaults),
        comment,
        tuple(Setting(p.name, _kind(p), defaults.get(p.name)) for p in definition.parameters),
        tuple(str(r.fact) for r in definition.requirements if r.written),
        tuple(_leaves(definition.body, source) if definition.body is not None else ()),
        example or minimal(checked.checker, definition) or "",
    )


def comment_above(text: str, start: int) -> tuple[str, str]:
    """The comment right above an offset, on one line, and the example in it."""
    lines = text[:start].splitlines()
    own: list[str] = []
    while lines and lines[-1].startswith("#"):
        own.insert(0, lines.pop().removeprefix("#").strip())
    example = "\n".join(line.removeprefix(">").strip() for line in own if line.startswith(">"))
    return " ".join(line for line in own if line and not line.startswith(">")), example


def _about(text: str) -> str:
    """The comment with which a file begins."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return " ".join(lines)


def _first_statement(text: str) -> str:
    return re.split(r"\n\s*\n|\n#", text, maxsplit=1)[0]


def _kind(parameter: StaticParameter) -> str:
    if parameter.arrow is not None:
        return str(parameter.arrow)
    if parameter.type is not None:
        return str(parameter.type)
    return "list of sizes" if parameter.kind in ("list", "family") else parameter.kind


def _leaves(block: core.Block, source: SourceFile) -> Iterator[LeafInfo]:
    for binding in block.bindings:
        match binding.operation:
            case core.Declared(kind, name, type_):
                text = source.text[binding.span.start : binding.span.end]
                start = re.split(r"[~=]", text, maxsplit=1)[-1].strip()
                yield LeafInfo(kind, name, str(type_), " ".join(start.split()))
            case core.Chosen(then=then, otherwise=otherwise):
                yield from _leaves(then, source)
                yield from _leaves(otherwise, source)


# ---- examples -------------------------------------------------------------------------------


def minimal(checker: Checker, definition: Definition) -> str | None:
    """A model that uses a definition at sizes that its facts allow; None if none is found."""
    given, sizes = _arguments(definition), _sizes(checker, definition)
    if given is None or sizes is None or definition.target is None:
        return None
    four = (Dim.of(4),)
    element = definition.target.element if isinstance(definition.target, Tensor) else REAL
    filled = Substitution(
        dict(sizes),
        dict.fromkeys(definition.rows, four),
        {symbol: Tensor(element, four) for symbol in definition.variables},
    )
    own = tuple(filled.type(port.type) for port in definition.ports if not port.is_context)
    contexts = [port for port in definition.ports if port.is_context]
    whole = Product(own, definition.labels) if definition.tupled else None
    source = str(whole) if whole is not None else "".join(map(str, own))
    target = filled.type(definition.target)
    over = ", ".join(f"{port.name} : {filled.type(port.type)}" for port in contexts)
    brackets = [
        given.get(p.name, str(sizes.get(p.symbol, "")))
        for p in definition.parameters
        if p.default is None
    ]
    call = f"{definition.name}[{', '.join(brackets)}]" if brackets else definition.name
    header = f"{source} -> {target}" if source else str(target)
    return f"model example : {header}{f' over {over}' if over else ''} = {call}"


def _arguments(definition: Definition) -> dict[str, str] | None:
    """Arguments that are no sizes: a function for a function; None for others without a default."""
    found: dict[str, str] = {}
    for parameter in definition.parameters:
        if parameter.default is not None or parameter.kind == "size":
            continue
        if parameter.kind == "number":
            found[parameter.name] = "0.5"
        elif parameter.kind == "bool":
            found[parameter.name] = "true"
        elif parameter.arrow is not None and str(parameter.arrow.source) == str(
            parameter.arrow.target
        ):
            found[parameter.name] = "neg"  # of any shape, and linear
        else:
            return None
    return found


def _sizes(checker: Checker, definition: Definition) -> dict[Symbol, Dim] | None:
    """Numbers for all sizes that an argument, a fact or a parameter depends on; the rest stay open."""
    facts = [requirement.fact for requirement in definition.requirements]
    needed = {symbol for fact in facts for symbol in fact.symbols()} | set(definition.static)
    arguments = [p.symbol for p in definition.parameters if p.kind == "size" and p.default is None]
    hidden = {symbol for port in definition.ports for symbol in _hidden(port.type)}
    axes = {symbol for port in definition.ports for symbol in _axes(port.type)}
    free = [s for s in definition.sizes if (s in needed or s not in axes) and s not in hidden]
    symbols = [*arguments, *free]
    defaults = default_sizes(checker, definition)
    choices = [ARGUMENTS[k % 3 :] + ARGUMENTS[: k % 3] for k in range(len(arguments))]
    choices += [SIZES] * len(free)
    for choice in islice(product(*choices), TRIES):
        sizes = dict(zip(symbols, map(Dim.of, choice), strict=True))
        for symbol, default in defaults.items():
            sizes[symbol] = default.substitute(sizes)
        if all(_allows(fact, sizes) for fact in facts):
            return sizes
    return None


def _allows(fact: Fact, sizes: Mapping[Symbol, Dim]) -> bool:
    return fact.map(lambda dim: dim.substitute(sizes)).decide() is not False


def _hidden(type_: Type) -> Iterator[Symbol]:
    """Sizes that are given as values: they stay open."""
    match type_:
        case SizeType(size):
            yield from size.symbols()
        case Product(items):
            for item in items:
                yield from _hidden(item)


def _axes(type_: Type) -> Iterator[Symbol]:
    """Sizes that are axes: a run of the example finds them."""
    match type_:
        case Tensor(_, shape):
            symbols = (item.as_symbol() for item in shape if isinstance(item, Dim))
            yield from (symbol for symbol in symbols if symbol is not None)
        case Product(items):
            for item in items:
                yield from _axes(item)


__all__ = [
    "Entry",
    "LeafInfo",
    "Module",
    "Setting",
    "comment_above",
    "entry",
    "minimal",
    "module",
    "modules",
]
