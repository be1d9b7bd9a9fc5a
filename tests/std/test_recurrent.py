"""Cells that torch.nn does not have, and runs along sequences, against their equations and torch.nn."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.references.harness import Rule, agree, close
from tests.std.support import NO_AND_TWO, Case, Function, compare, model

pytestmark = pytest.mark.torch


class Peephole(nn.Module):
    """One map for each gate: equations of Gers and Schmidhuber, gates i, f, g, o."""

    def __init__(self, i: int, h: int) -> None:
        super().__init__()
        self.weight_ih, self.weight_hh = (nn.Parameter(torch.randn(4 * h, n)) for n in (i, h))
        self.bias = nn.Parameter(torch.randn(4 * h))
        self.peep = nn.Parameter(torch.randn(3, h))

    def forward(self, x: Tensor, s: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        i, f, g, o = (x @ self.weight_ih.T + s @ self.weight_hh.T + self.bias).chunk(4, -1)
        i = torch.sigmoid(i + self.peep[0] * c)
        f = torch.sigmoid(f + self.peep[1] * c)
        later = f * c + i * torch.tanh(g)
        return torch.sigmoid(o + self.peep[2] * later) * torch.tanh(later), later


def test_peephole_cell() -> None:
    ours = model("model m : ([5], [4], [4]) -> ([4], [4]) = peephole_cell").torch()
    inputs = [torch.randn(3, width) for width in (5, 4, 4)]
    agree(ours, Peephole(5, 4), [Rule(r"(\w+)", r"peephole_cell.\1")], inputs)


class Minimal(nn.Module):
    """Zhou et al. 2016: maps of the joined (state, input)."""

    def __init__(self, i: int, h: int) -> None:
        super().__init__()
        self.gate, self.plain = nn.Linear(h + i, h), nn.Linear(h + i, h)

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        f = torch.sigmoid(self.gate(torch.cat((s, x), -1)))
        found: Tensor = (1 - f) * s + f * torch.tanh(self.plain(torch.cat((f * s, x), -1)))
        return found


def test_minimal_cell() -> None:
    ours = model("model m : ([5], [4]) -> [4] = minimal_cell").torch().double()
    theirs = Minimal(5, 4).double()
    gate, plain = theirs.gate, theirs.plain
    leaves = {
        "weight_ih": torch.cat((gate.weight[:, 4:], plain.weight[:, 4:])),
        "weight_f": gate.weight[:, :4],
        "weight_h": plain.weight[:, :4],
        "bias": torch.cat((gate.bias, plain.bias)),
    }
    ours.load_state_dict({f"minimal_cell.{name}": leaf for name, leaf in leaves.items()})
    x, s = (torch.randn(3, width, dtype=torch.float64) for width in (5, 4))
    close("minimal", ours(x, s), theirs(x, s))


class ConvLstm(nn.Module):
    """Shi et al. 2015, equation (3) without peepholes, one film at a time step."""

    def __init__(self, i: int, h: int) -> None:
        super().__init__()
        self.input = nn.Conv2d(i, 4 * h, 3, padding=1)
        self.state = nn.Conv2d(h, 4 * h, 3, padding=1, bias=False)

    def forward(self, film: Tensor) -> Tensor:
        h = self.state.in_channels
        s = c = torch.zeros(len(film), h, *film.shape[-2:], dtype=film.dtype)
        states = []
        for image in film.unbind(1):
            i, f, g, o = (self.input(image) + self.state(s)).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            s = o.sigmoid() * c.tanh()
            states.append(s)
        return torch.stack(states, 1)


class ConvGru(nn.Module):
    """Ballas et al. 2016, equations (1) to (4)."""

    def __init__(self, i: int, h: int) -> None:
        super().__init__()
        self.input = nn.Conv2d(i, 3 * h, 3, padding=1)
        self.state = nn.Conv2d(h, 2 * h, 3, padding=1, bias=False)
        self.candidate = nn.Conv2d(h, h, 3, padding=1, bias=False)

    def forward(self, film: Tensor) -> Tensor:
        h = self.candidate.in_channels
        s = torch.zeros(len(film), h, *film.shape[-2:], dtype=film.dtype)
        states = []
        for image in film.unbind(1):
            r_in, z_in, n_in = self.input(image).chunk(3, 1)
            r_s, z_s = self.state(s).chunk(2, 1)
            z = torch.sigmoid(z_in + z_s)
            new = torch.tanh(n_in + self.candidate(torch.sigmoid(r_in + r_s) * s))
            s = z * s + (1 - z) * new
            states.append(s)
        return torch.stack(states, 1)


@pytest.mark.parametrize(("name", "theirs"), [("conv_lstm", ConvLstm), ("conv_gru", ConvGru)])
def test_convolutional_runs(name: str, theirs: Callable[[int, int], nn.Module]) -> None:
    rules = [Rule(r"(\w+)\.(\w+)", rf"{name}.cell.\1.\2")]
    film = [("", (4, 2, 5, 3))]
    compare(Case(name, f"{name}[3, 3]", film, (4, 3, 5, 3), lambda: theirs(2, 3), rules), "p")


class Both(nn.Module):
    """A bidirectional network of torch without its last states."""

    def __init__(self, run: Callable[..., nn.Module], layers: int) -> None:
        super().__init__()
        self.run = run(5, 4, layers, bidirectional=True, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.run(x)[0]
        return found


def both_rules(name: str) -> list[Rule]:
    rules = []
    for way, suffix in (("ahead", ""), ("back", "_reverse")):
        rules.append(Rule(rf"run\.(\w+?)_l0{suffix}", rf"{name}.first.{way}.cell.\1"))
        for later in (1, 2):
            ours = rf"{name}.rest.{later - 1}.{way}.cell.\1"
            rules.append(Rule(rf"run\.(\w+?)_l{later}{suffix}", ours))
    return rules


@pytest.mark.parametrize("lead", NO_AND_TWO)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize(("name", "run"), [("bilstm", nn.LSTM), ("bigru", nn.GRU)])
def test_layers_of_runs_both_ways(
    name: str, run: Callable[..., nn.Module], layers: int, lead: str
) -> None:
    term = f"{name}[4, {layers}]"
    rules = both_rules(name)
    compare(Case(name, term, [("", (6, 5))], (6, 8), lambda: Both(run, layers), rules), lead)


def later(x: Tensor) -> Tensor:
    return torch.cat((torch.zeros_like(x[..., :1, :]), x[..., :-1, :]), -2)


def test_one_step_later() -> None:
    compare(Case("delayed", "delayed", [("", (4, 3))], (4, 3), lambda: Function(later)), "p")
    alone = model("model m : [t, 3] -> [t, 3] = delayed").torch()(torch.ones(2, 1, 3))
    assert alone.shape == (2, 1, 3)
    assert alone.eq(0).all()


class Filter(nn.Module):
    """A convolution of torch of what is padded on the left."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1d = nn.Conv1d(3, 3, 4, groups=3)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.conv1d(F.pad(x.mT, (3, 0))).mT
        return found


def test_causal_filter() -> None:
    rules = [Rule(r"conv1d\.(\w+)", r"causal_filter.conv1d.\1")]
    compare(Case("filter", "causal_filter[4]", [("", (6, 3))], (6, 3), Filter, rules), "p")


def decayed(f: Tensor, x: Tensor) -> Tensor:
    """sum over j <= i of f_(j + 1) .. f_i x_j."""
    rows = [
        sum(f[:, j + 1 : i + 1].prod(1) * x[:, j] for j in range(i + 1)) for i in range(x.shape[1])
    ]
    return torch.stack(rows, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(5,), (5, 2), (1, 2, 3)])
def test_decaying_sum(shape: tuple[int, ...]) -> None:
    axes = ", ".join(map(str, shape))
    ours = model(f"model m : ([{axes}], [{axes}]) -> [{axes}] = decaying_sum").torch().double()
    f, x = (torch.randn(2, *shape, dtype=torch.float64) for _ in range(2))
    close("decaying sum", ours(f, x), decayed(f, x))


class Quasi(nn.Module):
    """fo-pooling of Bradbury et al., written as a sum with products of gates."""

    def __init__(self) -> None:
        super().__init__()
        self.gates = nn.Conv1d(3, 12, 2)

    def forward(self, x: Tensor) -> Tensor:
        z, f, o = self.gates(F.pad(x.mT, (1, 0))).mT.chunk(3, -1)
        f = f.sigmoid()
        return o.sigmoid() * decayed(f, (1 - f) * z.tanh())


def test_qrnn() -> None:
    rules = [Rule(r"gates\.(\w+)", r"qrnn.gates.\1")]
    compare(Case("qrnn", "qrnn[4]", [("", (5, 3))], (5, 4), Quasi, rules), "p")


class Simple(nn.Module):
    """Lei et al. 2018, equations (1) to (4): both gates see the memory before this step."""

    def __init__(self) -> None:
        super().__init__()
        self.w, self.wf, self.wr = (nn.Parameter(torch.randn(3, 3)) for _ in range(3))
        self.v = nn.Parameter(torch.randn(2, 3))
        self.bias = nn.Parameter(torch.randn(2, 3))

    def forward(self, x: Tensor) -> Tensor:
        c = torch.zeros_like(x[:, 0])
        states = []
        for item in x.unbind(1):
            f = torch.sigmoid(item @ self.wf.T + self.v[0] * c + self.bias[0])
            r = torch.sigmoid(item @ self.wr.T + self.v[1] * c + self.bias[1])
            c = f * c + (1 - f) * (item @ self.w.T)
            states.append(r * c + (1 - r) * item)
        return torch.stack(states, 1)


def c_before(c: Tensor) -> Tensor:
    """Both gates see the memory before this step."""
    return c


def test_sru() -> None:
    ours = model("model m : [t, 3] -> [t, 3] = sru").torch().double()
    theirs = Simple().double()
    maps = torch.cat((theirs.w, theirs.wf, theirs.wr))
    leaves = {"maps.weight": maps, "v": theirs.v, "bias": theirs.bias}
    ours.load_state_dict({f"sru.{name}": leaf for name, leaf in leaves.items()})
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    close("sru", ours(x), theirs(x))


def test_s4d_is_a_convolution() -> None:
    """y = K * x + D x with K_l = sum over s of C_s (e_s - 1) / a_s e_s^l: the form for training."""
    ours = model("model m : [t, 3] -> [t, 3] = s4d[4]").torch(seed=1).double()
    leaves = {name.split(".")[-1]: leaf.detach() for name, leaf in ours.named_parameters()}
    a = -leaves["rate"].exp()
    e = torch.exp(leaves["step"].exp()[:, None] * a)
    x = torch.randn(2, 7, 3, dtype=torch.float64)
    powers = torch.stack([e**k for k in range(7)])
    kernel = (leaves["weight"] * (e - 1) / a * powers).sum(-1)
    rows = [sum(kernel[i - j] * x[:, j] for j in range(i + 1)) for i in range(7)]
    close("s4d", ours(x), torch.stack(rows, 1) + leaves["skip"] * x)  # type: ignore[arg-type]


def test_s4d_begins_with_the_rates_of_the_paper() -> None:
    leaves = dict(model("model m : [t, 2] -> [t, 2] = s4d[3]").torch().named_parameters())
    rates = leaves["s4d.rate"].detach().exp()
    torch.testing.assert_close(rates, torch.tensor([[1.0, 2, 3], [1, 2, 3]]))


def test_a_selective_scan_of_constant_steps_is_a_convolution() -> None:
    text = "model m : ([t, 2], [t, 2], [t, 3], [t, 3], [2, 3]) -> [t, 2] = selective_scan"
    ours = model(text).torch().double()
    draw = torch.Generator().manual_seed(3)
    x = torch.randn(1, 6, 2, generator=draw, dtype=torch.float64)
    dt, b, q = (torch.rand(n, generator=draw, dtype=torch.float64) for n in (2, 3, 3))
    a = -torch.rand(2, 3, generator=draw, dtype=torch.float64)
    kernel = torch.stack([(torch.exp(k * dt[:, None] * a) * b * q).sum(-1) * dt for k in range(6)])
    rows = [sum(kernel[i - j] * x[:, j] for j in range(i + 1)) for i in range(6)]
    steps = (part.expand(1, 6, -1) for part in (dt, b, q))
    close("scan", ours(x, *steps, a[None]), torch.stack(rows, 1))  # type: ignore[arg-type]


def test_wkv_is_a_weighted_mean() -> None:
    """Equation (16) of the paper, as it stands: exponentials of all pairs."""
    ours = model("model m : ([t, 2], [t, 2], [2], [2]) -> [t, 2] = wkv").torch().double()
    draw = torch.Generator().manual_seed(3)
    k, v = (torch.randn(1, 6, 2, generator=draw, dtype=torch.float64) for _ in range(2))
    w, u = (torch.rand(1, 2, generator=draw, dtype=torch.float64) for _ in range(2))
    rows = []
    for i in range(6):
        weights = [torch.exp(k[:, j] - (i - 1 - j) * w) for j in range(i)] + [
            torch.exp(u + k[:, i])
        ]
        top = sum(weight * v[:, j] for j, weight in enumerate(weights))
        rows.append(top / sum(weights))  # type: ignore[arg-type]
    close("wkv", ours(k, v, w, u), torch.stack(rows, 1))


def test_wkv_of_large_exponents_is_finite() -> None:
    ours = model("model m : ([t, 1], [t, 1], [1], [1]) -> [t, 1] = wkv").torch()
    k = torch.tensor([[[300.0], [-300.0], [299.0]]])
    found = ours(k, torch.tensor([[[1.0], [2.0], [3.0]]]), torch.ones(1, 1), torch.zeros(1, 1))
    assert found.isfinite().all()
    share = 1 / (1 + math.exp(299 - 299))
    torch.testing.assert_close(found[0, 2, 0], torch.tensor(share * 1 + (1 - share) * 3))
