"""What is drawn is what the program says: its factors once, their wires, their types, their parameters."""

import re

import pytest

from catnn.draw.diagram import Diagram, Node
from catnn.draw.fold import MOST, folded
from catnn.draw.seen import closed, seen
from catnn.errors import CatError
from catnn.ir.terms import Leaf
from catnn.pipeline import specialise
from catnn.specialise import opened
from catnn.types.dims import Dim, Symbol
from catnn.types.types import Product, Tensor, Type, at
from tests.draw.programs import EXAMPLES, PROGRAMS, checked, drawn


def wires(program: str, depth: int | None = 1, **settings: int) -> list[str]:
    """Every wire as `begin -> end` with `~>` for contexts; boxes by their titles."""
    diagram = drawn(program, **settings)
    return [
        f"{end_name(wire.source.node, wire.source.port)} {'~>' if wire.is_context else '->'} {wire.target.title or 'out'}"
        for wire in seen(diagram, folded(diagram, depth))
    ]


def end_name(node: Node, port: int) -> str:
    if node.kind == "entry":
        return node.outputs[port].name
    return f"{node.title}.{port}" if len(node.outputs) > 1 else node.title


WIRES = {
    "chain": ["x -> linear[3]", "linear[3] -> relu", "relu -> head", "head -> out"],
    "residual": ["x -> layernorm", "layernorm -> linear[d]", "x -> +", "linear[d] -> +", "+ -> out"],
    "fan": ["x -> linear[6]", "linear[6] -> linear[10]", "linear[6] -> linear[4]",
            "linear[10] -> out", "linear[4] -> out"],
    "parallel": ["x1 -> linear[3]", "x2 -> relu", "linear[3] -> out", "relu -> out"],
    "swap": ["x2 -> relu", "x1 -> tanh", "relu -> out", "tanh -> out"],
    "copies": ["x -> {n d -> n 4 d}", "{n d -> n 4 d} -> linear[d]", "linear[d] -> out"],
    "scan": ["x1 -> +", "x2 -> +", "+ -> tanh", "tanh -> out", "tanh -> out"],
    "squared": ["x -> ×", "x -> ×", "× -> out"],
    "constant": ["x -> 2 × ·", "2 × · -> · − 1", "· − 1 -> out", "3 -> out"],
    "unused": ["x -> out"],
    "training": ["x -> · + 1", "· + 1 -> if training", "x -> if training", "if training -> out"],
    "adjoint": ["x -> dagger linear[k, bias = f…", "dagger linear[k, bias = f… -> out"],
    "record": ["left -> +", "right -> +", "left -> −", "right -> −", "+ -> out", "− -> out"],
    "lookup": ["w -> lookup", "t -> lookup", "lookup -> layernorm",
               "layernorm -> {n d, v d -> n v}", "w -> {n d, v d -> n v}", "{n d, v d -> n v} -> out"],
    "share": ["a -> encoder", "b -> encoder", "encoder -> ×", "encoder -> ×", "× -> sum", "sum -> out"],
}  # fmt: skip


@pytest.mark.parametrize("program", WIRES)
def test_wires_join_the_right_boxes(program: str) -> None:
    assert wires(program) == WIRES[program]


def test_contexts_are_wires_of_their_own() -> None:
    assert wires("context") == [
        "x -> linear[d]",
        "linear[d] -> film",
        "time ~> film",
        "film -> silu",
        "silu -> out",
    ]
    inner = wires("context", 2)
    assert [wire for wire in inner if "~>" in wire] == ["time ~> linear[d]"] * 2


def titles(diagram: Diagram, depth: int | None) -> list[str]:
    return [node.title for node in closed(diagram, folded(diagram, depth))]


def test_an_open_definition_shows_its_factors_once() -> None:
    assert titles(drawn("gpt2"), 1) == [
        "wte", "wpe", "lookup", "take[n]{[p] d}", "+", "blocks", "norm", "{n d, v d -> n v}",
    ]  # fmt: skip
    assert titles(drawn("gpt2"), None) == [
        "wte", "wpe", "lookup", "take[n]{[p] d}", "+",
        "norm1", "attn", "+", "norm2", "mlp", "+", "norm", "{n d, v d -> n v}",
    ]  # fmt: skip
    assert "softmax" not in titles(drawn("axes"), 3)
    assert "weight" in titles(drawn("chain"), 2)


def test_loops_say_how_often() -> None:
    badges = {
        name: drawn(name).nodes[-1].badge
        for name in ("repeat", "trail", "iterate", "scan", "copies")
    }
    assert badges == {
        "repeat": "× k", "trail": "trail × 3", "iterate": "iterate × 10", "scan": "scan t", "copies": "4 copies",
    }  # fmt: skip
    assert drawn("repeat", k=3).nodes[-1].badge == "× 3"
    assert wires("repeat", k=0) == ["x -> out"]
    assert drawn("scan").nodes[0].feedback == 1


def test_stages_are_written_out() -> None:
    inner = drawn("stages").nodes[0].inner
    assert inner is not None
    assert [str(node.outputs[0].type) for node in inner.nodes] == [
        "[16, h, w]", "[16, h, w]", "[32, h, w]", "[32, h, w]", "[64, h, w]", "[64, h, w]",
    ]  # fmt: skip


def test_conditions_are_decided_by_settings() -> None:
    assert titles(drawn("condition"), 2) == ["widen[d]", "linear[c]"]  # d is d, and 4 is not 8
    assert titles(drawn("condition", d=8), 2) == ["widen[d]", "widen[8]"]
    with pytest.raises(CatError) as found:
        drawn("condition", d=-1)
    assert found.value.diagnostics[0].code == "E0208"


def test_uses_of_a_shared_instance_have_one_number() -> None:
    encoders = [node.shared for node in drawn("share").nodes if node.title == "encoder"]
    assert encoders == [0, 0]
    assert {node.shared for node in drawn("local").nodes} == {None}


@pytest.mark.parametrize("program", [*PROGRAMS, *(path.stem for path in EXAMPLES)])
def test_results_have_the_type_that_was_checked(program: str) -> None:
    """At the end of the wires stands what the checker found, whatever was drawn between."""
    diagram = drawn(program)
    name = "m" if program in PROGRAMS else program
    definition = checked(program).definitions[name].elaborated
    sizes = opened(checked(program).checker, definition, {}).filled
    assert definition.target is not None
    target = at_numbers(sizes.type(definition.target))
    shown = [at_numbers(given.end.type) for given in diagram.exit.inputs]
    assert plain(", ".join(map(str, shown))) == plain(str(target))


def at_numbers(type_: Type) -> Type:
    """The type with a number for each size: sizes may be written in two ways that facts make one."""
    names = sorted({s.name: s for s in symbols_of(type_)}.items())
    return at(type_, {symbol: Dim.of(64 * (1 + len(name))) for name, symbol in names})


def symbols_of(type_: Type) -> set[Symbol]:
    match type_:
        case Tensor(_, shape):
            return {s for item in shape if isinstance(item, Dim) for s in item.symbols()}
        case Product(items):
            return {symbol for item in items for symbol in symbols_of(item)}
        case _:
            return set()


def plain(type_: str) -> str:
    """A type without tuples and labels: the wires of one after the other."""
    return re.sub(r"[()]|\w+ :| ", "", type_)


ONE_LOOP = ("gpt2", "bert", "vit", "llama", "mixer", "digits", "mlp")


@pytest.mark.parametrize("program", ONE_LOOP)
def test_boxes_hold_the_parameters_of_the_program(program: str) -> None:
    """Each leaf of the compiled program is drawn in exactly one box."""
    leaves = specialise(checked(program), program, {}).leaves
    compiled = sorted(leaf.path[-1] for leaf in leaves if isinstance(leaf, Leaf))
    boxes = [leaf.split(" : ")[0] for node in drawn(program).nodes for leaf in node.all_leaves]
    assert sorted(boxes) == sorted(str(name).rstrip("_") for name in compiled)


@pytest.mark.parametrize("example", [path.stem for path in EXAMPLES])
def test_no_picture_is_too_large(example: str) -> None:
    diagram = drawn(example)
    for depth in (None, 2, 9):
        is_open = folded(diagram, depth)
        boxes = sum(1 for _ in closed(diagram, is_open))
        assert boxes <= max(MOST, len(diagram.nodes))


def test_a_model_that_is_one_part_of_the_library_is_opened() -> None:
    assert {"q", "k", "v", "out"} <= set(titles(drawn("thin"), None))
    assert titles(drawn("thin"), 1) == ["attention[h]"]
    assert titles(drawn("chain"), None) == ["linear[3]", "relu", "head"]
