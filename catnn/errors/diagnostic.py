"""Diagnostics are data: a code, spans, both origins of a clash, notes and help."""

from collections.abc import Iterable, Mapping
from typing import Literal

from attrs import field, frozen

from catnn.source import SourceFile, Span

Severity = Literal["error", "warning"]


@frozen
class Label:
    """A span with a few words about what stands there."""

    span: Span
    text: str


def _labels(labels: Iterable[Label]) -> tuple[Label, ...]:
    return tuple(labels)


def _lines(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(lines)


@frozen
class Diagnostic:
    """One finding. `code` is `E0207` or `W0301`; `message` is one terse sentence.

    `label` is what stands under the carets of the primary `span`; `labels` mark
    further places (the other origin of a clash); `notes` give facts and
    bindings; `help` says what to do next, in the user's names.
    """

    code: str
    message: str
    span: Span
    label: str = ""
    labels: tuple[Label, ...] = field(default=(), converter=_labels)
    notes: tuple[str, ...] = field(default=(), converter=_lines)
    help: tuple[str, ...] = field(default=(), converter=_lines)

    @property
    def severity(self) -> Severity:
        return "warning" if self.code.startswith("W") else "error"


class CatError(Exception):
    """Raised when a program has errors; `diagnostics` holds every one of them.

    Where the texts are known, as `sources` by name, the error prints with them.
    """

    __module__ = "catnn"

    def __init__(
        self, diagnostics: Iterable[Diagnostic], sources: Mapping[str, SourceFile] | None = None
    ) -> None:
        self.diagnostics = tuple(diagnostics)
        self.sources = dict(sources or {})
        super().__init__(self.diagnostics, self.sources)

    def __str__(self) -> str:
        if not self.sources:
            return "\n".join(f"{d.code}: {d.message}" for d in self.diagnostics)
        from catnn.errors.render import render

        return "\n\n".join(render(d, self.sources) for d in self.diagnostics)


class InternalError(Exception):
    """A bug in catnn, never the user's fault; the message shows the IR."""

    def __init__(self, message: str) -> None:
        super().__init__(f"bug in catnn: {message}")
