"""The emitted text of three examples, to be read in the diff; `pytest --bless` writes it anew."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.references.case import model as example

pytestmark = pytest.mark.torch

FOLDER = Path(__file__).parent / "golden"
MODELS: dict[str, dict[str, int | tuple[int, ...]]] = {
    "mlp": {"hidden": 16},
    "gpt2": {"layers": 2, "d": 64, "h": 4, "vocab": 101, "context": 32},
    "llama": {"layers": 2, "d": 32, "h": 4, "kv": 2, "w": 40, "vocab": 97},
    "resnet50": {"depths": (2, 2, 1, 1), "width": 8, "classes": 5},
}


@pytest.mark.parametrize("name", MODELS)
def test_emitted_text(name: str, bless: bool) -> None:
    found = example(name).bind(**MODELS[name]).emit()
    golden = FOLDER / f"{name}.py"
    if bless:
        golden.write_text(found, "utf-8")
    assert found == golden.read_text("utf-8"), "if this is better, `pytest --bless`"


@pytest.mark.parametrize("name", MODELS)
def test_the_same_text_every_time(name: str) -> None:
    model = example(name)
    assert model.bind(**MODELS[name]).emit() == example(name).bind(**MODELS[name]).emit()


def test_ruff_has_nothing_to_change() -> None:
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), "format", "--check", "--line-length", "100", str(FOLDER)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
