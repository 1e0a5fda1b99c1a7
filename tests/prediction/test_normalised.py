import numpy as np
import pytest

from gvtstudio.imaging import open_volume
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import OpenVolume, slices_of
from gvtstudio.prediction.normalised import normalised_reader

SCALES = (PercentileNormalization(10.0, 30.0), PercentileNormalization(0.0, 5.0))
BOX = ((1, 4), (2, 5), (0, 6))


def volume_of(array: np.ndarray, *, has_channels: bool) -> OpenVolume:
    def read(box) -> np.ndarray:
        return array[(..., *slices_of(box))]

    return OpenVolume(array.shape[-3:], read, lambda box, values: None, has_channels)


@pytest.mark.parametrize("block_voxels", [1 << 20, 7])
def test_every_channel_is_read_on_its_own_scale(block_voxels: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(open_volume.blocks_of, "__defaults__", (block_voxels,))
    raw = np.random.default_rng(0).integers(0, 40, (2, 5, 6, 7)).astype(np.uint16)
    inside = raw[(..., *slices_of(BOX))]
    both = normalised_reader(volume_of(raw, has_channels=True), SCALES)(BOX)
    assert both.dtype == np.float32
    for channel, values, scale in zip(both, inside, SCALES, strict=True):
        np.testing.assert_array_equal(channel, scale.apply(values))
    alone = normalised_reader(volume_of(raw[0], has_channels=False), SCALES[:1])(BOX)
    np.testing.assert_array_equal(alone, both[0])


def test_one_channel_has_an_axis_where_the_volume_has_channels():
    raw = np.arange(210.0).reshape(5, 6, 7)
    read = normalised_reader(volume_of(raw, has_channels=True), SCALES[:1])
    assert read(BOX).shape == (1, 3, 3, 6)


def test_a_channel_without_scale_is_a_fault():
    raw = np.zeros((3, 5, 6, 7))
    with pytest.raises(ValueError, match="zip"):
        normalised_reader(volume_of(raw, has_channels=True), SCALES)(BOX)
