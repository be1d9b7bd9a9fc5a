"""Programs with mistakes, made from seeds: bytes, tokens and subtrees of the corpus are changed.

`mutant(seed)` is the same in every process. A mutant of bytes may be no text
at all; one of characters may hold what no file can, such as half a surrogate.
"""

from collections.abc import Callable
from random import Random

from attrs import frozen

from tests.robust.corpus import Program, parts, programs, read, words

Change = Callable[[Random, Program], str | bytes]


@frozen
class Mutant:
    """What was made from a seed: of which program, by which change."""

    seed: int
    change: str
    origin: str
    text: str | bytes


def mutant(seed: int, most: int | None = None) -> Mutant:
    """The mutant of a seed: one change, or up to four; of a program of at most `most` characters."""
    random = Random(seed)
    program = random.choice(
        [program for program in programs() if most is None or len(program.text) <= most]
    )
    name = random.choices(list(CHANGES), [weight for weight, _ in CHANGES.values()])[0]
    change = CHANGES[name][1]
    text: str | bytes = program.text
    for turn in range(random.choice((1, 1, 1, 2, 4))):
        if turn and isinstance(text, str):
            program = read(program.name, text)
        elif isinstance(text, bytes):
            break
        text = change(random, program)
    return Mutant(seed, name, program.name, text)


# ---- bytes and characters ---------------------------------------------------------------

_BYTES = (
    b"\0",
    b"\xff",
    b"\xfe\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\x80",
    b"\r",
    b"\r\n",
    b"\x1b[31m",
)
_CHARACTERS = (
    "\ud800", "\udfff", "\ufeff", "\0", "\ufffd", "\u202e", "\u200b", "\u0430", "\u2212", "\u00a0",
    "\u2028", "\x0c", "\x85", "ﬁ", "ß", "e\u0301", "𝑥", "中", "🐈", "\t", "\r", "\x7f",
    "٣", "²", "İ", "ª",
)  # fmt: skip
"""Half a surrogate, marks of order and direction, letters that look like others, digits that are none."""


def changed_bytes(random: Random, program: Program) -> bytes:
    """Some bytes flipped, inserted or left out; the file cut short or in another encoding."""
    data = bytearray(program.text.encode())
    for _ in range(random.choice((1, 1, 3, 30))):
        place = random.randrange(len(data))
        match random.randrange(3):
            case 0:
                data[place] ^= 1 << random.randrange(8)
            case 1:
                data[place:place] = random.choice(_BYTES)
            case _:
                del data[place : place + random.randrange(1, 4)]
    if random.random() < 0.1:
        del data[random.randrange(len(data)) :]
    return bytes(data)


def encoded(random: Random, program: Program) -> bytes:
    """The program as another system would save it."""
    text = program.text
    return random.choice(
        (
            text.replace("\n", "\r\n").encode(),
            text.replace("\n", "\r").encode(),
            b"\xef\xbb\xbf" + text.encode(),
            text.encode("utf-16"),
            text.encode("utf-16-le"),
            text.encode("utf-32"),
            text.replace("#", "# é ").encode("latin-1", "replace"),
            text.encode("cp037", "replace"),
        )
    )


def changed_characters(random: Random, program: Program) -> str:
    """A character inserted that looks like another one, or like none."""
    place = random.randrange(len(program.text))
    keep = place + random.randrange(2)
    return program.text[:place] + random.choice(_CHARACTERS) + program.text[keep:]


# ---- tokens -----------------------------------------------------------------------------


def swapped(random: Random, program: Program) -> str:
    """Two tokens exchanged, near ones as often as far ones."""
    first = random.randrange(len(program.tokens) - 1)
    second = random.choice((first + 1, random.randrange(first + 1, len(program.tokens))))
    (a, b), (c, d) = program.tokens[first], program.tokens[second]
    text = program.text
    return f"{text[:a]}{text[c:d]}{text[b:c]}{text[a:b]}{text[d:]}"


def doubled(random: Random, program: Program) -> str:
    """A run of tokens written twice."""
    start, end = _run(random, program)
    return f"{program.text[:end]} {program.text[start:end]}{program.text[end:]}"


def deleted(random: Random, program: Program) -> str:
    """A run of tokens left out."""
    start, end = _run(random, program)
    return f"{program.text[:start]} {program.text[end:]}"


def replaced(random: Random, program: Program) -> str:
    """A token replaced by another one of the corpus."""
    start, end = random.choice(program.tokens)
    return f"{program.text[:start]}{random.choice(words())}{program.text[end:]}"


def inserted(random: Random, program: Program) -> str:
    """A token of the corpus more."""
    place = random.choice(program.tokens)[0]
    return f"{program.text[:place]} {random.choice(words())} {program.text[place:]}"


def misspelt(random: Random, program: Program) -> str:
    """A name with a letter less, more or exchanged."""
    start, end = random.choice(program.tokens)
    word = program.text[start:end]
    place = random.randrange(len(word))
    new = random.choice((word[:place] + word[place + 1 :], word + word[place], word[::-1]))
    return program.text[:start] + new + program.text[end:]


def renumbered(random: Random, program: Program) -> str:
    """A whole number replaced by another, or a name by a number."""
    numbers = [span for span in program.tokens if program.text[slice(*span)].isdigit()]
    start, end = random.choice(numbers or program.tokens)
    new = random.choice(("0", "1", "2", "3", "7", "8", "12", "64", "100", "0.5", "n", "d", "10^9"))
    return program.text[:start] + new + program.text[end:]


def _run(random: Random, program: Program) -> tuple[int, int]:
    first = random.randrange(len(program.tokens))
    last = min(first + random.choice((0, 0, 0, 1, 2, 5, 12)), len(program.tokens) - 1)
    return program.tokens[first][0], program.tokens[last][1]


# ---- subtrees ---------------------------------------------------------------------------


def transplanted(random: Random, program: Program) -> str:
    """A subtree replaced by one of its kind, of any program."""
    if not program.subtrees:
        return replaced(random, program)
    subtree = random.choice(program.subtrees)
    new = random.choice(parts()[subtree.kind])
    return program.text[: subtree.span.start] + new + program.text[subtree.span.end :]


def exchanged(random: Random, program: Program) -> str:
    """Two subtrees of one program exchanged, or the inner one put in the place of the outer."""
    if len(program.subtrees) < 2:
        return replaced(random, program)
    one, other = sorted(random.sample(program.subtrees, 2), key=lambda s: s.span)
    a, b = one.span.start, one.span.end
    c, d = other.span.start, other.span.end
    text = program.text
    if b <= c:
        return f"{text[:a]}{text[c:d]}{text[b:c]}{text[a:b]}{text[d:]}"
    return text[:a] + text[c:d] + text[b:]


def wrapped(random: Random, program: Program) -> str:
    """An expression inside another form: a prefix, an operand, a call, a bracket, a branch."""
    found = [s for s in program.subtrees if s.kind == "expression"]
    if not found:
        return replaced(random, program)
    span = random.choice(found).span
    inner = program.text[span.start : span.end]
    other = random.choice(parts()["expression"])
    new = random.choice(_FORMS).replace("?", inner).replace("!", other)
    return program.text[: span.start] + new + program.text[span.end :]


_FORMS = (
    "(?)", "(? >> !)", "(! >> ?)", "(? & !)", "(? | !)", "(? + !)", "(? * !)", "(? - !)", "(! / ?)",
    "(? ^ 2)", "(-?)", "(? > !)", "[?, !]", "(?, !)", "(a = ?, b = !)", "(?)(!)", "(?)[!]", "(!)(?)",
    "(!)[?]", "!{n [d]}", "(?){n [d]}", "(?){[n] d}", "(repeat[2] ?)", "(trail[2] ?)", "(iterate[2] ?)",
    "(copies[2] ?)", "(scan ?)", "(dagger ?)", "((>> i < 2) ?)", "((+ i < 2) ?)", "((& i < 3) ?)",
    "(if 2 > 1 then ? else !)", "(if training then ? else !)", "(x => ?)", "((x, y) => ?)", "(?).a",
    "[? for i < n]", "(? over !)", "(let q = ?; !)", "(share q = ?; q >> q)", "(morph q = ?; q >> q)",
    "(? as q)", "select(? > 0, ?, !)", "concat(?, !)", "stop(?)", "push[sum](?, !)", "(?)[0]", "(?)(0)",
)  # fmt: skip

CHANGES: dict[str, tuple[int, Change]] = {
    "bytes": (8, changed_bytes),
    "encoding": (2, encoded),
    "characters": (5, changed_characters),
    "swap": (10, swapped),
    "double": (5, doubled),
    "delete": (10, deleted),
    "replace": (10, replaced),
    "insert": (5, inserted),
    "misspell": (5, misspelt),
    "renumber": (10, renumbered),
    "transplant": (18, transplanted),
    "exchange": (6, exchanged),
    "wrap": (16, wrapped),
}
"""How a program is changed, and how often of a hundred."""
