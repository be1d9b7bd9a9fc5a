"""`catnn verify FILE[:NAME]`: prove or test the laws of a file, and show where one fails."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from catnn.cli.files import Target, joined, plural, target
from catnn.cli.program import checked, listed
from catnn.cli.report import as_json, print_json, show
from catnn.cli.usage import UsageError, did_you_mean
from catnn.errors.diagnostic import Diagnostic
from catnn.pipeline import Checked, verify

if TYPE_CHECKING:
    from catnn.errors.render import Json
    from catnn.laws.statement import Law
    from catnn.laws.verify import Report


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", metavar="FILE[:NAME]", help="all laws of a file, or one")
    parser.add_argument(
        "--examples", type=int, default=100, help="on how many examples to test a law (100)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of sizes and numbers (0)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(options: Namespace) -> int:
    place = target(options.target)
    if options.examples < 1:
        raise UsageError("--examples is at least 1")
    program = checked(place, quiet=options.json)
    laws = chosen(program, place)
    from catnn.backend import find_backend

    backend = find_backend() if laws else None
    reports = []
    for law in laws:
        assert backend is not None
        report = verify(program, law, backend, options.examples, options.seed)
        reports.append(report)
        if not options.json:
            print(line(report, max(len(law.name) for law in laws)), flush=True)
    refuted = [refutation(report) for report in reports if report.status == "refuted"]
    if options.json:
        print_json(
            {
                "file": str(place.path),
                "laws": [_as_json(report) for report in reports],
                "diagnostics": as_json([*program.diagnostics, *refuted], program.sources),
            }
        )
    else:
        show(refuted, program.sources)
        print(summary(reports))
    return 1 if refuted else 0


def chosen(program: Checked, place: Target) -> "list[Law]":
    if place.name is None:
        return list(program.laws.values())
    found = program.laws.get(place.name)
    if found is None:
        raise UsageError(
            f"{place.path} has no law `{place.name}`",
            did_you_mean(place.name, program.laws) or listed("it has", program.laws),
        )
    return [found]


def line(report: "Report", width: int) -> str:
    more = {
        "proved": "both sides have one normal form",
        "tested": f"on {plural(report.examples, 'example')}",
        "refuted": "see below",
        "untested": report.why,
    }[report.status]
    return f"{report.law.name:{width}}  {report.status:8}  {more}"


def summary(reports: "list[Report]") -> str:
    counts = {
        status: sum(report.status == status for report in reports)
        for status in ("proved", "tested", "refuted", "untested")
    }
    parts = [f"{count} {status}" for status, count in counts.items() if count]
    return f"{plural(len(reports), 'law')}{': ' if parts else ''}{joined(parts)}"


def refutation(report: "Report") -> Diagnostic:
    """Where and by what a law is refuted."""
    found = report.counterexample
    assert found is not None
    what = "the gradients of its sides differ" if found.shown.what == "gradient" else ""
    if not what:
        what = "its sides differ" if report.law.operator == "==" else "its left side is greater"
    given = {name: str(value) for name, value in found.sizes.items()} | dict(found.shown.inputs)
    return Diagnostic(
        "E0604",
        f"the law `{report.law.name}` does not hold",
        report.law.span,
        what + " here",
        notes=(
            *(f"{name} = {value}" for name, value in given.items()),
            f"left  = {found.shown.left}",
            f"right = {found.shown.right}",
        ),
    )


def _as_json(report: "Report") -> "dict[str, Json]":
    found = report.counterexample
    return {
        "name": report.law.name,
        "status": report.status,
        "examples": report.examples,
        "worst": report.worst,
        "why": report.why or None,
        "counterexample": None
        if found is None
        else {
            "sizes": {name: str(value) for name, value in found.sizes.items()},
            "inputs": dict(found.shown.inputs),
            "left": found.shown.left,
            "right": found.shown.right,
            "of": found.shown.what,
        },
    }
