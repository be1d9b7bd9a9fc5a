"""Settle what each name of a module means: what it declares and what it imports."""

from collections.abc import Iterable, Iterator, Mapping

from attrs import define, field, frozen

from catnn.errors.diagnostic import Diagnostic, Label
from catnn.source import SourceFile, Span
from catnn.syntax import ast
from catnn.syntax.close import close
from catnn.syntax.library import Library, StandardModule, file_of
from catnn.syntax.names import declared
from catnn.syntax.reading import Reading

_STD = "std"
_PYTHON = frozenset({"torch", "numpy", "jax", "tensorflow", "keras", "einops", "math", "timm"})
_WORDS = {"std.graph": frozenset({"push"}), "std.losses": frozenset({"cross_entropy"})}
"""Words of the language and primitives that may be imported with what they are used with."""


@frozen
class Own:
    """A name that a module declares, and where."""

    declaration: ast.Declaration
    span: Span


@frozen
class Imported:
    """A name that a module imports: the module that declares it, and where it is imported."""

    module: str
    span: Span


@define(eq=False)
class Module:
    """A file of the program: its tree, its names, the modules that it imports as a whole."""

    source: SourceFile
    tree: ast.File
    own: dict[str, Own] = field(factory=dict)
    imported: dict[str, Imported] = field(factory=dict)
    whole: dict[str, Span] = field(factory=dict)


def standard(module: str, library: Library) -> StandardModule | None:
    """The module of the library that is named `std.graph`."""
    prefix, _, name = module.partition(".")
    return library.module(name) if prefix == _STD else None


def link(reading: Reading, library: Library) -> tuple[dict[str, Module], list[Diagnostic]]:
    """The modules with their names, and what is wrong with the names."""
    modules = {n: Module(read.source, read.tree) for n, read in reading.modules.items()}
    diagnostics = [found for module in modules.values() for found in _declare(module)]
    targets = {id(link.node): link.target for link in reading.links}
    for module in modules.values():
        for node in module.tree.declarations:
            if isinstance(node, ast.Import):
                diagnostics += _import_library(node, module, library)
            elif isinstance(node, ast.FromImport) and id(node) in targets:
                target = modules[targets[id(node)]]
                if target is not module:
                    diagnostics += _import_file(node, module, target)
    return modules, diagnostics


def _declare(module: Module) -> Iterator[Diagnostic]:
    """Enter the declarations of a module; a name is declared once."""
    for declaration in module.tree.declarations:
        for name, span in declared(declaration):
            first = module.own.setdefault(name, Own(declaration, span))
            if first.span != span:
                yield _twice(name, "declared twice", span, first.span, "first declared here")


def _import_library(node: ast.Import, module: Module, library: Library) -> Iterator[Diagnostic]:
    """`import std.graph (gcn)`."""
    name = ".".join(node.module)
    found = standard(name, library) if len(node.module) == 2 else None
    if found is None:
        yield _no_module(name, node, library)
        return
    if node.names is None:
        module.whole[name] = node.span
    words = _WORDS.get(name, frozenset())
    names = [imported for imported in node.names or () if imported.text not in words]
    yield from _import_names(names, module, name, found.pieces, library)


def _import_file(node: ast.FromImport, module: Module, target: Module) -> Iterator[Diagnostic]:
    """`from "blocks.cat" import block`."""
    yield from _import_names(node.names, module, target.source.name, target.own, None, target)


def _import_names(
    names: Iterable[ast.Name],
    module: Module,
    home: str,
    available: Mapping[str, object],
    library: Library | None,
    target: Module | None = None,
) -> Iterator[Diagnostic]:
    for name in names:
        own = module.own.get(name.text)
        first = module.imported.get(name.text)
        if name.text not in available:
            yield _no_name(name, home, available, library, target)
        elif own is not None:
            yield _twice(name.text, "imported and declared", own.span, name.span, "imported here")
        elif first is not None and first.module != home:
            message = f"imported from {first.module} and from {home}"
            yield _twice(name.text, message, name.span, first.span, "first imported here")
        else:
            module.imported[name.text] = Imported(home, name.span)


# ---- what is wrong ----------------------------------------------------------------------


def _twice(name: str, what: str, span: Span, first: Span, label: str) -> Diagnostic:
    return Diagnostic(
        "E0323",
        f"`{name}` is {what}",
        span,
        labels=(Label(first, label),),
        help=("take another name for one of them",),
    )


def _no_module(name: str, node: ast.Import, library: Library) -> Diagnostic:
    guess = close(node.module[-1], library.names)
    modules = ", ".join(file_of(module) for module in sorted(library.names))
    found = f"did you mean `{file_of(guess)}`?" if guess else f"there are {modules}"
    if node.module[0] in _PYTHON:
        found = "layers and functions of the library need no import: `linear[64]`, `softmax`"
    return Diagnostic(
        "E0321",
        f"no module `{name}`",
        node.span,
        help=(found, 'files are imported with `from "file.cat" import name`'),
    )


def _no_name(
    name: ast.Name,
    home: str,
    available: Iterable[str],
    library: Library | None,
    target: Module | None,
) -> Diagnostic:
    help_: list[str] = []
    passed_on = None if target is None else _source(name.text, target)
    if passed_on is not None:
        help_.append(f"import it from {passed_on}, where it is declared")
    elif library is not None and library.homes(name.text):
        homes = " or ".join(file_of(module) for module in library.homes(name.text))
        help_.append(f"`{name.text}` is in {homes}")
    else:
        guess = close(name.text, available)
        help_ += [] if guess is None else [f"did you mean `{guess}`?"]
    return Diagnostic("E0322", f"`{home}` declares no `{name.text}`", name.span, help=help_)


def _source(name: str, module: Module) -> str | None:
    """The module from which `module` imports a name, as it says so."""
    for node in module.tree.declarations:
        if not isinstance(node, ast.Import | ast.FromImport):
            continue
        if name in (imported.text for imported in node.names or ()):
            return ".".join(node.module) if isinstance(node, ast.Import) else f'"{node.path}"'
    return None
