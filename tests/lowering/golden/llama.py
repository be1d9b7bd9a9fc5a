"""llama : ix(97)[n] -> [n, 97]

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


def check_range(model, name, index, size):
    """Refuse indices outside `0 <= k < size`; an exported graph asserts that there are none."""
    if torch.compiler.is_exporting():
        fits = ((index >= 0) & (index < size)).all()
        torch._assert_async(fits, f"{model}: `{name}` holds an index that is not below {size}")
    elif not torch.compiler.is_compiling() and index.numel():
        low, high = torch.aminmax(index)
        if low < 0 or high >= size:
            wrong = int(low) if low < 0 else int(high)
            raise IndexRangeError(
                f"{model}: `{name}` holds the index {wrong}; its set has {size} elements"
            )


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


def blocks(
    x,
    cos,
    sin,
    norm1_weight,
    attn_q_weight,
    attn_k_weight,
    attn_v_weight,
    attn_out_weight,
    norm2_weight,
    mlp_gate_weight,
    mlp_up_weight,
    mlp_down_weight,
):
    """One turn of `blocks` on [batch, n, 32]."""
    norm1 = F.rms_norm(x, (32,), norm1_weight, 1e-05)  # [batch, n, 32]
    q = F.linear(norm1, attn_q_weight)  # [batch, n, 32]
    q = q.unflatten(-1, (2, 2, 8))  # [batch, n, 2, 2, 8]
    q = q.permute(0, 2, 3, 1, 4)  # [batch, 2, 2, n, 8]
    q = q.unflatten(-1, (2, 4))  # [batch, 2, 2, n, 2, 4]
    q_0, q_1 = q.unbind(4)
    product = q_0 * cos  # [batch, 2, 2, n, 4]
    product_2 = q_1 * sin  # [batch, 2, 2, n, 4]
    product = product - product_2  # [batch, 2, 2, n, 4]
    q_1 = q_1 * cos  # [batch, 2, 2, n, 4]
    q_0 = q_0 * sin  # [batch, 2, 2, n, 4]
    q_1 = q_1 + q_0  # [batch, 2, 2, n, 4]
    q = torch.stack((product, q_1), dim=4)  # [batch, 2, 2, n, 2, 4]
    q = q.flatten(4)  # [batch, 2, 2, n, 8]
    k = F.linear(norm1, attn_k_weight)  # [batch, n, 16]
    k = k.unflatten(-1, (2, 8))  # [batch, n, 2, 8]
    k = k.transpose(1, 2)  # [batch, 2, n, 8]
    k = k.unflatten(-1, (2, 4))  # [batch, 2, n, 2, 4]
    k_0, k_1 = k.unbind(3)
    product = k_0 * cos  # [batch, 2, n, 4]
    product_2 = k_1 * sin  # [batch, 2, n, 4]
    product = product - product_2  # [batch, 2, n, 4]
    k_1 = k_1 * cos  # [batch, 2, n, 4]
    k_0 = k_0 * sin  # [batch, 2, n, 4]
    k_1 = k_1 + k_0  # [batch, 2, n, 4]
    k = torch.stack((product, k_1), dim=3)  # [batch, 2, n, 2, 4]
    k = k.flatten(3)  # [batch, 2, n, 8]
    v = F.linear(norm1, attn_v_weight)  # [batch, n, 16]
    v = v.unflatten(-1, (2, 8))  # [batch, n, 2, 8]
    v = v.transpose(1, 2)  # [batch, 2, n, 8]
    # [batch, 2, 2, n, 8]
    attn = F.scaled_dot_product_attention(
        q.flatten(1, 2), k, v, is_causal=True, enable_gqa=True
    ).unflatten(1, (2, 2))
    attn = attn.permute(0, 3, 1, 2, 4)  # [batch, n, 2, 2, 8]
    attn = attn.flatten(2)  # [batch, n, 32]
    out = F.linear(attn, attn_out_weight)  # [batch, n, 32]
    x = x + out  # [batch, n, 32]
    norm2 = F.rms_norm(x, (32,), norm2_weight, 1e-05)  # [batch, n, 32]
    gate = F.linear(norm2, mlp_gate_weight)  # [batch, n, 40]
    gate = F.silu(gate)  # [batch, n, 40]
    up = F.linear(norm2, mlp_up_weight)  # [batch, n, 40]
    gate = gate * up  # [batch, n, 40]
    down = F.linear(gate, mlp_down_weight)  # [batch, n, 32]
    x = x + down  # [batch, n, 32]
    return x


class Blocks(nn.Module):
    """One block of `blocks`."""

    def __init__(self):
        super().__init__()
        self.norm1 = Part()
        self.norm1.weight = nn.Parameter(torch.empty(32))
        self.attn = Part()
        self.attn.q = Part()
        self.attn.q.weight = nn.Parameter(torch.empty(32, 32))
        self.attn.k = Part()
        self.attn.k.weight = nn.Parameter(torch.empty(16, 32))
        self.attn.v = Part()
        self.attn.v.weight = nn.Parameter(torch.empty(16, 32))
        self.attn.out = Part()
        self.attn.out.weight = nn.Parameter(torch.empty(32, 32))
        self.norm2 = Part()
        self.norm2.weight = nn.Parameter(torch.empty(32))
        self.mlp = Part()
        self.mlp.gate = Part()
        self.mlp.gate.weight = nn.Parameter(torch.empty(40, 32))
        self.mlp.up = Part()
        self.mlp.up.weight = nn.Parameter(torch.empty(40, 32))
        self.mlp.down = Part()
        self.mlp.down.weight = nn.Parameter(torch.empty(32, 40))

    @torch.no_grad()
    def reset_parameters(self):
        """Draw every parameter anew."""
        nn.init.ones_(self.norm1.weight)
        nn.init.normal_(self.attn.q.weight, 0.0, 0.02)
        nn.init.normal_(self.attn.k.weight, 0.0, 0.02)
        nn.init.normal_(self.attn.v.weight, 0.0, 0.02)
        nn.init.normal_(self.attn.out.weight, 0.0, 0.02)
        nn.init.ones_(self.norm2.weight)
        nn.init.normal_(self.mlp.gate.weight, 0.0, 0.02)
        nn.init.normal_(self.mlp.up.weight, 0.0, 0.02)
        nn.init.normal_(self.mlp.down.weight, 0.0, 0.02)

    def forward(self, x, cos, sin):
        return blocks(
            x,
            cos,
            sin,
            self.norm1.weight,
            self.attn.q.weight,
            self.attn.k.weight,
            self.attn.v.weight,
            self.attn.out.weight,
            self.norm2.weight,
            self.mlp.gate.weight,
            self.mlp.up.weight,
            self.mlp.down.weight,
        )


class Llama(nn.Module):
    """`ix(97)[n] -> [n, 97]`, over any leading axes."""

    def __init__(self):
        super().__init__()
        self.embed = Part()
        self.embed.weight = nn.Parameter(torch.empty(97, 32))
        self.blocks = nn.ModuleList(Blocks() for _ in range(2))
        self.norm = Part()
        self.norm.weight = nn.Parameter(torch.empty(32))
        self.head = Part()
        self.head.weight = nn.Parameter(torch.empty(97, 32))
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self, seed=None):
        """Draw every parameter anew; the same seed draws the same, and leaves other draws alone."""
        if seed is not None:
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                return self.reset_parameters()
        nn.init.normal_(self.embed.weight, 0.0, 0.02)
        for block in self.blocks:
            block.reset_parameters()
        nn.init.ones_(self.norm.weight)
        nn.init.normal_(self.head.weight, 0.0, 0.02)

    def forward(self, x):
        if not isinstance(x, torch.Tensor) or x.dim() != 2:
            return over_leads(self.forward, "llama", (x,), (1,), {"x": "ix(97)[n]"})
        self.check(x)
        return self.run(x)

    def check(self, x):
        """Refuse inputs that do not fit the type."""
        if x.is_floating_point() or x.is_complex() or x.dtype == torch.bool:
            raise ShapeError(
                f"llama: `x` holds {x.dtype}; its type is `ix(97)[n]`: whole numbers are due"
            )
        n = x.shape[1]
        if n < 1:
            raise ShapeError("llama: `n` is 0; a size is at least 1")
        check_range("llama", "x", x, 97)

    def run(self, x):
        n = x.shape[1]
        exact = torch.promote_types(self.embed.weight.dtype, torch.float32)
        i = torch.arange(n, dtype=exact, device=x.device)  # [n]
        j = torch.arange(4, device=x.device)  # ix(4)[4]
        j = 2 * j  # int[4]
        j = j.to(exact)  # [4]
        j = j / 8  # [4]
        j = 500000.0**j  # [4]
        angles = i[:, None] / j  # [n, 4]
        cos = torch.cos(angles)  # [n, 4]
        cos = cos.to(self.embed.weight.dtype)  # [n, 4]
        sin = torch.sin(angles)  # [n, 4]
        sin = sin.to(self.embed.weight.dtype)  # [n, 4]
        x = F.embedding(x, self.embed.weight)  # [batch, n, 32]
        for block in self.blocks:
            x = block(x, cos, sin)  # [batch, n, 32]
        x = F.rms_norm(x, (32,), self.norm.weight, 1e-05)  # [batch, n, 32]
        x = F.linear(x, self.head.weight)  # [batch, n, 97]
        return x
