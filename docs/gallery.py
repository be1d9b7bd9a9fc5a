"""Write `docs/gallery.md`, its pictures, and that of the README: `make docs`."""

import re
import sys
from pathlib import Path

from attrs import frozen

from catnn.cost import cost
from catnn.draw import draw
from catnn.errors import CatError, InternalError
from catnn.pipeline import Checked, check, check_text, specialise, specialise_symbolic

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "docs" / "gallery.md"
PICTURES = ROOT / "docs" / "gallery"
README_PICTURE = ROOT / "docs" / "pictures" / "tiny.svg"
EXAMPLES = ROOT / "examples"
LARGEST = 40_000
"""How many bytes a picture may have; a larger one is drawn with less of it open."""


@frozen
class Example:
    """An example as it is read, without its costs."""

    name: str
    title: str
    signature: str
    code_lines: int
    checked: Checked


def names() -> list[str]:
    return sorted(path.stem for path in EXAMPLES.glob("*.cat"))


def read(name: str) -> Example:
    """The example of that name, checked; it has no errors."""
    path = EXAMPLES / f"{name}.cat"
    checked = check(path)
    errors = [found.message for found in checked.diagnostics if found.severity == "error"]
    if errors:
        raise ValueError(f"{path.name} has errors: {errors[0]}")
    lines = path.read_text("utf-8").splitlines()
    code = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    title = lines[0].removeprefix("#").strip()
    return Example(name, title, checked.definitions[name].signature, len(code), checked)


def heading(example: Example) -> list[str]:
    """What is told of an example without counting anything."""
    return [
        f"## {example.name}",
        "",
        example.title,
        "",
        "```",
        example.signature,
        "```",
        "",
        f"[examples/{example.name}.cat](../examples/{example.name}.cat): {example.code_lines} lines of code.",
    ]


def parameters(example: Example) -> str:
    """How many parameters there are: as a formula, and at the defaults."""
    symbolic = cost(specialise_symbolic(example.checked, example.name, {})).total.parameters
    number = cost(specialise(example.checked, example.name, {})).total.parameters
    if symbolic == number:
        return f"Parameters: {grouped(str(number))}."
    return f"Parameters: {grouped(str(number))} = `{symbolic}`."


def grouped(number: str) -> str:
    return f"{int(number):,}" if number.isdigit() else f"`{number}`"


def picture(example: Example) -> str:
    """The drawing of an example, with as much open as keeps it small."""
    for depth in (None, 1):
        text = draw(example.checked, example.name, {}, ".svg", depth)
        if len(text.encode()) <= LARGEST:
            return text
    raise ValueError(f"the picture of {example.name} has more than {LARGEST} bytes")


def section(example: Example) -> str:
    """The part of the page about one example."""
    lines = [
        *heading(example),
        parameters(example),
        "",
        f"![{example.name}](gallery/{example.name}.svg)",
    ]
    return "\n".join(lines) + "\n"


def opening(found: list[str]) -> str:
    links = ", ".join(f"[{name}](#{name})" for name in found)
    return (
        "# Gallery\n\n"
        f"{len(found)} networks of the literature, each compared with an implementation that nobody here wrote (`tests/references`). "
        "Pictures are drawn by `catnn draw`; this page is written by `make docs`.\n\n"
        f"{links}\n"
    )


def readme_picture() -> str:
    """The picture of the first program of the README."""
    program = re.search(
        r"```cat\n# tiny\.cat\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S
    )
    if program is None:
        raise ValueError("the README has no tiny.cat")
    return draw(check_text(f"# tiny.cat\n{program[1]}"), "tiny", {})


def write() -> list[str]:
    """Write the page and all pictures, take away those of examples that are gone; what went wrong.

    An example with an error is left out, and named.
    """
    PICTURES.mkdir(exist_ok=True)
    sections, wrong = dict[str, str](), list[str]()
    for name in names():
        try:
            example = read(name)
            text, drawn = section(example), picture(example)
        except (CatError, InternalError, KeyError, ValueError) as error:
            wrong.append(f"{name}: {str(error).splitlines()[0]}")
            continue
        sections[name] = text
        (PICTURES / f"{name}.svg").write_text(drawn, encoding="utf-8")
    for path in PICTURES.glob("*.svg"):
        if path.stem not in sections:
            path.unlink()
    PLACE.write_text("\n".join([opening(list(sections)), *sections.values()]), encoding="utf-8")
    README_PICTURE.write_text(readme_picture(), encoding="utf-8")
    return wrong


if __name__ == "__main__":
    sys.exit("\n".join(write()) or None)
