"""What is imported when: checking a program is quick because it needs little."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "sympy", "numpy", "lark", "catnn_torch")

REPORT = "\nimport sys; print(*(m for m in {heavy} if m in sys.modules), file=sys.stderr)"

PROGRAM = "model m[k = 3] : [n] -> [k] = linear[k] >> relu\n"


def heavy_imports(code: str, folder: Path) -> set[str]:
    """Which of the heavy packages a fresh interpreter has loaded after `code`."""
    result = subprocess.run(
        [sys.executable, "-c", code + REPORT.format(heavy=HEAVY)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return set(result.stderr.splitlines()[-1].split())


def test_importing_catnn_loads_nothing_heavy(tmp_path: Path) -> None:
    assert heavy_imports("import catnn", tmp_path) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "m.cat"],
        ["type", "m.cat"],
        ["cost", "m.cat:m"],
        ["explain", "E0101"],
        ["fmt", "m.cat"],
        ["draw", "m.cat:m", "-o", "m.svg"],
    ],
)
def test_commands_about_the_program_load_nothing_heavy(
    tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "m.cat").write_text(PROGRAM)
    code = f"from catnn.cli.main import main; assert main({arguments}) == 0"
    assert heavy_imports(code, tmp_path) == set()


def test_the_tests_above_can_fail(tmp_path: Path) -> None:
    assert heavy_imports("import catnn, sympy", tmp_path) == {"sympy"}
