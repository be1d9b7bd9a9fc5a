"""`dagger f` as programs: <f(x), y> = <x, dagger f(y)>, with the parameters of f."""

from collections.abc import Sequence

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import Tensor, nn

import catnn
from tests.heart.running import default_float64
from tests.linear.terms import Shape, linear_terms, typed

pytestmark = pytest.mark.torch


def built(text: str, name: str, **sizes: int) -> nn.Module:
    return catnn.loads(text)[name].bind(**sizes).torch(mode="train").double().eval()


def flat(value: object) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    assert isinstance(value, tuple)
    return [leaf for item in value for leaf in flat(item)]


def randoms(like: Sequence[Tensor], seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(x.shape, generator=generator, dtype=torch.float64) for x in like]


def tree(leaves: list[Tensor], like: object) -> object:
    if isinstance(like, Tensor):
        return leaves.pop(0)
    assert isinstance(like, tuple)
    return tuple(tree(leaves, item) for item in like)


def adjoint_pair(
    f: nn.Module, g: nn.Module, inputs: tuple[object, ...], contexts: tuple[object, ...] = ()
) -> None:
    """Inner products agree, so do the gradients of all parameters, and g is the vjp of f."""
    g.load_state_dict(f.state_dict())
    xs = [x.detach() for value in inputs for x in flat(value)]

    def run(*leaves: Tensor) -> tuple[Tensor, ...]:
        rest = list(leaves)
        return tuple(flat(f(*(tree(rest, value) for value in inputs), *contexts)))

    value = f(*inputs, *contexts)
    ys = randoms(flat(value), 3)
    given = (tree(list(ys), value),) if isinstance(value, Tensor) else tree(list(ys), value)
    assert isinstance(given, tuple)
    back = flat(g(*given, *contexts))
    assert [x.shape for x in back] == [x.shape for x in xs]
    left = sum(((a * b).sum() for a, b in zip(flat(value), ys, strict=True)), torch.zeros(()))
    right = sum(((a * b).sum() for a, b in zip(xs, back, strict=True)), torch.zeros(()))
    torch.testing.assert_close(left, right, rtol=1e-8, atol=1e-8)
    _, vjp = torch.func.vjp(run, *xs)
    for ours, theirs in zip(back, vjp(tuple(ys)), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-8)
    parameters = [dict(module.named_parameters()) for module in (f, g)]
    for ours, theirs in zip(gradients(left, f), gradients(right, g), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-7)
    assert parameters[0].keys() == parameters[1].keys()


def gradients(value: Tensor, module: nn.Module) -> list[Tensor]:
    parameters = list(module.parameters())
    if not parameters or not value.requires_grad:
        return [torch.zeros_like(p) for p in parameters]
    found = torch.autograd.grad(value, parameters, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, found, strict=True)]


def compared(
    term: str,
    source: str,
    target: str,
    inputs: tuple[object, ...],
    over: str = "",
    contexts: tuple[object, ...] = (),
    before: str = "",
    **sizes: int,
) -> None:
    text = (
        f"{before}\nmodel f : {source} -o {target}{over} = {term}\n"
        f"model g : {target} -o {source}{over} = dagger ({term})\n"
    )
    with default_float64():
        adjoint_pair(built(text, "f", **sizes), built(text, "g", **sizes), inputs, contexts)


@given(linear_terms())
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_random_compositions(case: tuple[str, Shape, Shape]) -> None:
    term, start, end = case
    compared(term, typed(start), typed(end), (torch.randn(2, *start, dtype=torch.float64),))


def r(*shape: int) -> Tensor:
    return torch.randn(
        shape, generator=torch.Generator().manual_seed(len(shape)), dtype=torch.float64
    )


def indices(size: int, *shape: int) -> Tensor:
    return torch.randint(size, shape, generator=torch.Generator().manual_seed(size))


D = {"d": 3}
NAMED = {
    "pair in": ("((a, b) => 2 * a - b / 3)", "([3], [3])", "[3]", (r(2, 3), r(2, 3))),
    "pair out": ("{(a + b) -> a, b}[a = 1]", "[3]", "([1], [2])", (r(2, 3),)),
    "swap": ("swap", "([3], [2])", "([2], [3])", (r(2, 3), r(2, 2))),
    "drop one": ("first", "([3], [2])", "[3]", (r(2, 3), r(2, 2))),
    "two leads": ("linear[2, bias = false]", "[3]", "[2]", (r(2, 4, 3),)),
    "no lead": ("linear[2, bias = false]", "[3]", "[2]", (r(3),)),
    "repeat in repeat": ("repeat[2] (linear[3, bias = false] >> repeat[2] linear[3, bias = false] as inner) as outer", "[3]", "[3]", (r(2, 3),)),
    "trail of a pair": ("trail[2] ((a, b) => (linear[2, bias = false](a) + b, a - b))", "([2], [2])", "([3, 2], [3, 2])", (r(2, 2), r(2, 2))),
    "copies of copies": ("copies[2] (copies[3] linear[2, bias = false])", "[2, 3, 4]", "[2, 3, 2]", (r(2, 2, 3, 4),)),
    "copies in repeat": ("repeat[2] copies[3] linear[4, bias = false]", "[3, 4]", "[3, 4]", (r(2, 3, 4),)),
    "a scan with fixed items": ("(xs => (scan ((s, (x, k)) => let y = k * s + linear[2, bias = false](x); (y, x - y)))(zeros[2], (xs, [cos(real(j)) for j < 4])))", "[4, 2]", "([2], [4, 2])", (r(2, 4, 2),)),
    "a scan with a fixed state": ("(xs => second((scan (((s, t), x) => ((s + t * x, 0.5 * t), t * s)))((zeros[2], 1.0), xs)))", "[4, 2]", "[4, 2]", (r(2, 4, 2),)),
    "a scan that captures": ("((x, ks) => second((scan ((s, k) => (0.5 * s + x, s + k)))(zeros[2], ks)))", "([2], [4, 2])", "[4, 2]", (r(2, 2), r(2, 4, 2))),
    "iterate with a fixed state": ("(x => first((iterate[3] ((y, t) => (t * linear[2, bias = false](y) + y, 2 * t)))(x, 1.5)))", "[2]", "[2]", (r(2, 2),)),
    "repeat with a fixed state": ("(x => first((repeat[3] ((y, t) => (t * linear[2, bias = false](y) + y, 2 * t)))(x, 1.5)))", "[2]", "[2]", (r(2, 2),)),
    "iterate with an index": ("iterate[3] ((i, x) => (i + 1) * linear[2, bias = false](x) - x)", "[2]", "[2]", (r(2, 2),)),
    "iterate that captures": ("(x => (iterate[3] (y => 0.5 * y + linear[2, bias = false](x)))(x))", "[2]", "[2]", (r(2, 2),)),
    "repeat that captures": ("(x => (repeat[3] (y => linear[2, bias = false](y) + linear[2, bias = false](x)))(x))", "[2]", "[2]", (r(2, 2),)),
    "nested captures": ("(x => (iterate[2] (y => y + (iterate[2] (z => 0.5 * z + x + y))(y)))(x))", "[2]", "[2]", (r(2, 2),)),
    "grouped convolution": ("conv[6, 3, stride = 2, pad = 1, groups = 2, bias = false]", "[4, 9, 8]", "[6, 5, 4]", (r(2, 4, 9, 8),)),
    "dilated convolution": ("conv1d[6, 3, stride = 3, dilation = 2, bias = false]", "[4, 11]", "[6, 3]", (r(2, 4, 11),)),
    "mean of windows": ("avgpool[3, stride = 2, pad = 1]", "[9, 8]", "[5, 4]", (r(2, 9, 8),)),
    "in training": ("(x => if training then 2 * x else linear[3, bias = false](x))", "[3]", "[3]", (r(2, 3),)),
    "across": ("centred", "[3]", "[3]", (r(4, 3),)),
    "zero": ("(x => 0 * x)", "[3]", "[3]", (r(2, 3),)),
    "shared": ("(share f = linear[4, bias = false]; f >> dagger f)", "[3]", "[3]", (r(2, 3),)),
    "a shared stack": ("(share f = repeat[2] linear[3, bias = false]; f >> dagger f >> f)", "[3]", "[3]", (r(2, 3),)),
    "adjoint twice": ("dagger dagger linear[4, bias = false]", "[3]", "[4]", (r(2, 3),)),
    "an adjoint in a stack": ("repeat[2] (linear[5, bias = false] as up >> dagger linear[5, bias = false] as down)", "[3]", "[3]", (r(2, 3),)),
}  # fmt: skip
BEFORE = "morph centred : [d] -> [d] across t = x => x - mean{[t] d}(x)"


@pytest.mark.parametrize("name", NAMED)
def test_named_terms(name: str) -> None:
    term, source, target, inputs = NAMED[name]
    compared(term, source, target, inputs, before=BEFORE)


OVER = {
    "index": ("(x => x(i))", "[5, d]", "[7, d]", (r(2, 5, 3),), " over i : ix(5)[7]", (indices(5, 7),)),
    "index of each item": ("(x => x(i))", "[5, d]", "[7, d]", (r(2, 5, 3),), " over i : ix(5)[7]", (indices(5, 2, 7),)),
    "indices of two axes": ("(x => x(i, j))", "[5, 4, d]", "[6, d]", (r(2, 5, 4, 3),), " over (i : ix(5)[6], j : ix(4)[6])", (indices(5, 6), indices(4, 6))),
    "push": ("(x => push[sum](i, x) - push[mean](i, x))", "[7, d]", "[5, d]", (r(2, 7, 3),), " over i : ix(5)[7]", (indices(5, 7),)),
    "push of each item": ("(x => push[mean](i, x))", "[7, d]", "[5, d]", (r(2, 7, 3),), " over i : ix(5)[7]", (indices(5, 2, 7),)),
    "mask": ("(x => select(k, x, 0))", "[4]", "[4]", (r(2, 4),), " over k : bool[4]", (indices(2, 4).bool(),)),
    "attention": ("(v => attend[causal = true](q, k, v))", "[4, 2]", "[4, 2]", (r(2, 4, 2),), " over (q : [4, 3], k : [4, 3])", (r(4, 3), r(4, 3).flip(0))),
    "scale of a norm": ("(w => rms_norm(u, w))", "[4]", "[6, 4]", (r(2, 4),), " over u : [6, 4]", (r(6, 4),)),
    "gated scan": ("scan ((s, x) => let y = g * s + 2 * x; (y, y - x))", "([4], [6, 4])", "([4], [6, 4])", (r(2, 4), r(2, 6, 4)), " over g : [4]", (r(4),)),
}  # fmt: skip


@pytest.mark.parametrize("name", OVER)
def test_with_contexts(name: str) -> None:
    term, source, target, inputs, over, contexts = OVER[name]
    compared(term, source, target, inputs, over, contexts)


def test_run_time_sizes() -> None:
    """`t` and `d` are found when the program runs."""
    compared("{t d -> d t} >> cumsum >> flip", "[t, d]", "[d, t]", (r(2, 4, 3),))


def test_in_an_argument() -> None:
    text = """
    morph gram[f : A -o B] : A -o A = f >> dagger f
    model m[k] : [d] -o [d] = (share f = linear[k, bias = false]; gram[f])
    """
    m = built(text, "m", k=4, d=3)
    weight = dict(m.named_parameters())["f.weight"]
    x = r(2, 3)
    torch.testing.assert_close(m(x), x @ weight.T @ weight)


def test_parameters_of_a_template_are_its_own() -> None:
    """`f` is used twice, and each use of a template has parameters of its own."""
    text = """
    morph gram[f : A -o B] : A -o A = f >> dagger f
    model m : [d] -o [d] = gram[linear[4, bias = false]]
    """
    names = dict(built(text, "m", d=3).named_parameters())
    assert len(names) == 2


@pytest.mark.compile
@pytest.mark.parametrize(
    "name", ["repeat in repeat", "a scan with a fixed state", "grouped convolution", "shared"]
)
def test_compiles_in_one_graph(name: str) -> None:
    term, source, target, inputs = NAMED[name]
    text = (
        f"model g : {target} -o {source} = dagger ({term})\nmodel f : {source} -o {target} = {term}"
    )
    g = built(text, "g")
    ys = randoms(flat(built(text, "f")(*inputs)), 4)
    fast = torch.compile(g, fullgraph=True)
    torch.testing.assert_close(flat(fast(*ys)), flat(g(*ys)))
