"""Parts that lie deep get names, where a statement at the margin first needs them."""

import pytest
import torch

import catnn
from catnn_torch.aliases import aliased
from catnn_torch.naming import Line

pytestmark = pytest.mark.torch

DEEP = "self." + ".".join("abcdefghi")


def texts(*lines: tuple[int, str]) -> list[str]:
    found = aliased([Line(indent, text) for indent, text in lines])
    return ["  " * line.indent + line.text for line in found]


def test_short_paths_stay() -> None:
    assert texts((0, "x = f(self.a.b[0].weight)")) == ["x = f(self.a.b[0].weight)"]


def test_a_name_stands_before_the_branch_that_needs_it() -> None:
    assert texts(
        (0, "if training:"), (1, f"x = {DEEP}.weight"), (0, "else:"), (1, f"x = {DEEP}.bias"),
        (0, f"y = {DEEP}.more.weight"),
    ) == [
        "g_2 = self.a.b.c.d.e.f.g",
        "if training:", "  x = g_2.h.i.weight", "else:", "  x = g_2.h.i.bias",
        "y = g_2.h.i.more.weight",
    ]  # fmt: skip


def test_names_are_not_taken_twice() -> None:
    assert texts((0, f"g_2 = {DEEP}.weight"))[0] == "g_3 = self.a.b.c.d.e.f.g"


def test_a_deep_recursion_computes_the_same() -> None:
    text = """
morph deep[n] : [d] -> [d] = if n == 0 then id else (linear[d] >> tanh) as first >> deep[n - 1] as rest
model m : [4] -> [4] = deep[12]
"""
    model = catnn.loads(text)["m"]
    assert "rest_2 = " in model.emit()
    modules = [model.torch(seed=1, optimise=flag) for flag in (True, False)]
    x = torch.randn(3, 4)
    torch.testing.assert_close(modules[0](x), modules[1](x))
    compiled = torch.compile(modules[0], fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), modules[0](x))
