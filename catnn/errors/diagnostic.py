"""Diagnostics are data: a code, spans, both origins of a clash, notes and help."""

from collections.abc import Iterable
from typing import Literal

from attrs import field, frozen

from catnn.source import Span

Severity = Literal["error", "warning"]


@frozen
class Label:
    """A span with a few words about what stands there."""

    span: Span
    text: str


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
    labels: tuple[Label, ...] = field(default=(), converter=tuple)
    notes: tuple[str, ...] = field(default=(), converter=tuple)
    help: tuple[str, ...] = field(default=(), converter=tuple)

    @property
    def severity(self) -> Severity:
        return "warning" if self.code.startswith("W") else "error"


class CatError(Exception):
    """Raised when a program has errors; `diagnostics` holds every one of them."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(f"{d.code}: {d.message}" for d in self.diagnostics))


class InternalError(Exception):
    """A bug in catnn, never the user's fault; the message shows the IR."""

    def __init__(self, message: str) -> None:
        super().__init__(f"bug in catnn: {message}")
