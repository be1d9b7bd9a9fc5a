"""`catnn fmt`: canonical layout, written atomically, and never over a mistake."""

import os
import stat
from pathlib import Path

from tests.cli.conftest import Run

LOOSE = "# kept\nmodel  a : [n]->[n]=  relu>>gelu # here\n"
NEAT = "# kept\nmodel a : [n] -> [n] = relu >> gelu  # here\n"


def test_files_are_laid_out_and_a_second_time_nothing_changes(catnn: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.cat"
    file.write_text(LOOSE)
    first = catnn("fmt", "a.cat")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "changed a.cat\n1 of 1 file changed\n"
    assert file.read_text() == NEAT
    assert catnn("fmt", "a.cat").stdout == "0 of 1 file changed\n"


def test_check_changes_nothing_and_says_what_would(catnn: Run, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "loose.cat").write_text(LOOSE)
    (tmp_path / "neat.cat").write_text(NEAT)
    result = catnn("fmt", ".", "--check")
    assert result.returncode == 1
    assert result.stdout == "would change sub/loose.cat\n1 of 2 files would change\n"
    assert (tmp_path / "sub" / "loose.cat").read_text() == LOOSE
    assert catnn("fmt", "neat.cat", "--check").returncode == 0


def test_a_file_with_a_mistake_is_left_alone_and_others_are_not(catnn: Run, tmp_path: Path) -> None:
    broken = "model  a : [n] -> [n] = relu >>\n"
    (tmp_path / "broken.cat").write_text(broken)
    (tmp_path / "loose.cat").write_text(LOOSE)
    result = catnn("fmt", "broken.cat", "loose.cat")
    assert result.returncode == 1
    assert "error[E01" in result.stderr
    assert "1 of 2 files changed, 1 file with mistakes left alone" in result.stderr
    assert (tmp_path / "broken.cat").read_text() == broken
    assert (tmp_path / "loose.cat").read_text() == NEAT


def test_bytes_that_are_no_text_are_refused_not_replaced(catnn: Run, tmp_path: Path) -> None:
    data = b"model a : [n] -> [n] = relu # \xff\xfe\n"
    (tmp_path / "a.cat").write_bytes(data)
    result = catnn("fmt", "a.cat")
    assert result.returncode == 1
    assert "error[E0125]" in result.stderr
    assert (tmp_path / "a.cat").read_bytes() == data


def test_mode_and_links_survive_and_no_temporary_file_stays(catnn: Run, tmp_path: Path) -> None:
    real = tmp_path / "real.cat"
    real.write_text(LOOSE)
    real.chmod(0o640)
    os.symlink("real.cat", tmp_path / "link.cat")
    assert catnn("fmt", "link.cat").returncode == 0
    assert (tmp_path / "link.cat").is_symlink()
    assert real.read_text() == NEAT
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.cat", "real.cat"]


def test_hidden_folders_are_not_walked(catnn: Run, tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "loose.cat").write_text(LOOSE)
    (tmp_path / "neat.cat").write_text(NEAT)
    assert catnn("fmt", ".").stdout == "0 of 1 file changed\n"
