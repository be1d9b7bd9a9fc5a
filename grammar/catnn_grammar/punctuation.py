"""Mistakes in brackets, separators, strings and single characters."""

import unicodedata

from catnn_grammar.situation import (
    CLOSING,
    OPENING,
    Mistake,
    Place,
    Repair,
    Situation,
    begins_line,
)
from catnn_grammar.tokens import END, SPELLING, Token, kinds
from catnn_grammar.unexpected import begins_declaration
from catnn_grammar.words import first_of

_SIGNS = {
    "→": "TO",
    "⇒": "MAPS_TO",
    "≤": "LESS_EQUAL",
    "≥": "GREATER_EQUAL",
    "≠": "NOT_EQUAL",
    "×": "STAR",
    "·": "STAR",
    "−": "MINUS",
    "–": "MINUS",
    "⊸": "LINEAR_TO",
    "≫": "THEN",
}
_WORDS = {
    "“": 'strings stand between straight quotes, `"..."`',
    "”": 'strings stand between straight quotes, `"..."`',
    "‘": 'strings stand between straight quotes, `"..."`',
    "’": 'strings stand between straight quotes, `"..."`',
    "\\": "a function is written `x => ..`",
    "λ": "a function is written `x => ..`",
    "∘": "composition runs from left to right: `f >> g`",
    "⊗": "side by side is `f | g`",
    "?": "a choice between two terms is `if c then a else b`",
    "$": 'parts of a path are written in braces: `"blocks.{i}"`',
    "`": "names stand without quotes",
    "\u00a0": "replace it by an ordinary space",
}


def open_string(s: Situation) -> Mistake | None:
    """E0123: a string without its closing quote."""
    if s.token.kind != "OPEN_STRING":
        return None
    return s.mistake(
        "E0123", "this string has no end", help=('close it with `"` on the same line',)
    )


def quoted(s: Situation) -> Mistake | None:
    """E0132: a string in single quotes."""
    if s.token.kind != "QUOTED":
        return None
    text = f'"{s.token.text[1:-1]}"'
    return s.mistake(
        "E0132",
        "strings stand between double quotes",
        help=(f"write `{text}`",),
        repairs=(s.replace("STRING", text),),
    )


def unknown_character(s: Situation) -> Mistake | None:
    """E0124: a character that no token begins with."""
    if s.token.kind != "UNKNOWN":
        return None
    character = s.token.text
    name = unicodedata.name(character, f"U+{ord(character):04X}").lower()
    shown = f"`{character}` ({name})" if character.isprintable() else name
    kind = _SIGNS.get(character)
    if kind is not None:
        spelling = SPELLING.get(kind, "-o")
        return s.mistake(
            "E0124",
            f"{shown} is no sign of the language",
            help=(f"write `{spelling}`",),
            repairs=(s.replace(kind, spelling),),
        )
    help_ = _WORDS.get(character)
    if help_ is None and character.isalpha():
        help_ = "names are made of the letters a to z, digits, `_` and `'`"
    return s.mistake(
        "E0124",
        f"{shown} is no sign of the language",
        help=() if help_ is None else (help_,),
        repairs=(s.drop(),),
    )


def trailing_comma(s: Situation) -> Mistake | None:
    """E0130: a comma with nothing before or after it."""
    token, before = s.token, s.before()
    if token.kind in CLOSING and before.kind == "COMMA":
        comma, repair = before, Repair(s.index - 1, s.index)
    elif token.kind == "COMMA" and (before.kind == "COMMA" or before.kind in OPENING):
        comma, repair = token, s.drop()
    else:
        return None
    message = "a comma stands between two things"
    return s.mistake("E0130", message, at=comma, help=("remove the comma",), repairs=(repair,))


def empty_brackets(s: Situation) -> Mistake | None:
    """E0133: `f[]`."""
    if s.token.kind != "RSQB" or s.before().kind != "LSQB":
        return None
    return s.mistake(
        "E0133",
        "nothing stands between these brackets",
        at=s.before(),
        to=s.token,
        help=("without arguments, leave the brackets out",),
        repairs=(Repair(s.index - 1, s.index + 1),),
    )


def not_closed(s: Situation) -> Mistake | None:
    """E0111: a bracket that is still open where its contents must have ended."""
    opening = s.opening
    if opening is None or not _ends_contents(s, opening):
        return None
    closing = OPENING[opening.kind]
    end = "the end of the file" if s.token.kind == END else f"`{s.token.text}`"
    return s.mistake(
        "E0111",
        f"`{opening.text}` is not closed",
        "opened here",
        at=opening,
        places=(Place(s.token.start, s.token.end, f"still open at {end}"),),
        help=(f"add `{SPELLING[closing]}`",),
        repairs=(s.insert(closing),),
    )


def _ends_contents(s: Situation, opening: Token) -> bool:
    if begins_declaration(s) or _begins_clause(s):
        return True
    if s.token.kind == "SEMICOLON":
        return opening.kind != "LBRACE" and OPENING[opening.kind] in s.expected
    return (
        s.token.kind in CLOSING
        and CLOSING[s.token.kind] != opening.kind
        and CLOSING[s.token.kind] in s.open_brackets
    )


_CLAUSES = kinds("ON LOSS MINIMISE UPDATE DESCEND STEP EVERY UNTIL FOR METRIC GIVES")


def _begins_clause(s: Situation) -> bool:
    """Whether the token begins a line, and with it the next clause of a training."""
    in_training = "TRAIN" in s.symbols and "LBRACE" not in s.open_brackets
    return in_training and s.token.kind in _CLAUSES and begins_line(s.text, s.token)


def wrong_closing(s: Situation) -> Mistake | None:
    """E0112: a closing bracket that closes nothing, or not the bracket that is open."""
    if s.token.kind not in CLOSING or CLOSING[s.token.kind] in s.open_brackets:
        return None
    text = s.token.text
    opening = s.opening
    if opening is None:
        message = f"`{text}` closes nothing"
        return s.mistake("E0112", message, help=(f"remove `{text}`",), repairs=(s.drop(),))
    closing = OPENING[opening.kind]
    return s.mistake(
        "E0112",
        f"`{text}` does not close `{opening.text}`",
        places=(Place(opening.start, opening.end, "opened here"),),
        help=(f"write `{SPELLING[closing]}`, or remove `{text}`",),
        repairs=(s.replace(closing), s.drop()),
    )


def comma_in_braces(s: Situation) -> Mistake | None:
    """E0122: `,` between the entries of braces."""
    opening = s.opening
    if s.token.kind != "COMMA" or opening is None or opening.kind != "LBRACE":
        return None
    if "SEMICOLON" not in s.expected:
        return None
    return s.mistake(
        "E0122",
        "the entries of braces are separated by `;`",
        help=("write `;` for this `,`",),
        repairs=(s.replace("SEMICOLON"),),
    )


def becomes_for_assign(s: Situation) -> Mistake | None:
    """E0103: `:=` outside `with`."""
    if s.token.kind != "BECOMES":
        return None
    message = '`:=` stands only in `m with "path" := e`'
    if "ASSIGN" in s.expected:
        return s.mistake("E0103", message, help=("write `=`",), repairs=(s.replace("ASSIGN"),))
    help_ = "a value is bound with `let x = ..;`, a buffer stored with `x <- ..;`"
    return s.mistake("E0103", message, help=(help_,), repairs=(s.replace("STORES"),))


def assign_for_equal(s: Situation) -> Mistake | None:
    """E0102: `=` where `==` is meant; E0147: `x = e;` without `let`."""
    if s.token.kind != "ASSIGN":
        return None
    if "STORES" in s.expected and s.before(2).kind != "COLON" and _statement_follows(s):
        name = s.before()
        let = Token("LET", "let", name.start, name.start)
        return s.mistake(
            "E0147",
            "a value is bound with `let`",
            at=name,
            help=(f"write `let {name.text} = ..;`",),
            repairs=(Repair(s.index - 1, s.index, (let, name)),),
        )
    if "EQUAL" not in s.expected:
        return None
    return s.mistake(
        "E0102", "equality is written `==`", help=("write `==`",), repairs=(s.replace("EQUAL"),)
    )


def _statement_follows(s: Situation) -> bool:
    """Whether what follows is ended by `;` before its bracket closes."""
    depth = 0
    for token in s.tokens[s.index :]:
        if depth == 0 and token.kind == "SEMICOLON":
            return True
        depth += (token.kind in OPENING) - (token.kind in CLOSING)
        if depth < 0 or (token.kind in first_of("file") and s.begins_column(token)):
            return False
    return False


def no_semicolon(s: Situation) -> Mistake | None:
    """E0101: the `;` after a statement or entry is missing."""
    if "SEMICOLON" not in s.expected or (s.opening and s.opening.kind == "LSQB"):
        return None
    if s.token.text == "in" and s.on_a_statement():
        return s.mistake(
            "E0101",
            "`let` has no `in`",
            "a statement ends with `;`",
            help=("write `let y = ..; result`",),
            repairs=(s.replace("SEMICOLON"),),
        )
    from_statement = s.token.kind in STATEMENT_WORDS
    if not (from_statement or s.on_new_line() or begins_declaration(s)):
        return None
    return s.mistake(
        "E0101",
        "missing `;`",
        "expected `;` after this",
        at=s.before(),
        help=(f"write `{s.before().text};`",),
        repairs=(s.insert("SEMICOLON"),),
    )


STATEMENT_WORDS = kinds(
    "LET SHARE PARAM FIXED BUFFER ONCE DRAW AUX FORALL MORPH MINIMISE UPDATE DESCEND"
)
