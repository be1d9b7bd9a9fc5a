"""E0100, the mistake without a name: what was found and what would fit, in words."""

from collections.abc import Iterable

from catnn_grammar.situation import LITERALS, LOOKAHEAD, OPENING, Mistake, Repair, Situation
from catnn_grammar.tokens import END, SPELLING, WORD_KINDS, Token, kinds
from catnn_grammar.words import first_of

_MOST = 5

OPERATORS = kinds("""
    THEN AMPERSAND BAR PLUS MINUS STAR SLASH FLOOR PERCENT CARET AT_SIGN TILDE LESS LESS_EQUAL
    GREATER GREATER_EQUAL EQUAL NOT_EQUAL OR AND DOT BY TAP UPTO AFTER GIVEN AS OVER WITH ORIENTED
    """)
ARROWS = frozenset({"TO", "LINEAR_TO", "TRAINS_TO"})


def begins_declaration(situation: Situation) -> bool:
    """Whether the token ends whatever came before: it begins a declaration in the first column."""
    token = situation.token
    if token.kind == END:
        return True
    return token.kind in first_of("file") and situation.begins_column(token)


def unexpected(situation: Situation) -> Mistake:
    """What was found and what would fit; if one sign more or less makes sense of the text, that."""
    found = describe(situation.token)
    fitting = describe_all(situation.expected)
    hint, repair = _hint(situation)
    repair = repair or _small_repair(situation)
    help_: tuple[str, ...] = ()
    if hint:
        help_ = (hint,)
    elif repair is not None and repair.replacement:
        help_ = (f"perhaps `{repair.replacement[0].text}` is missing before it",)
    elif repair is not None:
        help_ = (f"perhaps {found} is too much",)
    return situation.mistake(
        "E0100",
        f"unexpected {found}",
        f"expected {fitting}",
        help=help_,
        repairs=() if repair is None else (repair,),
    )


_COUNTED = frozenset({"repeat", "iterate", "trail", "copies"})


def _hint(s: Situation) -> tuple[str, Repair | None]:
    """What to write where a habit explains the token, and how to read on."""
    token, before = s.token, s.before()
    if before.text in _COUNTED and s.expected == {"LSQB"}:
        return f"write `{before.text}[n] f`", None
    if token.kind == "TO" and before.kind == "RPAR" and "COLON" in s.expected:
        return "after named inputs the result stands behind `:`", s.replace("COLON")
    if token.kind == "TO" and "THEN" in s.expected:
        return "`->` stands between types; morphisms are composed by `f >> g`", s.replace("THEN")
    if token.kind == "SEMICOLON" and "THEN" in s.expected and s.after().kind == "NAME":
        return "morphisms are composed by `f >> g`; a declaration ends without `;`", None
    if token.kind == "ASSIGN" and "TILDE" in s.expected and s.before(4).text != "let":
        return "how a parameter begins stands behind `~`", s.replace("TILDE")
    if token.kind == "TILDE" and s.before(2).text in ("param", "draw"):
        word, name = s.before(2).text, before.text
        return f"its type stands in between: `{word} {name} : [d] ~ ..`", None
    if token.kind == "COMMA" and s.on_a_statement():
        return "a statement ends with `;`", s.replace("SEMICOLON")
    if token.kind == "COLON" and "THEN" in s.expected and "IF" in s.symbols:
        return "write `if c then a else b`", None
    if token.text == "in" and "FOR" in s.symbols:
        return "an index runs below a number: `[e for i < n]`", None
    if token.kind == "LBRACE" and "LSQB" in s.expected and before.kind in ("COLON", "TO"):
        return "a tensor has square brackets: `[n, d]`", None
    if token.kind == "INT" and before.kind == "LPAR" and "LSQB" in s.expected:
        return f"a tensor has square brackets: `[{token.text}]`", None
    if token.kind in ("COMMA", "RPAR") and s.expected == {"COLON"} and before.kind == "NAME":
        return "sizes stand in square brackets, inputs have types: `f[n]`, `f(x : [n])`", None
    if s.before(2).text == "let" and s.opening is not None and s.opening.kind == "LBRACE":
        return "braces hold an axis pattern; a body has none: `x => let y = ..; y`", None
    return "", None


_SMALL = ("SEMICOLON", "COMMA", "ASSIGN", "COLON", *OPENING, *OPENING.values(), "MAPS_TO", "THEN")


def _small_repair(situation: Situation) -> Repair | None:
    """The sign to insert, or else the token to leave out, after which the text reads on."""
    left = len(situation.tokens) - situation.index
    whole = min(LOOKAHEAD, left)
    for kind in _SMALL:
        if kind in situation.expected:
            repair = situation.insert(kind)
            if situation.reads(repair) >= whole:
                return repair
    if situation.token.kind != END:
        repair = situation.drop()
        if situation.reads(repair) >= min(LOOKAHEAD, left - 1):
            return repair
    return None


def describe(token: Token) -> str:
    """A token as the user knows it."""
    if token.kind == END:
        return "end of the file"
    if token.kind == "STRING":
        return "string"
    return f"`{token.text}`"


def describe_all(wanted: Iterable[str]) -> str:
    """A set of kinds in words: the groups that have a name first, then single tokens."""
    rest = set(wanted)
    words: list[str] = []
    for name, group in _groups():
        if len(group & rest) > 2 and (group - WORD_KINDS) <= rest:
            words.append(name)
            rest -= group
    if len(rest & OPERATORS) > 2:
        words.append("an operator")
        rest -= OPERATORS
        rest -= {"LPAR", "LSQB", "LBRACE"}
    words += sorted(_spell(kind) for kind in rest)
    if len(words) > _MOST:
        words = [*words[:_MOST], "..."]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" or {words[-1]}"


def _groups() -> tuple[tuple[str, frozenset[str]], ...]:
    return (
        ("a declaration", first_of("file") - {END}),
        ("an expression", first_of("expr")),
        ("an operand", LITERALS | {"LPAR", "LSQB", "LBRACE", "MINUS"}),
        ("a type", first_of("type")),
        ("an arrow", ARROWS),
    )


def _spell(kind: str) -> str:
    named = {
        "NAME": "a name",
        "UNAME": "an upper-case name",
        "INT": "an integer",
        "NUMBER": "a number",
        "STRING": "a string",
        END: "the end of the file",
    }
    return named.get(kind) or f"`{SPELLING.get(kind, '-o')}`"
