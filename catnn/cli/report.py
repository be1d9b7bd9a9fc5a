"""Diagnostics on stderr, results on stdout, and the one JSON document of `--json`."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from catnn.errors.diagnostic import Diagnostic
from catnn.source import SourceFile

if TYPE_CHECKING:
    from catnn.errors.render import Json

MOST_SHOWN = 100
"""How many diagnostics are printed: nobody reads more at once."""


def show(diagnostics: Sequence[Diagnostic], sources: Mapping[str, SourceFile]) -> None:
    """Print diagnostics on stderr, an empty line after each; of very many the first ones."""
    if not diagnostics:
        return
    from catnn.errors.render import render

    color = uses_color(sys.stderr)
    for diagnostic in diagnostics[:MOST_SHOWN]:
        print(render(diagnostic, sources, color), end="\n\n", file=sys.stderr)
    left = len(diagnostics) - MOST_SHOWN
    if left > 0:
        print(f"and {left} more; `--json` lists them all", end="\n\n", file=sys.stderr)


def has_errors(diagnostics: Sequence[Diagnostic]) -> bool:
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)


def as_json(diagnostics: Sequence[Diagnostic], sources: Mapping[str, SourceFile]) -> "list[Json]":
    from catnn.errors.render import to_json

    return [to_json(diagnostic, sources) for diagnostic in diagnostics]


def print_json(document: "dict[str, Json]") -> None:
    import json

    print(json.dumps(document, indent=2, ensure_ascii=False))


def uses_color(stream: TextIO) -> bool:
    """Colour on terminals, unless `NO_COLOR` is set; `FORCE_COLOR` wants it anywhere."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
