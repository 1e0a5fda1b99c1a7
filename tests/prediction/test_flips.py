"""Averaging over mirror images: what a network makes of them, mirrored back."""

from pathlib import Path

import numpy as np
import pytest

from gvtstudio.imaging.open_volume import OpenVolume, slices_of
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.flips import FLIPS
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
from tests.networks.rows import built, slim

VOLUME = np.random.default_rng(0).random((16, 20, 28), np.float32)
NETWORKS = ["gvtnet_denoising_3d", "gvtnet_denoising_2d", "cnnt"]


def restored(network: str, volume: np.ndarray, *, flips: bool, scratch: Path | None = None):
    settings = PredictionSettings("cpu", "float32", scratch=scratch, flips=flips)
    shares = []
    predictor = VolumePredictor(built(network, **slim(network)), settings)
    answer = predictor.predict(volume, lambda done, total: shares.append(done / total))
    assert shares == sorted(shares)
    assert shares[-1] == 1
    return answer


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("place", ["memory", "disk"])
def test_the_average_of_all_mirror_images(network: str, place: str, tmp_path: Path):
    images = [
        np.flip(restored(network, np.flip(VOLUME, axes).copy(), flips=False), axes)
        for axes in FLIPS
    ]
    assert np.abs(images[0] - images[1]).max() > 1e-4  # else nothing would be shown
    averaged = restored(network, VOLUME, flips=True, scratch=tmp_path if place == "disk" else None)
    np.testing.assert_allclose(averaged, np.mean(images, axis=0), atol=1e-5)
    assert list(tmp_path.iterdir()) == []


def test_a_mirror_image_gives_the_mirror_image():
    one = restored(NETWORKS[0], VOLUME, flips=True)
    other = restored(NETWORKS[0], VOLUME[:, ::-1].copy(), flips=True)
    np.testing.assert_allclose(other, one[:, ::-1], atol=1e-5)


def test_it_is_told_that_it_takes_four_times_the_work(tmp_path: Path):
    plans = [
        VolumePredictor(
            built(NETWORKS[0], **slim(NETWORKS[0])),
            PredictionSettings("cpu", "float32", scratch=tmp_path, flips=flips),
        ).plan(VOLUME.shape)
        for flips in (False, True)
    ]
    assert plans[1].work == 4 * plans[0].work
    assert plans[1].scratch_bytes == plans[0].scratch_bytes + 4 * VOLUME.size


def test_nothing_can_be_gone_on_with_inside_a_volume():
    noted = []
    settings = PredictionSettings("cpu", "float32", flips=True)
    volume = OpenVolume(VOLUME.shape, lambda box: VOLUME[slices_of(box)], lambda box, values: None)
    predictor = VolumePredictor(built(NETWORKS[0], **slim(NETWORKS[0])), settings)
    predictor.stream(volume, Course(lambda done, total: None, noted.append))
    assert noted == []
