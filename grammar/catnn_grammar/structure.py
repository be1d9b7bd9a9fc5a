"""Mistakes in how declarations, bodies and expressions are put together."""

from collections.abc import Iterator, Set
from difflib import get_close_matches

from catnn_grammar.punctuation import STATEMENT_WORDS
from catnn_grammar.situation import (
    CLOSING,
    OPENING,
    Mistake,
    Place,
    Situation,
    ends_operand,
    starts_operand,
)
from catnn_grammar.tokens import END, SPELLING, WORD_KINDS, Token, kinds
from catnn_grammar.unexpected import begins_declaration
from catnn_grammar.words import first_of, keyword_mistake, reserved

# ---- names ------------------------------------------------------------------------------

_LOWER = kinds("MORPH MODEL LAW TRAIN REPARAM LENS WEIGHTS DATA MESH PLACE RSQB")
_UPPER = kinds("TYPE NEWTYPE THEORY ALGEBRA SHEAF SORT")


def upper_case_morph(s: Situation) -> Mistake | None:
    """E0117: `morph Block`."""
    if s.token.kind != "UNAME" or "NAME" not in s.expected or s.before().kind not in _LOWER:
        return None
    name = s.token.text
    lower = name[:1].lower() + name[1:]
    return s.mistake(
        "E0117",
        f"the name of a {s.before().text if s.before().kind != 'RSQB' else 'law'} is lower case",
        help=(f"write `{lower}`; upper-case names are types",),
        repairs=(s.replace("NAME"),),
    )


def lower_case_type(s: Situation) -> Mistake | None:
    """E0118: `type graph`."""
    if "UNAME" not in s.expected or "NAME" in s.expected:
        return None
    if s.token.kind != "NAME" and s.token.kind not in WORD_KINDS:
        return None
    word = s.before()
    if word.kind not in _UPPER and "SORT" not in s.recent:
        return None
    name = s.token.text
    return s.mistake(
        "E0118",
        f"the name of a {'sort' if 'SORT' in s.recent else word.text} is upper case",
        help=(f"write `{name[:1].upper() + name[1:]}`; lower-case names in types are sizes",),
        repairs=(s.replace("UNAME"),),
    )


def upper_case_size(s: Situation) -> Mistake | None:
    """E0136: `[N, D]` in a type."""
    if s.token.kind != "UNAME" or not {"NAME", "INT"} <= s.expected or "STRING" in s.expected:
        return None
    return s.mistake(
        "E0136",
        f"`{s.token.text}` is no size: sizes are lower case",
        help=(f"write `{s.token.text.lower()}`",),
        repairs=(s.replace("NAME"),),
    )


def keyword_as_name(s: Situation) -> Mistake | None:
    """E0120: a reserved word that was read as one, though a name was meant."""
    word = s.before()
    if word.text not in reserved() or s.symbols[-1:] != [word.kind] or _continues(s):
        return None
    return keyword_mistake(word)


def _continues(s: Situation) -> bool:
    return s.token.kind in first_of("expr") or s.token.kind == END


# ---- bodies -----------------------------------------------------------------------------


def no_else(s: Situation) -> Mistake | None:
    """E0131: `if c then a` without `else`."""
    ends = s.token.kind in CLOSING or s.token.kind in ("SEMICOLON", "COMMA")
    if "ELSE" not in s.expected or not (ends or begins_declaration(s) or s.token.text == "elif"):
        return None
    heights = [height for height, symbol in enumerate(s.symbols) if symbol == "IF"]
    word = s.read_at(heights[-1]) if heights else None
    help_ = "write `else if`" if s.token.text == "elif" else "write `if c then a else b`"
    return s.mistake("E0131", "this `if` has no `else`", at=word, help=(help_,))


def no_result(s: Situation) -> Mistake | None:
    """E0127: a body that ends with a statement."""
    if not (s.token.kind in CLOSING or begins_declaration(s)):
        return None
    if s.before().kind == "SEMICOLON" and "LET" in s.expected:
        return _no_result(s, s.before())
    word = _open_statement(s)
    if "SEMICOLON" not in s.expected or word is None:
        return None
    continued = _continued_line(s, word)
    if continued is not None:
        return s.mistake(
            "E0101",
            "missing `;`",
            "expected `;` after this",
            at=s.before(s.index - continued + 1),
            notes=(f"the `{s.tokens[continued].text}` of the next line is read as its argument",),
        )
    return _no_result(s, word)


def _no_result(s: Situation, last: Token) -> Mistake:
    places: tuple[Place, ...] = ()
    local = _local_in_first_column(s)
    if local is not None:
        places = (Place(local.start, local.end, "read as part of the body above it"),)
    return s.mistake(
        "E0127",
        "this body has no result",
        "the last statement",
        at=last,
        places=places,
        help=("a body is `statement; statement; result`: end it with an expression",),
    )


def _open_statement(s: Situation) -> Token | None:
    """The word of the statement that is being read, if it stands in a body."""
    for height in range(len(s.symbols) - 1, s.inside, -1):
        if s.symbols[height] in STATEMENT_WORDS and height > 1:
            return s.read_at(height)
    return None


def _continued_line(s: Situation, word: Token) -> int | None:
    """A bracket that begins a line of the statement but was read as going on with the line before."""
    depth = 0
    for index in range(s.index - 1, 0, -1):
        token = s.tokens[index]
        depth += (token.kind in CLOSING) - (token.kind in OPENING)
        if token.start <= word.start:
            return None
        between = s.text[s.tokens[index - 1].end : token.start]
        if depth == 0 and token.kind in OPENING and "\n" in between:
            return index if ends_operand(s.tokens[index - 1]) else None
    return None


def _local_in_first_column(s: Situation) -> Token | None:
    for height in range(len(s.symbols) - 1, 1, -1):
        start = s.starts[height]
        if s.symbols[height] == "MORPH" and s.text[start - 1] == "\n":
            return s.read_at(height)
    return None


def names_without_parentheses(s: Situation) -> Mistake | None:
    """E0146: `let a, b = e;`."""
    if s.token.kind != "COMMA" or s.symbols[-2:-1] not in (["LET"], ["DRAW"], ["ONCE"]):
        return None
    word = s.symbols[-2].lower()
    return s.mistake(
        "E0146",
        "several names stand in parentheses",
        help=(f"write `{word} ({s.before().text}, {s.after().text}) ..`",),
    )


def statement_in_expression(s: Situation) -> Mistake | None:
    """E0142: `f >> let x = 1; x`."""
    word = _word_as_name(s, STATEMENT_WORDS)
    if word is None:
        return None
    return s.mistake(
        "E0142",
        f"`{word.text}` begins a body, which stands in parentheses here",
        at=word,
        help=(f"write `({word.text} ..; ..)`",),
    )


def _word_as_name(s: Situation, words: Set[str]) -> Token | None:
    """One of `words` that was read as a name, since it can begin nothing here."""
    word = s.before()
    if word.kind not in words or s.symbols[-1:] != ["NAME"]:
        return None
    return word if starts_operand(s.token) else None


def lambda_in_expression(s: Situation) -> Mistake | None:
    """E0143: `f & x => e`, `1 + if c then a else b`."""
    if s.token.kind == "MAPS_TO" and ends_operand(s.before()):
        return s.mistake(
            "E0143",
            "a function inside an expression stands in parentheses",
            help=(f"write `({s.before().text} => ..)`",),
        )
    word = _word_as_name(s, {"IF", "CASE"})
    if word is None:
        return None
    return s.mistake(
        "E0143",
        f"`{word.text}` inside an expression stands in parentheses",
        at=word,
        help=(f"write `({word.text} ..)`",),
    )


# ---- operators --------------------------------------------------------------------------


def by_without_at(s: Situation) -> Mistake | None:
    """E0145: `f by r` without `at`."""
    if "AT" not in s.expected or "BY" not in s.recent:
        return None
    return s.mistake(
        "E0145",
        "`by` needs the place where it acts",
        help=('write `f by r at "path"`, or `at "**"` for every parameter',),
    )


_PIPE_ENDS = kinds("""
    ASSIGN BECOMES MAPS_TO ORIENTED STORES SEMICOLON COMMA COLON LESS LESS_EQUAL GREATER
    GREATER_EQUAL EQUAL NOT_EQUAL OR AND NOT IF THEN_WORD ELSE CASE OF FOR WITH LOSS MINIMISE
    UPDATE GIVES UNTIL TO LINEAR_TO TRAINS_TO TILDE
    """)


def mixed_pipe(s: Situation) -> Mistake | None:
    """E0105: `f >> g & h`, with both readings."""
    if s.token.kind not in ("AMPERSAND", "BAR"):
        return None
    chain = list(_pipe_before(s))
    pipes = [token for token in chain if token.kind == "THEN"]
    if not pipes:
        return None
    sign = s.token.text
    left = _shorten(s.text[chain[-1].start : s.before().end])
    first = _shorten(s.text[chain[-1].start : pipes[0].start].rstrip())
    last = _shorten(s.text[pipes[0].end : s.before().end].strip())
    right = _shorten(s.text[s.token.end : _pipe_end(s)].strip())
    return s.mistake(
        "E0105",
        f"`>>` and `{sign}` don't mix without parentheses",
        places=(Place(pipes[0].start, pipes[0].end, "the pipe"),),
        help=(f"write `({left}) {sign} {right}`", f"or `{first} >> ({last} {sign} {right})`"),
    )


def mixed_fan(s: Situation) -> Mistake | None:
    """E0106: `f & g | h`, with both readings."""
    other = {"AMPERSAND": "BAR", "BAR": "AMPERSAND"}.get(s.token.kind)
    if other is None:
        return None
    chain = list(_pipe_before(s))
    signs = [token for token in chain if token.kind == other]
    if not signs:
        return None
    left = _shorten(s.text[chain[-1].start : s.before().end])
    first = _shorten(s.text[chain[-1].start : signs[0].end])
    last = _shorten(s.text[signs[0].end : s.before().end].strip())
    right = _shorten(s.text[s.token.end : _pipe_end(s)].strip())
    sign = s.token.text
    return s.mistake(
        "E0106",
        "`&` and `|` don't mix without parentheses",
        places=(Place(signs[0].start, signs[0].end, "the other sign"),),
        help=(f"write `({left}) {sign} {right}`", f"or `{first} ({last} {sign} {right})`"),
    )


def _pipe_before(s: Situation) -> Iterator[Token]:
    """The tokens of the pipe that ends before this token, outermost level, last first."""
    depth = 0
    for index in range(s.index - 1, -1, -1):
        token = s.tokens[index]
        if token.kind in OPENING:
            depth -= 1
        if depth < 0 or (depth == 0 and token.kind in _PIPE_ENDS):
            return
        if token.kind in CLOSING:
            depth += 1
        elif depth == 0:
            yield token


def _pipe_end(s: Situation) -> int:
    """Where the operand after this token ends."""
    depth = 0
    end = s.token.end
    for token in s.tokens[s.index + 1 :]:
        if token.kind in CLOSING:
            depth -= 1
        ends = token.kind in _PIPE_ENDS or token.kind in ("THEN", "AMPERSAND", "BAR", END)
        if depth < 0 or (depth == 0 and (ends or token.kind in first_of("file"))):
            return end
        if token.kind in OPENING:
            depth += 1
        end = token.end
    return end


def _shorten(text: str, most: int = 32) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else ".."


# ---- headers and declarations -----------------------------------------------------------

_CLAUSES = ("COLON", "OVER", "ACROSS", "WHERE")


def header_order(s: Situation) -> Mistake | None:
    """E0137: `where` before `over`, a second `:`."""
    if s.token.kind not in _CLAUSES or not {"ASSIGN", END} & s.expected:
        return None
    if not {"WHERE", "ACROSS", "OVER", "where_", "across", "over"} & set(s.symbols[-4:]):
        return None
    return s.mistake(
        "E0137",
        f"`{s.token.text}` comes too late in this header",
        help=("the order is `name[args](inputs) : type over .. across .. where .. = body`",),
    )


_BINDS = kinds("""
    kind MORPH MODEL LET SHARE ONCE BUFFER TYPE NEWTYPE TRAIN MESH EXTERN FORWARD BACKWARD METRIC
    OVER
    """)


def no_assign(s: Situation) -> Mistake | None:
    """E0121: no `=` between a header or a name and what it stands for."""
    if "ASSIGN" not in s.expected or not (starts_operand(s.token) or s.token.kind == "MAPS_TO"):
        return None
    for symbol in reversed(s.recent):
        if symbol == "ASSIGN":
            return None
        if symbol in _BINDS:
            break
    else:
        return None
    if begins_declaration(s):
        return None
    repair = s.replace("ASSIGN") if s.token.kind == "MAPS_TO" else s.insert("ASSIGN")
    return s.mistake(
        "E0121", "missing `=`", help=("write `= ..` before the body",), repairs=(repair,)
    )


def no_declaration(s: Situation) -> Mistake | None:
    """E0140: text between declarations that begins none."""
    if "MORPH" not in s.expected or "LET" in s.expected:
        return None
    if not s.begins_column(s.token):
        return None
    name = s.token.text
    if s.token.kind == "NAME" and s.after().kind in ("ASSIGN", "COLON"):
        help_ = f"write `morph {name} {s.after().text} ..`"
    else:
        close = _close_word(name)
        help_ = f"did you mean `{close}`?" if close else "a file is a list of declarations"
    return s.mistake("E0140", f"`{name}` does not begin a declaration", help=(help_,))


def _close_word(name: str) -> str | None:
    words = sorted(SPELLING[kind] for kind in first_of("file") & WORD_KINDS)
    return next(iter(get_close_matches(name, words, 1)), None)


def no_operator(s: Situation) -> Mistake | None:
    """E0129: two operands side by side."""
    left, right = s.before(), s.token
    if not (ends_operand(left) and starts_operand(right)) or s.index == 0:
        return None
    if not {"PLUS", "STAR"} <= s.expected:
        return None
    if left.kind in ("INT", "NUMBER"):
        help_ = f"a product is written `{left.text} * {right.text}`"
    else:
        help_ = "apply with `f(x)`, compose with `f >> g`, multiply with `a * b`"
    return s.mistake(
        "E0129", f"missing operator between `{left.text}` and `{right.text}`", help=(help_,)
    )
