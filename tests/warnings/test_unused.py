"""What is never used is said once, at its name; what is used in any way is not."""

import json
from pathlib import Path

import pytest

from catnn.cli.main import main
from catnn.errors.render import render
from catnn.pipeline import check, check_text

HERE = Path(__file__).parents[2]

UNUSED = {
    "a value": ("model m : [n, 4] -> [n, 4] = x => let y = gelu(x); x", ["W0301 `y` is never used"]),
    "a part of a tuple": (
        "model m : [n, 4] -> [n] = x => let (top, place) = argmax(x); top", ["W0301 `place` is never used"]),
    "a value that is hidden": (
        "model m : [n, 4] -> [n, 4] = x => let y = gelu(x); let y = relu(x); y", ["W0301 `y` is never used"]),
    "a parameter": (
        "model m : [n, 4] -> [n, 4] = x => param w : [4] ~ normal; x", ["W0301 `w` is never used"]),
    "a draw": (
        "model m : [n, 4] -> [n, 4] = x => draw z : [4] ~ normal(0, 1); x", ["W0301 `z` is never used"]),
    "a local morph": (
        "model m : [n, 4] -> [n, 4] = x => morph f = linear[4]; x", ["W0302 the morph `f` is never used"]),
    "a shared instance": (
        "model m : [n, 4] -> [n, 4] = x => share f = gelu; x", ["W0302 the morph `f` is never used"]),
    "an argument": (
        "model m[k = 3, c = 2] : [n, 4] -> [n, c] = linear[c]", ["W0303 the argument `k` of `m` is never used"]),
    "a morphism argument": (
        "morph m[f : [4] -> [4]] : [n, 4] -> [n, 4] = relu", ["W0303 the argument `f` of `m` is never used"]),
    "an argument of a local morph": (
        "model m : [n, 4] -> [n, 4] = x => morph f[k] = linear[4]; f[2](x)",
        ["W0303 the argument `k` of `f` is never used"]),
    "an import": (
        "import std.blocks (mlp, swiglu)\nmodel m : [n, 4] -> [n, 4] = mlp[8]",
        ["W0304 `swiglu` is imported and never used"]),
    "several": (
        "model m[k = 1] : [n, 4] -> [n, 4] = x => let y = x; let z = x; x",
        ["W0303 the argument `k` of `m` is never used", "W0301 `y` is never used", "W0301 `z` is never used"]),
    "inside of a lambda": (
        "model m : [n, 4] -> [n, 4] = iterate[2] (x => let y = gelu(x); relu(x))", ["W0301 `y` is never used"]),
}  # fmt: skip

USED = {
    "an underscore": "model m : [n, 4] -> [n] = x => let (top, _) = argmax(x); let _y = x; top",
    "by the type": "model m[k = 3] : [n, k] -> [n, k] = relu",
    "by a fact": "model m[k = 3] : [n, 4] -> [n, 4] where k <= 7 = relu",
    "by another argument": "model m[k = 3, j = 2 * k] : [n, 4] -> [n, j] = linear[j]",
    "by an axis of a pattern": "morph m[h] : [n, 4] -> [n, 4] where h divides 4 = {n (h e) -> n (e h)}",
    "by a condition": "model m[deep = true] : [n, 4] -> [n, 4] = if deep then gelu else relu",
    "as a context": (
        "morph shift : [d] -> [d] over t : [] = x => x + t\n"
        "model m : [n, 4] -> [n, 4] = x => let t = mean(x); shift(x) over t"),
    "as an index": "model m : [n, 4] -> [4] = x => let (_, i) = argmax(sum{n [d]}(x)); x(i)",
    "stored": "model m : [n, 4] -> [n, 4] = x => buffer c : [] = zeros; c <- c + 1; x",
    "read after a store": "model m : [n, 4] -> [n, 4] = x => buffer c : [] = zeros; c <- c + 1; x + c'",
    "in what hides it": "model m : [n, 4] -> [n, 4] = x => let y = gelu(x); let y = y + x; y",
    "as a morphism": "model m : [n, 4] -> [n, 4] = share f = linear[4]; f >> f",
    "in a bracket": "model m : [n, 4] -> [n, 4] = x => morph f = linear[4]; residual[f](x)",
    "in a loss": "model m : [n, 4] -> [n, 4] = x => let y = mean(x); aux size <- y; x",
    "of an alias": "type Pair[n] = ([n], [n])\nmodel m : Pair[k] -> [k] = (x, y) => x + y",
    "an input": "model m : ([n, 4], [n, 4]) -> [n, 4] = (x, y) => x",
}  # fmt: skip


@pytest.mark.parametrize("name", UNUSED)
def test_unused(name: str) -> None:
    text, due = UNUSED[name]
    checked = check_text(text)
    assert [f"{d.code} {d.message}" for d in checked.diagnostics] == due
    assert all(diagnostic.severity == "warning" for diagnostic in checked.diagnostics)
    assert "m" in checked.definitions


@pytest.mark.parametrize("name", USED)
def test_used(name: str) -> None:
    assert [d.message for d in check_text(USED[name]).diagnostics] == []


def test_errors_come_first() -> None:
    """What follows from a mistake is not reported."""
    (found,) = check_text("model m : [n, 4] -> [n, 5] = x => let y = relu(x); x").diagnostics
    assert found.severity == "error"


def test_what_is_printed() -> None:
    text = "model m : [n, 4] -> [n, 4] = x =>\n  let y = gelu(x);\n  x\n"
    checked = check_text(text, "m.cat")
    assert render(checked.diagnostics[0], checked.sources) == (
        "warning[W0301]: `y` is never used\n"
        " --> m.cat:2:7\n"
        "  |\n"
        "2 |   let y = gelu(x);\n"
        "  |       ^\n"
        "  = help: take it out, or call it `_y`"
    )


def test_the_command_succeeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "m.cat"
    file.write_text("model m : [n, 4] -> [n, 4] = x => let y = gelu(x); x\n")
    assert main(["check", str(file)]) == 0
    shown = capsys.readouterr()
    assert "warning[W0301]: `y` is never used" in shown.err
    assert shown.out == "1 file checked: no errors, 1 warning\n"
    assert main(["check", "--json", str(file)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["errors"], document["warnings"]) == (0, 1)
    assert document["diagnostics"][0]["severity"] == "warning"
    assert document["diagnostics"][0]["code"] == "W0301"


def test_an_imported_file_speaks_for_itself(tmp_path: Path) -> None:
    (tmp_path / "part.cat").write_text("morph half[k = 2] : [n] -> [n] = x => x / 2\n")
    file = tmp_path / "m.cat"
    file.write_text('from "part.cat" import half\n\nmodel m : [n] -> [n] = half\n')
    assert check(file).diagnostics == ()
    assert [d.code for d in check(tmp_path / "part.cat").diagnostics] == ["W0303"]


@pytest.mark.parametrize(
    "path", sorted((HERE / "catnn" / "std").glob("*.cat")), ids=lambda path: path.stem
)
def test_the_library_has_nothing_unused(path: Path) -> None:
    from catnn.elaborate.unused import unused
    from catnn.source import SourceFile
    from catnn.syntax.parse import parse

    file = parse(SourceFile(path.name, path.read_text("utf-8"))).file
    assert [d.message for d in unused(file)] == []
