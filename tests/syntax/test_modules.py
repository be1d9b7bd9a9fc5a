"""Imports, what names mean, and what cannot be imported."""

from pathlib import Path

import pytest

from catnn.errors.diagnostic import InternalError
from catnn.errors.explain import explain
from catnn.source import SourceFile
from catnn.syntax import ast
from catnn.syntax.library import Library
from catnn.syntax.modules import Modules, load, loads
from catnn.syntax.names import declared, names_in
from catnn.syntax.parse import parse

LIBRARY = {
    "index.txt": "# shown\nbase\n",
    "base.cat": "morph relu : [] -> [] = x => max(x, 0)\n\n# a\nmorph gelu[k = 1] : [] -> [] = id\n",
    "graph.cat": "import std.base (relu)\ntype Graph[n] = [n]\nmorph gcn[c] : [n] -> [c] = relu\n",
    "broken.cat": "morph ok = id\nmorph bad = (\n",
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    folder = tmp_path / "std"
    write(folder, LIBRARY)
    return Library(folder)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def program(folder: Path, library: Library, **files: str) -> Modules:
    """A program of files `main.cat`, `a/b.cat` (written `a__b`)."""
    paths = {f"{name.replace('__', '/')}.cat": text for name, text in files.items()}
    write(folder, paths)
    main = folder / "main.cat"
    return Modules(SourceFile(str(main), main.read_text("utf-8")), main, library)


def text(source: str, library: Library) -> Modules:
    return Modules(SourceFile("<string>", source), None, library)


def home(modules: Modules, name: str, module: str | None = None) -> str | None:
    """The last part of the module that declares what a name means."""
    found = modules.resolve(module or modules.root, name)
    if found is None:
        return None
    declaration, where = found
    assert name in dict(declared(declaration))
    return Path(where).name


def codes(modules: Modules) -> list[str]:
    return [diagnostic.code for diagnostic in modules.diagnostics]


# ---- what names mean --------------------------------------------------------------------


def test_a_name_means_the_nearest_declaration(library: Library) -> None:
    modules = text("import std.graph (gcn)\nmorph relu : [] -> [] = id", library)
    assert modules.diagnostics == ()
    assert home(modules, "relu") == "<string>"
    assert home(modules, "gcn") == "std.graph"
    assert home(modules, "gelu") == "std.base"
    assert home(modules, "Graph") is None
    assert home(modules, "relu", "std.graph") == "std.base"
    assert home(modules, "gelu", "std.graph") == "std.base"


def test_a_module_can_be_imported_as_a_whole(library: Library) -> None:
    modules = text("import std.graph\nmorph gcn : [] -> [] = id", library)
    assert modules.diagnostics == ()
    assert home(modules, "Graph") == "std.graph"
    assert home(modules, "gcn") == "<string>"


def test_names_come_from_files_beside_and_below(tmp_path: Path, library: Library) -> None:
    modules = program(
        tmp_path,
        library,
        main='from "blocks/b.cat" import block\nmorph f = block',
        blocks__b='from "c.cat" import c\nfrom "./deep/d.cat" import d\nmorph block = c >> d',
        blocks__c="morph c = id",
        blocks__deep__d="morph d = id\nmorph hidden = id",
    )
    assert modules.diagnostics == ()
    assert home(modules, "block") == "b.cat"
    assert home(modules, "c") is None
    found = modules.resolve(modules.root, "block")
    assert found is not None
    assert home(modules, "c", found[1]) == "c.cat"
    assert home(modules, "d", found[1]) == "d.cat"
    assert set(modules.sources) >= {str(tmp_path / "main.cat"), str(tmp_path / "blocks/deep/d.cat")}


def test_a_file_reached_by_two_ways_is_one_module(tmp_path: Path, library: Library) -> None:
    modules = program(
        tmp_path,
        library,
        main='from "a.cat" import a\nfrom "b.cat" import b\nfrom "./c.cat" import c',
        a='from "c.cat" import c\nmorph a = c',
        b='from "c.cat" import c\nmorph b = c',
        c="morph c = id",
    )
    assert modules.diagnostics == ()
    assert len(modules.files) == 4


def test_visible_names_are_all_that_resolve(tmp_path: Path, library: Library) -> None:
    modules = program(
        tmp_path,
        library,
        main='import std.graph\nfrom "a.cat" import a\nonce (p, q) = id;\ntype T = [n]',
        a="morph a = id\nmorph b = id",
    )
    names = set(modules.visible_names(modules.root))
    assert names == {"a", "p", "q", "T", "gcn", "Graph", "relu", "gelu"}
    assert all(home(modules, name) is not None for name in names)
    assert set(modules.visible_names("std.graph")) == {"gcn", "Graph", "relu", "gelu"}


def test_declarations_come_in_order(library: Library) -> None:
    modules = text("morph b = id\nmorph a = id", library)
    own = [name for d in modules.declarations("<string>") for name, _ in declared(d)]
    assert own == ["b", "a"]
    standard = [name for d in modules.declarations("std.graph") for name, _ in declared(d)]
    assert standard == ["Graph", "gcn"]


def test_what_can_be_imported_is_known(library: Library) -> None:
    assert text("", library).homes("gcn") == ["std.graph"]


# ---- what cannot be imported ------------------------------------------------------------


def test_circles_are_refused_with_their_way(tmp_path: Path, library: Library) -> None:
    modules = program(
        tmp_path,
        library,
        main='from "a.cat" import a\nmorph m = a',
        a='from "b.cat" import b\nmorph a = b',
        b='from "a.cat" import a\nfrom "c.cat" import c\nmorph b = a',
        c="morph c = id",
    )
    (found,) = modules.diagnostics
    assert found.code == "E0301"
    assert Path(found.span.file).name == "b.cat"
    assert [Path(label.span.file).name for label in found.labels] == ["a.cat"]
    (way,) = found.notes
    assert [Path(part).name for part in way.split(" -> ")] == ["a.cat", "b.cat", "a.cat"]


def test_a_name_is_declared_once(library: Library) -> None:
    modules = text("morph f = id\ntype F = [n]\nmodel f = id", library)
    (found,) = modules.diagnostics
    assert (found.code, found.span.start) == ("E0323", 32)
    assert [label.span.start for label in found.labels] == [6]


def test_an_import_clashes_with_a_declaration_and_with_another(
    tmp_path: Path, library: Library
) -> None:
    modules = program(
        tmp_path,
        library,
        main='import std.graph (gcn)\nfrom "a.cat" import gcn, b\nmorph b = id',
        a="morph gcn = id\nmorph b = id",
    )
    assert codes(modules) == ["E0323", "E0323"]
    assert [len(found.labels) for found in modules.diagnostics] == [1, 1]


REFUSED = {
    'from "../x.cat" import x': "E0324",
    'from "a/../../x.cat" import x': "E0324",
    'from "/etc/x.cat" import x': "E0324",
    'from "~/x.cat" import x': "E0324",
    'from "a\\x.cat" import x': "E0324",
    'from "secret.env" import x': "E0324",
    'from "link.cat" import x': "E0324",
    'from "linked/x.cat" import x': "E0324",
    'from "outsde.cat" import x': "E0321",
    'from "folder.cat" import x': "E0321",
    "import std.grph (gcn)": "E0321",
    "import torch (gcn)": "E0321",
    "import std.graph (gnc)": "E0322",
    'from "a.cat" import c': "E0322",
}


@pytest.mark.parametrize(("line", "code"), REFUSED.items())
def test_an_import_is_refused(tmp_path: Path, library: Library, line: str, code: str) -> None:
    folder = tmp_path / "program"
    write(tmp_path, {"x.cat": "morph x = id", "outside/x.cat": "morph x = id"})
    (folder / "folder.cat").mkdir(parents=True)
    (folder / "link.cat").symlink_to(tmp_path / "x.cat")
    (folder / "linked").symlink_to(tmp_path / "outside")
    write(folder, {"outside.cat": "", "secret.env": "KEY=1"})
    modules = program(folder, library, main=f"{line}\nmorph f = id", a="import std.graph (gcn)")
    (found,) = modules.diagnostics
    assert found.code == code
    assert home(modules, "f") == "main.cat"


@pytest.mark.parametrize(
    ("line", "help_"),
    [
        ('from "outsde.cat" import x', 'did you mean "outside.cat"?'),
        ("import std.grph (gcn)", "did you mean `std.graph`?"),
        ("import std.graph (gnc)", "did you mean `gcn`?"),
        ("import std.graph (gelu)", "`gelu` is in std.base"),
        ('from "a.cat" import gcn', "import it from std.graph, where it is declared"),
    ],
)
def test_what_was_meant_is_guessed(tmp_path: Path, library: Library, line: str, help_: str) -> None:
    modules = program(tmp_path, library, main=line, a="import std.graph (gcn)", outside="")
    (found,) = modules.diagnostics
    assert help_ in found.help


def test_a_link_inside_the_folder_is_followed(tmp_path: Path, library: Library) -> None:
    write(tmp_path, {"a.cat": "morph a = id"})
    (tmp_path / "b.cat").symlink_to(tmp_path / "a.cat")
    modules = program(tmp_path, library, main='from "b.cat" import a')
    assert modules.diagnostics == ()
    assert home(modules, "a") == "b.cat"


def test_a_program_from_a_string_imports_the_library_alone(tmp_path: Path) -> None:
    (found,) = loads('from "a.cat" import a').diagnostics
    assert found.code == "E0325"


def test_mistakes_of_every_file_are_reported(tmp_path: Path, library: Library) -> None:
    modules = program(
        tmp_path,
        library,
        main='from "a.cat" import a\nmorph f = x y',
        a="morph a = id\nmorph b = )",
    )
    assert [(d.code, Path(d.span.file).name) for d in modules.diagnostics] == [
        ("E0129", "main.cat"),
        ("E0112", "a.cat"),
    ]


def test_names_behind_a_mistake_are_known(library: Library) -> None:
    source = "import std.graph (gcn, gnc)\nmorph f = x y\nmorph g = f >> gnc\n"
    modules = text(source, library)
    assert codes(modules) == ["E0129", "E0322"]
    assert modules.broken_names("<string>") == {"f", "gnc"}
    assert modules.broken_names("std.graph") == frozenset()


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    assert codes(load(tmp_path / "none.cat")) == ["E0321"]
    (tmp_path / "bytes.cat").write_bytes(b"morph f = \xff\xfe id\n")
    assert codes(load(tmp_path / "bytes.cat")) == ["E0125"]
    (tmp_path / "nul.cat").write_bytes(b"morph f = id\0\n")
    assert codes(load(tmp_path / "nul.cat")) == ["E0125"]
    (tmp_path / "bom.cat").write_bytes(b"\xef\xbb\xbfmorph f = id\r\n")
    assert codes(load(tmp_path / "bom.cat")) == []
    (tmp_path / "long.cat").write_bytes(b"#" * 9_000_000)
    assert codes(load(tmp_path / "long.cat")) == ["E0126"]


def test_a_long_chain_of_files_is_no_recursion(tmp_path: Path, library: Library) -> None:
    links = {f"f{i}": f'from "f{i + 1}.cat" import x{i + 1}\nmorph x{i} = id' for i in range(1200)}
    main = 'from "f0.cat" import x0'
    modules = program(tmp_path, library, main=main, f1200="morph x1200 = id", **links)
    assert modules.diagnostics == ()


@pytest.mark.parametrize("code", ["E0301", "E0321", "E0322", "E0323", "E0324", "E0325"])
def test_the_programs_on_the_page_of_a_mistake(code: str) -> None:
    page = explain(code)
    assert page is not None
    assert set(codes(loads(page.failing))) == {code}
    assert codes(loads(page.cured)) == []


# ---- the library ------------------------------------------------------------------------


def test_a_mistake_in_the_library_is_a_bug(library: Library) -> None:
    module = library.module("broken")
    assert module is not None
    assert module.find("ok") is not None
    with pytest.raises(InternalError, match=r"std\.broken:2:13"):
        module.find("bad")


def test_only_what_is_asked_for_is_read(library: Library) -> None:
    modules = text("import std.broken (ok)", library)
    assert modules.diagnostics == ()
    assert home(modules, "ok") == "std.broken"


def test_the_index_lists_modules_that_exist(tmp_path: Path) -> None:
    write(tmp_path, {"index.txt": "missing\n"})
    with pytest.raises(InternalError, match="missing"):
        text("", Library(tmp_path)).resolve("<string>", "f")


@pytest.mark.parametrize("name", sorted(Library().names))
def test_the_names_of_a_library_module_are_found_without_reading_it(name: str) -> None:
    module = Library().module(name)
    assert module is not None
    read = parse(module.source)
    assert read.diagnostics == ()
    trees = [[n for n, _ in declared(d)] for d in read.file.declarations]
    assert [list(piece.names) for piece in names_in(module.source.text)] == trees
    for piece, declaration in zip(
        names_in(module.source.text), read.file.declarations, strict=True
    ):
        for given in piece.names:
            found = module.find(given)
            assert found == declaration
            assert found.span == declaration.span


def test_all_forms_of_declarations_are_found_without_reading_them() -> None:
    source = """\
import std.base (relu)
law[value, approx = 1e-6] l[n] : f == g
once (U, s, V) = svd(W);
once r : dim <= k = f;
extern model e : A -> B = "m:f"
place m on pod { a over b }
weights w : P[f]
morph f' = x =>
  let model = x;
  morph inner = id;
  model
newtype T = [n]
"""
    names = [piece.names for piece in names_in(source)]
    assert names == [(), ("l",), ("U", "s", "V"), ("r",), ("e",), (), ("w",), ("f'",), ("T",)]


def test_a_shown_declaration_is_hidden_silently() -> None:
    modules = loads("morph linear[k] : [n] -> [k] = id")
    assert modules.diagnostics == ()
    assert home(modules, "linear") == "<string>"


def test_signatures_are_read() -> None:
    header = loads("").header("f[k] : [n] -> [k]", "prims")
    assert isinstance(header, ast.Header)
    assert header.span.file == "prims"
