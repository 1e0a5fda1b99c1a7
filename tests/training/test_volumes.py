from pathlib import Path

import numpy as np
import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import ArrayStack, StackInfo
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.reporter import Reporter
from gvtstudio.io import scratch_stack
from gvtstudio.training.volumes import VolumeHolder

SHAPE = (2, 5, 3, 40, 30)
VOLUME_BYTES = 5 * 40 * 30 * 2


def stack() -> ArrayStack:
    voxels = np.random.default_rng(0).integers(0, 60_000, SHAPE).astype(np.uint16)
    return ArrayStack(
        voxels, StackInfo("a.tif", SHAPE, "uint16", default_channels(3), Calibration())
    )


def holder_in(folder: Path, said: list, room: int) -> VolumeHolder:
    return VolumeHolder(folder, Reporter(said.append, CancelFlag()), room)


@pytest.mark.parametrize("room", [0, VOLUME_BYTES, 10 * VOLUME_BYTES])
def test_volumes_are_the_same_in_memory_and_on_disk(tmp_path: Path, room: int):
    said: list = []
    holder = holder_in(tmp_path / "job", said, room)
    held = [holder.hold(stack(), t, c) for t in (0, 1) for c in (0, 1, 2)]
    expected = stack().read(Region.whole(SHAPE))
    for volume, (t, c) in zip(held, [(t, c) for t in (0, 1) for c in (0, 1, 2)], strict=True):
        assert volume.dtype == np.uint16
        np.testing.assert_array_equal(volume, expected[t, :, c])
    mapped = [volume for volume in held if isinstance(volume.base, np.memmap)]
    assert len(mapped) == 6 - min(room // VOLUME_BYTES, 6)
    # said once, and the files have no name
    assert len(said) == (1 if mapped else 0)
    assert not mapped or list((tmp_path / "job").iterdir()) == []


def test_the_disk_is_not_touched_where_memory_suffices(tmp_path: Path):
    holder_in(tmp_path / "job", [], VOLUME_BYTES).hold(stack(), 0, 0)
    assert not (tmp_path / "job").exists()


def test_a_disk_without_room_is_said_before_it_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    class Usage:
        free = VOLUME_BYTES - 1

    monkeypatch.setattr(scratch_stack.shutil, "disk_usage", lambda folder: Usage)
    with pytest.raises(OutputUnwritable, match="are free") as refused:
        holder_in(tmp_path, [], 0).hold(stack(), 0, 0)
    assert refused.value.remedy


def test_what_is_mapped_is_not_held(tmp_path: Path):
    """Only what is looked at takes memory: the map is never copied whole."""
    volume = holder_in(tmp_path, [], 0).hold(stack(), 0, 0)
    assert not volume.flags.owndata
    assert not volume.flags.writeable
