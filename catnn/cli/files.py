"""The files that commands read and write, and `FILE:NAME`."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from attrs import frozen

from catnn.cli.usage import UsageError, did_you_mean
from catnn.source import SourceFile
from catnn.syntax.files import MAX_BYTES, is_readable_to_its_end

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*'*")


@frozen
class Target:
    """`FILE:NAME`; the name may be missing."""

    path: Path
    name: str | None


def target(text: str) -> Target:
    """Take `FILE` or `FILE:NAME` apart; the file must be there."""
    before, colon, after = text.rpartition(":")
    if colon and before and not os.path.exists(text):
        if not _NAME.fullmatch(after):
            raise UsageError(f"`{after}` in `{text}` is no name", ["write FILE:NAME"])
        return Target(existing_file(before), after)
    return Target(existing_file(text), None)


def existing_file(text: str) -> Path:
    path = Path(text)
    if os.path.isdir(text):
        raise UsageError(f"{text} is a folder, not a file")
    if not os.path.exists(text):
        raise missing(path)
    if not is_readable_to_its_end(path):
        raise UsageError(f"{text} is no regular file")
    return path


def missing(path: Path) -> UsageError:
    """The error for a path that leads nowhere, with the nearest name beside it."""
    beside: list[str] = []
    with suppress(OSError):
        beside = [entry.name for entry in path.parent.iterdir() if entry.exists()]
    return UsageError(f"no file or folder {path}", did_you_mean(path.name, beside))


def programs(texts: Sequence[str]) -> list[Path]:
    """Files as they are given, folders walked for `*.cat`, each once, in order.

    Folders whose names start with a dot are left out.
    """
    found: dict[Path, None] = {}
    for text in texts:
        path = Path(text)
        if os.path.isdir(text):
            inside = sorted(_walk(path))
            if not inside:
                raise UsageError(f"no .cat file in {text}")
            found.update(dict.fromkeys(inside))
        else:
            found[existing_file(text)] = None
    return list(found)


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = (name for name in folders if not name.startswith("."))
        paths = (Path(root, name) for name in names if name.endswith(".cat"))
        yield from (path for path in paths if is_readable_to_its_end(path))


def read_source(path: Path) -> SourceFile:
    """A file as text; bytes that are no UTF-8 become `\ufffd`, which the parser refuses."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # the parser refuses more
        return SourceFile(str(path), data.decode("utf-8", errors="replace"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def write_atomically(path: Path, text: str) -> None:
    """Write beside the file and move into its place; a link keeps leading there.

    Whoever reads at the same time sees the old text or the new one. `UsageError`
    if the place cannot be written.
    """
    place = path.resolve()
    temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "x", encoding="utf-8", newline="") as file:
            file.write(text)
        if place.exists():
            temporary.chmod(place.stat().st_mode & 0o7777)
        os.replace(temporary, place)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def plural(count: int, noun: str) -> str:
    """`1 file`, `2 files`, `no files`."""
    number = "no" if count == 0 else str(count)
    return f"{number} {noun}" if count == 1 else f"{number} {noun}s"


def joined(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)
