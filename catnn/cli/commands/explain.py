"""`catnn explain E0207`: what an error means, an example, and its cure."""

import re
from argparse import ArgumentParser, Namespace

from catnn.cli.usage import UsageError, did_you_mean
from catnn.errors.explain import explain, pages


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("what", metavar="CODE", help="an error code such as E0207")
    parser.add_argument("--law", help="comes with a later version")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(options: Namespace) -> int:
    what: str = options.what
    if not re.fullmatch(r"[A-Za-z]?\d+", what):
        from catnn.cli.main import later

        return later("explain FILE:MODEL")
    page = explain(what)
    if page is None:
        known = pages()
        hints = did_you_mean(what.upper(), known) or [f"codes go from {known[0]} to {known[-1]}"]
        raise UsageError(f"no error has the code `{what}`", hints)
    if options.json:
        from catnn.cli.report import print_json

        print_json(
            {
                "code": page.code,
                "title": page.title,
                "text": page.text,
                "failing": page.failing,
                "cured": page.cured,
            }
        )
    else:
        print(page.text, end="")
    return 0
