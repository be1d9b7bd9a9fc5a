"""Modules from Python: seeds, modes, weights, places, source text."""

import subprocess
import sys
from pathlib import Path

import pytest

import catnn

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch

NET = "model net[hidden = 8] : [n, 4] -> [n, 3] = linear[hidden] >> relu >> dropout >> linear[3] as head\n"


@pytest.fixture
def net() -> catnn.Model:
    return catnn.loads(NET)["net"]


def test_a_seed_draws_the_same_parameters_and_leaves_the_global_state_alone(
    net: catnn.Model,
) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, same, other = net.torch(seed=3), net.torch(seed=3), net.torch(seed=4)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one.head.weight, same.head.weight)
    assert not torch.equal(one.head.weight, other.head.weight)


def test_a_module_for_inference_draws_nothing(net: catnn.Model) -> None:
    x = torch.randn(2, 5, 4)
    infer = net.torch(mode="infer")
    assert torch.equal(infer(x), infer(x))
    train = net.torch()
    assert not torch.equal(train(x), train(x))
    assert torch.equal(train.eval()(x), infer(x))


def test_device_and_precision(net: catnn.Model) -> None:
    module = net.torch(dtype=torch.float64, device="cpu")
    assert {p.dtype for p in module.parameters()} == {torch.float64}
    assert module(torch.zeros(2, 5, 4, dtype=torch.float64)).dtype == torch.float64


def test_wrong_inputs_are_named(net: catnn.Model) -> None:
    module = net.torch()
    with pytest.raises(catnn.ShapeError, match="x"):
        module(torch.zeros(2, 5, 3))
    lookup = catnn.loads("model m : ix(7)[n] -> [n, 2] = embedding[7, 2]\n")["m"].torch()
    with pytest.raises(catnn.IndexRangeError, match="7"):
        lookup(torch.tensor([[0, 7]]))


def test_weights_are_loaded_and_precision_may_differ(net: catnn.Model) -> None:
    source = net.torch(seed=1)
    state = {name: tensor.double() for name, tensor in source.state_dict().items()}
    loaded = net.torch(seed=2, weights=state)
    for name, tensor in source.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)


def test_weights_that_do_not_fit_are_all_named_and_nothing_is_loaded(net: catnn.Model) -> None:
    state = dict(net.torch().state_dict())
    state["linear.wieght"] = state.pop("linear.weight")
    state["head.bias"] = torch.zeros(4)
    state["head.weight"] = torch.zeros(3, 8, dtype=torch.int64)
    with pytest.raises(catnn.CatError) as caught:
        net.torch(weights=state)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0591"
    assert diagnostic.message == (
        "the weights do not fit `net`: 1 missing, 1 unexpected, 2 of another shape or type"
    )
    assert diagnostic.notes == (
        "missing: `linear.weight` float32[8, 4]",
        "unexpected: `linear.wieght` (for `linear.weight`?)",
        "misfit: `head.weight` is int64[3, 8], due is float32[3, 8]",
        "misfit: `head.bias` is float32[4], due is float32[3]",
    )


def test_long_lists_of_misfits_are_cut(net: catnn.Model) -> None:
    state = {**net.torch().state_dict(), **{f"extra_{k}": torch.zeros(1) for k in range(20)}}
    with pytest.raises(catnn.CatError) as caught:
        net.torch(weights=state)
    notes = caught.value.diagnostics[0].notes
    assert len(notes) == 9
    assert notes[-1] == "unexpected: and 12 more"


def test_the_source_runs_in_an_interpreter_without_catnn(net: catnn.Model, tmp_path: Path) -> None:
    text = net.emit()
    assert "catnn" not in "".join(line for line in text.splitlines() if "import" in line)
    (tmp_path / "net.py").write_text(text)
    script = (
        "import sys, torch, net; sys.modules['catnn'] = None; torch.manual_seed(0)\n"
        "module = net.Net().eval(); print(tuple(module(torch.zeros(2, 5, 4)).shape))\n"
        "assert not any(name.split('.')[0] in ('catnn_torch', 'catnn_grammar') for name in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "(2, 5, 3)\n"), result.stderr


@pytest.mark.compile
def test_compile_gives_the_same_values(net: catnn.Model) -> None:
    x = torch.randn(2, 5, 4)
    plain, compiled = net.torch(mode="infer", seed=1), net.compile(mode="infer", seed=1)
    torch.testing.assert_close(compiled(x), plain(x))


def test_a_missing_backend_is_an_error_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint, EntryPoints

    from catnn import backend

    def points(names: list[str]) -> EntryPoints:
        return EntryPoints(EntryPoint(n, "no_such_package.x:y", backend.GROUP) for n in names)

    monkeypatch.setattr(backend, "entry_points", lambda group: points(["torch"]))
    with pytest.raises(catnn.CatError) as caught:
        backend.find_backend()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0801"
    assert diagnostic.help == ("`no_such_package` is not installed: `pip install catnn[torch]`",)
    monkeypatch.setattr(backend, "entry_points", lambda group: points([]))
    with pytest.raises(catnn.CatError, match="the backend `torch` cannot be used"):
        backend.find_backend()
