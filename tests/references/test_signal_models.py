"""What holds of models of signals and images, apart from any other program: causality, resolution, equivariance."""

import math

import pytest
import torch
from torch import Tensor

import catnn
from tests.references.case import indices, model, reals

pytestmark = [pytest.mark.torch, pytest.mark.reference]


def wavenet() -> torch.nn.Module:
    sizes = {"stacks": 2, "layers": 3, "residual": 4, "d": 3, "skip": 5, "k": 2, "levels": 11}
    return model("wavenet").bind(**sizes).torch(seed=1).double()


def test_wavenet_sees_the_past_as_far_as_its_dilations_reach() -> None:
    """One for the first convolution, and the sum of all dilations: 1 + 2 * (1 + 2 + 4) places back."""
    module, samples, reach = wavenet(), indices(11, 1, 40), 1 + 2 * (1 + 2 + 4)
    before = module(samples)
    changed = samples.clone()
    changed[0, 20] = (changed[0, 20] + 1) % 11
    moved = (module(changed) - before).abs().amax(-1)[0]
    assert (moved[:20] == 0).all()
    assert (moved[20 : 20 + reach + 1] > 0).all()
    assert (moved[20 + reach + 1 :] == 0).all()


def wave(n: int) -> Tensor:
    """A periodic function without frequencies above 2, at n places."""
    t = 2 * math.pi * torch.arange(n, dtype=torch.float64) / n
    return torch.stack([torch.sin(t) + 0.3 * torch.cos(2 * t), 0.7 - torch.cos(t)])


def test_a_spectral_convolution_does_not_know_the_resolution() -> None:
    """Of a function of low frequencies, finer places show the same result between them."""
    layer = catnn.loads("model m : [2, n] -> [3, n] where n >= 8 = spectral_conv1d[3, 4]")["m"]
    module = layer.torch(seed=1).double()
    coarse, fine = module(wave(12)), module(wave(60))
    torch.testing.assert_close(fine[:, ::5], coarse)
    image = catnn.loads(
        "model m : [2, h, w] -> [3, h, w] where h >= 9, w >= 8 = spectral_conv[3, 4]"
    )
    module = image["m"].torch(seed=1).double()

    def product(h: int, w: int) -> Tensor:
        return wave(h)[:, :, None] * wave(w)[:, None, :]

    torch.testing.assert_close(module(product(48, 60))[:, ::4, ::5], module(product(12, 12)))


def test_fourier_mixing_twice_flips_both_axes() -> None:
    """Where both parts of the spectrum are kept: F(F(x)) is n d times x at the negative places."""
    text = "model m : [n, d] -> [n, d] = fft2 >> fft2 >> real_part"
    x = reals(5, 4)
    flipped = 20 * x.flip(0, 1).roll((1, 1), (0, 1))
    torch.testing.assert_close(catnn.loads(text)["m"].torch().double()(x), flipped)


@pytest.mark.parametrize("depth", [1, 2])
def test_valid_convolutions_know_no_place(depth: int) -> None:
    """A step of 2^depth pixels of the image is the same step of the segmentation."""
    module = model("unet").bind(depth=depth, width=2, classes=3).torch(seed=1).double()
    step = 2**depth
    size = 2**depth * 14 - 4
    image = reals(1, 1, size, size + step)
    left, right = module(image[..., :size]), module(image[..., step:])
    torch.testing.assert_close(left[..., step:], right[..., :-step])


def test_octaves_are_powers_of_the_first_turn() -> None:
    """(cos, sin) of each octave is the square of that before, as complex numbers."""
    x = reals(7, 3)
    found = catnn.loads("model m : [3] -> [24] = octaves[4]")["m"].torch().double()(x)
    octaves = found.reshape(7, 4, 2, 3)
    turns = torch.complex(octaves[:, :, 1], octaves[:, :, 0])
    torch.testing.assert_close(turns[:, 1:], turns[:, :-1] ** 2)
