"""Any text at all: what is no program is refused in words, at a place in the text."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catnn.pipeline import check_text
from catnn.source import SourceFile
from catnn.syntax.format import format_file
from catnn.syntax.parse import parse
from tests.robust.corpus import words
from tests.robust.judge import unsound

ANYTHING = st.text(max_size=200)
TOKENS = st.lists(st.sampled_from(words()), max_size=40).map(" ".join)
BODIES = TOKENS.map(
    lambda tokens: f"model m[k = 2] : ([n, d], ix(n)) -> [n, d] = (x, i) => {tokens}"
)
UNHURRIED = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@UNHURRIED
@given(st.one_of(ANYTHING, TOKENS, BODIES))
def test_every_text_has_an_answer(text: str) -> None:
    checked = check_text(text)
    assert list(unsound(checked.diagnostics, checked.sources)) == []


@UNHURRIED
@given(st.one_of(ANYTHING, TOKENS, BODIES))
def test_what_can_be_read_can_be_laid_out(text: str) -> None:
    source = SourceFile("t.cat", text)
    result = parse(source)
    if not result.diagnostics:
        laid_out = format_file(result.file, source)
        assert parse(SourceFile("t.cat", laid_out)).file == result.file
