"""`catnn cost FILE:MODEL`: formulas, and numbers where sizes are given, by named factor."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING

from catnn.cli.files import target
from catnn.cli.program import checked, known_settings, listed, model, shown_with
from catnn.cli.report import as_json, print_json
from catnn.cli.settings import Value, run_time_sizes, settings
from catnn.cli.usage import UsageError, did_you_mean
from catnn.cost import COLUMNS, Cost, Counts, cost
from catnn.pipeline import Checked, Definition, specialise, specialise_symbolic

if TYPE_CHECKING:
    from catnn.errors.render import Json


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", metavar="FILE:MODEL")
    parser.add_argument(
        "--set", action="append", default=[], metavar="d=64,h=4", help="arguments of the model"
    )
    parser.add_argument(
        "--at", action="append", default=[], metavar="b=8,n=128", help="run-time sizes"
    )
    parser.add_argument(
        "--depth", type=int, default=2, help="how many names of a path make a factor (2)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(options: Namespace) -> int:
    place = target(options.target)
    chosen, sizes = settings("--set", options.set), run_time_sizes(options.at)
    if options.depth < 1:
        raise UsageError("--depth is at least 1")
    program = checked(place, quiet=options.json)
    found = model(program, place)
    known_settings(found, chosen)
    formulas, figures = costs(program, found, chosen, sizes)
    formulas, figures = formulas.grouped(options.depth), figures.grouped(options.depth)
    if options.json:
        print_json(
            {
                "file": str(place.path),
                "model": found.name,
                "set": as_json_values(chosen),
                "at": dict(sizes),
                "factors": [
                    {"name": name, **_as_json(counts, figures.factors[name])}
                    for name, counts in formulas.factors.items()
                ],
                "total": _as_json(formulas.total, figures.total),
                "diagnostics": as_json(program.diagnostics, program.sources),
            }
        )
    else:
        from catnn.cost.table import table

        print(table(formulas, figures))
    return 0


def costs(
    program: Checked, found: Definition, chosen: Mapping[str, Value], sizes: Mapping[str, int]
) -> tuple[Cost, Cost]:
    """The cost as formulas in all sizes, and with the sizes filled in that are known.

    A static size without a value stays open in both.
    """
    with shown_with(program):
        formulas = cost(specialise_symbolic(program, found.name, chosen))
        if any(p.required and p.name not in chosen for p in found.parameters):
            figures = formulas.at({**_defaults(found), **_whole(chosen)})
        else:
            figures = cost(specialise(program, found.name, chosen))
    static = {parameter.name for parameter in found.parameters}
    for name in sizes:
        if name in static or figures.symbol(name) is None:
            names = [symbol.name for symbol in figures.sizes if symbol.name not in static]
            raise UsageError(
                f"`{found.name}` has no run-time size `{name}`",
                did_you_mean(name, names) or listed("it has", names),
            )
    return formulas, figures.at(sizes)


def _defaults(found: Definition) -> dict[str, int]:
    """The defaults that are plain whole numbers."""
    texts = {p.name: p.default for p in found.parameters if p.default is not None}
    return {name: int(text) for name, text in texts.items() if text.isdigit()}


def _whole(chosen: Mapping[str, Value]) -> dict[str, int]:
    return {name: value for name, value in chosen.items() if isinstance(value, int)}


def as_json_values(chosen: Mapping[str, Value]) -> "Json":
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in chosen.items()
    }


def _as_json(formulas: Counts, figures: Counts) -> "dict[str, Json]":
    """Each figure as a formula, and as a number or null where sizes are open."""
    return {
        column: {"formula": str(formulas[column]), "value": figures[column].as_int()}
        for column in COLUMNS
    }
