"""The grammar, the tables made from it, and the parser that runs them agree with Lark."""

import subprocess
import sys
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Token as LarkToken
from lark import Tree
from lark.exceptions import UnexpectedInput

from catnn.source import NOWHERE, SourceFile
from catnn.syntax import ast
from catnn.syntax.parse import Builder, parse
from catnn_grammar import Mistake, Token
from catnn_grammar.automaton import COLLECT, PASS, rule, rule_count
from catnn_grammar.build import TABLES, build, read_grammar
from tests.syntax.derivation import derive, grammar, shortest


def test_the_tables_are_those_of_the_grammar() -> None:
    assert TABLES.read_text("utf-8") == build(), "run `python -m catnn_grammar.build`"


def test_the_grammar_has_no_conflicts_and_no_terminals_that_overlap() -> None:
    pytest.importorskip("interegular")
    read_grammar(strict=True)


def test_every_terminal_has_a_name() -> None:
    assert [t.name for t in grammar().terminals if "ANON" in t.name] == []


def test_every_rule_is_built_and_every_builder_is_used() -> None:
    actions = {rule(number).action for number in range(rule_count())} - {PASS, COLLECT}
    assert actions == {name for name in dir(Builder) if not name.startswith("_")}


def test_parsing_imports_no_lark() -> None:
    code = "import sys, catnn.syntax.parse; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def with_lark(text: str) -> ast.File | None:
    """The tree that Lark's own parser gives, built by the same rules; None if it refuses."""
    mistakes: list[Mistake] = []
    builder = Builder("", mistakes)

    def value(node: object) -> object:
        if isinstance(node, LarkToken):
            return Token(node.type, str(node), 0, 0)
        if not isinstance(node, Tree):
            return node
        return getattr(builder, node.data)(NOWHERE, *(value(child) for child in node.children))

    try:
        tree = grammar().parse(text, start="file")
    except UnexpectedInput:
        return None
    built = value(tree)
    assert isinstance(built, ast.File)
    return None if mistakes else built


def agree(text: str) -> bool:
    """Whether both read `text` alike; returns whether they accept it."""
    ours = parse(SourceFile("t.cat", text))
    theirs = with_lark(text)
    if theirs is None:
        assert ours.diagnostics, text
    else:
        assert not ours.diagnostics, (text, ours.diagnostics)
        assert ours.file == theirs, text
    return theirs is not None


@pytest.mark.parametrize("number", range(0, len(grammar().rules), 8))
def test_the_shortest_text_of_each_rule_is_read_as_lark_reads_it(number: int) -> None:
    for used in grammar().rules[number : number + 8]:
        agree(shortest(used))


def test_most_rules_have_an_accepted_shortest_text() -> None:
    accepted = [used for used in grammar().rules if with_lark(shortest(used)) is not None]
    assert len(accepted) > 0.9 * len(grammar().rules)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32))
def test_random_texts_are_read_as_lark_reads_them(seed: int) -> None:
    agree(" ".join(derive(Random(seed))))
