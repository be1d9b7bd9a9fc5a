"""BERT against transformers."""

from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule

RULES = [
    Rule(r"embeddings\.word_embeddings\.weight", "word"),
    Rule(r"embeddings\.position_embeddings\.weight", "position"),
    Rule(r"embeddings\.token_type_embeddings\.weight", "kind"),
    Rule(r"embeddings\.LayerNorm\.(\w+)", r"norm.\1"),
    Rule(r"encoder\.layer\.(\d+)\.attention\.self\.([qkv])\w+\.(\w+)", r"blocks.\1.attn.\2.\3"),
    Rule(r"encoder\.layer\.(\d+)\.attention\.output\.dense\.(\w+)", r"blocks.\1.attn.out.\2"),
    Rule(r"encoder\.layer\.(\d+)\.attention\.output\.LayerNorm\.(\w+)", r"blocks.\1.norm1.\2"),
    Rule(r"encoder\.layer\.(\d+)\.intermediate\.dense\.(\w+)", r"blocks.\1.mlp.up.\2"),
    Rule(r"encoder\.layer\.(\d+)\.output\.dense\.(\w+)", r"blocks.\1.mlp.down.\2"),
    Rule(r"encoder\.layer\.(\d+)\.output\.LayerNorm\.(\w+)", r"blocks.\1.norm2.\2"),
    Rule(r"pooler\.dense\.(\w+)", r"pooler.\1"),
]


def reference(layers: int, d: int, h: int, w: int, vocab: int, context: int) -> Module:
    from transformers import BertConfig, BertModel

    config = BertConfig(
        num_hidden_layers=layers, hidden_size=d, num_attention_heads=h, intermediate_size=w,
        vocab_size=vocab, max_position_embeddings=context,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    return BertModel(config)


def call(module: Module, inputs: Inputs) -> object:
    words, segments = inputs
    found = module(input_ids=words, token_type_ids=segments)
    return found.last_hidden_state, found.pooler_output


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = [indices(sizes["vocab"], batch, tokens), indices(2, batch, tokens)]
    return At(sizes, lambda: reference(**sizes), lambda: inputs, RULES)


CASE = Case(
    small=[at(2, 11, layers=2, d=24, h=3, w=40, vocab=97, context=32)],
    call=call,
    published=109_482_240,
    own=at(1, 48, layers=12, d=768, h=12, w=3072, vocab=30522, context=512),
    wide=at(2, 8, layers=2, d=240, h=3, w=480, vocab=997, context=256),
    begins_otherwise="word",  # row 0, the padding, is zero there; the paper does not say so
    speed=at(2, 128, layers=4, d=512, h=8, w=2048, vocab=4096, context=256),
)
