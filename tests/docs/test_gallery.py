"""The page of the gallery is that of the examples; some of its pictures are drawn anew."""

from pathlib import Path
from time import process_time

import pytest

from tests.docs.test_library import DOCS, STALE, generator

gallery = generator("gallery")
NAMES = gallery.names()
DRAWN = ("digits", "gpt2", "mixer")


def page() -> str:
    return (DOCS / "gallery.md").read_text("utf-8")


def test_every_example_is_on_the_page_with_a_picture() -> None:
    assert page().startswith(gallery.opening(NAMES)), STALE
    assert sorted(path.stem for path in (DOCS / "gallery").glob("*.svg")) == NAMES, STALE


@pytest.mark.parametrize("name", NAMES)
def test_what_is_told_is_what_the_checker_found(name: str) -> None:
    told = "\n".join(gallery.heading(gallery.read(name)))
    assert told in page(), STALE


@pytest.mark.parametrize("name", DRAWN)
def test_numbers_and_pictures(name: str) -> None:
    example = gallery.read(name)
    assert gallery.section(example) in page(), STALE
    assert (DOCS / "gallery" / f"{name}.svg").read_text("utf-8") == gallery.picture(example), STALE


def test_the_number_is_that_of_the_paper() -> None:
    assert "Parameters: 124,439,808 = `" in page()


def test_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in (DOCS / "gallery").glob("*.svg")}
    assert max(sizes.values()) <= gallery.LARGEST, sizes


def test_the_picture_of_the_readme() -> None:
    path = Path(gallery.README_PICTURE)
    assert path.read_text("utf-8") == gallery.readme_picture(), STALE


def test_the_whole_gallery_checks_quickly() -> None:
    """In one process; `benchmarks/checking.py` has the true figure, this bound is a generous one."""
    gallery.read("mlp")
    before = process_time()
    for name in NAMES:
        gallery.read(name)
    assert process_time() - before < 0.25 * len(NAMES)
