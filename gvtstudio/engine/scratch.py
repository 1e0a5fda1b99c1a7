"""A stack on scratch disk that is filled volume by volume and then read plane by plane.

The file has no name, so that nothing is left behind even when the engine is killed.
"""

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo


class ScratchStack:
    """A writable ``Stack``; every volume must be put before it is read.

    Args:
        info: What it will hold.
        folder: On the disk to use.
    """

    def __init__(self, info: StackInfo, folder: Path) -> None:
        self._info = info
        self._folder = folder

    def __enter__(self) -> Self:
        self._file = tempfile.TemporaryFile(dir=self._folder)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def info(self) -> StackInfo:
        """Shape, type, channels and calibration."""
        return self._info

    def put(self, t: int, c: int, volume: np.ndarray) -> None:
        """Keep the volume (Z, Y, X) of one time point and channel.

        Raises:
            OutputUnwritable: The scratch disk is full.
        """
        _, planes, channels, *_ = self._info.shape
        itemsize = np.dtype(self._info.dtype).itemsize
        start = (t * channels + c) * planes * int(np.prod(self._info.shape[3:])) * itemsize
        try:
            # written, not mapped: writing to a map on a full disk kills the process
            self._file.seek(start)
            self._file.write(np.ascontiguousarray(volume).data)
            self._file.flush()
        except OSError as error:
            raise OutputUnwritable(
                f"The disk of {self._folder} is full; nothing was written.",
                "Free some space, then start again.",
            ) from error

    def read(self, region: Region) -> np.ndarray:
        """The voxels of a region, (T, Z, C, Y, X)."""
        t, z, c, y, x = self._info.shape
        # volumes lie one after the other, so that the order on disk is TCZYX
        mapped = np.memmap(self._file, np.dtype(self._info.dtype), "r", shape=(t, c, z, y, x))
        block: np.ndarray = np.swapaxes(mapped, 1, 2)[region.slices]
        return block

    def close(self) -> None:
        """Free the disk space."""
        self._file.close()
