"""Loops: blocks with leaves of their own, one set of leaves, states kept, sequences, captures."""

import pytest
import torch
from torch import Tensor
from torch.nn import Module

import catnn
from tests.references.harness import redraw

pytestmark = pytest.mark.torch


def built(text: str, name: str = "m", **sizes: int) -> Module:
    module = catnn.loads(text)[name].bind(**sizes).torch().double()
    redraw(module, 5)
    return module


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def leaf(module: Module, path: str) -> Tensor:
    return dict(module.named_parameters())[path]


def affine(module: Module, path: str, x: Tensor) -> Tensor:
    return x @ leaf(module, f"{path}.weight").T + leaf(module, f"{path}.bias")


def same(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-11)


def test_repeat_has_leaves_of_its_own_in_each_turn() -> None:
    module = built("model m : [4] -> [4] = repeat[3] (linear[4] >> tanh)")
    x = y = drawn(2, 4)
    for k in range(3):
        y = affine(module, f"repeat.{k}", y).tanh()
    same(module(x), y)


def test_nested_repeats() -> None:
    text = "model m : [4] -> [4] = repeat[2] (linear[4] as a >> repeat[3] linear[4] as b) as outer"
    module = built(text)
    x = y = drawn(2, 4)
    for k in range(2):
        y = affine(module, f"outer.{k}.a", y)
        for j in range(3):
            y = affine(module, f"outer.{k}.b.{j}", y)
    same(module(x), y)


def test_nested_repeats_without_leaves_between() -> None:
    module = built("model m : [4] -> [4] = repeat[2] repeat[2] linear[4]")
    x = y = drawn(2, 4)
    assert len(list(module.parameters())) == 8
    for group in range(2):
        for turn in range(2):
            names = [n for n, _ in module.named_parameters() if n.endswith("weight")]
            y = affine(module, names[2 * group + turn].removesuffix(".weight"), y)
    same(module(x), y)


def test_trail_keeps_every_state() -> None:
    module = built("model m : [n, 4] -> [4, n, 4] = trail[3] linear[4]")
    x = drawn(2, 5, 4)
    states = [x]
    for k in range(3):
        states.append(affine(module, f"linear.{k}", states[-1]))
    same(module(x), torch.stack(states, 1))


def test_iterate_has_one_set_of_leaves() -> None:
    module = built("model m : [4] -> [4] = iterate[3] (linear[4] as f >> tanh)")
    (path,) = [n.removesuffix(".weight") for n, _ in module.named_parameters() if "weight" in n]
    x = y = drawn(2, 4)
    for _ in range(3):
        y = affine(module, path, y).tanh()
    same(module(x), y)


def test_iterate_with_its_index() -> None:
    module = built("model m : [4] -> [4] = x => x >> iterate[4] ((i, s) => s + real(i) * x)")
    x = drawn(2, 4)
    same(module(x), x * (1 + 0 + 1 + 2 + 3))


def test_iterate_over_a_table_by_its_index() -> None:
    text = "model m : [4] -> [4] = x => param w : [3, 4] ~ normal; x >> iterate[3] ((i, s) => tanh(s + w(i)))"
    module = built(text)
    x = y = drawn(2, 4)
    for row in leaf(module, "w"):
        y = torch.tanh(y + row)
    same(module(x), y)


def test_loops_without_leaves() -> None:
    module = built("model m : [4] -> [4] = repeat[3] (sin >> square)")
    x = y = drawn(2, 4)
    for _ in range(3):
        y = y.sin().square()
    same(module(x), y)
    assert "for " in catnn.loads("model m : [4] -> [4] = repeat[3] (sin >> square)")["m"].emit()


def test_scan_along_a_run_time_axis() -> None:
    text = """
    morph cell[h] : ([h], [d]) -> ([h], [h]) = (s, x) =>
      let y = tanh(linear[h](x) as a + linear[h, bias = false](s) as b); (y, 2 * y)
    model m[h = 3] : ([h], [t, 4]) -> ([h], [t, h]) = scan cell[h]
    """
    module = built(text)
    s, xs = drawn(2, 3), drawn(2, 6, 4)
    last, outputs = module(s, xs)
    a = next(n for n, _ in module.named_parameters() if n.endswith("a.weight"))
    rows = []
    for x in xs.unbind(1):
        inner = s @ leaf(module, a.replace("a.weight", "b.weight")).T
        s = torch.tanh(affine(module, a.removesuffix(".weight"), x) + inner)
        rows.append(2 * s)
    same(last, s)
    same(outputs, torch.stack(rows, 1))


def test_a_block_reads_what_stands_outside() -> None:
    """A value, a shared instance and a table: one of each, whatever the number of turns."""
    text = """
    model m : [4] -> [4] = x =>
      param scale : [4] ~ normal;
      share f = linear[4];
      let start = tanh(x);
      x >> repeat[3] (y => linear[4](f(y)) * scale + start) as blocks
    """
    module = built(text)
    x = y = drawn(2, 4)
    for k in range(3):
        inner = affine(module, "f", y)
        y = affine(module, f"blocks.{k}", inner) * leaf(module, "scale") + x.tanh()
    same(module(x), y)
    assert sum(p.numel() for p in module.parameters()) == 4 + 20 * 4


def test_what_does_not_change_is_computed_before_the_loop() -> None:
    text = "model m : [4] -> [4] = x => let c = exp(x); x >> repeat[2] (y => linear[4](y) + sin(c))"
    source = catnn.loads(text)["m"].emit()
    run = source[source.index("def run(") :]
    assert run.index("torch.sin") < run.index("for block")
    assert source.count("torch.sin") == 1


def test_copies_are_stacked() -> None:
    """One batched product; each copy has its own convolution and norm too."""
    module = built("model m : [3, 5] -> [3, 2] = copies[3] (layernorm as norm >> linear[2] as f)")
    assert leaf(module, "f.weight").shape == (3, 2, 5)
    x = drawn(2, 3, 5)
    rows = []
    for k in range(3):
        own = torch.nn.functional.layer_norm(
            x[:, k], (5,), leaf(module, "norm.weight")[k], leaf(module, "norm.bias")[k]
        )
        rows.append(own @ leaf(module, "f.weight")[k].T + leaf(module, "f.bias")[k])
    same(module(x), torch.stack(rows, 1))


def test_copies_of_convolutions_and_group_norms() -> None:
    text = "model m : [2, 4, 6, 6] -> [2, 4, 4, 4] = copies[2] (conv[4, 3] as conv >> groupnorm[2] as norm)"
    module = built(text)
    x = drawn(3, 2, 4, 6, 6)
    rows = []
    for k in range(2):
        y = torch.nn.functional.conv2d(
            x[:, k], leaf(module, "conv.weight")[k], leaf(module, "conv.bias")[k]
        )
        own = leaf(module, "norm.weight")[k], leaf(module, "norm.bias")[k]
        rows.append(torch.nn.functional.group_norm(y, 2, *own))
    same(module(x), torch.stack(rows, 1))


def test_repeats_of_copies() -> None:
    module = built("model m : [3, 4] -> [3, 4] = repeat[2] (copies[3] linear[4]) as blocks")
    x = y = drawn(2, 3, 4)
    for k in range(2):
        weight, bias = leaf(module, f"blocks.{k}.weight"), leaf(module, f"blocks.{k}.bias")
        y = torch.einsum("bci,coi->bco", y, weight) + bias
    same(module(x), y)


def test_a_turn_reads_rounded_sizes_off_its_input() -> None:
    """Behind a stride the axes are rounded sizes; the turn needs them to split its pixels again."""
    text = """
morph pooled : [c, h, w] -> [c, h, w] = x =>
  let weights = softmax({h w -> (h w)}(mean{[c] h w}(x)));
  x + {c -> c h w}({c h w, (h w) -> c}(x, weights) >> linear[c])
model m : [4, h, w] -> [4, (h + 1) // 2, (w + 1) // 2] = maxpool[3, 2, 1] >> repeat[2] pooled
"""
    module = built(text)
    x = drawn(2, 4, 7, 10)
    y = torch.nn.functional.max_pool2d(x, 3, 2, 1)
    for turn in range(2):
        weights = y.mean(1).flatten(1).softmax(1)
        gathered = (y.flatten(2) * weights[:, None]).sum(-1)
        y = y + affine(module, f"pooled.{turn}.linear", gathered)[..., None, None]
    torch.testing.assert_close(module(x), y)
