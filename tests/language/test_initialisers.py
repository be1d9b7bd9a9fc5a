"""Initialisers as bracket arguments, and the numbers that they take."""

from collections.abc import Iterator

import pytest

import catnn
from catnn import CatError

TEXT = """
morph layer[o, init = kaiming, bias_init = bias_like] : [i] -> [o] = x =>
  param weight : [o, i] ~ init;
  param bias : [o] ~ bias_init[fan_in = i];
  {i, o i -> o}(x, weight) + bias
morph pair[w, start = xavier, out = start] : [d] -> [d] =
  layer[w, start] as up >> layer[d, out, zeros] as down

model passed_on : [8] -> [8] = pair[4, normal[0.5]]
model told_apart : [8] -> [8] = pair[4, out = constant[2]]
model left_alone : [8] -> [8] = pair[4]
model root[layers = 8] : [8] -> [8] = pair[4, normal[0.02 / sqrt(2 * layers)]]
model power[d = 16] : [d] -> [d] = pair[4, normal[d^-0.5]]
model own[d = 16, first = normal[std = 1 / d, mean = -exp(0)]] : [d] -> [d] = layer[d, first]
model local : [8] -> [8] = x =>
  morph mine[s = ones] = y => (param w : [8] ~ s; y * w);
  mine(x) + mine[constant[3]](x)
model library : [8] -> [8] = linear[4, init = zeros] >> linear[8, bias_init = constant[0.25]]
model multiple[layers = 8] : [8] -> [8] = x =>
  param w : [8] ~ normal[0.02] / sqrt(2 * layers);
  param v : [8] ~ 3 * ones;
  x * w + v
model reached[n] : [d] -> [d] = x => (param w : [d] ~ normal[1 / n]; x * w)
model length : [n, d] -> [n, d] = x => (param w : [d] ~ normal[1 / n]; x * w)
model scaled : [n, d] -> [n, d] = x => (param w : [d] ~ ones / n; x * w)
"""


@pytest.fixture(scope="module")
def program() -> catnn.Program:
    return catnn.loads(TEXT)


def starts(program: catnn.Program, name: str, **sizes: int) -> Iterator[str]:
    """The lines of the emitted code that draw the leaves."""
    source = program[name].bind(**sizes).emit()
    for line in source.splitlines():
        if "nn.init." in line or ".copy_(" in line:
            yield line.strip().replace("nn.init.", "").replace("self.", "")


@pytest.mark.torch
@pytest.mark.parametrize(
    ("name", "due"),
    [
        ("passed_on", ["normal_(pair.up.weight, 0.0, 0.5)", "normal_(pair.down.weight, 0.0, 0.5)"]),
        ("told_apart", ["xavier_uniform_(pair.up.weight)", "constant_(pair.down.weight, 2.0)"]),
        ("left_alone", ["xavier_uniform_(pair.up.weight)", "xavier_uniform_(pair.down.weight)"]),
        ("root", ["normal_(pair.up.weight, 0.0, 0.005)", "normal_(pair.down.weight, 0.0, 0.005)"]),
        ("power", ["normal_(pair.up.weight, 0.0, 0.25)", "normal_(pair.down.weight, 0.0, 0.25)"]),
        ("own", ["normal_(layer.weight, -1.0, 0.0625)"]),
        ("local", ["ones_(mine.w)", "constant_(mine_2.w, 3.0)"]),
        ("library", ["zeros_(linear.weight)", "constant_(linear_2.bias, 0.25)"]),
    ],
)
def test_each_leaf_begins_as_it_was_told(program: catnn.Program, name: str, due: list[str]) -> None:
    found = list(starts(program, name))
    for line in due:
        assert line in found


@pytest.mark.torch
def test_a_leaf_may_begin_as_a_multiple(program: catnn.Program) -> None:
    import torch

    module = program["multiple"].bind(layers=50).torch(seed=0)
    assert torch.equal(module.v.detach(), torch.full((8,), 3.0))
    found = torch.stack(
        [program["multiple"].bind().torch(seed=seed).w.detach() for seed in range(60)]
    )
    assert float(found.std()) == pytest.approx(0.02 / 4, rel=0.15)


@pytest.mark.torch
def test_two_draws_of_one_leaf_are_two(program: catnn.Program) -> None:
    """The difference of two normal variables; of one with itself it would be 0."""
    text = "model m : [800] -> [800] = x => (param w : [800] ~ normal[3] - normal[3] + ones; x * w)"
    found = catnn.loads(text)["m"].bind().torch(seed=0).w.detach()
    assert float(found.std()) == pytest.approx(3 * 2**0.5, rel=0.1)
    assert float(found.mean()) == pytest.approx(1, abs=0.6)


@pytest.mark.torch
def test_what_an_initialiser_leaves_open_is_told_by_the_layer(program: catnn.Program) -> None:
    found = list(starts(program, "passed_on"))
    assert "uniform_(pair.up.bias, -1 / math.sqrt(8), 1 / math.sqrt(8))" in found
    assert "zeros_(pair.down.bias)" in found


@pytest.mark.torch
def test_a_size_in_an_initialiser_is_static(program: catnn.Program) -> None:
    """It decides how the module is made, so it can not wait for an input."""
    assert list(starts(program, "reached", d=3, n=4)) == ["normal_(w, 0.0, 0.25)"]
    assert list(starts(program, "length", d=3, n=4)) == ["normal_(w, 0.0, 0.25)"]
    for name in ("length", "scaled"):
        with pytest.raises(CatError, match="needs its static size `n`"):
            program[name].bind(d=3).torch()


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("(param w : [8] ~ normal(0, 0.02); x * w)", "E0315", "`normal[std = 0.02, mean = 0]`"),
        ("linear[8, init = 3](x)", "E0305", "`init` of `linear` is an initialiser"),
        ("linear[8, init = relu](x)", "E0305", "`init` of `linear` is an initialiser"),
        ("linear[8, init = normal[sd = 1]](x)", "E0303", "its arguments are: `std`, `mean`"),
        ("linear[8, init = constant](x)", "E0209", "`constant[value = ..]`"),
        ("linear[8, init = zeros[3]](x)", "E0304", "takes 0 bracket arguments"),
        ("linear[8, init = normal(0, 1)](x)", "E0315", "stand in brackets"),
        ("x + normal[0.1]", "E0305", "`draw z : [d] ~ normal(0, 1);`"),
        ("x + zeros(8)", "E0315", "write `zeros[8]`"),
        ("x + normal(0, 1)", "E0315", "`draw z : [d] ~ normal(0, 1);`"),
        ("(morph f[s = ones] = y => y * s; f(x))", "E0305", "`s` is no value here"),
    ],
)
def test_mistakes(body: str, code: str, words: str) -> None:
    with pytest.raises(CatError) as caught:
        catnn.loads(f"morph m : [8] -> [8] = x => {body}\n")
    first = caught.value.diagnostics[0]
    assert first.code == code
    assert words in " ".join([first.message, *first.notes, *first.help])


@pytest.mark.torch
def test_mistakes_of_a_model() -> None:
    program = catnn.loads(
        "model told[init = zeros] : [4] -> [8] = linear[8, init = init]\n"
        "model open : [4] -> [8] = linear[8, init = bias_like]\n"
        "model imaginary[d] : [d] -> [d] = linear[d, init = normal[sqrt(2 - d)]]\n"
    )
    with pytest.raises(CatError, match="`init` is an initialiser"):
        program["told"].bind(init=3).torch()
    with pytest.raises(CatError, match="`bias_like` needs its argument `fan_in`"):
        program["open"].bind().torch()
    with pytest.raises(CatError, match="this number has no value"):
        program["imaginary"].bind(d=3).torch()
