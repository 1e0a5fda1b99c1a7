"""Every row of the table is held to the same promises."""

from pathlib import Path

import pytest
import torch

from gvtstudio import __version__
from gvtstudio.domain.errors import StackUnsuitable, UsageError
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.networks import ARCHITECTURES, architectures_for
from gvtstudio.networks.layers.barrier import Barrier
from gvtstudio.networks.layers.checkpointing import recompute_in_backward
from gvtstudio.prediction.model import load_model, save_model
from tests.networks.reach import reach
from tests.networks.rows import built, every, first, fitting_size, image, restoring, sizes, slim

ODD_SIZES = ((1, 7, 11), (5, 13, 9), (3, 17, 31), (2, 1, 1))


@every
def test_parameter_counts_are_the_papers(name: str):
    for configuration in ARCHITECTURES[name].configurations:
        network = built(name, **configuration.parameters)
        counted = sum(p.numel() for p in network.parameters() if p.requires_grad)
        assert counted == configuration.parameter_count, configuration.title


@every
def test_first_configuration_is_the_default(name: str):
    assert ARCHITECTURES[name].configurations[0].parameters == {}


@every
def test_row_declares_what_the_network_needs(name: str):
    network, needs = built(name), ARCHITECTURES[name].needs
    assert network.needs == needs
    assert len(needs.receptive_field) == needs.dims
    least = needs.smallest_size or needs.size_divisor
    assert [n % d for n, d in zip(least, needs.size_divisor, strict=True)] == [0] * needs.dims


@every
def test_barriers_are_declared_in_the_order_they_work(name: str):
    network = built(name)
    met: list[str] = []
    for module_name, module in network.named_modules():
        if isinstance(module, Barrier):
            module.register_forward_hook(lambda *_, n=module_name: met.append(n))
    network(image(network, fitting_size(name)))
    assert tuple(met) == ARCHITECTURES[name].needs.barriers


@restoring
def test_any_size_comes_back(name: str):
    network, spec = built(name), ARCHITECTURES[name]
    for size in sizes(name, *ODD_SIZES):
        answer = first(network(image(network, size)))
        kept = size[1:] if spec.output == "projection" else size
        assert tuple(answer.shape[-len(kept) :]) == kept
        assert torch.isfinite(answer).all()


@restoring
def test_a_size_that_fits_is_not_changed(name: str):
    network = built(name)
    x = image(network, fitting_size(name))
    assert torch.equal(first(network(x)), first(network.evaluate(x)))


@every
def test_gradients_reach_every_parameter_and_are_finite(name: str):
    network = built(name).train()
    output = network(image(network, fitting_size(name), batch=2))
    loss = sum(t.float().square().mean() for t in _tensors(output))
    loss.backward()
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert torch.isfinite(parameter.grad).all(), parameter_name
        if parameter.ndim > 1:  # a bias in front of a norm has no effect
            assert parameter.grad.abs().max() > 0, parameter_name


@every
def test_recomputing_activations_gives_the_same_gradients_and_statistics(name: str):
    kept, recomputed = (built(name, **slim(name)).double().train() for _ in range(2))
    recompute_in_backward(recomputed)
    x = image(kept, fitting_size(name), batch=2).double()
    for network in (kept, recomputed):
        torch.manual_seed(3)
        sum(t.square().mean() for t in _tensors(network(x))).backward()
    for one, other in zip(kept.parameters(), recomputed.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-9, atol=1e-12)
    states = (n.state_dict() for n in (kept, recomputed))
    for (key, one), other in zip(next(states).items(), next(states).values(), strict=True):
        if not key.endswith("num_batches_tracked"):
            torch.testing.assert_close(one, other, rtol=1e-12, atol=0)


@restoring
def test_a_model_package_gives_the_same_bits(name: str, tmp_path: Path):
    network, path = built(name), tmp_path / "model.gvtmodel"
    x = image(network, fitting_size(name))
    card = ModelCard(
        name=name, title=name, summary="", task="denoising", architecture=name,
        architecture_parameters={}, parameter_count=1, axes="ZYX",
        normalisation_percentiles=(2.0, 99.8), program_version=__version__,
    )  # fmt: skip
    save_model(path, network, card, x[0].numpy(), overwrite=False)
    loaded = load_model(path).network
    assert torch.equal(first(loaded(x)), first(network(x)))


@every
def test_bfloat16_stays_near_float32(name: str):
    network = built(name)
    x = image(network, fitting_size(name))
    with torch.no_grad():
        exact = first(network(x))
        with torch.autocast("cpu", torch.bfloat16):
            rough = first(network(x)).float()
    spread = float(exact.abs().max())
    assert float((rough - exact).abs().max()) < 0.05 * spread


@every
def test_the_same_seed_gives_the_same_weights_and_the_same_answer(name: str):
    one, other = built(name), built(name)
    x = image(one, fitting_size(name))
    assert torch.equal(first(one(x)), first(other(x)))
    assert torch.equal(first(one(x)), first(one(x)))


@every
def test_images_of_a_batch_do_not_see_each_other(name: str):
    network = built(name).double()
    x = image(network, fitting_size(name), batch=3).double()
    together = first(network(x))
    alone = torch.cat([first(network(one[None])) for one in x])
    torch.testing.assert_close(together, alone, rtol=1e-9, atol=1e-11)


@every
def test_wrong_channels_are_refused_in_words(name: str):
    network = built(name)
    x = image(network, fitting_size(name))
    with pytest.raises(StackUnsuitable, match="channel") as refused:
        network(torch.cat([x, x], dim=1))
    assert str(2 * network.in_channels) in refused.value.sentence()
    assert refused.value.remedy


@every
def test_wrong_dimensions_are_refused_in_words(name: str):
    network = built(name)
    x = image(network, fitting_size(name))
    with pytest.raises(StackUnsuitable, match=r"images|volumes"):
        network(x[..., 0] if network.needs.dims == 3 else x[..., None])


def test_a_patch_below_the_minimum_is_refused_with_the_minimum():
    network = built("patchgan_discriminator")
    least = network.needs.smallest_patch
    network(image(network, least))
    with pytest.raises(StackUnsuitable, match=" × ".join(map(str, least))):
        network(image(network, (least[0], least[1] - 1)))


def test_unknown_parameter_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError) as refused:
        built("gvtnet_denoising_3d", base_chanels=8)
    assert "base_channels" in refused.value.remedy


@pytest.mark.parametrize("name", ["gvtnet_denoising_3d", "aeanet_2d", "cnnt"])
def test_heads_that_do_not_divide_the_channels_are_refused(name: str):
    with pytest.raises(UsageError, match="heads"):
        built(name, heads=5)


def test_every_task_has_a_network_of_its_paper_first():
    proposed = {
        "denoising": "gvtnet_denoising_3d",
        "label_free": "gvtnet_label_free",
        "projection": "gvtnet_projection",
        "isotropic": "isotropic_generator",
        "segmentation": "aeanet_segmentation",
    }
    assert {task: architectures_for(task)[0] for task in proposed} == proposed
    assert "aeanet_2d" in architectures_for("super_resolution")


def _tensors(output) -> list[torch.Tensor]:
    return [output] if isinstance(output, torch.Tensor) else [t for t in output if t is not None]


LOCAL_AXES = [
    (name, axis)
    for name, spec in ARCHITECTURES.items()
    for axis, field in enumerate(spec.needs.receptive_field)
    if spec.needs.streams_exactly and field is not None
]


@pytest.mark.parametrize(("name", "axis"), LOCAL_AXES)
def test_declared_receptive_field_is_right(name: str, axis: int):
    """Not smaller than what the convolutions see, nor larger by more than the divisor."""
    needs = ARCHITECTURES[name].needs
    declared, divisor = needs.receptive_field[axis], needs.size_divisor[axis]
    length = 2 * divisor * (declared // divisor + 3)
    assert declared - divisor <= reach(built(name, **slim(name)), axis, length) <= declared
