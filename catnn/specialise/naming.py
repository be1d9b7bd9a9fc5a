"""Where parameters live: a tree of factors, named when the whole program is known.

`as` on a body with exactly one parametrised factor names that factor; unnamed
factors are called by their head, `linear`, `linear_2`; `repeat` and big
operators add an index. A factor without parameters has no name.
"""

from keyword import iskeyword
from typing import TYPE_CHECKING

from attrs import define, field

from catnn.types.dims import Symbol

if TYPE_CHECKING:
    from catnn.ir.terms import Leaf

Segment = str | Symbol


@define(eq=False)
class Factor:
    """A factor of the program. `index` is the loop symbol of a repeated one."""

    base: str
    parent: "Factor | None" = None
    index: Symbol | None = None
    collapses: bool = False
    children: list["Factor"] = field(factory=list)
    leaves: list[tuple[str, "Leaf"]] = field(factory=list)
    cursor: int = 0
    leaf_cursor: int = 0

    def rewind(self) -> None:
        """Begin (again) to run the factor: its parts are met in the same order each time."""
        self.cursor = 0
        self.leaf_cursor = 0

    def enter(self, base: str, collapses: bool = False, index: Symbol | None = None) -> "Factor":
        """The next part of this factor."""
        if self.cursor < len(self.children):
            child = self.children[self.cursor]
        else:
            child = Factor(base, self, index, collapses)
            self.children.append(child)
        self.cursor += 1
        child.rewind()
        return child

    @property
    def turns(self) -> frozenset[Symbol]:
        """The loops in whose turns this is another factor."""
        above = frozenset[Symbol]() if self.parent is None else self.parent.turns
        return above if self.index is None else above | {self.index}

    @property
    def has_leaves(self) -> bool:
        return bool(self.leaves) or any(child.has_leaves for child in self.children)


def name_leaves(root: Factor) -> dict["Leaf", tuple[Segment, ...]]:
    """The path of every leaf."""
    paths: dict[Leaf, tuple[Segment, ...]] = {}
    _name(root, (), paths, {})
    return paths


def name_factors(root: Factor) -> dict[int, tuple[Segment, ...]]:
    """The path of every factor, by identity; one without leaves belongs to what holds it."""
    factors: dict[int, tuple[Segment, ...]] = {}
    _name(root, (), {}, factors)
    _inherit(root, (), factors)
    return factors


def _inherit(
    factor: Factor, path: tuple[Segment, ...], factors: dict[int, tuple[Segment, ...]]
) -> None:
    own = factors.setdefault(id(factor), path)
    for child in factor.children:
        _inherit(child, own, factors)


def _name(
    factor: Factor,
    path: tuple[Segment, ...],
    paths: dict["Leaf", tuple[Segment, ...]],
    factors: dict[int, tuple[Segment, ...]],
) -> None:
    factors[id(factor)] = path
    used: dict[str, int] = {}
    for name, leaf in factor.leaves:
        paths[leaf] = (*path, _unique(name, used))
    inner = [child for child in factor.children if child.has_leaves]
    sole = len(inner) == 1 and not factor.leaves
    for child in inner:
        if child.index is not None:
            _name(child, (*path, child.index), paths, factors)
        elif factor.collapses and sole and not (factor.index is not None and _is_repeated(child)):
            _name(child, path, paths, factors)
        else:
            _name(child, (*path, _unique(child.base, used)), paths, factors)


def _is_repeated(factor: Factor) -> bool:
    """Whether a factor holds turns or stages: below another loop's turn it keeps its name."""
    return any(child.index is not None or child.base.isdigit() for child in factor.children)


_MEMBERS = """
    T_destination add_module apply aux bfloat16 buffers call_super_init check children
    compile cpu cuda double dump_patches eval extra_repr float forward get_buffer
    get_extra_state get_parameter get_submodule half ipu load_state_dict modules mtia
    named_buffers named_children named_modules named_parameters parameters
    register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
    register_parameter register_state_dict_post_hook register_state_dict_pre_hook
    requires_grad_ reset_parameters run set_extra_state set_submodule share_memory
    state_dict to to_empty train training type xpu zero_grad
"""
TAKEN = frozenset(_MEMBERS.split())
"""What a module calls its own members: a factor or leaf of such a name gets a `_` behind it.

So does one that is called by a word of Python: torch.export writes `self.class` as it stands.
"""


def _unique(base: str, used: dict[str, int]) -> str:
    if base in TAKEN or iskeyword(base):
        base = f"{base}_"
    used[base] = used.get(base, 0) + 1
    return base if used[base] == 1 else f"{base}_{used[base]}"
