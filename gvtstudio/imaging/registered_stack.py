"""A stack of low magnification as one of high magnification shows it; nothing is held."""

import msgspec
import numpy as np

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.imaging.normalization import as_dtype
from gvtstudio.imaging.registration import Registration
from gvtstudio.imaging.warping import Spans2, common_area, warped


class RegisteredStack:
    """Reads every plane of a stack through a registration; what it does not show is 0.

    Args:
        stack: The moving one; it is left to its owner, who closes it.
        registration: Of each of its planes.
        area: Part of the fixed image that is wanted.
        calibration: Of the fixed image.
        dtype: Of the pixels.
        metadata_text: What is told of the result; that of the stack may say where it lay.
    """

    def __init__(
        self,
        stack: Stack,
        registration: Registration,
        area: Spans2,
        calibration: Calibration,
        dtype: str = "float32",
        metadata_text: str = "",
    ) -> None:
        self._stack = stack
        self._matrix = registration.array
        self._area = area
        t, z, c, _, _ = stack.info.shape
        y, x = (stop - first for first, stop in area)
        self._info = msgspec.structs.replace(
            stack.info,
            shape=(t, z, c, y, x),
            dtype=dtype,
            calibration=calibration,
            metadata_text=metadata_text,
        )

    @property
    def info(self) -> StackInfo:
        """Shape, type, channels and calibration."""
        return self._info

    def read(self, region: Region) -> np.ndarray:
        """The voxels of a region, (T, Z, C, Y, X).

        Raises:
            FileUnreadable: The file is damaged or has vanished.
        """
        (top, _), (left, _) = self._area
        corner = np.eye(3)
        corner[:2, 2] = left + region.x[0], top + region.y[0]
        matrix = self._matrix @ corner
        dtype = np.dtype(self._info.dtype)
        block = np.empty(region.shape, dtype)
        size = block.shape[3:]
        whole = Region.whole(self._stack.info.shape)
        is_beyond = ~common_area(matrix, whole.shape[3:], size)
        for i, t in enumerate(range(*region.t)):
            for j, z in enumerate(range(*region.z)):
                for k, c in enumerate(range(*region.c)):
                    plane = self._stack.read(whole.only(t=t, z=z, c=c))[0, 0, 0]
                    seen = warped(plane, matrix, (size[0], size[1]))
                    seen[is_beyond] = 0
                    block[i, j, k], _ = as_dtype(seen, dtype)
        return block

    def close(self) -> None:
        """Nothing of its own to free."""
