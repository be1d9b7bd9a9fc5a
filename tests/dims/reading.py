"""A small reader for sizes and facts in the syntax of the language, for tables of statements."""

import re
from fractions import Fraction

from catnn.types.dims import Dim
from catnn.types.facts import Fact, Facts
from tests.dims.expressions import SYMBOLS, Expression, build, build_fact

TOKEN = re.compile(r"\s*(\d+\.\d+|\d+|\w+|//|<=|>=|==|!=|.)")


class Reader:
    """Recursive descent over the tokens of one size or fact."""

    def __init__(self, text: str) -> None:
        self.tokens = [*TOKEN.findall(text), "end"]

    def take(self, *expected: str) -> str | None:
        return self.tokens.pop(0) if self.tokens[0] in expected else None

    def due(self, token: str) -> None:
        assert self.take(token), f"{token} is due before {' '.join(self.tokens)}"

    def fact(self) -> Expression:
        left = self.size()
        operator = self.tokens.pop(0)
        assert operator in ("divides", "<=", "<", ">=", ">", "==", "!="), operator
        return (operator, left, self.size())

    def size(self) -> Expression:
        if self.take("if"):
            fact = self.fact()
            self.due("then")
            then = self.size()
            self.due("else")
            return ("if", fact, then, self.size())
        left = self.product()
        while operator := self.take("+", "-"):
            left = (operator, left, self.product())
        return left

    def product(self) -> Expression:
        left = self.signed()
        while operator := self.take("*", "//", "/", "%"):
            left = (operator, left, self.signed())
        return left

    def signed(self) -> Expression:
        if self.take("-"):
            return ("-", self.signed())
        base = self.member()
        return ("^", base, self.signed()) if self.take("^") else base

    def member(self) -> Expression:
        found = self.atom()
        if not self.take("["):
            return found
        index = self.size()
        self.due("]")
        return ("list", *found[1:], index) if found[0] == "items" else ("family", index)

    def atom(self) -> Expression:
        token = self.tokens.pop(0)
        if token == "(":
            items = self.items()
            return items[0] if len(items) == 1 else ("items", *items)
        if token in ("min", "max", "ceil", "choose"):
            self.due("(")
            return (token, *self.items())
        if token[0].isdigit():
            return ("number", Fraction(token) if "." in token else int(token))
        assert token.isidentifier(), token
        return ("symbol", token)

    def items(self) -> list[Expression]:
        found = [self.size()]
        while self.take(","):
            found.append(self.size())
        self.due(")")
        return found


def read(text: str) -> Expression:
    """A size as an expression."""
    reader = Reader(text)
    found = reader.size()
    reader.due("end")
    return found


def read_fact(text: str) -> Expression:
    """A fact as an expression."""
    reader = Reader(text)
    found = reader.fact()
    reader.due("end")
    return found


def size(text: str) -> Dim:
    return build(read(text))


def fact(text: str) -> Fact:
    return build_fact(read_fact(text))


def declared(facts: Facts, name: str, least: int | None = 1) -> Facts:
    return facts.declare(SYMBOLS[name], 0 if name in ("i", "j") else least)


def split(text: str) -> list[str]:
    """The parts of a list at its outermost commas."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part.strip()]
