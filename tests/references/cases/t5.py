"""T5 against transformers, which computes variances in float32: in comparisons it does so in float64."""

from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule
from tests.references.wide import wide

SELF, CROSS = r"\.block\.(\d+)\.layer\.0", r"decoder\.block\.(\d+)\.layer\.1"
OUT = {"q": "q", "k": "k", "v": "v", "o": "out"}
RULES = [
    Rule(r"shared\.weight", "embed"),
    Rule(r"encoder\.block\.0\.layer\.0\..*bias\.weight", "around.weight"),
    Rule(r"decoder\.block\.0\.layer\.0\..*bias\.weight", "behind.weight"),
    *(
        Rule(rf"(\w+){SELF}\.SelfAttention\.{theirs}\.weight", rf"\1.\2.attn.{ours}.weight")
        for theirs, ours in OUT.items()
    ),
    *(
        Rule(rf"{CROSS}\.EncDecAttention\.{theirs}\.weight", rf"decoder.\1.cross.{ours}.weight")
        for theirs, ours in OUT.items()
    ),
    Rule(rf"(\w+){SELF}\.layer_norm\.weight", r"\1.\2.norm1.weight"),
    Rule(r"encoder\.block\.(\d+)\.layer\.1\.layer_norm\.weight", r"encoder.\1.norm2.weight"),
    Rule(rf"{CROSS}\.layer_norm\.weight", r"decoder.\1.norm2.weight"),
    Rule(r"decoder\.block\.(\d+)\.layer\.2\.layer_norm\.weight", r"decoder.\1.norm3.weight"),
    Rule(r"(\w+)\.block\.(\d+)\.layer\.\d\.\w+\.wi\.weight", r"\1.\2.mlp.up.weight"),
    Rule(r"(\w+)\.block\.(\d+)\.layer\.\d\.\w+\.wo\.weight", r"\1.\2.mlp.down.weight"),
    Rule(r"(en|de)coder\.final_layer_norm\.weight", r"\1coded.weight"),
]


def reference(
    layers: int, d: int, h: int, e: int, w: int, vocab: int, buckets: int, far: int
) -> Module:
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config(
        num_layers=layers, d_model=d, num_heads=h, d_kv=e, d_ff=w, vocab_size=vocab,
        relative_attention_num_buckets=buckets, relative_attention_max_distance=far,
        dropout_rate=0.0,
    )  # fmt: skip
    return T5ForConditionalGeneration(config)


def call(module: Module, inputs: Inputs) -> object:
    source, target = inputs
    return module(input_ids=source, decoder_input_ids=target, use_cache=False).logits


def at(batch: int, m: int, n: int, **sizes: int) -> At:
    inputs = [indices(sizes["vocab"], batch, length, seed=length) for length in (m, n)]
    return At(sizes, lambda: reference(**sizes), lambda: inputs, RULES)


CASE = Case(
    small=[
        at(2, 13, 6, layers=2, d=20, h=3, e=6, w=33, vocab=97, buckets=8, far=10),
        at(2, 3, 150, layers=1, d=8, h=2, e=4, w=9, vocab=97, buckets=32, far=128),
    ],
    call=call,
    published=60_506_624,
    own=at(1, 48, 40, layers=6, d=512, h=8, e=64, w=2048, vocab=32128, buckets=32, far=128),
    speed=at(2, 128, 64, layers=2, d=512, h=8, e=64, w=2048, vocab=4096, buckets=32, far=128),
    wide=at(2, 8, 7, layers=2, d=240, h=3, e=64, w=480, vocab=997, buckets=32, far=128),
    exact=wide("transformers", "T5ForConditionalGeneration"),
)
