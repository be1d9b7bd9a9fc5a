"""What the commands print and return, on small programs."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import SCRIPT, Run

GOOD = """\
morph twice[f : A -> A] : A -> A = f >> f
model net[hidden = 8] : [n, 4] -> [n, 3] = linear[hidden] >> relu >> linear[3] as head
"""

BAD = """\
morph split : [n, d] -> [n, d] = {n (h e) -> h n e}[h = 4] >> {h n e -> n (h e)}
model net : [n] -> [n] = relu >> no_such_name
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.cat").write_text(GOOD)
    (tmp_path / "bad.cat").write_text(BAD)
    return tmp_path


class TestCheck:
    def test_a_good_file(self, catnn: Run, folder: Path) -> None:
        result = catnn("check", "good.cat")
        assert (result.returncode, result.stdout, result.stderr) == (
            0,
            "1 file checked: no errors\n",
            "",
        )

    def test_every_error_of_every_file_is_shown(self, catnn: Run, folder: Path) -> None:
        result = catnn("check", ".")
        assert (result.returncode, result.stdout) == (1, "2 files checked: 2 errors\n")
        assert "error[E0207]: cannot show that `4` divides `d`\n --> bad.cat:1:" in result.stderr
        assert "`no_such_name`" in result.stderr
        assert "add `where 4 divides d`" in result.stderr
        assert "\x1b" not in result.stderr

    def test_colour_where_it_is_wanted(self, catnn: Run, folder: Path) -> None:
        assert "\x1b[1;31merror" in catnn("check", "bad.cat", env={"FORCE_COLOR": "1"}).stderr
        both = {"FORCE_COLOR": "1", "NO_COLOR": "1"}
        assert "\x1b" not in catnn("check", "bad.cat", env=both).stderr

    def test_json_is_one_document_with_the_diagnostics_in_it(
        self, catnn: Run, folder: Path
    ) -> None:
        result = catnn("check", "--json", "bad.cat", "good.cat")
        assert (result.returncode, result.stderr) == (1, "")
        found = json.loads(result.stdout)
        assert found["files"] == ["bad.cat", "good.cat"]
        assert (found["errors"], found["warnings"]) == (2, 0)
        keys = {"code", "severity", "message", "file", "span", "labels", "notes", "help"}
        assert [d.keys() for d in found["diagnostics"]] == [keys, keys]
        assert [d["span"]["start"]["line"] for d in found["diagnostics"]] == [1, 2]

    def test_an_import_that_both_files_share_is_reported_once(
        self, catnn: Run, folder: Path
    ) -> None:
        for name in ("one", "two"):
            text = f'from "bad.cat" import split\nmodel {name} : [n, 8] -> [n, 8] = split\n'
            (folder / f"{name}.cat").write_text(text)
        result = catnn("check", "one.cat", "two.cat", "bad.cat")
        assert result.stderr.count("cannot show that `4` divides `d`") == 1

    def test_a_file_that_is_no_text(self, catnn: Run, folder: Path) -> None:
        (folder / "blob.cat").write_bytes(bytes(range(256)))
        result = catnn("check", "blob.cat")
        assert (result.returncode, result.stdout) == (1, "1 file checked: 1 error\n")
        assert "error[E0125]" in result.stderr

    def test_an_empty_file_is_fine(self, catnn: Run, folder: Path) -> None:
        (folder / "empty.cat").write_text("")
        assert catnn("check", "empty.cat").returncode == 0


class TestType:
    def test_all_definitions_or_one(self, catnn: Run, folder: Path) -> None:
        result = catnn("type", "good.cat")
        assert result.stdout.splitlines() == [
            "morph twice[f : A -> A] : A -> A",
            "model net[hidden = 8] : [n, 4] -> [n, 3]",
        ]
        assert catnn("type", "good.cat:net").stdout == "model net[hidden = 8] : [n, 4] -> [n, 3]\n"

    def test_json(self, catnn: Run, folder: Path) -> None:
        (net,) = json.loads(catnn("type", "--json", "good.cat:net").stdout)["definitions"]
        assert (net["name"], net["kind"]) == ("net", "model")
        assert net["parameters"] == [
            {"name": "hidden", "kind": "size", "default": "8", "required": False}
        ]

    def test_an_unknown_name(self, catnn: Run, folder: Path) -> None:
        result = catnn("type", "good.cat:twise")
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr == (
            "error: good.cat has no model or morph `twise`\n  = help: did you mean `twice`?\n"
        )

    def test_errors_are_shown_instead(self, catnn: Run, folder: Path) -> None:
        result = catnn("type", "bad.cat")
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.count("error[") == 2


class TestCost:
    def test_formulas_and_numbers(self, catnn: Run, folder: Path) -> None:
        result = catnn("cost", "good.cat:net", "--set", "hidden=16", "--at", "b=2,n=5")
        assert result.returncode == 0
        assert result.stdout.startswith(
            "parameters\n"
            "  linear   80  5 * hidden\n"
            "  head     51  3 * hidden + 3\n"
            "  total   131  8 * hidden + 3\n"
        )
        assert "total   2,240  14 * hidden * n * batch" in result.stdout

    def test_json(self, catnn: Run, folder: Path) -> None:
        found = json.loads(catnn("cost", "good.cat", "--at", "n=5", "--json").stdout)
        assert found["model"] == "net"
        assert found["total"]["parameters"] == {"formula": "8 * hidden + 3", "value": 67}
        assert found["total"]["flops"]["value"] is None
        assert [factor["name"] for factor in found["factors"]] == ["linear", "head", ""]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("good.cat:nte",), "good.cat has no model `nte`\n  = help: did you mean `net`?"),
            (("good.cat:twice",), "`twice` is a morph; only a model stands by itself"),
            (("good.cat", "--set", "hiden=3"), "`net` has no argument `hiden`\n  = help: did you mean `hidden`?"),
            (("good.cat", "--at", "m=3"), "`net` has no run-time size `m`"),
            (("good.cat", "--at", "hidden=3"), "`net` has no run-time size `hidden`"),
            (("good.cat", "--depth", "0"), "--depth is at least 1"),
            (("good.cat", "--depth", "x"), "argument --depth: invalid int value: 'x'"),
        ],
    )  # fmt: skip
    def test_wrong_usage(
        self, catnn: Run, folder: Path, arguments: tuple[str, ...], message: str
    ) -> None:
        result = catnn("cost", *arguments)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.startswith(f"error: {message}")

    def test_several_models_must_be_told_apart(self, catnn: Run, folder: Path) -> None:
        (folder / "two.cat").write_text(
            "model a : [n] -> [n] = relu\nmodel b : [n] -> [n] = relu\n"
        )
        result = catnn("cost", "two.cat")
        assert result.returncode == 2
        assert "write FILE:MODEL, with one of `a`, `b`" in result.stderr

    def test_a_static_size_without_a_value_stays_a_formula(self, catnn: Run, folder: Path) -> None:
        (folder / "open.cat").write_text("model m[k = 3] : [d] -> [k] = linear[k]\n")
        assert "  linear  3 * d + 3  k * d + k\n" in catnn("cost", "open.cat").stdout
        assert "  linear  15  k * d + k\n" in catnn("cost", "open.cat", "--set", "d=4").stdout

    def test_sizes_that_break_a_fact_are_an_error_of_the_program(
        self, catnn: Run, folder: Path
    ) -> None:
        (folder / "heads.cat").write_text(
            "model m[h = 4, d = 8] : [n, d] -> [h, n, d / h] where h divides d =\n"
            "  linear[d] >> {n (h e) -> h n e}\n"
        )
        result = catnn("cost", "heads.cat", "--set", "h=3")
        assert (result.returncode, result.stdout) == (1, "")
        assert "error[E0207]" in result.stderr
        assert "heads.cat:1:" in result.stderr


@pytest.mark.torch
class TestEmit:
    def test_to_stdout_or_to_a_file(self, catnn: Run, folder: Path) -> None:
        shown = catnn("emit", "good.cat:net")
        assert (shown.returncode, shown.stderr) == (0, "")
        written = catnn("emit", "good.cat:net", "-o", "net.py")
        assert (written.returncode, written.stdout, written.stderr) == (0, "", "")
        assert (folder / "net.py").read_text() == shown.stdout
        assert {path.name for path in folder.iterdir()} == {"good.cat", "bad.cat", "net.py"}

    def test_arguments_and_modes(self, catnn: Run, folder: Path) -> None:
        assert "torch.empty(16, 4)" in catnn("emit", "good.cat:net", "--set", "hidden=16").stdout
        (folder / "drop.cat").write_text("model m : [n] -> [n] = dropout\n")
        assert "self.training" in catnn("emit", "drop.cat").stdout
        assert "self.training" not in catnn("emit", "drop.cat", "--mode", "infer").stdout
        wrong = catnn("emit", "drop.cat", "--mode", "fast")
        assert (wrong.returncode, wrong.stdout) == (2, "")
        assert "invalid choice: 'fast'" in wrong.stderr

    def test_what_stood_there_stays_if_something_is_wrong(self, catnn: Run, folder: Path) -> None:
        (folder / "net.py").write_text("mine")
        assert catnn("emit", "bad.cat:net", "-o", "net.py").returncode == 1
        assert (folder / "net.py").read_text() == "mine"
        lost = catnn("emit", "good.cat:net", "-o", "no/such/net.py")
        assert (lost.returncode, lost.stdout) == (2, "")
        assert lost.stderr == "error: cannot write no/such/net.py: No such file or directory\n"


class TestExplain:
    def test_a_page(self, catnn: Run) -> None:
        result = catnn("explain", "E0101")
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.startswith("# E0101: ")
        assert catnn("explain", "e0101").stdout == result.stdout

    def test_json(self, catnn: Run) -> None:
        found = json.loads(catnn("explain", "E0101", "--json").stdout)
        assert found.keys() == {"code", "title", "text", "failing", "cured"}


class TestNew:
    def test_the_starter_checks_and_is_laid_out(self, catnn: Run, tmp_path: Path) -> None:
        result = catnn("new", "first")
        assert (result.returncode, result.stderr) == (0, "")
        assert catnn("check", "first.cat").returncode == 0
        assert catnn("fmt", "first.cat", "--check").returncode == 0
        assert catnn("cost", "first.cat:first", "--at", "b=32").returncode == 0


def test_a_reader_that_goes_away_causes_no_noise(folder: Path) -> None:
    for command in (["type", "good.cat"], ["--help"], ["explain", "E0101"]):
        process = subprocess.Popen(
            [SCRIPT, *command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        with process.stderr:
            assert process.stderr.read() == b""
        assert process.wait() == 141


def test_output_that_goes_nowhere(folder: Path) -> None:
    """A full disk is said to be one; a closed output is no matter."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with full.open("w") as output:
        process = subprocess.run(
            [SCRIPT, "type", "good.cat"], cwd=folder, stdout=output, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
    assert process.returncode == 2
    assert process.stderr == "error: cannot write the output: No space left on device\n"
    command = f"{SCRIPT} type good.cat >&- 2>&-"
    assert subprocess.run(command, shell=True, cwd=folder, check=False).returncode == 0


def test_a_bug_is_owned_up_to_and_its_traceback_shown_on_request(catnn: Run, folder: Path) -> None:
    (folder / "sitecustomize.py").write_text(
        "import catnn.pipeline\n"
        "def check(path):\n"
        "    raise RuntimeError('the sizes are wrong')\n"
        "catnn.pipeline.check = check\n"
    )
    env = {"PYTHONPATH": str(folder)}
    result = catnn("check", "good.cat", env=env)
    assert (result.returncode, result.stdout) == (70, "")
    assert result.stderr.startswith("bug in catnn: RuntimeError: the sizes are wrong\n")
    assert "Traceback" not in result.stderr
    assert "catnn check good.cat" in result.stderr
    assert "Traceback" in catnn("check", "good.cat", env={**env, "CATNN_DEBUG": "1"}).stderr
