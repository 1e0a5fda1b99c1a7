"""The scratch file of a restoration at work reads like any stack, whatever is done of it."""

import numpy as np
import pytest

from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.scratch_stack import ScratchStack, read_description
from gvtstudio.io.stacks import inspect_stack, open_stack
from tests.io.test_scratch_stack import SHAPE, described

PART = Region((0, 1), (1, 3), (0, 2), (2, 5), (1, 4))


def test_what_is_done_can_be_read_while_the_rest_is_not(tmp_path):
    expected = np.zeros(SHAPE, np.uint16)
    expected[PART.slices] = 7
    with ScratchStack(described(), tmp_path, "a.gvtscratch") as scratch:
        scratch.put_region(PART, np.full(PART.shape, 7, np.uint16))
        watched = open_stack(tmp_path / "a.gvtscratch")
        assert watched.info.shape == SHAPE
        assert watched.info.reader == "scratch"
        assert np.array_equal(watched.read(Region.whole(SHAPE)), expected)
        scratch.put_region(Region.whole(SHAPE), np.full(SHAPE, 9, np.uint16))
        assert (watched.read(PART) == 9).all()
        assert np.array_equal(scratch.read(PART), watched.read(PART))


def test_work_goes_on_from_what_is_there(tmp_path):
    with ScratchStack(described(), tmp_path, "a.gvtscratch") as scratch:
        scratch.put_region(PART, np.full(PART.shape, 7, np.uint16))
        scratch.flush()
    with ScratchStack(described(), tmp_path, "a.gvtscratch", goes_on=True) as scratch:
        assert (scratch.read(PART) == 7).all()
    with ScratchStack(described(), tmp_path, "a.gvtscratch") as scratch:
        assert not scratch.read(PART).any()


def test_damaged_or_vanished_file_is_said_in_words(tmp_path):
    path = tmp_path / "a.gvtscratch"
    with ScratchStack(described(), tmp_path, path.name):
        watched = open_stack(path)
    with pytest.raises(UsageError):
        open_stack(path, 1)
    whole = path.read_bytes()
    for damaged in (whole[:-5], whole[:20], whole[:20] + b"\xff" + whole[21:]):
        path.write_bytes(damaged)
        with pytest.raises(FileUnreadable, match=r"a\.gvtscratch"):
            inspect_stack(path)
    path.unlink()
    with pytest.raises(FileUnreadable, match="was not found"):
        watched.read(PART)
    with pytest.raises(FileUnreadable, match="was not found"):
        read_description(path)
