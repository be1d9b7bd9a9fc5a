"""`catnn emit FILE:MODEL`: PyTorch source that runs without catnn."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from catnn.api import Model
from catnn.cli.files import target, write_atomically
from catnn.cli.program import checked, known_settings, model
from catnn.cli.settings import settings


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", metavar="FILE:MODEL")
    parser.add_argument("-o", "--output", metavar="out.py", help="write there, not to stdout")
    parser.add_argument(
        "--set", action="append", default=[], metavar="d=64,h=4", help="arguments of the model"
    )
    parser.add_argument("--mode", choices=("train", "infer"), default="train")
    parser.add_argument(
        "--no-optimise",
        action="store_true",
        help="emit the program as it is written, one operation a line",
    )


def run(options: Namespace) -> int:
    place = target(options.target)
    chosen = settings("--set", options.set)
    program = checked(place)
    found = model(program, place)
    known_settings(found, chosen)
    source = Model(program, found.name, chosen).emit(
        mode=options.mode, optimise=not options.no_optimise
    )
    if options.output is None:
        sys.stdout.write(source)
    else:
        write_atomically(Path(options.output), source)
    return 0
