"""Rules for parts that many networks for images have: convolutions with their norms, gates, stages."""

from collections.abc import Iterator, Sequence

from torch import Tensor

from tests.references.harness import Rule


def flat(leaf: Tensor) -> Tensor:
    """A 1 x 1 convolution as the linear map that it is."""
    return leaf.flatten(1) if leaf.dim() == 4 else leaf


def conv_norm(conv: str, norm: str, ours: str) -> list[Rule]:
    """A convolution without bias and the batch normalisation behind it; names are regular expressions."""
    return [
        Rule(rf"{conv}\.weight", f"{ours}.conv.weight"),
        Rule(
            rf"{norm}\.(weight|bias|running_mean|running_var)",
            rf"{ours}.norm.\g<{groups(norm) + 1}>",
        ),
    ]


def groups(pattern: str) -> int:
    """How many groups a regular expression has that names of ours can speak of."""
    return pattern.count("(") - pattern.count("(?:") - pattern.count(r"\(")


def gate(theirs: str, ours: str, reduce: str, expand: str) -> list[Rule]:
    """A squeeze and excitation of two 1 x 1 convolutions or linear maps."""
    last = rf"\g<{groups(theirs) + 1}>"
    return [
        Rule(rf"{theirs}\.{reduce}\.(\w+)", f"{ours}.reduce.{last}", flat),
        Rule(rf"{theirs}\.{expand}\.(\w+)", f"{ours}.expand.{last}", flat),
    ]


def staged(
    depths: Sequence[int], theirs: str, stages_from: int = 0, blocks_from: int = 0
) -> Iterator[tuple[str, str]]:
    """Their and our prefix for each block of each `stage`; theirs has `{stage}` and `{block}`."""
    for stage, depth in enumerate(depths):
        for block in range(depth):
            place = "first" if block == 0 else f"rest.{block - 1}"
            prefix = theirs.format(stage=stage + stages_from, block=block + blocks_from)
            yield prefix, f"stages.{stage}.{place}"
