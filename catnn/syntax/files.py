"""Reading the files of a program. Nothing else in the compiler reads a program's files.

A file may import files beside it or below, and never anything outside the
folder of the program's first file: not by `..`, by an absolute path, or by a link.
"""

import os
from pathlib import Path, PurePosixPath
from stat import S_ISDIR, S_ISREG

from catnn.errors.diagnostic import Diagnostic
from catnn.source import SourceFile, Span
from catnn.syntax.parse import MAX_CHARACTERS

# UTF-8 takes up to four bytes for a character.
MAX_BYTES = 4 * MAX_CHARACTERS


_OPENED = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
"""Where a shell puts the output of another program: `catnn check <(program)`."""


def is_readable_to_its_end(path: Path) -> bool:
    """Whether reading ends: a file, or what the caller holds open; no device and no other pipe."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return True  # opening it says what is wrong
    return S_ISREG(mode) or S_ISDIR(mode) or str(path).startswith(_OPENED)


def read_source(path: Path, name: str, at: Span) -> SourceFile | Diagnostic:
    """A file as text; bytes that are no UTF-8 become `\\ufffd`, which the parser refuses."""
    if not is_readable_to_its_end(path):
        return Diagnostic("E0321", f"{name} is no regular file", at)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Diagnostic("E0321", f"cannot read {name}: {reason}", at)
    if len(data) > MAX_BYTES:
        message = f"{name} has more than {MAX_BYTES} bytes"
        return Diagnostic("E0126", message, at, help=("split it into modules",))
    return SourceFile(name, data.decode("utf-8", errors="replace"))


def locate(path: str, importer: Path, root: Path, at: Span) -> Path | Diagnostic:
    """The file that `path` means in a file at `importer`, if it lies in the folder `root`."""
    refused = check_path(path, at)
    if refused is not None:
        return refused
    target = importer.parent / path
    real = Path(os.path.realpath(target))
    if not real.is_relative_to(os.path.realpath(root)):
        return _outside(path, at, "it leads out of the folder of the program")
    if not os.path.isfile(real):
        return _missing(path, target, at)
    return target


def check_path(path: str, at: Span) -> Diagnostic | None:
    """Refuse what cannot be the path of a file of the program, whatever the files are."""
    if "\\" in path:
        return _outside(path, at, "folders are separated by `/`")
    parts = PurePosixPath(path)
    if parts.is_absolute() or path.startswith("~"):
        return _outside(path, at, "paths are relative to the file that imports")
    if ".." in parts.parts:
        return _outside(path, at, "`..` leads out of the folder")
    if not path.endswith(".cat") and not path.startswith("<"):
        return _outside(path, at, "only `.cat` files are imported")
    return None


def _outside(path: str, at: Span, reason: str) -> Diagnostic:
    return Diagnostic(
        "E0324",
        f'"{path}" cannot be imported: {reason}',
        at,
        help=("import files beside the program's first file, or below it",),
    )


def _missing(path: str, target: Path, at: Span) -> Diagnostic:
    from catnn.syntax.close import close

    if os.path.lexists(target):
        what = "a folder" if os.path.isdir(target) else "no regular file"
        return Diagnostic("E0321", f'"{path}" is {what}', at)
    beside: list[str] = []
    if os.path.isdir(target.parent):
        beside = [entry.name for entry in target.parent.iterdir() if entry.suffix == ".cat"]
    guess = close(target.name, beside)
    folder = PurePosixPath(path).parent
    help_ = () if guess is None else (f'did you mean "{folder / guess}"?',)
    return Diagnostic("E0321", f'no file "{path}"', at, help=help_)
