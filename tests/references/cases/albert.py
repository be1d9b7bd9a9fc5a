"""ALBERT against transformers."""

from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices
from tests.references.harness import Rule

LAYER = r"encoder\.albert_layer_groups\.0\.albert_layers\.0"
RULES = [
    Rule(r"embeddings\.word_embeddings\.weight", "word"),
    Rule(r"embeddings\.position_embeddings\.weight", "position"),
    Rule(r"embeddings\.token_type_embeddings\.weight", "kind"),
    Rule(r"embeddings\.LayerNorm\.(\w+)", r"norm.\1"),
    Rule(r"encoder\.embedding_hidden_mapping_in\.(\w+)", r"widen.\1"),
    Rule(rf"{LAYER}\.attention\.([qkv])\w+\.(\w+)", r"layer.attn.\1.\2"),
    Rule(rf"{LAYER}\.attention\.dense\.(\w+)", r"layer.attn.out.\1"),
    Rule(rf"{LAYER}\.attention\.LayerNorm\.(\w+)", r"layer.norm1.\1"),
    Rule(rf"{LAYER}\.ffn\.(\w+)", r"layer.mlp.up.\1"),
    Rule(rf"{LAYER}\.ffn_output\.(\w+)", r"layer.mlp.down.\1"),
    Rule(rf"{LAYER}\.full_layer_layer_norm\.(\w+)", r"layer.norm2.\1"),
    Rule(r"pooler\.(\w+)", r"pooler.\1"),
]


def reference(layers: int, d: int, h: int, w: int, c: int, vocab: int, context: int) -> Module:
    from transformers import AlbertConfig, AlbertModel

    config = AlbertConfig(
        num_hidden_layers=layers, hidden_size=d, num_attention_heads=h, intermediate_size=w,
        embedding_size=c, vocab_size=vocab, max_position_embeddings=context,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, pad_token_id=None,
    )  # fmt: skip
    return AlbertModel(config)


def call(module: Module, inputs: Inputs) -> object:
    words, segments = inputs
    found = module(input_ids=words, token_type_ids=segments)
    return found.last_hidden_state, found.pooler_output


def at(batch: int, tokens: int, **sizes: int) -> At:
    inputs = [indices(sizes["vocab"], batch, tokens), indices(2, batch, tokens)]
    return At(sizes, lambda: reference(**sizes), lambda: inputs, RULES)


CASE = Case(
    small=[at(2, 11, layers=3, d=24, h=3, w=40, c=10, vocab=97, context=32)],
    call=call,
    published=11_683_584,
    own=at(1, 48, layers=12, d=768, h=12, w=3072, c=128, vocab=30000, context=512),
    wide=at(2, 8, layers=2, d=240, h=3, w=480, c=120, vocab=997, context=256),
    speed=at(2, 128, layers=4, d=512, h=8, w=2048, c=128, vocab=4096, context=256),
)
