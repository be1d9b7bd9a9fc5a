"""Wrong calls: exit status 2, one message on stderr, nothing on stdout."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("chek", "a.cat"), "error: unknown command `chek`\n  = help: did you mean `check`?\n"),
        (
            ("--verson",),
            "error: unknown flag `--verson`\n  = help: `catnn --help` lists the commands\n",
        ),
        (
            ("check", "--jsn", "a.cat"),
            "error: unknown flag `--jsn`\n  = help: did you mean `--json`?\n",
        ),
        (
            ("check",),
            "error: the following arguments are required: PATH\n  = help: `catnn check --help` shows the arguments\n",
        ),
        (("check", "b.cat"), "error: no file or folder b.cat\n  = help: did you mean `a.cat`?\n"),
        (("check", "empty"), "error: no .cat file in empty\n"),
        (("type", "empty"), "error: empty is a folder, not a file\n"),
        (
            ("new", "Perceptron"),
            "error: `Perceptron` is no name for a model\n  = help: a small letter, then letters, digits and `_`\n",
        ),
        (
            ("new", "a"),
            "error: a.cat is there already\n  = help: choose another name, or move it away\n",
        ),
        (("new", "repeat"), "error: `repeat` means something in the language\n"),
        (("new", "block"), "error: `block` means something in the language\n"),
        (("check", "gone.cat"), "error: no file or folder gone.cat\n"),
        (("explain", "E9999"), "error: no error has the code `E9999`\n"),
        (("draw", "a.cat:a"), "error: the following arguments are required: -o/--output\n"),
        (("draw", "a.cat:b", "-o", "b.svg"), "error: a.cat has no model or morph `b`\n"),
        (
            ("draw", "a.cat:a", "-o", "a.png"),
            "error: `.png` is no ending of a picture\n  = help: end it with one of `.svg`, `.html`, `.tex`, `.dot`\n",
        ),
        (("draw", "a.cat:a", "-o", "a"), "error: `a` has no ending of a picture\n"),
        (("draw", "a.cat:a", "-o", "no/a.svg"), "error: cannot write no/a.svg: "),
        (
            ("draw", "a.cat:a", "-o", "a.svg", "--depth", "0"),
            "error: --depth 0 is no number of levels\n",
        ),
        (("draw", "a.cat:a", "-o", "a.svg", "--set", "d=1"), "error: `a` has no argument `d`\n"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_else(
    catnn: Run, tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    (tmp_path / "a.cat").write_text("model a : [n] -> [n] = id\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "gone.cat").symlink_to("nowhere.cat")
    result = catnn(*arguments)
    assert result.stderr.startswith(expected)
    assert (result.returncode, result.stdout) == (2, "")


@pytest.mark.parametrize(
    "arguments",
    [("axes", "a.cat:m"), ("train", "a.cat:t", "--data", "x=y"), ("search", "a.cat:t"), ("lsp",),
     ("explain", "a.cat:m")],
)  # fmt: skip
def test_what_is_to_come_does_not_pretend(catnn: Run, arguments: tuple[str, ...]) -> None:
    result = catnn(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "comes with a later version" in result.stderr


def test_without_a_command_the_commands_are_listed(catnn: Run) -> None:
    result = catnn()
    assert (result.returncode, result.stdout) == (2, "")
    assert "check" in result.stderr
    helped = catnn("--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert helped.stdout == result.stderr


@pytest.mark.parametrize("command", ["check", "type", "cost", "emit", "explain", "fmt", "new"])
def test_every_command_explains_its_arguments(catnn: Run, command: str) -> None:
    result = catnn(command, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"usage: catnn {command} ")


def test_the_version(catnn: Run) -> None:
    import catnn as package

    assert catnn("--version").stdout == f"catnn {package.__version__}\n"


def test_type_shows_a_fact_of_a_list_as_it_was_written(catnn: Run, tmp_path: Path) -> None:
    (tmp_path / "lists.cat").write_text(
        "morph m[w : int[3], v : int[2], d] : [n] -> [n] where w divides d, v[0] <= n, v >= 2 =\n"
        "  linear[d] >> linear[n]\n"
    )
    found = catnn("type", "lists.cat").stdout
    assert "where w divides d, v[0] <= n, v >= 2" in found
