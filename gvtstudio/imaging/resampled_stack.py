"""A stack seen with finer or coarser voxels; nothing is ever held."""

import msgspec
import numpy as np

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.imaging.resampling import Resampling


class ResampledStack:
    """Reads a stack through a resampling; its voxels are float32 and in the same units.

    Args:
        stack: It is left to its owner, who closes it.
        resampling: Of each of its volumes.
    """

    def __init__(self, stack: Stack, resampling: Resampling) -> None:
        self._stack = stack
        self._resampling = resampling
        t, _, c, _, _ = stack.info.shape
        z, y, x = resampling.shape
        self._info = msgspec.structs.replace(
            stack.info,
            shape=(t, z, c, y, x),
            dtype="float32",
            calibration=resampled_calibration(stack.info.calibration, resampling),
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
        block = np.empty(region.shape, np.float32)
        for i, t in enumerate(range(*region.t)):
            for j, c in enumerate(range(*region.c)):
                volume = Region.whole(self._stack.info.shape).only(t=t, c=c)
                block[i, :, j] = self._resampling.read(
                    (region.z, region.y, region.x),
                    lambda box, volume=volume: self._stack.read(  # type: ignore[misc]
                        volume.within(**dict(zip("zyx", box, strict=True)))
                    )[0, :, 0],
                )
        return block

    def close(self) -> None:
        """Nothing of its own to free."""


def resampled_calibration(calibration: Calibration, resampling: Resampling) -> Calibration:
    """The voxel size of the result."""
    names = ("z_um", "y_um", "x_um")
    sizes = {
        name: None
        if getattr(calibration, name) is None
        else getattr(calibration, name) / axis.factor
        for name, axis in zip(names, resampling.axes, strict=True)
    }
    return msgspec.structs.replace(calibration, **sizes)
