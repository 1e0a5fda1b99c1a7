"""Transmitted light goes through focus as it should, and the truth shows the same cells."""

import numpy as np
import pytest
import torch

from gvtstudio.domain.errors import UsageError
from gvtstudio.simulation.transmitted_light import Brightfield, focus_series
from tests.simulation.recipes_for_tests import simulated

VOXEL_UM = (0.5, 0.2, 0.2)
OPTICS = Brightfield(0.8, 0.3, 1.33, 0.55)
CLEAN = {"shading": 0.0, "dust": 0, "field_photons": 1e6, "camera_gain": 0.01}


def thin_disc(index_difference: float) -> torch.Tensor:
    """A disc 2 µm wide in the middle one of 17 planes."""
    volume = torch.zeros(17, 64, 64)
    at = (torch.arange(64) - 32) * VOXEL_UM[1]
    volume[8] = index_difference * torch.sigmoid((1.0 - torch.hypot(at[:, None], at)) / 0.1)
    return volume


def test_nothing_in_the_way_is_an_even_field():
    light = focus_series(torch.zeros(4, 32, 32), OPTICS, VOXEL_UM)
    torch.testing.assert_close(light, torch.ones_like(light), rtol=1e-4, atol=1e-4)


def test_contrast_of_a_phase_object_inverts_through_focus_and_vanishes_in_it():
    light = focus_series(thin_disc(0.02), OPTICS, VOXEL_UM)
    contrast = light[:, 31:34, 31:34].mean(dim=(1, 2)) - 1
    before, focus, behind = (float(contrast[z]) for z in (4, 8, 12))
    assert before * behind < 0
    assert min(abs(before), abs(behind)) > 4 * abs(focus)
    assert abs(before) == pytest.approx(abs(behind), rel=0.25)
    # a denser disc collects the light behind it: seen bright with the focus further along
    assert behind > 0.01


def test_contrast_of_a_weak_object_grows_with_its_index_and_changes_sign_with_it():
    single, double, negative = (
        focus_series(thin_disc(n), OPTICS, VOXEL_UM)[12, 32, 32] - 1 for n in (0.005, 0.01, -0.005)
    )
    assert float(double / single) == pytest.approx(2, rel=0.1)
    assert float(negative / single) == pytest.approx(-1, rel=0.1)


def test_light_is_spread_but_not_lost():
    """What a small phase object scatters mostly stays within the aperture."""
    light = focus_series(thin_disc(0.01), OPTICS, VOXEL_UM)
    torch.testing.assert_close(light.mean(dim=(1, 2)), torch.ones(17), rtol=2e-3, atol=2e-3)


def test_a_wider_condenser_gives_less_contrast_out_of_focus():
    narrow, wide = (
        focus_series(thin_disc(0.02), OPTICS._replace(condenser_aperture=na), VOXEL_UM)[14].std()
        for na in (0.1, 0.7)
    )
    assert narrow > 1.2 * wide


def test_a_condenser_wider_than_the_objective_is_refused_in_words():
    with pytest.raises(UsageError, match="dark field") as refused:
        simulated("label-free", numerical_aperture=0.4, condenser_aperture=0.5)
    assert refused.value.remedy


@pytest.mark.parametrize("count", [1, 2, 3])
def test_truth_has_the_channels_asked_for(count: int):
    pair = simulated("label-free", truth_channels=count)
    assert pair.noisy.shape == (10, 48, 40)
    assert pair.truth.shape == ((10, 48, 40) if count == 1 else (10, count, 48, 40))
    assert pair.truth.dtype == np.float32
    names = [channel.name for channel in pair.truth_channels]
    assert names == ["Nuclei", "Membranes", "Granules"][:count]


def test_stains_show_different_things_at_the_photons_asked_for():
    truth = simulated("label-free", size_y=96, size_x=96, photons=50, camera_gain=1).truth - 100
    for c in range(3):
        assert np.quantile(truth[:, c], 0.999) == pytest.approx(50, rel=0.15)
    together = np.corrcoef([truth[:, c].ravel() for c in range(3)])
    assert np.abs(together[np.triu_indices(3, 1)]).max() < 0.5


def test_cells_are_seen_only_where_cells_are():
    """Where the truth is dark in all planes, transmitted light hardly changes through focus."""
    pair = simulated("label-free", size_z=16, size_y=96, size_x=96, **CLEAN)
    through_focus = pair.noisy.astype(float).std(axis=0) / pair.noisy.mean()
    stained = (pair.truth[:, :2] - pair.truth.min()).max(axis=(0, 1))
    full, empty = stained > np.quantile(stained, 0.6), stained < np.quantile(stained, 0.05)
    assert through_focus[full].mean() > 2 * through_focus[empty].mean()


def test_shading_and_dust_are_the_same_in_every_plane():
    clean, dirty = (
        simulated("label-free", **{**CLEAN, **dirt}).noisy.astype(float) - 100
        for dirt in ({}, {"shading": 0.2, "dust": 5})
    )
    ratio = dirty / clean
    assert ratio.mean(axis=0).std() > 0.02
    assert ratio.std(axis=0).max() < 0.1 * ratio.mean(axis=0).std() + 0.02
