"""The pages of the library say what the library is, and their examples run."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from catnn.pipeline import check_text
from catnn.prims.rows import PRIMITIVES
from catnn.reference import comment_above, module, modules

DOCS = Path(__file__).parents[2] / "docs"
STALE = "run `make docs`"


def generator(name: str) -> ModuleType:
    """`docs/NAME.py` as a module."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


library = generator("library")


@pytest.mark.parametrize("name", modules())
def test_page_is_what_the_file_says(name: str) -> None:
    path = DOCS / "std" / f"{name}.md"
    assert path.exists(), STALE
    assert path.read_text("utf-8") == library.page(module(name)), STALE


def test_index_and_primitives() -> None:
    for name, text in (("INDEX", library.index()), ("primitives", library.primitives())):
        assert (DOCS / "std" / f"{name}.md").read_text("utf-8") == text, STALE
    assert all(f"`{row.signature}`".replace("|", r"\|") in text for row in PRIMITIVES.values())
    assert {path.stem for path in (DOCS / "std").glob("*.md")} == {"INDEX", "primitives", *modules()}


@pytest.mark.parametrize("name", modules())
def test_every_morphism_has_an_equation_or_a_source(name: str) -> None:
    """A year, a library, or a formula."""
    told = re.compile(r"\b(19|20)\d\d\b|torch|timm|transformers|scipy|=|->|\w\(|[-+*/^]|_\w|\(\w, \w\)")
    for entry in module(name).entries:
        assert entry.comment, f"`{entry.name}` has no comment"
        if entry.kind != "type":
            assert told.search(entry.comment), f"`{entry.name}`: {entry.comment}"


@pytest.mark.parametrize("name", modules())
def test_every_morphism_has_an_example_that_checks(name: str) -> None:
    for entry in module(name).entries:
        if entry.kind == "type":
            continue
        assert entry.example, f"`{entry.name}` needs a line `# > model example : ..`"
        checked = check_text(library.example(name, entry) + "\n")
        assert checked.diagnostics == (), entry.example
        shown = checked.definitions["example"].signature
        assert f"`model {shown}`" in (DOCS / "std" / f"{name}.md").read_text("utf-8")
        assert entry.name in entry.example


def test_settings_facts_and_leaves_are_those_of_the_declaration() -> None:
    (attention,) = (e for e in module("attention").entries if e.name == "attention")
    assert [s.name for s in attention.settings][:3] == ["h", "causal", "bias"]
    assert attention.settings[1].default == "false"
    assert attention.facts == ("h divides d",)
    (linear,) = (e for e in module("linear").entries if e.name == "linear")
    assert [(leaf.kind, leaf.name, leaf.type, leaf.start) for leaf in linear.leaves] == [
        ("param", "weight", "[o, i]", "init"),
        ("param", "bias", "[o]", "bias_init[fan_in = i]"),
    ]


def test_the_comment_right_above_belongs_to_a_declaration() -> None:
    text = "# The file.\n\n# What it is.\n# Someone 1999.\n# > model example : [] -> [] = f\nmorph f"
    assert comment_above(text, text.index("morph")) == (
        "What it is. Someone 1999.",
        "model example : [] -> [] = f",
    )
    assert comment_above("# The file.\n\nmorph f", 13) == ("", "")
