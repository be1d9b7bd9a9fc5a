"""The modules of a program: its files, what they import, and what each name means.

`load` reads a file and all files that it imports; `loads` takes a program from
a string, which can import the library alone. Every file of the program is
parsed, so that all its mistakes are known; of the library only what is used.

In a module a name means, in this order: what the module declares, what it
imports by name, what a module imported as a whole declares, what the library
shows without import. A declaration of one's own hides the library silently.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

from catnn.errors.diagnostic import Diagnostic
from catnn.source import SourceFile, Span
from catnn.syntax import ast
from catnn.syntax.files import read_source
from catnn.syntax.library import Library, StandardModule, file_of, shipped
from catnn.syntax.linking import link, standard
from catnn.syntax.names import names_in
from catnn.syntax.parse import parse_header
from catnn.syntax.reading import read_program

TEXT_NAME = "<string>"


def load(path: Path | str) -> "Modules":
    """The modules of the program whose first file is `path`."""
    name = str(path)
    found = read_source(Path(path), name, Span(name, 0, 0))
    if isinstance(found, Diagnostic):
        return Modules(SourceFile(name, ""), None, reported=(found,))
    return Modules(found, Path(path))


def loads(text: str, name: str = TEXT_NAME) -> "Modules":
    """The modules of a program that is no file; it can import the library, but no files."""
    return Modules(SourceFile(name, text), None)


class Modules:
    """The modules of one program.

    A module is named by its file as the user knows it, `models/gpt.cat`; those
    of the library are `std.graph`. Spans name their files in the same way.
    `diagnostics` holds all that is wrong with the syntax and the imports.
    """

    def __init__(
        self,
        root: SourceFile,
        path: Path | None,
        library: Library | None = None,
        reported: tuple[Diagnostic, ...] = (),
    ) -> None:
        self.root = root.name
        self.library = shipped() if library is None else library
        reading = read_program(root, path)
        self.files, unlinked = link(reading, self.library)
        self.diagnostics: tuple[Diagnostic, ...] = (*reported, *reading.diagnostics, *unlinked)

    @property
    def sources(self) -> dict[str, SourceFile]:
        """Every text that was read, by the name that spans have for it."""
        found = {name: module.source for name, module in self.files.items()}
        for module in self.library.modules.values():
            found[module.source.name] = module.source
        return found

    def resolve(self, module: str, name: str) -> tuple[ast.Declaration, str] | None:
        """The declaration that `name` means in `module`, and the module that holds it."""
        home = self._home(module, name)
        if home is None:
            return None
        library = self._standard(home)
        if library is None:
            own = self.files[home].own.get(name)
            return None if own is None else (own.declaration, home)
        declaration = library.find(name)
        return None if declaration is None else (declaration, home)

    def declarations(self, module: str) -> tuple[ast.Declaration, ...]:
        """All declarations of a module, in order."""
        library = self._standard(module)
        return self.files[module].tree.declarations if library is None else library.declarations()

    def visible_names(self, module: str) -> Iterator[str]:
        """Every name that can be used in a module."""
        library = self._standard(module)
        if library is None:
            known = self.files[module]
            yield from known.own
            yield from known.imported
            for whole in known.whole:
                yield from self._declared(whole)
        else:
            yield from library.pieces
            yield from library.imported
        yield from self.library.visible

    visible = visible_names

    def broken_names(self, module: str) -> frozenset[str]:
        """Names that a module meant to declare or import, where a mistake is in the way.

        Using one is no further mistake.
        """
        known = self.files.get(module)
        if known is None:
            return frozenset()
        meant = {name for piece in names_in(known.source.text) for name in piece.names}
        for node in known.tree.declarations:
            if isinstance(node, ast.Import | ast.FromImport):
                meant.update(name.text for name in node.names or ())
        return frozenset(meant - known.own.keys() - known.imported.keys())

    def homes(self, name: str) -> list[str]:
        """The modules of the library that declare a name, to say what can be imported."""
        return [file_of(home) for home in self.library.homes(name)]

    def header(self, text: str, name: str) -> ast.Header:
        """A signature without a body, such as a primitive's; raises CatError."""
        return parse_header(text, name)

    def _standard(self, module: str) -> StandardModule | None:
        return None if module in self.files else standard(module, self.library)

    def _declared(self, module: str) -> Collection[str]:
        """The names that a module declares itself."""
        known = self.files.get(module)
        if known is not None:
            return known.own
        library = standard(module, self.library)
        return () if library is None else library.pieces

    def _imported(self, module: str, name: str) -> str | None:
        """The module from which `module` imports a name."""
        library = self._standard(module)
        if library is not None:
            return library.imported.get(name)
        known = self.files[module]
        if name in known.imported:
            return known.imported[name].module
        return next((whole for whole in known.whole if name in self._declared(whole)), None)

    def _home(self, module: str, name: str) -> str | None:
        """The module that declares what `name` means in `module`."""
        if name in self._declared(module):
            return module
        imported = self._imported(module, name)
        if imported is not None:
            return imported
        visible = self.library.visible.get(name)
        return None if visible is None else file_of(visible)
