"""Denoising a volume piece by piece, in its own units."""

import tracemalloc

import numpy as np
import pytest

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import OpenVolume
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.tasks.denoising.predict import predict_volume


class Doubling:
    """Stands for a predictor that works in tiles.

    Args:
        tile: Planes of a tile.
    """

    def __init__(self, tile: int) -> None:
        self._tile = tile

    def stream(self, volume: OpenVolume, course: Course) -> None:
        depth, *across = volume.shape
        for z in range(0, depth, self._tile):
            box = ((z, min(z + self._tile, depth)), *((0, n) for n in across))
            values = volume.read(box)
            assert values.dtype == np.float32
            volume.write(box, 2 * values)
            course.report(box[0][1], depth)


@pytest.mark.parametrize("tile", [1, 3, 16])
def test_what_the_network_does_happens_on_the_normalised_scale(tile: int):
    raw = np.random.default_rng(0).integers(50, 900, (5, 7, 11), np.uint16)
    restored = np.zeros(raw.shape)
    reports = []

    def write(box, values) -> None:
        restored[tuple(slice(*span) for span in box)] += values

    volume = OpenVolume(raw.shape, lambda box: raw[tuple(slice(*s) for s in box)], write)
    scale = PercentileNormalization(low=100.0, high=300.0)
    predict_volume(Doubling(tile), volume, [scale], Course(lambda *now: reports.append(now)))
    assert np.allclose(restored, 2 * (raw - 100.0) + 100.0, atol=1e-3)
    assert reports[-1] == (5, 5)


def test_no_real_numbers_of_a_whole_volume_are_held():
    shape = (4, 2048, 2048)  # 32 MB; as real numbers of eight bytes 128 MB
    raw = np.zeros(shape, np.uint16)
    restored = np.zeros(shape, np.uint16)
    largest = []

    def write(box, values) -> None:
        largest.append(values.nbytes)
        restored[tuple(slice(*span) for span in box)] = np.rint(values)

    volume = OpenVolume(shape, lambda box: raw[tuple(slice(*span) for span in box)], write)
    scale = PercentileNormalization(low=-7.0, high=300.0)
    tracemalloc.start()
    try:
        predict_volume(Doubling(1), volume, [scale], Course(lambda done, total: None))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (restored == 7).all()
    assert max(largest) <= 8 << 20
    # two tiles of real numbers of four bytes, before and after the network, and small change
    assert peak < 2 * 4 * 2048 * 2048 + (32 << 20)
