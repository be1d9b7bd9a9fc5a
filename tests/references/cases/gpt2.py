"""GPT-2 against transformers, whose Conv1D stores [in, out]."""

import torch
from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule

RULES = [
    Rule(r"transformer\.(wte|wpe)\.weight", r"\1"),
    Rule(r"transformer\.h\.(\d+)\.ln_([12])\.(\w+)", r"blocks.\1.norm\2.\3"),
    Rule(r"transformer\.h\.(\d+)\.attn\.c_attn\.weight", r"blocks.\1.attn.qkv.weight", torch.t),
    Rule(r"transformer\.h\.(\d+)\.attn\.c_attn\.bias", r"blocks.\1.attn.qkv.bias"),
    Rule(r"transformer\.h\.(\d+)\.attn\.c_proj\.weight", r"blocks.\1.attn.out.weight", torch.t),
    Rule(r"transformer\.h\.(\d+)\.attn\.c_proj\.bias", r"blocks.\1.attn.out.bias"),
    Rule(r"transformer\.h\.(\d+)\.mlp\.c_fc\.weight", r"blocks.\1.mlp.up.weight", torch.t),
    Rule(r"transformer\.h\.(\d+)\.mlp\.c_fc\.bias", r"blocks.\1.mlp.up.bias"),
    Rule(r"transformer\.h\.(\d+)\.mlp\.c_proj\.weight", r"blocks.\1.mlp.down.weight", torch.t),
    Rule(r"transformer\.h\.(\d+)\.mlp\.c_proj\.bias", r"blocks.\1.mlp.down.bias"),
    Rule(r"transformer\.ln_f\.(\w+)", r"norm.\1"),
]


def reference(layers: int, d: int, h: int, vocab: int, context: int) -> Module:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        n_layer=layers, n_embd=d, n_head=h, vocab_size=vocab, n_positions=context,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


def call(module: Module, inputs: Inputs) -> object:
    return module(*inputs, use_cache=False).logits


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, tokens)
    return At(sizes, lambda: reference(**sizes), lambda: [inputs], RULES)


CASE = Case(
    small=[at(2, 11, layers=2, d=24, h=3, vocab=97, context=32)],
    call=call,
    published=124_439_808,
    own=at(1, 64, layers=12, d=768, h=12, vocab=50257, context=1024),
    speed=at(2, 128, layers=4, d=512, h=8, vocab=4096, context=256),
    wide=at(2, 8, layers=6, d=240, h=3, vocab=997, context=256),
)
