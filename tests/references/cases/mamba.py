"""Mamba against transformers, which keeps its rates in float32: in comparisons it does so in float64."""

from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule
from tests.references.wide import wide

LAYER = r"backbone\.layers\.(\d+)"
MIXER = rf"{LAYER}\.mixer"
RULES = [
    Rule(r"backbone\.embeddings\.weight", "embed"),
    Rule(rf"{LAYER}\.norm\.weight", r"blocks.\1.norm.weight"),
    Rule(rf"{MIXER}\.A_log", r"blocks.\1.mixer.rate"),
    Rule(rf"{MIXER}\.D", r"blocks.\1.mixer.skip"),
    Rule(rf"{MIXER}\.in_proj\.weight", r"blocks.\1.mixer.up.weight"),
    Rule(rf"{MIXER}\.conv1d\.(\w+)", r"blocks.\1.mixer.filter.conv1d.\2"),
    Rule(rf"{MIXER}\.x_proj\.weight", r"blocks.\1.mixer.select.weight"),
    Rule(rf"{MIXER}\.dt_proj\.(\w+)", r"blocks.\1.mixer.step.\2"),
    Rule(rf"{MIXER}\.out_proj\.weight", r"blocks.\1.mixer.down.weight"),
    Rule(r"backbone\.norm_f\.weight", "norm.weight"),
]


def reference(layers: int, d: int, s: int, expand: int, k: int, rank: int, vocab: int) -> Module:
    from transformers import MambaConfig, MambaForCausalLM

    config = MambaConfig(
        num_hidden_layers=layers, hidden_size=d, state_size=s, expand=expand, conv_kernel=k,
        time_step_rank=rank, vocab_size=vocab, residual_in_fp32=False,
    )  # fmt: skip
    return MambaForCausalLM(config)


def call(module: Module, inputs: Inputs) -> object:
    return module(*inputs, use_cache=False).logits


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, tokens)
    return At(sizes, lambda: reference(**sizes), lambda: [inputs], RULES)


CASE = Case(
    small=[
        at(2, 6, layers=2, d=12, s=5, expand=2, k=4, rank=3, vocab=97),
        at(1, 1, layers=1, d=5, s=1, expand=3, k=1, rank=1, vocab=11),
    ],
    call=call,
    published=129_135_360,
    own=at(1, 12, layers=24, d=768, s=16, expand=2, k=4, rank=48, vocab=50280),
    speed=at(1, 64, layers=2, d=256, s=16, expand=2, k=4, rank=16, vocab=1024),
    exact=wide("transformers", "MambaForCausalLM"),
)
