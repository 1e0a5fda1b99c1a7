"""Labels cover every tissue, nest, and explain both contrasts."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from gvtstudio.simulation.segmentation import draw_bias
from gvtstudio.simulation.structures import Field
from tests.simulation.recipes_for_tests import simulated

SIZE = {"size_z": 16, "size_y": 48, "size_x": 48}


def test_two_channels_and_a_label_for_every_voxel():
    pair = simulated("segmentation", **SIZE)
    assert pair.noisy.shape == (16, 2, 48, 48)
    assert pair.truth.shape == (16, 48, 48)
    assert pair.truth.dtype == np.uint8
    assert [channel.name for channel in pair.channels] == ["T1", "T2"]
    assert (pair.calibration.z_um, pair.calibration.x_um) == (3000, 1000)


@pytest.mark.parametrize("regions", [2, 3, 6])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_labels_cover_all_tissues(regions: int, seed: int):
    labels = simulated("segmentation", seed, **SIZE, regions=regions).truth
    share = np.bincount(labels.ravel(), minlength=regions + 1) / labels.size
    assert len(share) == regions + 1
    assert share[0] == pytest.approx(0.5, abs=0.05)
    assert share[1:].min() > 0.5 / regions / 2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_inner_tissues_lie_inside_outer_ones(seed: int):
    """A tissue touches the next ones in and out, not what lies further away."""
    labels = simulated("segmentation", seed, **SIZE, folding=0.2).truth.astype(int)
    inner = labels >= 2
    outside = ndimage.binary_dilation(labels == 0)
    assert (inner & outside).sum() < 0.1 * inner.sum()
    edges = [labels[:, 0], labels[:, -1], labels[:, :, 0], labels[:, :, -1]]
    assert max(edge.max() for edge in edges) <= 1


def test_folding_lengthens_the_borders():
    smooth, folded = (
        np.abs(np.diff(simulated("segmentation", **SIZE, folding=f).truth.astype(int))).sum()
        for f in (0.0, 1.0)
    )
    assert folded > 1.1 * smooth


def test_the_two_contrasts_order_the_tissues_differently():
    pair = simulated("segmentation", **SIZE, snr=200, bias_field=0.0)
    inside = [ndimage.binary_erosion(pair.truth == label) for label in range(4)]
    first, second = ([pair.noisy[:, c][mask].mean() for mask in inside] for c in range(2))
    assert first[0] < first[1] < first[2] < first[3]
    assert second[0] < second[3] < second[2] < second[1]


def test_noise_is_as_strong_as_asked_for_and_rician_outside():
    pair = simulated("segmentation", **SIZE, snr=25, bias_field=0.0)
    outside = ndimage.binary_erosion(pair.truth == 0, iterations=2)
    inside = ndimage.binary_erosion(pair.truth == 3, iterations=2)
    assert pair.noisy[:, 0][inside].std() == pytest.approx(1000 / 25, rel=0.15)
    # without signal the length of the noise has the mean of a Rayleigh distribution, or a bit more
    assert pair.noisy[:, 0][outside].mean() > np.sqrt(np.pi / 2) * 1000 / 25 * 0.98


def test_bias_field_is_smooth_and_as_strong_as_asked_for():
    logs = []
    for seed in range(20):
        field = Field((16, 48, 48), (3.0, 1.0, 1.0), torch.Generator().manual_seed(seed))
        bias = draw_bias(field, 0.15)
        assert bias.min() > 0
        for axis in range(3):
            steps = bias.diff(dim=axis).abs()
            assert float(steps.max()) < 0.1 * field.voxel_um[axis]
        logs.append(float(bias.log().square().mean()))
    assert np.sqrt(np.mean(logs)) == pytest.approx(0.15, rel=0.3)
