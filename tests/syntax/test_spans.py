"""Every node knows exactly where it stands."""

from collections.abc import Iterator
from random import Random

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catnn.source import NOWHERE, SourceFile, Span
from catnn.syntax import ast
from catnn.syntax.parse import parse
from catnn_grammar import tokenise
from tests.syntax.derivation import derive

PROGRAM = """\
# attention
morph attend[causal = false](m : [n]) : ([n, e], [m, e]) -> [n] over g : Graph[n, m] where h divides d =
  (q, k) =>
    let (s, t) : [n] = {n e, m e -> n m}(q, k) / sqrt(e);   # scores
    param W : [n] ~ zeros;
    softmax{n [m]}(s) >> linear[64, bias = true] as out >> x => x.src
train fit = f : net
  on (x : [b])
  step f times 2 { minimise f(x); update adam[1e-3] at "**" }
"""

PLACES = {
    ast.Header: "attend[causal = false](m : [n]) : ([n, e], [m, e]) -> [n] over g : Graph[n, m] where h divides d",
    ast.Parameter: "causal = false",
    ast.Binder: "m : [n]",
    ast.ArrowType: "([n, e], [m, e]) -> [n]",
    ast.TupleType: "([n, e], [m, e])",
    ast.Context: "g : Graph[n, m]",
    ast.TypeRef: "Graph[n, m]",
    ast.Divides: "h divides d",
    ast.PatternTuple: "(q, k)",
    ast.Let: "let (s, t) : [n] = {n e, m e -> n m}(q, k) / sqrt(e)",
    ast.PatternTerm: "{n e, m e -> n m}",
    ast.ParamDecl: "param W : [n] ~ zeros",
    ast.OnAxes: "softmax{n [m]}",
    ast.Bracket: "[m]",
    ast.Named: "linear[64, bias = true] as out",
    ast.Compose: "softmax{n [m]}(s) >> linear[64, bias = true] as out >> x => x.src",
    ast.FieldOf: "x.src",
    ast.Step: 'step f times 2 { minimise f(x); update adam[1e-3] at "**" }',
    ast.Update: 'update adam[1e-3] at "**"',
    ast.Stream: "(x : [b])",
    ast.Comment: "# attention",
}

NAMES = {
    ast.Header: "attend",
    ast.Parameter: "causal",
    ast.Context: "g",
    ast.ParamDecl: "W",
    ast.Named: "out",
    ast.FieldOf: "src",
    ast.Train: "fit",
}


def nodes(value: object) -> Iterator[ast.Node]:
    """Every node in a tree, outermost and leftmost first."""
    if isinstance(value, ast.Node):
        yield value
        for field in attrs.fields(type(value)):
            yield from nodes(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from nodes(item)


def cut(text: str, span: Span) -> str:
    return text[span.start : span.end]


@pytest.mark.parametrize(("kind", "expected"), PLACES.items())
def test_the_first_node_of_a_kind_stands_here(kind: type[ast.Node], expected: str) -> None:
    file = parse(SourceFile("a.cat", PROGRAM)).file
    first = next(node for node in nodes(file) if isinstance(node, kind))
    assert cut(PROGRAM, first.span) == expected
    assert first.span.file == "a.cat"


@pytest.mark.parametrize(("kind", "expected"), NAMES.items())
def test_the_first_name_of_a_kind_stands_here(kind: type[ast.HasName], expected: str) -> None:
    file = parse(SourceFile("a.cat", PROGRAM)).file
    first = next(node for node in nodes(file) if isinstance(node, kind))
    assert cut(PROGRAM, first.name_span) == expected


def test_comments_are_kept_with_their_places() -> None:
    file = parse(SourceFile("a.cat", PROGRAM)).file
    assert [(c.text, cut(PROGRAM, c.span)) for c in file.comments] == [
        ("# attention", "# attention"),
        ("# scores", "# scores"),
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_spans_are_whole_tokens_inside_the_span_around_them(seed: int) -> None:
    text = " ".join(derive(Random(seed)))
    result = parse(SourceFile("a.cat", text))
    if result.diagnostics:
        return
    tokens = tokenise(text)[0]
    starts, ends = {t.start for t in tokens}, {t.end for t in tokens}
    for outer in nodes(result.file.declarations):
        assert outer.span != NOWHERE
        empty = isinstance(outer, ast.Operand) and not outer.axes
        assert empty or (outer.span.start in starts and outer.span.end in ends)
        for field in attrs.fields(type(outer)):
            for inner in nodes(getattr(outer, field.name)):
                assert outer.span.start <= inner.span.start <= inner.span.end <= outer.span.end


def test_pieces_of_a_text_have_places_in_the_whole() -> None:
    text = "morph f = id\nmorph g = relu\n"
    result = parse(SourceFile("a.cat", text), 13, len(text))
    assert [cut(text, d.span) for d in result.file.declarations] == ["morph g = relu"]
