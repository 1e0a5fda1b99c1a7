"""A dataset that is known by its folder, not by the one of its files that opens it."""

import msgspec
import numpy as np

from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack, StackInfo


class FolderStack:
    """The dataset of a folder.

    Args:
        stack: It, as one of its files opens; closed with it.
        info: Its description.
    """

    def __init__(self, stack: Stack, info: StackInfo) -> None:
        self._stack = stack
        # its coarser copies are those of a file
        self._info = msgspec.structs.replace(info, level_shapes=())
        self.close = stack.close

    @property
    def info(self) -> StackInfo:
        """Shape, type, channels and calibration."""
        return self._info

    def read(self, region: Region) -> np.ndarray:
        """The voxels of a region, (T, Z, C, Y, X).

        Raises:
            FileUnreadable: A file is damaged or has vanished.
        """
        return self._stack.read(region)
