"""Programs with mistakes that people make, each with the text that they get to see."""

import re
from pathlib import Path

import pytest

from catnn.errors.codes import CODES
from catnn.errors.explain import explain
from catnn.errors.render import render
from catnn.pipeline import check

HERE = Path(__file__).parent / "fail"
FILES = sorted(path.stem for path in HERE.glob("*.cat"))


def messages(name: str) -> str:
    """All that `catnn check` says about the program, as in its folder.

    The text of the library is left out: its lines move as it grows.
    """
    checked = check(Path(f"{name}.cat"))
    own = {key: text for key, text in checked.sources.items() if not key.startswith("std.")}
    return "\n\n".join(render(found, own) for found in checked.diagnostics) + "\n"


@pytest.mark.parametrize("name", FILES)
def test_messages(name: str, bless: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    found, golden = messages(name), HERE / f"{name}.err"
    if bless:
        golden.write_text(found, "utf-8")
    assert found == golden.read_text("utf-8"), "if this is better, `pytest --bless`"


@pytest.mark.parametrize("name", FILES)
def test_a_message_is_for_people(name: str) -> None:
    """A known code, a place in a file of the user's, names of the user's, no repetition."""
    text = (HERE / f"{name}.err").read_text("utf-8")
    heads = re.findall(r"^(?:error|warning)\[(\w+)\]: (.*)\n *--> (\S+?):", text, re.MULTILINE)
    assert heads
    assert all(code in CODES for code, _, _ in heads)
    assert all(not file.startswith("std.") for _, _, file in heads)
    assert len(set(heads)) == len(heads)
    program = (HERE / f"{name}.cat").read_text("utf-8")
    for word in ("catnn.", "Symbol(", "Dim(", "object at", "None", "uid", "··"):
        assert word not in text or word in program


def test_every_text_has_its_program() -> None:
    assert {path.stem for path in HERE.glob("*.err")} == set(FILES)


def test_every_code_has_a_program() -> None:
    """But for what no check of a file can say: those pages show Python or a session."""
    texts = "\n".join(path.read_text("utf-8") for path in HERE.glob("*.err"))
    found = set(re.findall(r"^(?:error|warning)\[(\w+)\]", texts, re.MULTILINE))
    shown = {code for code in CODES if (page := explain(code)) and page.language == "cat"}
    assert shown - found == {"E0325"}, "a program that is no file: tests/syntax/test_modules.py"
