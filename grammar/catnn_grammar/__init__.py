"""The grammar of cat: tokens, the automaton that reads them, and the mistakes that have a name.

`cat.lark` is the grammar; `build` turns it into `tables` with Lark. Everything
else here runs without Lark and knows nothing of catnn: the values that a text
stands for are built by the actions that the caller gives to `Parser`.
"""

from catnn_grammar.parser import MAX_NESTING, Action, Locate, Parser
from catnn_grammar.recovery import BROKEN
from catnn_grammar.situation import Mistake, Place
from catnn_grammar.tokens import Token, tokenise
from catnn_grammar.words import keyword_mistake, reserved

__all__ = [
    "BROKEN",
    "MAX_NESTING",
    "Action",
    "Locate",
    "Mistake",
    "Parser",
    "Place",
    "Token",
    "keyword_mistake",
    "reserved",
    "tokenise",
]
