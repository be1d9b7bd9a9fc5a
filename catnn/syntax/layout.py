"""Documents and their layout, after Wadler and Leijen, with comments.

A document is a string, a tuple of documents, or one of the classes below. A
`Group` is laid out on one line if it fits; otherwise its own lines break. A
`Fill` in a group that broke begins a new line only if it does not fit on this one.
"""

from collections.abc import Iterable
from typing import TypeAlias

from attrs import define, field, frozen

WIDTH = 100
INDENT = 2


@frozen
class Line:
    """A place to break: `flat` if it does not. `hard` always breaks, after an empty line if `blank`.

    `keeps_blank` says that one empty line of the source is kept here.
    """

    flat: str = " "
    hard: bool = False
    keeps_blank: bool = False
    blank: bool = False


@frozen(eq=False)
class Nest:
    """`body` with its breaks indented by `by`."""

    by: int
    body: "Doc"


@frozen(eq=False)
class Group:
    """`body` on one line if it fits and nothing in it `breaks`."""

    body: "Doc"
    breaks: bool = False


@frozen(eq=False)
class Fill:
    """A space and `body` if that fits on the line and nothing in it `breaks`, else a break and `body`."""

    body: "Doc"
    breaks: bool = False


@frozen
class Leading:
    """Comments on lines of their own, each with whether an empty line stands before it.

    `blank` says whether an empty line stands after the last, `inside` that they
    stand before a closing bracket and are indented as what it holds.
    """

    comments: tuple[tuple[str, bool], ...]
    blank: bool = False
    inside: bool = False


@frozen
class Trailing:
    """A comment at the end of a line."""

    comment: str


Doc: TypeAlias = str | tuple["Doc", ...] | Line | Nest | Group | Fill | Leading | Trailing

LINE = Line()
SOFT = Line("")
HARD = Line(hard=True)
NEXT = Line(hard=True, keeps_blank=True)


def join(separator: Doc, docs: Iterable[Doc]) -> Doc:
    """`docs` with `separator` between them."""
    found: list[Doc] = []
    for doc in docs:
        if found:
            found.append(separator)
        found.append(doc)
    return tuple(found)


def nest(*docs: Doc) -> Nest:
    return Nest(INDENT, docs)


def group(*docs: Doc) -> Group:
    return Group(docs)


def fill(*docs: Doc) -> Fill:
    return Fill(docs)


def flat_width(doc: Doc) -> int:
    """The number of characters of a document on one line."""
    match doc:
        case str():
            return len(doc)
        case tuple():
            return sum(flat_width(part) for part in doc)
        case Nest(_, body) | Group(body):
            return flat_width(body)
        case Fill(body):
            return 1 + flat_width(body)
        case Line(flat):
            return len(flat)
        case Leading() | Trailing():
            return 0


@frozen(eq=False)
class _Task:
    indent: int
    breaks: bool
    doc: Doc


@define
class _Paper:
    """What is printed so far."""

    lines: list[str] = field(factory=list)
    current: str = ""
    pending: bool = False

    def newline(self, indent: int, blank: bool = False) -> None:
        self.lines.append(self.current.rstrip())
        if blank and self.lines[-1]:
            self.lines.append("")
        self.current = " " * indent
        self.pending = False

    def write(self, text: str, indent: int) -> None:
        if self.pending:
            self.newline(indent)
        if not self.current.strip():
            text = text.lstrip()
        self.current += text

    @property
    def is_fresh(self) -> bool:
        """Whether nothing stands on the current line."""
        return not self.current.strip()


def render(doc: Doc, width: int = WIDTH) -> str:
    """The text of a document, without a line break at its end."""
    paper = _Paper()
    tasks = [_Task(0, True, doc)]
    while tasks:
        task = tasks.pop()
        match task.doc:
            case str() as text:
                paper.write(text, task.indent)
            case tuple() as parts:
                tasks.extend(_Task(task.indent, task.breaks, part) for part in reversed(parts))
            case Nest(by, body):
                tasks.append(_Task(task.indent + by, task.breaks, body))
            case Group(body, breaks):
                fits = not breaks and _fits(width - len(paper.current), task.indent, body, tasks)
                tasks.append(_Task(task.indent, not fits, body))
            case Fill(body, breaks):
                space = width - len(paper.current) - 1
                fits = not breaks and _fits(space, task.indent, body, tasks)
                stays = fits or not task.breaks
                tasks.append(_Task(task.indent, True, body))
                tasks.append(_Task(task.indent, not stays, Line()))
            case Line() as line:
                _break(paper, line, task)
            case Leading() as leading:
                _lead(paper, leading, task.indent)
            case Trailing(comment):
                paper.current = f"{paper.current.rstrip()}  {comment}"
                paper.pending = True
    return "\n".join([*paper.lines, paper.current.rstrip()])


def _break(paper: _Paper, line: Line, task: _Task) -> None:
    """Print one possible break."""
    if not (line.hard or paper.pending or task.breaks):
        paper.write(line.flat, task.indent)
    elif paper.is_fresh and not line.blank:
        paper.current = " " * task.indent
    else:
        paper.newline(task.indent, line.blank)


def _lead(paper: _Paper, leading: Leading, indent: int) -> None:
    for comment, blank in leading.comments:
        if not paper.is_fresh or paper.pending:
            paper.newline(indent)
        if blank and paper.lines and paper.lines[-1]:
            paper.lines.append("")
        paper.current = " " * (indent + INDENT * leading.inside) + comment
        paper.newline(indent)
    if leading.blank:
        paper.lines.append("")


def _fits(space: int, indent: int, doc: Doc, rest: list[_Task]) -> bool:
    """Whether `doc` on one line, and what follows up to the next possible break, has room."""
    tasks = [_Task(indent, False, doc)]
    following = len(rest)
    while space >= 0:
        if not tasks:
            if following == 0:
                return True
            following -= 1
            tasks.append(rest[following])
            continue
        task = tasks.pop()
        match task.doc:
            case str() as text:
                space -= len(text)
            case tuple() as parts:
                tasks.extend(_Task(0, task.breaks, part) for part in reversed(parts))
            case Nest(_, body):
                tasks.append(_Task(0, task.breaks, body))
            case Group(body, breaks):
                tasks.append(_Task(0, breaks or task.breaks, body))
            case Fill(body, breaks):
                if task.breaks:
                    return True
                space -= 1
                tasks.append(_Task(0, breaks, body))
            case Line() as line:
                if line.hard or task.breaks:
                    return True
                space -= len(line.flat)
            case Leading() | Trailing():
                return True
    return False
