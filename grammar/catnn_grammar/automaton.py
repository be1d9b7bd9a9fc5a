"""The LALR(1) automaton, read from the generated tables state by state as it is needed."""

from typing import NamedTuple

from catnn_grammar.tables import ROWS, RULES, SETS, STARTS

Row = dict[str, int]


class Rule(NamedTuple):
    """`origin` from `size` symbols.

    `action` is the name under which the result is built, `PASS` if the rule
    stands for its only child, `COLLECT` for a list of children. `children` are
    pairs `(index, taken_over)`; an index of -1 is an absent optional part.
    """

    origin: str
    action: str
    size: int
    children: tuple[tuple[int, bool], ...]


PASS = "="
COLLECT = "+"


def _rule(line: str) -> Rule:
    origin, action, size, *children = line.split()
    picks = tuple((-1 if c == "-" else int(c.rstrip("*")), c.endswith("*")) for c in children)
    return Rule(origin, action, int(size), picks)


def _lines(block: str) -> list[str]:
    return block[1:-1].split("\n")


_SETS = _lines(SETS)
_ROWS = _lines(ROWS)
_RULES = _lines(RULES)
_read_rows: dict[int, Row] = {}
_read_rules: dict[int, Rule] = {}

START_STATES = {name: int(state) for name, state in (line.split() for line in _lines(STARTS))}


def row(state: int) -> Row:
    """What to do in `state` for each symbol: `n >= 0` goes to state n, `n < 0` reduces by rule ~n."""
    known = _read_rows.get(state)
    if known is None:
        known = _read_rows[state] = _decode(_ROWS[state])
    return known


def _decode(line: str) -> Row:
    words = line.split()
    decoded: Row = {}
    for symbol, number in zip(words[::2], words[1::2], strict=True):
        if symbol[0] == "r" and symbol[1:].isdigit():
            decoded.update(dict.fromkeys(_SETS[int(number)].split(), ~int(symbol[1:])))
        else:
            decoded[symbol] = int(number)
    return decoded


def rule(number: int) -> Rule:
    """Rule `number`."""
    known = _read_rules.get(number)
    if known is None:
        known = _read_rules[number] = _rule(_RULES[number])
    return known


def rule_count() -> int:
    return len(_RULES)


def state_count() -> int:
    return len(_ROWS)
