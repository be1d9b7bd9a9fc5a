"""Mistakes that come from other languages: Python, C, Haskell, einops."""

from catnn_grammar.situation import CLOSING, OPENING, Mistake, Repair, Situation
from catnn_grammar.tokens import WORD_KINDS, Token

_OPERATORS = {"**": "CARET", "&&": "AND", "||": "OR", "!": "NOT"}
_OPERATOR_HELP = {
    "**": "a power is written `x^2`",
    "&&": "the words are `and`, `or`, `not`",
    "||": "the words are `and`, `or`, `not`",
    "!": "the words are `and`, `or`, `not`",
}


def foreign_operator(s: Situation) -> Mistake | None:
    """E0107 `**`, E0134 `&&`, `||`, `!`, E0135 `+=`."""
    text = s.token.text
    if s.token.kind != "FOREIGN" or text == "/*":
        return None
    kind = _OPERATORS.get(text)
    if kind is None:
        return s.mistake(
            "E0135",
            f"`{text}` does not exist: values don't change",
            help=(
                f"bind a new value, `let x = x {text[0]} ..;`; a buffer is stored with `x <- ..;`",
            ),
        )
    code = "E0107" if text == "**" else "E0134"
    message = f"`{text}` is no operator of the language"
    return s.mistake(code, message, help=(_OPERATOR_HELP[text],), repairs=(s.replace(kind),))


def foreign_comment(s: Situation) -> Mistake | None:
    """E0113: `//`, `--` or `/*` where no operator can stand begins a comment elsewhere."""
    if s.token.text == "/*":
        return _comment(s, s.index, _past_block(s))
    first = _comment_start(s)
    if first is None:
        return None
    end = s.text.find("\n", s.tokens[first].start)
    stop = s.index
    while stop < len(s.tokens) - 1 and (end < 0 or s.tokens[stop].start < end):
        stop += 1
    return _comment(s, first, stop)


def _comment_start(s: Situation) -> int | None:
    """The token that seems to begin a comment, here or earlier on the line.

    `x // two words` and `-- two words` read on as expressions until two words meet.
    """
    if s.token.kind == "FLOOR" or _is_dashes(s, s.index):
        return s.index
    if s.before().kind not in _WORDS or s.token.kind not in _WORDS:
        return None
    line = s.text.rfind("\n", 0, s.token.start)
    for index in range(s.index - 1, -1, -1):
        if s.tokens[index].start < line:
            return None
        if s.tokens[index].kind == "FLOOR" or _is_dashes(s, index):
            return index
    return None


_WORDS = WORD_KINDS | {"NAME", "UNAME"}


def _is_dashes(s: Situation, index: int) -> bool:
    here, following = s.tokens[index], s.tokens[min(index + 1, len(s.tokens) - 1)]
    return here.kind == following.kind == "MINUS" and here.end == following.start


def _past_block(s: Situation) -> int:
    end = s.text.find("*/", s.token.start)
    stop = s.index + 1
    while stop < len(s.tokens) - 1 and (end < 0 or s.tokens[stop].start < end + 2):
        stop += 1
    return stop


def _comment(s: Situation, first: int, stop: int) -> Mistake:
    token = s.tokens[first]
    sign = "--" if token.kind == "MINUS" else token.text
    return s.mistake(
        "E0113",
        f"`{sign}` does not begin a comment",
        at=token,
        help=("comments begin with `#`",),
        repairs=(Repair(first, stop),),
    )


def python_import(s: Situation) -> Mistake | None:
    """E0138: `import x as y`, `from x import y`, `from "x" import *`."""
    words = [t.kind for t in s.tokens[max(0, s.index - 4) : s.index]]
    if words[-1:] == ["FROM"] and s.token.kind == "NAME":
        help_ = 'modules of the library: `import std.graph (gcn)`; files: `from "blocks.cat" import block`'
    elif "IMPORT" in words and s.token.kind in ("AS", "STAR"):
        help_ = "imported names keep their names: `import std.graph (gcn, gat)`"
    elif words[-1:] == ["IMPORT"] and s.token.kind == "STRING":
        help_ = f"write `from {s.token.text} import ..` and the names you need"
    else:
        return None
    return s.mistake("E0138", "this is not how modules are imported", help=(help_,))


def python_definition(s: Situation) -> Mistake | None:
    """E0108: `def f(x)`, `fn f`, `class Net`."""
    word = s.token.text
    at_start = "MORPH" in s.expected and word in _DEFINES
    if not at_start and not (s.before().text in _DEFINES and s.token.kind in ("NAME", "UNAME")):
        return None
    token = s.token if at_start else s.before()
    return s.mistake(
        "E0108",
        f"`{token.text}` does not begin a definition",
        at=token,
        help=("write `morph f : [n] -> [m] = x => ..`",),
    )


_DEFINES = frozenset({"def", "class", "fn", "fun", "func", "function"})


def python_lambda(s: Situation) -> Mistake | None:
    """E0104: `lambda x: e`."""
    if s.before().text != "lambda":
        return None
    return s.mistake(
        "E0104",
        "a function is not written with `lambda`",
        at=s.before(),
        help=("write `x => ..`, with several inputs `(x, y) => ..`",),
    )


def sliced(s: Situation) -> Mistake | None:
    """E0148: `x[:, 0]`, `x[0:2]`, `x[..., 0]`, `x[None]` as PyTorch and NumPy write them."""
    opening = s.opening
    if opening is None or opening.kind != "LSQB" or s.token.text not in (":", ".."):
        return None
    first = s.tokens.index(opening)
    head = s.tokens[first - 1] if first else opening
    if head.end != opening.start or head.kind not in ("NAME", "RPAR", "RSQB"):
        return None
    stop, depth = s.index, 1
    while stop < len(s.tokens) - 1:
        depth += (s.tokens[stop].kind in OPENING) - (s.tokens[stop].kind in CLOSING)
        if depth == 0:
            break
        stop += 1
    name = head.text if head.kind == "NAME" else "x"
    return s.mistake(
        "E0148",
        "a tensor is not cut by `:`",
        at=head,
        to=s.tokens[stop],
        help=(
            f"`{name}(0)` takes from the first axis; for another, name the axes: `(x => x(0)){{n [d]}}`",
            "a part of an axis is cut by a pattern: `{n (p + q) -> n p, n q}[p = 2]`",
        ),
    )


def loop(s: Situation) -> Mistake | None:
    """E0139: `for` and `while` loops."""
    token = s.before()
    if token.text not in ("for", "while") or s.symbols[-1:] != ["NAME"]:
        return None
    if s.token.kind not in ("NAME", "UNAME", "LPAR"):
        return None
    return s.mistake(
        "E0139",
        f"there are no `{token.text}` loops",
        at=token,
        help=(
            "`repeat[n] f` stacks n copies, `iterate[n] f` runs one n times, `scan f` goes"
            " through a sequence, `[e for i < n]` tabulates",
        ),
    )


def return_(s: Situation) -> Mistake | None:
    """E0109: `return e`."""
    if s.before().text == "return":
        token = s.before()
    elif s.token.text == "return":
        token = s.token
    else:
        return None
    return s.mistake(
        "E0109",
        "there is no `return`",
        at=token,
        help=("the last expression of a body is its result: write it without `return`",),
    )


def arrow_for_lambda(s: Situation) -> Mistake | None:
    """E0115: `x -> e` for `x => e`, and `A => B` for `A -> B`."""
    if s.token.kind == "MAPS_TO" and "TO" in s.expected:
        return s.mistake(
            "E0115",
            "`=>` makes a function; between types stands `->`",
            help=("write `->`",),
            repairs=(s.replace("TO"),),
        )
    if s.token.kind != "TO" or "MAPS_TO" not in s.expected:
        return None
    return s.mistake(
        "E0115",
        "`->` stands between types; a function is written with `=>`",
        help=(f"write `{s.before().text if s.before().kind == 'NAME' else '(..)'} => ..`",),
        repairs=(s.replace("MAPS_TO"),),
    )


def bare_decimal(s: Situation) -> Mistake | None:
    """E0141: `.5`, `1.`."""
    if s.token.kind == "DOT" and s.after().kind == "INT" and s.token.end == s.after().start:
        first, digits = s.token, f"0.{s.after().text}"
        number = Token("NUMBER", digits, first.start, s.after().end)
        repair = Repair(s.index, s.index + 2, (number,))
        last = s.after()
    elif (
        s.before().kind == "DOT"
        and s.before(2).kind == "INT"
        and s.before(2).end == s.before().start
    ):
        first, last, digits = s.before(2), s.before(), f"{s.before(2).text}.0"
        number = Token("NUMBER", digits, first.start, last.end)
        repair = Repair(s.index - 2, s.index, (number,))
    else:
        return None
    return s.mistake(
        "E0141",
        "a decimal has digits on both sides of the point",
        at=first,
        to=last,
        help=(f"write `{digits}`",),
        repairs=(repair,),
    )
