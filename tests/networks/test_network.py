"""Any size: mirroring, cropping, and what stays exact."""

import numpy as np
import pytest
import torch

from gvtstudio.networks.layers.network import mirrored
from tests.networks.rows import built, image


@pytest.mark.parametrize("length", [1, 2, 3, 7])
@pytest.mark.parametrize("padding", [(0, 0), (0, 1), (3, 2), (9, 10)])
def test_mirroring_equals_numpy_however_wide(length: int, padding: tuple[int, int]):
    x = np.random.default_rng(0).random((1, 2, 4, length))
    ours = mirrored(torch.from_numpy(x), [(0, 0), padding]).numpy()
    np.testing.assert_array_equal(ours, np.pad(x, [(0, 0), (0, 0), (0, 0), padding], "reflect"))


def test_mirroring_passes_gradients_back_to_every_voxel():
    x = torch.rand((1, 1, 3, 3), dtype=torch.float64, requires_grad=True)
    mirrored(x, [(1, 2), (2, 1)]).sum().backward()
    assert float(x.grad.sum()) == 6 * 6
    assert (x.grad > 0).all()


def test_result_is_that_of_the_mirrored_image_cropped():
    network = built("gvtnet_denoising_2d").double()
    x = image(network, (13, 22)).double()
    by_hand = torch.nn.functional.pad(x, (1, 1, 1, 2), mode="reflect")
    expected = network.evaluate(by_hand).mean[..., 1:-2, 1:-1]
    torch.testing.assert_close(network(x).mean, expected, rtol=1e-12, atol=0)


def test_convolutions_see_what_is_mirrored_only_near_the_edge():
    """Other voxels beyond the edge, and beyond the receptive field nothing changes."""
    network = built("care_2d").double()
    field = network.needs.receptive_field[-1]
    x = image(network, (8, 4 * field)).double()
    odd = network(x[..., :-3]).mean
    whole = network(x).mean
    shared = slice(4, 4 * field - 3 - field - 4)
    start = 1  # one column is mirrored in front of the odd image, which moves its pooling grid
    moved = network(torch.nn.functional.pad(x, (start, 3), mode="reflect")).mean[..., start:-3]
    inner = slice(field + 4, shared.stop)
    torch.testing.assert_close(odd[..., inner], moved[..., inner], rtol=1e-9, atol=1e-10)
    assert whole.shape == moved.shape
