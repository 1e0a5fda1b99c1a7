"""A volume is read from its stack once, in blocks, whatever its size."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import Cancelled, FileUnreadable
from gvtstudio.domain.messages import Progress
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo
from gvtstudio.engine import volume_source as module
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.reporter import Reporter
from gvtstudio.engine.volume_source import VolumeSource
from gvtstudio.imaging.statistics import measure_volume

PERCENTILES = (2.0, 99.8)
WHOLE = ((0, 6), (0, 8), (0, 9))
PART = ((1, 4), (2, 8), (3, 5))


class CountingStack:
    """Remembers what it was asked for.

    Args:
        array: (T, Z, C, Y, X).
        fails_after: Readings before its share is gone.
    """

    def __init__(self, array: np.ndarray, fails_after: int = 10**9) -> None:
        channels = default_channels(array.shape[2])
        self.info = StackInfo("a.tif", array.shape, array.dtype.name, channels, Calibration())
        self._array = array
        self._left = fails_after
        self.asked: list[Region] = []

    def read(self, region: Region) -> np.ndarray:
        self._left -= 1
        if self._left < 0:
            raise FileUnreadable("a.tif is gone.", "Connect the drive.")
        self.asked.append(region)
        return self._array[region.slices]

    def close(self) -> None:
        """Nothing to free."""

    @property
    def voxels(self) -> int:
        return sum(int(np.prod(region.shape)) for region in self.asked)


def numbers(dtype: str = "uint16") -> np.ndarray:
    return np.random.default_rng(0).integers(0, 9999, (2, 6, 3, 8, 9)).astype(dtype)


def quiet() -> Reporter:
    return Reporter(lambda message: None, CancelFlag())


@pytest.mark.parametrize("part", [WHOLE, PART])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("block_bytes", [10, 300, 1 << 24])
def test_boxes_and_statistics_are_those_of_the_volume(
    tmp_path, monkeypatch, part, dtype, block_bytes
):
    monkeypatch.setattr(module, "BLOCK_BYTES", block_bytes)
    array = numbers(dtype)
    volume = array[1, :, 2]
    expected = volume[tuple(slice(*span) for span in part)]
    with VolumeSource(CountingStack(array), (1, 2), part, tmp_path, quiet()) as source:
        assert source.shape == expected.shape
        assert source.depth == 6
        assert np.array_equal(source.read(tuple((0, n) for n in source.shape)), expected)
        assert np.array_equal(source.read(((1, 3), (0, 4), (1, 2))), expected[1:3, 0:4, 1:2])
        # of the whole volume, also where only a part is restored
        assert source.measure(PERCENTILES) == measure_volume(lambda: [volume], PERCENTILES)


@pytest.mark.parametrize("dtype", ["uint16", "float64"])
def test_stack_is_read_once_in_small_blocks_however_often_the_volume_is(
    tmp_path, monkeypatch, dtype
):
    monkeypatch.setattr(module, "BLOCK_BYTES", 200)
    array = numbers(dtype)
    stack = CountingStack(array)
    with VolumeSource(stack, (0, 1), WHOLE, tmp_path, quiet()) as source:
        source.measure(PERCENTILES)
        for z in range(4):
            source.read(((z, z + 2), (1, 7), (0, 5)))
    assert stack.voxels == 6 * 8 * 9
    assert max(int(np.prod(r.shape)) for r in stack.asked) * array.itemsize <= 200


def test_share_that_goes_is_said_in_words_and_one_that_went_later_does_not_matter(tmp_path):
    stack = CountingStack(numbers(), fails_after=0)
    with (
        pytest.raises(FileUnreadable, match="is gone"),
        VolumeSource(stack, (0, 0), WHOLE, tmp_path, quiet()),
    ):
        pass
    stack = CountingStack(numbers(), fails_after=1)
    with VolumeSource(stack, (0, 0), WHOLE, tmp_path, quiet()) as source:
        source.measure(PERCENTILES)
        assert source.read(WHOLE).shape == (6, 8, 9)


@pytest.mark.parametrize("is_long", [True, False])
def test_long_reading_is_shown_and_can_be_cancelled(tmp_path, monkeypatch, is_long):
    monkeypatch.setattr(module, "BLOCK_BYTES", 200)
    if is_long:
        monkeypatch.setattr(module, "LONG_READING_BYTES", 1)
    said: list[object] = []
    flag = CancelFlag()
    reporter = Reporter(said.append, flag)
    with VolumeSource(CountingStack(numbers()), (0, 0), WHOLE, tmp_path, reporter) as source:
        assert any(isinstance(m, Progress) and m.stage == "Reading" for m in said) == is_long
        flag.set()
        with pytest.raises(Cancelled):
            source.measure(PERCENTILES)
    with (
        pytest.raises(Cancelled),
        VolumeSource(CountingStack(numbers()), (0, 0), WHOLE, tmp_path, reporter),
    ):
        pass


def test_file_larger_than_what_is_held_is_measured_in_blocks(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", 1 << 12)
    plane = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)

    class Endless(CountingStack):
        """Planes that are made when asked for."""

        def read(self, region: Region) -> np.ndarray:
            self.asked.append(region)
            return np.broadcast_to(plane, (1, 2000, 1, 64, 64))[region.slices].copy()

    stack = Endless(numbers())
    stack.info = msgspec.structs.replace(stack.info, shape=(1, 2000, 1, 64, 64))
    part = ((1000, 1002), (0, 64), (0, 64))
    with VolumeSource(stack, (0, 0), part, tmp_path, quiet()) as source:
        measured = source.measure(PERCENTILES)
    assert measured.count == 2000 * 64 * 64
    assert (measured.low, measured.high) == (0, 4095)
    assert max(int(np.prod(r.shape)) for r in stack.asked) * 2 <= 1 << 12
