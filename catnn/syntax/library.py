"""The standard library: modules of the language in `catnn/std/`, read name by name.

A declaration is parsed when its name is asked for, and only it: that takes
about a millisecond, less than loading a stored tree of its file would. Files
are found beside this package; importlib.resources would cost 0.03 s to import.
"""

from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path

from attrs import define, field

from catnn.errors.diagnostic import InternalError
from catnn.source import SourceFile
from catnn.syntax import ast
from catnn.syntax.names import Piece, names_in
from catnn.syntax.parse import parse

FOLDER = Path(__file__).parents[1] / "std"
INDEX = "index.txt"


@define(slots=False, eq=False)
class StandardModule:
    """One file of the library."""

    source: SourceFile
    parsed: dict[int, ast.Declaration] = field(factory=dict)

    @cached_property
    def pieces(self) -> dict[str, Piece]:
        """Where each name is declared."""
        return {name: piece for piece in names_in(self.source.text) for name in piece.names}

    @cached_property
    def imported(self) -> dict[str, str]:
        """The names that the module imports, with the modules that declare them."""
        found: dict[str, str] = {}
        for piece in names_in(self.source.text):
            if self.source.text.startswith("import", piece.start):
                node = self._parse(piece)
                if isinstance(node, ast.Import):
                    names = [name.text for name in node.names or ()]
                    found.update(dict.fromkeys(names, ".".join(node.module)))
        return found

    def find(self, name: str) -> ast.Declaration | None:
        """The declaration of a name."""
        piece = self.pieces.get(name)
        if piece is None:
            return None
        if piece.start not in self.parsed:
            self.parsed[piece.start] = self._parse(piece)
        return self.parsed[piece.start]

    def declarations(self) -> tuple[ast.Declaration, ...]:
        """All declarations, in order."""
        return self._checked(0, len(self.source.text))

    def _parse(self, piece: Piece) -> ast.Declaration:
        found = self._checked(piece.start, piece.end)
        if len(found) != 1:
            raise InternalError(f"{self.source.name}: {piece.names} is not one declaration")
        return found[0]

    def _checked(self, start: int, end: int) -> tuple[ast.Declaration, ...]:
        result = parse(self.source, start, end)
        for diagnostic in result.diagnostics:
            line, column = self.source.position(diagnostic.span.start)
            raise InternalError(f"{self.source.name}:{line}:{column}: {diagnostic.message}")
        return result.file.declarations


@define(slots=False, eq=False)
class Library:
    """All modules of the library, by name (`graph` of `std.graph`)."""

    folder: Path = FOLDER
    modules: dict[str, StandardModule] = field(factory=dict)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the modules."""
        return frozenset(path.stem for path in self.folder.glob("*.cat"))

    def module(self, name: str) -> StandardModule | None:
        """The module of that name."""
        if name not in self.modules:
            if name not in self.names:
                return None
            text = (self.folder / f"{name}.cat").read_text("utf-8")
            self.modules[name] = StandardModule(SourceFile(file_of(name), text))
        return self.modules[name]

    @cached_property
    def visible(self) -> dict[str, str]:
        """The names that need no import, each with its module; listed modules come in order."""
        found: dict[str, str] = {}
        for name in self._index():
            module = self.module(name)
            if module is None:
                raise InternalError(f"{INDEX} of the library lists `{name}`, which is no module")
            for declared in module.pieces:
                found.setdefault(declared, name)
        return found

    def _index(self) -> Iterable[str]:
        lines = (self.folder / INDEX).read_text("utf-8").splitlines()
        return [line.strip() for line in lines if line.strip() and not line.startswith("#")]

    def homes(self, name: str) -> list[str]:
        """The modules that declare a name."""
        modules = ((stem, self.module(stem)) for stem in sorted(self.names))
        return [stem for stem, module in modules if module is not None and name in module.pieces]


@cache
def shipped() -> Library:
    """The library that comes with this package, read once for all programs."""
    return Library()


def file_of(module: str) -> str:
    """The name under which a module of the library stands in messages."""
    return f"std.{module}"
