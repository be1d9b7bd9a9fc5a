"""CLIP against transformers: both towers, and the scores of all texts with all images."""

import torch
from torch import Tensor
from torch.nn import Module

from tests.references.case import At, Case, Inputs, indices, reals
from tests.references.harness import Rule

TOWERS = {"text": "text_model", "image": "vision_model"}
NORMS = {"1": "norm1", "2": "norm2"}
MAPS = {"q_proj": "q", "k_proj": "k", "v_proj": "v", "out_proj": "out"}

RULES = [
    Rule("logit_scale", "scale"),
    Rule(r"text_model\.embeddings\.token_embedding\.weight", "text.tokens.weight"),
    Rule(r"(?:text_model)\.embeddings\.position_embedding\.weight", "text.position"),
    Rule(r"(?:vision_model)\.embeddings\.position_embedding\.weight", "image.position"),
    Rule(r"vision_model\.embeddings\.class_embedding", "image.class_", lambda leaf: leaf[None]),
    Rule(r"vision_model\.embeddings\.patch_embedding\.weight", "image.patches.weight"),
    Rule(r"text_model\.final_layer_norm\.(\w+)", r"text.norm.\1"),
    Rule(r"vision_model\.pre_layrnorm\.(\w+)", r"image.norm0.\1"),
    Rule(r"vision_model\.post_layernorm\.(\w+)", r"image.norm.\1"),
    Rule(r"text_projection\.weight", "text.projection.weight"),
    Rule(r"visual_projection\.weight", "image.projection.weight"),
]
for ours, theirs in TOWERS.items():
    layers = rf"{theirs}\.encoder\.layers\.(\d+)"
    for number, norm in NORMS.items():
        RULES.append(Rule(rf"{layers}\.layer_norm{number}\.(\w+)", rf"{ours}.blocks.\1.{norm}.\2"))
    for their_map, our_map in MAPS.items():
        RULES.append(
            Rule(
                rf"{layers}\.self_attn\.{their_map}\.(\w+)", rf"{ours}.blocks.\1.attn.{our_map}.\2"
            )
        )
    for their_map, our_map in (("fc1", "up"), ("fc2", "down")):
        RULES.append(
            Rule(rf"{layers}\.mlp\.{their_map}\.(\w+)", rf"{ours}.blocks.\1.mlp.{our_map}.\2")
        )


def reference(**sizes: int) -> Module:
    from transformers import CLIPConfig, CLIPModel

    text = {
        "num_hidden_layers": sizes["layers"], "hidden_size": sizes["d"], "intermediate_size": 4 * sizes["d"],
        "num_attention_heads": sizes["h"], "vocab_size": sizes["vocab"],
        "max_position_embeddings": sizes["context"], "eos_token_id": sizes["vocab"] - 1,
        "projection_dim": sizes["o"], "bos_token_id": 0, "pad_token_id": 1,
    }  # fmt: skip
    vision = {
        "num_hidden_layers": sizes["image_layers"], "hidden_size": sizes["image_d"],
        "intermediate_size": 4 * sizes["image_d"], "num_attention_heads": sizes["image_h"],
        "patch_size": sizes["patch"], "image_size": sizes["size"], "projection_dim": sizes["o"],
    }  # fmt: skip
    return CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=sizes["o"]))


def call(module: Module, inputs: Inputs) -> object:
    """The scores of a single batch of texts and images."""
    texts, images = inputs
    return module(input_ids=texts, pixel_values=images).logits_per_text


def texts(count: int, length: int, vocab: int) -> Tensor:
    """Tokens with an end, the greatest token, at a place of each text."""
    found = indices(vocab - 1, count, length)
    ends = torch.arange(count) % (length - 1) + 1
    return found.scatter(1, ends[:, None], vocab - 1)


def at(count: int, images: int, length: int, **sizes: int) -> At:
    inputs = [texts(count, length, sizes["vocab"]), reals(images, 3, sizes["size"], sizes["size"])]
    return At(sizes, lambda: reference(**sizes), lambda: inputs, RULES)


SMALL = {
    "layers": 2, "d": 12, "h": 3, "vocab": 31, "context": 9,
    "image_layers": 1, "image_d": 10, "image_h": 2, "patch": 4, "size": 12, "o": 7,
}  # fmt: skip
BASE = {
    "layers": 12, "d": 512, "h": 8, "vocab": 49408, "context": 77,
    "image_layers": 12, "image_d": 768, "image_h": 12, "patch": 32, "size": 224, "o": 512,
}  # fmt: skip
CASE = Case(
    small=[at(5, 3, 7, **SMALL)],
    call=call,
    published=151_277_313,
    own=at(2, 1, 16, **BASE),
    speed=at(2, 2, 32, **(BASE | {"layers": 3, "image_layers": 3, "vocab": 1000})),
)
