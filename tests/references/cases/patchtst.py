"""PatchTST against transformers."""

from torch.nn import Module

from catnn.api import Setting
from tests.references.case import At, Case, Inputs, reals
from tests.references.harness import Rule

LAYER = r"model\.encoder\.layers\.(\d+)"
RULES = [
    Rule(r"model\.encoder\.embedder\.input_embedding\.(\w+)", r"embed.\1"),
    Rule(r"model\.encoder\.positional_encoder\.position_enc", "position.weight"),
    Rule(rf"{LAYER}\.self_attn\.([qkv])_proj\.(\w+)", r"blocks.\1.attn.\2.\3"),
    Rule(rf"{LAYER}\.self_attn\.out_proj\.(\w+)", r"blocks.\1.attn.out.\2"),
    Rule(rf"{LAYER}\.norm_sublayer1\.batchnorm\.(\w+)", r"blocks.\1.norm1.\2"),
    Rule(rf"{LAYER}\.norm_sublayer3\.batchnorm\.(\w+)", r"blocks.\1.norm2.\2"),
    Rule(rf"{LAYER}\.ff\.0\.(\w+)", r"blocks.\1.mlp.up.\2"),
    Rule(rf"{LAYER}\.ff\.3\.(\w+)", r"blocks.\1.mlp.down.\2"),
    Rule(r"head\.projection\.(\w+)", r"head.\1"),
]


def reference(
    channels: int, t: int, ahead: int, p: int, stride: int, layers: int, d: int, h: int, w: int
) -> Module:
    from transformers import PatchTSTConfig, PatchTSTForPrediction

    config = PatchTSTConfig(
        num_input_channels=channels, context_length=t, prediction_length=ahead, patch_length=p,
        patch_stride=stride, num_hidden_layers=layers, d_model=d, num_attention_heads=h, ffn_dim=w,
        pre_norm=False, positional_encoding_type="random", pooling_type=None, do_mask_input=False,
    )  # fmt: skip
    return PatchTSTForPrediction(config)


def call(module: Module, inputs: Inputs) -> object:
    return module(past_values=inputs[0]).prediction_outputs


def at(batch: int, channels: int, **sizes: int) -> At:
    inputs = [reals(batch, sizes["t"], channels)]
    given: dict[str, Setting] = {**sizes}
    return At(given, lambda: reference(channels, **sizes), lambda: inputs, RULES)


CASE = Case(
    small=[
        at(2, 3, t=23, ahead=5, p=4, stride=3, layers=2, d=12, h=3, w=17),
        at(2, 1, t=8, ahead=2, p=2, stride=2, layers=1, d=4, h=2, w=5),
    ],
    call=call,
    published=908_768,
    own=at(4, 7, t=336, ahead=96, p=16, stride=8, layers=3, d=128, h=16, w=256),
    speed=at(4, 7, t=336, ahead=96, p=16, stride=8, layers=3, d=128, h=16, w=256),
)
