"""Where to go on after a mistake.

Going on means to forget the part of the stack that the mistake broke and to
skip to a token from which the rest can be read: the end of an entry (`;` or
`}`), the next clause of a training, or the next declaration, which starts in
the first column. What was broken is `BROKEN`, and so is all that contains it.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from catnn_grammar.automaton import row
from catnn_grammar.situation import CLOSING, OPENING, begins_line
from catnn_grammar.stack import Entry, dry_run, entries
from catnn_grammar.tokens import END, Token, kinds


class Broken(Enum):
    """The value of text that holds a mistake."""

    BROKEN = "broken"


BROKEN = Broken.BROKEN

# Rules whose nesting counts: what a program can put inside itself without end.
NESTING = kinds("""
    arrow_static arrow_type binary block big call case_ choice compose comprehension
    family_tuple fan field_of given if_ instance lambda_name lambda_paren leafwise listing
    local_morph named negated negative on_axes par parenthesised part_of pattern_tuple
    prefix_counted prefix_plain product_axis reparametrise bracket after start_from sum_axis
    supply surgery tap tensor_type tuple_type type_ref upto with_parameters
    """)

# What stands between `{`, `;` and `}`, or between the statements of a body.
_ENTRIES = (
    "theory_entry",
    "algebra_entry",
    "sheaf_entry",
    "lens_entry",
    "moved",
    "leaf_map",
    "placed",
    "arm",
    "alternative",
    "leaf_case",
    "action_entry",
    "simple",
)

_LOOKAHEAD = 4


class Restart(NamedTuple):
    """Read on at token `at` with this stack, a broken `symbol` on top of it (if any).

    `breaks` says that the value on top of the stack is missing a part from now on.
    """

    at: int
    state: int
    top: Entry | None
    symbol: str = ""
    breaks: bool = False


def is_broken(children: Iterable[object]) -> bool:
    return any(child is BROKEN for child in children)


def find_restart(
    text: str,
    tokens: Sequence[Token],
    index: int,
    state: int,
    top: Entry | None,
    symbols: Sequence[str],
) -> Restart | None:
    """The first place at or after token `index` from which reading can go on."""
    levels = _levels(state, top, symbols)
    depth = levels[-1].depth
    for position in range(index, len(tokens)):
        token = tokens[position]
        found = _declaration(text, token, position, levels)
        if found is None and token.kind in ("SEMICOLON", "RBRACE"):
            found = _entry(tokens, position, levels, depth)
        if found is None and depth == 0 and begins_line(text, token):
            found = _clause(token, position, levels)
        if found is not None:
            return found
        depth += (token.kind in OPENING) - (token.kind in CLOSING)
    return None


class _Level(NamedTuple):
    """The stack at some height, and how many brackets are open in it."""

    state: int
    top: Entry | None
    depth: int


def _levels(state: int, top: Entry | None, symbols: Sequence[str]) -> list[_Level]:
    """The stack at each height, lowest first."""
    stack = entries(top)
    states = [*(entry.under for entry in stack), state]
    levels = [_Level(states[0], None, 0)]
    for entry, reached in zip(stack, states[1:], strict=True):
        step = (symbols[reached] in OPENING) - (symbols[reached] in CLOSING)
        levels.append(_Level(reached, entry, levels[-1].depth + step))
    return levels


def _declaration(
    text: str, token: Token, position: int, levels: Sequence[_Level]
) -> Restart | None:
    """The next declaration (or the end), if `token` stands in the first column and begins one."""
    if token.kind != END and token.start > 0 and text[token.start - 1] != "\n":
        return None
    for level in reversed(levels[:2]):
        actions = row(level.state)
        if "item" in actions and token.kind in actions:
            return Restart(position, level.state, level.top)
    return None


def _clause(token: Token, position: int, levels: Sequence[_Level]) -> Restart | None:
    """The next clause of a training, if `token` begins one."""
    for level in reversed(levels):
        actions = row(level.state)
        if "clause" in actions and actions.get(token.kind, -1) >= 0:
            return Restart(position, level.state, level.top, breaks=True)
    return None


def _entry(
    tokens: Sequence[Token], position: int, levels: Sequence[_Level], depth: int
) -> Restart | None:
    """The end of a broken entry; of several, the one after which most of the text can be read."""
    best: Restart | None = None
    most = 0
    ahead = [token.kind for token in tokens[position : position + _LOOKAHEAD]]
    for level in reversed(levels):
        if level.depth < depth:
            break
        actions = row(level.state)
        symbol = next((entry for entry in _ENTRIES if entry in actions), None)
        if symbol is None or level.depth > depth:
            continue
        read = dry_run(actions[symbol], level.top, ahead, [level.state])
        if read > most:
            best, most = Restart(position, level.state, level.top, symbol), read
    return best
