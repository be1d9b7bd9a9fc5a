"""The syntax mistakes that have a name, and what is said about each.

`diagnose` asks the rows of `MISTAKES` in order; the first that knows the
situation answers. A row is a function `Situation -> Mistake | None`. A mistake
may bring a repair, and then reading goes on as if the user had written that;
the text stays refused. Each code has a page in `catnn/explain/`.
"""

from collections.abc import Callable

from catnn_grammar import habits, punctuation, structure
from catnn_grammar.situation import Mistake, Situation
from catnn_grammar.unexpected import unexpected

Row = Callable[[Situation], Mistake | None]

MISTAKES: tuple[Row, ...] = (
    # Text that is no token of the language.
    punctuation.open_string,
    punctuation.quoted,
    habits.foreign_operator,
    habits.foreign_comment,
    punctuation.unknown_character,
    # Habits from other languages.
    habits.python_import,
    habits.python_definition,
    habits.python_lambda,
    habits.sliced,
    habits.loop,
    habits.return_,
    habits.arrow_for_lambda,
    habits.bare_decimal,
    # Names.
    structure.upper_case_morph,
    structure.lower_case_type,
    structure.upper_case_size,
    structure.keyword_as_name,
    # Brackets.
    punctuation.trailing_comma,
    punctuation.empty_brackets,
    punctuation.wrong_closing,
    punctuation.not_closed,
    # What a body is made of.
    structure.no_else,
    structure.no_result,
    structure.names_without_parentheses,
    punctuation.comma_in_braces,
    punctuation.becomes_for_assign,
    punctuation.assign_for_equal,
    structure.by_without_at,
    structure.mixed_pipe,
    structure.mixed_fan,
    structure.header_order,
    structure.no_assign,
    punctuation.no_semicolon,
    structure.statement_in_expression,
    structure.lambda_in_expression,
    structure.no_declaration,
    structure.no_operator,
)


def diagnose(situation: Situation) -> Mistake:
    """The mistake at the token that does not fit."""
    for row in MISTAKES:
        found = row(situation)
        if found is not None:
            return found
    return unexpected(situation)
