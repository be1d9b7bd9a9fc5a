"""The checker of one program: finds definitions, signs them, elaborates each body once."""

from collections.abc import Callable, Iterable
from typing import Protocol

from attrs import define, field, frozen

from catnn.elaborate.apply import apply
from catnn.elaborate.body import elaborate_body
from catnn.elaborate.context import Abandon, Elaborator
from catnn.elaborate.core import Atom
from catnn.elaborate.definition import Definition
from catnn.elaborate.scope import Scope
from catnn.elaborate.signature import sign
from catnn.elaborate.terms import value
from catnn.elaborate.typing import ELEMENTS, LATER
from catnn.elaborate.unify import Pending, Unifier
from catnn.errors import Diagnostic
from catnn.prims.rows import PRIMITIVES
from catnn.source import NOWHERE
from catnn.syntax import ast
from catnn.types.dims import SizeError, SizeLimit
from catnn.types.facts import Facts


class Library(Protocol):
    """Where names come from: the files of the program and the standard library."""

    def resolve(self, module: str, name: str) -> tuple[ast.Declaration, str] | None:
        """The declaration that `name` means in `module`, and the module that holds it."""

    def visible(self, module: str) -> Iterable[str]:
        """Every name that can be used in `module`."""

    def header(self, text: str, name: str) -> ast.Header:
        """A primitive's signature, parsed."""

    def broken_names(self, module: str) -> frozenset[str]:
        """Names that a module meant to declare or import, where a mistake is in the way."""

    def homes(self, name: str) -> list[str]:
        """The modules of the library that declare a name."""


@frozen
class Tables:
    """The two mutually recursive readings of expressions."""

    value: Callable[..., Atom]
    apply: Callable[..., Atom]


_checked: dict[tuple[str, str], Definition | None] = {}
"""Definitions of the library that some program has used: they are the same for all."""


@define(eq=False)
class Checker:
    library: Library
    diagnostics: list[Diagnostic] = field(factory=list)
    definitions: dict[tuple[str, str], Definition | None] = field(factory=lambda: dict(_checked))
    tables: Tables = field(factory=lambda: Tables(value, apply))
    seen: set[tuple[object, ...]] = field(factory=set)
    broken: dict[str, frozenset[str]] = field(factory=dict)

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, once for each place and code."""
        key = (diagnostic.code, diagnostic.span, diagnostic.message)
        if key not in self.seen:
            self.seen.add(key)
            self.diagnostics.append(diagnostic)

    def keep_library(self) -> None:
        """Let later programs have what was checked of the library."""
        global _checked
        ready = {
            key: definition
            for key, definition in self.definitions.items()
            if key[0].startswith(("std.", PRIMITIVE_MODULE))
            and definition is not None
            and definition.state == "done"
        }
        if ready.keys() - _checked.keys():
            _checked = {**_checked, **ready}

    # ---- names ------------------------------------------------------------------------

    def find(self, module: str, name: str) -> Definition | None:
        """The definition that a name means in a module; the primitive of that name otherwise."""
        key = (module, name)
        if key not in self.definitions:
            self.definitions[key] = self._find(module, name)
        return self.definitions[key]

    def _resolve(self, module: str, name: str) -> tuple[ast.Declaration, str] | None:
        return None if module == PRIMITIVE_MODULE else self.library.resolve(module, name)

    def _find(self, module: str, name: str) -> Definition | None:
        found = self._resolve(module, name)
        if found is not None:
            declaration, home = found
            if home != module:
                return self.find(home, _declared_name(declaration) or name)
            if isinstance(declaration, ast.Morph):
                return Definition(
                    declaration.header.name,
                    declaration.kind,
                    home,
                    declaration.header.name_span,
                    declaration.header,
                    declaration.body,
                    Scope(home),
                )
            return None
        row = PRIMITIVES.get(name)
        if row is None:
            return None
        if module != PRIMITIVE_MODULE:
            return self.find(PRIMITIVE_MODULE, name)
        header = self.library.header(row.signature, name)
        definition = Definition(
            name,
            "primitive",
            PRIMITIVE_MODULE,
            NOWHERE,
            header,
            None,
            Scope(PRIMITIVE_MODULE),
        )
        definition.primitive = row
        return definition

    def declaration(self, module: str, name: str) -> ast.Declaration | None:
        found = self._resolve(module, name)
        return None if found is None else found[0]

    def alias(self, module: str, name: str) -> tuple[ast.AliasDecl, str] | None:
        found = self._resolve(module, name)
        if found is not None and isinstance(found[0], ast.AliasDecl):
            return found[0], found[1]
        return None

    def is_excused(self, module: str, name: str) -> bool:
        """Whether a name has no meaning for a reason that is reported where it is introduced."""
        if module == PRIMITIVE_MODULE:
            return False
        found = self._resolve(module, name)
        if found is None:
            if module not in self.broken:
                self.broken[module] = self.library.broken_names(module)
            return name in self.broken[module]
        return not isinstance(found[0], ast.Morph | ast.AliasDecl | ast.Law)

    def knows_type(self, module: str, name: str) -> bool:
        """Whether an upper-case name is a declared type rather than a type variable."""
        if name in LATER or name in ELEMENTS or self.is_excused(module, name):
            return True
        found = self._resolve(module, name)
        return found is not None and isinstance(
            found[0], ast.AliasDecl | ast.NewTypeDecl | ast.Theory
        )

    def visible(self, module: str) -> set[str]:
        return set(self.library.visible(module)) | PRIMITIVES.keys()

    def parameter_kinds(self, module: str, name: str) -> dict[str | int, str] | None:
        """The kinds of a definition's bracket arguments, by position and by name."""
        definition = self.find(module, name)
        if definition is None or (definition.state == "new" and not self._sign(definition)):
            return None
        kinds: dict[str | int, str] = {}
        for position, parameter in enumerate(definition.parameters):
            kinds[position] = kinds[parameter.name] = parameter.kind
        return kinds

    # ---- definitions ------------------------------------------------------------------

    def ensure(self, definition: Definition, user: Elaborator | None = None) -> bool:
        """Make a definition ready to be instantiated; False if its errors forbid that."""
        if definition.state in ("new", "signed"):
            self.elaborate(definition)
        if definition.state == "elaborating" and not definition.is_complete:
            if user is not None:
                self.report(
                    Diagnostic(
                        "E0314",
                        f"`{definition.name}` uses itself, so its signature must be written in full",
                        definition.span,
                        help=(f"write `morph {definition.name}[..] : A -> B = ..`",),
                    )
                )
            return False
        return definition.target is not None

    def _sign(self, definition: Definition) -> bool:
        """The signature alone, for kinds of arguments and for recursion."""
        if definition.state != "new":
            return True
        definition.state = "signed"
        elaborator = Elaborator(self, definition, Unifier(Facts.EMPTY))
        definition.solved = elaborator.unifier
        try:
            sign(elaborator, definition)
        except Abandon:
            definition.state = "failed"
        except Pending as pending:
            self.report(pending.diagnostic)
            definition.state = "failed"
        except (SizeLimit, SizeError) as limit:
            self.report(_out_of_bounds(definition, limit))
            definition.state = "failed"
        definition.elaborator = elaborator
        return definition.state != "failed"

    def elaborate(self, definition: Definition) -> None:
        """Check a definition: its signature, then its body."""
        if not self._sign(definition):
            return
        elaborator = definition.elaborator
        assert elaborator is not None
        definition.state = "elaborating"
        try:
            elaborate_body(elaborator, definition)
        except Abandon:
            definition.state = "failed"
        except Pending as pending:
            self.report(pending.diagnostic)
            definition.state = "failed"
        except (SizeLimit, SizeError) as limit:
            self.report(_out_of_bounds(definition, limit))
            definition.state = "failed"
        if definition.state == "elaborating":
            definition.state = "done"
        definition.elaborator = None


PRIMITIVE_MODULE = "primitives"


def _out_of_bounds(definition: Definition, limit: Exception) -> Diagnostic:
    """A size that grew beyond its limits far from any expression of the user's."""
    return Diagnostic(
        "E0219",
        f"a size in `{definition.name}` is out of bounds: {limit}",
        definition.span,
        help=("choose smaller sizes, or state the type of a part in a morph of its own",),
    )


def _declared_name(declaration: ast.Declaration) -> str | None:
    return (
        declaration.header.name
        if isinstance(declaration, ast.Morph)
        else getattr(declaration, "name", None)
    )
