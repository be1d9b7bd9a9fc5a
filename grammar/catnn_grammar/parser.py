"""Run the automaton over tokens: build values, name mistakes, go on after them.

The stack is a linked list, so the stack as it was before a token is kept for
free: an LALR automaton may reduce once more before it sees that a token does
not fit, and what is said about the mistake is said from before that. Nothing
here recurses: deep programs meet `MAX_NESTING`, not Python's limit.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from catnn_grammar.automaton import COLLECT, PASS, START_STATES, row, rule, state_count
from catnn_grammar.recovery import BROKEN, NESTING, Restart, find_restart, is_broken
from catnn_grammar.situation import LOOKAHEAD, Mistake, Repair, Situation
from catnn_grammar.stack import Entry, dry_run, entries, kind_here
from catnn_grammar.tokens import END, Token

MAX_NESTING = 200
MAX_RECOVERIES = 100
_SHY = 2

Action = Callable[..., object]
Locate = Callable[[int, int], object]


class Parser:
    """One run over one text.

    `actions[name](place, *children)` builds the value of the rule of that name,
    where `place` is `locate(start, end)`. Mistakes that an action finds go into
    `mistakes` as well, and what it built is broken.
    """

    def __init__(
        self,
        text: str,
        tokens: list[Token],
        actions: Mapping[str, Action],
        locate: Locate,
        mistakes: list[Mistake],
    ) -> None:
        self.text = text
        self.tokens = tokens
        self.actions = actions
        self.locate = locate
        self.mistakes = mistakes
        self.index = 0
        self.state = 0
        self.top: Entry | None = None
        self.recoveries = 0
        self.calm = 0
        self.extended: list[tuple[list[object], int]] = []

    def parse(self, start: str) -> object:
        """The value of the whole text; `BROKEN` if it holds mistakes that leave none."""
        self.state = START_STATES[start]
        while True:
            before = (self.state, self.top)
            token = self.tokens[self.index]
            # A word is a keyword if one can stand here, and else a name.
            kind = kind_here(token.kind, self.state)
            action = row(self.state).get(kind)
            while action is not None and action < 0:
                self._reduce(~action)
                action = row(self.state).get(kind)
            if action is None:
                self.state, self.top = before
                self._undo()
                if not self._recover(token):
                    return BROKEN
            elif kind == END:
                return None if self.top is None else self.top.value
            else:
                self.index += 1
                self.extended.clear()
                self.top = Entry(self.state, token, token.start, token.end, 0, self.top)
                self.state = action

    def _reduce(self, number: int) -> None:
        origin, action, size, children = rule(number)
        top = self.top
        if action == PASS and size == 1 and top is not None:
            self.state = row(top.under)[origin]
            return
        parts: list[Entry] = []
        while len(parts) < size and top is not None:
            parts.append(top)
            top = top.below
        parts.reverse()
        start = parts[0].start if parts else self._end()
        end = parts[-1].end if parts else start
        depth = max([part.depth for part in parts], default=0)
        value: object
        if action == PASS:
            value = parts[children[0][0]].value
        elif action == COLLECT:
            value = self._children(parts, children)
        else:
            depth += action in NESTING
            value = self._build(action, start, end, self._children(parts, children), depth)
            if value is BROKEN or action == "file":
                depth = 0
        under = parts[0].under if parts else self.state
        self.top = Entry(under, value, start, end, depth, top)
        self.state = row(under)[origin]

    def _children(
        self, parts: Sequence[Entry], children: Sequence[tuple[int, bool]]
    ) -> list[object]:
        """The children of a rule; the first list taken over is extended in place."""
        found: list[object] = []
        for index, taken_over in children:
            if index < 0:
                found.append(None)
            elif not taken_over:
                found.append(parts[index].value)
            elif found:
                found.extend(_as_list(parts[index].value))
            else:
                found = _as_list(parts[index].value)
                self.extended.append((found, len(found)))
        return found

    def _undo(self) -> None:
        """Shorten what was extended for a token that then did not fit."""
        for extended, length in reversed(self.extended):
            del extended[length:]
        self.extended.clear()

    def _end(self) -> int:
        return 0 if self.top is None else self.top.end

    def _build(
        self, action: str, start: int, end: int, children: list[object], depth: int
    ) -> object:
        if action == "file":
            children = [child for child in children if child is not BROKEN]
        elif self.mistakes and is_broken(children):
            return BROKEN
        elif depth > MAX_NESTING:
            self.mistakes.append(_too_deep(start, end))
            return BROKEN
        known = len(self.mistakes)
        value = self.actions[action](self.locate(start, end), *children)
        return value if len(self.mistakes) == known else BROKEN

    # ---- mistakes ---------------------------------------------------------------------

    def _recover(self, token: Token) -> bool:
        """Get past a token that does not fit; False if there is nowhere to go on."""
        if token.kind == "LINEAR_TO" and self._accepts("MINUS"):
            _, _, start, end = token
            halves = [Token("MINUS", "-", start, start + 1), Token("NAME", "o", start + 1, end)]
            self.tokens[self.index : self.index + 1] = halves
            return True
        # A program without mistakes does not pay for naming them.
        from catnn_grammar.mistakes import diagnose

        mistake = diagnose(self._situation())
        # What goes wrong at once after a recovery comes from the recovery.
        if self.index >= self.calm:
            self.mistakes.append(mistake)
        self.recoveries += 1
        if self.recoveries >= MAX_RECOVERIES:
            return False
        recovered = self._repair(mistake) or self._restart()
        self.calm = self.index + _SHY
        return recovered

    def _repair(self, mistake: Mistake) -> bool:
        """Apply the repair with which most of what follows can be read, if there is one."""
        repair = max(mistake.repairs, key=self._reads, default=None)
        if repair is None or not self._reads(repair):
            return False
        before = self._taken_back(repair.first)
        if before is None:
            return False
        self.state, self.top = before
        self.tokens[repair.first : repair.last] = repair.replacement
        self.index = repair.first
        return True

    def _reads(self, repair: Repair) -> int:
        """How many of the tokens after a repair can be read, at most `LOOKAHEAD`."""
        before = self._taken_back(repair.first)
        if before is None:
            return 0
        following = self.tokens[repair.last : repair.last + LOOKAHEAD]
        kinds = [token.kind for token in (*repair.replacement, *following)]
        return max(0, dry_run(*before, kinds) - len(repair.replacement))

    def _taken_back(self, first: int) -> tuple[int, Entry | None] | None:
        """The stack before token `first` was read, if nothing was built with it since."""
        state, top = self.state, self.top
        for index in range(self.index - 1, first - 1, -1):
            if top is None or top.value is not self.tokens[index]:
                return None
            state, top = top.under, top.below
        return state, top

    def _restart(self) -> bool:
        """Forget what is broken and skip to where reading can go on."""
        found = find_restart(self.text, self.tokens, self.index, self.state, self.top, _symbols())
        if found is None:
            return False
        self._resume(found)
        return True

    def _resume(self, restart: Restart) -> None:
        self.index = restart.at
        self.state, self.top = restart.state, restart.top
        if restart.symbol:
            here = self.tokens[self.index].start
            self.top = Entry(self.state, BROKEN, here, here, 0, self.top)
            self.state = row(self.state)[restart.symbol]
        elif restart.breaks and self.top is not None:
            under, value, start, end, _, below = self.top
            broken: object = [BROKEN] if isinstance(value, list) else BROKEN
            self.top = Entry(under, broken, start, end, 0, below)

    def _situation(self) -> Situation:
        symbols = _symbols()
        stack = entries(self.top)
        states = [entry.under for entry in stack[1:]]
        names = [symbols[state] for state in (*states, self.state)] if stack else []
        starts = [entry.start for entry in stack]
        expected, reads = self._expected, self._reads
        return Situation(self.text, self.tokens, self.index, names, starts, expected, reads)

    def _expected(self) -> frozenset[str]:
        """The kinds of token that can be read here, without those that only look so to LALR."""
        kinds = (kind for kind in row(self.state) if kind.isupper() or kind == END)
        return frozenset(kind for kind in kinds if self._accepts(kind))

    def _accepts(self, kind: str) -> bool:
        return dry_run(self.state, self.top, [kind]) > 0


def _as_list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("bug in catnn: only a collected list can be taken over")
    return value


def _too_deep(start: int, end: int) -> Mistake:
    return Mistake(
        "E0110",
        f"nested too deeply: more than {MAX_NESTING} levels",
        start,
        end,
        help=("give the inner parts names with `let` or with morphs of their own",),
    )


@cache
def _symbols() -> list[str]:
    """The symbol that was read to get into each state."""
    symbols = [""] * state_count()
    for state in range(state_count()):
        for symbol, target in row(state).items():
            if target >= 0:
                symbols[target] = symbol
    return symbols
