"""What a primitive is: a row of the tables in this folder."""

from collections.abc import Iterable
from typing import TypeAlias

from attrs import field, frozen


def _tags(tags: Iterable[str]) -> frozenset[str]:
    return frozenset(tags)


Ports: TypeAlias = tuple[tuple[int, ...], ...]


@frozen
class Primitive:
    """`signature` is a header of the language without the word `morph`."""

    name: str
    signature: str
    doc: str
    tags: frozenset[str] = field(default=frozenset(), converter=_tags)
    source: str = ""

    @property
    def linear_in(self) -> Ports:
        """Groups of ports: it is linear in those of a group jointly, the others being fixed."""
        return LINEAR_IN.get(self.name, ((0,),) if "linear" in self.tags else ())


LINEAR_IN: dict[str, Ports] = {
    "add": ((0, 1),),
    "sub": ((0, 1),),
    "mul": ((0,), (1,)),
    "div": ((0,),),
    "select": ((1, 2),),
    "stop": ((0,),),
    **dict.fromkeys(("convolve1d", "convolve2d", "convolve3d"), ((0,), (1,))),
    **dict.fromkeys([f"convolve{n}d_adjoint" for n in (1, 2, 3)], ((0,), (1,))),
    **dict.fromkeys(
        [f"convolve{n}d{end}" for n in (1, 2, 3) for end in ("_bias", "_adjoint_bias")],
        ((0, 2), (1, 2)),
    ),
    **dict.fromkeys(("layer_norm", "group_norm"), ((1, 2),)),
    "rms_norm": ((1,),),
    "scaled_dot_product_attention": ((2,),),
    "masked_attention": ((2,),),
    "biased_attention": ((2,),),
    "push_sum": ((1,),),
    "push_mean": ((1,),),
}
"""Where linearity is not in the first port alone. `mul` is linear in each port, not in both."""
