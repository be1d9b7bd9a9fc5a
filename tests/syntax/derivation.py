"""Random and shortest texts of the grammar, rule by rule.

A text is derived from the rules that Lark sees, with words and numbers for the
terminals that are patterns. `shortest` gives a file that uses a given rule;
`derive` follows the choices of a source of randomness and ends quickly once
its budget is spent.
"""

from collections.abc import Callable
from functools import cache
from random import Random

from lark import Lark
from lark.grammar import Rule, Symbol
from lark.lexer import PatternStr

from catnn_grammar.build import read_grammar

START = "file"


@cache
def grammar() -> Lark:
    return read_grammar()


@cache
def rules() -> dict[str, list[Rule]]:
    """The rules by the symbol that they define."""
    found: dict[str, list[Rule]] = {}
    for rule in grammar().rules:
        found.setdefault(rule.origin.name, []).append(rule)
    return found


@cache
def fixed() -> dict[str, str]:
    """The terminals that are words or signs."""
    return {
        t.name: t.pattern.value for t in grammar().terminals if isinstance(t.pattern, PatternStr)
    }


@cache
def heights() -> dict[str, int]:
    """For each symbol how many tokens its shortest text has."""
    lengths: dict[str, int] = {}
    changed = True
    while changed:
        changed = False
        for origin, alternatives in rules().items():
            for rule in alternatives:
                sizes = [1 if s.is_term else lengths.get(s.name) for s in rule.expansion]
                if None in sizes:
                    continue
                length = sum(size for size in sizes if size is not None)
                if length < lengths.get(origin, 10**9):
                    lengths[origin] = length
                    changed = True
    return lengths


def length(rule: Rule) -> int:
    return sum(1 if s.is_term else heights()[s.name] for s in rule.expansion)


def simplest(name: str) -> Rule:
    return min(rules()[name], key=lambda rule: (length(rule), str(rule)))


Terminal = Callable[[str], str]


def plain(name: str) -> str:
    """The same text for each terminal that is a pattern."""
    patterns = {
        "NAME": "x",
        "UNAME": "A",
        "INT": "2",
        "NUMBER": "0.5",
        "STRING": '"p"',
        "LINEAR_TO": "-o",
    }
    return fixed().get(name) or patterns[name]


def expand(symbols: list[Symbol], choose: Callable[[str], Rule], terminal: Terminal) -> list[str]:
    """The tokens of symbols, each nonterminal by the rule that is chosen for it."""
    tokens: list[str] = []
    pending = list(reversed(symbols))
    while pending:
        symbol = pending.pop()
        if symbol.is_term:
            tokens.append(terminal(symbol.name))
        else:
            pending.extend(reversed(choose(symbol.name).expansion))
    return tokens


@cache
def ways() -> dict[str, tuple[Rule, int]]:
    """For each symbol a rule that leads to it from the start, and where it stands there."""
    found: dict[str, tuple[Rule, int]] = {}
    queue = [START]
    seen = {START}
    for name in queue:
        for rule in sorted(rules()[name], key=length):
            for place, symbol in enumerate(rule.expansion):
                if not symbol.is_term and symbol.name not in seen:
                    seen.add(symbol.name)
                    found[symbol.name] = (rule, place)
                    queue.append(symbol.name)
    return found


def shortest(rule: Rule) -> str:
    """A file that uses `rule`, and is as short as can be elsewhere."""
    tokens = expand(list(rule.expansion), simplest, plain)
    name = rule.origin.name
    while name != START:
        outer, place = ways()[name]
        before = expand(list(outer.expansion[:place]), simplest, plain)
        after = expand(list(outer.expansion[place + 1 :]), simplest, plain)
        tokens = [*before, *tokens, *after]
        name = outer.origin.name
    return " ".join(tokens)


def derive(random: Random, budget: int = 60) -> list[str]:
    """The tokens of a random file."""
    left = [budget]

    def choose(name: str) -> Rule:
        left[0] -= 1
        if left[0] < 0:
            return simplest(name)
        alternatives = sorted(rules()[name], key=str)
        return random.choice(alternatives)

    def terminal(name: str) -> str:
        texts = {
            "NAME": ["x", "y", "n", "d", "linear", "step", "at", "v'", "order", "x_1", "o"],
            "UNAME": ["A", "Graph", "B'"],
            "INT": ["0", "2", "64"],
            "NUMBER": ["0.5", "1e-3", "2.0e5"],
            "STRING": ['"p"', '"blocks.*.{q,k}"', '""'],
            "LINEAR_TO": ["-o"],
        }
        return fixed().get(name) or random.choice(texts[name])

    symbols = [
        s for _ in range(random.randint(1, 3)) for s in random.choice(rules()["item"]).expansion
    ]
    return expand(symbols, choose, terminal)
