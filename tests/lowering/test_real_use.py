"""What people do with modules: several processes, sharding, export, pickles, meta devices, hooks, new sizes."""

import copy
import io
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch._dynamo.utils import counters
from torch.nn import Module

import catnn
from catnn.api import Model
from tests.heart.running import leaves
from tests.lowering.test_loops import same
from tests.references.case import small

pytestmark = pytest.mark.torch

NET = (
    "model net : [n, 4] -> [n, 2] =\n"
    "  repeat[2] (id + (layernorm >> linear[4] as up >> gelu >> linear[4] as down)) as blocks >> linear[2] as head"
)


NAMES = ("bert", "digits", "gpt2", "llama", "mixer", "mlp", "resnet50", "vit")
"""Examples of each kind."""


def example(name: str) -> Model:
    return small(name)[0]


def net(**options: object) -> Module:
    return catnn.loads(NET)["net"].torch(**options)  # type: ignore[arg-type]


def given(name: str, batch: int = 2, length: int | None = None) -> list[Tensor]:
    """Inputs of an example; `length` is that of what has a run-time size."""
    found = []
    for x in small(name)[1]:
        own = x.shape[1:] if length is None else (*x.shape[1:-1], length)
        is_real = x.is_floating_point()
        found.append(torch.randn(batch, *own) if is_real else torch.randint(2, (batch, *own)))
    return found


# ---- several processes ------------------------------------------------------------------------

WORKER = """
import os, sys, torch, torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
sys.path.insert(0, os.getcwd())
import catnn

rank, way = int(sys.argv[1]), sys.argv[2]
dist.init_process_group("gloo", init_method=f"file://{os.getcwd()}/meeting", rank=rank, world_size=2)
model = catnn.loads(open("net.cat").read())["net"]
x = torch.load("x.pt", weights_only=True)
mine = x[rank::2]
module = model.torch(seed=3)
if way == "ddp":
    parallel = DistributedDataParallel(module)
else:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard
    mesh = init_device_mesh("cpu", (2,))
    for block in module.blocks:
        fully_shard(block, mesh=mesh)
    parallel = fully_shard(module, mesh=mesh)
optimiser = torch.optim.SGD(parallel.parameters(), lr=0.1)
for _ in range(2):
    optimiser.zero_grad()
    parallel(mine).square().mean().backward()
    optimiser.step()
state = module.state_dict()
state = {name: leaf.full_tensor() if hasattr(leaf, "full_tensor") else leaf for name, leaf in state.items()}
if rank == 0:
    torch.save(state, "trained.pt")
dist.destroy_process_group()
"""


@pytest.mark.parametrize("way", ["ddp", "fsdp"])
def test_two_processes_train_as_one(way: str, tmp_path: Path) -> None:
    """Each on half of the batch; the parameters are those of one process on all of it."""
    x = torch.randn(4, 3, 4, generator=torch.Generator().manual_seed(1))
    torch.save(x, tmp_path / "x.pt")
    (tmp_path / "net.cat").write_text(NET)
    (tmp_path / "work.py").write_text(WORKER)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    workers = [
        subprocess.Popen(
            [sys.executable, "work.py", str(rank), way],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    for worker in workers:
        said, _ = worker.communicate(timeout=120)
        assert worker.returncode == 0, said
    module = net(seed=3)
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1)
    for _ in range(2):
        optimiser.zero_grad()
        module(x).square().mean().backward()
        optimiser.step()
    found = torch.load(tmp_path / "trained.pt", weights_only=True)
    assert found.keys() == module.state_dict().keys()
    for name, leaf in module.state_dict().items():
        torch.testing.assert_close(found[name], leaf, rtol=1e-5, atol=1e-6)


# ---- export -----------------------------------------------------------------------------------


def exported(module: Module, x: Tensor) -> torch.export.ExportedProgram:
    axes = {0: torch.export.Dim("b", max=64), 1: torch.export.Dim("n", max=16)}
    return torch.export.export(module, (x,), dynamic_shapes=(axes,))


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_export_of_a_language_model(name: str) -> None:
    """Batch and length stay open, a file holds it, and a wrong index is noticed."""
    module = example(name).torch().double().eval()
    file = io.BytesIO()
    torch.export.save(exported(module, *given(name)), file)
    file.seek(0)
    loaded = torch.export.load(file)
    assert loaded.state_dict.keys() == module.state_dict().keys()
    run = loaded.module()
    for batch, length in ((2, 7), (5, 3), (3, 16)):
        (x,) = given(name, batch, length)
        same(run(x), module(x))
    with pytest.raises(RuntimeError, match=f"{name}: `.*` holds an index that is not below 97"):
        run(torch.full((2, 7), 97))
    with pytest.raises(RuntimeError, match="holds an index"):
        run(torch.full((2, 7), -1))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("gpt2", "llama")])
def test_export_of_the_other_examples(name: str) -> None:
    module = example(name).torch().eval()
    x = tuple(given(name))
    axes = tuple({0: torch.export.Dim.AUTO} for _ in x)
    run = torch.export.export(module, x, dynamic_shapes=axes).module()
    more = tuple(given(name, 3))
    for one, other in zip(leaves(run(*more)), leaves(module(*more)), strict=True):
        same(one, other)


# ---- copies, pickles, files -------------------------------------------------------------------

OPEN = """
import pickle, sys, torch
module = pickle.load(open("module.pickle", "rb"))
x, y = torch.load("x.pt", weights_only=True)
assert torch.equal(module(x), y)
assert not module.training and not module.head.weight.requires_grad
assert module.blocks[0].up.weight.requires_grad
"""


@pytest.mark.parametrize("options", [{}, {"checkpoint": "blocks.*"}])
def test_a_pickle_opens_in_another_process(options: dict[str, object], tmp_path: Path) -> None:
    module = net(seed=5, **options).eval()
    module.head.requires_grad_(False)
    x = torch.randn(2, 3, 4)
    (tmp_path / "module.pickle").write_bytes(pickle.dumps(module))
    torch.save((x, module(x).detach()), tmp_path / "x.pt")
    ran = subprocess.run(
        [sys.executable, "-c", OPEN], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr


def test_a_pickle_is_a_module_of_its_own() -> None:
    module = net(dtype=torch.bfloat16)
    twin = pickle.loads(pickle.dumps(module))
    assert twin.head.weight.dtype == torch.bfloat16
    assert list(twin.state_dict()) == list(module.state_dict())
    with torch.no_grad():
        twin.head.weight.zero_()
    assert module.head.weight.any()
    again = pickle.loads(pickle.dumps(twin))
    assert not again.head.weight.any()


def test_a_copy_of_a_checkpointed_module_has_its_own_blocks() -> None:
    module = net(checkpoint="blocks.*")
    twin = copy.deepcopy(module)
    with torch.no_grad():
        for leaf in twin.blocks.parameters():
            leaf.zero_()
    x = torch.randn(2, 3, 4)
    assert not torch.equal(twin(x), module(x))
    module(x).sum().backward()
    assert all(leaf.grad is None for leaf in twin.parameters())


def test_safetensors_round_trip(tmp_path: Path) -> None:
    """Tied weights are there once, and a module loads strictly what another has saved."""
    files = pytest.importorskip("safetensors.torch")
    model = example("gpt2")
    module = model.torch(seed=1)
    files.save_file(module.state_dict(), tmp_path / "w.safetensors")
    weights = files.load_file(tmp_path / "w.safetensors")
    assert weights.keys() == module.state_dict().keys()
    (x,) = given("gpt2")
    same(model.torch(seed=2, weights=weights)(x), module(x))
    other = model.torch(seed=3)
    files.load_model(other, tmp_path / "w.safetensors", strict=True)
    same(other(x), module(x))


@pytest.mark.parametrize("name", NAMES)
def test_from_the_meta_device(name: str) -> None:
    """Nothing is allocated until `to_empty`; a seed then draws what it draws in a fresh module."""
    model = example(name)
    module = model.torch(seed=0).to("meta")
    assert all(leaf.is_meta for leaf in (*module.parameters(), *module.buffers()))
    module.to_empty(device="cpu").reset_parameters(seed=7)
    for key, leaf in model.torch(seed=7).state_dict().items():
        assert torch.equal(module.state_dict()[key], leaf), key


def test_made_on_the_meta_device() -> None:
    with torch.device("meta"):
        module = net()
    assert all(leaf.is_meta for leaf in module.parameters())


def test_functional_calls_leave_the_module_alone() -> None:
    module = net()
    zero = {name: torch.zeros_like(leaf) for name, leaf in module.named_parameters()}
    x = torch.randn(2, 3, 4)
    assert not torch.func.functional_call(module, zero, x).any()
    assert module(x).any()
    gradients = torch.func.grad(
        lambda theta: torch.func.functional_call(module, theta, x).square().sum()
    )(dict(module.named_parameters()))
    module(x).square().sum().backward()
    for name, leaf in module.named_parameters():
        torch.testing.assert_close(gradients[name], leaf.grad)


# ---- hooks ------------------------------------------------------------------------------------


def test_hooks_see_and_change_what_passes() -> None:
    module, seen = net(), []
    block = module.get_submodule("blocks.1")
    x = torch.randn(2, 3, 4)
    plain = module(x)
    handles = [
        block.register_forward_pre_hook(lambda part, inputs: seen.append("before")),
        block.register_forward_hook(lambda part, inputs, found: 0 * found),
        block.register_full_backward_hook(lambda part, into, out: seen.append(into[0].shape)),
        module.head.weight.register_hook(lambda gradient: 2 * gradient),
    ]
    changed = module(x)
    assert torch.equal(changed, module.head.bias.expand(2, 3, 2))
    changed.sum().backward()
    assert seen == ["before", (2, 3, 4)]
    for handle in handles:
        handle.remove()
    same(module(x), plain)


def test_parameters_tell_when_their_gradient_is_there() -> None:
    module, seen = net(), []
    for name, leaf in module.named_parameters():
        leaf.register_post_accumulate_grad_hook(lambda leaf, name=name: seen.append(name))
    module(torch.randn(2, 3, 4)).sum().backward()
    assert sorted(seen) == sorted(name for name, _ in module.named_parameters())


# ---- new sizes --------------------------------------------------------------------------------


@pytest.fixture
def _fresh() -> Iterator[None]:
    torch._dynamo.reset()
    counters.clear()
    yield
    torch._dynamo.reset()


def sizes(name: str) -> list[tuple[int, int | None]]:
    """Batch sizes, and lengths where there are run-time ones."""
    lengths = {"bert": (7, 5, 9), "gpt2": (7, 5, 9), "llama": (7, 5, 9), "resnet50": (33, 41, 47)}
    return list(zip((2, 3, 5), lengths.get(name, (None,) * 3), strict=True))


@pytest.mark.compile
@pytest.mark.usefixtures("_fresh")
@pytest.mark.parametrize("name", NAMES)
def test_new_sizes_compile_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`compile()` captures each block (or the whole) once, for every batch size and length."""
    from functools import partial

    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    model = example(name)
    plain, fast = model.torch().eval(), model.compile().eval()
    first = 0
    for batch, length in sizes(name):
        x = given(name, batch, length)
        with torch.no_grad():
            for one, other in zip(leaves(fast(*x)), leaves(plain(*x)), strict=True):
                torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
        first = first or counters["stats"]["unique_graphs"]
        assert counters["stats"]["unique_graphs"] == first > 0
    with torch.no_grad():
        fast(*given(name, 1, sizes(name)[0][1]))
    assert counters["stats"]["unique_graphs"] <= 2 * first


@pytest.mark.compile
@pytest.mark.usefixtures("_fresh")
@pytest.mark.parametrize("name", NAMES)
def test_the_whole_compiles_for_all_sizes(name: str) -> None:
    """`torch.compile(module, fullgraph=True)` as anyone calls it: one graph, and one more when sizes vary."""
    module = example(name).torch().eval()
    fast = torch.compile(module, fullgraph=True, backend="aot_eager")
    for batch, length in sizes(name):
        x = given(name, batch, length)
        with torch.no_grad():
            for one, other in zip(leaves(fast(*x)), leaves(module(*x)), strict=True):
                torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
        assert counters["stats"]["unique_graphs"] <= 2


NO_COMPILER = """
import catnn
model = catnn.loads("model m : [n, 4] -> [n, 2] = linear[2]")["m"]
try:
    model.compile()
except catnn.CatError as error:
    (diagnostic,) = error.diagnostics
    print(diagnostic.code, "|", diagnostic.message, "|", *diagnostic.help)
"""


@pytest.mark.parametrize("given", ["PATH", "CXX"])
def test_a_missing_compiler_is_named(tmp_path: Path, given: str) -> None:
    """None on the path, or not the one that `CXX` names."""
    environment = {k: v for k, v in os.environ.items() if k not in ("CXX", "CC")}
    ran = subprocess.run(
        [sys.executable, "-c", NO_COMPILER], env=environment | {given: str(tmp_path)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == (
        "E0801 | torch.compile needs a C++ compiler, and none is on the path | "
        "install one (`apt install g++`), or use `model.torch()` uncompiled\n"
    )
