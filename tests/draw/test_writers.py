"""The texts: valid, the same every time, complete, and free of anything from elsewhere."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from time import process_time
from xml.etree import ElementTree

import pytest

from catnn.draw import ENDINGS, draw
from catnn.draw.tex import escaped
from tests.draw.programs import EXAMPLES, PROGRAMS, checked, name_of

ALL = [*PROGRAMS, *(path.stem for path in EXAMPLES)]
SVG = "{http://www.w3.org/2000/svg}"


def text(program: str, ending: str = ".svg", depth: int | None = None) -> str:
    return draw(checked(program), name_of(program), {}, ending, depth)


@pytest.mark.parametrize("program", ALL)
def test_svg(program: str) -> None:
    checked(program)
    before = process_time()
    written = text(program)
    assert process_time() - before < 2  # a second is promised, on a quiet machine
    root = ElementTree.fromstring(written)
    assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
    titles = [root.find(f"{SVG}title"), root.find(f"{SVG}desc")]
    assert all(found is not None and found.text for found in titles)
    assert root.get("aria-labelledby") == " ".join(
        str(t.get("id")) for t in titles if t is not None
    )
    assert "prefers-color-scheme" in written
    assert written == text(program)


@pytest.mark.parametrize("program", PROGRAMS)
def test_dot(program: str) -> None:
    """Every edge goes between nodes that are there, and brackets are closed."""
    written = text(program, ".dot", 2)
    bare = re.sub(r'"(?:\\.|[^"\\])*"', '""', written)
    nodes = set(re.findall(r"^ *(\w+) \[label", bare, re.MULTILINE))
    edges = re.findall(r"^ *(\w+) -> (\w+) \[", bare, re.MULTILINE)
    assert edges
    assert {end for edge in edges for end in edge} <= nodes
    assert bare.count("{") == bare.count("}")
    assert bare.count("[") == bare.count("]")


@pytest.mark.parametrize("program", PROGRAMS)
def test_tex(program: str) -> None:
    """Groups are closed, environments end, and no letter is left that LaTeX would not set."""
    written = text(program, ".tex", 2)
    bare = re.sub(r"\\[\\{}%#$&_]", "", written)
    assert bare.count("{") == bare.count("}")
    for kind in ("document", "tikzpicture"):
        assert written.count(rf"\begin{{{kind}}}") == written.count(rf"\end{{{kind}}}") == 1
    body = written.split("\n", 1)[1]
    assert body.isascii(), [c for c in body if not c.isascii()]
    assert all(line.endswith(";") for line in body.splitlines() if line.startswith("  \\"))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX")
def test_tex_compiles(tmp_path: Path) -> None:
    for program in ("residual", "lookup", "constant"):
        (tmp_path / f"{program}.tex").write_text(text(program, ".tex", 2))
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{program}.tex"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)


def test_what_tex_reads_otherwise_is_escaped() -> None:
    assert escaped("{n -> m}_2") == r"\{n -{}\textgreater{} m\}\_2"


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))


@pytest.mark.parametrize("program", ["gpt2", "share", "context", "recursion", "t5"])
def test_html(program: str) -> None:
    """Every box that unfolds has its inside on the page, and nothing comes from elsewhere."""
    page = Page()
    page.feed(text(program, ".html"))
    templates = {a["id"] for tag, a in page.attributes if tag == "template"}
    boxes = {a["data-inside"] for _, a in page.attributes if "data-inside" in a}
    assert boxes
    assert boxes == templates
    names = [a["id"] for _, a in page.attributes if "id" in a]
    assert len(names) == len(set(names))
    assert not [a for _, a in page.attributes if "src" in a or "href" in a]
    for tag, attributes in page.attributes:
        if "data-inside" in attributes:
            assert (tag, attributes["role"], attributes["tabindex"]) == ("g", "button", "0")


def test_the_text_is_the_same_in_every_process() -> None:
    code = (
        "from tests.draw.programs import *; from catnn.draw import draw, ENDINGS\n"
        "print(*(draw(checked(p), name_of(p), {}, e) for p in ('t5', 'share') for e in ENDINGS))"
    )
    root = Path(__file__).parents[2]
    found = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True, timeout=100,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1
    assert len(ENDINGS) == 4


def test_text_of_a_program_is_text_in_the_picture() -> None:
    """What would be markup is written out."""
    written = text("lookup")
    assert "{n d, v d -&gt; n v}" in written
    assert "{n d, v d -> n v}" in "".join(ElementTree.fromstring(written).itertext())
