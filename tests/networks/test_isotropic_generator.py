import pytest
import torch
from torch import nn

from gvtstudio.networks.isotropic_generator.net import Block, IsotropicGenerator
from gvtstudio.networks.isotropic_generator.spec import NEEDS


class PlainUNet(nn.Module):
    """The table of MODELS §6.1 with torch's own layers, registered in the order of the table."""

    def __init__(self, has_bottom_norm: bool = True):
        super().__init__()

        def block(before, after, normalised=True):
            norm = [nn.InstanceNorm3d(after)] if normalised else []
            return [nn.Conv3d(before, after, 3, padding=1), *norm, nn.ReLU()]

        bottom = [block(a, b, has_bottom_norm) for a, b in ((128, 256), (256, 256), (256, 256))]
        self.enc1 = nn.Sequential(*block(1, 64), *block(64, 64))
        self.enc2 = nn.Sequential(*block(64, 128), *block(128, 128))
        self.bottom = nn.Sequential(*bottom[0], *bottom[1], *bottom[2])
        self.up2 = nn.ConvTranspose3d(256, 128, 2, stride=2)
        self.dec2 = nn.Sequential(*block(256, 128), *block(128, 128))
        self.up1 = nn.ConvTranspose3d(128, 64, 2, stride=2)
        self.dec1 = nn.Sequential(*block(128, 64))
        self.out = nn.Sequential(nn.Conv3d(64, 1, 1), nn.Conv3d(1, 1, 1), nn.Sigmoid())
        self.pool = nn.MaxPool3d(2)

    def forward(self, x):
        a = self.enc1(x)
        b = self.enc2(self.pool(a))
        c = self.up2(self.bottom(self.pool(b)))
        d = self.up1(self.dec2(torch.cat([b, c], 1)))
        return self.out(self.dec1(torch.cat([a, d], 1)))


@pytest.mark.parametrize("has_bottom_norm", [True, False])
def test_equals_the_plain_network_with_the_same_weights(has_bottom_norm: bool):
    torch.manual_seed(0)
    plain = PlainUNet(has_bottom_norm).double()
    network = IsotropicGenerator(has_bottom_norm=has_bottom_norm).double()
    weights = zip(network.state_dict(), plain.state_dict().values(), strict=True)
    network.load_state_dict(dict(weights))
    x = torch.rand((2, 1, 4, 8, 8), dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(network(x).mean, plain(x), rtol=0, atol=1e-10)


def test_stages_have_the_parameters_of_the_table():
    network = IsotropicGenerator()
    counts = {
        name: sum(p.numel() for p in stage.parameters()) for name, stage in network.named_children()
    }
    assert counts == {
        "encoder1": 112_448, "encoder2": 663_808, "bottom": 4_424_448, "up2": 262_272,
        "decoder2": 1_327_360, "up1": 65_600, "decoder1": 221_248, "head": 67,
    }  # fmt: skip


def test_single_voxel_comes_back_between_0_and_1():
    restored = IsotropicGenerator(base_channels=4)(torch.full((1, 1, 1, 1, 1), 7.0)).mean
    assert restored.shape == (1, 1, 1, 1, 1)
    assert 0 <= float(restored.detach()) <= 1


def test_channels_of_the_input_are_predicted():
    x = torch.rand((1, 2, 4, 4, 8))
    assert IsotropicGenerator(in_channels=2, base_channels=4)(x).mean.shape == x.shape


def test_convolutions_see_exactly_the_declared_receptive_field():
    """Without norms; weights are positive, so that no ReLU or maximum hides a change."""
    network = IsotropicGenerator(base_channels=2).double()
    for module in network.modules():
        if isinstance(module, Block):
            module.norm = None
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(1 / parameter[0].numel())
    x = torch.rand((1, 1, 84, 4, 4), dtype=torch.float64)
    reached = 0
    with torch.no_grad():
        before = network(x).mean
        for plane in range(40, 44):
            changed = x.clone()
            changed[:, :, plane] += 1
            planes = (network(changed).mean - before).abs().amax(dim=(0, 1, 3, 4)).nonzero()
            reached = max(reached, int((planes - plane).abs().max()))
    assert (reached,) * 3 == NEEDS.receptive_field


def test_weights_start_kaiming_normal_and_biases_zero():
    torch.manual_seed(0)
    layer = IsotropicGenerator().bottom[1].convolution
    assert float(layer.weight.detach().std()) == pytest.approx((2 / (27 * 256)) ** 0.5, rel=0.01)
    assert not layer.bias.any()
