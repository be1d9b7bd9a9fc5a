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


def dry_run(state: int, top: Entry | None, kinds: Sequence[str], added: Sequence[int] = ()) -> int:
    """How many of `kinds` can be read one after the other, without reading them.

    `added` are the states under symbols that are not on the stack yet.
    """
    unders = list(added)
    for count, kind in enumerate(kinds):
        while True:
            actions = row(state)
            action = actions.get(kind)
            if action is None and kind in WORD_KINDS:
                action = actions.get("NAME")
            if action is None:
                return count
            if action >= 0:
                unders.append(state)
                state = action
                break
            origin, _, size, _ = rule(~action)
            for _ in range(size):
                if unders:
                    state = unders.pop()
                elif top is not None:
                    state, top = top.under, top.below
            unders.append(state)
            state = row(state)[origin]
    return len(kinds)
