"""The programs on the pages that explain errors: the first has the error, the second has none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from catnn.errors.explain import Page, explain, pages
from catnn.pipeline import check_text
from catnn.source import SourceFile
from catnn.syntax.parse import parse


def page(code: str) -> Page:
    found = explain(code)
    assert found is not None
    return found


def codes_in(language: str, family: str = "") -> list[str]:
    return [c for c in pages() if page(c).language == language and c.startswith(family)]


@pytest.mark.parametrize("code", codes_in("cat", "E01"))
def test_syntax(code: str) -> None:
    """What only parses may use all of the language, also what is not checked yet."""
    failing, cured = (parse(SourceFile("page", t)) for t in (page(code).failing, page(code).cured))
    assert {diagnostic.code for diagnostic in failing.diagnostics} == {code}
    assert cured.diagnostics == ()


@pytest.mark.parametrize("code", sorted(set(codes_in("cat")) - set(codes_in("cat", "E01"))))
def test_programs(code: str) -> None:
    failing = check_text(page(code).failing).diagnostics
    assert {diagnostic.code for diagnostic in failing} == {code}
    assert check_text(page(code).cured).diagnostics == ()


@pytest.mark.torch
@pytest.mark.parametrize("code", codes_in("python"))
def test_python(code: str, tmp_path: Path) -> None:
    def run(text: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", text],
            cwd=tmp_path,
            env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    failing, cured = run(page(code).failing), run(page(code).cured)
    assert failing.returncode == 1
    last = failing.stderr[failing.stderr.index("catnn.CatError: ") :]
    assert code in last.splitlines()[0]
    assert (cured.returncode, cured.stderr) == (0, "")


def test_few_pages_cannot_be_run() -> None:
    assert codes_in("console") == ["E0604", "E0605", "E0606", "E0801"]
