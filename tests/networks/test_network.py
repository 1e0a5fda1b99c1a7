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
    """With anything else beyond the edges, nothing changes further inside than the field."""
    network = built("care_2d").double()
    field = network.needs.receptive_field[-1]
    x = image(network, (8, 4 * field + 1)).double()  # three columns are missing: one, and two
    mirrored_there = network(x).mean
    zeros_there = network.evaluate(torch.nn.functional.pad(x, (1, 2))).mean[..., 1:-2]
    inner = slice(field, -field)
    torch.testing.assert_close(
        mirrored_there[..., inner], zeros_there[..., inner], rtol=1e-12, atol=1e-13
    )
    assert not torch.allclose(mirrored_there, zeros_there)
