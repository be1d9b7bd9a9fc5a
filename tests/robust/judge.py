"""What must be true of the answer to any text: a sound program, or diagnostics for people.

`judge` checks a text and, where it is accepted, lowers each of its models. The
stage says how far the text came; the problem is empty, or what is wrong with us.
"""

import os
import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attrs import frozen

from catnn.api import Model, Setting
from catnn.cost import cost
from catnn.errors import CatError, Diagnostic
from catnn.errors.codes import CODES
from catnn.errors.render import render, to_json
from catnn.pipeline import Checked, ParameterInfo, check, check_text, specialise_symbolic
from catnn.source import NOWHERE, SourceFile
from catnn.syntax.format import format_file
from catnn.syntax.parse import parse

INTERNAL = re.compile(
    r"catnn\.|Symbol\(|Dim\(|Ref\(|Meta|object at 0x|\bNone\b|\buid\b|<class|ast\.|Traceback"
    r"|\bTensor\(|Fraction\(|NoneType|\bfrozenset\b|\bdict_|_[0-9]{3,}\b"
)
"""What belongs to the compiler and to no message."""

GIVEN: Mapping[str, Setting] = {
    "size": 8,
    "number": 0.5,
    "bool": True,
    "string": "sym",
    "list": (8, 8),
    "family": (8, 8),
}
"""A value for each kind of argument that a model must be given."""


@frozen
class Verdict:
    """How far a text came, and what is wrong with the answer (`problem`, empty if nothing)."""

    stage: str
    problem: str = ""
    codes: tuple[str, ...] = ()


def judge(text: str | bytes, folder: Path, lower: bool) -> Verdict:
    """Check a text, as a file in `folder` where it is bytes; lower what is accepted if asked to."""
    try:
        return _judge(text, folder, lower)
    except Exception as error:
        return Verdict("crash", _crash(error))


def _judge(text: str | bytes, folder: Path, lower: bool) -> Verdict:
    checked = _checked(text, folder)
    codes = tuple(sorted({d.code for d in checked.diagnostics}))
    problems = [*unsound(checked.diagnostics, checked.sources), *_layout(checked)]
    stage = _stage(codes)
    if problems:
        return Verdict(stage, problems[0], codes)
    if stage in ("accepted", "warned") and lower:
        for name, definition in checked.definitions.items():
            if definition.kind == "model":
                stage = "lowered"
                refused, problem = _lowered(checked, name, definition.parameters)
                if problem:
                    return Verdict("lowering", problem, codes)
                codes += refused
    return Verdict(stage, "", codes)


def _checked(text: str | bytes, folder: Path) -> Checked:
    if isinstance(text, str):
        return check_text(text)
    path = folder / "mutant.cat"
    path.write_bytes(text)
    return check(path)


def _stage(codes: Sequence[str]) -> str:
    """The first stage that refuses."""
    errors = [code for code in codes if code.startswith("E")]
    if not errors:
        return "warned" if codes else "accepted"
    first = min(errors)
    if first in ("E0125", "E0126"):
        return "no text"
    return "syntax" if first < "E0200" else "names and types"


def unsound(diagnostics: Sequence[Diagnostic], sources: Mapping[str, SourceFile]) -> Iterator[str]:
    """What is wrong with diagnostics: codes, places, words of the compiler, repetition."""
    places = [(d.code, d.span, d.message) for d in diagnostics]
    if len(set(places)) < len(places):
        yield f"said twice: {max(places, key=places.count)}"
    for diagnostic in diagnostics:
        shown = render(diagnostic, sources)
        if diagnostic.code not in CODES:
            yield f"unknown code: {shown}"
        if not diagnostic.message or diagnostic.message[-1] in ".\n":
            yield f"no message, or one with a full stop: {shown}"
        said = (diagnostic.message, diagnostic.label, *diagnostic.notes, *diagnostic.help)
        found = [word for line in said for word in INTERNAL.findall(line)]
        found = [word for word in found if not any(word in s.text for s in sources.values())]
        if found:
            yield f"a word of the compiler, {found[0]}: {shown}"
        for span in (diagnostic.span, *(label.span for label in diagnostic.labels)):
            if span == NOWHERE:
                continue
            text = sources[span.file].text if span.file in sources else ""
            if not 0 <= span.start <= span.end <= len(text):
                yield f"a place outside of its file, {span}: {shown}"
        if diagnostic.span == NOWHERE:
            yield f"no place: {shown}"
        to_json(diagnostic, sources)


def _layout(checked: Checked) -> Iterator[str]:
    """A text without mistakes of syntax keeps its tree when it is laid out."""
    source = next(iter(checked.sources.values()))
    result = parse(source)
    if not result.diagnostics:
        laid_out = format_file(result.file, source)
        again = parse(SourceFile(source.name, laid_out))
        if again.diagnostics or again.file != result.file:
            yield f"layout changes the program: {laid_out}"
        elif format_file(again.file, SourceFile(source.name, laid_out)) != laid_out:
            yield f"layout is not settled: {laid_out}"


def _lowered(
    checked: Checked, name: str, parameters: Sequence[ParameterInfo]
) -> tuple[tuple[str, ...], str]:
    """The codes with which a model refuses to be built, and what is wrong with that."""
    settings = {p.name: GIVEN[p.kind] for p in parameters if p.required and p.kind in GIVEN}
    codes: list[str] = []
    try:
        str(cost(specialise_symbolic(checked, name, settings)).total)
        source = Model(checked, name, settings).emit(mode="train")
        compile(source, f"{name}.py", "exec")
    except CatError as error:
        codes = [d.code for d in error.diagnostics]
        problems = [*unsound(error.diagnostics, error.sources or checked.sources)]
        return tuple(codes), problems[0] if problems else ""
    except Exception as error:
        return (), _crash(error)
    return (), ""


def _crash(error: BaseException) -> str:
    """The kind of a crash and where it is: equal for equal bugs."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "tests/" not in f.filename]
    last = [f"{os.path.basename(f.filename)}:{f.lineno}" for f in frames[-3:]]
    return f"{type(error).__name__} at {' < '.join(reversed(last))}: {str(error)[:300]}"
