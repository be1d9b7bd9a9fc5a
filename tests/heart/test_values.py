"""Small programs of every construct against torch written by hand, in float64."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import pytest
import torch
from attrs import frozen
from torch import Tensor

import catnn
from tests.heart.running import default_float64, in_float64, leaves

pytestmark = pytest.mark.torch

Parameters: TypeAlias = Mapping[str, Tensor]
"""The leaves of the module by name."""

N, D = 4, 3
X = torch.randn(N, D, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
Y = torch.randn(N, D, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
V = torch.randn(D, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
C = torch.randn(2, N, D, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
I = torch.tensor([2, 0, 1, 1, 3])  # noqa: E741
LIN = "linear[3]"


@frozen
class Case:
    text: str
    inputs: tuple[Tensor, ...]
    due: Callable[..., object]
    """The result from the inputs and the module's leaves."""
    sizes: Mapping[str, int] = {}


def model(text: str, *inputs: Tensor, due: Callable[..., object], **sizes: int) -> Case:
    return Case(text, inputs, due, sizes)


def affine(x: Tensor, p: Parameters, name: str = "linear") -> Tensor:
    return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def running(x: Tensor, p: Parameters, names: list[str]) -> list[Tensor]:
    states = [x]
    for name in names:
        states.append(affine(states[-1], p, name))
    return states


def scanned(s: Tensor, xs: Tensor) -> tuple[Tensor, Tensor]:
    outputs = []
    for x in xs:
        s, y = torch.tanh(s + x), s * x
        outputs.append(y)
    return s, torch.stack(outputs)


def iterated(x: Tensor, count: int, step: Callable[[int, Tensor], Tensor]) -> Tensor:
    for i in range(count):
        x = step(i, x)
    return x


CASES = {
    # composition
    "then": model(f"model m : [n, 3] -> [n, 3] = {LIN} >> tanh", X, due=lambda x, p: affine(x, p).tanh()),
    "fan": model("model m : [n, d] -> ([n, d], [n, d]) = tanh & neg", X, due=lambda x, p: (x.tanh(), -x)),
    "par": model("model m : ([n, d], [d]) -> ([n, d], [d]) = tanh | neg", X, V, due=lambda x, v, p: (x.tanh(), -v)),
    "dup and swap": model("model m : ([d], [n, d]) -> ([n, d], [d]) = swap", V, X, due=lambda v, x, p: (x, v)),
    "sum of morphisms": model("model m : [n, d] -> [n, d] = id + tanh", X, due=lambda x, p: x + x.tanh()),
    "difference": model("model m : [n, d] -> [n, d] = id - tanh", X, due=lambda x, p: x - x.tanh()),
    "product": model("model m : [n, d] -> [n, d] = (neg >> sigmoid) * id", X, due=lambda x, p: (-x).sigmoid() * x),
    "quotient": model("model m : [n, d] -> [n, d] = tanh / exp", X, due=lambda x, p: x.tanh() / x.exp()),
    "negation": model("model m : [n, d] -> [n, d] = -tanh", X, due=lambda x, p: -x.tanh()),
    "const": model("model m : [n, d] -> [n, d] = tanh + const[2.5]", X, due=lambda x, p: x.tanh() + 2.5),
    "own types, then lifted": model(
        "model m : [n, d] -> [n, d] = softmax * mean{[d]}", X, due=lambda x, p: x.softmax(-1) * x.mean(-1, keepdim=True)),
    "precedence": model("model m : [n, d] -> [n, d] = id + tanh >> neg", X, due=lambda x, p: -(x + x.tanh())),
    # values
    "arithmetic": model(
        "model m : ([n, d], [d]) -> [n, d] = (x, v) => (x + v) * 2 - x / 4 + v ^ 2", X, V,
        due=lambda x, v, p: (x + v) * 2 - x / 4 + v**2),
    "min and max": model(
        "model m : ([n, d], [d]) -> [n, d] = (x, v) => max(min(x, v), 0)", X, V,
        due=lambda x, v, p: torch.minimum(x, v).clamp(min=0)),
    "max of all": model("model m : [n, d] -> [] = x => max(x) - min(x)", X, due=lambda x, p: x.max() - x.min()),
    "select": model(
        "model m : ([n, d], [n, d]) -> [n, d] = (x, y) => select(x < y, x, 2 * y)", X, Y,
        due=lambda x, y, p: torch.where(x < y, x, 2 * y)),
    "prefix leads": model(
        "morph f : ([d], []) -> [d] = (x, a) => a * x\nmodel m : ([n, d], [n]) -> [n, d] = f", X, X[:, 0],
        due=lambda x, a, p: a[:, None] * x),
    "tuples add": model(
        "model m : ([n, d], [d]) -> ([n, d], [d]) = (x, v) => (x, v) + (x, 2 * v)", X, V, due=lambda x, v, p: (2 * x, 3 * v)),
    "record and field": model(
        "model m : [n, d] -> [n, d] = x => let r = (a = x, b = tanh(x)); r.b - r.a", X, due=lambda x, p: x.tanh() - x),
    "let of a pair": model(
        "model m : [n, d] -> [n, d] = x => let (a, b) = (tanh(x), x); a * b", X, due=lambda x, p: x.tanh() * x),
    "shadowing": model(
        "model m : [d] -> [d] = x => let x = x + 1; let x = x * 2; x", V, due=lambda x, p: (x + 1) * 2),
    # indices
    "lookup": model("model m : ([n, d], ix(n)[k]) -> [k, d] = (x, i) => x(i)", X, I, due=lambda x, i, p: x[i]),
    "lookup on the right": model("model m : ([n, d], ix(n)[k]) -> [k, d] = (x, i) => i >> x", X, I, due=lambda x, i, p: x[i]),
    "pairs of indices": model(
        "model m : ([n, n], ix(n)[k]) -> [k] = (x, i) => x(i, i)", X @ Y.T, I, due=lambda x, i, p: x[i, i]),
    "index of a result": model("model m : [4, 3] -> [] = x => x(2)(1)", X, due=lambda x, p: x[2, 1]),
    "two numbers": model("model m : [4, 3] -> [] = x => x(2, 1)", X, due=lambda x, p: x[2, 1]),
    "index and number": model("model m : ([n, 3], ix(n)[k]) -> [k] = (x, i) => x(i, 1)", X, I, due=lambda x, i, p: x[i, 1]),
    "table": model(
        "model m : [n, d] -> [n, n] = x => [sum(x(i) * x(j)) for i < n, j < n]", X, due=lambda x, p: x @ x.T),
    "table of numbers": model(
        "model m : [n, d] -> [n, d] = x => [real(2 * i + j) for i < n, j < d] * x", X,
        due=lambda x, p: (2 * torch.arange(4.0)[:, None] + torch.arange(3.0)) * x),
    "table of comparisons": model(
        "model m : [n, n] -> [n, n] = x => select([i < j for i < n, j < n], x, 0 * x)", X @ Y.T, due=lambda x, p: x.triu(1)),
    "stack": model("model m : [n, d] -> [2, n, d] = x => [x, tanh(x)]", X, due=lambda x, p: torch.stack([x, x.tanh()])),
    "embedding": model("model m : ix(5)[k] -> [k, 3] = embedding[5, 3]", I, due=lambda i, p: p["embedding.weight"][i]),
    "one_hot": model("model m : ix(5)[k] -> [k, 5] = one_hot[5]", I, due=lambda i, p: torch.eye(5, dtype=torch.float64)[i]),
    "argmax": model("model m : [n, d] -> ([n], ix(d)[n]) = argmax", X, due=lambda x, p: tuple(x.max(-1))),
    "sort": model("model m : [n, d] -> ([n, d], ix(d)[n, d]) = sort", X, due=lambda x, p: tuple(x.sort(-1))),
    "top": model("model m : [n, 3] -> ([n, 2], ix(3)[n, 2]) = top[2]", X, due=lambda x, p: tuple(x.topk(2))),
    # patterns
    "permute": model("model m : [n, d] -> [d, n] = {a b -> b a}", X, due=lambda x, p: x.T),
    "merge": model("model m : [2, n, d] -> [n, 2 * d] = {h n d -> n (h d)}", C, due=lambda x, p: x.permute(1, 0, 2).flatten(1)),
    "split": model(
        "model m : [4, d] -> [2, d, 2] = {(h k) d -> h d k}[h = 2]", X, due=lambda x, p: x.reshape(2, 2, 3).transpose(1, 2)),
    "split a sum": model(
        "model m : [n, 3] -> ([n, 1], [n, 2]) = {n (a + b) -> n a, n b}[a = 1]", X, due=lambda x, p: (x[:, :1], x[:, 1:])),
    "join": model(
        "model m : ([n, d], [n, d]) -> [n, 2 * d] = {n a, n b -> n (a + b)}", X, Y, due=lambda x, y, p: torch.cat([x, y], 1)),
    "join in front": model(
        "model m : ([n, d], [n, d]) -> [2 * n, d] = {a d, b d -> (a + b) d}", X, Y, due=lambda x, y, p: torch.cat([x, y])),
    "concat": model("model m : ([n, d], [n, d]) -> [n, 2 * d] = concat", X, Y, due=lambda x, y, p: torch.cat([x, y], 1)),
    "contraction": model(
        "model m : ([n, d], [n, d]) -> [n, n] = {n e, m e -> n m}", X, Y, due=lambda x, y, p: x @ y.T),
    "contraction of three": model(
        "model m : ([n, d], [n, d], [d]) -> [n] = {n e, m e, f -> n}", X, Y, V,
        due=lambda x, y, v, p: torch.einsum("ne,me,f->n", x, y, v)),
    "contraction of four": model(
        "model m : ([n, d], [n, d], [d], [d]) -> [n, d] = {n e, m e, e, f -> m f}", X, Y, V, V,
        due=lambda x, y, v, w, p: torch.einsum("ne,me,e,f->mf", x, y, v, w)),
    "outer product": model("model m : ([n, d], [d]) -> [n, d, d] = {n d, e -> n d e}", X, V, due=lambda x, v, p: x[..., None] * v),
    "diagonal": model("model m : [n, n] -> [n] = {n n -> n}", X @ Y.T, due=lambda x, p: x.diagonal()),
    "trace": model("model m : [n, n] -> [] = {n n -> n} >> sum", X @ Y.T, due=lambda x, p: x.trace()),
    "repeat an axis": model("model m : [d] -> [d, 5] = {d -> d k}[k = 5]", V, due=lambda x, p: x[:, None].expand(3, 5)),
    "literal axis": model("model m : [n, d] -> [n, 1, d] = {n d -> n 1 d}", X, due=lambda x, p: x[:, None]),
    "drop a literal axis": model("model m : [n, d] -> [n, d] = {n d -> n 1 d} >> {n 1 d -> n d}", X, due=lambda x, p: x),
    # on axes
    "mean of axes": model("model m : [2, n, d] -> [2] = mean{c [h w]}", C, due=lambda x, p: x.mean((1, 2))),
    "softmax on an axis": model("model m : [2, n, d] -> [2, n, d] = softmax{h [n] m}", C, due=lambda x, p: x.softmax(1)),
    "layer on an axis": model(
        "model m : [2, 4, d] -> [2, 5, d] = linear[5]{h [n] m}", C,
        due=lambda x, p: affine(x.transpose(1, 2), p).transpose(1, 2)),
    "general form": model(
        "morph dot : ([n, e], [m, e]) -> [n, m] = {n e, m e -> n m}\n"
        "model m : ([n, 2, d], [k, 2, d]) -> [2, n, k] = dot{[n] h [e], [m] h [e] -> h [n] [m]}",
        C.transpose(0, 1), C.transpose(0, 1),
        due=lambda x, y, p: torch.einsum("nhe,mhe->hnm", x, y)),
    "result placed": model(
        "model m : [2, n, d] -> [d, 2, n] = softmax{h [n] m -> m h [n]}", C, due=lambda x, p: x.softmax(1).permute(2, 0, 1)),
    # loops
    "repeat": model(
        f"model m : [n, 3] -> [n, 3] = repeat[3] {LIN}", X,
        due=lambda x, p: running(x, p, ["linear.0", "linear.1", "linear.2"])[-1]),
    "repeat at no times": model(f"model m : [n, 3] -> [n, 3] = repeat[0] {LIN}", X, due=lambda x, p: x),
    "trail": model(
        f"model m : [n, 3] -> [3, n, 3] = trail[2] {LIN}", X,
        due=lambda x, p: torch.stack(running(x, p, ["linear.0", "linear.1"]))),
    "iterate": model(
        f"model m : [n, 3] -> [n, 3] = iterate[3] {LIN}", X, due=lambda x, p: running(x, p, ["linear"] * 3)[-1]),
    "iterate with its index": model(
        "model m : [n, d] -> [n, d] = iterate[3] ((i, x) => tanh(x) * real(i + 1))", X,
        due=lambda x, p: iterated(x, 3, lambda i, y: y.tanh() * (i + 1))),
    "iterate looks up": model(
        "model m : ([n, d], [d]) -> [d] = (x, v) => v >> iterate[n] ((i, s) => tanh(s + x(i)))", X, V,
        due=lambda x, v, p: iterated(v, 4, lambda i, s: torch.tanh(s + x[i])), n=4),
    "copies": model(
        "model m : [4, 3] -> [4, 5] = copies[4] linear[5]", X,
        due=lambda x, p: torch.einsum("ni,noi->no", x, p["linear.weight"]) + p["linear.bias"]),
    "copies of a repeat": model(
        "model m : [4, 3] -> [4, 3] = copies[4] (repeat[2] linear[3])", X,
        due=lambda x, p: iterated(x, 2, lambda i, y: torch.einsum(
            "ni,noi->no", y, p[f"linear.{i}.weight"]) + p[f"linear.{i}.bias"])),
    "copies of a convolution": model(
        "model m : [b, 2, 4, 3] -> [b, 2, 5, 3] = copies[2] conv1d[5, 3, pad = 1]", torch.stack([C, -C, 2 * C]),
        due=lambda x, p: torch.stack([
            torch.nn.functional.conv1d(x[:, k], p["conv1d.weight"][k], p["conv1d.bias"][k], padding=1)
            for k in range(2)], 1)),
    "scan": model(
        "model m : ([d], [n, d]) -> ([d], [n, d]) = scan ((s, x) => (tanh(s + x), s * x))", V, X,
        due=lambda s, xs, p: scanned(s, xs)),
    # big operators
    "big composition": model(
        f"model m : [n, 3] -> [n, 3] = (>> i < 2) {LIN}", X, due=lambda x, p: running(x, p, ["linear.0", "linear.1"])[-1]),
    "big sum": model(
        f"model m : [n, 3] -> [n, 3] = (+ i < 2) {LIN}", X, due=lambda x, p: affine(x, p, "linear.0") + affine(x, p, "linear.1")),
    "big product": model(
        f"model m : [n, 3] -> [n, 3] = (* i < 2) {LIN}", X, due=lambda x, p: affine(x, p, "linear.0") * affine(x, p, "linear.1")),
    "big fan": model(
        "model m : [n, 3] -> ([n, 1], [n, 2]) = (& i < 2) linear[i + 1]", X,
        due=lambda x, p: (affine(x, p, "linear.0"), affine(x, p, "linear.1"))),
    "big par": model(
        f"model m : ([n, 3], [n, 3]) -> ([n, 3], [n, 3]) = (| i < 2) {LIN}", X, Y,
        due=lambda x, y, p: (affine(x, p, "linear.0"), affine(y, p, "linear.1"))),
    "big sum of values": model(
        "model m : [4, d] -> [d] = x => (+ i < 4) x(i)", X, due=lambda x, p: x.sum(0)),
    # names
    "share": model(
        f"model m : [n, 3] -> [n, 3] = x => share f = {LIN}; f(f(x)) + f(x)", X,
        due=lambda x, p: affine(affine(x, p, "f"), p, "f") + affine(x, p, "f")),
    "local morph": model(
        f"model m : [n, 3] -> [n, 3] = x => morph f = {LIN}; f(x) - f(x)", X,
        due=lambda x, p: affine(x, p, "f") - affine(x, p, "f_2")),
    "bracket argument": model(
        f"morph both[f : A -> A] : A -> A = f >> f\nmodel m : [n, 3] -> [n, 3] = share g = {LIN}; both[g]", X,
        due=lambda x, p: affine(affine(x, p, "g"), p, "g")),
    "param": model(
        "model m : [n, 3] -> [n, 3] = x => param w : [3] ~ normal[1.0]; x * w + w", X, due=lambda x, p: x * p["w"] + p["w"]),
    "buffer": model("model m : [n, 3] -> [n, 3] = x => buffer w : [3] = ones; x + w", X, due=lambda x, p: x + 1),
    "stored buffer": model(
        "model m : [n, 3] -> [n, 3] = x => buffer w : [3] = ones; w <- 3 * w; x * w' + w", X, due=lambda x, p: x * 3 + 1),
    # conditions
    "if": model(
        "model m[k = 2] : [n, d] -> [n, d] = if k == 2 then tanh else neg", X, due=lambda x, p: x.tanh()),
    "if, the other": model(
        "model m[k = 2] : [n, d] -> [n, d] = if k == 2 then tanh else neg", X, due=lambda x, p: -x, k=3),
    "training": model("model m : [n, d] -> [n, d] = if training then tanh else neg", X, due=lambda x, p: x.tanh()),
    # reductions and normalisation
    "sum": model("model m : [n, d] -> [] = sum", X, due=lambda x, p: x.sum()),
    "variance": model("model m : [n, d] -> [n] = variance{n [d]}", X, due=lambda x, p: x.var(-1, correction=0)),
    "cumsum": model("model m : [n, d] -> [n, d] = cumsum{[n] d}", X, due=lambda x, p: x.cumsum(0)),
    "flip": model("model m : [n, d] -> [n, d] = flip", X, due=lambda x, p: x.flip(-1)),
    "take": model("model m : [4, d] -> [2, d] = take[2]{[n] d}", X, due=lambda x, p: x[:2]),
    "scalars": model("model m : [] -> [] = x => tanh(x) + 1", V[0], due=lambda x, p: x.tanh() + 1),
    "sizes are numbers": model("model m : [n, d] -> [n, d] = x => x / sqrt(d) + n", X, due=lambda x, p: x / 3**0.5 + 4),
}  # fmt: skip


def tensors(value: object) -> list[Tensor]:
    return leaves(value)


def compare(case: Case, lead: tuple[int, ...]) -> None:
    with default_float64():
        module = in_float64(catnn.loads(case.text)["m"].bind(**case.sizes).torch())
        due = tensors(case.due(*case.inputs, dict(module.state_dict())))
        given = [x.expand((*lead, *x.shape)) for x in case.inputs]
        found = tensors(module(*given))
    assert len(found) == len(due)
    for one, other in zip(found, due, strict=True):
        torch.testing.assert_close(
            one, other.expand((*lead, *other.shape)), rtol=1e-12, atol=1e-12, check_dtype=False
        )


@pytest.mark.parametrize("name", CASES)
def test_a_value_by_hand(name: str) -> None:
    compare(CASES[name], ())


@pytest.mark.parametrize("name", [name for name in CASES if name != "stored buffer"])
def test_the_same_under_two_leading_axes(name: str) -> None:
    compare(CASES[name], (2, 3))
