"""Counts of the examples against what torch counts when they run.

Attention runs as plain matrix products here: the counter of torch knows the
fused kernels of CUDA only.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

import catnn
from catnn.types.dims import Dim
from catnn.types.types import Tensor as TensorType
from tests.references.case import NAMES, small

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch

EXAMPLES = Path(__file__).parents[2] / "examples"
VOCAB = 50


def tokens() -> "torch.Tensor":
    return torch.randint(VOCAB, (2, 7))


SMALL: dict[str, tuple[dict[str, int | tuple[int, ...]], dict[str, int], Callable[[], tuple[object, ...]]]] = {
    "gpt2": ({"layers": 3, "d": 32, "h": 4, "vocab": VOCAB, "context": 16}, {"b": 2, "n": 7}, lambda: (tokens(),)),
    "llama": ({"layers": 2, "d": 32, "h": 4, "kv": 2, "w": 48, "vocab": VOCAB}, {"b": 2, "n": 7}, lambda: (tokens(),)),
    "bert": (
        {"layers": 2, "d": 32, "h": 4, "w": 48, "vocab": VOCAB, "context": 16},
        {"b": 2, "n": 7},
        lambda: (tokens(), torch.randint(2, (2, 7))),
    ),
    "mlp": ({}, {"b": 3}, lambda: (torch.randn(3, 28, 28),)),
    "digits": ({}, {"b": 3}, lambda: (torch.randn(3, 1, 8, 8),)),
    "mixer": (
        {"layers": 2, "d": 32, "t": 24, "w": 48, "patch": 8, "size": 32, "classes": 5},
        {"b": 3},
        lambda: (torch.randn(3, 3, 32, 32),),
    ),
    "vit": (
        {"layers": 2, "d": 32, "h": 4, "patch": 8, "size": 32, "classes": 5},
        {"b": 3},
        lambda: (torch.randn(3, 3, 32, 32),),
    ),
    "resnet50": (
        {"width": 8, "depths": (1, 2, 1, 1), "classes": 5},
        {"b": 2, "h": 64, "w": 64},
        lambda: (torch.randn(2, 3, 64, 64),),
    ),
}  # fmt: skip


@pytest.fixture(params=SMALL)
def case(
    request: pytest.FixtureRequest,
) -> tuple[str, catnn.Model, dict[str, int], tuple[object, ...]]:
    settings, sizes, inputs = SMALL[request.param]
    model = catnn.load(EXAMPLES / f"{request.param}.cat")[request.param].bind(**settings)
    return request.param, model, sizes, inputs()


def kept_bytes(module: "torch.nn.Module", inputs: tuple[object, ...]) -> int:
    """The memory that a forward pass holds for the backward pass, parameters and buffers aside."""
    state = [*module.parameters(), *module.buffers()]
    own = {tensor.untyped_storage().data_ptr() for tensor in state}
    held: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: "torch.Tensor") -> "torch.Tensor":
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            held[storage.data_ptr()] = storage  # held, so that no address comes twice
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = module(*inputs)
    assert result is not None
    return sum(storage.nbytes() for storage in held.values())


RECURRENT = ("han", "lstm_lm")
"""Their kernels are one operation, which the counter of torch does not know."""


@pytest.mark.parametrize("name", NAMES)
def test_operations_are_those_of_torch(name: str) -> None:
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    model, inputs = small(name)
    module = model.torch(optimise=name not in RECURRENT)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        module(*inputs)
    assert model.cost(**run_time_sizes(model, inputs)).flops == counter.get_total_flops()


def run_time_sizes(model: catnn.Model, inputs: "list[torch.Tensor]") -> dict[str, int]:
    """The sizes of a run, read off its inputs; without leading axes there is one item."""
    program = model.program
    found: dict[str, int] = {"batch": 1}
    for given, x in zip(program.inputs, inputs, strict=True):
        assert isinstance(given.var.type, TensorType)
        for dim, size in zip(given.var.type.shape[::-1], tuple(x.shape)[::-1], strict=False):
            assert isinstance(dim, Dim)
            for symbol in dim.symbols():
                name = "batch" if symbol is program.batch else symbol.name
                found[name] = next(
                    n
                    for n in range(size + 9)
                    if dim.substitute({symbol: Dim.of(n)}).as_int() == size
                )
    return found


def test_counts_are_those_of_torch(
    case: tuple[str, catnn.Model, dict[str, int], tuple[object, ...]],
) -> None:
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    name, model, sizes, inputs = case
    module, found = model.torch(), model.cost(**sizes)
    assert found.parameters == sum(p.numel() for p in module.parameters())
    assert found.buffers == sum(b.numel() for b in module.buffers())
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        module(*inputs)
    assert found.flops == counter.get_total_flops()
    kept = kept_bytes(module, inputs)
    if name == "llama":
        # On the CPU torch makes an RMS norm of smaller operations that keep more; on CUDA it is one.
        assert 0.7 * kept < found.activation_bytes < kept
    else:
        assert found.activation_bytes == kept


def test_formulas_hold_at_the_sizes_that_are_put_in(
    case: tuple[str, catnn.Model, dict[str, int], tuple[object, ...]],
) -> None:
    """The formula with every size put in is the count at these sizes."""
    import sympy

    _, model, _, _ = case
    defaults = {p.name: p.default for p in model.definition.parameters if p.default is not None}
    formula = model.parameters_formula
    values = {symbol: int(defaults[str(symbol)]) for symbol in formula.free_symbols}
    assert sympy.simplify(formula.subs(values)) == model.cost().parameters
