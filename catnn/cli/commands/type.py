"""`catnn type FILE[:NAME]`: principal types, inferred ones included."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from catnn.cli.files import target
from catnn.cli.program import checked, definition
from catnn.cli.report import as_json, print_json
from catnn.pipeline import Definition

if TYPE_CHECKING:
    from catnn.errors.render import Json


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", metavar="FILE[:NAME]", help="a file, or one definition in it")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(options: Namespace) -> int:
    place = target(options.target)
    program = checked(place, quiet=options.json)
    found = list(program.definitions.values())
    if place.name is not None:
        found = [definition(program, place)]
    if options.json:
        print_json(
            {
                "file": str(place.path),
                "definitions": [_as_json(one) for one in found],
                "diagnostics": as_json(program.diagnostics, program.sources),
            }
        )
    else:
        for one in found:
            print(f"{one.kind} {one.signature}")
    return 0


def _as_json(one: Definition) -> "Json":
    return {
        "name": one.name,
        "kind": one.kind,
        "signature": one.signature,
        "parameters": [
            {
                "name": parameter.name,
                "kind": parameter.kind,
                "default": None if parameter.default is None else str(parameter.default),
                "required": parameter.required,
            }
            for parameter in one.parameters
        ],
    }
