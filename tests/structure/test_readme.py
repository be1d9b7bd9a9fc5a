"""Every block of code in README.md does what it says.

```cat       checks or not as the text says; `# name.cat` first makes it a file for what follows
```python    runs, or after `# from `catnn emit ..`` is a part of what that prints;
             a comment behind a `print` is what it prints
```console   each `$ command` prints what follows it
```sh        commands about the repository itself: targets that the Makefile has
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
SCRIPT = str(Path(sys.executable).with_name("catnn"))


def blocks() -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / "README.md").read_text("utf-8"))


def output(command: list[str], folder: Path, merge: bool = False) -> str:
    """What a command prints; stderr behind stdout if they are merged."""
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    return result.stdout + result.stderr if merge else result.stdout


def try_console(text: str, folder: Path) -> None:
    for line, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
        name, *arguments = shlex.split(line)
        assert name == "catnn"
        assert output([SCRIPT, *arguments], folder, merge=True).rstrip() == expected.rstrip()


def try_python(text: str, folder: Path) -> None:
    emitted = re.match(r"# from `catnn (.*)`\n", text)
    if emitted:
        assert text[emitted.end() :] in output([SCRIPT, *emitted[1].split()], folder)
        return
    result = subprocess.run(
        [sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stderr
    said = re.findall(r"^print\(.*\) +# (.*)$", text, re.MULTILINE)
    for claim, printed in zip(said, result.stdout.splitlines(), strict=True):
        assert claim.startswith("a ") or claim == printed


@pytest.mark.torch
def test_every_block_does_what_it_says(tmp_path: Path) -> None:
    assert {"cat", "console", "python", "sh"} <= {kind for kind, _ in blocks()}
    for kind, text in blocks():
        match kind:
            case "cat":
                name = re.match(r"# (\w+\.cat)\n", text)
                assert name is not None, "a program begins with the name of its file"
                (tmp_path / name[1]).write_text(text)
            case "console":
                try_console(text, tmp_path)
            case "python":
                try_python(text, tmp_path)
            case "sh":
                targets = re.findall(r"^make (\w+)", text, re.MULTILINE)
                assert targets
                for target in targets:
                    assert output(["make", "-n", target], ROOT)
            case _:
                pytest.fail(f"no test runs a block of kind {kind}")


def test_the_good_programs_check_and_are_laid_out(tmp_path: Path) -> None:
    good = [text for kind, text in blocks() if kind == "cat" and "wrong" not in text]
    assert good
    for index, text in enumerate(good):
        file = tmp_path / f"{index}.cat"
        file.write_text(text)
        assert output([SCRIPT, "check", str(file)], tmp_path) == "1 file checked: no errors\n"
        assert "0 of 1" in output([SCRIPT, "fmt", "--check", str(file)], tmp_path)
