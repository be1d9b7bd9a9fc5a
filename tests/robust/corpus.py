"""The programs that mutants are made of: examples, library and drafts, with their tokens and subtrees."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from attrs import frozen

from catnn.source import SourceFile, Span
from catnn.syntax import ast
from catnn.syntax.parse import parse
from catnn_grammar import tokenise

ROOT = Path(__file__).parents[2]
FOLDERS = ("examples", "catnn/std", "tests/drafts")

EXPRESSIONS = (
    ast.Name, ast.Number, ast.String, ast.Binary, ast.Unary, ast.Compose, ast.Fan, ast.Par,
    ast.Lambda, ast.If, ast.Instance, ast.Tuple, ast.Group, ast.Call, ast.FieldOf, ast.OnAxes,
    ast.Listing, ast.Comprehension, ast.Prefixed, ast.Big, ast.Named, ast.Supply, ast.PatternTerm,
    ast.Block,
)  # fmt: skip
TYPES = (
    ast.TensorType,
    ast.ElementType,
    ast.TypeRef,
    ast.TupleType,
    ast.FamilyTuple,
    ast.ArrowType,
)
STATEMENTS = (
    ast.Let, ast.Share, ast.LocalMorph, ast.ParamDecl, ast.BufferDecl, ast.FixedDecl, ast.Draw,
    ast.Aux, ast.Store, ast.Rebind,
)  # fmt: skip
OTHERS = (ast.Argument, ast.AxisPattern, ast.Divides, ast.Comparison, ast.Range, ast.Binder)
KINDS: dict[str, tuple[type[ast.Node], ...]] = {
    "expression": EXPRESSIONS,
    "type": TYPES,
    "statement": STATEMENTS,
    **{kind.__name__: (kind,) for kind in OTHERS},
    "declaration": (ast.Morph, ast.AliasDecl),
}


@frozen
class Subtree:
    """A part of a program: what kind of part it is, and where it stands."""

    kind: str
    span: Span


@frozen
class Program:
    """A file of the corpus."""

    name: str
    text: str
    tokens: tuple[tuple[int, int], ...]
    subtrees: tuple[Subtree, ...]


@cache
def programs() -> tuple[Program, ...]:
    """Every program of the corpus, in a fixed order."""
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.cat"))]
    return tuple(read(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in files)


def read(name: str, text: str) -> Program:
    """A program with its tokens and subtrees."""
    tree = parse(SourceFile(name, text)).file
    tokens = tuple((token.start, token.end) for token in tokenise(text)[0][:-1])
    return Program(name, text, tokens, tuple(_subtrees(tree)))


def _subtrees(node: ast.Node) -> Iterator[Subtree]:
    """The parts of a tree that another part of their kind can replace, outer ones first."""
    for kind, classes in KINDS.items():
        if isinstance(node, classes) and node.span.start < node.span.end:
            yield Subtree(kind, node.span)
    for child in vars(node).values():
        for part in child if isinstance(child, tuple) else (child,):
            if isinstance(part, ast.Node):
                yield from _subtrees(part)


@cache
def words() -> tuple[str, ...]:
    """Every token of the corpus once, and what other languages write."""
    found = {p.text[start:end] for p in programs() for start, end in p.tokens}
    return tuple(sorted(found | set(FOREIGN)))


@cache
def parts() -> dict[str, tuple[str, ...]]:
    """The texts of all subtrees, by kind, each once."""
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for program in programs():
        for subtree in program.subtrees:
            found[subtree.kind].add(program.text[subtree.span.start : subtree.span.end])
    return {kind: tuple(sorted(texts)) for kind, texts in found.items()}


FOREIGN = (
    "**", "&&", "||", "!", "+=", "'", '"', "$", "/*", "*/", "lambda", "def", "class", "return", "None",
    "True", "for", "while", "self", "nn", "torch", "0", "1", "-1", "3.5", "1e-3", "10^30", "99999999999",
    "then", "else", "if", "let", "share", "param", "buffer", "draw", "fixed", "aux", "over", "across",
    "where", "divides", "dagger", "fold", "case", "law", "theory", "sheaf", "train", "once", "by", "at",
    "with", "tap", "forall", "choice", "some", "mesh", "place", "weights", "data", "lens", "algebra",
    "@", "~", "..", "..s", "<-", ":=", "==>", "~>", "-o", "->", "=>", ">>", "&", "|", "%", "//",
)  # fmt: skip
"""Words and signs that programs of the corpus may not use."""
