import pytest
import torch
from torch.nn import functional

from gvtstudio.domain.errors import UsageError
from gvtstudio.networks.cnnt import net
from gvtstudio.networks.cnnt.net import CNNT
from gvtstudio.networks.cnnt.spec import needs
from gvtstudio.networks.layers import plane_convolution
from gvtstudio.networks.layers.checkpointing import recompute_in_backward
from gvtstudio.networks.layers.convolutional_attention import ConvolutionalAttention
from gvtstudio.networks.layers.plane_convolution import PlaneConvolution
from tests.networks.cnnt_reference import CNNTReference

SMALL = {"cells": 2, "heads": 4, "dropout": 0.0}


def pair(base: int = 16, **options) -> tuple[CNNT, CNNTReference]:
    """Our network and the one written down directly, with the same weights."""
    torch.manual_seed(0)
    reference = CNNTReference(base, **options).eval()
    network = CNNT(base_channels=base, **options).eval()
    weights = zip(network.state_dict(), reference.state_dict().values(), strict=True)
    network.load_state_dict(dict(weights))
    return network, reference


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(1))


def relative_error(ours: torch.Tensor, reference: torch.Tensor) -> float:
    return float(((ours - reference).abs().max() / reference.abs().max()).detach())


def test_published_network_is_the_one_written_down():
    network, reference = pair(32)
    assert sum(p.numel() for p in network.parameters()) == 12_279_905
    x = noise(1, 1, 3, 8, 12)
    with torch.inference_mode():
        assert relative_error(network(x).mean, reference(x)) < 1e-5
        network.double(), reference.double()
        assert relative_error(network(x.double()).mean, reference(x.double())) < 1e-10


@pytest.mark.parametrize("shape", [(1, 1, 5, 16, 24), (2, 1, 3, 20, 8), (2, 1, 1, 12, 28)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
@pytest.mark.parametrize("learns", [True, False])
def test_any_number_of_planes_equals_the_reference(
    shape: tuple[int, ...], dtype: torch.dtype, tolerance: float, learns: bool
):
    network, reference = pair(**SMALL)
    network.to(dtype), reference.to(dtype)
    x = noise(*shape).to(dtype)
    with torch.set_grad_enabled(learns):
        assert relative_error(network(x).mean, reference(x)) < tolerance


@pytest.mark.parametrize("size", [(3, 13, 9), (1, 5, 6), (2, 1, 1), (4, 18, 31)])
def test_odd_sizes_are_those_of_the_mirrored_volume(size: tuple[int, int, int]):
    network, reference = pair(**SMALL)
    x = noise(1, 1, *size)
    before = [max(-n % 4, 8 - n) // 2 for n in size[1:]]
    y, x_places = (
        [abs((i - b + n - 1) % max(2 * n - 2, 1) - n + 1) for i in range(max(n + -n % 4, 8))]
        for n, b in zip(size[1:], before, strict=True)
    )
    expected = reference(x[..., y, :][..., x_places])
    expected = expected[..., before[0] : before[0] + size[1], before[1] : before[1] + size[2]]
    assert relative_error(network(x).mean, expected) < 1e-5


def test_gradients_equal_those_of_the_reference():
    network, reference = pair(8, **SMALL)
    network.double().train(), reference.double().train()
    x, weights = noise(2, 1, 3, 8, 12).double(), noise(2, 1, 3, 8, 12).double()
    (network(x).mean * weights).sum().backward()
    (reference(x) * weights).sum().backward()
    largest = max(p.grad.abs().max() for p in reference.parameters())
    for (name, ours), theirs in zip(
        network.named_parameters(), reference.parameters(), strict=True
    ):
        torch.testing.assert_close(
            ours.grad, theirs.grad, rtol=1e-8, atol=1e-11 * float(largest), msg=name
        )


def test_dropout_works_in_training_only():
    network, _ = pair(**SMALL | {"dropout": 0.5})
    x = noise(1, 1, 3, 8, 8)
    assert torch.equal(network(x).mean, network(x).mean)
    network.train()
    assert not torch.equal(network(x).mean, network(x).mean)
    with torch.no_grad():
        assert not torch.equal(network(x).mean, network(x).mean)


def test_recomputed_activations_have_the_same_dropout():
    network, _ = pair(**SMALL | {"dropout": 0.5})
    network.train()
    x = noise(1, 1, 3, 8, 8)
    gradients = []
    for recomputes in (False, True):
        if recomputes:
            recompute_in_backward(network)
        torch.manual_seed(2)
        network.zero_grad()
        network(x).mean.square().sum().backward()
        gradients.append([p.grad.clone() for p in network.parameters()])
    for kept, recomputed in zip(*gradients, strict=True):
        torch.testing.assert_close(recomputed, kept, rtol=1e-4, atol=1e-5)


def test_volumes_of_a_batch_do_not_see_each_other():
    network, _ = pair(**SMALL)
    x = noise(3, 1, 4, 8, 12)
    with torch.inference_mode():
        together = network(x).mean
        alone = torch.cat([network(volume[None]).mean for volume in x])
    assert relative_error(together, alone) < 1e-5


def test_input_is_not_written_to():
    network, _ = pair(**SMALL)
    x = noise(1, 1, 3, 8, 8)
    kept = x.clone()
    with torch.inference_mode():
        network(x)
    assert torch.equal(x, kept)


def test_planes_see_each_other_in_both_directions():
    network, _ = pair(**SMALL)
    x = noise(1, 1, 4, 8, 8).requires_grad_()
    for plane in (0, 3):
        seen = torch.autograd.grad(network(x).mean[:, :, plane].square().sum(), x)[0]
        assert (seen.abs().amax(dim=(0, 1, 3, 4)) > 0).all()


def test_state_dict_holds_the_parameters_and_nothing_else():
    network, _ = pair(**SMALL)
    assert list(network.state_dict()) == [name for name, _ in network.named_parameters()]


def test_one_plane_needs_neither_queries_nor_keys():
    torch.manual_seed(0)
    attention = ConvolutionalAttention(16, 4, 0.1).double().eval()
    x = torch.rand((2, 16, 6, 5), dtype=torch.float64)
    learned = attention(x, 1)
    with torch.no_grad():
        attention.query.weight.fill_(torch.nan)
        attention.key.weight.fill_(torch.nan)
        assert relative_error(attention(x, 1), learned) < 1e-14


def test_heads_that_do_not_divide_the_channels_are_refused():
    with pytest.raises(UsageError, match="heads") as refused:
        CNNT(base_channels=16, heads=5)
    assert refused.value.remedy


def test_features_are_predicted_where_the_noise_is_not():
    noisy, _ = pair(**SMALL)
    direct = CNNT(base_channels=16, predicts_noise=False, **SMALL).eval()
    direct.load_state_dict(noisy.state_dict())
    x = noise(1, 1, 2, 8, 8)
    with torch.no_grad():
        plane_features = noisy.pre2(noisy.pre1(x[:, :, 0]))
        post = lambda features: noisy.post2(noisy.post1(features))  # noqa: E731
        linear = post(plane_features) - post(torch.zeros_like(plane_features))
        subtracted = noisy(x).mean[:, :, 0] + direct(x).mean[:, :, 0]
        constant = 2 * post(torch.zeros_like(plane_features))
    torch.testing.assert_close(subtracted, linear + constant, rtol=1e-4, atol=1e-5)


def test_several_channels_come_back():
    network = CNNT(in_channels=3, base_channels=8, **SMALL)
    assert network(noise(1, 3, 2, 8, 8)).mean.shape == (1, 3, 2, 8, 8)


@pytest.mark.parametrize("cells", [1, 2])
def test_receptive_field_is_what_the_convolutions_see(cells: int, monkeypatch: pytest.MonkeyPatch):
    """With even attention and without instance norm, whose sums run over whole planes."""
    monkeypatch.setattr(net, "instance_norm", lambda x: x)
    declared = needs(cells).receptive_field[2]
    torch.manual_seed(0)
    network = CNNT(base_channels=4, cells=cells, heads=1).double().eval()
    for module in network.modules():
        if isinstance(module, ConvolutionalAttention):
            torch.nn.init.zeros_(module.query.weight)
            torch.nn.init.zeros_(module.query.bias)
    length = 8 * (declared // 4 + 2)
    for axis, size in ((3, (length, 8)), (4, (8, length))):
        x = noise(1, 1, 1, *size).double().requires_grad_()
        reached = 0
        for middle in range(length // 2, length // 2 + 4):
            output = network(x).mean.select(axis, middle).sum()
            gradient = torch.autograd.grad(output, x)[0].movedim(axis, 0).flatten(1)
            seen = gradient.abs().sum(dim=1).nonzero().flatten()
            reached = max(reached, int((seen - middle).abs().max()))
        assert reached == declared


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (4, 4), (9, 30), (70, 17)])
@pytest.mark.parametrize("pixels_at_once", [64, 16384])
def test_halved_multiplications_give_the_same_convolution(
    size: tuple[int, int], pixels_at_once: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(plane_convolution, "PIXELS_AT_ONCE", pixels_at_once)
    torch.manual_seed(0)
    layer = PlaneConvolution(16, 24).eval()
    x = torch.randn((3, 16, *size))
    direct = functional.conv2d(x.double(), layer.weight.double(), layer.bias.double(), padding=1)
    with torch.inference_mode():
        fast = layer(x)
    assert fast.shape == direct.shape
    assert not torch.equal(fast, functional.conv2d(x, layer.weight, layer.bias, padding=1))
    assert relative_error(fast, direct) < 5e-6
