import pytest
import torch

from gvtstudio.networks.layers.dense_block import DenseBlock, NormalisedConvolution


@pytest.mark.parametrize(
    ("channels", "layers", "grown"),
    [(32, 2, 64), (64, 4, 128), (128, 8, 256), (256, 8, 384), (224, 4, 288), (74, 1, 90)],
)
def test_every_layer_adds_its_growth(channels: int, layers: int, grown: int):
    block = DenseBlock(2, channels, layers, growth=16, dropout=0.5)
    seen = [layer.convolution.in_channels for layer in block.layers]
    assert seen == [channels + 16 * i for i in range(layers)]
    assert block(torch.rand((2, channels, 4, 4))).shape == (2, grown, 4, 4)


@pytest.mark.parametrize("dims", [2, 3])
def test_input_and_earlier_outputs_are_kept(dims: int):
    block = DenseBlock(dims, 3, 2, growth=2, dropout=0).eval()
    x = torch.rand((1, 3, *[5] * dims))
    first = block.layers[0](x)
    second = block.layers[1](torch.cat([x, first], dim=1))
    torch.testing.assert_close(block(x), torch.cat([x, first, second], dim=1))


def test_dropout_works_in_training_only():
    torch.manual_seed(0)
    layer = NormalisedConvolution(2, 4, 8, kernel=3, dropout=0.5)
    x = torch.rand((2, 4, 8, 8))
    assert not torch.equal(layer(x), layer(x))
    layer.eval()
    assert torch.equal(layer(x), layer(x))


def test_training_normalises_before_the_relu():
    layer = NormalisedConvolution(2, 4, 8, kernel=1, dropout=0).double()
    y = layer(torch.rand((4, 4, 8, 8), dtype=torch.float64) + 10)
    assert float(y.detach().min()) == 0
    half = (y > 0).double().mean()
    assert 0.3 < float(half) < 0.7  # values are centred before the ReLU, despite the offset
