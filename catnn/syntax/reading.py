"""Read the files of a program: its first file, and all that is imported from there."""

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attrs import define, field, frozen

from catnn.errors.diagnostic import Diagnostic, Label
from catnn.source import SourceFile
from catnn.syntax import ast
from catnn.syntax.files import check_path, locate, read_source
from catnn.syntax.parse import parse


@frozen
class Link:
    """An import of a file: the module that imports, the module that is meant."""

    node: ast.FromImport
    importer: str
    target: str


@frozen
class FileModule:
    """A file of the program and its tree. `path` is None for a program from a string."""

    source: SourceFile
    path: Path | None
    tree: ast.File


@define(eq=False)
class Reading:
    """What was read: the modules by name, the links between them, what is wrong."""

    modules: dict[str, FileModule] = field(factory=dict)
    links: list[Link] = field(factory=list)
    diagnostics: list[Diagnostic] = field(factory=list)


def read_program(root: SourceFile, path: Path | None) -> Reading:
    """Read `root` and every file that it imports, directly or not, each once."""
    reading = Reading()
    names: dict[str, str] = {}
    if path is not None:
        names[os.path.realpath(path)] = root.name
    queue = deque([_add(reading, root, path)])
    while queue:
        importer = queue.popleft()
        for node in importer.tree.declarations:
            if isinstance(node, ast.FromImport):
                place = _place(node, importer, None if path is None else path.parent)
                target = _target(place, node, reading, names, queue)
                if target is not None:
                    reading.links.append(Link(node, importer.source.name, target))
    reading.diagnostics += _cycles(reading.links)
    return reading


def _add(reading: Reading, source: SourceFile, path: Path | None) -> FileModule:
    result = parse(source)
    reading.diagnostics += result.diagnostics
    module = FileModule(source, path, result.file)
    reading.modules[source.name] = module
    return module


def _place(
    node: ast.FromImport, importer: FileModule, folder: Path | None
) -> Path | FileModule | Diagnostic:
    """The file that an import means; a program from a string can only mean itself."""
    if importer.path is not None and folder is not None:
        return locate(node.path, importer.path, folder, node.span)
    if node.path == importer.source.name:
        return importer
    return check_path(node.path, node.span) or Diagnostic(
        "E0325",
        f'"{node.path}" cannot be imported: this program is no file',
        node.span,
        help=("save the program in a file, or import modules of the library, `import std.graph`",),
    )


def _target(
    place: Path | FileModule | Diagnostic,
    node: ast.FromImport,
    reading: Reading,
    names: dict[str, str],
    queue: deque[FileModule],
) -> str | None:
    """The name of the module at `place`, which is read if it is new."""
    if isinstance(place, FileModule):
        return place.source.name
    if isinstance(place, Diagnostic):
        reading.diagnostics.append(place)
        return None
    real = os.path.realpath(place)
    if real not in names:
        name = os.path.normpath(place)
        source = read_source(place, name, node.span)
        if isinstance(source, Diagnostic):
            reading.diagnostics.append(source)
            return None
        names[real] = name
        queue.append(_add(reading, source, place))
    return names[real]


# ---- cycles -----------------------------------------------------------------------------


def _cycles(links: Sequence[Link]) -> Iterator[Diagnostic]:
    """E0301 for each import that closes a circle."""
    following: dict[str, list[Link]] = {}
    for link in links:
        following.setdefault(link.importer, []).append(link)
    done: set[str] = set()
    for start in list(following):
        if start not in done:
            yield from _cycles_from(start, following, done)


def _cycles_from(
    start: str, following: Mapping[str, Sequence[Link]], done: set[str]
) -> Iterator[Diagnostic]:
    """Walk depth first; a link to a module on the current way closes a circle."""
    way: list[Link] = []
    on_way = [start]
    pending = [iter(following.get(start, ()))]
    while pending:
        link = next(pending[-1], None)
        if link is None:
            pending.pop()
            done.add(on_way.pop())
            if way:
                way.pop()
        elif link.target in on_way:
            yield _cycle([*way[on_way.index(link.target) :], link])
        elif link.target not in done:
            way.append(link)
            on_way.append(link.target)
            pending.append(iter(following.get(link.target, ())))


def _cycle(circle: Sequence[Link]) -> Diagnostic:
    *before, last = circle
    names = [*(link.importer for link in circle), last.target]
    message = "a file imports itself" if len(circle) == 1 else "files import each other in a circle"
    return Diagnostic(
        "E0301",
        message,
        last.node.span,
        "this closes the circle" if before else "",
        tuple(Label(link.node.span, f"imports {link.target}") for link in before),
        (" -> ".join(names),),
        ("move what both need into a third file",) if before else ("use the name as it is",),
    )
