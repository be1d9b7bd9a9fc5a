"""`catnn fmt PATH... [--check]`: canonical layout; files with mistakes are left alone."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from catnn.cli.files import joined, plural, programs, read_source, write_atomically
from catnn.cli.report import has_errors, show
from catnn.syntax.format import format_file
from catnn.syntax.parse import parse


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, or a folder to walk")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if a file would change"
    )


def run(options: Namespace) -> int:
    files = programs(options.paths)
    changed, broken = 0, 0
    for path in files:
        text = formatted(path)
        if text is None:
            broken += 1
        elif text.encode() != path.read_bytes():
            changed += 1
            print(f"{'would change' if options.check else 'changed'} {path}")
            if not options.check:
                write_atomically(path, text)
    left = f"{plural(broken, 'file')} with mistakes left alone" if broken else ""
    verb = "would change" if options.check else "changed"
    summary = joined([f"{changed} of {plural(len(files), 'file')} {verb}", left])
    print(summary, file=sys.stderr if broken else sys.stdout)
    return 1 if broken or (options.check and changed) else 0


def formatted(path: Path) -> str | None:
    """The canonical text of a file; None, with the mistakes shown, if it does not parse."""
    source = read_source(path)
    result = parse(source)
    show(result.diagnostics, {source.name: source})
    return None if has_errors(result.diagnostics) else format_file(result.file, source)
