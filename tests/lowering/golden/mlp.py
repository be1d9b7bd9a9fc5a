"""mlp : [28, 28] -> [10]

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


class Mlp(nn.Module):
    """`[28, 28] -> [10]`, over any leading axes."""

    def __init__(self):
        super().__init__()
        self.linear = Part()
        self.linear.weight = nn.Parameter(torch.empty(16, 784))
        self.linear.bias = nn.Parameter(torch.empty(16))
        self.linear_2 = Part()
        self.linear_2.weight = nn.Parameter(torch.empty(16, 16))
        self.linear_2.bias = nn.Parameter(torch.empty(16))
        self.linear_3 = Part()
        self.linear_3.weight = nn.Parameter(torch.empty(10, 16))
        self.linear_3.bias = nn.Parameter(torch.empty(10))
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self, seed=None):
        """Draw every parameter anew; the same seed draws the same, and leaves other draws alone."""
        if seed is not None:
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                return self.reset_parameters()
        nn.init.kaiming_uniform_(self.linear.weight, a=math.sqrt(5))
        nn.init.uniform_(self.linear.bias, -1 / math.sqrt(784), 1 / math.sqrt(784))
        nn.init.kaiming_uniform_(self.linear_2.weight, a=math.sqrt(5))
        nn.init.uniform_(self.linear_2.bias, -1 / math.sqrt(16), 1 / math.sqrt(16))
        nn.init.kaiming_uniform_(self.linear_3.weight, a=math.sqrt(5))
        nn.init.uniform_(self.linear_3.bias, -1 / math.sqrt(16), 1 / math.sqrt(16))

    def forward(self, x):
        if not isinstance(x, torch.Tensor) or x.dim() != 3:
            return over_leads(self.forward, "mlp", (x,), (2,), {"x": "[28, 28]"})
        self.check(x)
        return self.run(x)

    def check(self, x):
        """Refuse inputs that do not fit the type."""
        if not x.is_floating_point():
            raise ShapeError(
                f"mlp: `x` holds {x.dtype}; its type is `[28, 28]`: real numbers are due"
            )
        if x.shape[1] != 28:
            raise ShapeError(
                f"mlp: axis 0 of `x` has size {x.shape[1]}, due is 28 (its type is `[28, 28]`)"
            )
        if x.shape[2] != 28:
            raise ShapeError(
                f"mlp: axis 1 of `x` has size {x.shape[2]}, due is 28 (its type is `[28, 28]`)"
            )

    def run(self, x):
        x = x.flatten(1)  # [batch, 784]
        x = F.linear(x, self.linear.weight, self.linear.bias)  # [batch, 16]
        x = F.relu(x, inplace=True)  # [batch, 16]
        x = F.linear(x, self.linear_2.weight, self.linear_2.bias)  # [batch, 16]
        x = F.relu(x, inplace=True)  # [batch, 16]
        x = F.linear(x, self.linear_3.weight, self.linear_3.bias)  # [batch, 10]
        return x
