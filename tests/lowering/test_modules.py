"""Emitted modules are ordinary PyTorch: precision, seeds, copies, hooks, names, export, files."""

import copy
import gc
import inspect
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import Module

import catnn
from tests.lowering.test_loops import drawn, same
from tests.references.case import model as example

pytestmark = pytest.mark.torch

SIZES = {"layers": 2, "d": 16, "h": 2, "vocab": 11, "context": 8}
NET = "model net : [n, 4] -> [n, 2] = repeat[2] (id + (layernorm >> linear[4] >> gelu)) as blocks >> linear[2] as head"


def net(seed: int = 0) -> Module:
    return catnn.loads(NET)["net"].torch(seed=seed)


def tokens(*shape: int) -> Tensor:
    return torch.randint(11, shape, generator=torch.Generator().manual_seed(2))


# ---- precision ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_other_precisions(name: str, dtype: torch.dtype) -> None:
    heads = {"kv": 1, "w": 24} if name == "llama" else {"context": 8}
    sizes = {k: v for k, v in SIZES.items() if k != "context"} | heads
    model = example(name).bind(**sizes)
    exact = model.torch(dtype=torch.float64)(tokens(2, 7))
    found = model.torch(dtype=dtype)(tokens(2, 7))
    assert found.dtype == dtype
    torch.testing.assert_close(found.double(), exact, rtol=0.1, atol=0.05)


def test_autocast() -> None:
    model = example("gpt2").bind(**SIZES).torch()
    plain = model(tokens(2, 7))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = model(tokens(2, 7))
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), plain, rtol=0.1, atol=0.05)


# ---- seeds ----------------------------------------------------------------------------------


def test_a_seed_decides_all_parameters() -> None:
    one, again, other = net(3).state_dict(), net(3).state_dict(), net(4).state_dict()
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["head.weight"], other["head.weight"])
    blocks = [one[f"blocks.{k}.linear.weight"] for k in range(2)]
    assert not torch.equal(*blocks)


def test_the_global_generator_is_left_alone() -> None:
    torch.manual_seed(9)
    before = torch.random.get_rng_state()
    net()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_reset_parameters_draws_anew() -> None:
    module = net()
    before = module.head.weight.clone()
    torch.manual_seed(1)
    module.reset_parameters()
    assert not torch.equal(module.head.weight, before)


def test_a_seed_decides_a_reset_too() -> None:
    module = net(4)
    torch.manual_seed(9)
    before = torch.random.get_rng_state()
    module.reset_parameters(seed=3)
    assert torch.equal(torch.random.get_rng_state(), before)
    for name, leaf in net(3).state_dict().items():
        assert torch.equal(module.state_dict()[name], leaf)


# ---- copies, saving, hooks ------------------------------------------------------------------


def test_a_deep_copy_is_independent() -> None:
    module = net()
    twin = copy.deepcopy(module)
    x = torch.randn(2, 3, 4)
    same(twin(x), module(x))
    with torch.no_grad():
        twin.head.weight.zero_()
        twin.blocks[0].linear.weight.zero_()
    assert module.head.weight.any()
    assert module.blocks[0].linear.weight.any()
    assert not torch.equal(twin(x), module(x))


def test_a_state_dict_goes_through_a_file() -> None:
    file = io.BytesIO()
    torch.save(net(1).state_dict(), file)
    file.seek(0)
    module = net(2)
    module.load_state_dict(torch.load(file, weights_only=True))
    x = torch.randn(2, 3, 4)
    same(module(x), net(1)(x))


def test_hooks_on_the_model_and_on_blocks() -> None:
    module, seen = net(), []
    module.register_forward_hook(lambda part, given, found: seen.append(("model", found.shape)))
    for k, block in enumerate(module.blocks):
        block.register_forward_hook(lambda part, given, found, k=k: seen.append((k, found.shape)))
    module(torch.randn(5, 3, 4))
    assert seen == [(0, (5, 3, 4)), (1, (5, 3, 4)), ("model", (5, 3, 2))]


def test_a_block_may_be_replaced() -> None:
    module = net()
    module.blocks[0] = torch.nn.Identity()
    x = torch.randn(2, 3, 4)
    same(
        module(x),
        module.head.weight.new_tensor(0)
        + torch.nn.functional.linear(module.blocks[1](x), module.head.weight, module.head.bias),
    )


def test_checkpointing_changes_nothing_but_memory() -> None:
    model = catnn.loads(NET)["net"]
    plain, saving = model.torch(), model.torch(checkpoint="blocks.*")
    x = torch.randn(2, 3, 4)
    for module in (plain, saving):
        module(x).square().sum().backward()
    for ours, theirs in zip(saving.parameters(), plain.parameters(), strict=True):
        assert ours.grad is not None
        assert theirs.grad is not None
        same(ours.grad, theirs.grad)


# ---- names ----------------------------------------------------------------------------------

AWKWARD = ["type", "class", "train", "forward", "training", "parameters", "run", "check",
           "lambda", "eval", "x", "torch", "self", "children", "state_dict"]  # fmt: skip


def saved_as(name: str) -> str:
    """What a module has already gets an underscore, and what is a word of Python."""
    is_member = hasattr(Module(), name) or name in ("run", "check", "class", "lambda")
    return f"{name}_" if is_member else name


@pytest.mark.parametrize("name", AWKWARD)
def test_any_name_for_a_parameter(name: str) -> None:
    text = f"model m : [4] -> [4] = y => param {name} : [4] ~ normal; y * {name}"
    module = catnn.loads(text)["m"].torch()
    name = saved_as(name)
    assert [own for own, _ in module.named_parameters()] == [name]
    x = torch.randn(3, 4)
    same(module(x), x * module.state_dict()[name])
    module.train()
    module.eval()


@pytest.mark.parametrize("name", AWKWARD)
def test_any_name_for_a_factor(name: str) -> None:
    text = f"model m : [4] -> [4] = repeat[2] (linear[4] as {name} >> relu >> linear[4] as b) as blocks >> linear[4] as {name}"
    module = catnn.loads(text)["m"].torch()
    name = saved_as(name)
    assert {f"{name}.weight", f"blocks.1.{name}.weight"} <= module.state_dict().keys()
    assert module(torch.randn(3, 4)).shape == (3, 4)
    module.train().eval()
    assert copy.deepcopy(module).state_dict().keys() == module.state_dict().keys()


# ---- outside of catnn -----------------------------------------------------------------------

SCRIPT = """
import sys, torch, emitted
assert not any(name.partition(".")[0] in ("catnn", "catnn_torch") for name in sys.modules)
model = emitted.Net()
model.load_state_dict(torch.load("weights.pt", weights_only=True))
found = model(torch.load("x.pt", weights_only=True))
assert torch.equal(found, torch.load("y.pt", weights_only=True))
try:
    model(torch.ones(2, 3, 5))
except emitted.ShapeError as error:
    print(error)
"""


def test_an_emitted_file_runs_by_itself(tmp_path: Path) -> None:
    module = net()
    x = torch.randn(2, 3, 4)
    (tmp_path / "emitted.py").write_text(catnn.loads(NET)["net"].emit(), "utf-8")
    (tmp_path / "run.py").write_text(SCRIPT, "utf-8")
    for name, value in (("weights", module.state_dict()), ("x", x), ("y", module(x).detach())):
        torch.save(value, tmp_path / f"{name}.pt")
    ran = subprocess.run(
        [sys.executable, "-P", "run.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "net: axis 1 of `x` has size 5, due is 4 (its type is `[n, 4]`)"


def test_export_with_a_run_time_size() -> None:
    module = net()
    axes = {0: torch.export.Dim("b"), 1: torch.export.Dim("n")}
    exported = torch.export.export(module, (torch.randn(2, 3, 4),), dynamic_shapes=(axes,))
    x = torch.randn(5, 7, 4)
    same(exported.module()(x), module(x))


def test_strict_export() -> None:
    module = net()
    x = torch.randn(2, 3, 4)
    same(torch.export.export(module, (x,), strict=True).module()(x), module(x))


def test_emitted_source_goes_with_the_last_copy() -> None:
    def loaded() -> int:
        gc.collect()
        return sum(name.startswith("catnn_emitted") for name in sys.modules)

    before = loaded()
    module = net()
    assert "reset_parameters" in inspect.getsource(type(module))
    twin = copy.deepcopy(module)
    del module
    assert loaded() == before + 1
    del twin
    assert loaded() == before


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("model m : [n] -> [] = x => 0.5", torch.full((2,), 0.5)),
        ("model m : [n] -> [n] = x => [sqrt(4) for i < n]", torch.full((2, 3), 2.0)),
        ("model m : [n] -> bool[n] = x => [true for i < n]", torch.ones(2, 3, dtype=torch.bool)),
    ],
)
def test_a_number_as_a_result(text: str, due: Tensor) -> None:
    found = catnn.loads(text)["m"].torch()(torch.randn(2, 3))
    assert torch.equal(found, due)
    assert found.dtype == due.dtype


def test_distributed_data_parallel(tmp_path: Path) -> None:
    from torch import distributed

    distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path / 'meeting'}", rank=0, world_size=1
    )
    try:
        module = net()
        parallel = torch.nn.parallel.DistributedDataParallel(module)
        x = torch.randn(2, 3, 4)
        parallel(x).square().sum().backward()
        assert all(leaf.grad is not None for leaf in module.parameters())
        same(parallel(x), net()(x))
    finally:
        distributed.destroy_process_group()


def test_vmap_and_functional_calls() -> None:
    module = net()
    theta = {name: leaf.detach() for name, leaf in module.named_parameters()}
    stacked = {name: torch.stack([leaf, 2 * leaf]) for name, leaf in theta.items()}
    x = torch.randn(2, 3, 4)
    found = torch.func.vmap(lambda w: torch.func.functional_call(module, w, x))(stacked)
    double = {name: 2 * leaf for name, leaf in theta.items()}
    torch.testing.assert_close(found[0], module(x))
    torch.testing.assert_close(found[1], torch.func.functional_call(module, double, x))


def test_gradients_of_gradients() -> None:
    module = (
        catnn.loads("model m : [4] -> [4] = linear[4] >> tanh >> linear[4]")["m"].torch().double()
    )
    assert torch.autograd.gradgradcheck(module, (drawn(2, 4).requires_grad_(),))
