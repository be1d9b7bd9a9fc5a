"""The words for clashes: what was given, what is due, where both come from, what would help."""

from typing import TYPE_CHECKING

from catnn.elaborate.core import Closure, Labelled
from catnn.elaborate.facts_text import missing_fact
from catnn.elaborate.unify import Mismatch
from catnn.errors import Diagnostic, Label
from catnn.types.dims import Dim
from catnn.types.facts import Divides
from catnn.types.types import INT, Bool, Complex, Index, Int, Product, Real, Tensor, Type

if TYPE_CHECKING:
    from catnn.elaborate.calls import Clashes
    from catnn.elaborate.context import Elaborator


def words(element: object) -> str:
    """An element set in words."""
    match element:
        case Real():
            return "real numbers"
        case Int():
            return "whole numbers"
        case Bool():
            return "booleans"
        case Complex():
            return "complex numbers"
        case Index(size):
            return f"indices into `{size}` elements"
        case _:
            return f"`{element}`"


def argument_clash(clash: "Clashes", mismatch: Mismatch) -> Diagnostic:
    """An argument that does not fit its port."""
    e, callee = clash.e, clash.callee
    given, due = e.unifier.type(clash.atom.type), e.unifier.type(clash.port.type)
    which = (
        f"input `{clash.port.name}` of `{callee.title}`" if clash.port.name else f"`{callee.title}`"
    )
    labels = [Label(callee.span, f"`{callee.title}` takes `{_source(clash)}`")]
    shown = f"this has type `{given}`"
    if callee.span == clash.span:  # a factor of a chain: its input stands before it
        shown = f"its input has type `{given}`"
        labels = _origins(clash)
    notes = [f"{which} takes `{due}`"] if not labels or callee.span == clash.span else []
    if mismatch.kind == "size":
        return _sizes(clash, mismatch, which, shown, labels, notes)
    if mismatch.kind == "division":
        assert isinstance(mismatch.left, Divides)
        fact = e.resolve_fact(mismatch.left)
        return Diagnostic(
            "E0207",
            f"cannot show that `{fact}`",
            clash.span,
            shown,
            tuple(labels),
            tuple(notes),
            (f"add `where {fact}`",),
        )
    if mismatch.kind in ("element", "index"):
        return _elements(clash, mismatch, which, shown, labels, notes)
    if mismatch.kind == "rank":
        message = f"{which} takes `{due}`; `{given}` has too few axes"
        help = _smaller(clash, given) or _rank_help(given, due)
        return Diagnostic("E0202", message, clash.span, shown, tuple(labels), (), help)
    if isinstance(due, Product) != isinstance(given, Product):
        what = "a tuple" if isinstance(due, Product) else "one value, not a tuple"
        help = ("join the parts by `concat`, or act on each: `f | f`",)
        if isinstance(given, Product) and Tensor(INT) in given.items[-1:]:
            help = (f"axes have names, not numbers: `{callee.name}{{[n] d}}(x)`",)
        return Diagnostic(
            "E0307",
            f"{which} takes {what}",
            clash.span,
            shown,
            tuple(labels),
            tuple(notes),
            () if isinstance(due, Product) else help,
        )
    return Diagnostic(
        "E0305", f"{which} takes `{due}`, not `{given}`", clash.span, shown, tuple(labels)
    )


def _smaller(clash: "Clashes", given: Type) -> tuple[str, ...]:
    """Kin of the library that take as few axes as there are, the most of them first."""
    e, found = clash.e, []
    for name in (f"{clash.callee.name}_sequence", f"{clash.callee.name}1d"):
        e.checker.parameter_kinds(e.definition.module, name)  # which reads its signature
        kin = e.checker.find(e.definition.module, name)
        if kin is None or not kin.ports or not isinstance(given, Tensor):
            continue
        due = kin.source
        if isinstance(due, Tensor) and len(due.shape) <= len(given.shape):
            found.append(f"`{name}` takes `{due}`")
    return tuple(found)


def _origins(clash: "Clashes") -> list[Label]:
    """Where the input of a factor comes from, and where the factor is declared."""
    labels = []
    made = clash.e.made_at(clash.atom)
    if made is not None and not (made.start <= clash.span.start and clash.span.end <= made.end):
        labels.append(Label(made, f"this gives `{clash.e.unifier.type(clash.atom.type)}`"))
    declared = clash.callee.signature_span
    if declared is not None and declared.file:
        labels.append(Label(declared, "declared here"))
    return labels


def _source(clash: "Clashes") -> str:
    types = [clash.e.unifier.type(port.type) for port in clash.callee.inputs]
    if clash.callee.tupled or len(types) != 1:
        return f"({', '.join(map(str, types))})"
    return str(types[0])


def _sizes(
    clash: "Clashes",
    mismatch: Mismatch,
    which: str,
    shown: str,
    labels: list[Label],
    notes: list[str],
) -> Diagnostic:
    e = clash.e
    assert isinstance(mismatch.left, Dim)
    assert isinstance(mismatch.right, Dim)
    left, right = e.unifier.dim(mismatch.left), e.unifier.dim(mismatch.right)
    constant = left.as_int() is not None and right.as_int() is not None
    if constant or e.unifier.facts.apart(left, right):
        message = f"{which} needs an axis of size `{left}`, this one has size `{right}`"
        help: tuple[str, ...] = ()
        if left.as_int() == 1 or right.as_int() == 1:
            help = ("a size-1 axis never stretches: repeat it with a pattern, `{1 d -> n d}`",)
        return Diagnostic("E0201", message, clash.span, shown, tuple(labels), tuple(notes), help)
    return Diagnostic(
        "E0207",
        f"cannot show that `{right}` equals `{left}`",
        clash.span,
        shown,
        tuple(labels),
        (*notes, *_outer_sizes(clash, left)),
        (equality_help(e, left, right),),
    )


def _outer_sizes(clash: "Clashes", due: Dim) -> tuple[str, ...]:
    """A local morph whose signature names a size of the morph around it."""
    e, callee = clash.e, clash.callee
    is_local = isinstance(callee.morphism, Labelled) and isinstance(callee.morphism.inner, Closure)
    symbol = due.as_symbol()
    if not is_local or symbol is None or callee.signature_span is None:
        return ()
    owner, name = e.definition.name, symbol.name
    return (
        f"in the type of the local morph `{callee.name}`, `{name}` is the size of `{owner}`; "
        "a name that is not in use stands for any size",
    )


def equality_help(e: "Elaborator", left: Dim, right: Dim) -> str:
    """What would make two sizes equal: a divisibility or remainder, else the equation."""
    missing = missing_fact(e.unifier.facts, left, right)
    if missing is not None:
        return f"add `where {missing}`"
    return f"add `where {left} == {right}`, or change one of the two"


def _elements(
    clash: "Clashes",
    mismatch: Mismatch,
    which: str,
    shown: str,
    labels: list[Label],
    notes: list[str],
) -> Diagnostic:
    if mismatch.kind == "index":
        e = clash.e
        left, right = mismatch.left, mismatch.right
        assert isinstance(left, Dim)
        assert isinstance(right, Dim)
        message = f"{which} takes indices into `{e.unifier.dim(left)}` elements, these are into `{e.unifier.dim(right)}`"
        return Diagnostic(
            "E0306",
            message,
            clash.span,
            shown,
            tuple(labels),
            tuple(notes),
            ("an index into one set is no index into another",),
        )
    due, have = mismatch.left, mismatch.right
    message = f"{which} takes {words(due)}, this holds {words(have)}"
    return Diagnostic(
        "E0306", message, clash.span, shown, tuple(labels), tuple(notes), _convert_help(due, have)
    )


def _convert_help(due: object, have: object) -> tuple[str, ...]:
    if isinstance(due, Real) and isinstance(have, Bool | Index):
        if isinstance(have, Index):
            return ("look it up in a table (`embedding[v, d]`), or make it a number by `real(i)`",)
        return ("make it a number by `real(x)`",)
    if isinstance(due, Index) and isinstance(have, Int | Real):
        return (f"make it an index by `index[{due.size}](k)`, which clamps",)
    return ()


def _rank_help(given: Type, due: Type) -> tuple[str, ...]:
    if isinstance(given, Tensor) and isinstance(due, Tensor):
        missing = len(due.shape) - len(given.shape)
        if given == Tensor(INT):
            return ("sizes and numbers stand in brackets, inputs in parentheses: `f[64](x)`",)
        if missing > 0 and not given.shape:
            return ("to keep axes in a reduction, put brackets around the others: `mean{c [h w]}`",)
        if missing > 0:
            return (
                f"{missing} more {'axis is' if missing == 1 else 'axes are'} due; add one by a pattern, `{{d -> 1 d}}`",
            )
    return ()


def _is_colours(axis: object) -> bool:
    return axis in (Dim.of(1), Dim.of(3), Dim.of(4))


def _result_help(given: Type, due: Type) -> tuple[str, ...]:
    """The usual cures where a result has other axes than is stated."""
    if not isinstance(given, Tensor) or not isinstance(due, Tensor):
        return ()
    have, want = given.shape, due.shape
    if not have:
        return ("to reduce some axes only, put brackets around them: `mean{[n] d}`",)
    if have == (*want, Dim.of(1)):
        names = " ".join("nmkpq"[: len(want)])
        return (f"drop the axis of size 1: `>> {{{names} 1 -> {names}}}`",) if want else (ONLY,)
    if len(have) == len(want) == 3 and _is_colours(have[-1]):
        return ("channels come first: permute the axes before, `{h w c -> c h w} >> ..`",)
    if len(have) == len(want) and have[:-1] == want[:-1] and want[-1] != Dim.of(1):
        return (f"end with a map to the stated size, for example `>> linear[{want[-1]}]`",)
    if len(have) > len(want) and have[-len(want) :] == want and all(_is_word(d) for d in have):
        kept = " ".join(map(str, want))
        reduced = " ".join(map(str, have[: -len(want)]))
        return (f"reduce the other axes: `>> mean{{[{reduced}] {kept}}}`",)
    if len(have) > len(want):
        pooled, merged = "mean{c [h w]}", "{c h w -> (c h w)}"
        return (f"axes are left over: reduce them, `{pooled}`, or merge them, `{merged}`",)
    if len(have) == len(want) and have[-1] != want[-1]:
        return ("it acts on the last axis; for another, name the axes: `f{[n] d}`",)
    return ()


ONLY = "take its one element: `>> {1 -> }`"


def _is_word(item: object) -> bool:
    return str(item).isidentifier()


def _across(e: "Elaborator") -> tuple[str, ...]:
    """What `across` makes of the stated type."""
    symbol = e.definition.across
    if symbol is None:
        return ()
    name = symbol.name
    return (
        f"with `across {name}` the inputs and the result of the body have the axis `{name}` in front",
    )


def result_clash(clash: "Clashes", mismatch: Mismatch) -> Diagnostic:
    """A result that is not of the stated type."""
    e = clash.e
    given, due = e.unifier.type(clash.atom.type), e.unifier.type(clash.port.type)
    target = e.definition.header
    labels: tuple[Label, ...] = ()
    if target.type is not None and target.type.span.file and target.type.span != clash.span:
        labels = (Label(target.type.span, "the stated type"),)
    if mismatch.kind in ("size", "division"):
        left, right = mismatch.left, mismatch.right
        if isinstance(left, Dim) and isinstance(right, Dim):
            left, right = e.unifier.dim(left), e.unifier.dim(right)
            if e.unifier.facts.apart(left, right):
                return Diagnostic(
                    "E0201",
                    f"the result has an axis of size `{right}` where `{left}` is stated",
                    clash.span,
                    f"this has type `{given}`",
                    labels,
                    (f"due is `{due}`", *_across(e)),
                    _result_help(given, due),
                )
            return Diagnostic(
                "E0207",
                f"cannot show that `{right}` equals `{left}`",
                clash.span,
                f"this has type `{given}`",
                labels,
                (f"due is `{due}`",),
                (equality_help(e, left, right),),
            )
    code = "E0306" if mismatch.kind in ("element", "index") else "E0201"
    return Diagnostic(
        code,
        f"the result has type `{given}`, due is `{due}`",
        clash.span,
        f"this has type `{given}`",
        labels,
        _across(e),
        _result_help(given, due) if mismatch.kind == "rank" else (),
    )
