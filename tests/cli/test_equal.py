"""`catnn equal`: proved, tested or refuted, with parameters of equal names."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

pytestmark = pytest.mark.torch

MODELS = """\
model chain[d = 8] : [n, d] -> [n, d] = linear[d] as f >> relu >> linear[d] as g

model steps[d = 8] : [m, d] -> [m, d] = y =>
  let z = linear[d](y) as f;
  linear[d](relu(z)) as g

model clipped[d = 8] : [n, d] -> [n, d] =
  linear[d] as f >> (x => max(x, 0)) >> linear[d] as g

model smooth[d = 8] : [n, d] -> [n, d] = linear[d] as f >> gelu >> linear[d] as g

model swapped[d = 8] : [n, d] -> [n, d] = linear[d] as g >> relu >> linear[d] as f

model pooled[d = 8] : [n, d] -> [d] = linear[d] as f >> mean{[n] d}

model deep[d = 8] : [n, d] -> [n, d] = repeat[2] linear[d] as layers

model unrolled[d = 8] : [n, d] -> [n, d] = x =>
  let y = linear[d](x) as first;
  linear[d](y) as second
"""


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "m.cat").write_text(MODELS)
    return tmp_path


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize(
    ("other", "status", "said"),
    [
        ("steps", 0, "equal, proved: they have one normal form"),
        ("clipped", 0, "equal on 20 examples"),
        ("smooth", 1, "not equal"),
        ("swapped", 1, "not equal"),
    ],
)
def test_what_is_said(catnn: Run, other: str, status: int, said: str) -> None:
    result = catnn("equal", "m.cat:chain", f"m.cat:{other}", "--set", "d=2", "--examples", "20")
    assert result.stdout == f"`chain` and `{other}`: {said}\n"
    assert result.returncode == status
    assert ("error[E0604]" in result.stderr) == bool(status)
    if status:
        assert "n = 1\n" in result.stderr
        assert "first  = " in result.stderr


def test_names_are_paired_by_a_map(catnn: Run, models: Path) -> None:
    names = {
        f"layers.{k}.{leaf}": f"{name}.{leaf}"
        for k, name in enumerate(("first", "second"))
        for leaf in ("weight", "bias")
    }
    (models / "names.json").write_text(json.dumps(names))
    command = ("equal", "m.cat:deep", "m.cat:unrolled", "--set", "d=3", "--examples", "20")
    without = catnn(*command)
    assert without.returncode == 1
    assert "error[E0606]" in without.stderr
    assert "only `deep` has layers.0.weight, layers.0.bias" in without.stderr
    result = catnn(*command, "--map", "names.json", "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout)["status"] == "tested"


@pytest.mark.usefixtures("models")
def test_types_have_to_agree(catnn: Run) -> None:
    result = catnn("equal", "m.cat:chain", "m.cat:pooled")
    assert (result.returncode, result.stdout) == (1, "")
    assert "error[E0605]" in result.stderr
    assert "pooled : [n, 8] -> [8]" in result.stderr


def test_wrong_usage(catnn: Run, models: Path) -> None:
    (models / "list.json").write_text("[1, 2]")
    (models / "broken.json").write_text("{")
    both = ("equal", "m.cat:chain", "m.cat:steps")
    for more, said in (
        (("--set", "k=3"), "no argument `k`"),
        (("--map", "list.json"), "holds no names"),
        (("--map", "broken.json"), "is no JSON"),
        (("--map", "gone.json"), "no file or folder gone.json"),
        (("--examples", "0"), "at least 1"),
    ):
        result = catnn(*both, *more)
        assert (result.returncode, result.stdout) == (2, ""), result.stderr
        assert said in result.stderr
