"""What is said about syntax errors: each mistake by its name, all mistakes of a file, in time."""

import re
from random import Random
from time import perf_counter

import pytest

from catnn.errors.diagnostic import CatError
from catnn.errors.explain import explain, pages
from catnn.source import SourceFile
from catnn.syntax import ast
from catnn.syntax.parse import MAX_CHARACTERS, ParseResult, parse, parse_expr, parse_header
from catnn_grammar import MAX_NESTING, parser, tokenise
from catnn_grammar.automaton import Rule, rule
from tests.syntax.programs import PROGRAMS


def read(text: str) -> ParseResult:
    return parse(SourceFile("t.cat", text))


def codes(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in read(text).diagnostics]


def the_message(text: str) -> str:
    """Code, place, message, label and help of the only mistake, as lines."""
    (found,) = read(text).diagnostics
    place = text[found.span.start : found.span.end]
    return "\n".join([f"{found.code} {place!r} {found.message}", found.label, *found.help])


@pytest.mark.parametrize("code", [code for code in pages() if code.startswith("E01")])
def test_the_programs_on_the_page_of_a_mistake(code: str) -> None:
    page = explain(code)
    assert page is not None
    assert set(codes(page.failing)) == {code}
    assert codes(page.cured) == []


MESSAGES = {
    "morph f = relu >> tanh & id": """\
E0105 '&' `>>` and `&` don't mix without parentheses

write `(relu >> tanh) & id`
or `relu >> (tanh & id)`""",
    "morph f = x =>\n  let y = relu(x)\n  y": """\
E0101 ')' missing `;`
expected `;` after this
write `);`""",
    "morph f = x =>\n  let y = relu\n  (x, y)": """\
E0101 'relu' missing `;`
expected `;` after this""",
    "morph f = (linear[3) >> relu": """\
E0111 '[' `[` is not closed
opened here
add `]`""",
    "modle f = relu": """\
E0140 'modle' `modle` does not begin a declaration

did you mean `model`?""",
    "morph f = [n] >>": """\
E0100 '' unexpected end of the file
expected an expression""",
    "morph f : [n] -> [n] linear[3]": """\
E0121 'linear' missing `=`

write `= ..` before the body""",
    "algebra A : T { X = f; nil zeros }": """\
E0100 'zeros' unexpected `zeros`
expected `=`
perhaps `=` is missing before it""",
}


@pytest.mark.parametrize(("text", "expected"), MESSAGES.items())
def test_a_message_says_this(text: str, expected: str) -> None:
    assert the_message(text) == expected


OTHERS = {
    "morph f = x => x -- a comment here": "E0113",
    "morph f = x => x  // a comment here": "E0113",
    "/* a */ morph f = id": "E0113",
    "morph f = fn(x)\nfn g(x) = x": "E0108",
    "import numpy as np": "E0138",
    'from "a.cat" import *': "E0138",
    'import "a.cat"': "E0138",
    "morph f = x => while x: y": "E0139",
    "morph f : A => B = g": "E0115",
    "return x": "E0109",
    "morph f = if a then b elif c then d else e": "E0131",
    "theory T { sort a }": "E0118",
    "model M = id": "E0117",
    "law L : f == g": "E0117",
    "morph f = f(, a)": "E0130",
    "morph f = f(a,, b)": "E0130",
    "morph f = a )": "E0112",
    "morph f = 1. * x": "E0141",
    "morph f = f & if a then b else c": "E0143",
    "morph f = f(|)": "E0100",
    "morph f = x =>\n  x := 3; x": "E0103",
    "morph f[fold = 3] = id": "E0120",
    "morph f = fold == 3": "E0120",
    "morph not = id": "E0120",
    'morph f = "a': "E0123",
    "morph f = \u201csym\u201d": "E0124",
    "morph f = \u03bb": "E0124",
    "morph f = a\u00a0b": "E0124",
    "morph f = x\x00": "E0125",
    "morph f = a ? b : c": "E0124",
    "morph f(x) = x": "E0100",
    "once x = 1\nmorph f = id": "E0101",
    "morph f = (x : 3 + 4) => x": "E0144",
    "morph f = let (x : [n]) : [m] = 1; x": "E0144",
    "morph f = x =>\n  let y = 1;\nmorph g = id\nmodel h = id": "E0127",
}


@pytest.mark.parametrize(("text", "code"), OTHERS.items())
def test_the_first_mistake_is(text: str, code: str) -> None:
    found = codes(text)
    assert found
    assert found[0] == code


def test_every_mistake_of_a_file_is_reported_and_the_rest_is_read() -> None:
    text = """\
morph a : [n] -> [n] = relu >> id & tanh
morph good : [n] -> [n] = relu
morph b : [n] -> [n] = x =>
  let y = relu(x;
  let z = x ** 2;
  y + z
theory T { sort X; unit : () => X; mul : (X, X) -> X; law l : mul = unit }
train t = f : good
  on x : [b,]
  loss f(x
  for 3 epochs
model also : [n] -> [n] = id
model last : [n] -> [n] = if n = 3 then id
"""
    result = read(text)
    lines = [text.count("\n", 0, d.span.start) + 1 for d in result.diagnostics]
    found = list(zip(lines, (d.code for d in result.diagnostics), strict=True))
    assert found == [
        (1, "E0105"),
        (4, "E0111"),
        (5, "E0107"),
        (7, "E0115"),
        (7, "E0102"),
        (9, "E0130"),
        (10, "E0111"),
        (13, "E0131"),
        (13, "E0102"),
    ]
    headers = [getattr(d, "header", None) for d in result.file.declarations]
    names = [header.name for header in headers if header is not None]
    assert {"good", "also"} <= set(names)
    assert not {"a", "last"} & set(names)


def test_a_sign_that_does_not_fit_leaves_no_trace() -> None:
    """What was put together before it is taken back, also from lists."""
    result = read("morph f = t => next = t; () )\n")
    assert [d.code for d in result.diagnostics] == ["E0147", "E0112"]
    (morph,) = result.file.declarations
    assert isinstance(morph, ast.Morph)
    assert isinstance(morph.body, ast.Lambda)
    assert isinstance(morph.body.body, ast.Block)
    assert len(morph.body.body.statements) == 1


def test_a_mistake_that_is_met_again_is_said_once() -> None:
    found = [(d.code, d.span) for d in read("morph f[\n  a = = (1, 2),\n  b : , 3),\n] = id").diagnostics]
    assert len(found) == len(set(found))


def test_a_mistake_in_a_piece_is_an_error() -> None:
    with pytest.raises(CatError, match="E0129"):
        parse_expr("f x")
    with pytest.raises(CatError, match="E0137"):
        parse_header("f : [n] where n <= 3 over g : T =")
    with pytest.raises(CatError, match="E0126"):
        parse_header("f" * (MAX_CHARACTERS + 1))


# ---- limits -----------------------------------------------------------------------------


def nested(depth: int) -> dict[str, str]:
    return {
        "parentheses": "(" * depth + "x" + ")" * depth,
        "calls": "f(" * depth + "x" + ")" * depth,
        "chained calls": "f" + "(x)" * depth,
        "sum": " + ".join(["x"] * (depth + 1)),
        "powers": "^".join(["x"] * (depth + 1)),
        "minus": "- " * depth + "x",
        "not": "not " * depth + "x",
        "functions": "x => " * depth + "x",
        "if": "if c then a else " * depth + "x",
        "lists": "[" * depth + "]" * depth,
        "axes": "{" + "(" * depth + "a" + ")" * depth + " -> a}",
        "prefixes": "dagger " * depth + "f",
        "fields": "x" + ".y" * depth,
        "big": "(+ i < 3) " * depth + "x",
    }


@pytest.mark.parametrize("form", nested(1))
def test_nesting_has_a_limit(form: str) -> None:
    assert codes(f"morph f = {nested(MAX_NESTING // 4)[form]}") == []
    assert codes(f"morph f = {nested(3_000)[form]}\nmorph g = id") == ["E0110"]


@pytest.mark.parametrize("text", ["(" * 10_000, "{" * 10_000, ")" * 10_000, "([{" * 3_000])
def test_brackets_without_end_are_no_crash(text: str) -> None:
    assert codes(f"morph f = {text}")


def test_long_chains_and_bodies_are_no_nesting() -> None:
    assert codes("morph f = " + " >> ".join(["relu"] * 10_000)) == []
    assert codes("morph f = " + "let x = 1;\n" * 10_000 + "x") == []


def test_work_is_linear_in_the_length_of_a_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    def steps(count: int) -> int:
        seen = [0]

        def counted(number: int) -> Rule:
            seen[0] += 1
            return rule(number)

        monkeypatch.setattr(parser, "rule", counted)
        assert codes("morph f = " + " >> ".join(["relu"] * count)) == []
        return seen[0]

    assert steps(900) - steps(600) == steps(600) - steps(300) > 0


def test_a_file_has_a_limit() -> None:
    assert codes("#" * (MAX_CHARACTERS + 1)) == ["E0126"]
    assert codes("morph f = " + "9" * 100_000) == ["E0126"]


def test_a_file_of_mistakes_ends_soon() -> None:
    start = perf_counter()
    assert 1 <= len(codes("morph f = x y\n" * 20_000)) <= 100
    assert codes(") ] } (" * 20_000)
    assert perf_counter() - start < 20


# ---- mutations --------------------------------------------------------------------------

_REPLACEMENTS = "( ) [ ] { } ; , : = == -> => >> & | ** // # \" ' $ let morph lambda 3"


def mutated(random: Random, text: str) -> str:
    """`text` with a few tokens deleted, doubled, replaced or exchanged."""
    for _ in range(random.choice([1, 1, 2, 4])):
        tokens = tokenise(text)[0]
        token, other = random.choice(tokens), random.choice(tokens)
        new = random.choice(
            ["", f"{token.text} {token.text}", other.text, random.choice(_REPLACEMENTS.split())]
        )
        text = text[: token.start] + new + text[token.end :]
    return text


@pytest.mark.parametrize("seed", range(20))
def test_mutated_programs_give_a_result_in_time(seed: int) -> None:
    random = Random(seed)
    for name, text in PROGRAMS.items():
        changed = mutated(random, text)
        start = perf_counter()
        result = read(changed)
        assert perf_counter() - start < 5, name
        for diagnostic in result.diagnostics:
            assert re.fullmatch(r"E01\d\d", diagnostic.code)
            assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(changed)
