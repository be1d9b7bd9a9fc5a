"""Every example checks, is laid out in the canonical way, lowers and runs."""

from pathlib import Path

import pytest

import catnn
from catnn.source import SourceFile
from catnn.syntax.format import format_file
from catnn.syntax.parse import parse

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.cat"))


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
    from tests.references.case import small

    model, given = small(name)
    found = model.torch(mode=mode)(*given)
    outputs = found if isinstance(found, tuple) else (found,)
    for output in outputs:
        assert output.shape[0] == len(given[0])
        assert output.isfinite().all()


@pytest.mark.torch
@pytest.mark.compile
@pytest.mark.parametrize("name", NAMES)
def test_is_one_graph(name: str) -> None:
    """torch.compile takes the whole module at once, and changes nothing."""
    import torch

    from tests.references.case import small

    model, given = small(name)
    module = model.torch().eval()
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    torch.manual_seed(0)
    found = compiled(*given)
    torch.manual_seed(0)
    torch.testing.assert_close(found, module(*given))


@pytest.mark.torch
def test_refuses_what_does_not_fit() -> None:
    """A longer text than the context, and a token that is none: named, before anything is computed."""
    import torch

    module = (
        catnn.load(EXAMPLES / "gpt2.cat")["gpt2"]
        .bind(layers=2, d=16, h=2, vocab=31, context=16)
        .torch()
    )
    assert module(torch.zeros(1, 16, dtype=torch.long)).shape == (1, 16, 31)
    with pytest.raises(catnn.ShapeError, match="n <= 16"):
        module(torch.zeros(1, 17, dtype=torch.long))
    with pytest.raises(catnn.IndexRangeError, match="tokens"):
        module(torch.full((1, 3), 31))
