"""The real command, as a fresh process in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

SCRIPT = Path(sys.executable).with_name("catnn")


@pytest.fixture
def catnn(tmp_path: Path) -> Run:
    """`catnn("check", "a.cat")` runs the installed script; `env` adds variables."""
    assert SCRIPT.exists(), "the command is not installed: run `make setup`"

    def run(
        *arguments: str, env: dict[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        plain = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
        return subprocess.run(
            [str(SCRIPT), *arguments],
            cwd=tmp_path,
            env={**plain, **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
