"""What the papers say of their parts: two ways to compute the same, and what a part is when it does nothing."""

import pytest
import torch
from torch import Tensor
from torch.nn import Module
from torch.nn import functional as F

import catnn
from tests.references.case import EXAMPLES, reals
from tests.references.harness import close, parameters, redraw

pytestmark = [pytest.mark.torch, pytest.mark.reference]


def part(example: str, term: str, type_: str, is_redrawn: bool = True) -> Module:
    """A model of a part of an example, with drawn leaves, outside of training."""
    text = (EXAMPLES / f"{example}.cat").read_text() + f"\nmodel part_of_it : {type_} = {term}\n"
    module = catnn.loads(text)["part_of_it"].torch(seed=1).double().eval()
    if is_redrawn:
        redraw(module, 5)
    return module


def leaf(module: Module, name: str) -> Tensor:
    return dict(module.named_parameters())[name].detach()


@pytest.fixture(autouse=True)
def _without_gradients() -> object:
    with torch.no_grad():
        yield


# ---- Network in Network (Lin et al. 2014) --------------------------------------------------


def test_a_convolution_of_one_pixel_is_a_linear_map_of_each() -> None:
    """Section 3.1: a perceptron slid over the image, position by position."""
    module = part("nin", "mlpconv[3, 5, 6, 4]", "[2, h, w] -> [4, h, w]")
    x = reals(3, 2, 5, 7)
    windows = F.unfold(x, 3, padding=1).mT
    for name in ("one", "two", "three"):
        weight = leaf(module, f"mlpconv.{name}.weight").flatten(1)
        windows = F.linear(windows, weight, leaf(module, f"mlpconv.{name}.bias")).relu()
    close("mlpconv", module(x), windows.mT.unflatten(-1, (5, 7)))


def test_the_mean_of_linear_maps_is_the_linear_map_of_the_mean() -> None:
    """Section 3.2: without an activation between them, pooling and the last layer change places."""
    module = part("nin", "conv[4, 1] >> mean{c [h w]}", "[6, h, w] -> [4]")
    x = reals(3, 6, 5, 7)
    weight, bias = leaf(module, "conv.weight").flatten(1), leaf(module, "conv.bias")
    close("pooled", module(x), F.linear(x.mean((-2, -1)), weight, bias))


# ---- GCNet (Cao et al. 2019) ---------------------------------------------------------------


def test_one_map_of_a_weighted_mean_is_the_weighted_mean_of_maps() -> None:
    """Equation 3: the linear map is pulled out of the attention pooling."""
    term = """image =>
  let weights = image >> conv[1, 1] as attend >> {1 h w -> (h w)} >> softmax;
  share value = linear[5];
  value({c h w, (h w) -> c}(image, weights)) - {o h w, (h w) -> o}(value{[c] h w}(image), weights)
"""
    found = part("gcnet", term, "[6, h, w] -> [5]")(reals(3, 6, 4, 7))
    close("difference", found, torch.zeros(3, 5, dtype=torch.float64))


def test_a_global_context_is_that_of_timm() -> None:
    from tests.references.vision import timm

    timm()
    from timm.layers import GlobalContext

    theirs = GlobalContext(12, fuse_add=True, fuse_scale=False, rd_channels=3).double()
    redraw(theirs, 2)
    ours = part("gcnet", "global_context[3]", "[12, h, w] -> [12, h, w]")
    names = {
        "conv_attn": "attend",
        "mlp_add.fc1": "reduce",
        "mlp_add.norm": "norm",
        "mlp_add.fc2": "expand",
    }
    state = {}
    for name, value in theirs.named_parameters():
        stem, _, last = name.rpartition(".")
        change = value.flatten(1) if value.dim() == 4 and stem != "conv_attn" else value
        state[f"global_context.{names[stem]}.{last}"] = change.detach()
    ours.load_state_dict(state)
    x = reals(2, 12, 5, 7)
    close("context", ours(x), theirs(x))


def test_a_context_begins_as_nothing() -> None:
    """The last map begins at zero: a network that takes the block in computes what it did."""
    module = part("gcnet", "global_context[3]", "[12, h, w] -> [12, h, w]", is_redrawn=False)
    assert not leaf(module, "global_context.expand.weight").any()
    dict(module.named_parameters())["global_context.expand.bias"].zero_()
    x = reals(2, 12, 5, 7)
    close("context", module(x), x)


# ---- GhostNet (Han et al. 2020) ------------------------------------------------------------


def test_a_linear_ghost_is_one_convolution() -> None:
    """Section 3.1: the second half is the first, each channel behind a kernel of its own."""
    module = part("ghostnet", "ghost[8]", "[6, h, w] -> [8, h, w]")
    for name, value in module.state_dict().items():
        if "norm" in name:
            value.fill_(1.0 if name.endswith(("weight", "running_var")) else 0.0)
    first = leaf(module, "ghost.primary.conv.weight")
    cheap = leaf(module, "ghost.cheap.conv.weight")
    kernel = torch.cat([F.pad(first, (1, 1, 1, 1)), cheap * first])
    scale = (1 + 1e-5) ** -0.5  # what is left of the norms
    factors = torch.tensor([scale] * 4 + [scale**2] * 4, dtype=torch.float64)
    x = reals(2, 6, 5, 7)
    expected = F.conv2d(x, kernel, padding=1) * factors[:, None, None]
    close("ghost", module(x), expected)


def test_a_ghost_has_the_parameters_of_the_paper() -> None:
    """Equation 4: n / s * c * k * k and (s - 1) * n / s * d * d, here with s = 2; norms have two each."""
    module = part("ghostnet", "ghost[8]", "[6, h, w] -> [8, h, w]")
    assert parameters(module) == 8 // 2 * 6 + 8 // 2 * 3 * 3 + 2 * 8


# ---- convolutions in groups ----------------------------------------------------------------


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_a_convolution_in_groups_is_one_of_blocks(groups: int) -> None:
    """Xie et al. 2017, section 3.2: as many small convolutions side by side."""
    module = part(
        "resnext50", f"conv_norm[8, 3, groups = {groups}] as layer", "[4, h, w] -> [8, h, w]"
    )
    weight = leaf(module, "layer.conv.weight")
    full = torch.zeros(8, 4, 3, 3, dtype=torch.float64)
    for row in range(8):
        start = row // (8 // groups) * (4 // groups)
        full[row, start : start + 4 // groups] = weight[row]
    x = reals(2, 4, 5, 7)
    norm = [
        module.state_dict()[f"layer.norm.{name}"]
        for name in ("running_mean", "running_var", "weight", "bias")
    ]
    expected = F.batch_norm(F.conv2d(x, full, padding=1), *norm)
    close("groups", module(x), expected)


# ---- gates, shifts, kernels that are merged ------------------------------------------------


def test_a_gate_that_is_closed_or_open() -> None:
    """Hu et al. 2018: the gates are in [0, 1], and hold for whole channels."""
    module = part("senet", "squeeze_excite[2]", "[6, h, w] -> [6, h, w]")
    x = reals(2, 6, 5, 7)
    ratio = (module(x) / x).flatten(2)
    assert ((ratio > 0) & (ratio < 1)).all()
    close("gate", ratio, ratio[..., :1].expand_as(ratio).clone())
    for bias, factor in ((-800.0, 0.0), (800.0, 1.0)):
        dict(module.named_parameters())["squeeze_excite.expand.bias"].fill_(bias)
        close("gate", module(x), factor * x)


def test_windows_do_not_see_across_the_border_of_a_rolled_image() -> None:
    """Liu et al. 2021, figure 4: what changes at the top left changes nothing at the bottom right."""
    term = "window_attention[2, 4, 2]"
    module = part("swin", term, "[8, 12, 6] -> [8, 12, 6]")
    x = reals(1, 8, 12, 6)
    other = x.clone()
    other[:, 0, 0] += 1
    moved = (module(other) - module(x)).abs().sum(-1)[0] > 0
    seen = torch.zeros(8, 12, dtype=torch.bool)
    seen[:2, :2] = True
    assert torch.equal(moved, seen)


def test_kernels_of_a_block_are_merged_into_one() -> None:
    """Ding et al. 2021, section 3.3: outside of training the three branches are one convolution."""
    module = part("repvgg", "block[4, 1]", "[4, h, w] -> [4, h, w]")
    state = module.state_dict()
    kernel = torch.zeros(4, 4, 3, 3, dtype=torch.float64)
    bias = torch.zeros(4, dtype=torch.float64)
    for branch in ("both.wide.norm", "both.point.norm", "same"):
        own = {
            k: state[f"block.{branch}.{k}"]
            for k in ("weight", "bias", "running_mean", "running_var")
        }
        scale = own["weight"] / (own["running_var"] + 1e-5).sqrt()
        if branch == "same":
            one = F.pad(torch.eye(4, dtype=torch.float64)[..., None, None], (1, 1, 1, 1))
        else:
            one = state[f"block.{branch.replace('norm', 'conv')}.weight"]
            one = F.pad(one, (1, 1, 1, 1)) if "point" in branch else one
        kernel = kernel + one * scale[:, None, None, None]
        bias = bias + own["bias"] - own["running_mean"] * scale
    x = reals(2, 4, 5, 7)
    close("merged", module(x), F.conv2d(x, kernel, bias, padding=1).relu())
