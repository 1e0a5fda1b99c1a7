"""Reads the scratch file of a restoration at work, so that what is done can be looked at."""

from pathlib import Path

import numpy as np

from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.io.failures import unreadable
from gvtstudio.io.formats.file_stack import refuse_scene
from gvtstudio.io.scratch_stack import (
    DESCRIPTION_BYTES,
    MAGIC,
    fill_from,
    read_description,
    strips_of,
)


def is_scratch(path: Path, first_bytes: bytes) -> bool:
    """Whether a file begins as scratch files with a name do."""
    return first_bytes.startswith(MAGIC)


def open_scratch(path: Path, scene: int) -> Stack:
    """Open a scratch file.

    Raises:
        FileUnreadable: It is damaged.
        UsageError: It has one dataset only.
    """
    refuse_scene(path, scene, 1)
    return _ScratchFile(path)


class _ScratchFile:
    """A stack that grows; open only while it is read, so that its owner can remove it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._info = read_description(path)

    @property
    def info(self) -> StackInfo:
        """Shape, type, channels and calibration."""
        return self._info

    def read(self, region: Region) -> np.ndarray:
        """The voxels of a region as they are now, (T, Z, C, Y, X); 0 where nothing is done yet.

        Raises:
            FileUnreadable: The file is gone.
        """
        shape, dtype = self._info.shape, np.dtype(self._info.dtype)
        block = np.empty(region.shape, dtype)
        try:
            with self._path.open("rb", buffering=0) as file:
                for offset, place in strips_of(region, shape, dtype.itemsize, DESCRIPTION_BYTES):
                    rows = np.empty((len(block[place]), shape[4]), dtype)
                    fill_from(file, offset, rows)
                    block[place] = rows[:, slice(*region.x)]
        except OSError as error:
            raise unreadable(self._path, error) from error
        return block

    def close(self) -> None:
        """Nothing to free."""
