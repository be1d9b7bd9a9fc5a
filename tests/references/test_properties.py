"""What the papers of examples promise, beside agreement with a reference: invariances, densities, bounds, costs."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import Module

import catnn
from tests.references.case import EXAMPLES, case, indices, model, reals
from tests.references.harness import redraw

pytestmark = [pytest.mark.torch, pytest.mark.reference]


def small(name: str, seed: int = 0) -> tuple[Module, list[Tensor]]:
    """An example at its small sizes in float64, its leaves drawn, with inputs."""
    at = case(name).small[0]
    module = model(name).bind(**at.sizes).torch().double().eval()
    redraw(module, seed)
    return module, list(at.inputs())


# ---- sets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["deepsets", "set_transformer"])
def test_a_set_has_no_order(name: str) -> None:
    module, (x,) = small(name)
    order = torch.randperm(x.shape[1], generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(module(x[:, order]), module(x))
    assert not torch.allclose(module(x[:, :-1]), module(x))


def test_deep_sets_see_no_common_shift() -> None:
    """The first layer takes distances to the greatest: a cloud may be anywhere."""
    module, (x,) = small("deepsets")
    torch.testing.assert_close(module(x + 5), module(x))


def test_induced_attention_costs_as_much_for_each_point() -> None:
    bound = model("set_transformer").bind()
    flops = [bound.cost(n=n, batch=1).flops for n in (100, 200, 300)]
    assert flops[2] - flops[1] == flops[1] - flops[0]


# ---- densities ----------------------------------------------------------------------------


def lattice(low: float, high: float, count: int) -> tuple[Tensor, float]:
    """Points of an interval, and the length of one."""
    step = (high - low) / count
    return low + step * (torch.arange(count, dtype=torch.float64) + 0.5), step


def test_a_mixture_density_integrates_to_one() -> None:
    at = case("mdn").small[1]
    module = model("mdn").bind(**at.sizes).torch().double()
    redraw(module, 0)
    t, step = lattice(-60, 60, 60_000)
    for x in (-1.0, 0.3, 2.0):
        density = (-module(torch.full((len(t), 1), x, dtype=torch.float64), t[:, None])).exp()
        assert float(density.sum().detach()) * step == pytest.approx(1, abs=1e-4)


def test_a_flow_is_a_density() -> None:
    sizes = {"layers": 4, "w": 5, "d": 1}
    module = model("realnvp").bind(**sizes).torch().double()
    redraw(module, 1)
    axis, step = lattice(-15, 15, 500)
    with torch.no_grad():
        _, log_density = module(torch.cartesian_prod(axis, axis))
    assert float(log_density.exp().sum()) * step**2 == pytest.approx(1, abs=2e-3)


def test_a_flow_can_be_undone() -> None:
    """Coupling by coupling: the half that was kept tells how the other was moved."""
    module, (x,) = small("realnvp")
    z, _ = module(x)
    d = x.shape[1] // 2
    for layer in reversed(module.layers):  # type: ignore[arg-type]
        moved, kept = z[:, :d], z[:, d:]

        def net(name: str, y: Tensor, layer: Module = layer) -> Tensor:
            for part in ("first", "second", "last"):
                leaf = dict(layer.named_parameters())
                y = y @ leaf[f"{name}.{part}.weight"].T + leaf[f"{name}.{part}.bias"]
                y = y if part == "last" else y.relu()
            return y

        z = torch.cat((kept, (moved - net("shift", kept)) * (-net("scale", kept).tanh()).exp()), 1)
    torch.testing.assert_close(z, x)


def test_the_bound_of_an_autoencoder_is_one() -> None:
    """-loss is at most log p(x) in the mean, which a sum over a lattice of one latent variable gives."""
    sizes = {"hidden": 5, "latent": 1, "pixels": 4}
    module = model("vae").bind(**sizes).torch().double()
    redraw(module, 3)
    leaf = dict(module.named_parameters())
    x = torch.tensor([[0.0, 1, 1, 0]], dtype=torch.float64)
    z, step = lattice(-9, 9, 4000)
    with torch.no_grad():
        h = torch.tanh(z[:, None] @ leaf["decoder.weight"].T + leaf["decoder.bias"])
        y = torch.sigmoid(h @ leaf["head.weight"].T + leaf["head.bias"])
        likelihood = (x * y.log() + (1 - x) * (1 - y).log()).sum(1)
        prior = -(z**2) / 2 - math.log(2 * math.pi) / 2
        log_p = float((likelihood + prior).logsumexp(0)) + math.log(step)
        torch.manual_seed(0)
        _, loss = module(x.expand(20_000, 4))
        bound = -loss
        h = torch.tanh(x @ leaf["encoder.weight"].T + leaf["encoder.bias"])
        m = float(h @ leaf["mean.weight"].T + leaf["mean.bias"])
        s = float((h @ leaf["log_variance.weight"].T + leaf["log_variance.bias"]).div(2).exp())
        posterior = torch.distributions.Normal(m, s).log_prob(z)
        gap = float((posterior.exp() * (posterior - (likelihood + prior - log_p))).sum()) * step
    error = float(bound.std()) / len(bound) ** 0.5
    assert float(bound.mean()) < log_p
    assert float(bound.mean()) == pytest.approx(log_p - gap, abs=4 * error)


def test_samples_differ_from_call_to_call_and_from_item_to_item() -> None:
    module, (x,) = small("vae")
    same = x[:1].expand(6, -1)
    torch.manual_seed(0)
    first, _ = module(same)
    assert (first[1:] != first[:1]).any(1).all()
    assert not torch.equal(first, module(same)[0])
    torch.manual_seed(0)
    torch.testing.assert_close(module(same)[0], first)


def test_chances_of_all_images_add_up_to_one() -> None:
    """Each pixel is predicted from those before it alone, so the product of all is a distribution."""
    module, (x,) = small("made")
    d = x.shape[1]
    everything = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * d)
    assert float((-module(everything)).exp().sum().detach()) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(("tau", "sharp"), [(0.02, True), (2.0, False)])
def test_samples_of_gumbel_are_sharper_the_colder(tau: float, sharp: bool) -> None:
    text = f"model m : [5] -> [5] = gumbel_softmax[{tau}]\n"
    torch.manual_seed(0)
    greatest = catnn.loads(text)["m"].torch().double()(reals(4000, 5)).amax(-1)
    assert (float((greatest > 0.99).double().mean()) > 0.9) is sharp


# ---- codes ----------------------------------------------------------------------------------


def test_a_code_is_its_own_code() -> None:
    """Quantised once or twice is the same, and the gradient passes as it is."""
    text = (EXAMPLES / "vqvae.cat").read_text().split("model vqvae")[0]
    quantise = catnn.loads(f"{text}model m : [4] -> ([4], []) = quantise[6, 0.25]\n")["m"]
    module = quantise.torch().double()
    x = reals(9, 4).requires_grad_()
    q, _ = module(x)
    again, apart = module(q.detach())
    torch.testing.assert_close(again, q)
    torch.testing.assert_close(apart, torch.zeros(9, dtype=torch.float64))
    weight = reals(9, 4, seed=5)
    (slope,) = torch.autograd.grad((q * weight).sum(), x)
    torch.testing.assert_close(slope, weight)


def test_labels_can_be_put_and_got() -> None:
    """With orthonormal rows of M: what is put is got, putting what is there changes nothing, the last put counts."""
    text = """
    morph get : [d] -> [l] over m : [l, d] = z => {l d, d -> l}(m, z)
    morph put : ([d], [l]) -> [d] over m : [l, d] = (z, y) => z + {l d, l -> d}(m, y - get(z))
    model m : ([d], [l], [l]) -> ([l], [d], [d], [d]) over m : [l, d] = (z, y, other) =>
      (get(put(z, y)), put(z, get(z)), put(put(z, other), y), put(z, y))
    """
    rows = torch.linalg.qr(reals(7, 3))[0].T.contiguous()
    z, y, other = reals(4, 7), reals(4, 3, seed=4), reals(4, 3, seed=5)
    got, same, twice, once = catnn.loads(text)["m"].torch().double()(z, y, other, rows)
    torch.testing.assert_close(got, y)
    torch.testing.assert_close(same, z)
    torch.testing.assert_close(twice, once)
    module, (x, y, wanted) = small("subspace")
    with torch.no_grad():
        dict(module.named_parameters())["m"].copy_(rows)
    edited, _ = module(x, y, wanted)
    both, _ = module(x, 3 * y, wanted)
    torch.testing.assert_close(edited, both)


def test_no_product_of_a_bilinear_autoencoder_has_squared_width() -> None:
    """Of m latents of width d: m^2 d for the kernel, never m d^2."""
    flops = model("bilinear_autoencoder").bind(latents=3, d=1000).cost(batch=1).flops
    assert flops <= 2 * (2 * 3 * 1000 + 3 * 9 * 1000 + 9 + 3)


def test_observations_have_no_order() -> None:
    module, (x, y, at) = small("cnp")
    order = torch.randperm(x.shape[1], generator=torch.Generator().manual_seed(0))
    for one, other in zip(module(x[:, order], y[:, order], at), module(x, y, at), strict=True):
        torch.testing.assert_close(one, other)


# ---- gates and layers -----------------------------------------------------------------------


def test_a_saturated_gate_takes_one_modality() -> None:
    module, (v, t) = small("gmu")
    leaf = dict(module.fusion.named_parameters())  # type: ignore[union-attr]
    with torch.no_grad():
        leaf["gate.weight"].zero_()
        leaf["gate.weight"][:, 0] = 1e6
    v = torch.cat((torch.ones_like(v[:, :1]), v[:, 1:]), 1)
    torch.testing.assert_close(module(v, t), module(v, 0 * t))
    v = torch.cat((-torch.ones_like(v[:, :1]), v[:, 1:]), 1)
    other = torch.cat((v[:, :1], 7 * v[:, 1:]), 1)
    torch.testing.assert_close(module(v, t), module(other, t))
    assert not torch.allclose(module(v, t), module(v, 0 * t))


def test_modalities_can_change_places() -> None:
    """With z turned to 1 - z, that is with the sign of the weights of the gate."""
    module, (v, t) = small("gmu")
    sizes = case("gmu").small[0].sizes
    swapped = model("gmu").bind(**{**sizes, "picture": sizes["text"], "text": sizes["picture"]})
    other = swapped.torch().double()
    leaves = {name: value.detach().clone() for name, value in module.named_parameters()}
    gate = leaves["fusion.gate.weight"]
    leaves["fusion.gate.weight"] = -torch.cat((gate[:, v.shape[1] :], gate[:, : v.shape[1]]), 1)
    leaves["fusion.picture.weight"], leaves["fusion.text.weight"] = (
        leaves["fusion.text.weight"],
        leaves["fusion.picture.weight"],
    )
    other.load_state_dict(leaves)
    torch.testing.assert_close(other(t, v), module(v, t))


def test_closed_gates_carry_the_input() -> None:
    """With gates shut, what the stem gives reaches the head, however deep the network is."""
    module, (x,) = small("highway")
    leaf = dict(module.named_parameters())
    with torch.no_grad():
        for name, value in leaf.items():
            if name.endswith("gate.bias"):
                value.fill_(-1e6)
    h = torch.relu(x @ leaf["stem.weight"].T + leaf["stem.bias"])
    torch.testing.assert_close(module(x), h @ leaf["head.weight"].T + leaf["head.bias"])


def test_sines_keep_their_distribution() -> None:
    """At the start each hidden layer gives w (W x + b) a standard deviation near 1, the deepest as the first."""
    module = model("siren").bind(layers=6).torch(seed=0).double()
    leaf = dict(module.named_parameters())
    draw = torch.Generator().manual_seed(0)
    h = 2 * torch.rand(500, 2, generator=draw, dtype=torch.float64) - 1
    names = ["first", *(f"hidden.{k}.linear" for k in range(6))]
    with torch.no_grad():
        for name in names:
            before = 30 * (h @ leaf[f"{name}.weight"].T + leaf[f"{name}.bias"])
            h = before.sin()
            if name != "first":
                # uniform inputs of variance 1/2 give 1, the biases of torch.nn.Linear a little more
                extra = 30**2 / (3 * 256)
                assert float(before.var()) == pytest.approx(1 + extra, rel=0.2), name
            assert float(h.var()) == pytest.approx(0.5, abs=0.06), name


# ---- recommendation ----------------------------------------------------------------------------


def test_wukong_never_forms_the_square_of_the_embeddings() -> None:
    """X (X^T Y) for n features of width d and k mixtures: no product of n^2 d."""
    sizes = {"fields": 200, "d": 8, "layers": 1, "f": 2, "mixtures": 2, "k": 3, "w": 5}
    flops = model("wukong").bind(**sizes).cost(batch=1).flops
    machine = 2 * (2 * 200 * 8 * 3)
    rest = 2 * (200 * 3 * 5 + 5 * 16 + 2 * 200 * 8 + 4 * 200 * 8 + 32 * 512 + 512)
    assert flops == machine + rest


def test_a_cross_layer_adds_one_degree() -> None:
    """Along a line x0 = t v the crossed part is a polynomial of degree crosses + 1."""
    module, (x, ids) = small("dcn_v2")
    leaf = dict(module.named_parameters())
    with torch.no_grad():
        leaf["table.weight"].zero_()
        leaf["head.weight"][:, -7:] = 0  # without the perceptron
    t = torch.arange(7, dtype=torch.float64)
    along = module(t[:, None] * x[:1], ids[:1].expand(7, -1)).detach()
    differences = [along]
    while len(differences[-1]) > 1:
        differences.append(differences[-1].diff())
    assert float(differences[4].abs().max()) > 1e-6
    assert float(differences[5].abs().max()) < 1e-9 * float(along.abs().max())


def test_an_item_pays_for_coming_often() -> None:
    """Its score is less by log q, so that a constant taken off all log q changes nothing."""
    module, (x, y, log_q, reward) = small("two_tower")
    torch.testing.assert_close(module(x, y, log_q + 3, reward), module(x, y, log_q, reward))
    assert not torch.allclose(module(x, y, 2 * log_q, reward), module(x, y, log_q, reward))


def test_clip_reads_a_text_up_to_its_end() -> None:
    """What stands behind the greatest token changes no score, what stands before it does."""
    module, (texts, images) = small("clip")
    texts = texts.clone()
    end = texts.shape[1] // 2
    texts[:, end + 1 :] = 3
    texts[:, :end] = indices(29, len(texts), end)
    texts[:, end] = 30
    behind, before = texts.clone(), texts.clone()
    behind[:, -1] = 5
    before[:, 0] = (before[:, 0] + 1) % 29
    torch.testing.assert_close(module(behind, images), module(texts, images))
    assert not torch.allclose(module(before, images), module(texts, images))
    scale = float(dict(module.named_parameters())["scale"].detach().exp())
    assert float(module(texts, images).detach().abs().max()) <= scale * (1 + 1e-12)


def test_dlrm_multiplies_each_pair_once() -> None:
    """The first map of the top sees as many products as there are pairs of vectors."""
    for fields in (1, 2, 9):
        module = model("dlrm").bind(fields=fields, rows=30, d=4).torch()
        assert module.top[0].weight.shape[1] == 4 + math.comb(fields + 1, 2)
        found = module(reals(2, 13).float(), indices(30, 2, fields))
        assert found.shape == (2,)
