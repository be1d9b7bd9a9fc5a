"""The stages of the compiler, in the order in which a program passes through them.

text --`syntax`--> declarations --`elaborate`--> bodies at their declared types
--`specialise`--> one program of the IR at chosen sizes --`normalise`--> the same
in structural normal form --backend--> PyTorch source.

`check` runs the first two: it needs no sizes, touches no tensor and imports
neither torch nor sympy. `specialise` takes a checked definition and its sizes;
the program is verified after each pass over it.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from attrs import field, frozen

from catnn.elaborate import show
from catnn.elaborate.checker import Checker
from catnn.elaborate.definition import Definition as Elaborated
from catnn.elaborate.definition import ParameterKind
from catnn.elaborate.later import refuse_later
from catnn.elaborate.unused import unused
from catnn.errors import CatError, Diagnostic
from catnn.ir.terms import Program
from catnn.laws.statement import Law, stated
from catnn.laws.trial import Evaluator
from catnn.source import SourceFile, Span
from catnn.syntax import ast, modules
from catnn.types.dims import SizeError, SizeLimit

if TYPE_CHECKING:
    from catnn.laws.equal import Comparison
    from catnn.laws.verify import Report
    from catnn.specialise import Binding

T = TypeVar("T")


@frozen
class ParameterInfo:
    """A bracket argument of a definition; `default` is its text."""

    name: str
    kind: ParameterKind
    default: str | None
    required: bool


@frozen
class Definition:
    """A checked `morph` or `model`, as tools see it; `signature` is its principal type."""

    name: str
    kind: str
    signature: str
    parameters: tuple[ParameterInfo, ...]
    span: Span
    elaborated: Elaborated = field(repr=False, eq=False)


@frozen
class Checked:
    """A checked file: everything found wrong, every text read, its own definitions in order."""

    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, SourceFile] = field(repr=False)
    definitions: Mapping[str, Definition]
    laws: Mapping[str, Law]
    checker: Checker = field(repr=False, eq=False)


def check(path: Path) -> Checked:
    """Check one file with all that it imports; user errors become diagnostics."""
    return with_room(lambda: _check(modules.load(path)))


def check_text(text: str, name: str = modules.TEXT_NAME) -> Checked:
    """Check a program from a string; it can import the library, but no files."""
    return with_room(lambda: _check(modules.loads(text, name)))


def specialise(
    checked: Checked, name: str, bindings: "Mapping[str, Binding]", optimise: bool = True
) -> Program:
    """The program of one definition at chosen sizes; `CatError` if sizes are missing or wrong.

    Without `optimise` it is as it was written, not in normal form.
    """
    from catnn.ir.normal import normalise
    from catnn.ir.verify import verify
    from catnn.specialise import specialise as run

    definition = checked.definitions[name].elaborated

    def passes() -> Program:
        with _sizes_of(definition):
            program = verify(run(checked.checker, definition, bindings), "specialise")
            return verify(normalise(program), "normalise") if optimise else program

    return with_room(passes)


def verify(
    checked: Checked, law: Law, evaluator: Evaluator, examples: int = 100, seed: int = 0
) -> "Report":
    """What is known of a law of a checked file: proved, tested, or refuted."""
    from catnn.laws.verify import verify as run

    return with_room(lambda: run(checked.checker, law, evaluator, examples, seed))


def equal(
    one: Program,
    other: Program,
    evaluator: Evaluator,
    names: "Mapping[str, str] | None" = None,
    examples: int = 100,
    seed: int = 0,
) -> "Comparison":
    """What is known of two models at chosen sizes; see `catnn.laws.equal`."""
    from catnn.laws.equal import equal as run

    return with_room(lambda: run(one, other, evaluator, names, examples, seed))


def specialise_symbolic(checked: Checked, name: str, bindings: "Mapping[str, Binding]") -> Program:
    """The same with its static sizes left as symbols where that is possible, for formulas.

    `bindings` decide what cannot stay open, and arguments that are no sizes.
    """
    from catnn.ir.normal import normalise
    from catnn.ir.verify import verify
    from catnn.specialise import specialise_symbolic as run

    definition = checked.definitions[name].elaborated

    def passes() -> Program:
        with _sizes_of(definition):
            program = run(checked.checker, definition, bindings)
            program = normalise(verify(program, "specialise", is_symbolic=True))
            return verify(program, "normalise", is_symbolic=True)

    return with_room(passes)


@contextmanager
def _sizes_of(definition: Elaborated) -> Iterator[None]:
    """What grows beyond all bounds at the chosen sizes is an error of the user's."""
    try:
        yield
    except (SizeError, SizeLimit) as error:
        reason = str(error)
    except RecursionError:
        reason = "parts in parts, more levels than can be followed"
    else:
        return
    message = f"`{definition.name}` is out of bounds at these sizes: {reason}"
    help = ("choose smaller sizes; what repeats in the same way costs nothing in `repeat`",)
    raise CatError([Diagnostic("E0219", message, definition.span, help=help)])


def _check(program: modules.Modules) -> Checked:
    checker = Checker(program)
    found: dict[str, Definition] = {}
    laws: dict[str, Law] = {}
    for name in program.files:
        for declaration in program.declarations(name):
            if isinstance(declaration, ast.Morph):
                definition = checker.find(name, declaration.header.name)
                if definition is None or definition.header is not declaration.header:
                    continue  # a second declaration of the name, which was reported
                _ensure(checker, definition)
                if name == program.root and definition.state == "done":
                    found[definition.name] = _public(definition, program.sources[name])
            elif isinstance(declaration, ast.Law):
                law = stated(checker, name, declaration)
                if law is not None:
                    _ensure(checker, law.definition)
                    if name == program.root and law.definition.state == "done":
                        laws[law.name] = law
            else:
                refuse_later(checker, declaration)
    checker.keep_library()
    diagnostics = (*program.diagnostics, *checker.diagnostics)
    if not diagnostics:  # what is wrong would leave much unused
        diagnostics = tuple(unused(program.files[program.root].tree))
    diagnostics = tuple(sorted(diagnostics, key=_place))
    return Checked(diagnostics, program.sources, found, laws, checker)


def _ensure(checker: Checker, definition: Elaborated) -> None:
    """Check a definition and what it is made of."""
    try:
        checker.ensure(definition)
    except RecursionError:
        for other in checker.definitions.values():
            if other is not None and other.state == "elaborating":
                other.state = "failed"
        message = f"`{definition.name}` stands on a chain of too many definitions"
        help = ("state the types of those in between, or join some of them",)
        checker.report(Diagnostic("E0219", message, definition.span, help=help))


def _place(diagnostic: Diagnostic) -> tuple[str, int, str]:
    return diagnostic.span.file, diagnostic.span.start, diagnostic.code


def _public(definition: Elaborated, source: SourceFile) -> Definition:
    texts = {
        parameter.name: source.text[parameter.default.span.start : parameter.default.span.end]
        for parameter in definition.parameters
        if parameter.default is not None
    }
    return Definition(
        definition.name,
        definition.kind,
        show.signature(definition, texts),
        tuple(
            ParameterInfo(p.name, p.kind, texts.get(p.name), p.default is None)
            for p in definition.parameters
        )
        + tuple(
            ParameterInfo(symbol.name, "size", None, True)
            for symbol in definition.sizes
            if symbol in definition.static
        ),
        definition.span,
        definition,
    )


def with_room(run: Callable[[], T]) -> T:
    """Run with a deep stack: definitions may use one another in long chains."""
    results: list[T] = []
    errors: list[BaseException] = []

    def target() -> None:
        try:
            results.append(run())
        except BaseException as error:  # handed on to the caller below
            errors.append(error)

    outer_limit, outer_size = sys.getrecursionlimit(), threading.stack_size(256 * 1024 * 1024)
    sys.setrecursionlimit(100_000)
    try:
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(outer_limit)
        threading.stack_size(outer_size)
    if errors:
        raise errors[0]
    return results[0]


__all__ = [
    "CatError",
    "Checked",
    "Definition",
    "ParameterInfo",
    "check",
    "check_text",
    "specialise",
    "specialise_symbolic",
    "with_room",
]
