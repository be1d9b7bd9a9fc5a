"""From text to syntax tree and back: parsing, layout, modules and names.

    source --parse--> ast.File + diagnostics --format_file--> canonical text
    path --load--> Modules: what every name of every file means

`ast` holds the nodes. The grammar itself and the mistakes that have a name are
in `catnn_grammar`. Each name below is fetched when it is first used, so that
checking a program does not load the formatter. (`parse` itself is imported from
`catnn.syntax.parse`, whose name it would hide here.)
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catnn.syntax.cover import as_pattern, as_signature, as_type
    from catnn.syntax.format import format_file
    from catnn.syntax.modules import Modules, load, loads
    from catnn.syntax.names import declared, names_in
    from catnn.syntax.parse import ParseResult, parse_expr, parse_header, parse_type

__all__ = [
    "Modules",
    "ParseResult",
    "as_pattern",
    "as_signature",
    "as_type",
    "declared",
    "format_file",
    "load",
    "loads",
    "names_in",
    "parse_expr",
    "parse_header",
    "parse_type",
]

_HOMES = {
    "Modules": "modules",
    "ParseResult": "parse",
    "as_pattern": "cover",
    "as_signature": "cover",
    "as_type": "cover",
    "declared": "names",
    "format_file": "format",
    "load": "modules",
    "loads": "modules",
    "names_in": "names",
    "parse_expr": "parse",
    "parse_header": "parse",
    "parse_type": "parse",
}


def __getattr__(name: str) -> object:
    """Fetch a public name from its module (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'catnn.syntax' has no attribute {name!r}")
    value: object = getattr(import_module(f"catnn.syntax.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
