"""`catnn verify` as people run it."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

pytestmark = pytest.mark.torch

LAWS = """\
law shift : forall x : [n], c : []; softmax(x + c) == softmax(x)
law odd : forall x : []; relu(-x) == -relu(x)
law twice : forall x : [n]; x + x == x + x
"""
REFUTED = """\
error[E0604]: the law `odd` does not hold
 --> laws.cat:2:5
  |
2 | law odd : forall x : []; relu(-x) == -relu(x)
  |     ^^^ its sides differ here
  = note: x = 1
  = note: left  = 0
  = note: right = -1

"""


@pytest.fixture
def laws(tmp_path: Path) -> Path:
    (tmp_path / "laws.cat").write_text(LAWS)
    return tmp_path


@pytest.mark.usefixtures("laws")
def test_every_law_has_a_line_and_a_false_one_its_counterexample(catnn: Run) -> None:
    result = catnn("verify", "laws.cat", "--examples", "20")
    assert result.returncode == 1
    first, second, third, last = result.stdout.splitlines()
    assert first == "shift  tested    on 20 examples"
    assert second == "odd    refuted   see below"
    assert third == "twice  proved    both sides have one normal form"
    assert last == "3 laws: 1 proved, 1 tested, 1 refuted"
    assert result.stderr == REFUTED


@pytest.mark.usefixtures("laws")
def test_one_law_as_json(catnn: Run) -> None:
    result = catnn("verify", "laws.cat:odd", "--json", "--seed", "3")
    assert (result.returncode, result.stderr) == (1, "")
    document = json.loads(result.stdout)
    (law,) = document["laws"]
    assert (law["name"], law["status"]) == ("odd", "refuted")
    assert law["counterexample"]["inputs"].keys() == {"x"}
    assert [d["code"] for d in document["diagnostics"]] == ["E0604"]


def test_wrong_usage(catnn: Run, laws: Path) -> None:
    (laws / "none.cat").write_text("morph f : [n] -> [n] = id\n")
    missing = catnn("verify", "laws.cat:shft")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "no law `shft`" in missing.stderr
    assert "`shift`" in missing.stderr
    assert catnn("verify", "laws.cat", "--examples", "0").returncode == 2
    none = catnn("verify", "none.cat")
    assert (none.returncode, none.stdout) == (0, "no laws\n")
