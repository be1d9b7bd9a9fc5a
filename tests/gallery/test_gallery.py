"""Every example checks, is laid out in the canonical way, lowers and runs."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import catnn
from catnn.api import Setting
from catnn.source import SourceFile
from catnn.syntax.format import format_file
from catnn.syntax.parse import parse

if TYPE_CHECKING:
    from torch import Tensor

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.cat"))

SMALL: dict[str, dict[str, Setting]] = {
    "bert": {"layers": 2, "d": 16, "h": 2, "w": 24, "vocab": 31, "context": 16},
    "digits": {"width": 4},
    "gpt2": {"layers": 2, "d": 16, "h": 2, "vocab": 31, "context": 16},
    "llama": {"layers": 2, "d": 16, "h": 4, "kv": 2, "w": 24, "vocab": 31},
    "mixer": {"layers": 2, "d": 16, "t": 8, "w": 24, "patch": 8, "size": 16, "classes": 5},
    "mlp": {"hidden": 16},
    "resnet50": {"depths": (1, 2, 1, 1), "width": 4, "classes": 5},
    "vit": {"layers": 2, "d": 16, "h": 2, "patch": 8, "size": 16, "classes": 5},
}
"""Sizes at which each example runs in a moment."""

INPUTS: dict[str, list[tuple[int, tuple[int, ...]]]] = {
    "bert": [(31, (7,)), (2, (7,))],
    "digits": [(0, (1, 8, 8))],
    "gpt2": [(31, (7,))],
    "llama": [(31, (7,))],
    "mixer": [(0, (3, 16, 16))],
    "mlp": [(0, (28, 28))],
    "resnet50": [(0, (3, 40, 33))],
    "vit": [(0, (3, 16, 16))],
}
"""`(v, shape)` of each input of one item: indices below v, or real numbers where v is 0."""


@pytest.mark.parametrize("name", NAMES)
def test_checks_and_names_its_model(name: str) -> None:
    program = catnn.load(EXAMPLES / f"{name}.cat")
    assert program.diagnostics == ()
    assert program[name].type


@pytest.mark.parametrize("name", NAMES)
def test_begins_with_its_source(name: str) -> None:
    first = (EXAMPLES / f"{name}.cat").read_text().splitlines()[0]
    assert first.startswith("# ")
    assert any(character.isdigit() for character in first), "the year of the paper"


@pytest.mark.parametrize("name", NAMES)
def test_is_laid_out_in_the_canonical_way(name: str) -> None:
    text = (EXAMPLES / f"{name}.cat").read_text()
    source = SourceFile(f"{name}.cat", text)
    assert format_file(parse(source).file, source) == text


@pytest.mark.torch
@pytest.mark.parametrize("mode", ["train", "infer"])
@pytest.mark.parametrize("name", NAMES)
def test_lowers_and_runs(name: str, mode: str) -> None:
    module = catnn.load(EXAMPLES / f"{name}.cat")[name].bind(**SMALL[name]).torch(mode=mode)
    found = module(*inputs(name))
    outputs = found if isinstance(found, tuple) else (found,)
    for output in outputs:
        assert output.shape[0] == 2
        assert output.isfinite().all()


@pytest.mark.torch
@pytest.mark.compile
@pytest.mark.parametrize("name", NAMES)
def test_is_one_graph(name: str) -> None:
    """torch.compile takes the whole module at once, and changes nothing."""
    import torch

    module = catnn.load(EXAMPLES / f"{name}.cat")[name].bind(**SMALL[name]).torch().eval()
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    given = inputs(name)
    torch.testing.assert_close(compiled(*given), module(*given))


@pytest.mark.torch
def test_refuses_what_does_not_fit() -> None:
    """A longer text than the context, and a token that is none: named, before anything is computed."""
    import torch

    module = catnn.load(EXAMPLES / "gpt2.cat")["gpt2"].bind(**SMALL["gpt2"]).torch()
    assert module(torch.zeros(1, 16, dtype=torch.long)).shape == (1, 16, 31)
    with pytest.raises(catnn.ShapeError, match="n <= 16"):
        module(torch.zeros(1, 17, dtype=torch.long))
    with pytest.raises(catnn.IndexRangeError, match="tokens"):
        module(torch.full((1, 3), 31))


def inputs(name: str) -> "list[Tensor]":
    """Two items for an example."""
    import torch

    return [
        torch.randint(v, (2, *shape)) if v else torch.randn(2, *shape) for v, shape in INPUTS[name]
    ]
