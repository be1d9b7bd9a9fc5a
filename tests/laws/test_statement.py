"""Laws are checked like morphisms: names, sizes, facts, and one type for both sides."""

import pytest

from catnn.pipeline import check_text


def codes(text: str) -> list[str]:
    return [d.code for d in check_text(text).diagnostics if d.severity == "error"]


@pytest.mark.parametrize(
    "text",
    [
        "law l : forall x : [n]; relu(x) == relu(x)",
        "law l : relu >> relu ==> relu",
        "law[value] l[a] : share f = linear[a]; forall x : [d]; f(x) == f(x)",
        "law l : forall x : [n]; (sum(x) == sum(x))",
        "law l : forall x : [n]; abs(x) >= x",
        "law l : forall x : [n], i : ix(n), b : bool, k : int; x(i) == x(i)",
        "law l : forall x : [n]; take[2](x) == take[2](x) where n >= 2",
        "morph f : [d] -> [d] = relu\nlaw l : f == relu",
    ],
)
def test_accepted(text: str) -> None:
    checked = check_text(text)
    assert checked.diagnostics == ()
    assert list(checked.laws) == ["l"]
    assert "l" not in checked.definitions


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("law l : forall x : [n]; sum(x) == x", "E0603"),
        ("law l : forall x : [n], y : [n + 1]; x == y", "E0603"),
        ("law l : forall x : [n]; sum(x)", "E0602"),
        ("law l : relu", "E0602"),
        ("law l : forall x : [n]; f(x) == x", "E0302"),
        ("law l : forall x : [n]; take[2](x) == take[2](x)", "E0207"),
        ("law l : forall x : [n]; x(3) == x(3) where n >= 2", "E0306"),
        ("law l : causal(relu, n)", "E0311"),
        ("law[mean] l : forall x : [n]; x == x", "E0311"),
        ("law l : forall p : perm(n), x : [n]; x == x", "E0311"),
        (
            "law l : share f = linear[2]; f ==> linear[2] as h taking { h.weight = f.weight; h.bias = f.bias }",
            "E0311",
        ),
        ("law l : forall x : [n]; x == x\nmorph f : [n] -> [n] = l", "E0302"),
    ],
)
def test_refused(text: str, code: str) -> None:
    assert code in codes(text), codes(text)


def test_a_law_has_sizes_and_arguments_of_its_own() -> None:
    law = check_text("law l[a] : share f = linear[a]; forall x : [d]; f(x) == f(x)").laws["l"]
    assert [p.name for p in law.definition.parameters] == ["a"]
    assert [s.name for s in law.definition.sizes] == ["d"]
    assert (law.operator, law.scope, law.is_directed) == ("==", "gradient", False)
