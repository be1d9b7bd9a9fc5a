"""Diagnostics as they are printed: each case holds source, marks and the whole output."""

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catnn.errors import Diagnostic, Label
from catnn.errors.render import render
from catnn.source import NOWHERE, SourceFile, Span

LLAMA = """\
morph heads[h] : [n, d] -> [n, d] =
  {h n e -> n (h e)} >> linear[d]
  >> relu
  >> gelu
  >> silu
  >> tanh
  >> drop
  >> last
"""


def spot(text: str, part: str, file: str = "a.cat") -> Span:
    start = text.index(part)
    return Span(file, start, start + len(part))


def shown(diagnostic: Diagnostic, **files: str) -> str:
    sources = {f"{name}.cat": SourceFile(f"{name}.cat", text) for name, text in files.items()}
    return render(diagnostic, sources)


def golden(text: str) -> str:
    return dedent(text).strip("\n")


def test_the_example_of_the_interface() -> None:
    text = "\n" * 13 + "  {h n e -> n (h e)} >> linear[d]\n"
    diagnostic = Diagnostic(
        "E0207",
        "cannot show that `h * (d / h)` equals `d`",
        spot(text, "{h n e -> n (h e)}", "llama.cat"),
        "this has size h * (d / h)",
        notes=["`d` comes from the signature at line 11, `h` from line 11; no fact relates them"],
        help=["add `where h divides d`"],
    )
    assert shown(diagnostic, llama=text) == golden("""
        error[E0207]: cannot show that `h * (d / h)` equals `d`
          --> llama.cat:14:3
           |
        14 |   {h n e -> n (h e)} >> linear[d]
           |   ^^^^^^^^^^^^^^^^^^ this has size h * (d / h)
           = note: `d` comes from the signature at line 11, `h` from line 11; no fact relates them
           = help: add `where h divides d`
    """)


def test_labels_on_the_same_line_on_other_lines_and_in_other_files() -> None:
    other = "x\n" * 99 + "type A = [n]"
    diagnostic = Diagnostic(
        "E0201",
        "clash",
        spot(LLAMA, "{h n e -> n (h e)}"),
        "this gives n",
        [
            Label(spot(LLAMA, "linear[d]"), "this wants d"),
            Label(spot(LLAMA, "h e"), "product"),
            Label(spot(LLAMA, "last"), "far away"),
            Label(spot(other, "type A", "b.cat"), "declared here"),
        ],
        ["first line\nsecond line"],
    )
    assert shown(diagnostic, a=LLAMA, b=other) == golden("""
        error[E0201]: clash
           --> a.cat:2:3
            |
        2   |   {h n e -> n (h e)} >> linear[d]
            |   ^^^^^^^^^^^^^---^^    --------- this wants d
            |   |            |
            |   |            product
            |   this gives n
        ...
        8   |   >> last
            |      ---- far away
            |
           ::: b.cat:100:1
            |
        100 | type A = [n]
            | ------ declared here
            = note: first line
                    second line
    """)


def test_a_single_line_between_two_marked_lines_is_shown() -> None:
    diagnostic = Diagnostic(
        "E0201", "m", spot(LLAMA, "relu"), "one", [Label(spot(LLAMA, "silu"), "two")]
    )
    assert shown(diagnostic, a=LLAMA) == golden("""
        error[E0201]: m
         --> a.cat:3:6
          |
        3 |   >> relu
          |      ^^^^ one
        4 |   >> gelu
        5 |   >> silu
          |      ---- two
    """)


def test_a_span_over_lines_that_opens_its_first_line() -> None:
    span = spot(LLAMA, ">> relu\n  >> gelu\n  >> silu")
    assert shown(Diagnostic("W0301", "m", span, "all of this"), a=LLAMA) == golden("""
        warning[W0301]: m
         --> a.cat:3:3
          |
        3 | /   >> relu
        4 | |   >> gelu
        5 | |   >> silu
          | |_________^ all of this
    """)


def test_a_long_span_is_cut_in_the_middle_and_nests_others() -> None:
    start, end = LLAMA.index("linear"), LLAMA.index("last") + 4
    inner = Span("a.cat", LLAMA.index("gelu"), LLAMA.index("silu") + 4)
    diagnostic = Diagnostic(
        "E0201",
        "m",
        Span("a.cat", start, end),
        "outer",
        [Label(inner, "inner"), Label(spot(LLAMA, "relu"), "short")],
    )
    assert shown(diagnostic, a=LLAMA) == golden("""
        error[E0201]: m
         --> a.cat:2:25
          |
        2 |      {h n e -> n (h e)} >> linear[d]
          |  __________________________^
        3 | |    >> relu
          | |       ---- short
        4 | |    >> gelu
          | | ______-
        5 | ||   >> silu
          | ||_________- inner
        6 | |    >> tanh
        7 | |    >> drop
        8 | |    >> last
          | |__________^ outer
    """)
    assert shown(Diagnostic("E0201", "m", Span("a.cat", 0, end), "all"), a=LLAMA) == golden("""
        error[E0201]: m
         --> a.cat:1:1
          |
        1 | / morph heads[h] : [n, d] -> [n, d] =
        2 | |   {h n e -> n (h e)} >> linear[d]
        3 | |   >> relu
        ... |
        7 | |   >> drop
        8 | |   >> last
          | |_________^ all
    """)


def test_spans_that_cross() -> None:
    first = Span("a.cat", LLAMA.index("relu"), LLAMA.index("silu") + 4)
    second = Span("a.cat", LLAMA.index("gelu"), LLAMA.index("tanh") + 4)
    diagnostic = Diagnostic("E0201", "m", first, "first", [Label(second, "second")])
    assert shown(diagnostic, a=LLAMA) == golden("""
        error[E0201]: m
         --> a.cat:3:6
          |
        3 |      >> relu
          |  _______^
        4 | |    >> gelu
          | | ______-
        5 | ||   >> silu
          | ||_________^ first
        6 |  |   >> tanh
          |  |_________- second
    """)


def test_tabs_and_wide_characters_keep_the_carets_in_place() -> None:
    text = '\tf("漢字", "é")\t>> g'
    diagnostic = Diagnostic(
        "E0201", "m", spot(text, "g"), "here", [Label(spot(text, '"漢字"'), "wide")]
    )
    assert shown(diagnostic, a=text) == golden("""
        error[E0201]: m
         --> a.cat:1:18
          |
        1 |     f("漢字", "é")  >> g
          |       ------           ^ here
          |       |
          |       wide
    """)


def test_characters_that_would_reorder_or_hide_text_are_shown_as_such() -> None:
    text = "a\u202eb\u200bc\x1b[31m\r\n"
    assert "1 | a\ufffdb\ufffdc\ufffd[31m\n" in shown(
        Diagnostic("E0101", "m", spot(text, "b")), a=text
    )


@pytest.mark.parametrize("text", ["model f = id", "model f = id\n", "model f = id  \n\n\n"])
def test_the_end_of_the_file_is_behind_the_last_word(text: str) -> None:
    diagnostic = Diagnostic("E0101", "m", Span("a.cat", len(text), len(text)), "more is due")
    assert shown(diagnostic, a=text) == golden("""
        error[E0101]: m
         --> a.cat:1:13
          |
        1 | model f = id
          |             ^ more is due
    """)


def test_an_empty_file() -> None:
    assert shown(Diagnostic("E0101", "m", Span("a.cat", 0, 0), "nothing"), a="") == golden("""
        error[E0101]: m
         --> a.cat:1:1
          |
        1 |
          | ^ nothing
    """)


def test_long_lines_are_cut_around_the_mark() -> None:
    text = "a >> " * 60 + "BAD >> " + "b >> " * 60
    rows = shown(Diagnostic("E0201", "m", spot(text, "BAD"), "here"), a=text).splitlines()
    assert rows[1] == " --> a.cat:1:301"
    assert rows[3].startswith("1 | ...")
    assert rows[3].endswith("...")
    assert len(rows[3]) <= 4 + 120
    column = rows[4].index("^^^")
    assert rows[3][column : column + 3] == "BAD"


def test_a_mark_longer_than_the_cut_line_stays_within_it() -> None:
    text = "x" * 500
    rows = shown(Diagnostic("E0201", "m", Span("a.cat", 0, 500), "all"), a=text).splitlines()
    assert rows[4] == f"  | {'^' * 120} all"


def test_without_a_place_or_a_text_the_words_remain() -> None:
    nowhere = Diagnostic("E0801", "m", NOWHERE, "words", help=["do"])
    assert shown(nowhere) == "error[E0801]: m\n  = note: words\n  = help: do"
    missing = Diagnostic("E0801", "m", Span("z.cat", 3, 4), "words")
    assert shown(missing) == "error[E0801]: m\n --> z.cat\n  = note: words"


def test_colour_changes_nothing_but_colour() -> None:
    import re

    diagnostic = Diagnostic(
        "E0201", "m", spot(LLAMA, "relu"), "one", [Label(spot(LLAMA, "silu"), "two")], ["n"]
    )
    sources = {"a.cat": SourceFile("a.cat", LLAMA)}
    coloured = render(diagnostic, sources, color=True)
    assert "\x1b[1;31merror[E0201]\x1b[0m" in coloured
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == render(diagnostic, sources)


TEXTS = st.text(st.sampled_from("ab >\t漢é\r\n{}\u200b"), max_size=60)


@given(TEXTS, st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), min_size=1, max_size=5))
def test_any_spans_of_any_text_are_drawn_with_all_their_labels(
    text: str, ends: list[tuple[int, int]]
) -> None:
    spans = [Span("a.cat", min(pair), max(pair)) for pair in ends]
    labels = [Label(span, f"label{index}") for index, span in enumerate(spans)]
    diagnostic = Diagnostic("E0201", "m", spans[0], "main", labels)
    rows = shown(diagnostic, a=text).split("\n")
    for label in ("main", *(label.text for label in labels)):
        assert sum(row.endswith(label) for row in rows) == 1
    assert all(row == row.rstrip() for row in rows)
