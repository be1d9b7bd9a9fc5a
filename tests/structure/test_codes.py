"""Every code in use has a title and a page, and nothing else has."""

import re
from pathlib import Path

import pytest

from catnn.errors.codes import CODES
from catnn.errors.explain import explain, pages, parse_page

ROOT = Path(__file__).parents[2]
SOURCES = ("catnn", "grammar/catnn_grammar", "lowering/catnn_torch")


def used_codes() -> set[str]:
    """The codes that stand in the sources as whole strings."""
    files = (path for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))
    texts = (path.read_text("utf-8") for path in files if path.name != "codes.py")
    return {code for text in texts for code in re.findall(r"[\"']([EW]\d{4})[\"']", text)}


def test_every_code_in_use_has_a_title() -> None:
    assert used_codes() - CODES.keys() == set()


def test_every_title_is_in_use() -> None:
    assert CODES.keys() - used_codes() == set()


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(pages()) == CODES.keys()


@pytest.mark.parametrize("code", pages())
def test_a_page_has_its_parts_and_the_title_of_its_code(code: str) -> None:
    page = explain(code.lower())
    assert page is not None
    assert (page.code, page.title) == (code, CODES.get(code))
    assert page.failing != page.cured


@pytest.mark.parametrize(
    "text",
    [
        "E0207: no heading\n",
        "# E0207: t\n\n## Cure\n",
        "# E0207: t\n\n```cat\nx\n```\n",
        "# E0207: t\n```cat\nx\n```\n```cat\ny\n```\n\n## Cure\n\n```cat\nx\n```\n",
    ],
)
def test_a_page_that_lacks_a_part_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"# E0207: title|one `cat` block"):
        parse_page(text)


def test_there_is_no_page_for_what_is_no_code() -> None:
    assert explain("E9999") is None
    assert explain("../../LICENSE") is None


def test_the_index_of_codes_is_current() -> None:
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("errors_index", ROOT / "docs" / "errors.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PLACE.read_text("utf-8") == module.index(), "`make docs` writes it anew"
