"""The command `catnn`: find the command, run it, and turn what happens into an exit status.

0 fine; 1 the program has errors; 2 wrong usage; 70 a bug in catnn; 130
interrupted; 141 the reader of the output went away.
"""

import gc
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Protocol, cast

from catnn import __version__
from catnn.cli.usage import Parser, UsageError, did_you_mean

OK, FAILED, USAGE, BUG, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 70, 130, 141

COMMANDS = {
    "check": "parse and type-check files or folders",
    "type": "print principal types, inferred ones included",
    "cost": "parameters, FLOPs and bytes, as formulas and as numbers",
    "draw": "draw a string diagram: SVG, HTML, TikZ or Graphviz",
    "emit": "print PyTorch source that runs without catnn",
    "equal": "whether two models compute the same",
    "explain": "explain an error code, with an example and its cure",
    "fmt": "lay out files canonically",
    "new": "write a starter file",
    "verify": "prove or test the laws of a file, and show where one fails",
}

LATER = ("axes", "train", "search", "lsp")


class Command(Protocol):
    """What a module in `commands/` offers."""

    def arguments(self, parser: ArgumentParser) -> None: ...

    def run(self, options: Namespace) -> int: ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; nothing that a user causes is a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    _open_streams()
    try:
        status = _guarded(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        _silence()
        return BROKEN_PIPE
    except OSError as error:  # the output went into a full disk, for example
        with suppress(OSError):
            print(f"error: cannot write the output: {error.strerror}", file=sys.stderr, flush=True)
        _silence()
        return USAGE
    return status


def _open_streams() -> None:
    """A process may be started with its output closed; what it prints then goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def _guarded(argv: Sequence[str]) -> int:
    """The exit status of a command, with its errors printed."""
    from catnn.errors.diagnostic import CatError

    try:
        return _dispatch(argv)
    except UsageError as error:
        print(
            f"error: {error}",
            *(f"  = help: {line}" for line in error.help),
            sep="\n",
            file=sys.stderr,
        )
        return USAGE
    except CatError as error:
        from catnn.cli.report import show

        show(error.diagnostics, error.sources)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        if error.filename is not None:  # files are opened with words of their own
            return _bug(error, argv)
        raise  # the output
    except Exception as error:  # the last resort: anything else is our fault, and is said to be
        return _bug(error, argv)


def _dispatch(argv: Sequence[str]) -> int:
    if not argv:
        print(_overview(), file=sys.stderr)
        return USAGE
    name, *rest = argv
    if name in ("-h", "--help", "help"):
        print(_overview())
        return OK
    if name in ("-V", "--version"):
        print(f"catnn {__version__}")
        return OK
    if name in LATER:
        return later(name)
    if name not in COMMANDS:
        what = "flag" if name.startswith("-") else "command"
        hints = did_you_mean(name, (*COMMANDS, *LATER)) or ["`catnn --help` lists the commands"]
        raise UsageError(f"unknown {what} `{name}`", hints)
    return _run(name, rest)


def _run(name: str, argv: Sequence[str]) -> int:
    """Import one command and run it.

    The process is short and little of what it makes is garbage, so collecting
    would cost a tenth of its time for nothing.
    """
    gc.disable()
    command = cast(Command, import_module(f"catnn.cli.commands.{name}"))
    parser = Parser(name, COMMANDS[name])
    command.arguments(parser)
    try:
        options, extra = parser.parse_known_args(argv)
    except SystemExit:  # argparse leaves this way after --help
        return OK
    if extra:
        parser.unknown(extra)
    return command.run(options)


def later(name: str) -> int:
    """Say that a command is not there yet."""
    print(f"error: `catnn {name}` comes with a later version of catnn", file=sys.stderr)
    return USAGE


def _overview() -> str:
    width = max(map(len, COMMANDS))
    rows = [f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()]
    return "\n".join(
        [
            "usage: catnn COMMAND [arguments]   (catnn COMMAND --help for each)",
            "",
            *rows,
            "",
            f"With a later version: {', '.join(LATER)}.",
        ]
    )


def _bug(error: Exception, argv: Sequence[str]) -> int:
    """Own up to an internal error; the traceback only where it is asked for."""
    if os.environ.get("CATNN_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    text = str(error).removeprefix("bug in catnn: ")
    print(
        f"bug in catnn: {type(error).__name__}: {text}\n"
        f"  = help: please report this with the file and the command `catnn {' '.join(argv)}`;"
        " CATNN_DEBUG=1 prints the traceback",
        file=sys.stderr,
    )
    return BUG


def _silence() -> None:
    """Send what is still buffered nowhere, so that leaving is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
