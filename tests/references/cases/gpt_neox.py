"""GPT-NeoX against transformers, which computes angles in float32: in comparisons it does so in float64."""

from torch.nn import Module

from catnn.api import Setting
from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule
from tests.references.wide import wide

LAYER = r"gpt_neox\.layers\.(\d+)"
RULES = [
    Rule(r"gpt_neox\.embed_in\.weight", "embed.weight"),
    Rule(rf"{LAYER}\.attention\.query_key_value\.(\w+)", r"blocks.\1.attn.qkv.\2"),
    Rule(rf"{LAYER}\.attention\.dense\.(\w+)", r"blocks.\1.attn.out.\2"),
    Rule(rf"{LAYER}\.input_layernorm\.(\w+)", r"blocks.\1.norm1.\2"),
    Rule(rf"{LAYER}\.post_attention_layernorm\.(\w+)", r"blocks.\1.norm2.\2"),
    Rule(rf"{LAYER}\.mlp\.dense_h_to_4h\.(\w+)", r"blocks.\1.mlp.up.\2"),
    Rule(rf"{LAYER}\.mlp\.dense_4h_to_h\.(\w+)", r"blocks.\1.mlp.down.\2"),
    Rule(r"gpt_neox\.final_layer_norm\.(\w+)", r"norm.\1"),
    Rule(r"(?:embed_out|lm_head)\.weight", "head.weight"),
]


def reference(layers: int, d: int, h: int, r: int, w: int, vocab: int, base: float) -> Module:
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    config = GPTNeoXConfig(
        num_hidden_layers=layers, hidden_size=d, num_attention_heads=h, intermediate_size=w,
        vocab_size=vocab, hidden_dropout=0.0, attention_dropout=0.0, tie_word_embeddings=False,
        rope_parameters={
            "rope_type": "default", "rope_theta": base, "partial_rotary_factor": r / (d // h),
        },
    )  # fmt: skip
    return GPTNeoXForCausalLM(config)


def call(module: Module, inputs: Inputs) -> object:
    return module(*inputs, use_cache=False).logits


def at(batch: int, tokens: int, base: float = 10000.0, **sizes: int) -> At:
    inputs = indices(sizes["vocab"], batch, tokens)
    given: dict[str, Setting] = {**sizes, "base": base}
    return At(given, lambda: reference(**sizes, base=base), lambda: [inputs], RULES)


CASE = Case(
    small=[
        at(2, 11, base, layers=2, d=24, h=3, r=r, w=40, vocab=97)
        for r, base in ((2, 10000.0), (6, 500.0))
    ],
    call=call,
    published=20_554_567_680,
    # Four layers of 44, a twelfth as wide: the whole would need 160 GB.
    own=at(1, 64, layers=4, d=512, h=8, r=16, w=2048, vocab=8192),
    speed=at(2, 256, layers=2, d=512, h=8, r=16, w=2048, vocab=4096),
    wide=at(2, 8, layers=2, d=240, h=6, r=10, w=480, vocab=997),
    exact=wide("transformers", "GPTNeoXForCausalLM"),
)
