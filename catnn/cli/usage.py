"""What is wrong with a call of `catnn`, as opposed to a program: exit status 2."""

from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from typing import NoReturn

from catnn.elaborate.names import suggestion


class UsageError(Exception):
    """A wrong call; `help` says what to do instead."""

    def __init__(self, message: str, help: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.help = tuple(help)


class Parser(ArgumentParser):
    """An argument parser that raises `UsageError` and takes no abbreviated flags."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(prog=f"catnn {command}", description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, [f"`{self.prog} --help` shows the arguments"])

    def unknown(self, extra: Sequence[str]) -> NoReturn:
        """Refuse arguments that no rule of the command takes."""
        word = extra[0].partition("=")[0]
        if not word.startswith("-"):
            raise UsageError(f"unexpected argument `{word}`", [f"see `{self.prog} --help`"])
        raise UsageError(
            f"unknown flag `{word}`",
            did_you_mean(word, self._option_string_actions) or [f"see `{self.prog} --help`"],
        )


def did_you_mean(word: str, known: Iterable[str]) -> list[str]:
    """A help line that names the nearest known word, if one is near."""
    found = suggestion(word, known)
    return [] if found is None else [found]


def either(names: Iterable[str]) -> str:
    """`` `a`, `b`, `c` ``."""
    return ", ".join(f"`{name}`" for name in names)
