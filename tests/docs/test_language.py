"""The language reference: every program in it is checked, and its decisions hold."""

import re
from pathlib import Path

import pytest

from catnn.errors.codes import CODES
from catnn.pipeline import check_text

PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text("utf-8")
BLOCKS = [
    (PAGE[: found.start()].count("\n") + 1, found["error"], found["text"])
    for found in re.finditer(
        r"^```cat(?: error (?P<error>E\d{4}))?\n(?P<text>.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
    )
]


@pytest.mark.parametrize(("line", "error", "text"), BLOCKS, ids=[f"line{b[0]}" for b in BLOCKS])
def test_programs(line: int, error: str | None, text: str) -> None:
    found = [(diagnostic.code, diagnostic.message) for diagnostic in check_text(text).diagnostics]
    assert {code for code, _ in found} == ({error} if error else set()), found
    assert not error or len(found) == 1, "a page shows one error at a time"


def test_every_block_is_found() -> None:
    assert len(BLOCKS) == len(re.findall(r"^```", PAGE, re.MULTILINE)) // 2
    assert len(BLOCKS) > 40


def test_links_and_codes_exist() -> None:
    anchors = {
        heading.lower().replace(" ", "-")
        for heading in re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= anchors
    assert set(re.findall(r"E\d{4}", PAGE)) <= CODES.keys()


def factors(text: str, name: str, **sizes: int) -> list[str]:
    import catnn

    return list(catnn.loads(text)[name].bind(**sizes).torch().state_dict())


@pytest.mark.torch
def test_names_of_parameters() -> None:
    text = """
      morph ffn[w] : [d] -> [d] = linear[w, false] >> relu >> linear[d, false]
      model m : [8] -> [8] =
        linear[8, false] >> linear[8, false] >> repeat[2] ffn[4] as blocks
        >> (linear[8, false] >> relu) as head >> ffn[4] as tail >> (>> i < 2) linear[8, false] as steps
      model t : [4] -> [4] = x =>
        share f = linear[4, false];
        morph g = linear[4, false];
        param w : [4] ~ zeros;
        f(f(x)) + g(x) + g(x) + w
      model c : [2, 8] -> [2, 8] = copies[2] linear[8, false] as experts
    """
    assert factors(text, "m") == [
        "linear.weight",
        "linear_2.weight",
        "blocks.0.linear.weight",
        "blocks.0.linear_2.weight",
        "blocks.1.linear.weight",
        "blocks.1.linear_2.weight",
        "head.weight",
        "tail.linear.weight",
        "tail.linear_2.weight",
        "steps.0.weight",
        "steps.1.weight",
    ]
    assert factors(text, "t") == ["w", "f.weight", "g.weight", "g_2.weight"]
    assert factors(text, "c") == ["experts.weight"]


@pytest.mark.torch
def test_batches_are_any_leading_axes() -> None:
    import torch

    import catnn

    program = catnn.loads(
        "model m : [3, h, w] -> [3, h, w] = batchnorm\nmodel f : [d] -> [d] = batchnorm1d"
    )
    image, vector = program["m"].bind().torch(), program["f"].bind(d=4).torch()
    assert image(torch.randn(3, 5, 6)).shape == (3, 5, 6)
    assert image(torch.randn(2, 7, 3, 5, 6)).shape == (2, 7, 3, 5, 6)
    found = vector(torch.randn(64, 4))
    torch.testing.assert_close(found.mean(0), torch.zeros(4), atol=1e-5, rtol=0)


@pytest.mark.torch
def test_an_index_comes_back_as_the_nearest_one() -> None:
    import torch

    import catnn

    program = catnn.loads(
        "model shifted : [n, d] -> [n, d] = x => [x(index[n](i - 1)) for i < n]\n"
        "model pick : ([n], int[m]) -> [m] = (x, k) => x(index[n](k))\n"
    )
    x = torch.arange(6.0).reshape(3, 2)
    assert torch.equal(program["shifted"].bind().torch()(x), x[[0, 0, 1]])
    k = torch.tensor([-3, 0, 2, 9])
    assert torch.equal(program["pick"].bind().torch()(x[:, 0].contiguous(), k), x[[0, 0, 2, 2], 0])


@pytest.mark.torch
def test_extremes_of_one_and_of_two() -> None:
    import torch

    import catnn

    program = catnn.loads(
        "model all : [n] -> [] = max\nmodel axes : [b, r, c] -> [b] = min{b [r c]}\n"
        "model two : ([n], [n]) -> [n] = max\nmodel mask : [n] -> [n] = (x => x > 0) >> real\n"
    )
    x, y = torch.randn(5), torch.randn(5)
    assert torch.equal(program["all"].bind().torch()(x), x.max())
    assert torch.equal(program["two"].bind().torch()(x, y), torch.maximum(x, y))
    assert torch.equal(program["mask"].bind().torch()(x), (x > 0).float())
    z = torch.randn(2, 3, 4)
    assert torch.equal(program["axes"].bind().torch()(z), z.amin((1, 2)))
