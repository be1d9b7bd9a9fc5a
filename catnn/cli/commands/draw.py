"""`catnn draw FILE:MODEL -o out.svg`: a string diagram."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from catnn.cli.files import target, write_atomically
from catnn.cli.program import checked, definition, known_settings, model
from catnn.cli.settings import settings
from catnn.cli.usage import UsageError, either
from catnn.draw import ENDINGS, draw


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", metavar="FILE:MODEL")
    parser.add_argument(
        "-o",
        "--output",
        metavar="out.svg",
        required=True,
        help="the picture: .svg, .html (boxes unfold by a click), .tex (TikZ) or .dot",
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="d=64,h=4", help="arguments of the model"
    )
    parser.add_argument(
        "--depth",
        metavar="N",
        help="open N levels of definitions, those of the library too (without it: 2, the library closed)",
    )


def run(options: Namespace) -> int:
    place = target(options.target)
    chosen = settings("--set", options.set)
    path, depth = Path(options.output), _depth(options.depth)
    if path.suffix not in ENDINGS:
        what = f"`{path.suffix}` is no ending" if path.suffix else f"`{path}` has no ending"
        raise UsageError(f"{what} of a picture", [f"end it with one of {either(ENDINGS)}"])
    program = checked(place)
    found = model(program, place) if place.name is None else definition(program, place)
    known_settings(found, chosen)
    write_atomically(path, draw(program, found.name, chosen, path.suffix, depth))
    return 0


def _depth(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"--depth {text} is no number of levels", ["write a whole number from 1"])
    return int(text)
