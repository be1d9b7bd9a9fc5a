"""resnet50 : [3, h, w] -> [5]

Made by catnn; it needs PyTorch only.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn


class ShapeError(ValueError):
    """An input of the wrong rank, size or kind."""


class IndexRangeError(IndexError):
    """An index outside its set."""


class Part(nn.Module):
    """Parameters under one name."""


def misfit(model, name, x, type_, rank):
    """What is wrong with an input that is no tensor, or of another rank than its type."""
    if not isinstance(x, torch.Tensor):
        found = f"is a {type(x).__name__}, no tensor"
    else:
        found = f"has shape {list(x.shape)}"
    return ShapeError(f"{model}: `{name}` {found}; its type is `{type_}`, axes due: {rank}")


def over_leads(model, name, inputs, ranks, types):
    """`model` at inputs with any number of leading axes: all of them as one, and back."""
    leads = []

    def find(x, rank, label, type_):
        if isinstance(rank, tuple):
            for part, inner in zip(x, rank, strict=True):
                find(part, inner, label, type_)
        elif rank is not None:
            if not isinstance(x, torch.Tensor) or x.dim() < rank:
                raise misfit(name, label, x, type_, f"at least {rank}")
            leads.append(x.shape[: x.dim() - rank])

    def merge(x, rank):
        if isinstance(rank, tuple):
            return tuple(merge(part, inner) for part, inner in zip(x, rank, strict=True))
        if rank is None:
            return x
        own, rest = x.shape[: x.dim() - rank], x.shape[x.dim() - rank :]
        x = x.reshape((*own, *(1,) * (len(lead) - len(own)), *rest)).expand((*lead, *rest))
        return x.reshape((math.prod(lead), *rest))

    def split(y):
        if isinstance(y, tuple):
            return tuple(split(part) for part in y)
        return y.reshape((*lead, *y.shape[1:]))

    for x, rank, (label, type_) in zip(inputs, ranks, types.items(), strict=True):
        find(x, rank, label, type_)
    lead = max(leads, key=len, default=())
    for own in leads:
        if lead[: len(own)] != own:
            raise ShapeError(
                f"{name}: the inputs have different leading axes: {list(own)} and {list(lead)}"
            )
    return split(model(*merge(inputs, ranks)))


def rest(
    x,
    narrow_conv_weight,
    narrow_norm_weight,
    narrow_norm_bias,
    narrow_norm_running_mean,
    narrow_norm_running_var,
    middle_conv_weight,
    middle_norm_weight,
    middle_norm_bias,
    middle_norm_running_mean,
    middle_norm_running_var,
    widen_conv_weight,
    widen_norm_weight,
    widen_norm_bias,
    widen_norm_running_mean,
    widen_norm_running_var,
    in_training,
):
    """One turn of `rest` on [batch, 32, (h + 3) // 4, (w + 3) // 4]."""
    conv = F.conv2d(x, narrow_conv_weight)  # [batch, 8, (h + 3) // 4, (w + 3) // 4]
    # [batch, 8, (h + 3) // 4, (w + 3) // 4]
    norm = F.batch_norm(
        conv,
        narrow_norm_running_mean,
        narrow_norm_running_var,
        narrow_norm_weight,
        narrow_norm_bias,
        in_training,
        0.1,
        1e-05,
    )
    norm = F.relu(norm, inplace=True)  # [batch, 8, (h + 3) // 4, (w + 3) // 4]
    conv = F.conv2d(norm, middle_conv_weight, padding=1)  # [batch, 8, (h + 3) // 4, (w + 3) // 4]
    # [batch, 8, (h + 3) // 4, (w + 3) // 4]
    norm = F.batch_norm(
        conv,
        middle_norm_running_mean,
        middle_norm_running_var,
        middle_norm_weight,
        middle_norm_bias,
        in_training,
        0.1,
        1e-05,
    )
    norm = F.relu(norm, inplace=True)  # [batch, 8, (h + 3) // 4, (w + 3) // 4]
    conv = F.conv2d(norm, widen_conv_weight)  # [batch, 32, (h + 3) // 4, (w + 3) // 4]
    # [batch, 32, (h + 3) // 4, (w + 3) // 4]
    norm = F.batch_norm(
        conv,
        widen_norm_running_mean,
        widen_norm_running_var,
        widen_norm_weight,
        widen_norm_bias,
        in_training,
        0.1,
        1e-05,
    )
    x = x + norm  # [batch, 32, (h + 3) // 4, (w + 3) // 4]
    x = F.relu(x, inplace=True)  # [batch, 32, (h + 3) // 4, (w + 3) // 4]
    return x


class Rest(nn.Module):
    """One block of `stages.0.rest`."""

    def __init__(self):
        super().__init__()
        self.narrow = Part()
        self.narrow.conv = Part()
        self.narrow.conv.weight = nn.Parameter(torch.empty(8, 32, 1, 1))
        self.narrow.norm = Part()
        self.narrow.norm.weight = nn.Parameter(torch.empty(8))
        self.narrow.norm.bias = nn.Parameter(torch.empty(8))
        self.narrow.norm.register_buffer("running_mean", torch.empty(8))
        self.narrow.norm.register_buffer("running_var", torch.empty(8))
        self.middle = Part()
        self.middle.conv = Part()
        self.middle.conv.weight = nn.Parameter(torch.empty(8, 8, 3, 3))
        self.middle.norm = Part()
        self.middle.norm.weight = nn.Parameter(torch.empty(8))
        self.middle.norm.bias = nn.Parameter(torch.empty(8))
        self.middle.norm.register_buffer("running_mean", torch.empty(8))
        self.middle.norm.register_buffer("running_var", torch.empty(8))
        self.widen = Part()
        self.widen.conv = Part()
        self.widen.conv.weight = nn.Parameter(torch.empty(32, 8, 1, 1))
        self.widen.norm = Part()
        self.widen.norm.weight = nn.Parameter(torch.empty(32))
        self.widen.norm.bias = nn.Parameter(torch.empty(32))
        self.widen.norm.register_buffer("running_mean", torch.empty(32))
        self.widen.norm.register_buffer("running_var", torch.empty(32))

    @torch.no_grad()
    def reset_parameters(self):
        """Draw every parameter anew."""
        nn.init.kaiming_normal_(self.narrow.conv.weight, mode="fan_out")
        nn.init.ones_(self.narrow.norm.weight)
        nn.init.zeros_(self.narrow.norm.bias)
        nn.init.zeros_(self.narrow.norm.running_mean)
        nn.init.ones_(self.narrow.norm.running_var)
        nn.init.kaiming_normal_(self.middle.conv.weight, mode="fan_out")
        nn.init.ones_(self.middle.norm.weight)
        nn.init.zeros_(self.middle.norm.bias)
        nn.init.zeros_(self.middle.norm.running_mean)
        nn.init.ones_(self.middle.norm.running_var)
        nn.init.kaiming_normal_(self.widen.conv.weight, mode="fan_out")
        nn.init.ones_(self.widen.norm.weight)
        nn.init.zeros_(self.widen.norm.bias)
        nn.init.zeros_(self.widen.norm.running_mean)
        nn.init.ones_(self.widen.norm.running_var)

    def forward(self, x):
        return rest(
            x,
            self.narrow.conv.weight,
            self.narrow.norm.weight,
            self.narrow.norm.bias,
            self.narrow.norm.running_mean,
            self.narrow.norm.running_var,
            self.middle.conv.weight,
            self.middle.norm.weight,
            self.middle.norm.bias,
            self.middle.norm.running_mean,
            self.middle.norm.running_var,
            self.widen.conv.weight,
            self.widen.norm.weight,
            self.widen.norm.bias,
            self.widen.norm.running_mean,
            self.widen.norm.running_var,
            self.training,
        )


def rest_2(
    x,
    narrow_conv_weight,
    narrow_norm_weight,
    narrow_norm_bias,
    narrow_norm_running_mean,
    narrow_norm_running_var,
    middle_conv_weight,
    middle_norm_weight,
    middle_norm_bias,
    middle_norm_running_mean,
    middle_norm_running_var,
    widen_conv_weight,
    widen_norm_weight,
    widen_norm_bias,
    widen_norm_running_mean,
    widen_norm_running_var,
    in_training,
):
    """One turn of `rest_2` on [batch, 64, (h + 7) // 8, (w + 7) // 8]."""
    conv = F.conv2d(x, narrow_conv_weight)  # [batch, 16, (h + 7) // 8, (w + 7) // 8]
    # [batch, 16, (h + 7) // 8, (w + 7) // 8]
    norm = F.batch_norm(
        conv,
        narrow_norm_running_mean,
        narrow_norm_running_var,
        narrow_norm_weight,
        narrow_norm_bias,
        in_training,
        0.1,
        1e-05,
    )
    norm = F.relu(norm, inplace=True)  # [batch, 16, (h + 7) // 8, (w + 7) // 8]
    conv = F.conv2d(norm, middle_conv_weight, padding=1)  # [batch, 16, (h + 7) // 8, (w + 7) // 8]
    # [batch, 16, (h + 7) // 8, (w + 7) // 8]
    norm = F.batch_norm(
        conv,
        middle_norm_running_mean,
        middle_norm_running_var,
        middle_norm_weight,
        middle_norm_bias,
        in_training,
        0.1,
        1e-05,
    )
    norm = F.relu(norm, inplace=True)  # [batch, 16, (h + 7) // 8, (w + 7) // 8]
    conv = F.conv2d(norm, widen_conv_weight)  # [batch, 64, (h + 7) // 8, (w + 7) // 8]
    # [batch, 64, (h + 7) // 8, (w + 7) // 8]
    norm = F.batch_norm(
        conv,
        widen_norm_running_mean,
        widen_norm_running_var,
        widen_norm_weight,
        widen_norm_bias,
        in_training,
        0.1,
        1e-05,
    )
    x = x + norm  # [batch, 64, (h + 7) // 8, (w + 7) // 8]
    x = F.relu(x, inplace=True)  # [batch, 64, (h + 7) // 8, (w + 7) // 8]
    return x


class Rest_2(nn.Module):
    """One block of `stages.1.rest`."""

    def __init__(self):
        super().__init__()
        self.narrow = Part()
        self.narrow.conv = Part()
        self.narrow.conv.weight = nn.Parameter(torch.empty(16, 64, 1, 1))
        self.narrow.norm = Part()
        self.narrow.norm.weight = nn.Parameter(torch.empty(16))
        self.narrow.norm.bias = nn.Parameter(torch.empty(16))
        self.narrow.norm.register_buffer("running_mean", torch.empty(16))
        self.narrow.norm.register_buffer("running_var", torch.empty(16))
        self.middle = Part()
        self.middle.conv = Part()
        self.middle.conv.weight = nn.Parameter(torch.empty(16, 16, 3, 3))
        self.middle.norm = Part()
        self.middle.norm.weight = nn.Parameter(torch.empty(16))
        self.middle.norm.bias = nn.Parameter(torch.empty(16))
        self.middle.norm.register_buffer("running_mean", torch.empty(16))
        self.middle.norm.register_buffer("running_var", torch.empty(16))
        self.widen = Part()
        self.widen.conv = Part()
        self.widen.conv.weight = nn.Parameter(torch.empty(64, 16, 1, 1))
        self.widen.norm = Part()
        self.widen.norm.weight = nn.Parameter(torch.empty(64))
        self.widen.norm.bias = nn.Parameter(torch.empty(64))
        self.widen.norm.register_buffer("running_mean", torch.empty(64))
        self.widen.norm.register_buffer("running_var", torch.empty(64))

    @torch.no_grad()
    def reset_parameters(self):
        """Draw every parameter anew."""
        nn.init.kaiming_normal_(self.narrow.conv.weight, mode="fan_out")
        nn.init.ones_(self.narrow.norm.weight)
        nn.init.zeros_(self.narrow.norm.bias)
        nn.init.zeros_(self.narrow.norm.running_mean)
        nn.init.ones_(self.narrow.norm.running_var)
        nn.init.kaiming_normal_(self.middle.conv.weight, mode="fan_out")
        nn.init.ones_(self.middle.norm.weight)
        nn.init.zeros_(self.middle.norm.bias)
        nn.init.zeros_(self.middle.norm.running_mean)
        nn.init.ones_(self.middle.norm.running_var)
        nn.init.kaiming_normal_(self.widen.conv.weight, mode="fan_out")
        nn.init.ones_(self.widen.norm.weight)
        nn.init.zeros_(self.widen.norm.bias)
        nn.init.zeros_(self.widen.norm.running_mean)
        nn.init.ones_(self.widen.norm.running_var)

    def forward(self, x):
        return rest_2(
            x,
            self.narrow.conv.weight,
            self.narrow.norm.weight,
            self.narrow.norm.bias,
            self.narrow.norm.running_mean,
            self.narrow.norm.running_var,
            self.middle.conv.weight,
            self.middle.norm.weight,
            self.middle.norm.bias,
            self.middle.norm.running_mean,
            self.middle.norm.running_var,
            self.widen.conv.weight,
            self.widen.norm.weight,
            self.widen.norm.bias,
            self.widen.norm.running_mean,
            self.widen.norm.running_var,
            self.training,
        )


class Resnet50(nn.Module):
    """`[3, h, w] -> [5]`, over any leading axes."""

    def __init__(self):
        super().__init__()
        self.stem = Part()
        self.stem.conv = Part()
        self.stem.conv.weight = nn.Parameter(torch.empty(8, 3, 7, 7))
        self.stem.norm = Part()
        self.stem.norm.weight = nn.Parameter(torch.empty(8))
        self.stem.norm.bias = nn.Parameter(torch.empty(8))
        self.stem.norm.register_buffer("running_mean", torch.empty(8))
        self.stem.norm.register_buffer("running_var", torch.empty(8))
        self.stages = nn.ModuleList(Part() for _ in range(4))
        self.stages[0].first = Part()
        self.stages[0].first.skip = Part()
        self.stages[0].first.skip.conv = Part()
        self.stages[0].first.skip.conv.weight = nn.Parameter(torch.empty(32, 8, 1, 1))
        self.stages[0].first.skip.norm = Part()
        self.stages[0].first.skip.norm.weight = nn.Parameter(torch.empty(32))
        self.stages[0].first.skip.norm.bias = nn.Parameter(torch.empty(32))
        self.stages[0].first.skip.norm.register_buffer("running_mean", torch.empty(32))
        self.stages[0].first.skip.norm.register_buffer("running_var", torch.empty(32))
        self.stages[0].first.narrow = Part()
        self.stages[0].first.narrow.conv = Part()
        self.stages[0].first.narrow.conv.weight = nn.Parameter(torch.empty(8, 8, 1, 1))
        self.stages[0].first.narrow.norm = Part()
        self.stages[0].first.narrow.norm.weight = nn.Parameter(torch.empty(8))
        self.stages[0].first.narrow.norm.bias = nn.Parameter(torch.empty(8))
        self.stages[0].first.narrow.norm.register_buffer("running_mean", torch.empty(8))
        self.stages[0].first.narrow.norm.register_buffer("running_var", torch.empty(8))
        self.stages[0].first.middle = Part()
        self.stages[0].first.middle.conv = Part()
        self.stages[0].first.middle.conv.weight = nn.Parameter(torch.empty(8, 8, 3, 3))
        self.stages[0].first.middle.norm = Part()
        self.stages[0].first.middle.norm.weight = nn.Parameter(torch.empty(8))
        self.stages[0].first.middle.norm.bias = nn.Parameter(torch.empty(8))
        self.stages[0].first.middle.norm.register_buffer("running_mean", torch.empty(8))
        self.stages[0].first.middle.norm.register_buffer("running_var", torch.empty(8))
        self.stages[0].first.widen = Part()
        self.stages[0].first.widen.conv = Part()
        self.stages[0].first.widen.conv.weight = nn.Parameter(torch.empty(32, 8, 1, 1))
        self.stages[0].first.widen.norm = Part()
        self.stages[0].first.widen.norm.weight = nn.Parameter(torch.empty(32))
        self.stages[0].first.widen.norm.bias = nn.Parameter(torch.empty(32))
        self.stages[0].first.widen.norm.register_buffer("running_mean", torch.empty(32))
        self.stages[0].first.widen.norm.register_buffer("running_var", torch.empty(32))
        self.stages[0].rest = nn.ModuleList(Rest() for _ in range(1))
        self.stages[1].first = Part()
        self.stages[1].first.skip = Part()
        self.stages[1].first.skip.conv = Part()
        self.stages[1].first.skip.conv.weight = nn.Parameter(torch.empty(64, 32, 1, 1))
        self.stages[1].first.skip.norm = Part()
        self.stages[1].first.skip.norm.weight = nn.Parameter(torch.empty(64))
        self.stages[1].first.skip.norm.bias = nn.Parameter(torch.empty(64))
        self.stages[1].first.skip.norm.register_buffer("running_mean", torch.empty(64))
        self.stages[1].first.skip.norm.register_buffer("running_var", torch.empty(64))
        self.stages[1].first.narrow = Part()
        self.stages[1].first.narrow.conv = Part()
        self.stages[1].first.narrow.conv.weight = nn.Parameter(torch.empty(16, 32, 1, 1))
        self.stages[1].first.narrow.norm = Part()
        self.stages[1].first.narrow.norm.weight = nn.Parameter(torch.empty(16))
        self.stages[1].first.narrow.norm.bias = nn.Parameter(torch.empty(16))
        self.stages[1].first.narrow.norm.register_buffer("running_mean", torch.empty(16))
        self.stages[1].first.narrow.norm.register_buffer("running_var", torch.empty(16))
        self.stages[1].first.middle = Part()
        self.stages[1].first.middle.conv = Part()
        self.stages[1].first.middle.conv.weight = nn.Parameter(torch.empty(16, 16, 3, 3))
        self.stages[1].first.middle.norm = Part()
        self.stages[1].first.middle.norm.weight = nn.Parameter(torch.empty(16))
        self.stages[1].first.middle.norm.bias = nn.Parameter(torch.empty(16))
        self.stages[1].first.middle.norm.register_buffer("running_mean", torch.empty(16))
        self.stages[1].first.middle.norm.register_buffer("running_var", torch.empty(16))
        self.stages[1].first.widen = Part()
        self.stages[1].first.widen.conv = Part()
        self.stages[1].first.widen.conv.weight = nn.Parameter(torch.empty(64, 16, 1, 1))
        self.stages[1].first.widen.norm = Part()
        self.stages[1].first.widen.norm.weight = nn.Parameter(torch.empty(64))
        self.stages[1].first.widen.norm.bias = nn.Parameter(torch.empty(64))
        self.stages[1].first.widen.norm.register_buffer("running_mean", torch.empty(64))
        self.stages[1].first.widen.norm.register_buffer("running_var", torch.empty(64))
        self.stages[1].rest = nn.ModuleList(Rest_2() for _ in range(1))
        self.stages[2].first = Part()
        self.stages[2].first.skip = Part()
        self.stages[2].first.skip.conv = Part()
        self.stages[2].first.skip.conv.weight = nn.Parameter(torch.empty(128, 64, 1, 1))
        self.stages[2].first.skip.norm = Part()
        self.stages[2].first.skip.norm.weight = nn.Parameter(torch.empty(128))
        self.stages[2].first.skip.norm.bias = nn.Parameter(torch.empty(128))
        self.stages[2].first.skip.norm.register_buffer("running_mean", torch.empty(128))
        self.stages[2].first.skip.norm.register_buffer("running_var", torch.empty(128))
        self.stages[2].first.narrow = Part()
        self.stages[2].first.narrow.conv = Part()
        self.stages[2].first.narrow.conv.weight = nn.Parameter(torch.empty(32, 64, 1, 1))
        self.stages[2].first.narrow.norm = Part()
        self.stages[2].first.narrow.norm.weight = nn.Parameter(torch.empty(32))
        self.stages[2].first.narrow.norm.bias = nn.Parameter(torch.empty(32))
        self.stages[2].first.narrow.norm.register_buffer("running_mean", torch.empty(32))
        self.stages[2].first.narrow.norm.register_buffer("running_var", torch.empty(32))
        self.stages[2].first.middle = Part()
        self.stages[2].first.middle.conv = Part()
        self.stages[2].first.middle.conv.weight = nn.Parameter(torch.empty(32, 32, 3, 3))
        self.stages[2].first.middle.norm = Part()
        self.stages[2].first.middle.norm.weight = nn.Parameter(torch.empty(32))
        self.stages[2].first.middle.norm.bias = nn.Parameter(torch.empty(32))
        self.stages[2].first.middle.norm.register_buffer("running_mean", torch.empty(32))
        self.stages[2].first.middle.norm.register_buffer("running_var", torch.empty(32))
        self.stages[2].first.widen = Part()
        self.stages[2].first.widen.conv = Part()
        self.stages[2].first.widen.conv.weight = nn.Parameter(torch.empty(128, 32, 1, 1))
        self.stages[2].first.widen.norm = Part()
        self.stages[2].first.widen.norm.weight = nn.Parameter(torch.empty(128))
        self.stages[2].first.widen.norm.bias = nn.Parameter(torch.empty(128))
        self.stages[2].first.widen.norm.register_buffer("running_mean", torch.empty(128))
        self.stages[2].first.widen.norm.register_buffer("running_var", torch.empty(128))
        self.stages[3].first = Part()
        self.stages[3].first.skip = Part()
        self.stages[3].first.skip.conv = Part()
        self.stages[3].first.skip.conv.weight = nn.Parameter(torch.empty(256, 128, 1, 1))
        self.stages[3].first.skip.norm = Part()
        self.stages[3].first.skip.norm.weight = nn.Parameter(torch.empty(256))
        self.stages[3].first.skip.norm.bias = nn.Parameter(torch.empty(256))
        self.stages[3].first.skip.norm.register_buffer("running_mean", torch.empty(256))
        self.stages[3].first.skip.norm.register_buffer("running_var", torch.empty(256))
        self.stages[3].first.narrow = Part()
        self.stages[3].first.narrow.conv = Part()
        self.stages[3].first.narrow.conv.weight = nn.Parameter(torch.empty(64, 128, 1, 1))
        self.stages[3].first.narrow.norm = Part()
        self.stages[3].first.narrow.norm.weight = nn.Parameter(torch.empty(64))
        self.stages[3].first.narrow.norm.bias = nn.Parameter(torch.empty(64))
        self.stages[3].first.narrow.norm.register_buffer("running_mean", torch.empty(64))
        self.stages[3].first.narrow.norm.register_buffer("running_var", torch.empty(64))
        self.stages[3].first.middle = Part()
        self.stages[3].first.middle.conv = Part()
        self.stages[3].first.middle.conv.weight = nn.Parameter(torch.empty(64, 64, 3, 3))
        self.stages[3].first.middle.norm = Part()
        self.stages[3].first.middle.norm.weight = nn.Parameter(torch.empty(64))
        self.stages[3].first.middle.norm.bias = nn.Parameter(torch.empty(64))
        self.stages[3].first.middle.norm.register_buffer("running_mean", torch.empty(64))
        self.stages[3].first.middle.norm.register_buffer("running_var", torch.empty(64))
        self.stages[3].first.widen = Part()
        self.stages[3].first.widen.conv = Part()
        self.stages[3].first.widen.conv.weight = nn.Parameter(torch.empty(256, 64, 1, 1))
        self.stages[3].first.widen.norm = Part()
        self.stages[3].first.widen.norm.weight = nn.Parameter(torch.empty(256))
        self.stages[3].first.widen.norm.bias = nn.Parameter(torch.empty(256))
        self.stages[3].first.widen.norm.register_buffer("running_mean", torch.empty(256))
        self.stages[3].first.widen.norm.register_buffer("running_var", torch.empty(256))
        self.head = Part()
        self.head.weight = nn.Parameter(torch.empty(5, 256))
        self.head.bias = nn.Parameter(torch.empty(5))
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self, seed=None):
        """Draw every parameter anew; the same seed draws the same, and leaves other draws alone."""
        if seed is not None:
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                return self.reset_parameters()
        nn.init.kaiming_normal_(self.stem.conv.weight, mode="fan_out")
        nn.init.ones_(self.stem.norm.weight)
        nn.init.zeros_(self.stem.norm.bias)
        nn.init.zeros_(self.stem.norm.running_mean)
        nn.init.ones_(self.stem.norm.running_var)
        nn.init.kaiming_normal_(self.stages[0].first.skip.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[0].first.skip.norm.weight)
        nn.init.zeros_(self.stages[0].first.skip.norm.bias)
        nn.init.zeros_(self.stages[0].first.skip.norm.running_mean)
        nn.init.ones_(self.stages[0].first.skip.norm.running_var)
        nn.init.kaiming_normal_(self.stages[0].first.narrow.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[0].first.narrow.norm.weight)
        nn.init.zeros_(self.stages[0].first.narrow.norm.bias)
        nn.init.zeros_(self.stages[0].first.narrow.norm.running_mean)
        nn.init.ones_(self.stages[0].first.narrow.norm.running_var)
        nn.init.kaiming_normal_(self.stages[0].first.middle.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[0].first.middle.norm.weight)
        nn.init.zeros_(self.stages[0].first.middle.norm.bias)
        nn.init.zeros_(self.stages[0].first.middle.norm.running_mean)
        nn.init.ones_(self.stages[0].first.middle.norm.running_var)
        nn.init.kaiming_normal_(self.stages[0].first.widen.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[0].first.widen.norm.weight)
        nn.init.zeros_(self.stages[0].first.widen.norm.bias)
        nn.init.zeros_(self.stages[0].first.widen.norm.running_mean)
        nn.init.ones_(self.stages[0].first.widen.norm.running_var)
        for block in self.stages[0].rest:
            block.reset_parameters()
        nn.init.kaiming_normal_(self.stages[1].first.skip.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[1].first.skip.norm.weight)
        nn.init.zeros_(self.stages[1].first.skip.norm.bias)
        nn.init.zeros_(self.stages[1].first.skip.norm.running_mean)
        nn.init.ones_(self.stages[1].first.skip.norm.running_var)
        nn.init.kaiming_normal_(self.stages[1].first.narrow.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[1].first.narrow.norm.weight)
        nn.init.zeros_(self.stages[1].first.narrow.norm.bias)
        nn.init.zeros_(self.stages[1].first.narrow.norm.running_mean)
        nn.init.ones_(self.stages[1].first.narrow.norm.running_var)
        nn.init.kaiming_normal_(self.stages[1].first.middle.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[1].first.middle.norm.weight)
        nn.init.zeros_(self.stages[1].first.middle.norm.bias)
        nn.init.zeros_(self.stages[1].first.middle.norm.running_mean)
        nn.init.ones_(self.stages[1].first.middle.norm.running_var)
        nn.init.kaiming_normal_(self.stages[1].first.widen.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[1].first.widen.norm.weight)
        nn.init.zeros_(self.stages[1].first.widen.norm.bias)
        nn.init.zeros_(self.stages[1].first.widen.norm.running_mean)
        nn.init.ones_(self.stages[1].first.widen.norm.running_var)
        for block in self.stages[1].rest:
            block.reset_parameters()
        nn.init.kaiming_normal_(self.stages[2].first.skip.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[2].first.skip.norm.weight)
        nn.init.zeros_(self.stages[2].first.skip.norm.bias)
        nn.init.zeros_(self.stages[2].first.skip.norm.running_mean)
        nn.init.ones_(self.stages[2].first.skip.norm.running_var)
        nn.init.kaiming_normal_(self.stages[2].first.narrow.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[2].first.narrow.norm.weight)
        nn.init.zeros_(self.stages[2].first.narrow.norm.bias)
        nn.init.zeros_(self.stages[2].first.narrow.norm.running_mean)
        nn.init.ones_(self.stages[2].first.narrow.norm.running_var)
        nn.init.kaiming_normal_(self.stages[2].first.middle.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[2].first.middle.norm.weight)
        nn.init.zeros_(self.stages[2].first.middle.norm.bias)
        nn.init.zeros_(self.stages[2].first.middle.norm.running_mean)
        nn.init.ones_(self.stages[2].first.middle.norm.running_var)
        nn.init.kaiming_normal_(self.stages[2].first.widen.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[2].first.widen.norm.weight)
        nn.init.zeros_(self.stages[2].first.widen.norm.bias)
        nn.init.zeros_(self.stages[2].first.widen.norm.running_mean)
        nn.init.ones_(self.stages[2].first.widen.norm.running_var)
        nn.init.kaiming_normal_(self.stages[3].first.skip.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[3].first.skip.norm.weight)
        nn.init.zeros_(self.stages[3].first.skip.norm.bias)
        nn.init.zeros_(self.stages[3].first.skip.norm.running_mean)
        nn.init.ones_(self.stages[3].first.skip.norm.running_var)
        nn.init.kaiming_normal_(self.stages[3].first.narrow.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[3].first.narrow.norm.weight)
        nn.init.zeros_(self.stages[3].first.narrow.norm.bias)
        nn.init.zeros_(self.stages[3].first.narrow.norm.running_mean)
        nn.init.ones_(self.stages[3].first.narrow.norm.running_var)
        nn.init.kaiming_normal_(self.stages[3].first.middle.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[3].first.middle.norm.weight)
        nn.init.zeros_(self.stages[3].first.middle.norm.bias)
        nn.init.zeros_(self.stages[3].first.middle.norm.running_mean)
        nn.init.ones_(self.stages[3].first.middle.norm.running_var)
        nn.init.kaiming_normal_(self.stages[3].first.widen.conv.weight, mode="fan_out")
        nn.init.ones_(self.stages[3].first.widen.norm.weight)
        nn.init.zeros_(self.stages[3].first.widen.norm.bias)
        nn.init.zeros_(self.stages[3].first.widen.norm.running_mean)
        nn.init.ones_(self.stages[3].first.widen.norm.running_var)
        nn.init.kaiming_uniform_(self.head.weight, a=math.sqrt(5))
        nn.init.uniform_(self.head.bias, -1 / math.sqrt(256), 1 / math.sqrt(256))

    def forward(self, x):
        if not isinstance(x, torch.Tensor) or x.dim() != 4:
            return over_leads(self.forward, "resnet50", (x,), (3,), {"x": "[3, h, w]"})
        self.check(x)
        return self.run(x)

    def check(self, x):
        """Refuse inputs that do not fit the type."""
        if not x.is_floating_point():
            raise ShapeError(
                f"resnet50: `x` holds {x.dtype}; its type is `[3, h, w]`: real numbers are due"
            )
        if x.shape[1] != 3:
            raise ShapeError(
                f"resnet50: axis 0 of `x` has size {x.shape[1]}, due is 3 (its type is `[3, h, w]`)"
            )
        h = x.shape[2]
        w = x.shape[3]
        if h < 1:
            raise ShapeError("resnet50: `h` is 0; a size is at least 1")
        if w < 1:
            raise ShapeError("resnet50: `w` is 0; a size is at least 1")

    def run(self, x):
        # [batch, 8, (h + 1) // 2, (w + 1) // 2]
        x = F.conv2d(x, self.stem.conv.weight, stride=2, padding=3)
        # [batch, 8, (h + 1) // 2, (w + 1) // 2]
        x = F.batch_norm(
            x,
            self.stem.norm.running_mean,
            self.stem.norm.running_var,
            self.stem.norm.weight,
            self.stem.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        x = F.relu(x, inplace=True)  # [batch, 8, (h + 1) // 2, (w + 1) // 2]
        x = F.max_pool2d(x, 3, stride=2, padding=1)  # [batch, 8, (h + 3) // 4, (w + 3) // 4]
        # [batch, 32, (h + 3) // 4, (w + 3) // 4]
        conv = F.conv2d(x, self.stages[0].first.skip.conv.weight)
        # [batch, 32, (h + 3) // 4, (w + 3) // 4]
        norm = F.batch_norm(
            conv,
            self.stages[0].first.skip.norm.running_mean,
            self.stages[0].first.skip.norm.running_var,
            self.stages[0].first.skip.norm.weight,
            self.stages[0].first.skip.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        # [batch, 8, (h + 3) // 4, (w + 3) // 4]
        x = F.conv2d(x, self.stages[0].first.narrow.conv.weight)
        # [batch, 8, (h + 3) // 4, (w + 3) // 4]
        x = F.batch_norm(
            x,
            self.stages[0].first.narrow.norm.running_mean,
            self.stages[0].first.narrow.norm.running_var,
            self.stages[0].first.narrow.norm.weight,
            self.stages[0].first.narrow.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        x = F.relu(x, inplace=True)  # [batch, 8, (h + 3) // 4, (w + 3) // 4]
        # [batch, 8, (h + 3) // 4, (w + 3) // 4]
        x = F.conv2d(x, self.stages[0].first.middle.conv.weight, padding=1)
        # [batch, 8, (h + 3) // 4, (w + 3) // 4]
        x = F.batch_norm(
            x,
            self.stages[0].first.middle.norm.running_mean,
            self.stages[0].first.middle.norm.running_var,
            self.stages[0].first.middle.norm.weight,
            self.stages[0].first.middle.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        x = F.relu(x, inplace=True)  # [batch, 8, (h + 3) // 4, (w + 3) // 4]
        # [batch, 32, (h + 3) // 4, (w + 3) // 4]
        x = F.conv2d(x, self.stages[0].first.widen.conv.weight)
        # [batch, 32, (h + 3) // 4, (w + 3) // 4]
        x = F.batch_norm(
            x,
            self.stages[0].first.widen.norm.running_mean,
            self.stages[0].first.widen.norm.running_var,
            self.stages[0].first.widen.norm.weight,
            self.stages[0].first.widen.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        x = norm + x  # [batch, 32, (h + 3) // 4, (w + 3) // 4]
        x = F.relu(x, inplace=True)  # [batch, 32, (h + 3) // 4, (w + 3) // 4]
        for block in self.stages[0].rest:
            x = block(x)  # [batch, 32, (h + 3) // 4, (w + 3) // 4]
        # [batch, 64, (h + 7) // 8, (w + 7) // 8]
        conv = F.conv2d(x, self.stages[1].first.skip.conv.weight, stride=2)
        # [batch, 64, (h + 7) // 8, (w + 7) // 8]
        norm = F.batch_norm(
            conv,
            self.stages[1].first.skip.norm.running_mean,
            self.stages[1].first.skip.norm.running_var,
            self.stages[1].first.skip.norm.weight,
            self.stages[1].first.skip.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        # [batch, 16, (h + 3) // 4, (w + 3) // 4]
        x = F.conv2d(x, self.stages[1].first.narrow.conv.weight)
        # [batch, 16, (h + 3) // 4, (w + 3) // 4]
        x = F.batch_norm(
            x,
            self.stages[1].first.narrow.norm.running_mean,
            self.stages[1].first.narrow.norm.running_var,
            self.stages[1].first.narrow.norm.weight,
            self.stages[1].first.narrow.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        x = F.relu(x, inplace=True)  # [batch, 16, (h + 3) // 4, (w + 3) // 4]
        # [batch, 16, (h + 7) // 8, (w + 7) // 8]
        x = F.conv2d(x, self.stages[1].first.middle.conv.weight, stride=2, padding=1)
        # [batch, 16, (h + 7) // 8, (w + 7) // 8]
        x = F.batch_norm(
            x,
            self.stages[1].first.middle.norm.running_mean,
            self.stages[1].first.middle.norm.running_var,
            self.stages[1].first.middle.norm.weight,
            self.stages[1].first.middle.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        x = F.relu(x, inplace=True)  # [batch, 16, (h + 7) // 8, (w + 7) // 8]
        # [batch, 64, (h + 7) // 8, (w + 7) // 8]
        x = F.conv2d(x, self.stages[1].first.widen.conv.weight)
        # [batch, 64, (h + 7) // 8, (w + 7) // 8]
        x = F.batch_norm(
            x,
            self.stages[1].first.widen.norm.running_mean,
            self.stages[1].first.widen.norm.running_var,
            self.stages[1].first.widen.norm.weight,
            self.stages[1].first.widen.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        x = norm + x  # [batch, 64, (h + 7) // 8, (w + 7) // 8]
        x = F.relu(x, inplace=True)  # [batch, 64, (h + 7) // 8, (w + 7) // 8]
        for block in self.stages[1].rest:
            x = block(x)  # [batch, 64, (h + 7) // 8, (w + 7) // 8]
        # [batch, 128, (h + 15) // 16, (w + 15) // 16]
        conv = F.conv2d(x, self.stages[2].first.skip.conv.weight, stride=2)
        # [batch, 128, (h + 15) // 16, (w + 15) // 16]
        norm = F.batch_norm(
            conv,
            self.stages[2].first.skip.norm.running_mean,
            self.stages[2].first.skip.norm.running_var,
            self.stages[2].first.skip.norm.weight,
            self.stages[2].first.skip.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        # [batch, 32, (h + 7) // 8, (w + 7) // 8]
        x = F.conv2d(x, self.stages[2].first.narrow.conv.weight)
        # [batch, 32, (h + 7) // 8, (w + 7) // 8]
        x = F.batch_norm(
            x,
            self.stages[2].first.narrow.norm.running_mean,
            self.stages[2].first.narrow.norm.running_var,
            self.stages[2].first.narrow.norm.weight,
            self.stages[2].first.narrow.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        x = F.relu(x, inplace=True)  # [batch, 32, (h + 7) // 8, (w + 7) // 8]
        # [batch, 32, (h + 15) // 16, (w + 15) // 16]
        x = F.conv2d(x, self.stages[2].first.middle.conv.weight, stride=2, padding=1)
        # [batch, 32, (h + 15) // 16, (w + 15) // 16]
        x = F.batch_norm(
            x,
            self.stages[2].first.middle.norm.running_mean,
            self.stages[2].first.middle.norm.running_var,
            self.stages[2].first.middle.norm.weight,
            self.stages[2].first.middle.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        x = F.relu(x, inplace=True)  # [batch, 32, (h + 15) // 16, (w + 15) // 16]
        # [batch, 128, (h + 15) // 16, (w + 15) // 16]
        x = F.conv2d(x, self.stages[2].first.widen.conv.weight)
        # [batch, 128, (h + 15) // 16, (w + 15) // 16]
        x = F.batch_norm(
            x,
            self.stages[2].first.widen.norm.running_mean,
            self.stages[2].first.widen.norm.running_var,
            self.stages[2].first.widen.norm.weight,
            self.stages[2].first.widen.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        x = norm + x  # [batch, 128, (h + 15) // 16, (w + 15) // 16]
        x = F.relu(x, inplace=True)  # [batch, 128, (h + 15) // 16, (w + 15) // 16]
        # [batch, 256, (h + 31) // 32, (w + 31) // 32]
        conv = F.conv2d(x, self.stages[3].first.skip.conv.weight, stride=2)
        # [batch, 256, (h + 31) // 32, (w + 31) // 32]
        norm = F.batch_norm(
            conv,
            self.stages[3].first.skip.norm.running_mean,
            self.stages[3].first.skip.norm.running_var,
            self.stages[3].first.skip.norm.weight,
            self.stages[3].first.skip.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        # [batch, 64, (h + 15) // 16, (w + 15) // 16]
        x = F.conv2d(x, self.stages[3].first.narrow.conv.weight)
        # [batch, 64, (h + 15) // 16, (w + 15) // 16]
        x = F.batch_norm(
            x,
            self.stages[3].first.narrow.norm.running_mean,
            self.stages[3].first.narrow.norm.running_var,
            self.stages[3].first.narrow.norm.weight,
            self.stages[3].first.narrow.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        x = F.relu(x, inplace=True)  # [batch, 64, (h + 15) // 16, (w + 15) // 16]
        # [batch, 64, (h + 31) // 32, (w + 31) // 32]
        x = F.conv2d(x, self.stages[3].first.middle.conv.weight, stride=2, padding=1)
        # [batch, 64, (h + 31) // 32, (w + 31) // 32]
        x = F.batch_norm(
            x,
            self.stages[3].first.middle.norm.running_mean,
            self.stages[3].first.middle.norm.running_var,
            self.stages[3].first.middle.norm.weight,
            self.stages[3].first.middle.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        x = F.relu(x, inplace=True)  # [batch, 64, (h + 31) // 32, (w + 31) // 32]
        # [batch, 256, (h + 31) // 32, (w + 31) // 32]
        x = F.conv2d(x, self.stages[3].first.widen.conv.weight)
        # [batch, 256, (h + 31) // 32, (w + 31) // 32]
        x = F.batch_norm(
            x,
            self.stages[3].first.widen.norm.running_mean,
            self.stages[3].first.widen.norm.running_var,
            self.stages[3].first.widen.norm.weight,
            self.stages[3].first.widen.norm.bias,
            self.training,
            0.1,
            1e-05,
        )
        x = norm + x  # [batch, 256, (h + 31) // 32, (w + 31) // 32]
        x = F.relu(x, inplace=True)  # [batch, 256, (h + 31) // 32, (w + 31) // 32]
        x = x.mean((-2, -1))  # [batch, 256]
        x = F.linear(x, self.head.weight, self.head.bias)  # [batch, 5]
        return x
