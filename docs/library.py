"""Write `docs/std/`, a page for each file of the library and one for the primitives: `make docs`."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from catnn.pipeline import check_text, specialise
from catnn.prims.rows import PRIMITIVES
from catnn.reference import Entry, Module, module, modules
from catnn.syntax.library import FOLDER, INDEX

PLACE = Path(__file__).with_name("std")


def searched() -> set[str]:
    """The modules whose names need no import."""
    lines = (FOLDER / INDEX).read_text("utf-8").splitlines()
    return {line.strip() for line in lines if line and not line.startswith("#")}


def pages() -> dict[str, str]:
    """Every page by the name of its file."""
    found = {f"{name}.md": page(module(name)) for name in modules()}
    return {"INDEX.md": index(), "primitives.md": primitives(), **found}


def index() -> str:
    """All names on one page, by module."""
    lines = [
        "# The library",
        "",
        "What is written in the language itself, file by file; these pages are made from it by `make docs`. "
        "Below all is what the language computes by itself: [the primitives](primitives.md).",
    ]
    for name in modules():
        found = module(name)
        names = [f"[`{entry.name}`]({name}.md#{anchor(entry.name)})" for entry in found.entries]
        lines += ["", f"## [{name}]({name}.md)", "", found.about, "", ", ".join(names)]
    return "\n".join(lines) + "\n"


def page(found: Module) -> str:
    """One file of the library."""
    lines = [f"# {found.name}", "", found.about, ""]
    place = f"[std/{found.name}.cat](../../catnn/std/{found.name}.cat)"
    if found.name in searched():
        lines.append(f"From {place}; its names need no import.")
    else:
        lines.append(f"From {place}; `import std.{found.name} (..)` brings its names.")
    for entry in found.entries:
        lines += ["", *section(found.name, entry)]
    return "\n".join(lines) + "\n"


def section(home: str, entry: Entry) -> list[str]:
    """What is said of one declaration."""
    lines = [f"## {entry.name}", "", "```", entry.signature, "```", "", entry.comment]
    if entry.facts:
        lines += ["", f"Who uses it shows {listed(f'`{fact}`' for fact in entry.facts)}."]
    if entry.settings:
        rows = [
            (f"`{s.name}`", s.kind, f"`{s.default}`" if s.default else "") for s in entry.settings
        ]
        lines += ["", *table(("setting", "kind", "default"), rows)]
    if entry.leaves:
        leaves = [
            (f"`{leaf.name}`", leaf.kind, f"`{leaf.type}`", f"`{leaf.start}`")
            for leaf in entry.leaves
        ]
        lines += ["", *table(("leaf", "", "shape", "begins as"), leaves)]
    if entry.example:
        lines += ["", "```cat", example(home, entry), "```", *made(home, entry)]
    return lines


def example(home: str, entry: Entry) -> str:
    """The example as a program of its own."""
    needs = "" if home in searched() else f"import std.{home} ({entry.name})\n"
    return needs + entry.example


def made(home: str, entry: Entry) -> list[str]:
    """The type that is found for the example, and the leaves that it makes inside of its parts."""
    checked = check_text(example(home, entry) + "\n")
    found = checked.definitions["example"]
    lines = ["", f"`catnn type` prints `{found.kind} {found.signature}`."]
    leaves = specialise(checked, "example", {}).leaves
    shapes = [f"`{'.'.join(map(_step, leaf.path))} : {leaf.type}`" for leaf in leaves]
    if len(leaves) > len(entry.leaves):
        lines[-1] += f" It makes {listed(shapes)}."
    return lines


def _step(step: object) -> str:
    return step if isinstance(step, str) else "*"


def primitives() -> str:
    """The rows of the primitives."""
    lines = [
        "# Primitives",
        "",
        "What the language computes by itself, on the last axes of what it is given. They are called like any other morphism; "
        "what begins with `draw.` belongs to a `draw` statement.",
        "",
    ]
    rows = [
        (f"`{row.signature}`", row.doc, ", ".join(sorted(row.tags)), row.source)
        for row in PRIMITIVES.values()
    ]
    return "\n".join([*lines, *table(("type", "value", "tags", "as in"), rows)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of Markdown."""
    shown = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *shown]


def listed(items: Iterable[str]) -> str:
    """`a, b and c`."""
    found = list(items)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"


def anchor(name: str) -> str:
    return name.lower()


def write() -> None:
    """Write all pages, and take away those of files that are gone."""
    PLACE.mkdir(exist_ok=True)
    found = pages()
    for path in PLACE.glob("*.md"):
        if path.name not in found:
            path.unlink()
    for name, text in found.items():
        (PLACE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
