"""Every row of the table is held to the same promises."""

import numpy as np
import pytest
import safetensors.torch
import torch

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.parameters import validated_values
from gvtstudio.domain.specs import load_callable
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.volume import PredictionSettings, VolumePredictor

every = pytest.mark.parametrize("name", ARCHITECTURES)


def built(name: str, **parameters) -> torch.nn.Module:
    spec = ARCHITECTURES[name]
    torch.manual_seed(0)
    return load_callable(spec.build)(**validated_values(spec.parameters, parameters))


def small_input(name: str, batch: int = 1) -> torch.Tensor:
    spec = ARCHITECTURES[name]
    size = [2 * spec.size_divisor] * spec.spatial_dims
    return torch.rand((batch, 1, *size), generator=torch.Generator().manual_seed(1))


@every
def test_parameter_count_is_the_papers(name: str):
    assert sum(p.numel() for p in built(name).parameters()) == ARCHITECTURES[name].parameter_count


def test_denoising_counts_without_the_scale_head():
    counts = {
        name: sum(p.numel() for p in built(name, has_scale_head=False).parameters())
        for name in ("gvtnet_denoising_3d", "gvtnet_denoising_2d")
    }
    assert counts == {"gvtnet_denoising_3d": 1_347_328, "gvtnet_denoising_2d": 517_312}


@every
def test_output_has_the_size_of_the_input(name: str):
    x = small_input(name)
    assert built(name)(x).mean.shape == x.shape


@every
def test_gradients_reach_every_parameter_and_are_finite(name: str):
    network = built(name)
    output = network(small_input(name))
    (output.mean.square().mean() + output.scale.log().mean()).backward()
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert torch.isfinite(parameter.grad).all(), parameter_name
        assert parameter.grad.abs().max() > 0, parameter_name


@every
def test_saved_and_loaded_weights_give_the_same_bits(name: str):
    first, second = built(name), built(name, base_channels=32)
    for parameter in second.parameters():
        torch.nn.init.zeros_(parameter)
    second.load_state_dict(safetensors.torch.load(safetensors.torch.save(first.state_dict())))
    x = small_input(name)
    assert torch.equal(first(x).mean, second(x).mean)


@every
def test_bfloat16_stays_near_float32(name: str):
    network, x = built(name), small_input(name)
    exact = network(x).mean
    with torch.autocast("cpu", torch.bfloat16):
        rough = network(x).mean
    assert float((rough - exact).detach().abs().max()) < 0.02 * float(exact.detach().abs().max())


@every
def test_images_of_a_batch_do_not_see_each_other(name: str):
    network, x = built(name), small_input(name, batch=3)
    together = network(x).mean
    alone = torch.cat([network(image[None]).mean for image in x])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@every
@pytest.mark.parametrize("shape", [(1, 7, 11), (5, 13, 9), (8, 16, 16), (2, 1, 1)])
def test_any_size_comes_back(name: str, shape: tuple[int, int, int]):
    predictor = VolumePredictor(
        built(name), ARCHITECTURES[name], PredictionSettings("cpu", "float32", "whole")
    )
    volume = np.random.default_rng(0).random(shape, np.float32)
    restored = predictor.predict(volume, lambda done, total: None)
    assert restored.shape == shape
    assert np.isfinite(restored).all()


@every
def test_declared_receptive_field_is_not_too_small(name: str):
    """Without its global operators a network must not see further than its row says."""
    spec = ARCHITECTURES[name]
    network = built(name).double()
    for module_name, parameter in network.named_parameters():
        if ".out." in module_name:  # the global part of every operator ends here
            torch.nn.init.zeros_(parameter)
    length = 4 * spec.size_divisor * (max(spec.receptive_field) // spec.size_divisor + 2)
    x = torch.rand(
        (1, 1, *[spec.size_divisor] * (spec.spatial_dims - 1), length), dtype=torch.float64
    )
    middle = length // 2
    reached = 0
    for shift in range(spec.size_divisor):
        x.requires_grad_()
        gradient = torch.autograd.grad(network(x).mean[..., middle + shift].sum(), x)[0]
        columns = gradient.abs().flatten(0, -2).sum(dim=0).nonzero().flatten()
        reached = max(reached, int((columns - middle - shift).abs().max()))
    assert reached <= spec.receptive_field[-1]


def test_unknown_parameter_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError) as refused:
        built("gvtnet_denoising_3d", base_chanels=8)
    assert "base_channels" in refused.value.remedy
