import pytest
import torch
from torch import nn

from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.networks.patchgan_discriminator.net import PatchganDiscriminator


def test_equals_the_plain_network_with_the_same_weights():
    torch.manual_seed(0)
    plain = nn.Sequential(
        nn.Conv2d(1, 64, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, stride=2, padding=1),
        nn.InstanceNorm2d(128),
        nn.LeakyReLU(0.2),
        nn.Conv2d(128, 256, 4, stride=2, padding=1),
        nn.InstanceNorm2d(256),
        nn.LeakyReLU(0.2),
        nn.Conv2d(256, 512, 4, stride=1, padding=1),
        nn.InstanceNorm2d(512),
        nn.LeakyReLU(0.2),
        nn.Conv2d(512, 1, 4, stride=1, padding=1),
    ).double()
    network = PatchganDiscriminator().double()
    weights = zip(network.state_dict(), plain.state_dict().values(), strict=True)
    network.load_state_dict(dict(weights))
    x = torch.rand((2, 1, 32, 41), dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(network(x), plain(x), rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("size", "judged"),
    [((144, 144), (16, 16)), ((108, 108), (11, 11)), ((24, 24), (1, 1)), ((31, 40), (1, 3))],
)
def test_judges_patch_by_patch(size: tuple[int, int], judged: tuple[int, int]):
    judgements = PatchganDiscriminator(base_channels=2)(torch.rand((3, 1, *size)))
    assert judgements.shape == (3, 1, *judged)
    assert torch.isfinite(judgements).all()


def test_too_small_an_image_is_refused_in_words():
    with pytest.raises(StackUnsuitable, match="at least 24 × 24 voxels, but was given 40 × 23"):
        PatchganDiscriminator(base_channels=2)(torch.rand((1, 1, 40, 23)))


def test_other_channels_are_refused_in_words():
    with pytest.raises(StackUnsuitable, match="2 channels, but the stack has 1"):
        PatchganDiscriminator(in_channels=2, base_channels=2)(torch.rand((1, 1, 24, 24)))


def test_images_of_a_batch_are_judged_alone():
    network = PatchganDiscriminator(base_channels=2).double()
    x = torch.rand((3, 1, 24, 32), dtype=torch.float64)
    alone = torch.cat([network(image[None]) for image in x])
    torch.testing.assert_close(network(x), alone)


def test_one_judgement_sees_70_pixels():
    network = PatchganDiscriminator(base_channels=2).double()
    for block in network.blocks:
        block.norm = None
    x = torch.rand((1, 1, 32, 144), dtype=torch.float64, requires_grad=True)
    gradient = torch.autograd.grad(network(x)[0, 0, 0, 8], x)[0]
    columns = gradient.abs().sum(dim=(0, 1, 2)).nonzero().flatten()
    assert int(columns.max() - columns.min()) + 1 == 70


def test_weights_start_kaiming_normal_and_biases_zero():
    torch.manual_seed(0)
    layer = PatchganDiscriminator().blocks[3].convolution
    assert float(layer.weight.detach().std()) == pytest.approx((2 / (16 * 256)) ** 0.5, rel=0.01)
    assert not layer.bias.any()
