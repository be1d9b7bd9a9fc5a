"""Paths of parameters as Python attribute expressions."""

from collections.abc import Sequence

from catnn.ir.terms import Segment

TAKEN = ("F", "Part", "ShapeError", "IndexRangeError")
"""Names at the top of an emitted file that look like a class of a model."""


def attribute(base: str, path: Sequence[Segment]) -> str:
    """`self.stages[0].conv.weight`; no name is a word of Python."""
    text = base
    for step in path:
        name = str(step)
        text = f"{text}[{name}]" if name.isdigit() else f"{text}.{name}"
    return text


def assignment(base: str, name: str, value: str) -> str:
    """The statement that sets an attribute of that name, or an item of that number."""
    return f"{attribute(base, (name,))} = {value}"


def class_name(name: str) -> str:
    """`resnet50` as `Resnet50`, `two_tower` as `TwoTower`; `f` as `FModel`, for `F` is taken."""
    text = "".join(part[:1].upper() + part[1:] for part in name.split("_") if part) or "Model"
    return f"{text}Model" if text in TAKEN else text
