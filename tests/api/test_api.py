"""catnn from Python, without torch: loading, types, costs, errors."""

import pickle
from pathlib import Path

import pytest

import catnn

NET = """\
morph twice[f : A -> A] : A -> A = f >> f
model net[hidden = 8] : [n, 4] -> [n, 3] = linear[hidden] >> relu >> linear[3] as head
"""


def test_a_program_is_a_mapping_of_its_definitions() -> None:
    program = catnn.loads(NET)
    assert list(program) == ["twice", "net"]
    assert len(program) == 2
    assert "net" in program
    assert program.diagnostics == ()
    with pytest.raises(KeyError, match="no model or morph `nets`; did you mean `net`"):
        program["nets"]


def test_load_reads_a_file_and_names_it_in_errors(tmp_path: Path) -> None:
    file = tmp_path / "net.cat"
    file.write_text(NET)
    assert list(catnn.load(file)) == list(catnn.load(str(file))) == ["twice", "net"]
    file.write_text("model net : [n, 4] -> [n, 3] = linear[2]\n")
    with pytest.raises(catnn.CatError) as caught:
        catnn.load(file)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0201"
    assert str(caught.value).startswith("error[E0201]")
    assert "1 | model net : [n, 4] -> [n, 3] = linear[2]\n" in str(caught.value)
    with pytest.raises(FileNotFoundError):
        catnn.load(tmp_path / "none.cat")


def test_an_error_can_be_pickled() -> None:
    with pytest.raises(catnn.CatError) as caught:
        catnn.loads("model net : [n] -> [n] = nothing >> relu\n")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is catnn.CatError
    assert (again.diagnostics, str(again)) == (caught.value.diagnostics, str(caught.value))


def test_binding_chooses_arguments_and_later_ones_win() -> None:
    net = catnn.loads(NET)["net"]
    assert net.bind(hidden=16).cost().parameters == 4 * 16 + 16 + 16 * 3 + 3
    assert net.bind(hidden=16).bind(hidden=2).cost().parameters == 4 * 2 + 2 + 2 * 3 + 3
    assert net.cost().parameters == 4 * 8 + 8 + 8 * 3 + 3


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"hiden": 3}, "E0303"), ({"hidden": "x"}, "E0305"), ({"hidden": True}, "E0305"), ({"n": 3}, "E0303")],
)  # fmt: skip
def test_wrong_bindings_are_errors_with_the_text(settings: dict[str, int | str], code: str) -> None:
    with pytest.raises(catnn.CatError) as caught:
        catnn.loads(NET)["net"].bind(**settings)
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == [code]
    assert "model net" in str(caught.value)


def test_the_type_prints_as_in_the_language() -> None:
    assert catnn.loads(NET)["net"].type == "[n, 4] -> [n, 3]"


def test_costs_are_numbers_where_all_sizes_are_given() -> None:
    net = catnn.loads(NET)["net"]
    found = net.cost(b=2, n=5)
    assert found.flops == 2 * 2 * 5 * (4 * 8 + 8 * 3)
    assert str(net.cost(n=5).flops) == "560 * batch"
    assert str(found).startswith("parameters\n  linear  40\n  head    27\n  total   67\n")
    with pytest.raises(catnn.CatError, match="has no run-time size `m`"):
        net.cost(m=3)


def test_the_formula_of_the_parameters() -> None:
    import sympy

    hidden = sympy.Symbol("hidden", integer=True, positive=True)
    net = catnn.loads(NET)["net"]
    assert sympy.expand(net.parameters_formula - (8 * hidden + 3)) == 0
    assert net.bind(hidden=16).parameters_formula == 131


def test_names_are_found_when_they_are_used_and_no_others() -> None:
    assert set(catnn.__all__) <= set(dir(catnn))
    assert issubclass(catnn.ShapeError, ValueError)
    assert issubclass(catnn.IndexRangeError, IndexError)
    with pytest.raises(AttributeError, match="module 'catnn' has no attribute 'lod'"):
        catnn.lod  # noqa: B018
