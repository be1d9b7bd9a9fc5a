"""The parser's stack: a linked list, and what could be read on top of it."""

from collections.abc import Sequence
from typing import NamedTuple, Optional

from catnn_grammar.automaton import row, rule
from catnn_grammar.tokens import WORD_KINDS


class Entry(NamedTuple):
    """A symbol on the stack: its value, its place, how deep it nests, what lies below.

    `under` is the state of the automaton before the symbol was read. The state
    after it is that of the entry above, or of the parser.
    """

    under: int
    value: object
    start: int
    end: int
    depth: int
    below: Optional["Entry"]


def entries(top: Entry | None) -> list[Entry]:
    """The entries of the stack, bottom first."""
    found: list[Entry] = []
    while top is not None:
        found.append(top)
        top = top.below
    found.reverse()
    return found


def kind_here(kind: str, state: int) -> str:
    """What a token of `kind` is read as in `state`: a word that is no keyword here is a name."""
    return "NAME" if kind in WORD_KINDS and kind not in row(state) else kind


def dry_run(state: int, top: Entry | None, kinds: Sequence[str], added: Sequence[int] = ()) -> int:
    """How many of `kinds` can be read one after the other, without reading them.

    `added` are the states under symbols that are not on the stack yet.
    """
    unders = list(added)
    for count, written in enumerate(kinds):
        kind = kind_here(written, state)
        action = row(state).get(kind)
        while action is not None and action < 0:
            origin, _, size, _ = rule(~action)
            for _ in range(size):
                if unders:
                    state = unders.pop()
                elif top is not None:
                    state, top = top.under, top.below
            unders.append(state)
            state = row(state)[origin]
            action = row(state).get(kind)
        if action is None:
            return count
        unders.append(state)
        state = action
    return len(kinds)
