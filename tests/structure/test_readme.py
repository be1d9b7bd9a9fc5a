"""Every block of code in README.md does what it says.

```cat       checks; a block that starts with `# name.cat` is a file for those that follow
```python    runs
```console   each `$ command` prints what follows it
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / "README.md").read_text("utf-8"))


def run(command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.torch
def test_every_block_does_what_it_says(tmp_path: Path) -> None:
    kinds = [kind for kind, _ in blocks()]
    assert {"cat", "console", "python"} <= set(kinds)
    for kind, text in blocks():
        match kind:
            case "cat":
                name = re.match(r"# (\w+\.cat)\n", text)
                file = tmp_path / (name[1] if name else "block.cat")
                file.write_text(text)
            case "python":
                result = run([sys.executable, "-c", text], tmp_path)
                assert result.returncode == 0, result.stdout
            case "console":
                for command, expected in re.findall(
                    r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE
                ):
                    first, *rest = shlex.split(command)
                    if first == "catnn":
                        script = str(Path(sys.executable).with_name("catnn"))
                        assert run([script, *rest], tmp_path).stdout.strip() == expected.strip()
            case _:
                assert kind in ("sh", "text"), f"a block of kind {kind} is not run by any test"
