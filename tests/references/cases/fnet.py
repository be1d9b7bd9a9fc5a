"""FNet against transformers."""

from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule

RULES = [
    Rule(r"embeddings\.word_embeddings\.weight", "word"),
    Rule(r"embeddings\.position_embeddings\.weight", "position"),
    Rule(r"embeddings\.token_type_embeddings\.weight", "kind"),
    Rule(r"embeddings\.LayerNorm\.(\w+)", r"norm.\1"),
    Rule(r"embeddings\.projection\.(\w+)", r"project.\1"),
    Rule(r"encoder\.layer\.(\d+)\.fourier\.output\.LayerNorm\.(\w+)", r"blocks.\1.norm1.\2"),
    Rule(r"encoder\.layer\.(\d+)\.intermediate\.dense\.(\w+)", r"blocks.\1.mlp.up.\2"),
    Rule(r"encoder\.layer\.(\d+)\.output\.dense\.(\w+)", r"blocks.\1.mlp.down.\2"),
    Rule(r"encoder\.layer\.(\d+)\.output\.LayerNorm\.(\w+)", r"blocks.\1.norm2.\2"),
    Rule(r"pooler\.dense\.(\w+)", r"pooler.\1"),
]


def reference(layers: int, d: int, w: int, vocab: int, context: int, segments: int) -> Module:
    from transformers import FNetConfig, FNetModel

    config = FNetConfig(
        num_hidden_layers=layers, hidden_size=d, intermediate_size=w, vocab_size=vocab,
        max_position_embeddings=context, type_vocab_size=segments, hidden_dropout_prob=0.0,
    )  # fmt: skip
    return FNetModel(config)


def call(module: Module, inputs: Inputs) -> object:
    words, segments = inputs
    found = module(input_ids=words, token_type_ids=segments)
    return found.last_hidden_state, found.pooler_output


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = [indices(sizes["vocab"], batch, tokens), indices(sizes["segments"], batch, tokens)]
    return At(sizes, lambda: reference(**sizes), lambda: inputs, RULES)


SIZES = {"layers": 12, "d": 768, "w": 3072, "vocab": 32000, "context": 512, "segments": 4}

CASE = Case(
    small=[
        at(2, 11, layers=2, d=24, w=40, vocab=97, context=32, segments=4),
        at(3, 1, layers=1, d=7, w=5, vocab=11, context=2, segments=2),
    ],
    call=call,
    published=82_861_056,  # the library's own count at its defaults
    own=at(1, 48, **SIZES),
    wide=at(2, 8, layers=2, d=240, w=480, vocab=997, context=256, segments=4),
    begins_otherwise="word",  # row 3, the padding, is zero there; the paper does not say so
    speed=at(2, 256, **{**SIZES, "layers": 4, "vocab": 4096}),
)
