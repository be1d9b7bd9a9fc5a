"""The golden programs, by name."""

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "golden" / "fmt"

PROGRAMS = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.cat"))}
