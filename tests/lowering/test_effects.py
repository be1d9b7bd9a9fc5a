"""What happens besides a value: stores, batch statistics, modes, draws, auxiliary terms."""

import pytest
import torch

import catnn
from tests.lowering.test_loops import built, drawn, same

pytestmark = pytest.mark.torch


def test_buffers_are_stored_in_training_only() -> None:
    text = """
    model m : [4] -> [4] across b = x =>
      buffer total : [4] = zeros;
      total <- total + sum{[b] d}(x);
      x + total
    """
    module = built(text)
    module.total.zero_()
    x = drawn(3, 4)
    same(module.eval()(x), x)
    assert not module.total.any()
    same(module.train()(x), x)  # the old value is read
    same(module.total, x.sum(0))
    module(x)
    same(module.total, 2 * x.sum(0))
    assert "total" in module.state_dict()


def test_stores_are_simultaneous() -> None:
    text = """
    model m : [4] -> [4] = x =>
      buffer a : [] = zeros;
      buffer b : [] = ones;
      a <- b;
      b <- a;
      x + a
    """
    module = built(text)
    with torch.no_grad():
        module.a.fill_(3.0)
        module.b.fill_(5.0)
    module.train()(drawn(2, 4))
    assert (module.a.item(), module.b.item()) == (5.0, 3.0)


def test_each_turn_of_a_loop_reads_what_the_last_one_stored() -> None:
    text = """
    morph f : [] -> [] = x =>
      buffer count : [] = zeros;
      count <- count + 1;
      x + count
    model m : [] -> [] = iterate[3] f
    """
    module = built(text)
    module.f.count.zero_()
    same(module.train()(drawn(2)), drawn(2) + 0 + 1 + 2)
    assert module.f.count.item() == 3
    same(module.eval()(drawn(2)), drawn(2) + 3 * 3)


def test_batch_norm_is_that_of_torch_in_both_modes() -> None:
    module = built("model m : [3, h, w] -> [3, h, w] = batchnorm[momentum = 0.3] as norm")
    theirs = torch.nn.BatchNorm2d(3, momentum=0.3).double()
    theirs.load_state_dict(
        {name.removeprefix("norm."): leaf for name, leaf in module.state_dict().items()}
        | {"num_batches_tracked": torch.tensor(0)}
    )
    for training in (True, True, False):
        x = drawn(4, 3, 5, 6)
        same(module.train(training)(x), theirs.train(training)(x))
    own = dict(module.named_buffers())
    same(own["norm.running_mean"], theirs.running_mean)
    same(own["norm.running_var"], theirs.running_var)


def test_batch_norm_takes_all_leads_as_the_batch() -> None:
    module = built("model m : [n, 3] -> [n, 3] = batchnorm1d as norm").train()
    x = drawn(4, 5, 3)
    own = {name: leaf.detach() for name, leaf in module.named_parameters()}
    flat = (x - x.mean((0, 1))) / (x.var((0, 1), correction=0) + 1e-5).sqrt()
    same(module(x), flat * own["norm.weight"] + own["norm.bias"])


def test_batch_norm_in_repeated_blocks_stores_in_each() -> None:
    module = built("model m : [3, h, w] -> [3, h, w] = repeat[2] (batchnorm as norm) as blocks")
    before = {name: leaf.clone() for name, leaf in module.named_buffers()}
    module.train()(drawn(4, 3, 5, 6))
    for name, leaf in module.named_buffers():
        assert not torch.equal(leaf, before[name]), name


def test_only_the_branch_of_the_mode_is_computed() -> None:
    module = built("model m : [4] -> [4] = x => if training then 2 * x else exp(x)")
    x = drawn(2, 4)
    same(module.train()(x), 2 * x)
    same(module.eval()(x), x.exp())
    source = catnn.loads("model m : [4] -> [4] = x => if training then 2 * x else exp(x)")["m"]
    lines = [line.strip() for line in source.emit().split("def run(")[1].splitlines()]
    assert lines.index("if self.training:") < lines.index("else:")
    assert "exp" not in source.emit(mode="infer").split("def run(")[1].split("else")[0] or (
        "training" not in source.emit(mode="infer")
    )


def test_a_value_that_both_modes_need_is_computed_once() -> None:
    text = "model m : [4] -> [4] = x => let y = sin(x); y + (if training then exp(y) else y)"
    source = catnn.loads(text)["m"].emit()
    assert source.count("torch.sin(") == 1
    module = built(text)
    x = drawn(2, 4)
    same(module.train()(x), x.sin() + x.sin().exp())
    same(module.eval()(x), 2 * x.sin())


def test_dropout() -> None:
    module = built("model m : [n] -> [n] = dropout[0.25]")
    x = torch.ones(3, 4000, dtype=torch.float64)
    same(module.eval()(x), x)
    torch.manual_seed(0)
    y = module.train()(x)
    assert set(y.unique().tolist()) == {0.0, 1 / 0.75}
    assert abs(float((y == 0).double().mean()) - 0.25) < 0.02
    assert not torch.equal(y[0], y[1])


def test_inference_has_no_dropout() -> None:
    source = catnn.loads("model m : [n] -> [n] = dropout[0.5] >> tanh")["m"].emit(mode="infer")
    assert "dropout" not in source


def test_one_sample_for_each_index_of_the_lead() -> None:
    module = built(
        "model m : [n, 4] -> [n, 4] = x => x + ((y => draw z : [] ~ normal(0, 1); 0 * y + z){n [d]})(x)"
    )
    torch.manual_seed(0)
    z = module(torch.zeros(5, 3, 4, dtype=torch.float64))
    same(z, z[..., :1].expand_as(z))
    assert z[..., 0].unique().numel() == 15


def test_a_draw_in_a_loop_is_one_for_each_turn() -> None:
    text = "model m : [4] -> [4] = repeat[3] (x => draw z : [4] ~ normal(0, 1); 10 * x + z)"
    module = built(text)
    x = torch.zeros(1, 4, dtype=torch.float64)
    torch.manual_seed(4)
    found = module(x)
    torch.manual_seed(4)
    expected = x
    for _ in range(3):
        expected = 10 * expected + torch.randn((1, 4), dtype=torch.float64)
    same(found, expected)


def test_the_distributions() -> None:
    text = """
    model m : [n] -> ([n], [n], [n]) = x =>
      draw a : [n] ~ normal(3, 2);
      draw b : [n] ~ uniform(1, 4);
      draw c : bool[n] ~ bernoulli(0.3);
      (x + a, x + b, x + real(c))
    """
    torch.manual_seed(0)
    a, b, c = built(text)(torch.zeros(1, 20000, dtype=torch.float64))
    assert abs(float(a.mean()) - 3) < 0.05
    assert abs(float(a.std()) - 2) < 0.05
    assert 1 <= float(b.min()) < 1.01
    assert 3.99 < float(b.max()) <= 4
    assert set(c.unique().tolist()) == {0.0, 1.0}
    assert abs(float(c.mean()) - 0.3) < 0.02


def test_a_gradient_passes_the_parameters_of_a_normal() -> None:
    module = built("model m : [4] -> [4] = x => draw z : [4] ~ normal(x, 2 * x); z")
    x = drawn(2, 4).requires_grad_()
    torch.manual_seed(3)
    module(x).sum().backward()
    torch.manual_seed(3)
    noise = torch.randn((2, 4), dtype=torch.float64)
    assert x.grad is not None
    same(x.grad, 1 + 2 * noise)


def test_auxiliary_terms_are_means_over_leads() -> None:
    text = "model m : [n, 4] -> [n, 4] = x => x >> ((y => aux size <- sum(square(y)); y){n [d]})"
    module = built(text)
    x = drawn(3, 5, 4)
    same(module(x), x)
    same(module.aux["size"], x.square().sum(-1).mean())


def test_a_returned_buffer_is_its_old_value() -> None:
    text = (
        "model m : [4] -> [4] across b = x => buffer a : [4] = zeros; a <- sum{[b] d}(x); 0 * x + a"
    )
    module = built(text).train()
    module.a.zero_()
    assert not module(drawn(2, 4)).any()
    assert module.a.any()


COUNTING = """
morph f : [] -> [] = x =>
  buffer count : [] = zeros;
  count <- count + 1;
  x + count
"""


@pytest.mark.parametrize("optimise", [True, False])
def test_a_later_call_of_one_instance_reads_what_an_earlier_one_stored(optimise: bool) -> None:
    model = catnn.loads(f"{COUNTING}model m : [] -> [] = x => share g = f; g(10 * g(g(x)))")["m"]
    module = model.torch(optimise=optimise)
    assert module.train()(torch.zeros(1)).item() == 10 * (0 + 1) + 2
    assert module.g.count.item() == 3
    assert module.eval()(torch.zeros(1)).item() == 10 * (3 + 3) + 3
    assert module.g.count.item() == 3


@pytest.mark.parametrize("optimise", [True, False])
def test_a_shared_batch_norm_is_that_of_torch(optimise: bool) -> None:
    """Called twice, it moves its statistics twice."""
    text = "model m : [n, 3] -> [n, 3] = x => share g = batchnorm1d; g(2 * g(x))"
    module = catnn.loads(text)["m"].torch(optimise=optimise)
    theirs = torch.nn.BatchNorm1d(3)
    for training in (True, True, False):
        x = torch.randn(5, 3)
        due = theirs.train(training)(2 * theirs(x))
        torch.testing.assert_close(module.train(training)(x[None])[0], due)
    torch.testing.assert_close(module.g.running_mean, theirs.running_mean)
    torch.testing.assert_close(module.g.running_var, theirs.running_var)


def test_a_shared_instance_in_a_loop_stores_in_each_turn() -> None:
    model = catnn.loads(f"{COUNTING}model m : [] -> [] = x => share g = f; x >> iterate[3] g")["m"]
    module = model.torch().train()
    assert module(torch.zeros(1)).item() == 0 + 1 + 2
    assert module.g.count.item() == 3


@pytest.mark.parametrize("body", ["g(x) >> iterate[3] g", "x >> iterate[3] g >> g"])
def test_a_shared_instance_in_a_loop_and_outside_is_refused(body: str) -> None:
    model = catnn.loads(f"{COUNTING}model m : [] -> [] = x => share g = f; {body}")["m"]
    with pytest.raises(catnn.CatError) as caught:
        model.torch()
    (found,) = caught.value.diagnostics
    assert found.code == "E0503"
    assert found.message == "`count` of one instance is stored in a loop and outside of it"
    assert found.span.start > 0


def test_in_both_branches_of_training() -> None:
    text = f"{COUNTING}model m : [] -> [] = x => share g = f; if training then g(x) else -g(x)"
    module = catnn.loads(text)["m"].torch()
    assert module.train()(torch.ones(1)).item() == 1
    assert module.g.count.item() == 1
    assert module.eval()(torch.ones(1)).item() == -2
    assert module.g.count.item() == 1


def test_components_that_nothing_uses() -> None:
    """What is called `_` is not in the way, and what nothing reads is not computed."""
    text = """
    model m : [n] -> [2] = x =>
      let (_, first) = argmax(x);
      let (_, last) = argmin(x);
      let (sorted, _) = sort(x);
      [real(first), real(last)]
    """
    model = catnn.loads(text)["m"]
    x = torch.tensor([[3.0, 1, 4, 1, 5, 0]])
    assert model.torch()(x).tolist() == [[4.0, 5.0]]
    assert "sort" not in model.emit().split("def run(")[1]
