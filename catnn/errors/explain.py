"""The pages that explain error codes, in `catnn/explain/`, one for each code.

A page is Markdown:

    # E0207: title

    What it means.

    ```cat
    a program that has exactly this error
    ```

    ## Cure

    What to do.

    ```cat
    the same program without it
    ```

What goes wrong only when a model is built or called is shown in Python
(`python`), and what depends on the machine as a session (`console`).
"""

import re
from importlib.resources import files

from attrs import frozen

_BLOCK = re.compile(r"```(cat|python|console)\n(.*?)```", re.DOTALL)
_CURE = "\n## Cure\n"


@frozen
class Page:
    """An explanation; `failing` and `cured` are the programs in it, in `language`."""

    code: str
    title: str
    text: str
    language: str
    failing: str
    cured: str


def explain(code: str) -> Page | None:
    """The page of a code such as `E0207`, in either case, or None if there is none."""
    name = code.upper()
    if not re.fullmatch(r"[EW]\d{4}", name):
        return None
    page = files("catnn").joinpath("explain", f"{name}.md")
    return parse_page(page.read_text("utf-8")) if page.is_file() else None


def pages() -> list[str]:
    """The codes that have a page, in order."""
    names = (entry.name for entry in files("catnn").joinpath("explain").iterdir())
    return sorted(name.removesuffix(".md") for name in names if name.endswith(".md"))


def parse_page(text: str) -> Page:
    """Take a page apart; `ValueError` names what it lacks."""
    heading = re.match(r"# ([EW]\d{4}): (.+)\n", text)
    if heading is None:
        raise ValueError("a page starts with `# E0207: title`")
    before, cure, after = text.partition(_CURE)
    failing, cured = _BLOCK.findall(before), _BLOCK.findall(after)
    if not cure or len(failing) != 1 or len(cured) != 1:
        raise ValueError(f"{heading[1]}: one `cat` block before `## Cure` and one after it")
    language, program = failing[0]
    return Page(heading[1], heading[2], text, language, program, cured[0][1])
