"""ELECTRA against transformers."""

from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule

LAYER = r"electra\.encoder\.layer\.(\d+)"
RULES = [
    Rule(r"electra\.embeddings\.word_embeddings\.weight", "word"),
    Rule(r"electra\.embeddings\.position_embeddings\.weight", "position"),
    Rule(r"electra\.embeddings\.token_type_embeddings\.weight", "kind"),
    Rule(r"electra\.embeddings\.LayerNorm\.(\w+)", r"norm.\1"),
    Rule(r"electra\.embeddings_project\.(\w+)", r"widen.\1"),
    Rule(rf"{LAYER}\.attention\.self\.([qkv])\w+\.(\w+)", r"blocks.\1.attn.\2.\3"),
    Rule(rf"{LAYER}\.attention\.output\.dense\.(\w+)", r"blocks.\1.attn.out.\2"),
    Rule(rf"{LAYER}\.attention\.output\.LayerNorm\.(\w+)", r"blocks.\1.norm1.\2"),
    Rule(rf"{LAYER}\.intermediate\.dense\.(\w+)", r"blocks.\1.mlp.up.\2"),
    Rule(rf"{LAYER}\.output\.dense\.(\w+)", r"blocks.\1.mlp.down.\2"),
    Rule(rf"{LAYER}\.output\.LayerNorm\.(\w+)", r"blocks.\1.norm2.\2"),
    Rule(r"discriminator_predictions\.dense\.(\w+)", r"dense.\1"),
    Rule(r"discriminator_predictions\.dense_prediction\.(\w+)", r"head.\1"),
]


def reference(layers: int, d: int, h: int, w: int, c: int, vocab: int, context: int) -> Module:
    from transformers import ElectraConfig, ElectraForPreTraining

    config = ElectraConfig(
        num_hidden_layers=layers, hidden_size=d, num_attention_heads=h, intermediate_size=w,
        embedding_size=c, vocab_size=vocab, max_position_embeddings=context,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, pad_token_id=None,
    )  # fmt: skip
    return ElectraForPreTraining(config)


def call(module: Module, inputs: Inputs) -> object:
    words, segments = inputs
    return module(input_ids=words, token_type_ids=segments).logits


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = [indices(sizes["vocab"], batch, tokens), indices(2, batch, tokens)]
    return At(sizes, lambda: reference(**sizes), lambda: inputs, RULES)


CASE = Case(
    small=[at(2, 11, layers=2, d=24, h=3, w=40, c=10, vocab=97, context=32)],
    call=call,
    begins_otherwise=r"head\.bias",  # a single zero
    published=13_549_057,
    own=at(1, 48, layers=12, d=256, h=4, w=1024, c=128, vocab=30522, context=512),
    wide=at(2, 8, layers=2, d=240, h=3, w=480, c=120, vocab=997, context=256),
    speed=at(2, 128, layers=4, d=256, h=4, w=1024, c=128, vocab=4096, context=256),
)
