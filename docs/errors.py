"""Write `docs/errors.md`, the index of error codes: `make docs`."""

from pathlib import Path

from catnn.errors.codes import CODES

FAMILIES = {
    "E01": "Syntax",
    "E02": "Shapes and sizes",
    "E03": "Names, kinds and types",
    "E04": "Contexts and sheaves",
    "E05": "Parameters",
    "E06": "Laws",
    "E07": "Training and data",
    "E08": "Lowering and run time",
    "W": "Warnings",
}

PLACE = Path(__file__).with_name("errors.md")


def index() -> str:
    """The index as Markdown: a section for each family, a row for each code."""
    lines = [
        "# Error codes",
        "",
        "`catnn explain E0207` prints the page of a code: what it means, a program that has it, and the cure.",
        "This list is written by `make docs`.",
    ]
    for family, title in FAMILIES.items():
        codes = sorted(code for code in CODES if code.startswith(family))
        if codes:
            lines += ["", f"## {title}", "", "| code | error |", "|---|---|"]
            lines += [
                f"| [{code}](../catnn/explain/{code}.md) | {CODES[code].replace('|', chr(92) + '|')} |"
                for code in codes
            ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PLACE.write_text(index(), encoding="utf-8")
