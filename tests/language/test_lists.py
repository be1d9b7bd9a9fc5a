"""Facts of lists: stated for each member, or asked of the caller without a word."""

import pytest

import catnn

KERNELS = """
morph two[kernels : int[2]] : [c, h, w] -> [c, h, w] where kernels % 2 == 1 =
  (>> i < 2) conv[c, kernels[i], pad = kernels[i] // 2]
"""


def codes(text: str) -> list[tuple[str, str]]:
    try:
        return [(d.code, d.message) for d in catnn.loads(text).diagnostics]
    except catnn.CatError as error:
        return [(d.code, d.message) for d in error.diagnostics]


def test_a_fact_of_a_list_holds_for_each_member() -> None:
    assert codes(KERNELS + "model m : [3, 9, 9] -> [3, 9, 9] = two[(3, 5)]") == []


def test_it_is_asked_of_whoever_uses_the_morph() -> None:
    found = codes(KERNELS + "model m : [3, 9, 9] -> [3, 9, 9] = two[(3, 4)]")
    assert [code for code, _ in found] == ["E0207"]


def test_without_it_the_members_are_in_doubt() -> None:
    found = codes(KERNELS.replace(" where kernels % 2 == 1", ""))
    assert found
    assert {code for code, _ in found} == {"E0207"}


def test_the_members_of_a_model_are_checked_when_it_is_bound() -> None:
    text = "model m[w : int[3] = (4, 8, 12), g = 4] : [d] -> [w[2]] where g divides w = (>> i < 3) linear[w[i]]"
    model = catnn.loads(text)["m"]
    assert model.bind(d=2, g=2).cost().parameters == 2 * 4 + 4 + 4 * 8 + 8 + 8 * 12 + 12
    with pytest.raises(catnn.CatError, match=r"g divides w\[1\]|4 divides 6"):
        model.bind(d=2, w=(4, 6, 8))


def test_lists_of_a_fact_go_in_step() -> None:
    text = """
morph grouped[k : int[2], g : int[2]] : [n] -> [n] where g divides k = (>> i < 2) (linear[g[i] * (k[i] / g[i])] >> linear[n])
model good : [n] -> [n] = grouped[(4, 9), (2, 3)]
"""
    assert codes(text) == []
    assert [code for code, _ in codes(text.replace("(4, 9)", "(4, 8)"))] == ["E0207"]


def test_lists_of_a_fact_have_one_length() -> None:
    text = "morph m[k : int[2], g : int[3]] : [n] -> [n] where g divides k = linear[n]"
    assert codes(text)[0] == ("E0305", "the lists of a fact have the same length")


def test_one_member_and_a_sum_in_a_fact_are_meant_alone() -> None:
    text = "morph m[k : int[2]] : [n] -> [n] where k[0] <= 4, sum(k) <= n = linear[n]\n"
    assert codes(text + "model a : [16] -> [16] = m[(4, 9)]") == []
    assert [c for c, _ in codes(text + "model a : [12] -> [12] = m[(4, 9)]")] == ["E0207"]


def test_factors_of_an_axis_are_at_least_one() -> None:
    """As for an argument that is an axis, this is asked of the caller without a word."""
    text = "morph m[e : int[2], c : int[2]] : [d] -> [d] = (>> i < 2) (linear[e[i] * c[i]] >> linear[d])\n"
    assert codes(text + "model a : [d] -> [d] = m[(1, 2), (3, 4)]") == []
    found = codes(text + "model a : [d] -> [d] = m[(1, 0), (3, 4)]")
    assert [code for code, _ in found] == ["E0208"]
