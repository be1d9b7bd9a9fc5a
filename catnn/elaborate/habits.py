"""What users of other libraries write, and what it is here."""

HABITS = {
    "view": "split and permute axes by a pattern: `{n (h e) -> h n e}`",
    "reshape": "split and permute axes by a pattern: `{n (h e) -> h n e}`",
    "rearrange": "patterns are terms of the language: `{n (h e) -> h n e}`",
    "transpose": "permute axes by a pattern: `{n m -> m n}`",
    "permute": "permute axes by a pattern: `{n m -> m n}`",
    "flatten": "merge axes by a pattern: `{c h w -> (c h w)}`",
    "einsum": "a contraction is a pattern: `{n e, m e -> n m}(q, k)`",
    "matmul": "a contraction is a pattern: `{n k, k m -> n m}(a, b)`",
    "cat": "join axes by a pattern `{n p, n q -> n (p + q)}(a, b)`, or `concat(a, b)`",
    "sequential": "compose with `>>`",
    "conv2d": "the two-dimensional convolution is `conv[o, k]`",
    "convtranspose2d": "the transposed convolution is `conv_transpose[o, k]`",
    "max_pool": "pooling is `maxpool[k]`",
    "maxpool2d": "pooling is `maxpool[k]`",
    "avg_pool": "pooling is `avgpool[k]`",
    "avgpool2d": "pooling is `avgpool[k]`; `inner_avgpool[k]` leaves out what is outside",
    "batchnorm2d": "batch normalisation of images is `batchnorm`",
    "instancenorm2d": "instance normalisation of images is `instancenorm`",
    "interpolate": "another size is `resize[h, w]`, `resize_bicubic`, `resize_nearest` or `resize_area`",
    "zeropad2d": "zeros around an image are `pad[n]`",
    "reflectionpad2d": "it is `reflect_pad[n]`",
    "replicationpad2d": "it is `replicate_pad[n]`",
    "spectral_norm": "the layers are `spectralnorm_linear[o]` and `spectralnorm_conv[o, k]`",
    "weight_norm": "the layers are `weightnorm_linear[o]`, `weightnorm_conv1d[o, k]` and `weightnorm_conv[o, k]`",
    "self": "parameters belong to the factor that declares them: leave out `self.`",
    "lambda": "a lambda is `x => ..`",
    "nn": "layers are morphisms of the library: `linear[64]`, `conv[16, 3]`, `layernorm`",
    "torch": "functions are morphisms of the library: `exp`, `softmax`, `mean{n [d]}`",
    "f": "functions are morphisms of the library: `relu`, `softmax`, `cross_entropy`",
    "unsqueeze": "add an axis by a pattern: `{d -> 1 d}`",
    "squeeze": "drop an axis of size 1 by a pattern: `{1 d -> d}`",
    "expand": "repeat along a new axis by a pattern: `{d -> n d}[n = 4]`",
    "stack": "values are stacked by `[a, b]`",
    "bmm": "a contraction is a pattern: `{b n k, b k m -> b n m}(a, b)`",
    "size": "sizes are names of the signature: `x : [n, d]`",
    "shape": "sizes are names of the signature: `x : [n, d]`",
    "none": "there is no missing value: leave the argument out, or choose by `if` in a bracket",
    "detach": "let no gradient pass by `stop(x)`",
    "contiguous": "leave it out: how values lie in memory is not said",
    "clone": "leave it out: values never change",
    "to": "leave it out: devices and precision are chosen where the module is built",
    "cuda": "leave it out: devices are chosen where the module is built",
    "item": "a value of the run stays a value: use it as it is",
    "chunk": "cut an axis by a pattern: `{n (p + q) -> n p, n q}[p = 2]`",
    "split": "cut an axis by a pattern: `{n (p + q) -> n p, n q}[p = 2]`",
    "where": "choose between values by `select(condition, a, b)`",
    "modulelist": "layers in a row are `repeat[n] f`, or `(>> i < n) f[i]`",
    "t": "permute axes by a pattern: `{n m -> m n}`",
}
"""Functions, modules and methods."""

TYPES = dict.fromkeys(
    ("tensor", "float", "float32", "real", "double"), "real numbers need no word: `[n, d]`"
) | {
    "long": "whole numbers are `int[n]`, indices `ix(v)[n]`",
    "token": "indices into `v` elements are `ix(v)[n]`",
    "str": 'a text is an argument by its default: `[norm = "pre"]`',
}

AXIS_WORDS = ("dim", "axis", "keepdim", "keepdims", "dims")
AXES_BY_NAME = "put brackets around the axes that it acts on, by name: `softmax{n [m]}(x)`"

ARGUMENTS = {
    "kernel_size": ("k",),
    "padding": ("pad",),
    "out_channels": ("o",),
    "out_features": ("o",),
    "heads": ("h",),
    "num_heads": ("h",),
    "n_heads": ("h",),
    "nhead": ("h",),
    "is_causal": ("causal",),
    "use_bias": ("bias",),
    "num_groups": ("groups",),
    "num_embeddings": ("v",),
    "embedding_dim": ("d",),
    "hidden": ("w", "h"),
    "hidden_dim": ("w", "h"),
    "hidden_size": ("h",),
    "activation": ("act",),
    "epsilon": ("eps",),
    "weight_init": ("init",),
}
"""Bracket arguments by the names that they have elsewhere."""

FOUND = (
    "in_features",
    "in_channels",
    "input_size",
    "normalized_shape",
    "num_features",
    "embed_dim",
)
"""Sizes of an input, which are never given."""


def argument_help(name: str, known: list[str]) -> str | None:
    """What a bracket argument is called here."""
    if name in AXIS_WORDS:
        return AXES_BY_NAME
    if name in FOUND:
        return "leave it out: the sizes of its input are found from the input"
    found = [other for other in ARGUMENTS.get(name, ()) if other in known]
    return f"it is called `{found[0]}`" if found else None
