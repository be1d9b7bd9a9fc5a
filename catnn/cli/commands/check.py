"""`catnn check PATH...`: every error of every file."""

from argparse import ArgumentParser, Namespace

from catnn.cli.files import joined, plural, programs
from catnn.cli.report import as_json, print_json, show
from catnn.errors.diagnostic import Diagnostic
from catnn.pipeline import check
from catnn.source import SourceFile


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, or a folder to walk")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(options: Namespace) -> int:
    files = programs(options.paths)
    found: dict[Diagnostic, None] = {}
    sources: dict[str, SourceFile] = {}
    for path in files:
        checked = check(path)
        sources.update(checked.sources)
        found.update(dict.fromkeys(checked.diagnostics))
    diagnostics = list(found)
    errors = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
    warnings = len(diagnostics) - errors
    if options.json:
        print_json(
            {
                "files": [str(path) for path in files],
                "errors": errors,
                "warnings": warnings,
                "diagnostics": as_json(diagnostics, sources),
            }
        )
    else:
        show(diagnostics, sources)
        parts = [plural(errors, "error"), plural(warnings, "warning") if warnings else ""]
        print(f"{plural(len(files), 'file')} checked: {joined(parts)}")
    return 1 if errors else 0
