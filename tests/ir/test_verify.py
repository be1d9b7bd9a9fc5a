"""Sound programs pass, and a program that is corrupted in any one place is caught there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import evolve

import catnn
from catnn.errors import InternalError
from catnn.ir.build import Builder
from catnn.ir.normal import normalise
from catnn.ir.rebuild import Rebuild
from catnn.ir.show import show
from catnn.ir.signatures import RULES
from catnn.ir.terms import (
    Apply,
    Attrs,
    Constant,
    Input,
    Leaf,
    Loop,
    Program,
    Project,
    Region,
    Store,
    Term,
    TupleTerm,
    Var,
    WhenTraining,
)
from catnn.ir.verify import verify
from catnn.ir.walk import ordered, results
from catnn.prims.rows import PRIMITIVES
from catnn.types.dims import Dim, fresh
from catnn.types.facts import Compare
from catnn.types.types import INT, REAL, Index, Product, Tensor

EXAMPLES = Path(__file__).parents[2] / "examples"

TEXTS = {
    "layers": "model m : [n, 4] -> [n, 3] = (id + (layernorm >> linear[4] >> gelu)) >> linear[3] as head",
    "loops": """
        model m : [n, 4] -> ([2, n, 4], [n, 4]) = x =>
          let a = x >> repeat[2] (linear[4] >> tanh) as blocks;
          (a >> trail[1] linear[4], a >> iterate[3] ((i, y) => y * real(i)))
    """,
    "scan": "model m : ([4], [n, 4]) -> ([4], [n, 4]) = scan ((s, x) => (tanh(s + x), s * x))",
    "effects": """
        model m : [n, 4] -> [n, 4] = x =>
          buffer seen : [4] = zeros;
          seen <- seen + 1;
          aux size <- mean(x);
          draw z : [n, 4] ~ normal(0, 1);
          (if training then x + z else x) * seen
    """,
    "views": "model m : ([n, 4], ix(n)[k]) -> [2, k, 2] = (x, i) => {k (a b) -> a k b}[a = 2](x(i))",
    "parts": "model m : [n, 6] -> ([n, 2], [n, 4]) = {n (a + b) -> n a, n b}[a = 2]",
    "attention": "model m : [n, 4] -> [n, 4] = attention[2, causal = true]",
    "batch norm": "model m : [4, h, w] -> [4, h, w] = batchnorm",
    "convolution": "model m : [1, h, w] -> [2, h, w] = conv[2, 3, pad = 1] >> relu",
}


def compiled(name: str) -> Program:
    return catnn.loads(TEXTS[name])["m"].program


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.cat")), ids=lambda path: path.stem)
def test_examples_are_sound_after_each_pass(path: Path) -> None:
    checked = catnn.load(path)[path.stem].checked
    for optimise in (True, False):
        program = catnn.api.specialise(checked, path.stem, {}, optimise)
        assert verify(program, "test") is program
        assert verify(normalise(program), "test").leaves == program.leaves
    catnn.api.specialise_symbolic(checked, path.stem, {})


@pytest.mark.parametrize("name", TEXTS)
def test_small_programs_are_sound(name: str) -> None:
    verify(compiled(name), "test")


def test_every_primitive_has_a_rule() -> None:
    assert set(PRIMITIVES) - {"take"} <= RULES.keys()  # `take` is a slice


# ---- corruption -----------------------------------------------------------------------------


class Replacing(Rebuild):
    """Puts something else in the place of one term; what reads it keeps its stated type."""

    def __init__(self, old: Term, new: Term) -> None:
        super().__init__()
        self.old, self.new = old, new

    def rebuilt(self, term: Term) -> Term:
        return self.new if term is self.old else super().rebuilt(term)


def replaced(program: Program, old: Term, new: Term) -> Program:
    return evolve(program, region=Replacing(old, new).region(program.region))


def everything(region: Region, seen: set[int] | None = None) -> Iterator[Term]:
    seen = set() if seen is None else seen
    for term in ordered(results(region), seen):
        yield term
        if isinstance(term, Loop):
            yield from everything(term.body, seen)


def refused(program: Program, what: str = "") -> None:
    with pytest.raises(InternalError) as caught:
        verify(program, "corruption")
    text = str(caught.value)
    assert text.startswith("bug in catnn: the program is wrong after `corruption`: ")
    assert "return" in text, "the IR is shown"
    assert what in text.splitlines()[0], text


def longer(type_: object) -> Tensor | Product:
    """A type with one more axis."""
    if isinstance(type_, Tensor):
        return Tensor(type_.element, (*type_.shape, Dim.of(7)))
    assert isinstance(type_, Product)
    return Product((*type_.items, Tensor(REAL)))


def of_another_kind(type_: object) -> Tensor | Product:
    if isinstance(type_, Tensor):
        return Tensor(INT if type_.element == REAL else REAL, type_.shape)
    assert isinstance(type_, Product)
    return Product(type_.items[1:])


@pytest.mark.parametrize("change", [longer, of_another_kind])
@pytest.mark.parametrize("name", TEXTS)
def test_no_type_can_be_another(name: str, change: Callable[[object], Tensor | Product]) -> None:
    program = compiled(name)
    terms = [t for t in everything(program.region) if not isinstance(t, Var | Leaf | Constant)]
    assert terms
    for term in terms:
        refused(replaced(program, term, evolve(term, type=change(term.type))))


@pytest.mark.parametrize("name", TEXTS)
def test_no_input_or_leaf_can_be_another(name: str) -> None:
    program = compiled(name)
    for term in everything(program.region):
        if isinstance(term, Leaf):
            refused(
                replaced(program, term, evolve(term, type=longer(term.type))),
                "none of the program's",
            )
        elif isinstance(term, Var):
            refused(replaced(program, term, evolve(term, type=longer(term.type))))


@pytest.mark.parametrize("name", TEXTS)
def test_no_term_is_there_twice(name: str) -> None:
    """An equal object in the place of another, where something else reads the first."""
    program = compiled(name)
    terms = list(everything(program.region))
    for term in terms:
        readers = [t for t in terms if isinstance(t, Apply) and term in t.arguments]
        if isinstance(term, Apply) and len(readers) > 1:
            twin = evolve(
                readers[0],
                arguments=tuple(evolve(a) if a is term else a for a in readers[0].arguments),
            )
            refused(replaced(program, readers[0], twin), "there twice")


def test_attributes_and_carried_leads() -> None:
    program = compiled("attention")
    for term in everything(program.region):
        if not isinstance(term, Apply):
            continue
        refused(replaced(program, term, evolve(term, op="nonsense")), "`nonsense` has no rule")
        if term.arguments:
            short = evolve(term, carries=term.carries[1:])
            refused(replaced(program, term, short), "leads")
        if len(term.lead) > 1 and any(len(carried) > 1 for carried in term.carries):
            turned = tuple(carried[::-1] for carried in term.carries)
            refused(replaced(program, term, evolve(term, carries=turned)), "carries the lead axes")
        for key, _ in term.attrs:
            if key not in ("causal", "eps"):
                fewer = tuple((k, v) for k, v in term.attrs if k != key)
                refused(replaced(program, term, evolve(term, attrs=fewer)), "do not fit")


# ---- scopes, leaves, stores --------------------------------------------------------------------


def loop_of(program: Program, kind: str) -> Loop:
    return next(t for t in everything(program.region) if isinstance(t, Loop) and t.kind == kind)


def test_a_variable_of_a_loop_stays_inside() -> None:
    program = compiled("loops")
    loop = loop_of(program, "repeat")
    for kind in ("repeat", "trail", "iterate"):
        inner = loop_of(program, kind)
        assert isinstance(inner.body.result.type, Tensor)
        outside = evolve(program, region=evolve(program.region, result=inner.body.result))
        refused(outside, "where nothing binds it")
    unbound = evolve(loop, body=evolve(loop.body, parameters=()))
    refused(replaced(program, loop, unbound), "does not take the state")


def test_loops_hand_on_one_type() -> None:
    program = compiled("loops")
    for kind in ("repeat", "trail", "iterate"):
        loop = loop_of(program, kind)
        *_, variable = loop.body.parameters
        wrong = TupleTerm((variable,), Product((variable.type,)))
        refused(
            replaced(program, loop, evolve(loop, body=evolve(loop.body, result=wrong))), "gives"
        )
        refused(replaced(program, loop, evolve(loop, init=wrong)))
        refused(replaced(program, loop, evolve(loop, xs=loop.init)), "runs along nothing")
    trail = loop_of(program, "trail")
    refused(replaced(program, trail, evolve(trail, count=Dim.of(5))))
    repeat = loop_of(program, "repeat")
    refused(replaced(program, repeat, evolve(repeat, path=("elsewhere",))), "not below `elsewhere`")
    refused(replaced(program, repeat, evolve(repeat, kind="iterate")), "leaves of its own")


def test_a_scan_takes_a_state_and_an_element() -> None:
    program = compiled("scan")
    scan = loop_of(program, "scan")
    state, element = scan.body.parameters
    for wrong in (
        evolve(scan, xs=None),
        evolve(scan, count=Dim.of(3)),
        evolve(scan, xs=scan.init),
        evolve(scan, body=evolve(scan.body, parameters=(element,))),
        evolve(scan, body=evolve(scan.body, result=state)),
    ):
        refused(replaced(program, scan, wrong))


def test_stores_go_to_buffers_of_their_type() -> None:
    program = compiled("effects")
    (store,) = program.region.stores
    for buffer, value, what in (
        (store.buffer, Constant(5.0, Tensor(REAL)), "goes into `seen`"),
        (evolve(store.buffer, kind="fixed"), store.value, "none of the program's"),
        (evolve(store.buffer, path=("other",)), store.value, "none of the program's"),
    ):
        region = evolve(program.region, stores=(Store(buffer, value),))
        refused(evolve(program, region=region), what)
    twice = evolve(program.region, stores=(store, Store(store.buffer, store.buffer)))
    refused(evolve(program, region=twice), "two stores go to one buffer")
    param = catnn.loads("model m : [4] -> [4] = linear[4]")["m"].program
    bias = param.leaves[1]
    region = evolve(param.region, stores=(Store(bias, bias),))
    refused(evolve(param, region=region), "is a param, nothing is stored")
    aux = evolve(program.region, aux=(("size", store.buffer),))
    refused(evolve(program, region=aux), "of the loss")


def test_leaves_have_paths_of_their_own() -> None:
    program = compiled("layers")
    first, second, *rest = program.leaves
    for leaves, what in (
        ((first, first, second, *rest), "two leaves are called"),
        ((first, evolve(second, path=(*first.path, "inner")), *rest), "inside of another"),
        ((evolve(first, path=()), second, *rest), "has no name"),
        ((evolve(first, init=Var("x", first.type, 99)), second, *rest), "is not closed"),
        (
            (evolve(first, init=second.init, type=Tensor(REAL, (Dim.of(9),))), second, *rest),
            "begins as",
        ),
        ((evolve(first, type=Tensor(INT, first.type.shape)), second, *rest), "no real numbers"),
        ((evolve(first, type=Product(())), second, *rest), "no tensor"),
        ((second, *rest), "none of the program's"),
    ):
        assert isinstance(first.type, Tensor)
        refused(evolve(program, leaves=leaves), what)


def test_variables_have_numbers_of_their_own() -> None:
    program = compiled("scan")
    one, other = program.inputs
    twin = evolve(other, var=evolve(other.var, uid=one.var.uid))
    refused(evolve(program, inputs=(one, twin)), "two variables have the number")
    refused(evolve(program, inputs=(one,)), "where nothing binds it")
    refused(
        evolve(program, region=evolve(program.region, parameters=(one.var,))), "binds variables"
    )


@pytest.mark.parametrize("kind", ["size", "meta"])
def test_no_size_is_open(kind: str) -> None:
    stray = Dim.of(fresh("stray", kind))  # type: ignore[arg-type]
    b = Builder()
    x = b.var(Var("x", Tensor(REAL, (Dim.of(3),)), 1))
    region = Region((), b.apply("zeros", (), Tensor(REAL, (stray,))))
    refused(one(region, x), "the size `stray` is open")
    region = Region((), b.number(stray, Tensor(INT)))
    refused(one(region, x), "the size `stray` is open")
    region = Region(
        (), b.apply("slice", (x,), x.type, (("axis", 0), ("start", Dim.of(0)), ("length", stray)))
    )
    refused(one(region, x), "the size `stray` is open")


def test_branches_and_components() -> None:
    program = compiled("effects")
    branch = next(t for t in everything(program.region) if isinstance(t, WhenTraining))
    refused(
        replaced(program, branch, evolve(branch, then=Constant(1.0, Tensor(REAL)))), "its type is"
    )
    program = compiled("batch norm")
    part = next(t for t in everything(program.region) if isinstance(t, Project))
    refused(replaced(program, part, evolve(part, index=7)), "no component 7")
    refused(replaced(program, part, Project(program.inputs[0].var, 0, part.type)), "no component 0")


# ---- rules --------------------------------------------------------------------------------------


def one(region: Region, *variables: Var) -> Program:
    inputs = tuple(Input(var, lifted=False) for var in variables)
    return Program("one", inputs, region, (), (), (), "")


def typed(*shape: int, of: int = 0) -> Tensor:
    return Tensor(Index(Dim.of(of)) if of else REAL, tuple(map(Dim.of, shape)))


WRONG: dict[str, tuple[str, tuple[Tensor, ...], Tensor, Attrs]] = {
    "elements get lost": ("reshape", (typed(2, 3),), typed(5), ()),
    "no permutation": ("permute", (typed(2, 3),), typed(2, 2), (("axes", (0, 0)),)),
    "an old axis changes": ("expand", (typed(2),), typed(3, 4), (("axes", (1,)),)),
    "axes of a diagonal differ": ("diagonal", (typed(2, 3),), typed(2), (("axes", (0, 1)),)),
    "a slice is too long": ("slice", (typed(4),), typed(3), (("axis", 0), ("start", 2), ("length", 3))),
    "a slice of no axis": ("slice", (typed(4),), typed(3), (("axis", 1), ("start", 0), ("length", 3))),
    "joined values differ": ("concat", (typed(2, 3), typed(2, 4)), typed(4, 3), (("axis", 0),)),
    "stacked values differ": ("stack", (typed(2), typed(3)), typed(2, 2), (("axis", 0),)),
    "a label of two sizes": (
        "contract", (typed(2, 3), typed(4, 5)), typed(2, 5), (("operands", ((0, 1), (1, 2))), ("result", (0, 2)))),
    "a label from nowhere": (
        "contract", (typed(2, 3), typed(3, 5)), typed(2, 5), (("operands", ((0, 1), (1, 2))), ("result", (0, 7)))),
    "an index of another set": ("gather", (typed(3, 2), typed(5, of=4)), typed(5, 2), (("count", 1),)),
    "no index": ("gather", (typed(3, 2), typed(5)), typed(5, 2), (("count", 1),)),
    "a reduction of some axes": ("sum", (typed(3, 2),), typed(3), (("axes", (-1,)),)),
    "more than there are": ("top", (typed(3),), typed(4), (("k", 4),)),
    "a weight of another size": ("rms_norm", (typed(3), typed(4)), typed(3), (("eps", 1e-6),)),
    "groups that do not divide": (
        "group_norm", (typed(5, 2), typed(5), typed(5)), typed(5, 2), (("groups", 2), ("eps", 1e-5))),
    "channels of a kernel": (
        "convolve1d", (typed(4, 9), typed(6, 3, 3)), typed(6, 7),
        (("stride", 1), ("pad", 0), ("dilation", 1), ("groups", 1))),
    "keys without values": (
        "scaled_dot_product_attention", (typed(2, 3), typed(4, 3), typed(5, 3)), typed(2, 3), (("causal", False),)),
    "a target of another set": ("cross_entropy", (typed(3), typed(of=4)), typed(), ()),
    "no square": ("eye", (), typed(2, 3), ()),
    "arguments of a constant": ("zeros", (typed(2),), typed(2), ()),
    "axes outside of the lead": ("add", (typed(2), typed(2)), typed(2), ()),
    "booleans in a sum": ("sum", (Tensor(INT, (Dim.of(3),)),), typed(), (("axes", (-1,)),)),
    "a draw without a site": ("draw.normal", (typed(), typed()), typed(), ()),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_application(name: str) -> None:
    op, types, result, attrs = WRONG[name]
    b = Builder()
    variables = [b.var(Var(f"a{k}", type_, k)) for k, type_ in enumerate(types)]
    refused(one(Region((), b.apply(op, variables, result, attrs)), *variables), op)


def test_sizes_agree_where_the_facts_say_so() -> None:
    """`[n * m]` is `[64]` where `n * m == 64`, and not without it."""
    n, m = fresh("n"), fresh("m")
    b = Builder()
    x = b.var(Var("x", Tensor(REAL, (Dim.of(n), Dim.of(m))), 1))
    flat = b.apply("reshape", (x,), typed(64))
    program = Program("one", (Input(x),), Region((), flat), (), (n, m), (), "")
    refused(program, "elements become 64")
    fact = Compare("==", Dim.of(n) * Dim.of(m), Dim.of(64))
    verify(evolve(program, facts=(fact,)), "test")


def test_a_program_is_shown() -> None:
    text = show(compiled("effects"))
    assert text.splitlines()[:3] == [
        "program m : [n, 4] -> [n, 4]",
        "  input x : [batch, n, 4]",
        "  buffer seen : [4]",
    ]
    assert "%1 = draw.normal(0.0, 1.0) over batch, n, 4 carrying (), () : [batch, n, 4]" in text
    assert "  seen <- %" in text
    assert "aux size <- %" in text
    loops = show(compiled("loops"))
    assert "repeat[2](x) at blocks : [batch, n, 4] with x : [batch, n, 4]" in loops
    assert "blocks.*.weight" in loops
