"""`catnn draw`: files of four kinds, and what is wrong said as everywhere."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

PROGRAM = """\
morph block[h] : [n, d] -> [n, d] where h divides d = id + (layernorm >> attention[h])
model net[d = 8, h = 2] : [n, 4] -> [n, 3] where h divides d =
  linear[d] >> repeat[2] block[h] >> linear[3] as head
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.cat").write_text(PROGRAM)
    return tmp_path


@pytest.mark.parametrize(
    ("ending", "start"),
    [("svg", "<svg "), ("html", "<!DOCTYPE html>"), ("tex", "% model net"), ("dot", "digraph ")],
)
def test_the_ending_decides(catnn: Run, folder: Path, ending: str, start: str) -> None:
    result = catnn("draw", "net.cat:net", "-o", f"net.{ending}")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert (folder / f"net.{ending}").read_text("utf-8").startswith(start)
    assert sorted(path.name for path in folder.iterdir()) == ["net.cat", f"net.{ending}"]


def test_settings_are_in_the_types(catnn: Run, folder: Path) -> None:
    catnn("draw", "net.cat", "-o", "open.svg")
    assert catnn("draw", "net.cat", "-o", "bound.svg", "--set", "d=16").returncode == 0
    assert ">[n, d]<" in (folder / "open.svg").read_text()
    assert ">[n, 16]<" in (folder / "bound.svg").read_text()


def test_depth_opens_levels(catnn: Run, folder: Path) -> None:
    sizes = []
    for depth in ("1", "2", "4"):
        catnn("draw", "net.cat", "-o", "net.svg", "--depth", depth)
        sizes.append(len((folder / "net.svg").read_text()))
    assert sizes == sorted(set(sizes))


def test_a_morph_is_drawn_as_well(catnn: Run, folder: Path) -> None:
    assert catnn("draw", "net.cat:block", "-o", "block.svg").returncode == 0
    assert "attention[h]" in (folder / "block.svg").read_text()


def test_errors_of_the_program_leave_the_picture_alone(catnn: Run, folder: Path) -> None:
    (folder / "net.svg").write_text("old")
    result = catnn("draw", "net.cat", "-o", "net.svg", "--set", "h=3")
    assert result.returncode == 1
    assert "error[E0207]" in result.stderr
    (folder / "bad.cat").write_text("model m : [n] -> [n] = nothing\n")
    assert catnn("draw", "bad.cat", "-o", "net.svg").returncode == 1
    assert (folder / "net.svg").read_text() == "old"
