"""The canonical layout: golden files, and what holds for every program.

`python -m tests.syntax.test_format` writes the expected files anew; read the diff.
"""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catnn.source import SourceFile
from catnn.syntax import ast
from catnn.syntax.format import format_file
from catnn.syntax.layout import HARD, LINE, SOFT, fill, group, nest, render
from catnn.syntax.parse import parse
from tests.syntax.derivation import derive, grammar, shortest
from tests.syntax.programs import FOLDER, PROGRAMS


def read(text: str) -> ast.File:
    result = parse(SourceFile("t.cat", text))
    assert result.diagnostics == ()
    return result.file


def formatted(text: str) -> str:
    return format_file(read(text), SourceFile("t.cat", text))


def expected(name: str) -> Path:
    return FOLDER / f"{name}.out"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_golden_program_is_laid_out_like_this(name: str) -> None:
    assert formatted(PROGRAMS[name]) == expected(name).read_text("utf-8")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_golden_program_keeps_its_tree_its_comments_and_its_layout(name: str) -> None:
    assert_faithful(PROGRAMS[name])


def assert_faithful(text: str) -> None:
    """Formatting keeps the tree and the comments, and formatting again changes nothing."""
    before = read(text)
    result = format_file(before, SourceFile("t.cat", text))
    after = read(result)
    assert after == before
    assert words(after) == words(before)
    assert formatted(result) == result
    assert all(line == line.rstrip() for line in result.splitlines())
    assert "\n\n\n" not in result


def words(file: ast.File) -> list[str]:
    return " ".join(comment.text for comment in file.comments).split()


@pytest.mark.parametrize("name", PROGRAMS)
def test_lines_hold_a_hundred_characters(name: str) -> None:
    for line in formatted(PROGRAMS[name]).splitlines():
        code = line.split("#")[0].rstrip()
        assert len(code) <= 100 or '"' in code, line


@pytest.mark.parametrize("number", range(0, len(grammar().rules), 16))
def test_every_rule_has_a_layout_that_reads_back(number: int) -> None:
    for used in grammar().rules[number : number + 16]:
        text = shortest(used)
        if not parse(SourceFile("t.cat", text)).diagnostics:
            assert_faithful(text)


def sprinkled(random: Random, tokens: list[str]) -> str:
    """The tokens with comments, line breaks and empty lines between them."""
    gaps = [" "] * 8 + ["\n", "\n\n", " # c{}\n", "\n# c{}\n"]
    return "".join(
        f"{token}{random.choice(gaps).format(place)}" for place, token in enumerate(tokens)
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([8, 25, 60, 150]))
def test_any_program_keeps_its_tree_its_comments_and_its_layout(seed: int, budget: int) -> None:
    random = Random(seed)
    text = sprinkled(random, derive(random, budget))
    if not parse(SourceFile("t.cat", text)).diagnostics:
        assert_faithful(text)


def test_comments_around_a_separator_keep_their_order() -> None:
    for gap in (" # a\n# b\n, ", " # a\n# b\n, # c\n", "\n# a\n, # b\n# c\n"):
        assert_faithful(f"morph f = (x{gap}y)")


def test_a_tree_from_no_text_has_a_layout() -> None:
    body = ast.Compose((ast.Name("relu"), ast.Lambda(ast.PatternName("x"), ast.Name("x"))))
    file = ast.File((ast.Morph("morph", ast.Header("f"), body),))
    text = format_file(file, SourceFile("", ""))
    assert text == "morph f = relu >> x => x\n"
    assert read(text) == file


def test_the_deepest_programs_have_a_layout() -> None:
    for text in ("f(" * 190 + "x" + ")" * 190, "(" * 199 + "x" + ")" * 199, "x => " * 190 + "x"):
        assert read(formatted(f"morph f = {text}")) == read(f"morph f = {text}")


def test_what_stands_together_on_one_line_stays_together() -> None:
    text = "model a = id\nmodel b = id\n\nmodel c = id\n"
    assert formatted(text) == text


def test_line_ends_of_other_systems_and_byte_order_marks_go() -> None:
    assert formatted("\ufeff# a\r\nmorph f =\tid # b\r\n") == "# a\nmorph f = id  # b\n"


def test_an_empty_file_stays_empty() -> None:
    assert formatted("") == ""
    assert formatted("\n# alone\n\n\n") == "# alone\n"


# ---- documents --------------------------------------------------------------------------


def test_a_group_is_flat_if_it_fits() -> None:
    doc = group("(", nest(SOFT, "a,", LINE, "b"), SOFT, ")")
    assert render(doc, 6) == "(a, b)"
    assert render(doc, 5) == "(\n  a,\n  b\n)"


def test_a_group_counts_what_follows_it_on_its_line() -> None:
    assert render((group("a", LINE, "b"), "ccc"), 6) == "a bccc"
    assert render((group("a", LINE, "b"), "ccc"), 5) == "a\nbccc"
    assert render((group("a", LINE, "b"), HARD, "ccc"), 3) == "a b\nccc"


def test_a_fill_breaks_only_where_it_must() -> None:
    doc = group("aa", fill("bb"), fill("cc"), fill("dd"))
    assert render(doc, 11) == "aa bb cc dd"
    assert render(doc, 8) == "aa bb cc\ndd"
    assert render(doc, 5) == "aa bb\ncc dd"


if __name__ == "__main__":
    for golden, program in PROGRAMS.items():
        expected(golden).write_text(formatted(program), "utf-8")
