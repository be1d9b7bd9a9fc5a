"""The programs on the pages that explain errors: the first has the error, the second has none."""

import pytest

from catnn.errors.explain import explain, pages
from catnn.pipeline import check_text


@pytest.mark.parametrize("code", pages())
def test_the_failing_program_has_this_error_and_the_cured_one_none(code: str) -> None:
    page = explain(code)
    assert page is not None
    failing = {diagnostic.code for diagnostic in check_text(page.failing).diagnostics}
    assert {found for found in failing if found[0] == code[0]} == {code}
    cured = check_text(page.cured).diagnostics
    assert [diagnostic for diagnostic in cured if diagnostic.severity == "error"] == []
