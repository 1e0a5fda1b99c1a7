"""What is put on scratch disk is there, in bounded memory, and failures are said in words."""

import errno
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io import scratch_stack as module
from gvtstudio.io.scratch_stack import ScratchStack, refuse_too_little_room
from tests.engine.stacks_for_tests import files_below

SHAPE = (2, 5, 3, 7, 6)


def described(shape: tuple[int, ...] = SHAPE, dtype: str = "uint16") -> StackInfo:
    return StackInfo("a.tif", shape, dtype, default_channels(shape[2]), Calibration())


@st.composite
def regions(draw: st.DrawFn) -> Region:
    ends = [draw(st.lists(st.integers(0, n), min_size=2, max_size=2, unique=True)) for n in SHAPE]
    return Region(*(tuple(sorted(pair)) for pair in ends))


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(regions(), min_size=1, max_size=5),
    st.sampled_from(["uint8", "uint16", "float16", "float32", "float64"]),
    st.sampled_from([1, 50, 1 << 22]),
)
def test_regions_read_are_those_put(disk, several, dtype, rows_bytes):
    expected = np.zeros(SHAPE, dtype)
    rng = np.random.default_rng(0)
    with pytest.MonkeyPatch.context() as patch, ScratchStack(described(dtype=dtype), disk) as stack:
        patch.setattr(module, "ROWS_BYTES", rows_bytes)
        for region in several:
            block = rng.integers(0, 99, region.shape).astype(dtype)
            expected[region.slices] = block
            stack.put_region(region, block)
        assert np.array_equal(stack.read(Region.whole(SHAPE)), expected)
        assert np.array_equal(stack.read(several[0]), expected[several[0].slices])


def test_region_outside_or_of_another_type_is_refused(disk):
    region = Region.whole(SHAPE)
    with ScratchStack(described(), disk) as stack:
        with pytest.raises(ValueError, match="is not"):
            stack.put_region(region, np.zeros(SHAPE, np.float32))
        with pytest.raises(ValueError, match="not inside"):
            stack.read(region.within(z=(0, 6)))


def test_file_has_no_name(tmp_path):
    with ScratchStack(described(), tmp_path) as stack:
        stack.put_region(Region.whole(SHAPE), np.ones(SHAPE, np.uint16))
        assert files_below(tmp_path) == []
    assert files_below(tmp_path) == []


def test_narrow_regions_of_a_large_stack_take_little_memory(tmp_path):
    shape = (1, 400, 1, 512, 1024)  # 400 MB, nearly all of it never touched
    column = Region.whole(shape).within(z=(390, 400), x=(500, 520), y=(100, 120))
    block = np.full(column.shape, 7, np.uint16)
    with ScratchStack(described(shape), tmp_path) as stack:
        tracemalloc.start()
        try:
            stack.put_region(column, block)
            assert np.array_equal(stack.read(column), block)
            assert tracemalloc.get_traced_memory()[1] < 1 << 18
        finally:
            tracemalloc.stop()


class FailingFile:
    """A file whose disk gives up after some writes.

    Args:
        file: The real one.
        number: Of the error.
    """

    def __init__(self, file, number: int) -> None:
        self._file = file
        self._number = number
        self.left = 3

    def __getattr__(self, name: str):
        return getattr(self._file, name)

    def write(self, data) -> int:
        self.left -= 1
        if self.left < 0:
            raise OSError(self._number, "gave up")
        return self._file.write(data[: len(data) // 2 + 1])  # less than asked, as files may


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "is full"), (errno.EFBIG, "is full"), (errno.EIO, "gave up")],
)
def test_disk_that_fails_while_writing_is_said_in_words(tmp_path, number, words):
    with ScratchStack(described(), tmp_path) as stack:
        stack._file = FailingFile(stack._file, number)
        with pytest.raises(OutputUnwritable, match=words) as refused:
            stack.put_region(Region.whole(SHAPE), np.ones(SHAPE, np.uint16))
    assert refused.value.remedy


def test_short_writes_are_gone_on_with(tmp_path):
    values = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)
    with ScratchStack(described(), tmp_path) as stack:
        stack._file = FailingFile(stack._file, errno.EIO)
        stack._file.left = 10_000
        stack.put_region(Region.whole(SHAPE), values)
        assert np.array_equal(stack.read(Region.whole(SHAPE)), values)


def test_file_cut_short_is_said_in_words(tmp_path):
    with ScratchStack(described(), tmp_path) as stack:
        stack._file.truncate(100)
        with pytest.raises(OutputUnwritable, match="its end is missing"):
            stack.read(Region.whole(SHAPE))


def test_folder_that_is_gone_is_said_in_words(tmp_path):
    gone = tmp_path / "gone"
    with pytest.raises(OutputUnwritable, match="gone"), ScratchStack(described(), gone):
        pass
    with pytest.raises(OutputUnwritable, match="gone"):
        refuse_too_little_room(gone, 1)


def test_room_is_checked_before_the_work(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=5 * 10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    refuse_too_little_room(tmp_path, 5 * 10**9)
    with pytest.raises(OutputUnwritable, match=r"5\.1 GB, but only 5\.0 GB") as refused:
        refuse_too_little_room(tmp_path, 5_100_000_000)
    assert refused.value.remedy


@pytest.mark.parametrize("has_call", [True, False])
def test_system_that_cannot_reserve_room_works_as_well(tmp_path, monkeypatch, has_call):
    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "not supported")

    if has_call:
        monkeypatch.setattr(module.os, "posix_fallocate", refuse, raising=False)
    else:
        monkeypatch.delattr(module.os, "posix_fallocate", raising=False)
    with ScratchStack(described(), tmp_path) as stack:
        assert not stack.read(Region.whole(SHAPE)).any()


def test_full_disk_shows_before_the_work(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(module.os, "posix_fallocate", refuse, raising=False)
    with (
        pytest.raises(OutputUnwritable, match="is full"),
        ScratchStack(described(), tmp_path),
    ):
        pass
