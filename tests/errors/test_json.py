"""Diagnostics as JSON: the keys are a contract with tools outside the repository."""

import json

from catnn.errors import Diagnostic, Label
from catnn.errors.render import to_json
from catnn.source import NOWHERE, SourceFile, Span

SOURCES = {"a.cat": SourceFile("a.cat", "model f\n  = idd\n")}


def test_all_keys_with_lines_and_columns_from_one() -> None:
    diagnostic = Diagnostic(
        "E0301",
        "unknown name `idd`",
        Span("a.cat", 12, 15),
        "not found",
        [Label(Span("a.cat", 0, 7), "in this model")],
        ["a note"],
        ["did you mean `id`?"],
    )
    assert to_json(diagnostic, SOURCES) == {
        "code": "E0301",
        "severity": "error",
        "message": "unknown name `idd`",
        "file": "a.cat",
        "span": {"start": {"line": 2, "column": 5}, "end": {"line": 2, "column": 8}},
        "labels": [
            {
                "file": "a.cat",
                "span": {"start": {"line": 2, "column": 5}, "end": {"line": 2, "column": 8}},
                "text": "not found",
            },
            {
                "file": "a.cat",
                "span": {"start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 8}},
                "text": "in this model",
            },
        ],
        "notes": ["a note"],
        "help": ["did you mean `id`?"],
    }


def test_a_finding_without_a_place_is_still_one_document() -> None:
    data = to_json(Diagnostic("W0801", "m", NOWHERE), SOURCES)
    assert data["file"] is None
    assert data["span"] is None
    assert data["severity"] == "warning"
    assert json.loads(json.dumps(data)) == data


def test_a_span_that_ends_with_a_line_break_ends_on_its_line() -> None:
    data = to_json(Diagnostic("E0101", "m", Span("a.cat", 0, 8)), SOURCES)
    assert data["span"] == {
        "start": {"line": 1, "column": 1},
        "end": {"line": 1, "column": 8},
    }
