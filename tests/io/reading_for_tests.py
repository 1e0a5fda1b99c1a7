"""What is asked of every reader: parts equal the whole, and damage ends in a sentence."""

import time
from contextlib import closing, suppress

import numpy as np
import pytest

from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import open_stack

MOST_SECONDS = 2.0


def read(path, region=None, scene=0):
    """A region of a stack, or all of it, and its description."""
    with closing(open_stack(path, scene)) as stack:
        return stack.read(region or Region.whole(stack.info.shape)), stack.info


def refused(path):
    """The error that opening or reading a file ends in."""
    with pytest.raises(FileUnreadable) as caught:
        read(path)
    assert path.name in caught.value.message
    assert caught.value.remedy.endswith(".")
    assert "Traceback" not in caught.value.sentence()
    return caught.value


def assert_regions_equal_whole(path, scene=0):
    """Parts at random places are those of the whole; a closed stack gives none."""
    random = np.random.default_rng(3)
    stack = open_stack(path, scene)
    whole = stack.read(Region.whole(stack.info.shape))
    assert whole.shape == stack.info.shape
    assert whole.dtype == np.dtype(stack.info.dtype)
    assert whole.dtype.isnative
    for _ in range(40):
        starts = [int(random.integers(0, n)) for n in whole.shape]
        spans = [
            (start, int(random.integers(start, n)) + 1)
            for start, n in zip(starts, whole.shape, strict=True)
        ]
        region = Region(*spans)
        np.testing.assert_array_equal(stack.read(region), whole[region.slices])
    with pytest.raises(ValueError, match="not inside"):
        stack.read(Region.whole(whole.shape).within(x=(0, whole.shape[4] + 1)))
    stack.close()
    stack.close()
    with pytest.raises(ValueError, match="closed"):
        stack.read(Region.whole(whole.shape))
    return whole


def assert_damage_is_survived(path, seed, reach=None):
    """Change some bytes of a file: it is then read, or refused, in no time.

    Args:
        path: The file; it is changed.
        seed: Of what is changed.
        reach: How many of its first bytes are open to change.
    """
    random = np.random.default_rng(seed)
    size = path.stat().st_size
    places = random.integers(0, min(reach or size, size), random.integers(1, 30))
    change_bytes(path, places, [random.choice([0, 255, random.integers(0, 256)]) for _ in places])
    start = time.monotonic()
    with suppress(FileUnreadable):
        voxels, info = read(path)
        assert voxels.shape == info.shape
    assert time.monotonic() - start < MOST_SECONDS


def change_bytes(path, places, values):
    """Put other bytes at some places of a file."""
    content = bytearray(path.read_bytes())
    for place, value in zip(places, values, strict=True):
        content[place] = value
    path.write_bytes(content)


def assert_scenes_survive(path, places, random, scenes=(0, 1)):
    """Change the bytes at some places: each dataset still opens, or ends in a sentence.

    Args:
        path: The file; it is changed.
        places: Of what is changed.
        random: Gives the new bytes.
        scenes: Datasets, of which the first plane is read.
    """
    change_bytes(path, places, random.integers(0, 256, len(places)))
    for scene in scenes:
        with suppress(FileUnreadable, UsageError), closing(open_stack(path, scene)) as stack:
            plane = Region.whole(stack.info.shape).only(t=0, z=0, c=0)
            assert stack.read(plane).shape[3:] == stack.info.shape[3:]


def cut(path, kept):
    """Leave a part of a file, from 0 to 1, and no more."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    return path
