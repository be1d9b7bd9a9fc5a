"""`catnn equal FILE:A FILE:B`: whether two models compute the same."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING

from catnn.api import Model
from catnn.cli.files import Target, existing_file, plural, read_source, target
from catnn.cli.program import checked, known_settings, model, shown_with
from catnn.cli.report import as_json, print_json, show
from catnn.cli.settings import Value, settings
from catnn.cli.usage import UsageError
from catnn.errors.diagnostic import Diagnostic
from catnn.pipeline import equal

if TYPE_CHECKING:
    from catnn.errors.render import Json
    from catnn.laws.equal import Comparison
    from catnn.laws.search import Counterexample


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("one", metavar="FILE:A")
    parser.add_argument("other", metavar="FILE:B")
    parser.add_argument(
        "--set", action="append", default=[], metavar="d=64,h=4", help="arguments of both models"
    )
    parser.add_argument(
        "--map", metavar="names.json", help="names of parameters of A, with those in B"
    )
    parser.add_argument("--examples", type=int, default=100, help="on how many to test (100)")
    parser.add_argument("--seed", type=int, default=0, help="of sizes and numbers (0)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(options: Namespace) -> int:
    places = [target(options.one), target(options.other)]
    if options.examples < 1:
        raise UsageError("--examples is at least 1")
    names = pairs(options.map) if options.map is not None else {}
    chosen = settings("--set", options.set)
    one, other = models = [taken(place, chosen, options.json) for place in places]
    refuse_unknown(models, chosen)
    from catnn.backend import find_backend

    with shown_with(one.checked):
        found = equal(
            one.program, other.program, find_backend(), names, options.examples, options.seed
        )
    shown = f"`{one.name}` and `{other.name}`"
    if options.json:
        print_json(_as_json([str(place) for place in (options.one, options.other)], found))
    else:
        print(f"{shown}: {sentence(found)}")
        if found.counterexample is not None:
            show([difference(one, shown, found.counterexample)], one.checked.sources)
    return 1 if found.status == "refuted" else 0


def taken(place: Target, chosen: Mapping[str, Value], quiet: bool) -> Model:
    """One of the models, with the arguments that it has."""
    program = checked(place, quiet)
    found = model(program, place)
    own = {parameter.name for parameter in found.parameters}
    return Model(program, found.name, {n: v for n, v in chosen.items() if n in own})


def refuse_unknown(models: list[Model], chosen: Mapping[str, Value]) -> None:
    """Settings that neither model has."""
    left = {n: v for n, v in chosen.items() if not any(n in m.settings for m in models)}
    known_settings(models[0].definition, left)


def pairs(text: str) -> dict[str, str]:
    """The names in a JSON document: an object of strings."""
    path = existing_file(text)
    try:
        found = json.loads(read_source(path).text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{path} is no JSON: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise UsageError(f'{path} holds no names: write {{"name in A": "name in B"}}')
    return found


def sentence(found: "Comparison") -> str:
    return {
        "proved": "equal, proved: they have one normal form",
        "tested": f"equal on {plural(found.examples, 'example')}",
        "refuted": "not equal",
        "untested": f"unknown: {found.why}",
    }[found.status]


def difference(one: Model, shown: str, found: "Counterexample") -> Diagnostic:
    given = {name: str(value) for name, value in found.sizes.items()} | dict(found.shown.inputs)
    what = "gradients" if found.shown.what == "gradient" else "results"
    return Diagnostic(
        "E0604",
        f"{shown} have different {what}",
        one.definition.span,
        notes=(
            *(f"{name} = {value}" for name, value in given.items()),
            f"first  = {found.shown.left}",
            f"second = {found.shown.right}",
        ),
    )


def _as_json(models: list[str], found: "Comparison") -> "dict[str, Json]":
    example = found.counterexample
    return {
        "models": list(models),
        "status": found.status,
        "examples": found.examples,
        "worst": found.worst,
        "why": found.why or None,
        "counterexample": None
        if example is None
        else {
            "sizes": {name: str(value) for name, value in example.sizes.items()},
            "inputs": dict(example.shown.inputs),
            "left": example.shown.left,
            "right": example.shown.right,
            "of": example.shown.what,
        },
        "diagnostics": as_json([], {}),
    }
