"""Diagnostics as people read them, and as JSON for tools.

`render` prints in rustc's manner; `to_json` gives the keys of the interface:
`code`, `severity`, `message`, `file`, `span`, `labels`, `notes`, `help`.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from catnn.errors.canvas import Style, paint
from catnn.errors.diagnostic import Diagnostic, Label
from catnn.errors.snippet import Mark, Snippet, mark, place
from catnn.source import NOWHERE, SourceFile, Span

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Sources: TypeAlias = Mapping[str, SourceFile]


def render(diagnostic: Diagnostic, sources: Sources, color: bool = False) -> str:
    """The diagnostic as text of several lines, without a line break at the end.

    `sources` are the files by name. A place in a file that is not there is
    named without its text.
    """
    blocks = _blocks(diagnostic, sources)
    numbers = [line for _, marks in blocks for m in marks for line in (m.first[0], m.last[0])]
    width = len(str(max(numbers, default=1)))
    rows = [_headline(diagnostic, color)]
    for index, (name, marks) in enumerate(blocks):
        rows.extend(_block(name, marks, sources, index == 0, width, color))
    rows.extend(_footer(diagnostic, sources, width, color))
    return "\n".join(rows)


def to_json(diagnostic: Diagnostic, sources: Sources) -> dict[str, Json]:
    """The diagnostic as JSON data; lines and columns count from 1.

    `labels` holds what stands under the primary span first. Without a place
    (a wrong call, say) `file` and `span` are null.
    """
    span = diagnostic.span
    labels = (Label(span, diagnostic.label),) if diagnostic.label else ()
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": span.file or None,
        "span": _json_span(span, sources),
        "labels": [
            {
                "file": label.span.file or None,
                "span": _json_span(label.span, sources),
                "text": label.text,
            }
            for label in (*labels, *diagnostic.labels)
        ],
        "notes": list(diagnostic.notes),
        "help": list(diagnostic.help),
    }


def _json_span(span: Span, sources: Sources) -> Json:
    source = sources.get(span.file)
    if source is None:
        return None
    start, end = place(source, span)
    return {
        "start": {"line": start[0], "column": start[1]},
        "end": {"line": end[0], "column": end[1]},
    }


def _severity_style(diagnostic: Diagnostic) -> Style:
    return Style.ERROR if diagnostic.severity == "error" else Style.WARNING


def _headline(diagnostic: Diagnostic, color: bool) -> str:
    head = f"{diagnostic.severity}[{diagnostic.code}]"
    message = paint(f": {diagnostic.message}", Style.STRONG, color)
    return paint(head, _severity_style(diagnostic), color) + message


def _blocks(diagnostic: Diagnostic, sources: Sources) -> list[tuple[str, list[Mark]]]:
    """The marks by file, the primary file first; a file without text has none."""
    blocks: dict[str, list[Mark]] = {}
    primary = Label(diagnostic.span, diagnostic.label)
    for label in (primary, *diagnostic.labels):
        if label.span == NOWHERE or not label.span.file:
            continue
        is_primary = label is primary
        style = _severity_style(diagnostic) if is_primary else Style.SECONDARY
        marks = blocks.setdefault(label.span.file, [])
        source = sources.get(label.span.file)
        if source is not None:
            marks.append(mark(source, label.span, label.text, is_primary, style))
    return list(blocks.items())


def _block(
    name: str, marks: list[Mark], sources: Sources, is_first: bool, width: int, color: bool
) -> Iterator[str]:
    """The arrow and the snippet of one file."""
    if not is_first:
        yield paint(f"{'':{width}} |", Style.SECONDARY, color)
    arrow = paint(f"{'':{width}}{'-->' if is_first else ':::'}", Style.SECONDARY, color)
    if not marks:
        yield f"{arrow} {name}"
        return
    line, character = marks[0].first
    yield f"{arrow} {name}:{line}:{character + 1}"
    yield from Snippet(sources[name], marks, width, color).render()


def _footer(diagnostic: Diagnostic, sources: Sources, width: int, color: bool) -> Iterator[str]:
    """Notes and help; a label whose file has no text is a note too."""
    labels = (Label(diagnostic.span, diagnostic.label), *diagnostic.labels)
    lost = [label.text for label in labels if label.text and label.span.file not in sources]
    lines = [("note", note) for note in (*lost, *diagnostic.notes)]
    lines += [("help", text) for text in diagnostic.help]
    for word, text in lines:
        first, *rest = text.splitlines() or [""]
        equals = paint("=", Style.SECONDARY, color)
        yield f"{'':{width}} {equals} {paint(word, Style.STRONG, color)}: {first}"
        yield from (f"{'':{width + len(word) + 5}}{line}" for line in rest)
