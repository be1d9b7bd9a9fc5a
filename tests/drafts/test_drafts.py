"""Programs from the literature beyond the gallery: each checks, and lowers and runs at tiny sizes."""

import re
from pathlib import Path

import pytest
from attrs import frozen

import catnn
from catnn.api import Setting

HERE = Path(__file__).parent
FILES = sorted(path.stem for path in HERE.glob("*.cat"))
Sizes = dict[str, Setting]


Shown = tuple[int, tuple[int, ...]]


@frozen
class Run:
    """A model at small sizes; an input is `(v, shape)`: indices below v, or real numbers where v is 0.

    A tuple of those is one input. `graph` is a number of nodes and one of edges, the
    first context; further contexts are as inputs, without a batch.
    """

    file: str
    model: str
    sizes: Sizes
    inputs: tuple[Shown | tuple[Shown, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    graph: tuple[int, int] | None = None
    contexts: tuple[Shown, ...] = ()


RUNS = (
    Run(
        "digress",
        "denoiser",
        {"layers": 2, "h": 2, "dx": 4, "de": 3, "dy": 5},
        ((4, (6,)), (5, (6, 6)), (0, ())),
        ((6, 4), (6, 6, 5)),
    ),
    Run("flow", "first_order", {"count": 2}, ((0, (4, 8, 8)), (11, ())), ((4, 8, 8),)),
    Run("flow", "second_order", {"count": 2}, ((0, (4, 8, 8)), (11, ())), ((4, 8, 8),)),
    Run("glgenn", "o5_regression", {"n": 2, "c": 2}, ((0, (2, 4)),), ((),)),
    Run("gmu", "genres_free", {"o": 4, "text": 6, "picture": 5}, ((0, (6,)), (0, (5,))), ((23,),)),
    Run(
        "gmu",
        "genres_of_many",
        {"o": 4, "dims": (6, 5, 3)},
        (((0, (6,)), (0, (5,)), (0, (3,))),),
        ((23,),),
    ),
    Run("gat", "gat_net", {"c": 2, "classes": 3, "d": 4}, ((0, (5, 4)),), ((5, 3),), (5, 7)),
    Run("gat", "gatv2", {"h": 2, "c": 3, "d": 4}, ((0, (5, 4)),), ((5, 6),), (5, 7)),
    Run("gin", "gin_net", {"layers": 2, "h": 3, "d": 4}, ((0, (5, 4)),), ((2,),), (5, 7)),
    Run(
        "nmn",
        "soft",
        {"steps": 2},
        ((0, (2, 6)), (0, (2, 3)), (0, (3, 4, 5))),
        ((4, 5),),
    ),
    Run("mpo", "mpobert", {"layers": 1, "h": 2, "b": 2}, ((0, (2, 768)),), ((2, 768),)),
    Run("multilevel", "narrow", {}, ((0, (8, 8)),), ((4, 4),)),
    Run(
        "pdf",
        "pdf_net",
        {"layers": 2, "k": 2, "c": 3},
        ((0, (5, 3)),),
        ((1,),),
        (5, 7),
        ((0, (5, 5, 3)),),
    ),
    Run(
        "pna",
        "pna_net",
        {"layers": 2, "h": 3, "d": 4, "c": 2},
        ((0, (5, 4)),),
        ((10,),),
        (5, 7),
        ((0, (7, 2)),),
    ),
    Run("multilinear_moe", "mumoe_block", {"n": 4, "r": 3, "d": 5}, ((0, (5,)),), ((5,),)),
    Run("multilinear_moe", "ring_block", {"n": 4, "d": 5}, ((0, (5,)),), ((5,),)),
    Run("multilinear_moe", "deep_block", {"n1": 2, "n2": 3, "r": 3, "d": 5}, ((0, (5,)),), ((5,),)),
    Run(
        "resnet",
        "resnet",
        {"depths": (1, 2, 1, 1), "width": 4, "classes": 5},
        ((0, (3, 40, 33)),),
        ((5,),),
    ),
    Run("stargan", "generator", {"s": 8}, ((0, (3, 8, 8)), (0, (5,))), ((3, 8, 8),)),
    Run("stargan", "critic", {}, ((0, (3, 128, 128)),), ((1, 2, 2), (5,))),
    Run(
        "unified_peft",
        "tuned",
        {"l": 2, "r": 3, "e": 4, "u": 5},
        ((0, (3, 4)), (0, (6, 4)), (0, (6, 5))),
        ((3, 5),),
    ),
    Run("unet", "denoiser", {"k": 2, "c": 8, "e": 4}, ((0, (3, 8, 12)), (0, ())), ((3, 8, 12),)),
    Run("vq", "vq_ema", {"k": 6, "d": 4}, ((0, (4,)),), ((4,), ())),
)


@pytest.mark.parametrize("name", FILES)
def test_checks(name: str) -> None:
    assert catnn.load(HERE / f"{name}.cat").diagnostics == ()


def test_every_file_is_run() -> None:
    assert {run.file for run in RUNS} == set(FILES)


@pytest.mark.torch
@pytest.mark.parametrize("mode", ["train", "infer"])
@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.file}-{run.model}")
def test_lowers_and_runs(run: Run, mode: str) -> None:
    import torch

    torch.manual_seed(0)
    module = catnn.load(HERE / f"{run.file}.cat")[run.model].bind(**run.sizes).torch(mode=mode)

    def drawn(v: int, s: tuple[int, ...]) -> torch.Tensor:
        return torch.randint(v, (2, *s)) if v else torch.randn(2, *s)

    inputs = [
        drawn(*given) if isinstance(given[0], int) else tuple(drawn(*part) for part in given)
        for given in run.inputs
    ]
    if run.graph is not None:
        nodes, edges = run.graph
        inputs.append((nodes, torch.randint(nodes, (edges,)), torch.arange(edges) % nodes))
    inputs += [drawn(*given)[0] for given in run.contexts]
    found = module(*inputs)
    outputs = found if isinstance(found, tuple) else (found,)
    assert [tuple(output.shape) for output in outputs] == [(2, *shape) for shape in run.outputs]
    assert all(output.isfinite().all() for output in outputs)


@pytest.mark.torch
def test_prefix_tuning_is_an_adapter() -> None:
    """Rows in front of keys and values are a blend of two attentions, for any sizes."""
    import torch

    program = catnn.load(HERE / "unified_peft.cat")
    torch.manual_seed(0)
    shapes = ((3, 4), (6, 4), (6, 5), (2, 4), (2, 5))
    inputs = [torch.randn(*shape, dtype=torch.float64) for shape in shapes]
    one, other = (program[name].bind().torch()(*inputs) for name in ("in_front", "blended"))
    torch.testing.assert_close(one, other)


@pytest.mark.torch
def test_entmax_is_a_sparse_distribution() -> None:
    """(Peters et al. 2019): sums to 1, keeps the order, and drops what is far below the greatest."""
    import torch

    program = catnn.loads((HERE / "multilinear_moe.cat").read_text("utf-8"))
    scores = torch.tensor([[4.0, 3.5, 0.0, -2.0], [1.0, 1.0, 1.0, 1.0]], dtype=torch.float64)
    found = program["entmax"].bind().torch()(scores)
    torch.testing.assert_close(found.sum(-1), torch.ones(2, dtype=torch.float64))
    assert found[0, 0] > found[0, 1] > 0
    assert found[0, 2:].eq(0).all()
    torch.testing.assert_close(found[1], torch.full((4,), 0.25, dtype=torch.float64))


def test_the_table_of_programs_is_current() -> None:
    page = (HERE.parents[1] / "docs" / "drafts.md").read_text("utf-8")
    table = page[: page.index("## What was mended")]
    rows = dict(re.findall(r"^\| ([a-z_]+) \| (\S+)", table, re.MULTILINE))
    here = {name for name, state in rows.items() if state in ("checks", "part")}
    assert here <= set(FILES) <= {name for name, state in rows.items() if state != "waits"}
