"""gpt2 : ix(101)[n] -> [n, 101]

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


def gelu_tanh(x):
    """x (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3); x sigmoid(2 u) has one exponential less."""
    if torch.compiler.is_compiling():
        return x * torch.sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))
    return F.gelu(x, approximate="tanh")


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
    norm1_weight,
    norm1_bias,
    attn_qkv_weight,
    attn_qkv_bias,
    attn_out_weight,
    attn_out_bias,
    norm2_weight,
    norm2_bias,
    mlp_up_weight,
    mlp_up_bias,
    mlp_down_weight,
    mlp_down_bias,
):
    """One turn of `blocks` on [batch, n, 64]."""
    norm1 = F.layer_norm(x, (64,), norm1_weight, norm1_bias, 1e-05)  # [batch, n, 64]
    qkv = F.linear(norm1, attn_qkv_weight, attn_qkv_bias)  # [batch, n, 192]
    qkv = qkv.unflatten(-1, (3, 4, 16))  # [batch, n, 3, 4, 16]
    q, k, v = qkv.unbind(2)
    q = q.transpose(1, 2)  # [batch, 4, n, 16]
    k = k.transpose(1, 2)  # [batch, 4, n, 16]
    v = v.transpose(1, 2)  # [batch, 4, n, 16]
    attn = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # [batch, 4, n, 16]
    attn = attn.transpose(1, 2)  # [batch, n, 4, 16]
    attn = attn.flatten(2)  # [batch, n, 64]
    out = F.linear(attn, attn_out_weight, attn_out_bias)  # [batch, n, 64]
    x = x + out  # [batch, n, 64]
    norm2 = F.layer_norm(x, (64,), norm2_weight, norm2_bias, 1e-05)  # [batch, n, 64]
    up = F.linear(norm2, mlp_up_weight, mlp_up_bias)  # [batch, n, 256]
    up = gelu_tanh(up)  # [batch, n, 256]
    down = F.linear(up, mlp_down_weight, mlp_down_bias)  # [batch, n, 64]
    x = x + down  # [batch, n, 64]
    return x


class Blocks(nn.Module):
    """One block of `blocks`."""

    def __init__(self):
        super().__init__()
        self.norm1 = Part()
        self.norm1.weight = nn.Parameter(torch.empty(64))
        self.norm1.bias = nn.Parameter(torch.empty(64))
        self.attn = Part()
        self.attn.qkv = Part()
        self.attn.qkv.weight = nn.Parameter(torch.empty(192, 64))
        self.attn.qkv.bias = nn.Parameter(torch.empty(192))
        self.attn.out = Part()
        self.attn.out.weight = nn.Parameter(torch.empty(64, 64))
        self.attn.out.bias = nn.Parameter(torch.empty(64))
        self.norm2 = Part()
        self.norm2.weight = nn.Parameter(torch.empty(64))
        self.norm2.bias = nn.Parameter(torch.empty(64))
        self.mlp = Part()
        self.mlp.up = Part()
        self.mlp.up.weight = nn.Parameter(torch.empty(256, 64))
        self.mlp.up.bias = nn.Parameter(torch.empty(256))
        self.mlp.down = Part()
        self.mlp.down.weight = nn.Parameter(torch.empty(64, 256))
        self.mlp.down.bias = nn.Parameter(torch.empty(64))

    @torch.no_grad()
    def reset_parameters(self):
        """Draw every parameter anew."""
        nn.init.ones_(self.norm1.weight)
        nn.init.zeros_(self.norm1.bias)
        nn.init.normal_(self.attn.qkv.weight, 0.0, 0.02)
        nn.init.zeros_(self.attn.qkv.bias)
        nn.init.normal_(self.attn.out.weight, 0.0, 0.01)
        nn.init.zeros_(self.attn.out.bias)
        nn.init.ones_(self.norm2.weight)
        nn.init.zeros_(self.norm2.bias)
        nn.init.normal_(self.mlp.up.weight, 0.0, 0.02)
        nn.init.zeros_(self.mlp.up.bias)
        nn.init.normal_(self.mlp.down.weight, 0.0, 0.01)
        nn.init.zeros_(self.mlp.down.bias)

    def forward(self, x):
        return blocks(
            x,
            self.norm1.weight,
            self.norm1.bias,
            self.attn.qkv.weight,
            self.attn.qkv.bias,
            self.attn.out.weight,
            self.attn.out.bias,
            self.norm2.weight,
            self.norm2.bias,
            self.mlp.up.weight,
            self.mlp.up.bias,
            self.mlp.down.weight,
            self.mlp.down.bias,
        )


class Gpt2(nn.Module):
    """`ix(101)[n] -> [n, 101]`, over any leading axes."""

    def __init__(self):
        super().__init__()
        self.wte = nn.Parameter(torch.empty(101, 64))
        self.wpe = nn.Parameter(torch.empty(32, 64))
        self.blocks = nn.ModuleList(Blocks() for _ in range(2))
        self.norm = Part()
        self.norm.weight = nn.Parameter(torch.empty(64))
        self.norm.bias = nn.Parameter(torch.empty(64))
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self, seed=None):
        """Draw every parameter anew; the same seed draws the same, and leaves other draws alone."""
        if seed is not None:
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                return self.reset_parameters()
        nn.init.normal_(self.wte, 0.0, 0.02)
        nn.init.normal_(self.wpe, 0.0, 0.02)
        for block in self.blocks:
            block.reset_parameters()
        nn.init.ones_(self.norm.weight)
        nn.init.zeros_(self.norm.bias)

    def forward(self, tokens):
        if not isinstance(tokens, torch.Tensor) or tokens.dim() != 2:
            return over_leads(self.forward, "gpt2", (tokens,), (1,), {"tokens": "ix(101)[n]"})
        self.check(tokens)
        return self.run(tokens)

    def check(self, tokens):
        """Refuse inputs that do not fit the type."""
        if tokens.is_floating_point() or tokens.is_complex() or tokens.dtype == torch.bool:
            raise ShapeError(
                f"gpt2: `tokens` holds {tokens.dtype}; its type is `ix(101)[n]`: whole numbers are due"
            )
        n = tokens.shape[1]
        if n < 1:
            raise ShapeError("gpt2: `n` is 0; a size is at least 1")
        if n > 32:
            raise ShapeError(f"gpt2: `n <= 32` does not hold: n = {n}")
        check_range("gpt2", "tokens", tokens, 101)

    def run(self, tokens):
        n = tokens.shape[1]
        x = F.embedding(tokens, self.wte)  # [batch, n, 64]
        part = self.wpe[:n]  # [n, 64]
        x = x + part  # [batch, n, 64]
        for block in self.blocks:
            x = block(x)  # [batch, n, 64]
        x = F.layer_norm(x, (64,), self.norm.weight, self.norm.bias, 1e-05)  # [batch, n, 64]
        x = F.linear(x, self.wte)  # [batch, n, 101]
        return x
