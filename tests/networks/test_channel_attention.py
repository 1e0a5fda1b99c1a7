import pytest
import torch

from gvtstudio.networks.layers.channel_attention import ChannelAttention

SIZES = {2: (5, 12), 3: (3, 5, 12)}


def attention(dims: int) -> ChannelAttention:
    torch.manual_seed(dims)
    layer = ChannelAttention(dims, 8, reduction=4).double()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    return layer


def image(dims: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn((2, 8, *SIZES[dims]), generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("dims", [2, 3])
def test_equals_the_formula_written_out(dims: int):
    layer, x = attention(dims), image(dims)
    y = layer(x)
    for one, result in zip(x, y, strict=True):
        means = torch.stack([channel.mean() for channel in one])
        hidden = layer.squeeze.weight.reshape(2, 8) @ means + layer.squeeze.bias
        logits = layer.excite.weight.reshape(8, 2) @ hidden.clamp(min=0) + layer.excite.bias
        for channel, logit, weighted in zip(one, logits, result, strict=True):
            expected = channel / (1 + torch.exp(-logit))
            torch.testing.assert_close(weighted, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dims", [2, 3])
def test_sums_of_tiles_add_up_and_give_each_tile_the_result_of_the_whole(dims: int):
    layer, x = attention(dims), image(dims)
    tiles = torch.split(x, [7, 3, 2], dim=-1)
    sums = sum(layer.sums(tile) for tile in tiles)
    torch.testing.assert_close(sums, layer.sums(x), rtol=1e-12, atol=1e-12)
    tiled = torch.cat([layer(tile, sums) for tile in tiles], dim=-1)
    torch.testing.assert_close(tiled, layer(x), rtol=1e-12, atol=1e-14)


def test_one_sum_serves_all_images_of_a_batch():
    layer, x = attention(3), image(3)
    sums = layer.sums(x[:1])
    torch.testing.assert_close(layer(x, sums)[0], layer(x[:1])[0])


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
def test_sums_of_half_precision_are_kept_in_float32(precision: torch.dtype):
    layer = ChannelAttention(2, 8, reduction=4)
    x = torch.full((1, 8, 300, 300), 1.5, dtype=precision)
    sums = layer.sums(x)
    assert sums.dtype == torch.float32
    assert sums[0].tolist() == [135_000.0] * 8 + [90_000.0]
    assert layer(x, sums).dtype == precision


def test_few_channels_keep_one_hidden_channel():
    assert ChannelAttention(2, 4, reduction=8).squeeze.out_channels == 1
